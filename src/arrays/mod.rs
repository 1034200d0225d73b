//! Named arrays of numbers, and NumPy's formats for them.

mod npy;
mod npz;

pub use npy::{MAX_HEADER_BYTES, parse_array, parse_vector};
pub use npz::parse_archive;

/// What is wrong with the bytes of a file, in a sentence that begins with "it" or names an array. Who reads
/// the file adds its path and a remedy.
pub type Fault = String;

/// An array of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// The entries, the last axis fastest.
    pub values: Vec<f64>,
}
