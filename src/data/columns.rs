//! Columns of latents from one random stream, several at a time.
//!
//! A generator waits for its own last number: drawing one after the other leaves most of the processor idle.
//! Where it is known how many numbers every column takes, each column's place in the stream is known too, and
//! columns are drawn side by side, each from its own place. Nobody can tell from the numbers.

use rand_pcg::Pcg64;

use super::LatentSampler;

/// How many columns are drawn side by side: enough to hide the multiplication of 128 bits.
pub(super) const N_LANES: usize = 4;

/// The stream after columns of `n` latents for every sampler, where that is known before they are drawn.
pub(super) fn place_after(
    samplers: &[LatentSampler],
    n_latents: usize,
    mut stream: Pcg64,
) -> Option<Pcg64> {
    let n_words = samplers.iter().map(|sampler| Some(sampler.n_words()? as u128));
    let n_words: u128 = n_words.sum::<Option<_>>()?;
    stream.advance(n_words * n_latents as u128);
    Some(stream)
}

/// Draws a column of `n` latents for every sampler, in order from the stream, and hands each to `write`
/// with its index. Returns the stream after the last one.
pub(super) fn draw_columns(
    samplers: &[LatentSampler],
    n_latents: usize,
    mut stream: Pcg64,
    mut write: impl FnMut(usize, &[f64]),
) -> Pcg64 {
    let stride = samplers.len() / N_LANES;
    let words = |sampler: &LatentSampler| Some(sampler.n_words()? as u128 * n_latents as u128);
    let n_words: Option<Vec<u128>> = samplers.iter().map(words).collect();
    let mut n_done = 0;
    let mut buffers: [Vec<f64>; N_LANES] = std::array::from_fn(|_| vec![0.0; n_latents]);
    if let (Some(n_words), true) = (n_words, stride > 0) {
        let mut place = stream;
        let mut lanes: [Pcg64; N_LANES] = std::array::from_fn(|lane| {
            let start = place.clone();
            place.advance(n_words[lane * stride..][..stride].iter().sum());
            start
        });
        for idx in 0..stride {
            let of_lane: [&LatentSampler; N_LANES] =
                std::array::from_fn(|lane| &samplers[lane * stride + idx]);
            fill_lanes(of_lane, &mut buffers, &mut lanes);
            for (lane, latents) in buffers.iter().enumerate() {
                write(lane * stride + idx, latents);
            }
        }
        (stream, n_done) = (place, N_LANES * stride);
    }
    for (idx, sampler) in samplers.iter().enumerate().skip(n_done) {
        sampler.fill(&mut buffers[0], &mut stream);
        write(idx, &buffers[0]);
    }
    stream
}

/// One column for each lane; in step where all have one law.
fn fill_lanes(
    samplers: [&LatentSampler; N_LANES],
    buffers: &mut [Vec<f64>; N_LANES],
    lanes: &mut [Pcg64; N_LANES],
) {
    let [first, others @ ..] = samplers;
    if others.iter().all(|other| *other == first) {
        return first.fill_in_step(buffers, lanes);
    }
    for ((sampler, latents), lane) in samplers.iter().zip(buffers).zip(lanes) {
        sampler.fill(latents, lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::setting::Latent;

    fn samplers(laws: &[&str]) -> Vec<LatentSampler> {
        let law = |text: &&str| text.parse::<Latent>().unwrap();
        laws.iter().map(|text| LatentSampler::new(law(text)).unwrap()).collect()
    }

    #[test]
    fn columns_side_by_side_are_those_of_one_stream() {
        let stream = || Seed::root(1).rng();
        for laws in [
            &["uniform"; 11][..],
            &["beta:2,5"; 8],
            &["uniform", "beta:2,5", "bernoulli:0.3", "beta:3,1", "uniform"],
            // Rejection takes as many numbers as it needs.
            &["uniform", "beta:0.5,0.5", "uniform", "uniform", "uniform"],
            &["uniform"; 3],
        ] {
            let samplers = samplers(laws);
            let mut columns = vec![Vec::new(); laws.len()];
            let end = draw_columns(&samplers, 7, stream(), |idx, latents| {
                columns[idx] = latents.to_vec();
            });
            let mut rng = stream();
            for (sampler, column) in samplers.iter().zip(&columns) {
                let expected: Vec<f64> = (0..7).map(|_| sampler.draw(&mut rng)).collect();
                assert_eq!(*column, expected, "{laws:?}");
            }
            assert_eq!(end, rng, "{laws:?}");
            let place = place_after(&samplers, 7, stream());
            assert!(place.is_none_or(|place| place == end), "{laws:?}");
        }
    }
}
