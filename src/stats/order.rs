//! Orders of growth, `O(.)` and `o(.)`, over the sizes of a ladder.

use super::means_by_size::{MeanAtSize, MeansBySize};
use super::{Coefficient, Estimate, Interval, Null};
use crate::error::{Error, Result};

/// The largest of `size^r * value` over the sizes of a ladder, as evidence for `value = O(size^{-r})`: the
/// claim that it stays below a constant `C` is the region [`super::Region::at_most`] `C`.
///
/// With `k` sizes each end is taken at the tail `tail / k` (Bonferroni), so that the ends of all sizes
/// hold together. That is needed for the lower end, where the size is picked by what was measured; for
/// the upper one it is more than enough.
#[derive(Debug, Clone, PartialEq)]
pub struct LargestRatio {
    ratios: Vec<Coefficient>,
}

impl LargestRatio {
    /// Of a ladder, for an exponent `r`.
    ///
    /// # Errors
    /// An exponent that is not finite, or with which `size^r * value` leaves the numbers.
    pub fn of(ladder: &MeansBySize, exponent: f64) -> Result<Self> {
        let ratio = |rung: &MeanAtSize| {
            let factor = rung.size.powf(exponent);
            let value = rung.value.value * factor;
            let standard_error = rung.value.standard_error * factor;
            let is_number = |x: f64| x > 0.0 && x.is_finite();
            (is_number(value) && is_number(standard_error)).then_some(Coefficient {
                value,
                standard_error,
                ..rung.value
            })
        };
        let ratios: Option<Vec<Coefficient>> = ladder.rungs().iter().map(ratio).collect();
        let ratios = ratios.ok_or_else(|| {
            let range = "finite, and so small that every size^exponent is a number";
            let remedy =
                "give the exponent of the order, with the sign that makes the ratio bounded";
            Error::out_of_range("exponent", exponent, range, remedy)
        })?;
        Ok(LargestRatio { ratios })
    }

    /// The intervals of all ratios, in the order of the ladder. On each side, that any of them misses has
    /// probability at most `tail`.
    pub fn ends(&self, tail: f64) -> Vec<Interval> {
        let tail = tail / self.ratios.len() as f64;
        self.ratios.iter().map(|ratio| ratio.interval(tail)).collect()
    }
}

impl Estimate for LargestRatio {
    fn value(&self) -> f64 {
        self.ratios.iter().map(|ratio| ratio.value).fold(f64::NEG_INFINITY, f64::max)
    }

    fn interval(&self, tail: f64) -> Interval {
        let nothing = Interval::new(f64::NEG_INFINITY, f64::NEG_INFINITY);
        self.ends(tail).into_iter().fold(nothing, |largest, ends| {
            Interval::new(largest.lower.max(ends.lower), largest.upper.max(ends.upper))
        })
    }

    fn p_value(&self, null: Null) -> f64 {
        let p_values = self.ratios.iter().map(|ratio| ratio.p_value(null));
        let decisive = match null {
            // One ratio above is enough; below must be all.
            Null::AtMost(_) => p_values.fold(1.0, f64::min),
            Null::AtLeast(_) => p_values.fold(0.0, f64::max),
        };
        (self.ratios.len() as f64 * decisive).min(1.0)
    }

    fn n_samples(&self) -> usize {
        self.ratios.iter().map(|ratio| ratio.n_samples).sum()
    }
}

/// How far apart two quantities are at the largest size of their ladders: evidence for `o(1)` of the one
/// against order one of the other. As an estimate it is the factor, the second value over the first.
///
/// The logarithm of the factor is normal with the variance `e_1^2 + e_2^2` of the relative standard
/// errors, up to a relative error of their order squared (the delta method); from replicates it has
/// Welch's degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    size: f64,
    vanishing: Coefficient,
    staying: Coefficient,
    log_factor: Coefficient,
}

impl Separation {
    /// Of a quantity that is said to vanish and one that is said to stay, measured independently.
    ///
    /// # Errors
    /// Ladders with different largest sizes, or with more than one value there.
    pub fn of(vanishing: &MeansBySize, staying: &MeansBySize) -> Result<Self> {
        let size = vanishing.range().1;
        if staying.range().1 != size {
            return Err(Error::out_of_range(
                "largest size of the second ladder",
                staying.range().1,
                format!("{size}, that of the first"),
                "measure both quantities at the same largest size",
            ));
        }
        let (one, other) = (at(vanishing, size)?, at(staying, size)?);
        let relative = |value: &Coefficient| (value.standard_error / value.value).powi(2);
        let variances = [relative(&one), relative(&other)];
        let variance: f64 = variances.iter().sum();
        let spread = variances[0].powi(2) / one.degrees_of_freedom
            + variances[1].powi(2) / other.degrees_of_freedom;
        let log_factor = Coefficient {
            value: other.value.ln() - one.value.ln(),
            standard_error: variance.sqrt(),
            degrees_of_freedom: variance * variance / spread,
            n_samples: one.n_samples + other.n_samples,
        };
        Ok(Separation { size, vanishing: one, staying: other, log_factor })
    }

    /// The size at which they are compared.
    pub fn size(&self) -> f64 {
        self.size
    }

    /// Whether the upper end of the vanishing quantity lies below the lower end of the other, each at this
    /// tail: wrong with probability at most twice the tail.
    pub fn is_separated(&self, tail: f64) -> bool {
        self.vanishing.interval(tail).upper < self.staying.interval(tail).lower
    }

    /// The logarithm of the factor.
    pub fn log_factor(&self) -> Coefficient {
        self.log_factor
    }
}

fn at(ladder: &MeansBySize, size: f64) -> Result<Coefficient> {
    let mut rungs = ladder.rungs().iter().filter(|rung| rung.size == size);
    match (rungs.next(), rungs.count()) {
        (Some(rung), 0) => Ok(rung.value),
        (_, n_more) => Err(Error::out_of_range(
            format!("number of values at size {size}"),
            n_more + 1,
            "1",
            "average the values of one size first",
        )),
    }
}

impl Estimate for Separation {
    fn value(&self) -> f64 {
        self.log_factor.value.exp()
    }

    fn interval(&self, tail: f64) -> Interval {
        let Interval { lower, upper } = self.log_factor.interval(tail);
        Interval::new(lower.exp(), upper.exp())
    }

    fn p_value(&self, null: Null) -> f64 {
        match null {
            // A factor of positive quantities is positive.
            Null::AtMost(factor) if factor <= 0.0 => 0.0,
            Null::AtLeast(factor) if factor <= 0.0 => 1.0,
            Null::AtMost(factor) => self.log_factor.p_value(Null::AtMost(factor.ln())),
            Null::AtLeast(factor) => self.log_factor.p_value(Null::AtLeast(factor.ln())),
        }
    }

    fn n_samples(&self) -> usize {
        self.log_factor.n_samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Point;

    fn ladder(points: &[(f64, f64, f64)]) -> MeansBySize {
        let point = |&(size, value, standard_error)| Point { size, value, standard_error };
        MeansBySize::of(&points.iter().map(point).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_largest_ratio_has_the_ends_of_its_sizes() {
        // sqrt(size) * value = 2, 2.4, 2.2 with errors 0.04, 0.08, 0.16.
        let ladder = ladder(&[(4.0, 1.0, 0.02), (16.0, 0.6, 0.02), (64.0, 0.275, 0.02)]);
        let largest = LargestRatio::of(&ladder, 0.5).unwrap();
        assert!((largest.value() - 2.4).abs() < 1e-14);
        // z at 0.15 / 3 = 0.05 is 1.6449: the third has the highest upper end, the second the lower one.
        let z = 1.644_853_626_951_472_2;
        let interval = largest.interval(0.15);
        assert!((interval.upper - f64::max(2.2 + 0.16 * z, 2.4 + 0.08 * z)).abs() < 1e-12);
        assert!((interval.lower - (2.4 - 0.08 * z)).abs() < 1e-12);
        assert_eq!(largest.ends(0.15).len(), 3);
        for tail in [1e-6, 1e-3, 0.1] {
            let Interval { lower, upper } = largest.interval(tail);
            for null in [Null::AtMost(lower), Null::AtLeast(upper)] {
                let p_value = largest.p_value(null);
                assert!((p_value / tail - 1.0).abs() < 1e-9, "{null:?}: {p_value}");
            }
        }
        assert!(LargestRatio::of(&ladder, f64::NAN).is_err());
        assert!(LargestRatio::of(&ladder, 1e4).unwrap_err().to_string().contains("10000"));
    }

    #[test]
    fn a_factor_of_ten_is_separated_and_one_of_one_is_not() {
        let small = ladder(&[(16.0, 0.5, 0.01), (64.0, 0.1, 0.003)]);
        let large = ladder(&[(64.0, 1.0, 0.04), (32.0, 0.9, 0.04)]);
        let separation = Separation::of(&small, &large).unwrap();
        assert_eq!(separation.size(), 64.0);
        assert!((separation.value() - 10.0).abs() < 1e-13);
        // Relative errors 0.03 and 0.04 make 0.05.
        assert!((separation.log_factor().standard_error - 0.05).abs() < 1e-15);
        let interval = separation.interval(0.025);
        assert!((interval.upper - 10.0 * (0.05_f64 * 1.959_963_984_540_054).exp()).abs() < 1e-12);
        assert!((separation.p_value(Null::AtLeast(interval.upper)) - 0.025).abs() < 1e-12);
        assert!((separation.p_value(Null::AtMost(interval.lower)) - 0.025).abs() < 1e-12);
        assert_eq!(separation.p_value(Null::AtMost(0.0)), 0.0);
        assert_eq!(separation.p_value(Null::AtLeast(-1.0)), 1.0);
        assert!(separation.is_separated(1e-6));
        assert!(!Separation::of(&large, &large).unwrap().is_separated(1e-6));
    }

    #[test]
    fn ladders_that_do_not_meet_are_refused() {
        let (one, other) = (ladder(&[(64.0, 1.0, 0.1)]), ladder(&[(32.0, 1.0, 0.1)]));
        let fault = Separation::of(&one, &other).unwrap_err().to_string();
        assert!(fault.contains("= 32") && fault.contains("64"), "{fault}");
        let double = ladder(&[(64.0, 1.0, 0.1), (64.0, 2.0, 0.1)]);
        let fault = Separation::of(&one, &double).unwrap_err().to_string();
        assert!(fault.contains("number of values at size 64 = 2"), "{fault}");
    }
}
