//! The distance of a sample's law to a known one.

use super::{Estimate, Interval};

/// The Kolmogorov-Smirnov distance between the law of independent samples and a known continuous law.
///
/// The interval is that of Dvoretzky, Kiefer and Wolfowitz with Massart's constant, exact for every
/// sample size: `P(sup |F_n - F| > e) <= 2 exp(-2 n e^2)`.
///
/// # Source
/// Massart, *The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality*, Ann. Probab. 18, 1990.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistanceToLaw {
    distance: f64,
    n_samples: usize,
}

impl DistanceToLaw {
    /// The distance of samples to a law with the given distribution function.
    pub fn of(mut samples: Vec<f64>, distribution_function: impl Fn(f64) -> f64) -> Self {
        samples.sort_unstable_by(f64::total_cmp);
        let n = samples.len() as f64;
        let distance = samples.iter().enumerate().fold(0.0, |distance: f64, (rank, &sample)| {
            let law = distribution_function(sample);
            let (below, up_to) = (rank as f64 / n, (rank + 1) as f64 / n);
            let gap = (law - below).max(up_to - law);
            if gap.is_nan() { f64::NAN } else { distance.max(gap) }
        });
        DistanceToLaw { distance, n_samples: samples.len() }
    }
}

impl Estimate for DistanceToLaw {
    fn value(&self) -> f64 {
        self.distance
    }

    fn interval(&self, tail: f64) -> Interval {
        if self.n_samples == 0 || self.distance.is_nan() {
            return Interval::UNKNOWN;
        }
        let half_width = ((2.0 / tail).ln() / (2.0 * self.n_samples as f64)).sqrt();
        Interval::new((self.distance - half_width).max(0.0), self.distance + half_width)
    }

    fn n_samples(&self) -> usize {
        self.n_samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::RngExt;

    #[test]
    fn distance_of_three_points_by_hand() {
        let distance = DistanceToLaw::of(vec![0.9, 0.5, 0.6], |x| x);
        // Before 0.5 the sample has nothing where the law has one half.
        assert_eq!(distance.value(), 0.5);
    }

    #[test]
    fn the_true_law_is_accepted_and_a_shifted_one_rejected() {
        let mut rng = Seed::root(1).rng();
        let samples: Vec<f64> = (0..20_000).map(|_| rng.random()).collect();
        let accepted = DistanceToLaw::of(samples.clone(), |x| x).interval(1e-6);
        assert!(accepted.lower == 0.0 && accepted.upper < 0.03);
        let rejected = DistanceToLaw::of(samples, |x| (x - 0.05).clamp(0.0, 1.0)).interval(1e-6);
        assert!(rejected.lower > 0.02);
    }
}
