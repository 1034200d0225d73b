//! The law of Kolmogorov's distance for a finite number of samples.

use std::f64::consts::{LN_2, PI, TAU};

use super::band_crossing::band_crossing_probability;
use super::deviance::log_binomial_probability;
use crate::error::{Error, Result};

/// Up to so many samples the two-sided law is exact everywhere.
const MOST_EXACT_SAMPLES: usize = 4000;

/// From `n d^2` on, twice the one-sided law: the two crossings come together with a probability below
/// `exp(-6 n d^2)` of it, 4e-11 with few samples and 2e-8 with many.
const TWICE_ONE_SIDED_FROM: f64 = 4.0;
const TWICE_ONE_SIDED_FROM_FOR_MANY: f64 = 3.0;

/// The expansion in `1 / sqrt(n)` is off by `c / n^2`. Against the exact law, at six `n` from 200 to
/// 20,000, `|c| < 0.066`; so much and half of it more is added, so that it comes out above.
const PELZ_GOOD_ALLOWANCE: f64 = 0.1;

/// Below this `n d^2` a distance is exceeded with probability 1 to the last bit.
const CERTAIN_BELOW: f64 = 0.02;

/// The law of the distance `D_n = sup |F_n - F|` between the empirical distribution function of `n`
/// independent samples and their own continuous distribution function `F`, whichever that is. For a law
/// with jumps the distance is smaller in law, and every probability here an upper bound.
///
/// ```
/// use feature_contamination::stats::KolmogorovLaw;
///
/// // One sample u has the distance max(u, 1 - u), at least 3/4 for half of all u.
/// assert!((KolmogorovLaw::new(1)?.survival(0.75) - 0.5).abs() < 1e-9);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// The choice of methods follows Simard and L'Ecuyer, *Computing the two-sided Kolmogorov-Smirnov
/// distribution*, J. Statist. Softw. 39(11), 2011.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KolmogorovLaw {
    n_samples: usize,
}

impl KolmogorovLaw {
    /// The law for so many samples, from 1 on. A probability takes time of the order of `n_samples`
    /// (about 0.1 s for a million).
    ///
    /// # Errors
    /// No samples.
    pub fn new(n_samples: usize) -> Result<Self> {
        if n_samples == 0 {
            let remedy = "give at least one sample";
            return Err(Error::out_of_range("number of samples", 0, "at least 1", remedy));
        }
        Ok(KolmogorovLaw { n_samples })
    }

    /// The number of samples.
    pub fn n_samples(self) -> usize {
        self.n_samples
    }

    /// `P(D_n >= distance)`, in [0, 1]; NaN for NaN. It is
    ///
    /// - exact for `distance >= 1/2` and, up to 4000 samples, for `n distance^2 < 4`: relative error below
    ///   1e-10;
    /// - an upper bound, twice the exact one-sided law, where `n distance^2` is at least 4 (at least 3 for
    ///   more than 4000 samples): above the truth by at most 4e-11 (2e-8) of itself;
    /// - an expansion else, of Pelz and Good with an allowance of `0.1 / n^2` for its error (at most 1.3e-6
    ///   of the value, for 4001 samples), which makes it an upper bound wherever it was compared; no proof.
    pub fn survival(self, distance: f64) -> f64 {
        match self.method(distance) {
            Method::Known(probability) => probability,
            Method::TwiceOneSided => (LN_2 + self.log_one_sided(distance)).exp().min(1.0),
            Method::BandCrossing => {
                band_crossing_probability(self.n_samples, self.n_samples as f64 * distance)
            }
            Method::PelzGood => {
                let n = self.n_samples as f64;
                let allowance = PELZ_GOOD_ALLOWANCE / (n * n);
                (pelz_good_survival(n, distance) + allowance).clamp(0.0, 1.0)
            }
        }
    }

    /// The logarithm of [`KolmogorovLaw::survival`], also where that is too small for a number.
    pub fn log_survival(self, distance: f64) -> f64 {
        match self.method(distance) {
            Method::TwiceOneSided => (LN_2 + self.log_one_sided(distance)).min(0.0),
            _ => self.survival(distance).ln(),
        }
    }

    /// `P(sup (F_n - F) >= distance)`, exact for every number of samples: relative error below 1e-10. The
    /// other side, `sup (F - F_n)`, has the same law. In [0, 1]; NaN for NaN.
    ///
    /// # Source
    /// Smirnov 1944; Birnbaum and Tingey, *One-sided confidence contours for probability distribution
    /// functions*, Ann. Math. Statist. 22, 1951.
    pub fn one_sided_survival(self, distance: f64) -> f64 {
        self.log_one_sided_survival(distance).exp()
    }

    /// The logarithm of [`KolmogorovLaw::one_sided_survival`], also where that is too small for a number.
    pub fn log_one_sided_survival(self, distance: f64) -> f64 {
        if distance.is_nan() {
            f64::NAN
        } else if distance <= 0.0 {
            0.0
        } else if distance >= 1.0 {
            f64::NEG_INFINITY
        } else {
            self.log_one_sided(distance).min(0.0)
        }
    }

    fn method(self, distance: f64) -> Method {
        let n = self.n_samples as f64;
        let is_exact = self.n_samples <= MOST_EXACT_SAMPLES;
        let squared = n * distance * distance;
        let tail = if is_exact { TWICE_ONE_SIDED_FROM } else { TWICE_ONE_SIDED_FROM_FOR_MANY };
        if distance.is_nan() {
            Method::Known(f64::NAN)
        } else if n * distance <= 0.5 || squared < CERTAIN_BELOW && !is_exact {
            Method::Known(1.0)
        } else if distance >= 1.0 {
            Method::Known(0.0)
        } else if distance >= 0.5 || squared >= tail {
            // From one half on, both crossings at once are impossible.
            Method::TwiceOneSided
        } else if is_exact {
            Method::BandCrossing
        } else {
            Method::PelzGood
        }
    }

    /// The sum over the place `j / n` of the highest crossing: a binomial probability at `d + j / n`, times
    /// `d / (d + j / n)`. All terms are positive. `0 < distance < 1`.
    fn log_one_sided(self, distance: f64) -> f64 {
        let n = self.n_samples;
        let t = n as f64 * distance;
        let mut sum = LogSum::of(n as f64 * (-distance).ln_1p());
        for j in (1..n).take_while(|&j| (n - j) as f64 > t) {
            let share = (t / (t + j as f64)).ln();
            sum.add(share + log_binomial_probability(n, j, t));
        }
        sum.log()
    }
}

/// How a probability is computed.
enum Method {
    Known(f64),
    TwiceOneSided,
    BandCrossing,
    PelzGood,
}

/// A sum of numbers that are given by their logarithms.
struct LogSum {
    largest: f64,
    /// The sum, divided by its largest term.
    scaled: f64,
}

impl LogSum {
    fn of(log: f64) -> Self {
        LogSum { largest: log, scaled: 1.0 }
    }

    fn add(&mut self, log: f64) {
        if log > self.largest {
            self.scaled = self.scaled * (self.largest - log).exp() + 1.0;
            self.largest = log;
        } else {
            self.scaled += (log - self.largest).exp();
        }
    }

    fn log(&self) -> f64 {
        self.largest + self.scaled.ln()
    }
}

/// `P(D_n >= distance)` up to an error of the order of `1 / n^2`, for `n distance^2` of 0.02 to about 4.
///
/// # Source
/// Pelz and Good, *Approximating the lower tail-areas of the Kolmogorov-Smirnov one-sample statistic*,
/// J. R. Statist. Soc. B 38, 1976; in the form of Simard and L'Ecuyer 2011, eq. (10).
fn pelz_good_survival(n: f64, distance: f64) -> f64 {
    let z = n.sqrt() * distance;
    // Terms fall by exp(-pi^2 k^2 / (2 z^2)): at z = 2 a dozen leaves less than 1e-70.
    let orders = (1..=12).fold([0.0; 4], |sums, k| {
        let terms = pelz_good_terms(z, f64::from(k));
        [0, 1, 2, 3].map(|order: usize| sums[order] + terms[order])
    });
    let root = n.sqrt();
    1.0 - (orders[0] + (orders[1] + (orders[2] + orders[3] / root) / root) / root)
}

/// The `k`-th term of each of the four orders in `1 / sqrt(n)`.
fn pelz_good_terms(z: f64, k: f64) -> [f64; 4] {
    let (pi2, z2) = (PI * PI, z * z);
    let (pi4, z4) = (pi2 * pi2, z2 * z2);
    let (pi6, z6) = (pi4 * pi2, z4 * z2);
    // Half-integers, by their doubles.
    let odd2 = (2.0 * k - 1.0).powi(2);
    let (odd4, odd6) = (odd2 * odd2, odd2 * odd2 * odd2);
    let second = 6.0 * z6
        + 2.0 * z4
        + (2.0 * z4 - 5.0 * z2) * pi2 / 4.0 * odd2
        + pi4 * (1.0 - 2.0 * z2) / 16.0 * odd4;
    let third = -30.0 * z6 - 90.0 * z4 * z4
        + pi2 * (135.0 * z4 - 96.0 * z6) / 4.0 * odd2
        + pi4 * (212.0 * z4 - 60.0 * z2) / 16.0 * odd4
        + pi6 * (5.0 - 30.0 * z2) / 64.0 * odd6;
    let halves = TAU.sqrt() * (-pi2 * odd2 / (8.0 * z2)).exp();
    let k2 = k * k;
    let wholes = TAU.sqrt() * pi2 * k2 * (-pi2 * k2 / (2.0 * z2)).exp();
    [
        halves / z,
        halves * (pi2 / 4.0 * odd2 - z2) / (6.0 * z4),
        halves * second / (72.0 * z4 * z2 * z) - wholes / (36.0 * z2 * z),
        halves * third / (6480.0 * z6 * z4) + wholes * (3.0 * z2 - pi2 * k2) / (216.0 * z6),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(n: usize) -> KolmogorovLaw {
        KolmogorovLaw::new(n).unwrap()
    }

    #[track_caller]
    fn close(value: f64, expected: f64, tolerance: f64) {
        assert!((value / expected - 1.0).abs() <= tolerance, "{value:e} for {expected:e}");
    }

    #[test]
    fn few_samples_equal_exact_computations() {
        // Durbin's matrix in ball arithmetic of 400 bits, at the doubles that these decimals are.
        for (n, d, expected) in [
            (1, 0.7, 0.6),
            (2, 0.4, 0.82),
            (3, 0.3, 0.886_222_222_222_222),
            (5, 0.4, 0.308_8),
            (10, 0.274, 0.371_520_384_543_496),
            (10, 0.5, 0.007_777_41),
            (20, 0.2, 0.352_720_173_623_416),
            (50, 0.05, 0.999_023_809_846_188),
            (50, 0.27, 0.001_038_766_591_969_85),
            (140, 0.05, 0.857_648_029_765_611),
            (140, 0.1, 0.113_536_572_900_905),
            (140, 0.169, 0.000_577_868_280_613_248),
            (140, 0.2, 2.198_156_330_220_02e-5),
            (1000, 0.01, 0.999_949_674_537_061),
            (1000, 0.05, 0.013_012_071_309_966_9),
            (4000, 0.01, 0.814_737_060_343_306),
            (4000, 0.03, 0.001_462_075_206_374_4),
        ] {
            close(law(n).survival(d), expected, 1e-11);
        }
    }

    #[test]
    fn the_example_of_marsaglia_tsang_and_wang() {
        // Evaluating Kolmogorov's distribution, 2003: P(D_10 < 0.274) = 0.628479615456504...
        close(1.0 - law(10).survival(0.274), 0.628_479_615_456_504, 1e-13);
    }

    #[test]
    fn the_expansion_for_many_samples_stays_just_above_the_exact_law() {
        // At the first number of samples that uses it, where its error is largest.
        for step in 0..32 {
            let squared = 0.021 + 0.096 * f64::from(step);
            let d = (squared / 4001.0_f64).sqrt();
            let (exact, expanded) =
                (band_crossing_probability(4001, 4001.0 * d), law(4001).survival(d));
            let excess = expanded / exact - 1.0;
            assert!((-1e-14..1.4e-6).contains(&excess), "{squared}: {excess:e}");
        }
        // Ball arithmetic again.
        close(law(20_000).survival(0.006), 0.465_768_950_958_295, 1e-9);
        close(law(20_000).survival(0.01), 0.036_386_039_023_618, 1e-8);
    }

    #[test]
    fn far_tails_keep_their_digits_and_their_logarithms() {
        // scipy.stats.kstwo.sf 1.17.1, which is twice the one-sided law there.
        for (n, d, expected) in TAILS {
            close(law(n).survival(d), expected, 1e-11);
            assert!((law(n).log_survival(d) / expected.ln() - 1.0).abs() < 1e-12);
        }
        // (1 - d)^n is the whole sum for d near 1, and far below any number here.
        let log = law(1000).log_survival(0.9995);
        assert!((log - (LN_2 + 1000.0 * 0.0005_f64.ln())).abs() < 1e-9, "{log}");
        assert_eq!(law(1000).survival(0.9995), 0.0);
    }

    const TAILS: [(usize, f64, f64); 7] = [
        (80000, 0.01, 2.235_052_754_610_32e-7),
        (80000, 0.0115, 1.281_694_337_177_41e-9),
        (80000, 0.02, 3.147_732_837_599_15e-28),
        (1000000, 0.0032, 2.545_272_265_545_64e-9),
        (1000000, 0.018, 7.125_088_222_421_03e-282),
        (300, 0.9, 2.222_656_366_975_55e-300),
        (3000, 0.3, 6.027_936_761_150_63e-240),
    ];

    #[test]
    fn one_side_equals_exact_computations() {
        // The sum of Birnbaum and Tingey in ball arithmetic of 400 bits.
        for (n, d, expected) in [
            (1, 0.3, 0.7),
            (2, 0.3, 0.61),
            (10, 0.2, 0.396_761_691_6),
            (10, 0.95, 9.765_625_000_000_09e-14),
            (140, 0.3, 5.685_125_855_368_65e-12),
            (140, 0.9, 1.042_798_680_046_83e-140),
            (1000, 0.01, 0.813_323_775_476_368),
            (1000, 0.3, 1.295_357_852_868_42e-80),
            (5000, 0.01, 0.365_443_175_032_173),
            (5000, 0.25, 4.011_204_878_567_45e-276),
        ] {
            close(law(n).one_sided_survival(d), expected, 1e-12);
        }
    }

    #[test]
    fn the_methods_meet_and_fall_with_the_distance() {
        for n in [1, 2, 3, 10, 140, 141, 1000, 4000, 4001, 80_000] {
            let mut last = 1.0;
            for step in 0..=100 {
                let d = f64::from(step) / 100.0 * (6.0 / (n as f64).sqrt()).min(1.0);
                let p = law(n).survival(d);
                assert!(p <= last * (1.0 + 1e-13) && p >= 0.0, "{n} {d}: {p} after {last}");
                // Between one side alone and both without what they share; Massart's bound above.
                let one = law(n).one_sided_survival(d);
                assert!(p >= one * (1.0 - 1e-12) && p <= 2.0 * one * (1.0 + 2e-6), "{n} {d}");
                assert!(p <= 2.0 * (-2.0 * n as f64 * d * d).exp() * (1.0 + 1e-12), "{n} {d}");
                last = p;
            }
        }
    }

    #[test]
    fn the_ends_and_what_is_no_distance() {
        assert!(KolmogorovLaw::new(0).is_err());
        for n in [1, 50, 5000] {
            let law = law(n);
            let least = 0.5 / n as f64;
            for d in [f64::NEG_INFINITY, -1.0, 0.0, 0.5 * least, least] {
                assert_eq!(law.survival(d), 1.0);
            }
            for d in [1.0, 1.5, f64::INFINITY] {
                assert_eq!((law.survival(d), law.one_sided_survival(d)), (0.0, 0.0));
            }
            assert_eq!((law.one_sided_survival(0.0), law.log_survival(0.0)), (1.0, 0.0));
            assert!(law.survival(f64::NAN).is_nan() && law.one_sided_survival(f64::NAN).is_nan());
        }
    }
}
