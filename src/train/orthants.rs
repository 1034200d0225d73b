//! The orthants that feature coordinates lie in, one for each label.

use std::ops::Range;

use faer::Mat;

use crate::data::Batch;
use crate::linalg::{Real, vectorised};
use crate::network::Rows;
use crate::setting::{Activation, Parameters};

/// Smaller batches are multiplied out faster than neurons are sorted: a neuron that needs no product saves
/// two operations per weight and sample, twice, and sorting costs as much as some hundred of them.
const MIN_BATCH: usize = 256;

/// In distribution latents are nowhere negative: a sample of label `y` has core entries of the sign of `y`
/// and background entries that are not negative. A batch for which that is not so goes without.
#[derive(Debug, Clone)]
pub(super) struct Orthants<T> {
    signs: [Vec<T>; 2],
}

impl<T: Real> Orthants<T> {
    /// The orthants of a setting's feature coordinates, where it pays to know them.
    pub fn of(setting: &Parameters) -> Option<Self> {
        if setting.batch < MIN_BATCH || setting.activation != Activation::Relu {
            return None;
        }
        let one = T::from_f64(1.0);
        let signs = |core: T| {
            let sign = |j: usize| if j < setting.n_core { core } else { one };
            (0..setting.n_features()).map(sign).collect()
        };
        Some(Orthants { signs: [signs(one), signs(-one)] })
    }

    /// What is known of the rows of a batch whose first `n_positive` samples have label +1.
    pub fn rows(&self, batch: &Batch<T>, n_positive: usize) -> Vec<Rows<'_, T>> {
        let ranges = [0..n_positive, n_positive..batch.n_samples()];
        let mut parts = ranges.iter().zip(&self.signs);
        let lie_in_theirs =
            parts.all(|(range, signs)| lie_in(signs, &batch.features, range.clone()));
        if !lie_in_theirs {
            return vec![Rows::all(batch.n_samples())];
        }
        let rows = ranges.into_iter().zip(&self.signs);
        rows.map(|(range, signs)| Rows { range, orthant: Some(signs.as_slice()) }).collect()
    }
}

/// Whether no entry of these rows has the sign opposite to the given one of its column.
fn lie_in<T: Real>(signs: &[T], features: &Mat<T>, rows: Range<usize>) -> bool {
    let zero = T::from_f64(0.0);
    signs.iter().enumerate().all(|(j, &sign)| {
        let column = &features.col_as_slice(j)[rows.clone()];
        vectorised(
            #[inline(always)]
            move || {
                // No early end, which would keep the compiler from vectorising.
                column.iter().fold(true, |lie_in, &entry| lie_in & (sign * entry >= zero))
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Population, Shift};
    use crate::seed::Seed;
    use crate::setting::Setting;

    #[test]
    fn rows_of_a_label_lie_in_its_orthant_or_nothing_is_known() {
        let setting = Setting::theorem(4).with(|p| p.batch = 256).unwrap();
        let population = Population::new(&setting).unwrap();
        let (mut batch, n_positive): (Batch<f64>, usize) =
            population.draw_by_label(40, Shift::InDistribution, Seed::root(1));
        let orthants = Orthants::of(&setting).unwrap();
        let rows = orthants.rows(&batch, n_positive);
        let ranges: Vec<_> = rows.iter().map(|rows| rows.range.clone()).collect();
        assert_eq!(ranges, [0..n_positive, n_positive..40]);
        assert_eq!(rows[0].orthant, Some([1.0; 4].as_slice()));
        assert_eq!(rows[1].orthant, Some([-1.0, -1.0, 1.0, 1.0].as_slice()));
        // A core entry of the wrong sign belongs to no orthant.
        batch.features[(7, 0)] *= -1.0;
        assert_eq!(orthants.rows(&batch, n_positive), [Rows::all(40)]);
    }
}
