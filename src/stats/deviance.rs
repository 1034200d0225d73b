//! Binomial and Poisson probabilities without cancellation, whatever the number of trials.
//!
//! Logarithms of factorials of a million cancel to a few units: six digits are lost. So a probability is
//! written as a Stirling correction, which is small, and a deviance, which is the true exponent.
//!
//! # Source
//! Loader, *Fast and accurate computation of binomial probabilities*, 2000.

use std::f64::consts::TAU;

/// `ln n! - (n + 1/2) ln n + n - ln(2 pi) / 2` for `n` of 1 to 15, by multiple precision.
const STIRLING_ERRORS: [f64; 15] = [
    0.081_061_466_795_327_26,
    0.041_340_695_955_409_29,
    0.027_677_925_684_998_34,
    0.020_790_672_103_765_092,
    0.016_644_691_189_821_193,
    0.013_876_128_823_070_748,
    0.011_896_709_945_891_77,
    0.010_411_265_261_972_096,
    0.009_255_462_182_712_733,
    0.008_330_563_433_362_87,
    0.007_573_675_487_951_841,
    0.006_942_840_107_209_53,
    0.006_408_994_188_004_207,
    0.005_951_370_112_758_848,
    0.005_554_733_551_962_801,
];

/// What Stirling's formula leaves of `ln n!`, for `n` of 1 on; absolute error below 2e-16.
pub(super) fn stirling_error(n: usize) -> f64 {
    if let Some(error) = STIRLING_ERRORS.get(n.wrapping_sub(1)) {
        return *error;
    }
    let n = n as f64;
    let square = (n * n).recip();
    let series = 1.0 / 1680.0 - square / 1188.0;
    (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * series))) / n
}

/// `u - ln(1 + u)` for `u >= -1`, to a relative error of about 3e-15 also where both nearly agree.
pub(super) fn log_gap(u: f64) -> f64 {
    if u.abs() > 0.1 {
        return u - u.ln_1p();
    }
    // ln(1 + u) = 2 artanh(v), and the first term of its series is taken out of u exactly.
    const COEFFICIENTS: [f64; 7] =
        [1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0];
    let v = u / (2.0 + u);
    let square = v * v;
    let series = COEFFICIENTS.iter().fold(0.0, |sum, coefficient| sum * square + coefficient);
    v * (u - 2.0 * square * series)
}

/// The probability that a Poisson variable of mean `count + excess > 0` is `count`. The excess comes as
/// a number of its own because it would be lost in the sum.
pub(super) fn poisson_probability(count: usize, excess: f64) -> f64 {
    if count == 0 {
        return (-excess).exp();
    }
    let x = count as f64;
    (-stirling_error(count) - x * log_gap(excess / x)).exp() / (TAU * x).sqrt()
}

/// The logarithm of the probability that of `n` trials `count` succeed, `0 < count < n`, each with
/// probability `(count + excess) / n`; minus infinity where that is 1.
pub(super) fn log_binomial_probability(n: usize, count: usize, excess: f64) -> f64 {
    let (x, y) = (count as f64, (n - count) as f64);
    let corrections = stirling_error(n) - stirling_error(count) - stirling_error(n - count);
    let deviance = x * log_gap(excess / x) + y * log_gap(-excess / y);
    corrections - deviance - 0.5 * (TAU * x * (y / n as f64)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_goes_over_into_the_series() {
        // ln n! as a sum of logarithms.
        let mut log_factorial = 0.0;
        for n in 1..40 {
            let x = n as f64;
            log_factorial += x.ln();
            let expected = log_factorial - (x + 0.5) * x.ln() + x - 0.5 * TAU.ln();
            assert!((stirling_error(n) - expected).abs() < 3e-14, "{n}");
        }
    }

    #[test]
    fn the_gap_keeps_its_digits_near_zero() {
        // u^2/2 - u^3/3 + u^4/4 is all there is at 1e-6, to 1e-18 relative.
        for u in [1e-6_f64, -1e-6, 1e-9] {
            let expected = u * u * (0.5 - u * (1.0 / 3.0 - u / 4.0));
            assert!((log_gap(u) / expected - 1.0).abs() < 1e-15);
        }
        // Both sides of the switch agree.
        for u in [0.1_f64, -0.1] {
            let direct = u - u.ln_1p();
            assert!((log_gap(u) / direct - 1.0).abs() < 1e-14);
        }
        assert_eq!(log_gap(-1.0), f64::INFINITY);
    }

    #[test]
    fn probabilities_by_hand_and_sums_to_one() {
        // P(Bin(4, 3/4) = 2) = 6 * 9/16 * 1/16.
        let binomial = log_binomial_probability(4, 2, 1.0).exp();
        assert!((binomial - 54.0 / 256.0).abs() < 1e-15);
        // P(Poisson(2) = 3) = 8/6 e^-2.
        let poisson = poisson_probability(3, -1.0);
        assert!((poisson - 8.0 / 6.0 * (-2.0_f64).exp()).abs() < 1e-15);
        let sum: f64 = (0..400).map(|x| poisson_probability(x, 100.0 - x as f64)).sum();
        assert!((sum - 1.0).abs() < 1e-13, "{sum}");
    }
}
