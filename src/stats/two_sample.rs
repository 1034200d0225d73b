//! The distance between the laws of two samples.

use std::f64::consts::{LN_2, PI};

use super::kolmogorov_smirnov::check_samples;
use super::{Estimate, Interval, Null, Replicates};
use crate::error::Result;
use crate::linalg::CompensatedSum;

/// The p-value of one law is exact as long as the lattice has at most so many points inside the band, which
/// take about 0.2 s: always for sizes `m` and `n` with `m n <= 1e7`, and for two samples of 20,000 each as long
/// as their distance is below 0.039.
const MOST_LATTICE_POINTS: u128 = 32_000_000;

/// The Kolmogorov-Smirnov distance between two independent samples: an estimate, in [0, 1], of the distance
/// `sup |G - H|` between the laws they have.
///
/// # Source
/// Hodges, *The significance probability of the Smirnov two-sample test*, Ark. Mat. 3, 1958, for the exact
/// law; Massart, Ann. Probab. 18, 1990, and Hoeffding, J. Amer. Statist. Assoc. 58, 1963, for the interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoSampleDistance {
    distance: f64,
    n_first: usize,
    n_second: usize,
    exact_p_value: Option<f64>,
}

impl TwoSampleDistance {
    /// The distance between two samples. An infinite sample is allowed.
    ///
    /// Ties count as one step of both distribution functions. For laws with jumps that makes the distance
    /// smaller than that of the same samples with their ties broken by lot, whose law is the one used:
    /// the p-value is then conservative.
    ///
    /// # Errors
    /// No sample on one side, or a sample that is NaN.
    pub fn of(first: &Replicates<f64>, second: &Replicates<f64>) -> Result<Self> {
        Self::of_values(first.as_slice(), second.as_slice())
    }

    fn of_values(first: &[f64], second: &[f64]) -> Result<Self> {
        check_samples("first samples", first)?;
        check_samples("second samples", second)?;
        let (n_first, n_second) = (first.len(), second.len());
        let gap = largest_gap(&sorted(first), &sorted(second));
        let distance = gap as f64 / (n_first as f64 * n_second as f64);
        let exact_p_value = touching_probability(n_first, n_second, gap);
        Ok(TwoSampleDistance { distance, n_first, n_second, exact_p_value })
    }

    /// Whether the p-value of one law, `AtMost(0.0)`, is exact. Else it is a bound, see
    /// [`TwoSampleDistance::p_value`].
    pub fn is_exact(&self) -> bool {
        self.exact_p_value.is_some()
    }

    /// `1/m + 1/n`.
    fn variance(&self) -> f64 {
        (self.n_first as f64).recip() + (self.n_second as f64).recip()
    }

    /// A bound on the probability that the distance exceeds the true one by at least `excess`.
    ///
    /// The excess is at most `sup |G_m - G| + sup |H_n - H|`, two independent variables. The first is at
    /// most, in law, an `X` with `P(X >= a) = min(1, 2 exp(-2 m a^2))`, the second such a `Y` with `n`; so
    /// the probability is at most `P(X + Y >= excess)`, and that is an integral over a Gaussian.
    fn excess_bound(&self, excess: f64) -> f64 {
        let (m, n) = (self.n_first as f64, self.n_second as f64);
        let total = m + n;
        // X and Y are never below these.
        let (least_x, least_y) = ((LN_2 / (2.0 * m)).sqrt(), (LN_2 / (2.0 * n)).sqrt());
        let largest_x = excess - least_y;
        if largest_x.is_nan() || largest_x <= least_x {
            return 1.0;
        }
        let alone = 2.0 * (-2.0 * m * largest_x * largest_x).exp();
        // The density of X times the tail of Y is 16 m a exp(-2 m a^2 - 2 n (excess - a)^2), and the
        // exponent is -2 (m + n) (a - center)^2 - 2 excess^2 m n / (m + n).
        let center = excess * n / total;
        let scale = (2.0 * total).sqrt();
        let (from, to) = (scale * (least_x - center), scale * (largest_x - center));
        let gaussian = PI.sqrt() / (2.0 * scale) * (libm::erf(to) - libm::erf(from));
        let edges = ((-from * from).exp() - (-to * to).exp()) / (2.0 * scale * scale);
        let peak = (-2.0 * excess * excess / self.variance()).exp();
        (alone + 16.0 * m * peak * (center * gaussian + edges)).min(1.0)
    }

    /// The smallest excess whose bound is at most `tail`, by bisection; infinite where none up to 1 is.
    fn excess_at(&self, tail: f64) -> f64 {
        let (mut too_small, mut enough) = (0.0, 1.0);
        if tail >= 1.0 {
            return 0.0;
        }
        if tail.is_nan() || self.excess_bound(enough) > tail {
            return f64::INFINITY;
        }
        while enough - too_small > f64::EPSILON {
            let middle = 0.5 * (too_small + enough);
            let is_enough = self.excess_bound(middle) <= tail;
            (too_small, enough) = if is_enough { (too_small, middle) } else { (middle, enough) };
        }
        enough
    }
}

impl Estimate for TwoSampleDistance {
    fn value(&self) -> f64 {
        self.distance
    }

    fn interval(&self, tail: f64) -> Interval {
        // The upper end as for one sample: at a fixed point x where |G - H| is all but reached, the
        // distance is at least a difference of two means of indicators, and Hoeffding's inequality for the
        // sum of m terms of length 1/m and n of length 1/n bounds it on one side.
        let above = (tail.recip().ln().max(0.0) * self.variance() / 2.0).sqrt();
        let lower = (self.distance - self.excess_at(tail)).max(0.0);
        Interval::new(lower, self.distance + above)
    }

    /// The samples of both sides.
    fn p_value(&self, null: Null) -> f64 {
        match null {
            Null::AtMost(bound) if bound <= 0.0 => {
                self.exact_p_value.unwrap_or_else(|| self.excess_bound(self.distance))
            }
            Null::AtMost(bound) if self.distance > bound => {
                self.excess_bound(self.distance - bound)
            }
            Null::AtLeast(bound) if self.distance < bound => {
                (-2.0 * (bound - self.distance).powi(2) / self.variance()).exp()
            }
            // Also for a bound that is NaN: nothing is known against it.
            _ => 1.0,
        }
    }

    fn n_samples(&self) -> usize {
        self.n_first + self.n_second
    }
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The largest difference of the two distribution functions, times the product of the numbers of
/// samples: a whole number, so that no rounding decides whether a path touches it.
fn largest_gap(first: &[f64], second: &[f64]) -> u128 {
    let (m, n) = (first.len() as u128, second.len() as u128);
    let (mut i, mut j, mut largest) = (0, 0, 0);
    while i < first.len() && j < second.len() {
        let value = first[i].min(second[j]);
        i += first[i..].iter().take_while(|sample| **sample <= value).count();
        j += second[j..].iter().take_while(|sample| **sample <= value).count();
        largest = (i as u128 * n).abs_diff(j as u128 * m).max(largest);
    }
    largest
}

/// The probability that a path of `m` and `n` steps in random order comes to a point `(i, j)` with
/// `|i n - j m| >= gap`; nothing where that would take too long.
///
/// The probabilities of first touches are added, so that a small one keeps its digits. A path goes on in
/// each direction in proportion to the steps that are left in it: nothing over- or underflows before the
/// result does.
fn touching_probability(n_first: usize, n_second: usize, gap: u128) -> Option<f64> {
    if gap == 0 {
        return Some(1.0);
    }
    let (m, n) = (n_first.min(n_second), n_first.max(n_second));
    let (wide_m, wide_n) = (m as u128, n as u128);
    let points_per_row = (2 * gap / wide_m + 2).min(wide_n + 1);
    if (wide_m + 1) * points_per_row + wide_n > MOST_LATTICE_POINTS {
        return None;
    }
    let reciprocals: Vec<f64> = (0..=m + n).map(|left| (left as f64).recip()).collect();
    // The probability of coming to each point of a row untouched, zero outside the band.
    let mut row = vec![0.0; n + 1];
    let mut touched = CompensatedSum::default();
    let mut previous_low = 0;
    for i in 0..=m {
        let height = i as u128 * wide_n;
        let low = height.checked_sub(gap).map_or(0, |edge| (edge / wide_m + 1) as usize);
        let high = ((height + gap - 1) / wide_m).min(wide_n) as usize;
        let mut before = 0.0;
        for j in previous_low..=(high + 1).min(n) {
            let left = reciprocals[m + n + 1 - (i + j).max(1)];
            let reached = match (i, j) {
                (0, 0) => 1.0,
                _ => (row[j] * (m + 1 - i) as f64 + before * (n + 1 - j) as f64) * left,
            };
            let is_inside = (low..=high).contains(&j);
            before = if is_inside { reached } else { 0.0 };
            row[j] = before;
            if !is_inside {
                touched.add(reached);
            }
        }
        previous_low = low;
    }
    Some(touched.value().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;
    use rand::RngExt;

    fn uniforms(seed: Seed, n: usize) -> Vec<f64> {
        let mut rng = seed.rng();
        (0..n).map(|_| rng.random()).collect()
    }

    fn p_value(first: &[f64], second: &[f64]) -> f64 {
        TwoSampleDistance::of_values(first, second).unwrap().p_value(Null::AtMost(0.0))
    }

    /// All paths, counted with whole numbers.
    fn counted(m: usize, n: usize, gap: u128) -> f64 {
        let count = |touching_too: bool| {
            let mut row = vec![BigInt::from(0); n + 1];
            row[0] = BigInt::from(1);
            for i in 0..=m {
                for j in 0..=n {
                    if j > 0 {
                        row[j] = &row[j] + &row[j - 1];
                    }
                    if (i * n).abs_diff(j * m) as u128 >= gap && !touching_too {
                        row[j] = BigInt::from(0);
                    }
                }
            }
            row[n].clone()
        };
        let (untouched, all) = (count(false), count(true));
        // Scaled, so that tiny quotients survive the way to a float.
        let quotient = BigRational::new((&all - untouched) << 1000, all).to_integer();
        let digits = quotient.to_string();
        let (head, rest) = digits.split_at(digits.len().min(18));
        let log2_scale = 1000.0 * std::f64::consts::LOG10_2;
        head.parse::<f64>().unwrap() * 10_f64.powf(rest.len() as f64 - log2_scale)
    }

    #[test]
    fn one_and_two_samples_by_hand() {
        // One each: always apart by 1.
        assert_eq!(p_value(&[0.1], &[0.9]), 1.0);
        // Two each: of six orders two are apart by 1, and all by one half.
        assert!((p_value(&[1.0, 2.0], &[3.0, 4.0]) - 2.0 / 6.0).abs() < 1e-15);
        assert_eq!(p_value(&[1.0, 3.0], &[2.0, 4.0]), 1.0);
        // One and two: apart by 1 if the single one is first or last, two orders of three.
        assert!((p_value(&[1.0], &[2.0, 3.0]) - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(p_value(&[2.0], &[1.0, 3.0]), 1.0);
    }

    #[test]
    fn ties_are_one_step_and_equal_samples_no_evidence() {
        let distance = TwoSampleDistance::of_values(&[0.0, 0.0, 1.0], &[-0.0, 1.0, 1.0]).unwrap();
        assert!((distance.value() - 1.0 / 3.0).abs() < 1e-15);
        let same = TwoSampleDistance::of_values(&[1.0, 1.0], &[1.0]).unwrap();
        assert_eq!((same.value(), same.p_value(Null::AtMost(0.0))), (0.0, 1.0));
        let infinite =
            TwoSampleDistance::of_values(&[f64::NEG_INFINITY; 2], &[f64::INFINITY; 2]).unwrap();
        assert_eq!(infinite.value(), 1.0);
    }

    #[test]
    fn what_is_no_sample_is_refused() {
        let fault = |first: &[f64], second: &[f64]| {
            TwoSampleDistance::of_values(first, second).unwrap_err().to_string()
        };
        assert!(fault(&[], &[1.0]).contains("number of first samples = 0"));
        assert!(fault(&[1.0], &[]).contains("number of second samples = 0"));
        assert!(fault(&[1.0], &[0.0, f64::NAN]).contains("second samples[1] = NaN"));
    }

    #[test]
    fn probabilities_equal_counted_paths() {
        for (m, n) in [(1, 7), (3, 5), (6, 6), (13, 29), (40, 40), (50, 31)] {
            let common = (1..=m).rev().find(|k| m % k == 0 && n % k == 0).unwrap();
            for part in [1, 2, 3, 5, 8] {
                let gap = ((m * n * part / 8 / common).max(1) * common) as u128;
                let (value, expected) =
                    (touching_probability(m, n, gap).unwrap(), counted(m, n, gap));
                assert!(
                    (value / expected - 1.0).abs() < 1e-12,
                    "{m} {n} {gap}: {value} {expected}"
                );
                assert_eq!(value, touching_probability(n, m, gap).unwrap());
            }
        }
    }

    #[test]
    fn equal_numbers_of_samples_have_the_reflection_formula() {
        // Gnedenko and Korolyuk 1951: 2 sum (-1)^(i-1) C(2n, n + i k) / C(2n, n).
        for (n, k) in [(100_usize, 20_usize), (1000, 70), (1000, 150), (1000, 700), (2000, 100)] {
            let quotient = |shift: usize| -> f64 {
                (1..=shift).map(|i| (n - shift + i) as f64 / (n + i) as f64).product()
            };
            let terms =
                (1..=n / k).map(|i| (if i % 2 == 1 { 2.0 } else { -2.0 }) * quotient(i * k));
            let expected: f64 = terms.sum();
            let value = touching_probability(n, n, (k * n) as u128).unwrap();
            assert!((value / expected - 1.0).abs() < 1e-11, "{n} {k}: {value:e} {expected:e}");
        }
    }

    #[test]
    fn too_many_samples_have_a_bound_above_the_exact_value() {
        assert!(touching_probability(400_000, 400_001, 1_000_000_000).is_none());
        for (m, n) in [(1000, 1000), (300, 2000), (100, 3000)] {
            let shape =
                TwoSampleDistance { distance: 0.0, n_first: m, n_second: n, exact_p_value: None };
            for z in [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0] {
                let excess: f64 = z * shape.variance().sqrt();
                let gap = (excess * (m * n) as f64).ceil();
                let exact = touching_probability(m, n, gap as u128).unwrap();
                let bound = shape.excess_bound(gap / (m * n) as f64);
                assert!(bound >= exact, "{m} {n} {z}: {bound:e} {exact:e}");
                // 16 m center gaussian peak, at m = n where it is largest, is 8 sqrt(pi / 2) z of the peak;
                // the rest is what is left at the ends. Not against `exact`: at z = 5 the distance of 100
                // samples is 1/2, and its probability a thirtieth of the limit.
                let z = gap / (m * n) as f64 / shape.variance().sqrt();
                let limit = 2.0 * (-2.0 * z * z).exp();
                assert!(bound <= 5.1 * z * limit || z < 1.0, "{m} {n} {z}: {bound:e} {limit:e}");
            }
        }
    }

    #[test]
    fn one_law_is_accepted_a_shifted_and_a_scaled_one_rejected() {
        for (m, n) in [(200, 300), (60_000, 70_000)] {
            let first = uniforms(Seed::root(4).child("first"), m);
            let second = uniforms(Seed::root(4).child("second"), n);
            let against = |map: fn(f64) -> f64| {
                let mapped: Vec<f64> = second.iter().map(|x| map(*x)).collect();
                TwoSampleDistance::of_values(&first, &mapped).unwrap()
            };
            let p = |map| against(map).p_value(Null::AtMost(0.0));
            assert!(p(|x| x) > 0.01);
            assert!(p(|x| x + 0.25) < 1e-5);
            assert!(p(|x| 0.5 + 0.5 * (x - 0.5)) < 1e-5);
            let shifted = against(|x| x + 0.25);
            let interval = shifted.interval(1e-4);
            assert!(interval.lower < 0.25 && 0.25 < interval.upper);
            assert!(shifted.p_value(Null::AtLeast(0.9)) < 1e-20);
            assert_eq!(shifted.p_value(Null::AtMost(0.9)), 1.0);
        }
    }

    #[test]
    fn p_values_of_one_law_come_at_their_rate() {
        // P(p <= level) <= level for each of the values p that occur; within five standard deviations of
        // 2000 runs. With sizes that have no common divisor the values are dense: half of it is reached.
        let seed = Seed::root(5);
        let p_values: Vec<f64> = (0..2000)
            .map(|run| {
                let seed = seed.index(run);
                p_value(&uniforms(seed.child("first"), 23), &uniforms(seed.child("second"), 40))
            })
            .collect();
        for level in [0.01, 0.05, 0.2, 0.5] {
            let count = p_values.iter().filter(|p| **p <= level).count() as f64;
            let deviation = (2000.0 * level * (1.0 - level)).sqrt();
            assert!(count < 2000.0 * level + 5.0 * deviation, "{level}: {count}");
            assert!(count > 1000.0 * level - 5.0 * deviation, "{level}: {count}");
        }
    }

    proptest! {
        #[test]
        fn p_values_and_intervals_say_the_same(
            first in prop::collection::vec(0.0..1.0_f64, 1..60),
            second in prop::collection::vec(0.0..1.5_f64, 1..60),
            bound in 0.0001..1.2_f64,
            log_tail in -12.0..0.0_f64,
        ) {
            let distance = TwoSampleDistance::of_values(&first, &second).unwrap();
            let (interval, tail) = (distance.interval(log_tail.exp()), log_tail.exp());
            if (interval.lower - bound).abs() > 1e-9 {
                prop_assert_eq!(distance.p_value(Null::AtMost(bound)) <= tail, interval.lower >= bound);
            }
            if (interval.upper - bound).abs() > 1e-9 {
                prop_assert_eq!(distance.p_value(Null::AtLeast(bound)) <= tail, interval.upper <= bound);
            }
            if interval.lower > 0.0 {
                prop_assert!(distance.p_value(Null::AtMost(0.0)) <= tail);
            }
            let swapped = TwoSampleDistance::of_values(&second, &first).unwrap();
            prop_assert_eq!(swapped.value(), distance.value());
        }
    }
}
