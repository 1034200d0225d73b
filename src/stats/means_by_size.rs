//! Values of a positive quantity over a ladder of sizes.

use super::{Coefficient, Replicates};
use crate::error::{Error, Result};
use crate::linalg::{CompensatedSum, mean};

/// The range of a relative standard error, whose inverse square is a weight: a free choice, far from where
/// `f64` ends.
const RELATIVE_ERRORS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// A positive quantity at one size, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The size, positive.
    pub size: f64,
    /// The value, positive.
    pub value: f64,
    /// The standard error of the value, positive.
    pub standard_error: f64,
}

/// A positive quantity measured independently at several sizes, in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct MeansBySize {
    rungs: Vec<MeanAtSize>,
}

/// One size and what was measured there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MeanAtSize {
    pub(super) size: f64,
    pub(super) value: Coefficient,
}

impl MeanAtSize {
    fn new(rung_idx: usize, size: f64, value: Coefficient) -> Result<Self> {
        let cells =
            [("size", size), ("value", value.value), ("standard error", value.standard_error)];
        for (name, cell) in cells {
            if !(cell > 0.0 && cell.is_finite()) {
                return Err(Error::out_of_range(
                    format!("{name} of point {rung_idx}"),
                    cell,
                    "positive and finite",
                    "a trend is one of a positive quantity with an error; leave the point out or mend it",
                ));
            }
        }
        let relative = value.standard_error / value.value;
        if !RELATIVE_ERRORS.contains(&relative) {
            return Err(Error::out_of_range(
                format!("standard error of point {rung_idx} relative to its value"),
                relative,
                format!("from {:e} to {:e}", RELATIVE_ERRORS.start(), RELATIVE_ERRORS.end()),
                "give the standard error of the value, in the same unit",
            ));
        }
        Ok(MeanAtSize { size, value })
    }
}

impl MeansBySize {
    /// From values with known standard errors.
    ///
    /// # Errors
    /// - no point;
    /// - a size, value or standard error that is not positive and finite.
    pub fn of(points: &[Point]) -> Result<Self> {
        let rungs = points.iter().enumerate().map(|(rung_idx, point)| {
            let value = Coefficient {
                value: point.value,
                standard_error: point.standard_error,
                degrees_of_freedom: f64::INFINITY,
                n_samples: 1,
            };
            MeanAtSize::new(rung_idx, point.size, value)
        });
        Self::from_rungs(rungs.collect::<Result<_>>()?)
    }

    /// From the values of independent runs, `runs[i]` those at `sizes[i]`: their mean, and its standard
    /// error with one degree of freedom less than runs.
    ///
    /// # Errors
    /// - no size, or another number of sizes than of samples;
    /// - fewer than two runs at a size, or a value that is not finite;
    /// - a size or a mean that is not positive;
    /// - runs of one size that all agree to the last bit, which those of a continuous quantity do only
    ///   when their random streams are tied.
    pub fn of_replicates(sizes: &[f64], runs: &[Replicates<f64>]) -> Result<Self> {
        if sizes.len() != runs.len() {
            return Err(Error::out_of_range(
                "number of sizes",
                sizes.len(),
                format!("{}, the number of samples", runs.len()),
                "give the runs of each size",
            ));
        }
        let rungs = sizes.iter().zip(runs).enumerate().map(|(rung_idx, (&size, runs))| {
            MeanAtSize::new(rung_idx, size, mean_of_runs(rung_idx, runs.as_slice())?)
        });
        Self::from_rungs(rungs.collect::<Result<_>>()?)
    }

    fn from_rungs(rungs: Vec<MeanAtSize>) -> Result<Self> {
        if rungs.is_empty() {
            let remedy = "give the values of at least two sizes";
            return Err(Error::out_of_range("number of points", 0, "at least 1", remedy));
        }
        Ok(MeansBySize { rungs })
    }

    pub(super) fn rungs(&self) -> &[MeanAtSize] {
        &self.rungs
    }

    /// The value at each size, in the order given, with its standard error.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.rungs.iter().map(|rung| Point {
            size: rung.size,
            value: rung.value.value,
            standard_error: rung.value.standard_error,
        })
    }

    /// The number of independent samples: runs, or points with known errors.
    pub fn n_samples(&self) -> usize {
        self.rungs.iter().map(|rung| rung.value.n_samples).sum()
    }

    /// The smallest and the largest size.
    pub fn range(&self) -> (f64, f64) {
        let sizes = self.rungs.iter().map(|rung| rung.size);
        sizes.fold((f64::INFINITY, 0.0), |(low, high), size| (low.min(size), high.max(size)))
    }

    /// The number of different sizes.
    pub fn n_sizes(&self) -> usize {
        let mut sizes: Vec<f64> = self.rungs.iter().map(|rung| rung.size).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        sizes.dedup();
        sizes.len()
    }
}

fn mean_of_runs(rung_idx: usize, runs: &[f64]) -> Result<Coefficient> {
    let n_runs = runs.len();
    if n_runs < 2 {
        let name = format!("number of runs of size {rung_idx}");
        let remedy = "run it again with other seeds: the runs must tell their own scatter";
        return Err(Error::out_of_range(name, n_runs, "at least 2", remedy));
    }
    if let Some(run_idx) = runs.iter().position(|value| !value.is_finite()) {
        return Err(Error::out_of_range(
            format!("run {run_idx} of size {rung_idx}"),
            runs[run_idx],
            "a finite number",
            "find out why the run left the numbers; no statistic can mend it",
        ));
    }
    if runs.windows(2).all(|pair| pair[0] == pair[1]) {
        return Err(Error::out_of_range(
            format!("every run of size {rung_idx}"),
            runs[0],
            "different from another in some digit",
            "give each run a random stream of its own",
        ));
    }
    let value = mean(runs);
    let mut squares = CompensatedSum::default();
    runs.iter().for_each(|run| squares.add_product(run - value, run - value));
    let degrees_of_freedom = (n_runs - 1) as f64;
    let standard_error = (squares.value() / degrees_of_freedom / n_runs as f64).sqrt();
    Ok(Coefficient { value, standard_error, degrees_of_freedom, n_samples: n_runs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(values: &[f64]) -> Replicates<f64> {
        Replicates::assume_independent(values.to_vec())
    }

    #[test]
    fn the_mean_of_runs_has_the_standard_error_of_the_textbook() {
        let ladder = MeansBySize::of_replicates(&[8.0], &[runs(&[1.0, 2.0, 3.0, 6.0])]).unwrap();
        let Coefficient { value, standard_error, degrees_of_freedom, n_samples } =
            ladder.rungs()[0].value;
        // Squares 4 + 1 + 0 + 9 = 14 over 3 and over 4.
        assert_eq!((value, degrees_of_freedom, n_samples), (3.0, 3.0, 4));
        assert!((standard_error - (14.0_f64 / 12.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn sizes_are_counted_once_in_any_order() {
        let point = |size| Point { size, value: 1.0, standard_error: 0.1 };
        let ladder = MeansBySize::of(&[64.0, 16.0, 64.0, 32.0].map(point)).unwrap();
        assert_eq!((ladder.n_sizes(), ladder.range(), ladder.n_samples()), (3, (16.0, 64.0), 4));
    }

    #[test]
    fn faulty_points_are_refused_by_name() {
        let good = Point { size: 16.0, value: 1.0, standard_error: 0.1 };
        let cases = [
            (Point { size: -1.0, ..good }, "size of point 1 = -1"),
            (Point { value: 0.0, ..good }, "value of point 1 = 0"),
            (Point { value: f64::NAN, ..good }, "value of point 1 = NaN"),
            (Point { standard_error: 0.0, ..good }, "standard error of point 1 = 0"),
            (Point { standard_error: f64::INFINITY, ..good }, "standard error of point 1 = inf"),
            (Point { standard_error: 1e-300, ..good }, "relative to its value"),
        ];
        for (point, named) in cases {
            let fault = MeansBySize::of(&[good, point]).unwrap_err().to_string();
            assert!(fault.contains(named), "{named}: {fault}");
        }
        assert!(MeansBySize::of(&[]).unwrap_err().to_string().contains("number of points = 0"));
    }

    #[test]
    fn faulty_runs_are_refused_by_name() {
        let cases: [(&[&[f64]], &str); 7] = [
            (&[&[1.0, 2.0]], "number of sizes = 2"),
            (&[&[1.0, 2.0], &[1.0]], "number of runs of size 1 = 1"),
            (&[&[1.0, 2.0], &[]], "number of runs of size 1 = 0"),
            (&[&[1.0, 2.0], &[1.0, f64::NAN]], "run 1 of size 1 = NaN"),
            (&[&[1.0, 2.0], &[3.0, 3.0]], "every run of size 1 = 3"),
            (&[&[1.0, 2.0], &[-3.0, 3.0]], "value of point 1 = 0"),
            (&[&[-1.0, -2.0], &[1.0, 3.0]], "value of point 0 = -1.5"),
        ];
        for (samples, named) in cases {
            let samples: Vec<Replicates<f64>> = samples.iter().map(|values| runs(values)).collect();
            let fault = MeansBySize::of_replicates(&[1.0, 2.0], &samples).unwrap_err().to_string();
            assert!(fault.contains(named), "{named}: {fault}");
        }
    }
}
