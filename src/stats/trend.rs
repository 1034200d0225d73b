//! Exponents along a ladder of sizes.

use super::laws::{student_quantile, student_tail};
use super::means_by_size::{MeansBySize, Point};
use super::root::bracketed_root;
use super::trend_error::{LogScatter, goodness};
use super::trend_fit::{Correction, Influence, Line, LogPoint, best_fit, influence};
use super::{Coefficient, Estimate, Interval, Null, Replicates};
use crate::error::{Error, Result};

/// A positive quantity as a power of the size, `value = A size^b (1 + c g(size))`, as an estimate of the
/// exponent `b`.
///
/// The logarithms of the values are fitted by weighted least squares with the weights `(value / standard
/// error)^2`. That a logarithm has the standard error `e = standard error / value` (the delta method)
/// is right up to a relative error of order `e^2`, and its mean is low by `e^2 / 2`, which is `e / 2`
/// of its own standard errors: harmless below `e` of about 0.1.
///
/// With a correction the model is fitted as it stands, over `1 + c g > 0` at the smallest size and
/// `c g < 1` at the largest, where the correction is one. Standard errors come from the Jacobian at the
/// minimum. If the minimum lies at the end of that range, or where the Jacobian is singular, the data do not
/// determine the exponent: its interval is unknown, see [`Trend::is_determined`].
///
/// # From replicates
/// Standard errors that were themselves estimated, from `n` runs a size, make the weights random. The
/// variance of a parameter `sum_i l_i y_i` is then taken as `sum_i l_i^2 e_i^2 (1 + 4 (1 - h_i) / (n_i - 1))`
/// with the leverages `h_i` (Kenward and Roger 1997, Meier 1953 for a mean), right up to the order
/// `n^{-2}`; intervals are those of Student's t with the degrees of freedom of Welch and Satterthwaite.
///
/// ```
/// use feature_contamination::stats::{Correction, Estimate, Point, Trend};
///
/// // 3 / sqrt(size).
/// let point = |size: f64| Point { size, value: 3.0 / size.sqrt(), standard_error: 0.01 };
/// let trend = Trend::of(&[16.0, 64.0, 256.0].map(point), Correction::None)?;
/// assert!((trend.value() + 0.5).abs() < 1e-9);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// Kenward and Roger, *Small sample inference for fixed effects from restricted maximum likelihood*,
/// Biometrics 53, 1997. Satterthwaite, *An approximate distribution of estimates of variance components*,
/// Biometrics Bulletin 2, 1946.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    ladder: MeansBySize,
    correction: Correction,
    /// `ln A`, `b` and, with a correction, `c`.
    parameters: Vec<Coefficient>,
    chi_square: f64,
    chi_square_p_value: Option<f64>,
    /// The variance of the exponent over that for known errors.
    inflation: f64,
    is_determined: bool,
    drift: Option<Coefficient>,
}

/// The comparison of the best exponent with another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rival {
    /// By how much `chi_square` rises when the exponent is held at the rival.
    pub chi_square_increase: f64,
    /// The probability of so much or more if the rival is the exponent.
    pub p_value: f64,
}

impl Trend {
    /// The trend of values with known standard errors.
    ///
    /// # Errors
    /// - fewer than two different sizes, three with a correction, or sizes too close to each other;
    /// - a size, value or standard error that is not positive and finite.
    pub fn of(points: &[Point], correction: Correction) -> Result<Self> {
        Self::of_means(&MeansBySize::of(points)?, correction)
    }

    /// The trend of the means of independent runs, `runs[i]` those at `sizes[i]`.
    ///
    /// # Errors
    /// - what [`MeansBySize::of_replicates`] refuses;
    /// - fewer than two different sizes, three with a correction, or sizes too close to each other.
    pub fn of_replicates(
        sizes: &[f64],
        runs: &[Replicates<f64>],
        correction: Correction,
    ) -> Result<Self> {
        Self::of_means(&MeansBySize::of_replicates(sizes, runs)?, correction)
    }

    /// The trend of a ladder.
    ///
    /// # Errors
    /// Fewer than two different sizes, three with a correction, or sizes too close to each other.
    pub fn of_means(ladder: &MeansBySize, correction: Correction) -> Result<Self> {
        let n_parameters = correction.n_parameters();
        if ladder.n_sizes() < n_parameters {
            let remedy = match correction {
                Correction::None => "give more sizes",
                _ => "give more sizes, or take no correction",
            };
            let range = format!("at least {n_parameters} for the correction `{correction}`");
            let n_sizes = ladder.n_sizes();
            return Err(Error::out_of_range("number of different sizes", n_sizes, range, remedy));
        }
        let points = LogPoint::all(ladder, correction);
        let fit = best_fit(&points, None);
        // Sizes that no fit can use are an error; a place where only this fit has no errors is none.
        influence(&points, 0.0, n_parameters)?;
        let at_fit = influence(&points, fit.line.coefficient, n_parameters).ok();
        let Some(influence) = at_fit.filter(|_| fit.is_determined) else {
            return Ok(Self::undetermined(ladder, correction, &fit.line));
        };
        let mut trend = Self::determined(ladder, correction, &points, &fit.line, &influence);
        trend.drift = trend.drift_of(&points, &fit.line, &influence);
        Ok(trend)
    }

    fn determined(
        ladder: &MeansBySize,
        correction: Correction,
        points: &[LogPoint],
        line: &Line,
        influence: &Influence,
    ) -> Self {
        let values = [line.intercept, line.exponent, line.coefficient];
        let scatter_of = |row: &[f64]| LogScatter::of(row, points, &influence.leverages, ladder);
        let parameter =
            |(k, row): (usize, &Vec<f64>)| scatter_of(row).coefficient(values[k], ladder);
        Trend {
            parameters: influence.rows.iter().enumerate().map(parameter).collect(),
            chi_square: line.chi_square,
            chi_square_p_value: goodness(line.chi_square, influence, ladder),
            inflation: scatter_of(&influence.rows[1]).inflation(),
            is_determined: true,
            drift: None,
            ladder: ladder.clone(),
            correction,
        }
    }

    fn undetermined(ladder: &MeansBySize, correction: Correction, line: &Line) -> Self {
        let unknown = |value| Coefficient {
            value,
            standard_error: f64::INFINITY,
            degrees_of_freedom: f64::INFINITY,
            n_samples: ladder.n_samples(),
        };
        Trend {
            parameters: [line.intercept, line.exponent, line.coefficient].map(unknown).to_vec(),
            chi_square: line.chi_square,
            chi_square_p_value: None,
            inflation: 1.0,
            is_determined: false,
            drift: None,
            ladder: ladder.clone(),
            correction,
        }
    }

    /// The drift, where the sizes without the smallest still determine an exponent.
    fn drift_of(
        &self,
        points: &[LogPoint],
        line: &Line,
        influence_of_all: &Influence,
    ) -> Option<Coefficient> {
        let smallest = self.ladder.range().0;
        let is_kept = |rung_idx: usize| self.ladder.rungs()[rung_idx].size > smallest;
        let kept: Vec<LogPoint> =
            (0..points.len()).filter(|&idx| is_kept(idx)).map(|idx| points[idx]).collect();
        let n_parameters = self.correction.n_parameters();
        if self.ladder.n_sizes() <= n_parameters {
            return None;
        }
        let without = best_fit(&kept, None);
        if !without.is_determined {
            return None;
        }
        // At the line of all points: to first order that of both, and the variance is then positive.
        let of_kept = influence(&kept, line.coefficient, n_parameters).ok()?;
        let mut kept_row = of_kept.rows[1].iter();
        let difference = |(idx, row): (usize, &f64)| {
            let without = if is_kept(idx) { kept_row.next().copied().unwrap_or(0.0) } else { 0.0 };
            without - row
        };
        let row: Vec<f64> = influence_of_all.rows[1].iter().enumerate().map(difference).collect();
        let scatter = LogScatter::of(&row, points, &influence_of_all.leverages, &self.ladder);
        Some(scatter.coefficient(without.line.exponent - self.exponent().value, &self.ladder))
    }

    /// The ladder that was fitted.
    pub fn ladder(&self) -> &MeansBySize {
        &self.ladder
    }

    /// The exponent `b`.
    pub fn exponent(&self) -> Coefficient {
        self.parameters[1]
    }

    /// `ln A`: the logarithm of the leading term at size 1.
    pub fn intercept(&self) -> Coefficient {
        self.parameters[0]
    }

    /// The correction that was fitted.
    pub fn correction(&self) -> Correction {
        self.correction
    }

    /// The correction coefficient `c`, where there is one.
    pub fn correction_coefficient(&self) -> Option<Coefficient> {
        if self.correction == Correction::None { None } else { self.parameters.get(2).copied() }
    }

    /// The weighted sum of squared residuals of the logarithms.
    pub fn chi_square(&self) -> f64 {
        self.chi_square
    }

    /// Points less parameters.
    pub fn degrees_of_freedom(&self) -> usize {
        self.ladder.rungs().len().saturating_sub(self.correction.n_parameters())
    }

    /// The probability of a sum of squares so large or larger if the values follow the model: by
    /// chi-square for known errors, by Johansen's approximation from replicates. None without degrees of
    /// freedom, or if the trend is not determined.
    ///
    /// # Source
    /// Johansen, *The Welch-James approximation to the distribution of the residual sum of squares in a
    /// weighted linear regression*, Biometrika 67, 1980.
    pub fn chi_square_p_value(&self) -> Option<f64> {
        self.chi_square_p_value
    }

    /// Whether the best fit has a correction that stays below the leading term at the largest size, and
    /// that does not already bend as much as any can. If not, the sizes are too small or the errors too
    /// large for this correction, and every interval is unknown.
    pub fn is_determined(&self) -> bool {
        self.is_determined
    }

    /// The exponent without the smallest size less the exponent with it, where enough sizes are left: far
    /// from 0 in its standard errors, the sizes are not yet those of the asymptotic law.
    ///
    /// Since the exponent with all sizes is efficient, the variance of the difference is the difference
    /// of the variances; for known errors without a correction that is exact. From replicates it is
    /// approximate.
    ///
    /// # Source
    /// Hausman, *Specification tests in econometrics*, Econometrica 46, 1978.
    pub fn drift(&self) -> Option<Coefficient> {
        self.drift
    }

    /// How much worse the trend fits with another exponent, a nested test by the likelihood ratio: its
    /// p-value by chi-square with one degree of freedom, or by Student's t from replicates; 1 where the
    /// trend is not determined.
    ///
    /// # Errors
    /// An exponent that is not finite.
    pub fn rival(&self, exponent: f64) -> Result<Rival> {
        if !exponent.is_finite() {
            let remedy = "give the exponent of another law";
            return Err(Error::out_of_range("rival exponent", exponent, "a finite number", remedy));
        }
        let chi_square_increase = self.increase(&self.points(), exponent);
        if !self.is_determined {
            return Ok(Rival { chi_square_increase, p_value: 1.0 });
        }
        let distance = (chi_square_increase / self.inflation).sqrt();
        let p_value = 2.0 * student_tail(distance, self.exponent().degrees_of_freedom);
        Ok(Rival { chi_square_increase, p_value: p_value.min(1.0) })
    }

    fn points(&self) -> Vec<LogPoint> {
        LogPoint::all(&self.ladder, self.correction)
    }

    /// By how much `chi_square` rises when the exponent is held.
    fn increase(&self, points: &[LogPoint], exponent: f64) -> f64 {
        (best_fit(points, Some(exponent)).line.chi_square - self.chi_square).max(0.0)
    }

    /// The distance to another exponent in standard errors, as the likelihood measures it.
    fn distance(&self, points: &[LogPoint], exponent: f64) -> f64 {
        (self.increase(points, exponent) / self.inflation).sqrt()
    }

    /// The exponent on one side whose distance is the quantile.
    fn end(&self, points: &[LogPoint], quantile: f64, side: f64) -> f64 {
        let (value, step) = (self.value(), side * quantile * self.exponent().standard_error);
        let excess = |exponent: f64| self.distance(points, exponent) - quantile;
        let mut outside = value + step;
        for _ in 0..MAX_DOUBLINGS {
            if excess(outside) > 0.0 {
                return bracketed_root(excess, value, outside);
            }
            outside = value + 2.0 * (outside - value);
        }
        side * f64::INFINITY
    }
}

/// Doublings of the interval of the linear model before an end counts as infinite; the likelihood, which
/// falls like that of a line far out, needs one or two.
const MAX_DOUBLINGS: usize = 40;

/// The exponent. With a correction the interval holds those exponents that the likelihood ratio does not
/// reject, see [`Trend::rival`]: in the tails the standard error alone misses too often on the one side
/// and too rarely on the other. Without a correction both are the same.
impl Estimate for Trend {
    fn value(&self) -> f64 {
        self.exponent().value
    }

    fn interval(&self, tail: f64) -> Interval {
        let linear = self.exponent().interval(tail);
        let quantile = student_quantile(tail, self.exponent().degrees_of_freedom);
        let is_linear = self.correction == Correction::None;
        if is_linear || linear == Interval::UNKNOWN || quantile <= 0.0 {
            return linear;
        }
        let points = self.points();
        Interval::new(self.end(&points, quantile, -1.0), self.end(&points, quantile, 1.0))
    }

    fn p_value(&self, null: Null) -> f64 {
        let (Null::AtMost(end) | Null::AtLeast(end)) = null;
        let is_linear = self.correction == Correction::None;
        if is_linear || !self.is_determined || !end.is_finite() {
            return self.exponent().p_value(null);
        }
        let distance = self.distance(&self.points(), end);
        let sign = match null {
            Null::AtMost(upper) => (self.value() - upper).signum(),
            Null::AtLeast(lower) => (lower - self.value()).signum(),
        };
        student_tail(sign * distance, self.exponent().degrees_of_freedom)
    }

    fn n_samples(&self) -> usize {
        self.ladder.n_samples()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [f64; 7] = [64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];

    /// Values without noise.
    fn points(sizes: &[f64], relative_error: f64, law: impl Fn(f64) -> f64) -> Vec<Point> {
        let point = |&size: &f64| {
            let value = law(size);
            Point { size, value, standard_error: relative_error * value }
        };
        sizes.iter().map(point).collect()
    }

    #[test]
    fn a_line_through_three_points_by_hand() {
        // Logarithms 0, 0, ln 2 at ln size 0, ln 2, 2 ln 2, with errors 0.1: slope 1/2, residuals
        // 1, -2, 1 sixths of ln 2, variance of the slope 0.01 / (2 ln^2 2).
        let law = |size: f64| if size > 3.0 { 2.0 } else { 1.0 };
        let trend = Trend::of(&points(&[1.0, 2.0, 4.0], 0.1, law), Correction::None).unwrap();
        let log = 2.0_f64.ln();
        let check = |computed: f64, exact: f64| {
            assert!((computed - exact).abs() < 1e-13, "{computed} {exact}");
        };
        check(trend.value(), 0.5);
        check(trend.exponent().standard_error, (0.005_f64).sqrt() / log);
        check(trend.intercept().value, -log / 6.0);
        check(trend.intercept().standard_error, (0.01_f64 * 5.0 / 6.0).sqrt());
        check(trend.chi_square(), 100.0 * log * log / 6.0);
        assert_eq!(trend.degrees_of_freedom(), 1);
        // One degree of freedom: the tail of a normal variable on both sides.
        let p_value = trend.chi_square_p_value().unwrap();
        check(p_value, libm::erfc((trend.chi_square() / 2.0).sqrt()));
        // Without the first point the slope is 1, of variance 0.02 / ln^2 2.
        let drift = trend.drift().unwrap();
        check(drift.value, 0.5);
        check(drift.standard_error, (0.015_f64).sqrt() / log);
        // Linear model: the increase is the squared distance in standard errors.
        let rival = trend.rival(0.2).unwrap();
        check(rival.chi_square_increase, (0.3 / trend.exponent().standard_error).powi(2));
        check(rival.p_value, 2.0 * trend.p_value(Null::AtMost(0.2)));
    }

    #[test]
    fn a_correction_that_is_not_fitted_biases_the_exponent() {
        let points = points(&SIZES, 1e-3, |size| size.powf(-0.5) * (1.0 + size.powf(-0.5)));
        let naive = Trend::of(&points, Correction::None).unwrap();
        assert!((naive.value() + 0.524).abs() < 1e-3, "{}", naive.value());
        assert!(naive.rival(-0.5).unwrap().p_value < 1e-9);
        assert!(naive.drift().unwrap().z_score() > 3.0);
        let trend = Trend::of(&points, Correction::InverseSqrt).unwrap();
        assert!((trend.value() + 0.5).abs() < 1e-12, "{}", trend.value());
        let coefficient = trend.correction_coefficient().unwrap();
        assert!((coefficient.value - 1.0).abs() < 1e-10, "{coefficient:?}");
        assert!(trend.chi_square() < 1e-20 && trend.drift().unwrap().value.abs() < 1e-10);
        assert!((trend.rival(-0.5).unwrap().p_value - 1.0).abs() < 1e-6);
    }

    #[test]
    fn with_a_correction_p_value_and_interval_are_those_of_the_likelihood() {
        let points = points(&SIZES, 0.01, |size| size.powf(-0.5) * (1.0 + size.powf(-0.5)));
        let trend = Trend::of(&points, Correction::InverseSqrt).unwrap();
        for tail in [1e-6, 1e-3, 0.05] {
            let Interval { lower, upper } = trend.interval(tail);
            for (null, end) in [(Null::AtMost(lower), lower), (Null::AtLeast(upper), upper)] {
                let p_value = trend.p_value(null);
                assert!((p_value / tail - 1.0).abs() < 1e-6, "{tail}: {p_value}");
                let rival = trend.rival(end).unwrap().p_value;
                assert!((rival / (2.0 * tail) - 1.0).abs() < 1e-6, "{tail}: {rival}");
            }
            // A larger correction bends more slowly, and hides a flatter law better than a steeper one.
            let linear = trend.exponent().interval(tail);
            assert!(lower > linear.lower && upper > linear.upper, "{tail}");
        }
        assert_eq!(trend.p_value(Null::AtMost(f64::INFINITY)), 1.0);
        assert_eq!(trend.p_value(Null::AtMost(f64::NAN)), 1.0);
    }

    #[test]
    fn both_corrections_are_fitted_exactly_over_their_range() {
        for correction in [Correction::InverseSqrt, Correction::Inverse] {
            let smallest = 1.0 / correction.regressor(64.0);
            let largest = 1.0 / correction.regressor(4096.0);
            for c in [-0.99 * smallest, -0.5 * smallest, 0.0, 0.7, smallest, 0.9 * largest] {
                let law =
                    |size: f64| 3.0 * size.powf(0.25) * (1.0 + c * correction.regressor(size));
                let trend = Trend::of(&points(&SIZES, 0.01, law), correction).unwrap();
                let found = trend.correction_coefficient().unwrap().value;
                assert!((trend.value() - 0.25).abs() < 1e-9, "{correction} {c}: {}", trend.value());
                assert!((found - c).abs() < 1e-8 * (1.0 + c.abs()), "{correction} {c}: {found}");
                assert!((trend.intercept().value - 3.0_f64.ln()).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn a_correction_above_the_leading_term_everywhere_determines_nothing() {
        // Below the leading term from size 6400 on, where the ladder does not reach.
        let law = |size: f64| size.powf(-0.5) * (1.0 + 80.0 / size.sqrt());
        let trend = Trend::of(&points(&SIZES, 1e-4, law), Correction::InverseSqrt).unwrap();
        assert!(!trend.is_determined());
        assert_eq!(trend.interval(0.1), Interval::UNKNOWN);
        assert_eq!(trend.p_value(Null::AtMost(-9.0)), 1.0);
        assert_eq!(trend.rival(0.0).unwrap().p_value, 1.0);
        assert!(trend.drift().is_none() && trend.chi_square_p_value().is_none());
    }

    #[test]
    fn as_many_parameters_as_points_leave_nothing_to_test() {
        let line = Trend::of(&points(&[16.0, 64.0], 0.1, |size| size), Correction::None).unwrap();
        assert!((line.value() - 1.0).abs() < 1e-14);
        assert_eq!((line.degrees_of_freedom(), line.chi_square_p_value()), (0, None));
        assert!(line.drift().is_none() && line.correction_coefficient().is_none());
    }

    #[test]
    fn too_few_sizes_are_refused_with_a_remedy() {
        let fault = |sizes: &[f64], correction| {
            Trend::of(&points(sizes, 0.1, |size| size), correction).unwrap_err().to_string()
        };
        let one = fault(&[16.0, 16.0], Correction::None);
        assert!(
            one.contains("number of different sizes = 1") && one.contains("at least 2"),
            "{one}"
        );
        let two = fault(&[16.0, 64.0], Correction::Inverse);
        assert!(two.contains("at least 3") && two.contains("no correction"), "{two}");
        let close = fault(&[16.0, 16.0 * (1.0 + 4e-16)], Correction::None);
        assert!(close.contains("further apart"), "{close}");
        let nan = Point { size: 16.0, value: f64::NAN, standard_error: 0.1 };
        assert!(Trend::of(&[nan, nan], Correction::None).is_err());
        let trend = Trend::of(&points(&SIZES, 0.1, |size| size), Correction::None).unwrap();
        assert!(trend.rival(f64::NAN).is_err());
    }

    #[test]
    fn replicates_give_means_and_degrees_of_freedom() {
        // Equal relative errors at two sizes: each has half of the variance, so 2 + 2 degrees of freedom.
        let runs = [[0.99, 1.0, 1.01], [1.98, 2.0, 2.02]]
            .map(|values| Replicates::assume_independent(values.to_vec()));
        let trend = Trend::of_replicates(&[1.0, 2.0], &runs, Correction::None).unwrap();
        let exponent = trend.exponent();
        assert!((exponent.value - 1.0).abs() < 1e-14);
        assert!((exponent.degrees_of_freedom - 4.0).abs() < 1e-9, "{exponent:?}");
        // Two points, two parameters: leverages 1, and nothing to inflate.
        let standard_error = (2.0 / 3.0_f64).sqrt() * 0.01 / 2.0_f64.ln();
        assert!((exponent.standard_error / standard_error - 1.0).abs() < 1e-9, "{exponent:?}");
        assert_eq!(trend.n_samples(), 6);
    }
}
