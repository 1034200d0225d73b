//! Elementary functions in single precision, without branches, so that loops over them are vectorised.
//!
//! In `f64` the crate takes them from `libm`. Here they are polynomials in `f32` whose relative errors are
//! a few units of the last place; every platform computes the same bits.

/// `exp(x)` for `x` from -87 to 88; beyond, the values at the ends. NaN stays NaN.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    // x = n ln 2 + r with n whole: adding 1.5 * 2^23 rounds to whole numbers and leaves n in the low bits.
    const ROUNDER: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    // ln 2 in two parts (Cody and Waite 1980): the first one has so few bits that n times it is exact.
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    // Cephes' expf (Moshier 1989): 1 + r + r^2 P(r) on |r| <= ln 2 / 2.
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    (p * r * r + r + 1.0) * power
}

/// `1 / (1 + exp(-x))` and its derivative.
#[inline(always)]
pub(super) fn logistic(x: f32) -> (f32, f32) {
    // Of the exponential's two signs this is the one that cannot overflow.
    let e = exp(-x.abs());
    let upper = 1.0 / (1.0 + e);
    (if x > 0.0 { upper } else { e * upper }, e * upper * upper)
}

/// `tanh(x)` and its derivative.
#[inline(always)]
pub(super) fn tanh(x: f32) -> (f32, f32) {
    let size = x.abs();
    let e = exp(-2.0 * size);
    let inverse = 1.0 / (1.0 + e);
    // Cephes' tanhf near 0, where the quotient would cancel.
    let square = x * x;
    let p = -5.704_988_7e-3;
    let p = p * square + 2.063_908_8e-2;
    let p = p * square - 5.373_971_6e-2;
    let p = p * square + 1.333_144_2e-1;
    let p = p * square - 0.333_332_8;
    let near = p * square * size + size;
    let far = (1.0 - e) * inverse;
    let value = if size < 0.625 { near } else { far };
    (if x < 0.0 { -value } else { value }, 4.0 * e * inverse * inverse)
}

/// `P(N <= x)` and the density of a standard normal variable `N` at `x`.
#[inline(always)]
pub(super) fn normal(x: f32) -> (f32, f32) {
    let size = x.abs();
    let e = exp(-0.5 * x * x);
    // erfc by Chebyshev fitting, relative error 1.2e-7 (Press et al., Numerical Recipes, 1992, 6.2).
    let t = 1.0 / (1.0 + 0.5 * std::f32::consts::FRAC_1_SQRT_2 * size);
    let p = 0.170_872_77;
    let p = p * t - 0.822_152_23;
    let p = p * t + 1.488_515_9;
    let p = p * t - 1.135_204;
    let p = p * t + 0.278_868_07;
    let p = p * t - 0.186_288_06;
    let p = p * t + 0.096_784_18;
    let p = p * t + 0.374_091_96;
    let p = p * t + 1.000_023_7;
    let upper = 0.5 * t * e * exp(p * t - 1.265_512_2);
    (if x < 0.0 { upper } else { 1.0 - upper }, e * INVERSE_ROOT_OF_TAU)
}

/// `1 / sqrt(2 pi)`.
const INVERSE_ROOT_OF_TAU: f32 = 0.398_942_3;

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest error over a grid, relative to the value.
    fn worst(value: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, largest: f32) -> f64 {
        let points = (-40_000..=40_000).map(|i| largest * i as f32 / 40_000.0);
        let errors = points.map(|x| {
            let exact = exact(f64::from(x));
            let size = exact.abs().max(f64::from(f32::MIN_POSITIVE));
            (f64::from(value(x)) - exact).abs() / size
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn values_are_those_of_libm_to_a_few_units_of_the_last_place() {
        let unit = f64::from(f32::EPSILON);
        assert!(worst(exp, libm::exp, 87.0) < 2.0 * unit);
        let sigmoid = |x: f64| 1.0 / (1.0 + libm::exp(-x));
        assert!(worst(|x| logistic(x).0, sigmoid, 80.0) < 4.0 * unit);
        assert!(worst(|x| logistic(x).1, |x| sigmoid(x) * sigmoid(-x), 80.0) < 6.0 * unit);
        assert!(worst(|x| tanh(x).0, libm::tanh, 20.0) < 4.0 * unit);
        let slope = |x: f64| 1.0 / (libm::cosh(x) * libm::cosh(x));
        assert!(worst(|x| tanh(x).1, slope, 20.0) < 8.0 * unit);
        let root_half = std::f64::consts::FRAC_1_SQRT_2;
        let cdf = |x: f64| 0.5 * libm::erfc(-x * root_half);
        // The argument -x^2 / 2 is rounded: 8 units of it at x = 4.
        assert!(worst(|x| normal(x).0, cdf, 4.0) < 16.0 * unit);
        let density = |x: f64| libm::exp(-0.5 * x * x) / std::f64::consts::TAU.sqrt();
        assert!(worst(|x| normal(x).1, density, 4.0) < 16.0 * unit);
    }

    #[test]
    fn ends_are_finite_and_not_a_number_stays() {
        assert!(exp(1e30).is_finite() && exp(f32::NEG_INFINITY) > 0.0 && exp(f32::NAN).is_nan());
        assert_eq!((tanh(1e30).0, tanh(-1e30).0), (1.0, -1.0));
        assert_eq!(normal(1e30).0, 1.0);
        assert!(tanh(f32::NAN).0.is_nan() && normal(f32::NAN).0.is_nan());
    }
}
