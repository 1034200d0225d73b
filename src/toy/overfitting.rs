//! How much of the gap in the authors' figure is overfitting.

use crate::data::Shift;
use crate::linalg::Real;
use crate::train::ExperimentRun;

/// Losses on the cores that a network was trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverfittingGap {
    /// On the training samples.
    pub trained: f64,
    /// With a fresh background in distribution.
    pub fresh: f64,
    /// With a fresh background out of distribution: the authors' loss out of distribution.
    pub shifted: f64,
}

impl OverfittingGap {
    /// The share of the figure's gap, `shifted - trained`, that a fresh background without a shift opens too.
    pub fn share(&self) -> f64 {
        (self.fresh - self.trained) / (self.shifted - self.trained)
    }
}

/// The losses of a run as it stands; nothing where its samples are fresh, which leaves nothing to overfit.
pub fn overfitting<T: Real>(run: &ExperimentRun<T>) -> Option<OverfittingGap> {
    let loss = |shift, stream| Some(run.evaluate_training_cores(shift, stream)?.loss);
    Some(OverfittingGap {
        trained: run.training().loss,
        fresh: loss(Shift::InDistribution, "cores, id")?,
        shifted: loss(Shift::OutOfDistribution, "cores, ood")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::setting::{Description, Experiment, Samples};
    use crate::toy;

    fn run(edit: impl FnOnce(&mut Description)) -> ExperimentRun<f64> {
        let mut description = toy::default(8, 1);
        edit(&mut description);
        let experiment = Experiment::new(description).unwrap();
        ExperimentRun::seeded(&experiment, None, Seed::root(1)).unwrap()
    }

    #[test]
    fn before_training_nothing_is_known_by_heart() {
        let gap = overfitting(&run(|d| d.samples = Samples::Full(4000))).unwrap();
        // 4,000 samples of losses that scatter by less than 0.1.
        assert!((gap.fresh - gap.trained).abs() < 0.01, "{gap:?}");
    }

    #[test]
    fn a_network_with_few_samples_overfits_and_fresh_samples_leave_nothing_to_overfit() {
        let mut few = run(|d| {
            d.samples = Samples::Full(16);
            d.learning_rate = 0.02;
        });
        few.advance_to(300).unwrap();
        let gap = overfitting(&few).unwrap();
        assert!(gap.trained < 0.05 && gap.fresh > 2.0 * gap.trained, "{gap:?}");
        assert!(overfitting(&run(|d| d.samples = Samples::Fresh(16))).is_none());
    }
}
