//! The distance of a sample's law to a known one.

use super::{Estimate, Interval, KolmogorovLaw, Null, Replicates};
use crate::error::{Error, Result};

/// The Kolmogorov-Smirnov distance between the law of independent samples and a known continuous law: an
/// estimate, in [0, 1], of the distance `sup |G - F|` between the law `G` they have and the known `F`.
///
/// The lower end of the interval is that of Dvoretzky, Kiefer and Wolfowitz with Massart's constant, exact
/// for every sample size: `P(sup |F_n - G| >= e) <= 2 exp(-2 n e^2)`. The upper end is Hoeffding's
/// inequality at one point.
///
/// ```
/// use feature_contamination::stats::{DistanceToLaw, Estimate, Replicates};
///
/// // Two samples against the uniform law: the step function is 1/4 off at each.
/// let samples = Replicates::of(2, |run_idx| [0.25, 0.75][run_idx]);
/// assert_eq!(DistanceToLaw::of(&samples, |x| x)?.value(), 0.25);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// Massart, *The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality*, Ann. Probab. 18, 1990;
/// Hoeffding, *Probability inequalities for sums of bounded random variables*, J. Amer. Statist. Assoc. 58,
/// 1963.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistanceToLaw {
    distance: f64,
    law: KolmogorovLaw,
}

impl DistanceToLaw {
    /// The distance of samples to a law with the given distribution function, which must be continuous.
    /// A sample may be infinite.
    ///
    /// # Errors
    /// No sample, a sample that is NaN, or a value of the distribution function that is not in [0, 1].
    pub fn of(
        samples: &Replicates<f64>,
        distribution_function: impl Fn(f64) -> f64,
    ) -> Result<Self> {
        Self::of_values(samples.as_slice(), distribution_function)
    }

    fn of_values(samples: &[f64], distribution_function: impl Fn(f64) -> f64) -> Result<Self> {
        let levels = sorted_levels(samples, distribution_function)?;
        let law = KolmogorovLaw::new(levels.len())?;
        let n = levels.len() as f64;
        let distance = levels.iter().enumerate().fold(0.0, |distance: f64, (rank, &level)| {
            // Just before the sample and at it, where the step function is furthest off.
            distance.max(level - rank as f64 / n).max((rank + 1) as f64 / n - level)
        });
        Ok(DistanceToLaw { distance, law })
    }
}

impl Estimate for DistanceToLaw {
    fn value(&self) -> f64 {
        self.distance
    }

    fn interval(&self, tail: f64) -> Interval {
        // Lower end. With G the law of the samples, D <= sup |F_n - G| + sup |G - F|, so D exceeds the
        // true distance by e or more only if sup |F_n - G| >= e.
        //
        // Upper end. Let the true distance be T > h. Reached or not, for every e in (0, h) there is a point
        // x, fixed before the samples, with |G(x) - F(x)| >= T - e; say G(x) > F(x). Then
        // D >= F_n(x) - F(x) >= F_n(x) - G(x) + T - e, and D <= T - h needs F_n(x) - G(x) <= -(h - e),
        // one mean of n indicators, on one side: at most exp(-2 n (h - e)^2). With e to 0 it is
        // exp(-2 n h^2), without a factor 2. Where G(x) < F(x), the same with the other sign.
        let n = self.law.n_samples() as f64;
        let half_width = |factor: f64| ((factor / tail).ln().max(0.0) / (2.0 * n)).sqrt();
        let lower = (self.distance - half_width(2.0)).max(0.0);
        Interval::new(lower, self.distance + half_width(1.0))
    }

    fn p_value(&self, null: Null) -> f64 {
        let n = self.law.n_samples() as f64;
        match null {
            Null::AtMost(bound) if bound <= 0.0 => self.law.survival(self.distance),
            Null::AtMost(bound) if self.distance > bound => {
                (2.0 * (-2.0 * n * (self.distance - bound).powi(2)).exp()).min(1.0)
            }
            Null::AtLeast(bound) if self.distance < bound => {
                (-2.0 * n * (bound - self.distance).powi(2)).exp()
            }
            // Also for a bound that is NaN: nothing is known against it.
            _ => 1.0,
        }
    }

    fn n_samples(&self) -> usize {
        self.law.n_samples()
    }
}

/// The values of a distribution function at the samples, in order.
pub(super) fn sorted_levels(
    samples: &[f64],
    distribution_function: impl Fn(f64) -> f64,
) -> Result<Vec<f64>> {
    check_samples("samples", samples)?;
    let mut levels = Vec::with_capacity(samples.len());
    for &sample in samples {
        let level = distribution_function(sample);
        if !(0.0..=1.0).contains(&level) {
            return Err(Error::out_of_range(
                format!("distribution function at {sample}"),
                level,
                "a probability in [0, 1]",
                "give a function that is one wherever there are samples",
            ));
        }
        levels.push(level);
    }
    levels.sort_unstable_by(f64::total_cmp);
    Ok(levels)
}

/// At least one sample, and none that is NaN.
pub(super) fn check_samples(name: &str, samples: &[f64]) -> Result<()> {
    if samples.is_empty() {
        let remedy = "give at least one sample";
        return Err(Error::out_of_range(format!("number of {name}"), 0, "at least 1", remedy));
    }
    match samples.iter().position(|sample| sample.is_nan()) {
        None => Ok(()),
        Some(place) => Err(Error::out_of_range(
            format!("{name}[{place}]"),
            f64::NAN,
            "a number",
            "find out where it comes from; no statistic can mend it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use proptest::prelude::*;
    use rand::RngExt;

    fn uniforms(seed: Seed, n: usize) -> Vec<f64> {
        let mut rng = seed.rng();
        (0..n).map(|_| rng.random()).collect()
    }

    fn distance(samples: &[f64], law: impl Fn(f64) -> f64) -> DistanceToLaw {
        DistanceToLaw::of_values(samples, law).unwrap()
    }

    #[test]
    fn distances_of_a_few_points_by_hand() {
        // Before 0.5 the sample has nothing where the law has one half.
        assert_eq!(distance(&[0.9, 0.5, 0.6], |x| x).value(), 0.5);
        // Both ends of a tie count, and infinite samples are at the ends of the law.
        assert_eq!(distance(&[0.5, 0.5], |x| x).value(), 0.5);
        let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
        assert_eq!(distance(&[f64::INFINITY, f64::INFINITY], logistic).value(), 1.0);
        // One sample: P(D_1 >= 0.7) = 2 (1 - 0.7).
        let p = distance(&[0.3], |x| x).p_value(Null::AtMost(0.0));
        assert!((p - 0.6).abs() < 1e-15);
    }

    #[test]
    fn what_is_no_sample_and_no_distribution_function_is_refused() {
        let fault = |samples: &[f64], law: fn(f64) -> f64| {
            DistanceToLaw::of_values(samples, law).unwrap_err().to_string()
        };
        assert!(fault(&[], |x| x).contains("number of samples = 0"));
        assert!(fault(&[0.1, f64::NAN], |x| x).contains("samples[1] = NaN"));
        assert!(fault(&[0.25], |x| x - 1.0).contains("distribution function at 0.25 = -0.75"));
        assert!(fault(&[0.5], |_| f64::NAN).contains("NaN"));
        assert!(fault(&[0.5], |_| 1.0 + 1e-15).contains("[0, 1]"));
    }

    #[test]
    fn the_true_law_is_accepted_a_shifted_and_a_scaled_one_rejected() {
        for n in [100, 20_000] {
            let samples = uniforms(Seed::root(1), n);
            let p = |law: fn(f64) -> f64| distance(&samples, law).p_value(Null::AtMost(0.0));
            assert!(p(|x| x) > 0.01, "{n}");
            let (shifted, scaled) = (p(|x| (x - 0.25).max(0.0)), p(|x| 0.5 + 0.55 * (x - 0.5)));
            assert!(shifted < 1e-4 && scaled < 1e-3, "{n}: {shifted:e} {scaled:e}");
        }
        let samples = uniforms(Seed::root(1), 20_000);
        let accepted = distance(&samples, |x| x).interval(1e-6);
        assert!(accepted.lower == 0.0 && accepted.upper < 0.03);
        // The law that is 0.05 away from that of the samples.
        let rejected = distance(&samples, |x| (x - 0.05).clamp(0.0, 1.0));
        assert!(rejected.interval(1e-6).lower > 0.02);
        assert!(rejected.p_value(Null::AtMost(0.01)) < 1e-20);
        assert!(rejected.p_value(Null::AtLeast(0.1)) < 1e-20);
        assert_eq!(rejected.p_value(Null::AtLeast(0.01)), 1.0);
        assert_eq!(rejected.p_value(Null::AtMost(0.2)), 1.0);
        assert_eq!(rejected.p_value(Null::AtMost(f64::NAN)), 1.0);
    }

    #[test]
    fn p_values_of_the_true_law_are_uniform() {
        // 4000 p-values are themselves samples of the uniform law. Their own p-value is below 1e-4 with
        // probability 1e-4; and each rate is a binomial count, within five standard deviations.
        for n in [1, 7, 60] {
            let seed = Seed::root(2).index(n);
            let p_values: Vec<f64> = (0..4000)
                .map(|run| distance(&uniforms(seed.index(run), n), |x| x))
                .map(|distance| distance.p_value(Null::AtMost(0.0)))
                .collect();
            let own = distance(&p_values, |x| x).p_value(Null::AtMost(0.0));
            assert!(own > 1e-4, "{n}: {own}");
            for level in [0.01, 0.05, 0.5] {
                let count = p_values.iter().filter(|p| **p <= level).count() as f64;
                let deviation = (4000.0 * level * (1.0 - level)).sqrt();
                assert!((count - 4000.0 * level).abs() < 5.0 * deviation, "{n} {level}: {count}");
            }
        }
    }

    #[test]
    fn the_upper_end_misses_no_more_often_than_its_tail() {
        // The samples have the law x on [0, 1], the law asked about is x^2: a distance of 1/4, at 1/2.
        let (n_runs, tail) = (2000, 0.1);
        let seed = Seed::root(3);
        let count = |is_miss: fn(Interval) -> bool| {
            let intervals = (0..n_runs)
                .map(|run| distance(&uniforms(seed.index(run), 40), |x| x * x).interval(tail));
            intervals.filter(|interval| is_miss(*interval)).count() as f64
        };
        // Five standard deviations above the rate.
        let most = 2000.0 * tail + 5.0 * (2000.0 * tail * (1.0 - tail)).sqrt();
        assert!(count(|interval| interval.upper < 0.25) < most);
        assert!(count(|interval| interval.lower > 0.25) < most);
    }

    proptest! {
        #[test]
        fn p_values_and_intervals_say_the_same(
            samples in prop::collection::vec(0.0..1.0_f64, 1..80),
            bound in 0.0001..1.2_f64,
            log_tail in -12.0..0.0_f64,
        ) {
            let (distance, tail) = (distance(&samples, |x| x), log_tail.exp());
            let interval = distance.interval(tail);
            // Away from equality, where rounding decides.
            if (interval.lower - bound).abs() > 1e-12 {
                prop_assert_eq!(distance.p_value(Null::AtMost(bound)) <= tail, interval.lower >= bound);
            }
            if (interval.upper - bound).abs() > 1e-12 {
                prop_assert_eq!(distance.p_value(Null::AtLeast(bound)) <= tail, interval.upper <= bound);
            }
            // At 0 the law says at least as much as the interval.
            if interval.lower > 0.0 {
                prop_assert!(distance.p_value(Null::AtMost(0.0)) <= tail);
            }
            prop_assert!(distance.p_value(Null::AtMost(0.0)) <= distance.p_value(Null::AtMost(bound)) + 1e-15);
        }

        #[test]
        fn distances_depend_on_neither_order_nor_scale(
            samples in prop::collection::vec(0.0..1.0_f64, 1..80),
            scale in 0.1..10.0_f64,
        ) {
            let reversed: Vec<f64> = samples.iter().rev().copied().collect();
            prop_assert_eq!(distance(&samples, |x| x), distance(&reversed, |x| x));
            let scaled: Vec<f64> = samples.iter().map(|x| scale * x).collect();
            let by_scale = distance(&scaled, |x| (x / scale).min(1.0)).value();
            prop_assert!((by_scale - distance(&samples, |x| x).value()).abs() < 1e-12);
            // It is never below half a step.
            prop_assert!(by_scale >= 0.5 / samples.len() as f64 - 1e-15);
        }
    }
}
