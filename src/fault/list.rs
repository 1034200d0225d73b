//! The list of faults.
//!
//! It was chosen before any of them was run: bugs that somebody could write, at the sites of a run, in
//! the order in which a run passes them. A fault that no claim catches would stay on the list.
//! What was left out, and why, stands in `theory/faults.md`.

use super::Site;
use crate::error::{Error, Result};

/// A deliberate fault of a run.
#[derive(Debug)]
pub struct Fault {
    /// `site/fault`, unique.
    pub name: &'static str,
    /// What is wrong, in a few words.
    pub about: &'static str,
    /// Its relative size in per cent, where it has one.
    pub per_cent: Option<f64>,
    pub(super) site: Site,
    pub(super) change: Change,
}

/// What a fault does at its site.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// Another number.
    Value(fn(f64) -> f64),
    /// Another whole number.
    Count(fn(usize) -> usize),
    /// With this probability, what the site asks about.
    Share(f64),
    /// The rule of the site does not hold.
    Rule,
}

use Change::{Count, Rule, Share, Value};

impl Fault {
    const fn new(name: &'static str, site: Site, change: Change, about: &'static str) -> Self {
        Fault { name, about, per_cent: None, site, change }
    }

    const fn of_per_cent(self, per_cent: f64) -> Self {
        Fault { per_cent: Some(per_cent), ..self }
    }
}

/// Every fault.
pub static FAULTS: &[Fault] = &[
    // Latents.
    Fault::new("latent/large", Site::Latent, Value(|z| 1.05 * z), "z times 1.05").of_per_cent(5.0),
    Fault::new("latent/small", Site::Latent, Value(|z| 0.95 * z), "z times 0.95").of_per_cent(5.0),
    Fault::new("latent/shifted", Site::Latent, Value(|z| z + 0.02), "z plus 0.02").of_per_cent(4.0),
    Fault::new(
        "latent/eight-bits",
        Site::Latent,
        Value(|z| (256.0 * z).floor() / 256.0),
        "z cut to eight bits",
    )
    .of_per_cent(0.4),
    Fault::new("latent/squared", Site::Latent, Value(|z| z * z), "z squared"),
    Fault::new("latent/two-sided", Site::Latent, Value(|z| 2.0 * z - 1.0), "z on [-1, 1]"),
    Fault::new(
        "latent/shared",
        Site::LatentStream,
        Rule,
        "the background draws the core's latents once more",
    ),
    // Labels.
    Fault::new("label/unfair", Site::FairLabel, Share(0.05), "52.5 % of the labels positive")
        .of_per_cent(5.0),
    Fault::new("label/noise", Site::LabelNoise, Share(0.05), "5 % of the given labels wrong")
        .of_per_cent(5.0),
    Fault::new("label/zero-one", Site::LabelValue, Value(|y| y.max(0.0)), "labels 0 and 1"),
    Fault::new("label/stream", Site::LabelStream, Rule, "labels from the stream of the latents"),
    // Core and background.
    Fault::new("core/sign", Site::CoreSign, Share(1.0), "the core follows -y"),
    Fault::new(
        "core/sign-noise",
        Site::CoreSign,
        Share(0.05),
        "5 % of the core has the wrong sign",
    )
    .of_per_cent(5.0),
    Fault::new("core/boundary", Site::CoreFeatures, Count(|n| n + 1), "one core feature too many"),
    Fault::new(
        "background/associated",
        Site::Association,
        Value(|rho| rho + 0.05),
        "5 % of the background follows y",
    )
    .of_per_cent(5.0),
    Fault::new(
        "background/dropped",
        Site::FilledFeatures,
        Count(|n| n - 1),
        "the last feature always 0",
    ),
    // The shift.
    Fault::new("shift/none", Site::ShiftedBackground, Value(|_| 1.0), "the background not moved"),
    Fault::new("shift/half", Site::ShiftedBackground, Value(|_| -0.5), "moved to [-1/2, 0]"),
    Fault::new("shift/short", Site::ShiftedBackground, Value(|_| -0.95), "moved to [-0.95, 0]")
        .of_per_cent(5.0),
    Fault::new("shift/core-too", Site::ShiftedCore, Value(|_| -1.0), "the core moved as well"),
    // The ambient space.
    Fault::new(
        "dictionary/long",
        Site::FeatureLength,
        Value(|l| 1.05 * l),
        "features of norm 1.05",
    )
    .of_per_cent(5.0),
    // The start.
    Fault::new(
        "start/variance-high",
        Site::StartNormal,
        Value(|g| 1.05_f64.sqrt() * g),
        "variance 1.05 / d",
    )
    .of_per_cent(5.0),
    Fault::new(
        "start/variance-low",
        Site::StartNormal,
        Value(|g| 0.95_f64.sqrt() * g),
        "variance 0.95 / d",
    )
    .of_per_cent(5.0),
    Fault::new("start/mean", Site::StartNormal, Value(|g| g + 0.1), "mean 0.1 / sqrt d"),
    Fault::new(
        "start/clipped",
        Site::StartNormal,
        Value(|g| g.clamp(-2.0, 2.0)),
        "clipped at two standard deviations",
    ),
    Fault::new("start/dimension", Site::StartDimension, Rule, "variance 1 / d0"),
    Fault::new("start/tied", Site::StartStream, Rule, "all runs have one start"),
    // The network.
    Fault::new(
        "output/unbalanced",
        Site::PositiveNeurons,
        Count(|half| half + half / 10),
        "55 % of the neurons positive",
    )
    .of_per_cent(10.0),
    Fault::new("output/large", Site::OutputDivisor, Value(|m| m / 1.05), "output weights 1.05 / m")
        .of_per_cent(5.0),
    Fault::new("activation/smooth", Site::Kink, Rule, "GELU in the place of ReLU"),
    Fault::new("derivative/leaky", Site::SlopeBelowZero, Value(|_| 0.1), "0.1 below 0"),
    Fault::new("derivative/forgotten", Site::SlopeBelowZero, Value(|_| 1.0), "1 below 0"),
    Fault::new("weight/bfloat16", Site::StoredWeight, Value(bfloat16), "weights of 8 bits")
        .of_per_cent(0.4),
    // The step.
    Fault::new("rate/sign", Site::LearningRate, Value(|eta| -eta), "uphill"),
    Fault::new("rate/high", Site::LearningRate, Value(|eta| 1.05 * eta), "eta times 1.05")
        .of_per_cent(5.0),
    Fault::new("rate/low", Site::LearningRate, Value(|eta| 0.95 * eta), "eta times 0.95")
        .of_per_cent(5.0),
    Fault::new("decay/missing", Site::Shrinkage, Value(|_| 1.0), "lambda = 0"),
    Fault::new(
        "decay/high",
        Site::Shrinkage,
        Value(|q| 1.0 - 1.05 * (1.0 - q)),
        "lambda times 1.05",
    )
    .of_per_cent(5.0),
    // Batches.
    Fault::new("batch/sum", Site::BatchDivisor, Value(|_| 1.0), "the sum, not the mean"),
    Fault::new(
        "batch/last-dropped",
        Site::BatchSize,
        Count(|n| n - 1),
        "the last of the N samples left out",
    )
    .of_per_cent(3.1),
    Fault::new("batch/repeated", Site::BatchIndex, Count(|_| 0), "the same batch at every step"),
    Fault::new("batch/every-second", Site::BatchIndex, Count(|t| t / 2), "each batch used twice"),
    Fault::new("batch/tied", Site::BatchStream, Rule, "all runs have the same batches"),
    // The hinge.
    Fault::new("hinge/half", Site::HingeCorner, Value(|_| 0.5), "released at margin 0.5"),
    Fault::new("hinge/late", Site::HingeCorner, Value(|_| 1.05), "released at margin 1.05")
        .of_per_cent(5.0),
    Fault::new("hinge/early", Site::HingeCorner, Value(|_| 0.95), "released at margin 0.95")
        .of_per_cent(5.0),
    Fault::new("hinge/never", Site::HingeCorner, Value(|_| f64::INFINITY), "never released"),
    Fault::new(
        "hinge/neighbour",
        Site::HingeOffset,
        Count(|_| 1),
        "released by the next sample's output",
    ),
    // The end.
    Fault::new("step/one-more", Site::LastStep, Count(|t| t + 1), "one step too many")
        .of_per_cent(1.6),
    Fault::new("step/one-less", Site::LastStep, Count(|t| t.saturating_sub(1)), "one step too few")
        .of_per_cent(1.6),
    Fault::new("risk/seen", Site::TestStream, Rule, "risks measured on the last training batch"),
    Fault::new("risk/squared", Site::Loss, Value(|loss| loss * loss), "squared hinge reported"),
];

/// The nearest number with 8 significant bits, as the upper half of an `f32`.
fn bfloat16(weight: f64) -> f64 {
    let bits = (weight as f32).to_bits();
    f64::from(f32::from_bits(bits.wrapping_add(0x8000) & 0xffff_0000))
}

/// The faults whose name, or site (a prefix up to the slash), is named, in the order of the list; all of
/// them where nothing is.
///
/// # Errors
/// [`Error::UnknownFault`] for the first entry that names nothing, with the nearest name.
pub fn select(names: &[String]) -> Result<Vec<&'static Fault>> {
    let is_named = |fault: &Fault, name: &String| {
        let rest = fault.name.strip_prefix(name.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for name in names {
        if !FAULTS.iter().any(|fault| is_named(fault, name)) {
            return Err(Error::UnknownFault { name: name.clone(), nearest: nearest(name) });
        }
    }
    let asked = |fault: &&Fault| names.is_empty() || names.iter().any(|name| is_named(fault, name));
    Ok(FAULTS.iter().filter(asked).collect())
}

/// The name nearest to a misspelt one, if it is near enough to be meant.
fn nearest(name: &str) -> Option<String> {
    let known = FAULTS.iter().map(|fault| (strsim::jaro_winkler(name, fault.name), fault.name));
    let near = known.filter(|&(similarity, _)| similarity > 0.75);
    near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_sizes_positive() {
        let names: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), FAULTS.len());
        for fault in FAULTS {
            assert!(fault.name.split('/').count() == 2, "{}", fault.name);
            assert!(fault.per_cent.is_none_or(|size| size > 0.0), "{}", fault.name);
        }
    }

    #[test]
    fn a_site_selects_its_faults_and_a_misspelt_name_suggests_the_nearest() {
        let names = |asked: &str| -> Vec<&str> {
            select(&[asked.to_owned()]).unwrap().iter().map(|fault| fault.name).collect()
        };
        assert_eq!(names("decay"), ["decay/missing", "decay/high"]);
        assert_eq!(names("rate/low"), ["rate/low"]);
        assert_eq!(select(&[]).unwrap().len(), FAULTS.len());
        let fault = select(&["rate/hihg".to_owned()]).unwrap_err().to_string();
        assert!(fault.contains("did you mean `rate/high`"), "{fault}");
    }

    #[test]
    fn eight_bits_keep_a_number_to_one_part_in_512() {
        assert_eq!(bfloat16(1.0 + 1.0 / 128.0), 1.0 + 1.0 / 128.0);
        assert_eq!(bfloat16(1.0 + 1.0 / 512.0), 1.0);
        assert_eq!(bfloat16(-0.75), -0.75);
    }
}
