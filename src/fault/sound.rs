//! The hooks of the program that is shipped: they pass on what they are given.

use super::Site;

/// A number that a run computes.
#[inline(always)]
pub(crate) const fn value(_site: Site, sound: f64) -> f64 {
    sound
}

/// A whole number that a run computes.
#[inline(always)]
pub(crate) const fn count(_site: Site, sound: usize) -> usize {
    sound
}

/// Whether a rule of the run is broken.
#[inline(always)]
pub(crate) const fn breaks(_site: Site) -> bool {
    false
}

/// Whether a fault that comes with some probability comes here; `uniform` draws from [0, 1).
#[inline(always)]
pub(crate) fn strikes(_site: Site, _uniform: impl FnOnce() -> f64) -> bool {
    false
}
