//! What a referee would write beside a claim that is not as it should be.

use super::Conditions;
use super::Verdict;
use super::number::{claimed, number, optional, rate, span};
use super::text::paragraph;
use crate::study::{Arm, Outcome, Part};

/// A remark on one outcome: what was claimed, predicted and measured, with which evidence, and the
/// command that shows it again.
pub fn remark(conditions: &Conditions, outcome: &Outcome) -> String {
    let claim = &outcome.claim;
    let mut lines = vec![head(outcome), paragraph("claimed", claim.statement)];
    if outcome.arm == Arm::Control {
        let broken = format!("{}: the check must come out refuted", claim.control);
        lines.push(paragraph("broken", &broken));
    }
    lines.extend(evidence(conditions.study.label_of_sizes(), outcome.decisive()));
    lines.push(paragraph("again", &conditions.command(claim.id)));
    lines.join("\n")
}

fn head(outcome: &Outcome) -> String {
    let control = match outcome.arm {
        Arm::Claim => "",
        Arm::Control => "control of ",
    };
    let claim = &outcome.claim;
    let source =
        if claim.source.is_empty() { String::new() } else { format!(" ({})", claim.source) };
    format!("{}: {control}{}{source}", outcome.verdict(), claim.id)
}

fn evidence(size_label: &str, part: &Part) -> Vec<String> {
    let decision = &part.decision;
    let (interval, region, rates) =
        (decision.interval, decision.hypothesis.allowed, decision.rates);
    let sizes: Vec<String> = part.sizes.iter().map(usize::to_string).collect();
    let measured = format!(
        "{}, interval {} with miss rate {} on each side",
        number(decision.estimate),
        span(interval.lower, interval.upper),
        rate(rates.beta)
    );
    let at = match sizes.as_slice() {
        [] => String::new(),
        sizes => format!(" at {size_label} = {}", sizes.join(", ")),
    };
    let power = format!(
        "{} samples{at}; alpha {}, beta {}",
        decision.n_samples,
        rate(rates.alpha),
        rate(rates.beta),
    );
    let mut lines = vec![
        paragraph("quantity", &part.name),
        paragraph("predicted", &optional(part.predicted)),
        paragraph("measured", &measured),
        paragraph("exactly", &evidence_against(part)),
        paragraph("allowed", &span(region.lower, region.upper)),
        paragraph("evidence", &power),
        paragraph(
            "detectable",
            &format!("{} outside of what is allowed", number(decision.detectable)),
        ),
    ];
    if part.is_tied {
        let tied = "all runs gave the same number to the last bit, which is no evidence: give each \
                    run random streams of its own";
        lines.push(paragraph("tied", tied));
    }
    if let Some(slack) = part.slack {
        lines.push(paragraph("slack", &format!("bound / measured = {}", number(slack))));
    }
    if let Some(n_samples) = samples_needed(part) {
        let needed = format!("about {n_samples} samples, if the estimate stays where it is");
        lines.push(paragraph("needed", &needed));
    }
    lines
}

/// What is claimed, and the evidence against it.
fn evidence_against(part: &Part) -> String {
    let p_value = number(part.decision.p_value);
    format!("{}; p = {p_value} against it", claimed(part.decision.hypothesis))
}

/// About how many samples would decide an undecided part, if its estimate stayed where it is: half-widths
/// shrink like one over the square root of the number of samples, and must come below the distance
/// from the estimate to the nearest end of the region. Rounded up to two digits: it is a guess.
fn samples_needed(part: &Part) -> Option<u64> {
    let decision = &part.decision;
    let (lower, upper) = (decision.hypothesis.allowed.lower, decision.hypothesis.allowed.upper);
    let supporting = decision.interval.half_width();
    let inside = (lower..=upper).contains(&decision.estimate);
    let half_width = if inside { supporting } else { decision.detectable - supporting };
    let distance = (decision.estimate - lower).abs().min((decision.estimate - upper).abs());
    let needed = decision.n_samples as f64 * (half_width / distance).powi(2);
    let is_number = needed.is_finite() && needed < MOST_SAMPLES && decision.n_samples > 1;
    (decision.verdict == Verdict::Undecided && is_number).then(|| {
        let unit = 10_f64.powf(needed.log10().floor() - 1.0).max(1.0);
        ((needed / unit).ceil() * unit) as u64
    })
}

/// More samples than this is no advice; a free choice.
const MOST_SAMPLES: f64 = 1e9;

#[cfg(test)]
mod tests {
    use super::super::fixture::{conditions, outcome, part};
    use super::*;

    fn check(text: &str, words: &[&str]) {
        for word in words {
            assert!(text.contains(word), "{word} is missing:\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn a_refuted_claim_is_described_with_all_of_its_numbers() {
        let mut refuted = part("slope", 2.0, (1.9, 2.1), (0.0, 1.0));
        refuted.predicted = Some(0.5);
        refuted.slack = Some(0.5);
        let outcome = outcome("linear/risk", Arm::Claim, vec![refuted]);
        let text = remark(&conditions(Arm::Claim), &outcome);
        check(
            &text,
            &[
                "refuted: linear/risk (notation 5; Zhang et al. 2024, theorem 4.4)",
                outcome.claim.statement,
                "slope",
                "0.5000",
                "[1.900, 2.100]",
                "[0, 1]",
                "128 samples at d0 = 16, 32, 64",
                "alpha 1e-7, beta 1e-3",
                "detectable 0.2000 outside",
                "contam verify linear/risk --seed 7 --tier quick",
            ],
        );
        assert!(!text.contains("needed"), "{text}");
    }

    #[test]
    fn an_undecided_part_says_how_many_samples_would_decide() {
        // The half-width 0.4 must shrink to the distance 0.1: 16 times 128 samples.
        let undecided = part("slope", 0.9, (0.5, 1.3), (0.0, 1.0));
        let text =
            remark(&conditions(Arm::Claim), &outcome("linear/risk", Arm::Claim, vec![undecided]));
        check(&text, &["undecided: linear/risk", "about 2100 samples"]);
    }

    #[test]
    fn a_control_that_is_not_refuted_says_what_was_broken() {
        let supported = part("slope", 0.5, (0.4, 0.6), (0.0, 1.0));
        let outcome = outcome("linear/risk", Arm::Control, vec![supported]);
        let text = remark(&conditions(Arm::Control), &outcome);
        check(
            &text,
            &[
                "supported: control of linear/risk",
                "ReLU activation: the check must come out refuted",
                "contam control linear/risk --seed 7",
            ],
        );
    }
}
