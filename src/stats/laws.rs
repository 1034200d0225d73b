//! Tails and quantiles of the normal law, Student's t, F and chi-square.

use std::f64::consts::{PI, SQRT_2};

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

use super::incomplete_beta::{beta_log_odds, beta_tail};

/// The probability that a Student variable lies above `t`; a normal one for infinite degrees of freedom.
pub(super) fn student_tail(t: f64, degrees_of_freedom: f64) -> f64 {
    if degrees_of_freedom == f64::INFINITY {
        return 0.5 * libm::erfc(t / SQRT_2);
    }
    let nu = degrees_of_freedom;
    // Divided by the larger of both, so that the square of a far t does not overflow.
    let (numerator, other) = if t * t > nu { (nu / t / t, 1.0) } else { (1.0, t * t / nu) };
    let one_sided = 0.5 * beta_tail(0.5 * nu, 0.5, numerator, other);
    if t >= 0.0 { one_sided } else { 1.0 - one_sided }
}

/// The `t` with `student_tail(t) = tail`, NaN for a tail outside of (0, 1).
pub(super) fn student_quantile(tail: f64, degrees_of_freedom: f64) -> f64 {
    if tail > 0.5 {
        return -student_quantile(1.0 - tail, degrees_of_freedom);
    }
    if degrees_of_freedom == f64::INFINITY {
        return normal_quantile(tail);
    }
    if tail == 0.5 {
        return 0.0;
    }
    let log_odds = beta_log_odds(0.5 * degrees_of_freedom, 0.5, 2.0 * tail);
    degrees_of_freedom.sqrt() * (-0.5 * log_odds).exp()
}

fn normal_quantile(tail: f64) -> f64 {
    if !(tail > 0.0 && tail <= 0.5) {
        return f64::NAN;
    }
    // One Newton step on the logarithm of the tail brings the last digits.
    let start = -Normal::standard().inverse_cdf(tail);
    let upper = student_tail(start, f64::INFINITY);
    let density = (-0.5 * start * start).exp() / (2.0 * PI).sqrt();
    let step = (upper / tail).ln() * upper / density;
    if step.is_finite() { start + step } else { start }
}

/// The probability that an F variable with these degrees of freedom lies above `f`.
pub(super) fn f_tail(f: f64, numerator: f64, denominator: f64) -> f64 {
    if denominator == f64::INFINITY {
        return chi_square_tail(numerator * f, numerator);
    }
    beta_tail(0.5 * denominator, 0.5 * numerator, denominator, numerator * f)
}

/// The probability that a chi-square variable lies above `chi_square`; NaN without degrees of freedom.
pub(super) fn chi_square_tail(chi_square: f64, degrees_of_freedom: f64) -> f64 {
    ChiSquared::new(degrees_of_freedom).map_or(f64::NAN, |law| law.sf(chi_square))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(computed: f64, exact: f64) {
        assert!((computed / exact - 1.0).abs() < 1e-12, "{computed} {exact}");
    }

    #[test]
    fn tails_equal_closed_forms() {
        // One degree of freedom: 1/2 - atan(t) / pi. Two: (1 - t / sqrt(2 + t^2)) / 2.
        for t in [0.1, 1.0, 3.0] {
            close(student_tail(t, 1.0), 0.5 - t.atan() / PI);
            close(student_tail(t, 2.0), 0.5 * (1.0 - t / (2.0 + t * t).sqrt()));
            close(student_tail(-t, 1.0), 0.5 + t.atan() / PI);
        }
        // Far out, one degree of freedom: 1 / (pi t); two: 1 / (2 t^2).
        close(student_tail(1e100, 1.0), 1.0 / (PI * 1e100));
        close(student_tail(1e8, 2.0), 0.5e-16);
        close(f_tail(3.0, 2.0, 2.0), 0.25);
        close(f_tail(3.0, 2.0, f64::INFINITY), (-3.0_f64).exp());
        close(chi_square_tail(6.0, 2.0), (-3.0_f64).exp());
        assert!(chi_square_tail(1.0, 0.0).is_nan());
    }

    #[test]
    fn quantiles_match_closed_forms_and_tables() {
        close(student_quantile(0.025, f64::INFINITY), 1.959_963_984_540_054);
        close(student_quantile(1e-3, f64::INFINITY), 3.090_232_306_167_813_5);
        close(student_quantile(0.5e-6, f64::INFINITY), 4.891_638_475_698_744);
        // Two degrees of freedom: t = 0.95 sqrt(2 / (1 - 0.95^2)).
        close(student_quantile(0.025, 2.0), 4.302_652_729_749_464);
        close(student_quantile(0.975, 2.0), -4.302_652_729_749_464);
        assert_eq!(student_quantile(0.5, 3.0), 0.0);
        assert!(
            student_quantile(0.0, 3.0).is_nan() && student_quantile(0.0, f64::INFINITY).is_nan()
        );
    }

    #[test]
    fn quantiles_turn_tails_back_for_every_degree_of_freedom() {
        for nu in [0.7, 1.0, 2.5, 7.0, 30.0, 1e4, 1e9, f64::INFINITY] {
            for tail in [1e-12, 1e-6, 1e-3, 0.05, 0.3, 0.7] {
                let back = student_tail(student_quantile(tail, nu), nu);
                assert!((back / tail - 1.0).abs() < 1e-10, "{nu} {tail}: {back}");
            }
        }
    }
}
