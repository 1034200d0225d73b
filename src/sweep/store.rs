//! The text in which a measured cell is kept, and what makes it trustworthy when it is read again.

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Times};
use super::measure::RunValues;
use crate::error::{Error, Result};

/// The version of the text. It changes with the meaning of a value.
const SCHEMA: u32 = 1;

/// A cell as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    schema: u32,
    version: String,
    seed: u64,
    times: Times,
    cell: Cell,
    runs: Vec<RunValues>,
    /// Of all that stands above, so that an edit by hand does not pass for a measurement.
    checksum: String,
}

/// Why a kept cell cannot be used. It is measured again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It was measured under other conditions.
    #[error("measured with another {0}")]
    Other(&'static str),
    /// It is not what was written.
    #[error("damaged: {0}")]
    Damaged(String),
}

/// What fixes the values of a cell's runs besides the cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// The root of all random streams.
    pub seed: u64,
    /// When runs are looked at.
    pub times: Times,
}

/// The name of the file of a cell.
pub fn file_name(cell: &Cell) -> String {
    format!("{}.json", cell.key())
}

/// The text of a measured cell.
///
/// # Errors
/// If a value is not finite; those of a run that did not diverge are.
pub fn to_text(cell: &Cell, conditions: Conditions, runs: &[RunValues]) -> Result<String> {
    let mut kept = Kept {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        seed: conditions.seed,
        times: conditions.times,
        cell: *cell,
        runs: runs.to_vec(),
        checksum: String::new(),
    };
    if !runs.iter().all(RunValues::are_possible) {
        return Err(fault(cell, "a value of a run is out of its range"));
    }
    kept.checksum = checksum(&kept).map_err(|e| fault(cell, e))?;
    serde_json::to_string_pretty(&kept).map_err(|e| fault(cell, e))
}

fn fault(cell: &Cell, reason: impl ToString) -> Error {
    Error::Malformed {
        what: format!("the cell {} to write", cell.key()),
        reason: reason.to_string(),
        remedy: "take it off the grid".into(),
    }
}

/// The runs of a kept cell.
///
/// # Errors
/// Why it cannot be used.
pub fn from_text(
    text: &str,
    cell: &Cell,
    conditions: Conditions,
) -> Result<Vec<RunValues>, Unusable> {
    let damaged = |reason: &dyn ToString| Unusable::Damaged(reason.to_string());
    let kept: Kept = serde_json::from_str(text).map_err(|e| damaged(&e))?;
    if kept.schema != SCHEMA || kept.version != env!("CARGO_PKG_VERSION") {
        return Err(Unusable::Other("version"));
    }
    if kept.checksum != checksum(&kept).map_err(|e| damaged(&e))? {
        return Err(damaged(&"its checksum is not that of its values"));
    }
    if kept.seed != conditions.seed {
        return Err(Unusable::Other("seed"));
    }
    if kept.times != conditions.times {
        return Err(Unusable::Other("times"));
    }
    if kept.cell != *cell {
        return Err(damaged(&"it holds another cell"));
    }
    Ok(kept.runs)
}

/// FNV-1a of the text without its checksum (Fowler, Noll, Vo): enough against accidents.
fn checksum(kept: &Kept) -> serde_json::Result<String> {
    let bare = Kept { checksum: String::new(), ..kept.clone() };
    let hash = serde_json::to_vec(&bare)?.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Ok(format!("{hash:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Grid;

    fn example() -> (Cell, Conditions, Vec<RunValues>) {
        let cell = Grid::from_toml("d0 = [16]").unwrap().cells().unwrap()[0].cell;
        let run = RunValues {
            other_class: Some(0.1 + 0.2),
            ratio: Some(1.0 / 3.0),
            id_risk: 0.25,
            ood_risk: 0.75,
            id_margin: 0.875,
            max_margin: 0.5,
        };
        let empty = RunValues { other_class: None, ratio: None, ..run };
        (cell, Conditions { seed: 7, times: Times::default() }, vec![run, empty])
    }

    #[test]
    fn a_cell_reads_back_to_the_last_bit() {
        let (cell, conditions, runs) = example();
        let text = to_text(&cell, conditions, &runs).unwrap();
        assert_eq!(from_text(&text, &cell, conditions).unwrap(), runs);
    }

    #[test]
    fn a_damaged_or_edited_cell_is_not_used() {
        let (cell, conditions, runs) = example();
        let text = to_text(&cell, conditions, &runs).unwrap();
        let reason = |text: &str| from_text(text, &cell, conditions).unwrap_err().to_string();
        assert!(reason(&text[..text.len() / 2]).contains("damaged"));
        assert!(reason("").contains("damaged"));
        assert!(reason(&text.replace("0.75", "0.76")).contains("checksum"));
        assert!(reason(&text.replace("\"seed\": 7", "\"seed\": 8")).contains("checksum"));
        let other = Cell { core: 7, ..cell };
        let strange = from_text(&text, &other, conditions).unwrap_err().to_string();
        assert!(strange.contains("another cell"), "{strange}");
    }

    #[test]
    fn a_cell_of_other_conditions_is_not_used() {
        let (cell, conditions, runs) = example();
        let text = to_text(&cell, conditions, &runs).unwrap();
        let times = Times { t1: 4.0, t2: 20.0 };
        for (other, named) in [
            (Conditions { seed: 8, ..conditions }, "seed"),
            (Conditions { times, ..conditions }, "times"),
        ] {
            assert_eq!(from_text(&text, &cell, other), Err(Unusable::Other(named)));
        }
        let older = text.replace("\"schema\": 1", "\"schema\": 0");
        assert_eq!(from_text(&older, &cell, conditions), Err(Unusable::Other("version")));
    }

    #[test]
    fn values_that_no_run_has_are_not_kept() {
        let (cell, conditions, mut runs) = example();
        runs[0].id_risk = f64::INFINITY;
        assert!(to_text(&cell, conditions, &runs).is_err());
    }
}
