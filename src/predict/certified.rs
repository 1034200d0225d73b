//! Values that carry a bound on their own error.

/// A computed value with a proven bound on its distance to the exact one.
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
