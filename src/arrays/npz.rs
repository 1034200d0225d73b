//! NumPy archives.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use super::npy::{self, MAX_HEADER_BYTES};
use super::{Array, Fault};

/// Entries of all arrays of an archive together: a free choice that fits a laptop.
const MAX_ENTRIES: u64 = 1 << 28;

/// An archive of more arrays than this is no start file.
const MAX_ARRAYS: usize = 1024;

/// The arrays of an `.npz` archive by their names.
///
/// # Errors
/// - bytes that are no archive;
/// - an array that is no `.npy` file of finite `f32` or `f64` numbers, or one too many.
pub fn parse_archive(bytes: &[u8]) -> Result<BTreeMap<String, Array>, Fault> {
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
        let limit = 8 * n_left + MAX_HEADER_BYTES as u64;
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
    fn compressed_archives_are_read_and_their_entries_counted() {
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n";
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend((header.len() as u16).to_le_bytes());
        npy.extend(header.as_bytes());
        npy.extend([1.5_f64, -2.0].map(f64::to_le_bytes).concat());
        let deflated = zip::CompressionMethod::Deflated;
        let options = zip::write::SimpleFileOptions::default().compression_method(deflated);
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a.npy", options).unwrap();
        std::io::Write::write_all(&mut writer, &npy).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(parse_archive(&bytes).unwrap()["a"].values, [1.5, -2.0]);
        assert!(parse_archive(&bytes[..bytes.len() - 30]).is_err());
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        for bytes in [&b"PK\x03\x04"[..], b"", b"\x93NUMPY"] {
            assert!(parse_archive(bytes).unwrap_err().contains("no .npz archive"));
        }
    }
}
