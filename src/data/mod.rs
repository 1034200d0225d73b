//! The data model: latent samplers, batches in feature coordinates, dictionaries.
//!
//! Notation (section 1 of `theory/notation.md`): a sample has a label `y` in {-1, +1}, latents `z_j`
//! in [0, 1], feature coordinates `s_j = y z_j` on the core and `s_j = +-z_j` on the background
//! (`+` in distribution, `-` out of distribution), and the ambient vector `x = M s`.

mod columns;
mod dictionary;
mod labelled;
mod population;
mod sampler;

pub use dictionary::Dictionary;
pub use labelled::LabelledLaw;
pub use population::{Batch, Population, Shift};
pub use sampler::LatentSampler;
