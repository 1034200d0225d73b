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
    use crate::setting::{Description, EngineKind, Experiment, Precision};
    use crate::train::{ExperimentRun, Row, StartArrays, run_experiment};

    /// A column of a recorded trace, by step.
    fn recorded(name: &str, column: &str) -> BTreeMap<usize, f64> {
        let path = format!("{}/reference/{name}.csv", env!("CARGO_MANIFEST_DIR"));
        let mut reader = csv::Reader::from_path(path).unwrap();
        let column = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
        let records = reader.records().map(|record| record.unwrap());
        records.map(|row| (row[0].parse().unwrap(), row[column].parse().unwrap())).collect()
    }

    fn start(name: &str) -> StartArrays {
        let path = format!("{}/reference/{name}-start.npz", env!("CARGO_MANIFEST_DIR"));
        StartArrays::from_arrays(read_arrays(Path::new(&path)).unwrap()).unwrap()
    }

    fn rows(name: &str, description: &Description, (n_steps, every): (usize, usize)) -> Vec<Row> {
        let start = start(name);
        let (mut description, notes) = start.overrule(description).unwrap();
        assert!(notes.is_empty(), "{notes:?}");
        (description.n_steps, description.record_every_steps) = (n_steps, every);
        let experiment = Experiment::new(description).unwrap();
        let run = run_experiment(&experiment, Some(&start), None, &mut |_, _| Ok(()));
        run.unwrap().rows
    }

    /// The file and the column of a recorded number, and where a row has it.
    type Column = (&'static str, &'static str, fn(&Row) -> f64);

    /// Every number of these rows that was recorded, within a tolerance; the number of comparisons.
    #[track_caller]
    fn check_replay(name: &str, rows: &[Row], tolerance: f64) -> usize {
        let columns: [Column; 5] = [
            ("relu-train-loss", "train_loss", |row| row.train_loss),
            ("relu", "ood_loss", |row| row.ood_loss),
            ("relu", "ood_accuracy", |row| row.ood_accuracy),
            ("relu", "core_correlation", |row| row.core_correlation),
            ("relu", "background_correlation", |row| row.background_correlation),
        ];
        let mut n_compared = 0;
        for (file, column, value) in columns {
            let recorded = recorded(&format!("{name}-{file}"), column);
            for row in rows {
                let Some(expected) = recorded.get(&row.step) else { continue };
                let difference = (value(row) - expected).abs();
                assert!(difference < tolerance, "{column} at {}: {difference:e}", row.step);
                n_compared += 1;
            }
        }
        n_compared
    }

    #[test]
    fn the_theoretical_run_of_the_toy_is_replayed_in_both_precisions() {
        for precision in [Precision::F32, Precision::F64] {
            let mut description = Description::toy_theoretical(2024);
            description.precision = precision;
            let rows = rows("theoretical", &description, (303, 101));
            // The recording is in f32, whose sums over 1,000 samples and 256 units are good to 1e-6.
            assert_eq!(check_replay("theoretical", &rows, 1e-6), 4 + 4 * 2);
        }
    }

    #[test]
    fn the_default_run_of_the_toy_is_replayed_while_it_is_not_chaotic() {
        let rows = rows("default", &Description::toy_default(2024), (20, 1));
        assert_eq!(check_replay("default", &rows, 1e-4), 21 + 4 * 2);
    }

    #[test]
    fn the_engines_replay_alike() {
        let start = start("theoretical");
        let outputs = [EngineKind::Feature, EngineKind::Ambient].map(|engine| {
            let mut description = Description::toy_theoretical(2024);
            description.engine = engine;
            let experiment = Experiment::new(description).unwrap();
            let mut run = ExperimentRun::<f64>::new(&experiment, Some(&start)).unwrap();
            run.advance_to(20).unwrap();
            run.training().loss
        });
        // The data leave the features' span by their rounding to f32 only.
        assert!((outputs[0] - outputs[1]).abs() < 1e-7, "{outputs:?}");
    }

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
        assert_eq!(parse(bytes.clone()).unwrap()["a"].values, [1.5, -2.0]);
        assert!(parse(bytes[..bytes.len() - 30].to_vec()).is_err());
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        for bytes in [&b"PK\x03\x04"[..], b"", b"\x93NUMPY"] {
            assert!(parse(bytes.to_vec()).unwrap_err().contains("no .npz archive"));
        }
    }
}
