//! Vectors and archives of arrays from NumPy files.

use std::collections::BTreeMap;
use std::path::Path;

use super::files;
use crate::arrays::{Array, MAX_HEADER_BYTES, parse_archive, parse_vector};
use crate::error::{Error, Result};

/// What a vector is for: how long it may be, and how to write one.
#[derive(Debug, Clone, Copy)]
pub struct Purpose {
    max_entries: u64,
    remedy: &'static str,
}

/// The feature coordinates of a neuron: more entries are no setting, see [`crate::setting::Setting`].
pub const WEIGHTS: Purpose = Purpose {
    max_entries: 1 << 20,
    remedy: "save a vector of numbers, as numpy.save(path, weights.astype(\"f8\")) does",
};

/// One number per independent run: a gibibyte of them.
pub const SAMPLES: Purpose = Purpose {
    max_entries: 1 << 27,
    remedy: "save one number per independent run, as numpy.save(path, values.astype(\"f8\")) does; \
             the rows of one run are no samples, average them first",
};

/// The entries of a vector, see [`parse_vector`].
///
/// # Errors
/// - a file that cannot be read, or is larger than its purpose allows;
/// - see [`parse_vector`].
pub fn read_vector(path: &Path, purpose: Purpose) -> Result<Vec<f64>> {
    let max_bytes = purpose.max_entries * 8 + MAX_HEADER_BYTES as u64;
    let bytes = files::read(path, max_bytes, purpose.remedy)?;
    parse_vector(&bytes, purpose.max_entries).map_err(malformed(path, purpose.remedy))
}

/// The arrays of an archive by their names, see [`parse_archive`].
///
/// # Errors
/// - a file that cannot be read or is larger than two gibibytes;
/// - see [`parse_archive`].
pub fn read_arrays(path: &Path) -> Result<BTreeMap<String, Array>> {
    let remedy = "save f4 or f8 arrays with numpy.savez; reference/README.md shows their names";
    let bytes = files::read(path, 1 << 31, remedy)?;
    parse_archive(&bytes).map_err(malformed(path, remedy))
}

fn malformed(path: &Path, remedy: &str) -> impl FnOnce(String) -> Error {
    let (what, remedy) = (path.display().to_string(), remedy.to_owned());
    move |reason| Error::Malformed { what, reason, remedy }
}
