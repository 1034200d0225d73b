//! The authors' experiment: its two settings at any size, the theory beside the theoretical one, and the data
//! of its figures.
//!
//! `reference/README.md` describes the settings.

mod figures;
mod overfitting;
mod theory;

pub use figures::{
    Curve, CurveKind, Dots, FigureRuns, Figures, RateHistogram, TrainingCurves, figures,
};
pub use overfitting::{OverfittingGap, overfitting};
pub use theory::{Theory, theory_lag};

use crate::setting::{Description, Latent, Samples};

/// The authors' number of features.
pub const N_FEATURES: usize = 64;

/// How much longer a step of ours is than one of the authors' theoretical setting.
pub const SPEED: usize = 25;

/// The authors' theoretical setting with every size in proportion to the number of features, in [`SPEED`] times
/// fewer steps, each as much longer: it depends on their product only, see `limit/step-size`.
///
/// ```
/// use feature_contamination::setting::Description;
/// use feature_contamination::toy::{N_FEATURES, theoretical};
///
/// let (ours, theirs) = (theoretical(N_FEATURES), Description::toy_theoretical(0));
/// assert_eq!((ours.n_steps, theirs.n_steps), (800, 20_000));
/// assert!((ours.learning_rate - 25.0 * theirs.learning_rate).abs() < 1e-15);
/// ```
pub fn theoretical(n_features: usize) -> Description {
    let sized = sized(Description::toy_theoretical(0), n_features);
    let learning_rate = SPEED as f64 * sized.learning_rate;
    Description { learning_rate, n_steps: sized.n_steps / SPEED, ..sized }
}

/// So many steps of the authors' default setting, with every size in proportion to the number of features.
pub fn default(n_features: usize, n_steps: usize) -> Description {
    Description { n_steps, ..sized(Description::toy_default(0), n_features) }
}

fn sized(description: Description, n_features: usize) -> Description {
    Description {
        latents: vec![Latent::Uniform; n_features],
        n_core: n_features / 2,
        ambient_dim: 4 * n_features,
        width: 4 * n_features,
        samples: Samples::Full(1000 * n_features / N_FEATURES),
        ..description
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_authors_size_the_settings_are_theirs_but_for_the_length_of_a_step() {
        let theirs = Description::toy_theoretical(0);
        let ours = theoretical(N_FEATURES);
        let product = |d: &Description| d.n_steps as f64 * d.learning_rate;
        assert!((product(&ours) - product(&theirs)).abs() < 1e-12);
        let (n_steps, learning_rate) = (theirs.n_steps, theirs.learning_rate);
        assert_eq!(Description { n_steps, learning_rate, ..ours }, theirs);
        assert_eq!(default(N_FEATURES, 20_000), Description::toy_default(0));
        let half = default(32, 10);
        assert_eq!((half.width, half.ambient_dim, half.n_core), (128, 128, 16));
        assert_eq!(half.samples, Samples::Full(500));
    }
}
