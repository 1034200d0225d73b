//! The regularised incomplete beta function and its inverse, for any tail and up to 1e13 trials.
//!
//! The tails of the binomial, of Student's t and of F are all of it. The usual formulae lose digits
//! here: differences of log-gammas cancel for many trials, and a continued fraction that is cut at a
//! fixed length is wrong near the middle, where it takes about the root of the number of trials.
//!
//! Everything is a function of the log-odds `s = ln(x / (1 - x))`, in which both `x` and `1 - x` keep all
//! of their digits, and the logarithm of the function is concave.

use std::f64::consts::PI;

/// The logarithm of the regularised incomplete beta function at log-odds `s`, and its slope in `s`.
#[derive(Debug, Clone, Copy)]
struct LogTail {
    log: f64,
    slope: f64,
}

/// More steps than this of the continued fraction are no answer in time: about 1e13 trials.
const MAX_STEPS: usize = 20_000_000;

/// Beyond this `x` or `1 - x` is no normal number.
const LARGEST_LOG_ODDS: f64 = 708.0;

/// Newton steps; the far start of a tail of 1e-300 takes about 20.
const MAX_ITERATIONS: usize = 200;

/// `I_x(a, b)` at `x = numerator / (numerator + other)`, for positive shapes: the probability that a beta
/// variable lies below `x`. NaN where that has no meaning, or beyond 1e13 trials.
pub(super) fn beta_tail(a: f64, b: f64, numerator: f64, other: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && numerator >= 0.0 && other >= 0.0 && numerator + other > 0.0) {
        return f64::NAN;
    }
    if numerator == 0.0 {
        return 0.0;
    }
    if other == 0.0 {
        return 1.0;
    }
    let total = numerator + other;
    log_tail(a, b, numerator / total, other / total).log.exp().min(1.0)
}

/// The log-odds `s` at which the tail below is `p`, for positive shapes and `0 < p < 1`, NaN else; minus
/// infinity where `x` is below all numbers.
///
/// The logarithm of the tail is increasing and concave in `s` (its density there, `exp(a s) / (1 +
/// exp(s))^{a+b}`, is log-concave), so Newton's iteration comes from the left without overshooting, from
/// wherever it starts.
pub(super) fn beta_log_odds(a: f64, b: f64, p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    let target = p.ln();
    let mut log_odds = (a / b).ln();
    let mut last = f64::INFINITY;
    for _ in 0..MAX_ITERATIONS {
        let (odds, inverse) = (log_odds.exp(), (-log_odds).exp());
        let tail = log_tail(a, b, 1.0 / (1.0 + inverse), 1.0 / (1.0 + odds));
        let step = (target - tail.log) / tail.slope;
        if !step.is_finite() {
            return f64::NAN;
        }
        if log_odds == -LARGEST_LOG_ODDS && step < 0.0 {
            return f64::NEG_INFINITY;
        }
        log_odds = (log_odds + step).clamp(-LARGEST_LOG_ODDS, LARGEST_LOG_ODDS);
        // Steps shrink quadratically to the end; what does not shrink there is rounding.
        let is_small = step.abs() < 1e-6 * (1.0 + log_odds.abs());
        if step == 0.0 || (is_small && step.abs() >= 0.5 * last) {
            break;
        }
        last = step.abs();
    }
    log_odds
}

fn log_tail(a: f64, b: f64, x: f64, y: f64) -> LogTail {
    let log_density = log_density(a, b, x, y);
    // On either side of the mean the fraction for that side converges.
    if x * (a + b + 2.0) < a + 1.0 {
        let fraction = continued_fraction(a, b, x, y) / a;
        return LogTail { log: log_density + fraction.ln(), slope: 1.0 / fraction };
    }
    let density = log_density.exp();
    let above = density * continued_fraction(b, a, y, x) / b;
    LogTail { log: (-above).ln_1p(), slope: density / (1.0 - above) }
}

/// `ln(x^a y^b / B(a, b))`, the density in the log-odds.
///
/// # Source
/// Loader, *Fast and accurate computation of binomial probabilities*, 2000.
fn log_density(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    // a - n x = -(b - n y), of which the smaller terms cancel less.
    let excess = if x < y { a - n * x } else { n * y - b };
    0.5 * (a / n * b / (2.0 * PI)).ln() + stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x, excess)
        - deviance(b, n * y, -excess)
}

/// `ln Gamma(z + 1) - ((z + 1/2) ln z - z + ln(2 pi) / 2)`: what Stirling's formula leaves.
fn stirling_error(z: f64) -> f64 {
    if z < 16.0 {
        return libm::lgamma(z + 1.0) - ((z + 0.5) * z.ln() - z + 0.5 * (2.0 * PI).ln());
    }
    // The first term left out is below 0.0084 / z^9 < 2e-13 / z.
    let square = z * z;
    let series = 1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / (1188.0 * square)) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - series / square) / square) / z
}

/// `k ln(k / m) - excess` with `excess = k - m`, without cancellation where `k` is near `m`.
fn deviance(k: f64, m: f64, excess: f64) -> f64 {
    let ratio = excess / (k + m);
    if ratio.abs() >= 0.1 {
        return k * (k / m).ln() - excess;
    }
    // k ln(k / m) = 2 k artanh(ratio), and 2 k ratio - excess = excess * ratio.
    let square = ratio * ratio;
    let mut power = 2.0 * k * ratio * square;
    let mut sum = excess * ratio;
    for odd in (3..).step_by(2) {
        let term = power / f64::from(odd);
        let next = sum + term;
        if next == sum {
            break;
        }
        sum = next;
        power *= square;
    }
    sum
}

/// The continued fraction of the incomplete beta function by Lentz's method; NaN if it does not converge.
///
/// # Source
/// Press, Teukolsky, Vetterling and Flannery, *Numerical Recipes*, 3rd ed., 2007, section 6.4.
fn continued_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    /// Stands for a denominator of 0.
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    // 1 - (a + b) x / (a + 1), from the smaller of x and 1 - x.
    let first = if x < y { (a + 1.0) - (a + b) * x } else { (1.0 - b) + (a + b) * y };
    let (mut c, mut d) = (1.0, 1.0 / away(first / (a + 1.0)));
    let mut fraction = d;
    for step in 1..MAX_STEPS {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() <= f64::EPSILON {
            return fraction;
        }
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_equal_closed_forms() {
        // I_x(1, b) = 1 - (1-x)^b, I_x(a, 1) = x^a, I_x(2, 2) = 3x^2 - 2x^3; arcsine law at shapes 1/2.
        for x in [1e-9_f64, 0.01, 0.3, 0.5, 0.9, 0.999] {
            let y = 1.0 - x;
            let cases = [
                (1.0, 7.0, -(7.0 * (-x).ln_1p()).exp_m1()),
                (7.0, 1.0, x.powi(7)),
                (2.0, 2.0, x * x * (3.0 - 2.0 * x)),
                (0.5, 0.5, 2.0 / PI * x.sqrt().asin()),
            ];
            for (a, b, exact) in cases {
                let computed = beta_tail(a, b, x, y);
                assert!((computed / exact - 1.0).abs() < 2e-14, "{a} {b} {x}: {computed} {exact}");
            }
        }
    }

    #[test]
    fn the_pieces_of_the_density_agree_with_their_definitions() {
        // At 16 the series takes over from log-gamma.
        let direct = libm::lgamma(17.0) - (16.5 * 16.0_f64.ln() - 16.0 + 0.5 * (2.0 * PI).ln());
        assert!((stirling_error(16.0) - direct).abs() < 1e-14);
        for (k, m) in [(5.0_f64, 6.0), (5.0, 5.0), (5.0, 4.2), (5.0, 50.0)] {
            let direct: f64 = k * (k / m).ln() + m - k;
            assert!((deviance(k, m, k - m) - direct).abs() < 1e-14, "{k} {m}");
        }
    }

    #[test]
    fn the_inverse_turns_the_tail_back() {
        for (a, b) in [(1.0, 1.0), (0.5, 0.5), (1.0, 1e6), (3.0, 40.0), (5e5, 0.5), (2e5, 8e5)] {
            for p in [1e-300, 1e-12, 1e-3, 0.3, 0.5, 0.9, 1.0 - 1e-9] {
                let s = beta_log_odds(a, b, p);
                if s == f64::NEG_INFINITY {
                    // The arcsine law at 1e-300: x is near 1e-600.
                    assert_eq!((a, p), (0.5, 1e-300));
                    continue;
                }
                let tail = beta_tail(a, b, s.exp(), 1.0);
                assert!((tail / p - 1.0).abs() < 1e-11, "{a} {b} {p}: {tail}");
            }
        }
    }

    #[test]
    fn what_has_no_meaning_is_not_a_number() {
        assert!(
            beta_tail(0.0, 1.0, 0.5, 0.5).is_nan() && beta_tail(1.0, f64::NAN, 0.5, 0.5).is_nan()
        );
        assert!(beta_tail(1.0, 1.0, -0.5, 1.5).is_nan() && beta_tail(1.0, 1.0, 0.0, 0.0).is_nan());
        for p in [0.0, 1.0, -1.0, f64::NAN] {
            assert!(beta_log_odds(2.0, 2.0, p).is_nan());
        }
        assert_eq!((beta_tail(2.0, 3.0, 0.0, 1.0), beta_tail(2.0, 3.0, 1.0, 0.0)), (0.0, 1.0));
    }
}
