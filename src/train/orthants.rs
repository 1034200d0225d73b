//! The orthants that feature coordinates lie in, one for each label, and batches sorted by them.

use std::ops::Range;

use faer::{Mat, MatRef};

use crate::data::Batch;
use crate::linalg::Real;
use crate::network::Rows;
use crate::setting::{Activation, Parameters};

/// Smaller batches are multiplied out faster than neurons are sorted: a neuron that needs no product saves
/// two operations per weight and sample, twice, and sorting costs as much as some hundred of them.
const MIN_BATCH: usize = 256;

/// In distribution latents are nowhere negative: a sample of label `y` has core entries of the sign of `y`
/// and background entries that are not negative. Samples for which that is not so are told apart by their
/// entries and go without.
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

    /// The batch with the samples of each orthant together, and which rows those are. The order within an
    /// orthant stays.
    pub fn sort(&self, batch: &Batch<T>) -> (Batch<T>, [Rows<'_, T>; 3]) {
        let [in_first, in_second] =
            [0, 1].map(|idx| lie_in(&self.signs[idx], batch.features.as_ref()));
        let is_in = |i: usize, place: usize| match place {
            0 => in_first[i],
            1 => in_second[i] && !in_first[i],
            _ => !in_first[i] && !in_second[i],
        };
        let mut order = Vec::with_capacity(batch.n_samples());
        let mut range = |place: usize| -> Range<usize> {
            let start = order.len();
            order.extend((0..batch.n_samples()).filter(|&i| is_in(i, place)));
            start..order.len()
        };
        let rows = [
            Rows { range: range(0), orthant: Some(self.signs[0].as_slice()) },
            Rows { range: range(1), orthant: Some(self.signs[1].as_slice()) },
            Rows { range: range(2), orthant: None },
        ];
        (reordered(batch, &order), rows)
    }
}

/// For each row whether no entry has the sign opposite to the given one.
fn lie_in<T: Real>(signs: &[T], features: MatRef<'_, T>) -> Vec<bool> {
    let zero = T::from_f64(0.0);
    let mut lowest = vec![zero; features.nrows()];
    for (column, &sign) in features.col_iter().zip(signs) {
        for (lowest, &entry) in lowest.iter_mut().zip(column.iter()) {
            let signed = sign * entry;
            *lowest = if signed < *lowest { signed } else { *lowest };
        }
    }
    lowest.iter().map(|&lowest| lowest >= zero).collect()
}

fn reordered<T: Real>(batch: &Batch<T>, order: &[usize]) -> Batch<T> {
    let mut features = Mat::zeros(batch.n_samples(), batch.features.ncols());
    for (to, from) in features.col_iter_mut().zip(batch.features.col_iter()) {
        to.iter_mut().zip(order).for_each(|(entry, &i)| *entry = from[i]);
    }
    Batch { labels: order.iter().map(|&i| batch.labels[i]).collect(), features }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Population, Shift};
    use crate::seed::Seed;
    use crate::setting::Setting;

    #[test]
    fn rows_are_sorted_by_their_orthant_and_none_is_lost() {
        let setting = Setting::theorem(4).with(|p| p.batch = 256).unwrap();
        let population = Population::new(&setting).unwrap();
        let mut batch: Batch<f64> = population.draw(40, Shift::InDistribution, Seed::root(1));
        // A core entry of the wrong sign belongs to no orthant.
        batch.features[(7, 0)] *= -1.0;
        let orthants = Orthants::of(&setting).unwrap();
        let (sorted, [first, second, rest]) = orthants.sort(&batch);
        assert_eq!((first.range.start, rest.range.end), (0, 40));
        assert_eq!((first.range.end, second.range.end), (second.range.start, rest.range.start));
        assert_eq!(rest.range.len(), 1);
        assert!(first.range.clone().all(|i| sorted.labels[i] == 1.0));
        assert!(second.range.clone().all(|i| sorted.labels[i] == -1.0));
        assert_eq!(sorted.features[(39, 0)], batch.features[(7, 0)]);
        let sum = |batch: &Batch<f64>| batch.features.col(3).iter().sum::<f64>();
        assert!((sum(&sorted) - sum(&batch)).abs() < 1e-13);
    }
}
