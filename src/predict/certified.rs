//! Values that carry a bound on their own error.

/// A computed value with a bound on its distance to the exact one: truncation by closed forms, rounding
/// by the unit roundoff times the operations. Where a library's own accuracy enters (sine, exponential,
/// quadrature nodes) its constant is stated where it is used, and tested there.
///
/// ```
/// use feature_contamination::predict::Certified;
///
/// let third = Certified::new(0.333, 0.001);
/// assert!((third.value - 1.0_f64 / 3.0).abs() <= third.error_bound);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Certified<V = f64> {
    /// The computed value.
    pub value: V,
    /// A bound on the absolute error; for a list, of every entry.
    pub error_bound: f64,
}

impl<V> Certified<V> {
    /// A value and its error bound.
    pub fn new(value: V, error_bound: f64) -> Self {
        Certified { value, error_bound }
    }
}
