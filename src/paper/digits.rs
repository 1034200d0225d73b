//! Independence beyond moments: the label against every binary digit of a latent, and values of a
//! latent that come twice. Generators whose streams overlap and latents that are rounded have the
//! right moments; they are caught here.

/// The number of binary digits of a latent that are looked at: those that a sum of fewer than 32
/// latents keeps in `f64`.
const N_DIGITS: usize = 48;

/// Returns for each digit the sum over samples of the label times the digit, read as -1 or +1.
pub(super) fn digit_sums(latents: &[f64], labels: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; N_DIGITS];
    for (&latent, &label) in latents.iter().zip(labels) {
        // Latents lie in [0, 1]. Like 0, 1 itself has no digits after the point.
        let digits = (latent * (1_u64 << N_DIGITS) as f64) as u64;
        for (digit_idx, sum) in sums.iter_mut().enumerate() {
            let is_one = digits >> (N_DIGITS - 1 - digit_idx) & 1 == 1;
            *sum += if is_one { label } else { -label };
        }
    }
    sums
}

/// Returns how many of the values are equal to another one before them.
pub(super) fn n_repeated(values: &[f64]) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_the_third_digit_is_seen_there() {
        let latents: Vec<f64> = (0..64).map(|k| f64::from(k) / 64.0).collect();
        let third = |z: &f64| if (8.0 * z) as u64 & 1 == 1 { 1.0 } else { -1.0 };
        let labels: Vec<f64> = latents.iter().map(third).collect();
        let sums = digit_sums(&latents, &labels);
        assert_eq!(sums[2], 64.0);
        assert!(sums[..6].iter().enumerate().all(|(idx, &sum)| idx == 2 || sum == 0.0), "{sums:?}");
    }

    #[test]
    fn values_that_come_again_are_counted() {
        assert_eq!(n_repeated(&[0.5, 0.25, 0.5, 0.75, 0.5]), 2);
        assert_eq!(n_repeated(&[0.1, 0.2, 0.3]), 0);
    }
}
