//! The arrays of a NumPy archive.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use super::{files, npy};
use crate::error::{Error, Result};
use crate::train::Array;

/// Bytes of an archive, and entries of all its arrays together: a free choice that fits a laptop.
const MAX_BYTES: u64 = 1 << 31;
const MAX_ENTRIES: u64 = 1 << 28;

/// An archive of more arrays than this is no start file.
const MAX_ARRAYS: usize = 1024;

const REMEDY: &str = "save f4 or f8 arrays with numpy.savez; reference/README.md shows their names";

/// The arrays of an archive by their names.
///
/// # Errors
/// - a file that cannot be read or is no archive;
/// - an array that is no `.npy` file of finite `f32` or `f64` numbers, or one too many.
pub fn read_arrays(path: &Path) -> Result<BTreeMap<String, Array>> {
    let bytes = files::read(path, MAX_BYTES, REMEDY)?;
    parse(bytes).map_err(|reason| Error::Malformed {
        what: path.display().to_string(),
        reason,
        remedy: REMEDY.into(),
    })
}

fn parse(bytes: Vec<u8>) -> Result<BTreeMap<String, Array>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))
        .map_err(|e| format!("it is no .npz archive ({e})"))?;
    if archive.len() > MAX_ARRAYS {
        return Err(format!("it holds {} arrays; {MAX_ARRAYS} fit", archive.len()));
    }
    let (mut arrays, mut n_left) = (BTreeMap::new(), MAX_ENTRIES);
    for idx in 0..archive.len() {
        let file = archive.by_index(idx).map_err(|e| format!("entry {idx}: {e}"))?;
        let name = file.name().map_err(|e| format!("entry {idx}: {e}"))?;
        let name = name.trim_end_matches(".npy").to_owned();
        let fault = |reason: String| format!("the array `{name}`: {reason}");
        // An archive may say anything of its sizes: what is read counts.
        let mut bytes = Vec::new();
        let limit = 8 * n_left + npy::MAX_HEADER_BYTES as u64;
        file.take(limit).read_to_end(&mut bytes).map_err(|e| fault(e.to_string()))?;
        let array = npy::parse_array(&bytes, n_left).map_err(fault)?;
        n_left -= array.values.len() as u64;
        arrays.insert(name, array);
    }
    Ok(arrays)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_archive_is_refused() {
        for bytes in [&b"PK\x03\x04"[..], b"", b"\x93NUMPY"] {
            assert!(parse(bytes.to_vec()).unwrap_err().contains("no .npz archive"));
        }
    }
}
