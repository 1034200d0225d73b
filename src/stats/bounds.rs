//! Declared bounds of values.

use crate::error::{Error, Result};

/// The values that a bounded quantity can take, declared before the first one is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    lower: f64,
    upper: f64,
}

impl Bounds {
    /// From 0 to 1.
    pub const UNIT: Bounds = Bounds { lower: 0.0, upper: 1.0 };

    /// From `lower` to `upper`.
    ///
    /// # Errors
    /// Ends that are not finite, equal or in the wrong order.
    pub fn new(lower: f64, upper: f64) -> Result<Self> {
        if !(lower.is_finite() && upper.is_finite() && lower < upper) {
            return Err(Error::out_of_range(
                "bounds",
                format!("[{lower}, {upper}]"),
                "finite and in ascending order",
                "give the smallest and the largest value that the quantity can take",
            ));
        }
        Ok(Bounds { lower, upper })
    }

    /// The smallest value.
    pub fn lower(self) -> f64 {
        self.lower
    }

    /// The largest value.
    pub fn upper(self) -> f64 {
        self.upper
    }

    /// A value on the scale from 0 to 1.
    ///
    /// # Errors
    /// A value outside of the bounds, or NaN.
    pub fn to_unit(self, value: f64) -> Result<f64> {
        self.named_to_unit("value", value)
    }

    /// The same for a value that messages call by this name.
    pub(super) fn named_to_unit(self, name: impl Into<String>, value: f64) -> Result<f64> {
        if !(self.lower..=self.upper).contains(&value) {
            return Err(Error::out_of_range(
                name,
                value,
                format!("within the declared bounds [{}, {}]", self.lower, self.upper),
                "declare bounds that hold for every value, before the first is seen",
            ));
        }
        Ok(self.scale(value))
    }

    /// Any number on the scale on which the bounds are 0 and 1.
    pub(super) fn scale(self, value: f64) -> f64 {
        (value - self.lower) / (self.upper - self.lower)
    }

    /// Back from the scale from 0 to 1.
    pub(super) fn unscale(self, unit: f64) -> f64 {
        self.lower + unit * (self.upper - self.lower)
    }

    /// The nearest value within the bounds; NaN stays NaN.
    pub(super) fn clamp(self, value: f64) -> f64 {
        value.clamp(self.lower, self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_hold_nothing_and_values_outside_are_refused() {
        for (lower, upper) in [(1.0, 1.0), (1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            assert!(Bounds::new(lower, upper).unwrap_err().to_string().contains("ascending"));
        }
        let bounds = Bounds::new(-1.0, 3.0).unwrap();
        assert_eq!(bounds.to_unit(0.0).unwrap(), 0.25);
        for value in [-1.1, 3.5, f64::NAN, f64::INFINITY] {
            let fault = bounds.to_unit(value).unwrap_err().to_string();
            assert!(fault.contains("declared bounds [-1, 3]"), "{fault}");
        }
    }
}
