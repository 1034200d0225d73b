//! `contam oracle mean-field`.

use serde::Serialize;

use super::oracle::{MAX_FEATURES, check_core};
use super::oracle_args::MeanField;
use super::{output, signal};
use crate::error::{Error, Result};
use crate::predict::{FixedPoint, Moments};
use crate::report;
use crate::seed::Seed;
use crate::setting::{Setting, decay};
use crate::sweep::{Ensemble, EnsembleCourse, Times};

/// More neurons than this take more than a few gigabytes.
const MAX_NEURONS: usize = 1 << 24;

#[derive(Debug, Serialize)]
struct Document {
    d0: usize,
    core: usize,
    d: usize,
    m: usize,
    steps: usize,
    other_class: Option<f64>,
    envelope: Option<f64>,
    ratio: Option<f64>,
    margin: f64,
    id_risk: f64,
    ood_risk: f64,
    fixed_point_other_class: f64,
    fixed_point_ratio: f64,
}

/// Runs a mean-field network to the theorem's times and shows what the claims look at.
///
/// # Errors
/// - sizes that make no setting, or more neurons than memory holds;
/// - a decay that is negative or too large.
pub fn run(options: &MeanField) -> Result<()> {
    signal::end_at_once();
    let setting = setting(options)?;
    let steps = Times { t1: 8.0, t2: 20.0 }.steps(&setting);
    let ensemble = Ensemble::new(&setting, setting.width, Seed::root(options.seed.number()))?;
    let course = ensemble.run(steps);
    let fixed_point = FixedPoint::solve(&Moments::of(&setting))?;
    let EnsembleCourse { other_class, ratio, envelope, margin, id_risk, ood_risk } = course;
    let document = Document {
        d0: setting.n_features(),
        core: setting.n_core,
        d: setting.ambient_dim,
        m: setting.width,
        steps: steps.t2,
        other_class,
        envelope,
        ratio,
        margin,
        id_risk,
        ood_risk,
        fixed_point_other_class: fixed_point.other_class_activation,
        fixed_point_ratio: fixed_point.ratio,
    };
    if options.json {
        return output::answer(&report::to_json(&document)?);
    }
    output::answer(&document.text())
}

fn setting(options: &MeanField) -> Result<Setting> {
    let d0 = options.d0;
    if !(2..=MAX_FEATURES).contains(&d0) || !d0.is_multiple_of(2) {
        let range = format!("even, from 2 to {MAX_FEATURES}");
        return Err(Error::out_of_range("d0", d0, range, "give the number of features"));
    }
    let core = options.core.unwrap_or(d0 / 2);
    check_core(core, 1, d0, "d0")?;
    let width = options.width.unwrap_or(4 * d0);
    if width > MAX_NEURONS {
        let range = format!("at most {MAX_NEURONS}");
        return Err(Error::out_of_range("width", width, range, "give fewer neurons"));
    }
    Setting::theorem(d0).with(|p| {
        p.n_core = core;
        p.width = width;
        p.latents = vec![options.latent; d0];
        p.weight_decay = decay(options.decay, d0, width);
    })
}

impl Document {
    fn text(&self) -> String {
        let shown = |value: Option<f64>| {
            value.map_or_else(|| "no neuron in the initial set".into(), report::number)
        };
        format!(
            "d0 = {}, {} core, d = {}, m = {}, {} steps\n\n\
             activation on the other class  {}, within {} of the exact one; fixed point {}\n\
             background over core learned   {}; fixed point {}\n\
             margin in distribution         {}\n\
             risk in distribution           {}\n\
             risk out of distribution       {}",
            self.d0,
            self.core,
            self.d,
            self.m,
            self.steps,
            shown(self.other_class),
            shown(self.envelope),
            report::number(self.fixed_point_other_class),
            shown(self.ratio),
            report::number(self.fixed_point_ratio),
            report::number(self.margin),
            report::number(self.id_risk),
            report::number(self.ood_risk)
        )
    }
}
