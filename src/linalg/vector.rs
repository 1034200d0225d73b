//! Loops with wide vectors where the machine has them.

use faer::ColMut;
use faer::prelude::ReborrowMut;
use pulp::{Arch, Simd, WithSimd};

use super::Real;

struct Loop<F>(F);

impl<R, F: FnOnce() -> R> WithSimd for Loop<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> R {
        (self.0)()
    }
}

/// Runs a loop compiled for the machine's vectors. What the loop captures must move in, and the closure
/// must be `#[inline(always)]`: a number behind a reference keeps the compiler from vectorising. Nothing is
/// contracted or reordered, so that every machine computes the same bits.
#[inline(always)]
pub(crate) fn vectorised<R>(body: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(Loop(body))
}

/// `to *= from`, entry by entry.
pub(crate) fn multiply<T: Real>(to: &mut [T], from: &[T]) {
    vectorised(
        #[inline(always)]
        move || to.iter_mut().zip(from).for_each(|(to, &from)| *to *= from),
    );
}

/// `to += factor * from`.
pub(crate) fn add_multiple<T: Real>(to: &mut [T], from: &[T], factor: T) {
    vectorised(
        #[inline(always)]
        move || to.iter_mut().zip(from).for_each(|(to, &from)| *to += factor * from),
    );
}

/// `to += factor * from`, as far as the column goes.
pub(crate) fn add_to_column<T: Real>(mut to: ColMut<'_, T>, from: &[T], factor: T) {
    match to.rb_mut().try_as_col_major_mut() {
        Some(to) => add_multiple(to.as_slice_mut(), from, factor),
        None => to.iter_mut().zip(from).for_each(|(to, &from)| *to += factor * from),
    }
}
