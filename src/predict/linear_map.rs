//! What a linear map of the feature coordinates is on average.

use faer::MatRef;

use crate::setting::Latent;

/// `E |D s|^2` for a map `D` of shape `(K, d0)`: with `s_j = y z_j` on the core and `s_j = z_j`, or `-z_j`, on the
/// background, the parts of core and background have no product on average, because the label has mean 0.
/// So it is `sum_kj D_kj^2 sigma_j^2 + sum_k (sum_C D_kj mu_j)^2 + sum_k (sum_B D_kj mu_j)^2`, the same in and
/// out of distribution.
///
/// # Source
/// `theory/notation.md`, section 12.
pub fn mean_square(map: MatRef<'_, f64>, latents: &[Latent], n_core: usize) -> f64 {
    let of_row = |row: faer::RowRef<'_, f64>| {
        let (mut variance, mut means) = (0.0, [0.0, 0.0]);
        for (j, (entry, latent)) in row.iter().zip(latents).enumerate() {
            variance += entry * entry * latent.variance();
            means[usize::from(j >= n_core)] += entry * latent.mean();
        }
        variance + means[0] * means[0] + means[1] * means[1]
    };
    map.row_iter().map(of_row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_core_and_one_background_feature_by_hand() {
        let map = faer::mat![[1.0, -3.0, 2.0], [0.0, 1.0, 0.0]];
        // Rows: (1 + 9 + 4)/12 + (1 - 3)^2/4 + (2)^2/4 = 19/6, and 1/12 + 1/4 = 1/3.
        let found = mean_square(map.as_ref(), &[Latent::Uniform; 3], 2);
        assert!((found - 3.5).abs() < 1e-15);
    }
}
