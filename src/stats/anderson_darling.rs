//! How well samples fit a known law, its tails included.

use std::f64::consts::{FRAC_PI_2, PI};

use super::Replicates;
use super::kolmogorov_smirnov::sorted_levels;
use crate::error::Result;
use crate::linalg::CompensatedSum;

/// The statistic of Anderson and Darling, `A^2 = n int (F_n - F)^2 / (F (1 - F)) dF`, of independent samples
/// against a known continuous law `F` without fitted parameters. It sees the tails of the law, which the
/// largest difference of distribution functions does not.
///
/// # Source
/// Anderson and Darling, *Asymptotic theory of certain goodness of fit criteria based on stochastic
/// processes*, Ann. Math. Statist. 23, 1952.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    statistic: f64,
    n_samples: usize,
}

impl AndersonDarling {
    /// The statistic of samples against a law with the given distribution function, which must be
    /// continuous. A sample may be infinite.
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
        Ok(AndersonDarling { statistic: statistic(&levels), n_samples: samples.len() })
    }

    /// The statistic, not negative; infinite where the distribution function is 0 or 1 at a sample.
    pub fn value(&self) -> f64 {
        self.statistic
    }

    /// The number of independent samples.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// The evidence against the law, as a p-value: nearly the probability of a statistic at least this
    /// large, and made to err upward. For one sample it is exact. From two on it is the smaller of
    ///
    /// - the exact limiting law with Marsaglia's correction for the number of samples. Against simulation it
    ///   is off by up to 0.02 for two samples, 0.004 for three or four and 3e-4 from six on, and it is too
    ///   small by less than `0.01 (1 + 1/n) / n`, which is added;
    /// - from a statistic of 1.2 on, `exp(-A^2)`. This is the true rate of the tail for every number of
    ///   samples, and 1.1 (at 1.2) to about 5 (at 1e-13) times the true probability, by simulation of rare
    ///   events for 2 to 200 samples. No proof.
    ///
    /// An infinite statistic has the p-value `n * 2^-53`, not 0: a distribution function that comes
    /// as a rounded number is 1 with about that probability at one of `n` samples of the law itself.
    ///
    /// # Source
    /// Marsaglia and Marsaglia, *Evaluating the Anderson-Darling distribution*, J. Statist. Softw. 9(2), 2004,
    /// for the correction.
    pub fn p_value(&self) -> f64 {
        let n = self.n_samples as f64;
        if self.statistic == f64::INFINITY {
            return (0.5 * f64::EPSILON * n).min(1.0);
        }
        if self.n_samples == 1 {
            // -1 - ln(u (1 - u)) is large outside of 1/2 -+ sqrt(1/4 - exp(-1 - A^2)).
            let product = (4.0 * (-1.0 - self.statistic).exp()).min(1.0);
            return product / (1.0 + (1.0 - product).sqrt());
        }
        let limit = limit_survival(self.statistic);
        let allowance = CORRECTION_ALLOWANCE * (1.0 + n.recip()) / n;
        let corrected = limit - finite_sample_correction(n, 1.0 - limit) + allowance;
        let tail = if self.statistic < TAIL_FROM { 1.0 } else { (-self.statistic).exp() };
        corrected.clamp(0.0, 1.0).min(tail)
    }
}

/// Over `n`, and over `n^2` once more: above all that the corrected limiting law was ever short of the
/// truth, which is 0.0058 and 0.0019 for two and three samples and about `0.004 / n` beyond.
const CORRECTION_ALLOWANCE: f64 = 0.01;

/// From here on `exp(-A^2)` is above the probability of a larger statistic, for any number of samples.
const TAIL_FROM: f64 = 1.2;

/// The statistic from the sorted values of the distribution function.
///
/// The integral goes from each value to the next, over `(c - u)^2 / (u (1 - u))` with the constant share
/// `c` of samples so far. Each piece is positive and of the order of `1 / n^2`, so that rounding does not
/// grow with `n`, as it does in the usual sum, whose terms add up to `n` and are then taken off `n`.
fn statistic(levels: &[f64]) -> f64 {
    if levels.first().is_none_or(|&level| level <= 0.0) || levels.last() >= Some(&1.0) {
        return f64::INFINITY;
    }
    let n = levels.len() as f64;
    let ends = levels.first().map(|&level| -(-level).ln_1p() - level).into_iter();
    let ends = ends.chain(levels.last().map(|&level| -level.ln() - (1.0 - level)));
    let pieces = levels.windows(2).zip(1..).map(|(pair, rank)| {
        let (from, to, share) = (pair[0], pair[1], f64::from(rank) / n);
        let rest = 1.0 - share;
        let step = to - from;
        share * share * (step / from).ln_1p() + rest * rest * (step / (1.0 - to)).ln_1p() - step
    });
    (n * ends.chain(pieces).collect::<CompensatedSum>().value()).max(0.0)
}

/// The probability that the limit of the statistic, `sum Z_j^2 / (j (j + 1))` with independent standard
/// normal `Z_j`, is at least `x`; relative error below 1e-10 from 0.3 to 30.
///
/// Smirnov's formula for such a quadratic form: integrals of `exp(-x u / 2) / (u sqrt |D(u)|)` between the
/// zeros `2k (2k - 1)` and `2k (2k + 1)` of `D(u) = prod (1 - u / (j (j + 1))) = -cos(pi/2 sqrt(1 + 4u)) / (pi u)`,
/// with changing signs. With `u = 4 k^2 + 2 k cos t` the integrand is smooth and periodic in `t`, and the
/// midpoint rule converges geometrically.
///
/// # Source
/// Smirnov 1937; Anderson and Darling 1952 for the zeros. Checked against the series of Marsaglia and
/// Marsaglia 2004 at 20 digits.
fn limit_survival(x: f64) -> f64 {
    const N_NODES: u32 = 64;
    // Below the one, a smaller statistic has a probability of exp(-pi^2 / (8 x)), nothing. Beyond the
    // other, the integrand is too steep for the nodes; the probability is below 1e-13 there.
    if x < 0.03 {
        return 1.0;
    }
    if x > 30.0 {
        return 0.0;
    }
    let mut survival = 0.0;
    for k in (1..).map(f64::from) {
        let piece: f64 = (0..N_NODES)
            .map(|node| {
                let (sine, cosine) = (PI * (f64::from(node) + 0.5) / f64::from(N_NODES)).sin_cos();
                let u = 4.0 * k * k + 2.0 * k * cosine;
                let product = (FRAC_PI_2 * (1.0 + 4.0 * u).sqrt()).cos() / (PI * u);
                (-0.5 * x * u).exp() / u * 2.0 * k * sine / product.abs().sqrt()
            })
            .sum::<f64>()
            / f64::from(N_NODES);
        survival += if k % 2.0 == 1.0 { piece } else { -piece };
        if piece < 1e-16 * survival {
            break;
        }
    }
    survival.clamp(0.0, 1.0)
}

/// What is to be added to the limiting distribution function, where that is `x`, for `n` samples.
///
/// # Source
/// Marsaglia and Marsaglia 2004, `errfix`.
fn finite_sample_correction(n: f64, x: f64) -> f64 {
    let polynomial = |coefficients: [f64; 6], x: f64| {
        coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
    };
    let knot = 0.01265 + 0.1757 / n;
    if x > 0.8 {
        return polynomial(UPPER, x) / n;
    }
    if x < knot {
        let share = x / knot;
        let shape = share.sqrt() * (1.0 - share) * (49.0 * share - 102.0);
        return shape * (0.0037 / (n * n) + 0.00078 / n + 0.00006) / n;
    }
    polynomial(MIDDLE, (x - knot) / (0.8 - knot)) * (0.04213 + 0.01365 / n) / n
}

/// Coefficients from the lowest power on.
const UPPER: [f64; 6] = [-130.2137, 745.2337, -1705.091, 1950.646, -1116.360, 255.7844];
const MIDDLE: [f64; 6] = [-0.00022633, 6.54034, -14.6538, 14.458, -8.259, 1.91864];

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

    fn fit(samples: &[f64], law: impl Fn(f64) -> f64) -> AndersonDarling {
        AndersonDarling::of_values(samples, law).unwrap()
    }

    fn with(statistic: f64, n_samples: usize) -> AndersonDarling {
        AndersonDarling { statistic, n_samples }
    }

    /// The sum of the definition's closed form.
    fn usual_sum(levels: &[f64]) -> f64 {
        let n = levels.len();
        let terms = levels.iter().zip(levels.iter().rev()).enumerate();
        let sum: f64 = terms
            .map(|(rank, (low, high))| (2 * rank + 1) as f64 * (low.ln() + (-high).ln_1p()))
            .sum();
        -(n as f64) - sum / n as f64
    }

    #[test]
    fn statistics_by_hand() {
        // One sample: -1 - ln(u (1 - u)).
        let value = fit(&[0.25], |x| x).value();
        assert!((value - (-1.0 - 0.1875_f64.ln())).abs() < 1e-15);
        // Five, by multiple precision.
        let value = fit(&[0.7, 0.1, 0.95, 0.4, 0.2], |x| x).value();
        assert!((value - FIVE).abs() < 1e-15, "{value}");
    }

    #[test]
    fn many_samples_keep_their_digits() {
        // At i / (n + 1) the statistic is small, and the usual sum loses what n has digits.
        let n = 1_000_000;
        let levels: Vec<f64> = (1..=n).map(|i| f64::from(i) / f64::from(n + 1)).collect();
        let value = statistic(&levels);
        assert!((value - usual_sum(&levels)).abs() < 1e-6, "{value}");
        assert!(value > 0.0 && value < 1e-4, "{value}");
    }

    #[test]
    fn a_sample_where_the_law_has_nothing_is_infinitely_far_and_nearly_certain_evidence() {
        for samples in [&[0.0, 0.5][..], &[0.5, 1.0], &[0.0, 0.0], &[1.0]] {
            let fit = fit(samples, |x| x);
            assert_eq!(fit.value(), f64::INFINITY);
            assert!(fit.p_value() > 0.0 && fit.p_value() < 1e-15);
        }
    }

    #[test]
    fn what_is_no_sample_and_no_distribution_function_is_refused() {
        assert!(AndersonDarling::of_values(&[], |x| x).is_err());
        assert!(AndersonDarling::of_values(&[0.5, f64::NAN], |x| x).is_err());
        assert!(AndersonDarling::of_values(&[0.5], |x| 3.0 * x).is_err());
        assert!(AndersonDarling::of_values(&[0.5], |_| f64::NAN).is_err());
    }

    #[test]
    fn the_limit_equals_an_independent_series() {
        // The series ADinf of Marsaglia and Marsaglia 2004 at 20 digits.
        for (x, expected) in [
            (0.3, 0.938_157_636_057_282),
            (1.0, 0.357_266_673_214_08),
            (2.5, 0.049_541_134_376_137_7),
        ] {
            assert!((limit_survival(x) / expected - 1.0).abs() < 1e-11, "{x}");
        }
        // Points of the tables: Anderson and Darling 1954, Stephens 1974.
        for (x, level) in [(1.933, 0.10), (2.492, 0.05), (3.880, 0.01)] {
            assert!((limit_survival(x) / level - 1.0).abs() < 3e-3, "{x}");
        }
        // The tail goes as sqrt(3) erfc(sqrt(x)), the first normal variable alone, times 1 + O(1 / x).
        let first = 3.0_f64.sqrt() * libm::erfc(30.0_f64.sqrt());
        assert!((1.0..1.05).contains(&(limit_survival(30.0) / first)));
    }

    #[test]
    fn one_sample_is_exact() {
        // u = 1/4 or beyond, on either side: probability 1/2. The least statistic is at u = 1/2.
        assert!((fit(&[0.25], |x| x).p_value() - 0.5).abs() < 1e-15);
        assert!((fit(&[0.999], |x| x).p_value() - 0.002).abs() < 1e-15);
        assert!((fit(&[0.5], |x| x).p_value() - 1.0).abs() < 1e-7);
    }

    #[test]
    fn two_samples_stay_below() {
        // The area in the square, by quadrature to 1e-10.
        for (a, exact) in TWO_SAMPLES {
            let p = with(a, 2).p_value();
            assert!(p >= exact && p < exact + 0.025, "{a}: {p} {exact}");
        }
    }

    const TWO_SAMPLES: [(f64, f64); 10] = [
        (0.25, 0.999_223_300_94),
        (0.3, 0.941_272_611_52),
        (0.4, 0.830_754_076_65),
        (0.6403, 0.591_969_412_29),
        (1.0, 0.339_911_639_15),
        (1.2, 0.260_845_412),
        (2.0, 0.098_612_732_513),
        (3.0, 0.031_979_113_809),
        (5.0, 0.003_860_238_276_3),
        (8.0, 0.000_183_684_408_68),
    ];

    #[test]
    fn p_values_fall_with_the_statistic_and_reach_far() {
        for n in [1, 2, 8, 100, 80_000, 1_000_000] {
            let p_values: Vec<f64> =
                (1..4000).map(|step| with(0.01 * f64::from(step), n).p_value()).collect();
            assert!(p_values.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{n}");
            let far = with(40.0, n).p_value() / (-40.0_f64).exp();
            assert!(far <= 1.0 && far > 0.7, "{n}: {far}");
            assert_eq!(with(0.0, n).p_value(), 1.0);
        }
    }

    #[test]
    fn the_true_law_is_accepted_a_shifted_and_a_scaled_one_rejected() {
        for n in [100, 20_000] {
            let samples = uniforms(Seed::root(6), n);
            let p = |law: fn(f64) -> f64| fit(&samples, law).p_value();
            assert!(p(|x| x) > 0.01, "{n}");
            let (shifted, scaled) = (p(|x| 0.8 * x), p(|x| 0.5 + 0.55 * (x - 0.5)));
            assert!(shifted < 1e-3 && scaled < 1e-4, "{n}: {shifted:e} {scaled:e}");
            // Tails alone, where the largest difference of distribution functions is below 0.01.
            if n == 20_000 {
                let tails = p(|x| if x < 0.01 { 1e-4 * x } else { x });
                assert!(tails < 1e-8, "{tails:e}");
            }
        }
    }

    #[test]
    fn p_values_of_the_true_law_come_at_their_rate() {
        // Within five standard deviations of 4000 runs, and the allowance at the lower side.
        for n in [1, 2, 8, 60] {
            let seed = Seed::root(7).index(n);
            let p_values: Vec<f64> =
                (0..4000).map(|run| fit(&uniforms(seed.index(run), n), |x| x).p_value()).collect();
            for level in [0.01, 0.05, 0.2, 0.5] {
                let count = p_values.iter().filter(|p| **p <= level).count() as f64;
                let deviation = 5.0 * (4000.0 * level * (1.0 - level)).sqrt();
                assert!(count < 4000.0 * level + deviation, "{n} {level}: {count}");
                let slack = 4000.0 * (0.05 / n as f64);
                assert!(count > 4000.0 * level - slack - deviation, "{n} {level}: {count}");
            }
        }
    }

    const FIVE: f64 = 0.268_549_010_441_572;

    proptest! {
        #[test]
        fn the_statistic_is_the_usual_sum_and_symmetric(
            samples in prop::collection::vec(1e-9..1.0_f64, 1..100),
        ) {
            let mut levels = samples.clone();
            levels.sort_unstable_by(f64::total_cmp);
            let value = fit(&samples, |x| x).value();
            prop_assert!((value - usual_sum(&levels)).abs() < 1e-11 * (1.0 + value));
            let mirrored: Vec<f64> = samples.iter().map(|x| 1.0 - x).collect();
            let mirror = fit(&mirrored, |x| x).value();
            prop_assert!((value - mirror).abs() < 1e-6 * (1.0 + value));
        }
    }
}
