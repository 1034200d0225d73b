//! The cells of a sweep as a table, as JSON, as CSV.

use comfy_table::CellAlignment;
use serde::Serialize;

use super::SCHEMA;
use super::number::number;
use super::text::page_table;
use crate::sweep::{Axis, Cell, CellSummary, Grid, Quantity, RunValues, Times};

/// The quantities with a prediction, which the table shows.
const SHOWN: [Quantity; 4] =
    [Quantity::OtherClass, Quantity::Ratio, Quantity::IdRisk, Quantity::OodRisk];

/// The table of a sweep: one row for each cell, with the axes that have more than one value.
pub fn sweep_table(grid: &Grid, cells: &[CellSummary]) -> String {
    let axes: Vec<Axis> = Axis::ALL.into_iter().filter(|&axis| grid.axes.len(axis) > 1).collect();
    let mut header: Vec<&str> = axes.iter().map(|&axis| short(axis)).collect();
    header.extend(["runs", "P_other", "theory", "ratio", "theory"]);
    header.extend(["ID risk", "theory", "OOD risk", "theory"]);
    let row = |cell: &CellSummary| {
        let mut row: Vec<String> =
            axes.iter().map(|&axis| grid.axes.text(axis, cell.at[axis.direction()])).collect();
        row.push(cell.runs.len().to_string());
        for quantity in SHOWN {
            let measured = cell.measured(quantity);
            row.push(with_error(measured.mean, measured.standard_error));
            row.push(cell.predicted(quantity).map_or_else(|| "-".into(), digits));
        }
        row
    };
    let mut table = page_table(&header);
    table.add_rows(cells.iter().map(row));
    for column in table.column_iter_mut() {
        // So many columns leave room for no more than the one space that a table without lines has.
        column.set_padding((0, 0)).set_cell_alignment(CellAlignment::Right);
    }
    let note = "Measured: the mean over runs, and in brackets its standard error in units of the last digit.";
    let agreements = [("P_other", Quantity::OtherClass), ("OOD risk", Quantity::OodRisk)]
        .map(|(name, quantity)| agreement(name, quantity, cells));
    format!("{}\n\n{note}\n{}", table.trim_fmt(), agreements.concat().trim_end())
}

/// In how many cells a quantity is within its declared margin, and the worst of them; nothing where no cell
/// has a run with the quantity.
fn agreement(name: &str, quantity: Quantity, cells: &[CellSummary]) -> String {
    let distance = |cell: &&CellSummary| cell.in_margins(quantity).map(f64::abs);
    let known: Vec<f64> = cells.iter().filter_map(|cell| distance(&cell)).collect();
    let n_within = known.iter().filter(|&&margins| margins <= 1.0).count();
    let worst = cells.iter().filter(|cell| distance(cell).is_some()).max_by(|one, other| {
        distance(one).unwrap_or_default().total_cmp(&distance(other).unwrap_or_default())
    });
    let Some((worst, margin)) = worst.and_then(|cell| Some((cell, cell.margin(quantity)?))) else {
        return String::new();
    };
    format!(
        "{name}: {n_within} of {} cells within 0.04 / sqrt d0 of the theory.\n    \
         Farthest: d0 = {}, beta = {}, {:.4} +- {:.4} off, margin {margin:.4}.\n",
        known.len(),
        worst.cell.d0,
        worst.cell.beta(),
        distance(&worst).unwrap_or_default() * margin,
        worst.measured(quantity).standard_error,
    )
}

/// The head of a column.
fn short(axis: Axis) -> &'static str {
    match axis {
        Axis::WidthPerFeature => "m/d0",
        Axis::LearningRate => "eta",
        axis => axis.name(),
    }
}

/// Decimals of a number: three, four of a small one.
fn n_decimals(value: f64) -> usize {
    if value.abs() < 0.1 { 4 } else { 3 }
}

/// A number with its decimals; a very small one with two digits in e-notation.
fn digits(value: f64) -> String {
    match value.abs() {
        modulus if modulus > 0.0 && modulus < 5e-4 => format!("{value:.1e}"),
        modulus if modulus < 100.0 => format!("{value:.*}", n_decimals(value)),
        _ => number(value),
    }
}

/// The same with its standard error, if that has digits to show: `0.123(56)` is 0.123 +- 0.056.
fn with_error(mean: f64, standard_error: f64) -> String {
    let last_digits = (standard_error * 10_f64.powi(n_decimals(mean) as i32)).round();
    if mean.is_nan() {
        "-".into()
    } else if (5e-4..100.0).contains(&mean.abs()) && (1.0..1e4).contains(&last_digits) {
        format!("{}({last_digits})", digits(mean))
    } else {
        digits(mean)
    }
}

/// The document of a sweep. No clock and no number of threads is in it: the same grid gives the same
/// bytes.
#[derive(Debug, Serialize)]
pub struct SweepDocument<'a> {
    schema: u32,
    command: &'static str,
    version: &'static str,
    seed: u64,
    times: Times,
    cells: Vec<CellRecord<'a>>,
}

/// A number that is not there is `null`.
#[derive(Debug, Serialize)]
struct CellRecord<'a> {
    #[serde(flatten)]
    cell: Cell,
    beta: f64,
    width_per_feature: f64,
    mean_over_deviation: f64,
    critical_decay: f64,
    other_class: Value,
    ratio: Value,
    id_risk: Value,
    ood_risk: Value,
    id_margin: Value,
    max_margin: Value,
    runs: &'a [RunValues],
}

#[derive(Debug, Serialize)]
struct Value {
    mean: f64,
    standard_error: f64,
    /// Runs that have the quantity.
    samples: usize,
    predicted: Option<f64>,
    /// How far the mean may lie from the prediction, where that is declared.
    margin: Option<f64>,
}

/// The document of the cells of a grid.
pub fn sweep_document<'a>(grid: &Grid, seed: u64, cells: &'a [CellSummary]) -> SweepDocument<'a> {
    SweepDocument {
        schema: SCHEMA,
        command: "sweep",
        version: env!("CARGO_PKG_VERSION"),
        seed,
        times: grid.times,
        cells: cells.iter().map(record).collect(),
    }
}

fn record(summary: &CellSummary) -> CellRecord<'_> {
    let value = |quantity| {
        let measured = summary.measured(quantity);
        Value {
            mean: measured.mean,
            standard_error: measured.standard_error,
            samples: measured.n_runs,
            predicted: summary.predicted(quantity),
            margin: summary.margin(quantity),
        }
    };
    CellRecord {
        cell: summary.cell,
        beta: summary.cell.beta(),
        width_per_feature: summary.cell.width_per_feature(),
        mean_over_deviation: summary.cell.mean_over_deviation(),
        critical_decay: summary.prediction.critical_decay,
        other_class: value(Quantity::OtherClass),
        ratio: value(Quantity::Ratio),
        id_risk: value(Quantity::IdRisk),
        ood_risk: value(Quantity::OodRisk),
        id_margin: value(Quantity::IdMargin),
        max_margin: value(Quantity::MaxMargin),
        runs: &summary.runs,
    }
}

/// One row for each cell: parameters, runs, and for each quantity its mean, its standard error, the runs
/// that have it, its prediction and its margin. A number that is not there is empty.
pub fn sweep_csv(cells: &[CellSummary]) -> String {
    let mut header = String::from(
        "d0,beta,core,width,width_per_feature,c,critical_decay,latent,mean_over_deviation,\
         learning_rate,runs",
    );
    for quantity in Quantity::ALL {
        let name = quantity.name();
        header +=
            &format!(",{name},{name}_standard_error,{name}_samples,{name}_predicted,{name}_margin");
    }
    let rows = cells.iter().map(csv_row);
    std::iter::once(header).chain(rows).map(|row| row + "\n").collect()
}

fn csv_row(summary: &CellSummary) -> String {
    let float = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
    let cell = &summary.cell;
    let mut row = vec![
        cell.d0.to_string(),
        float(cell.beta()),
        cell.core.to_string(),
        cell.width.to_string(),
        float(cell.width_per_feature()),
        float(cell.c),
        float(summary.prediction.critical_decay),
        // The name of a law may have a comma.
        format!("\"{}\"", cell.latent),
        float(cell.mean_over_deviation()),
        float(cell.learning_rate),
        summary.runs.len().to_string(),
    ];
    for quantity in Quantity::ALL {
        let measured = summary.measured(quantity);
        row.push(float(measured.mean));
        row.push(float(measured.standard_error));
        row.push(measured.n_runs.to_string());
        row.push(summary.predicted(quantity).map(float).unwrap_or_default());
        row.push(summary.margin(quantity).map(float).unwrap_or_default());
    }
    row.join(",")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::sweep_example;
    use super::super::to_json;
    use super::*;

    #[test]
    fn the_table_fits_the_page_and_has_a_row_for_each_cell() {
        let (grid, cells) = sweep_example().unwrap();
        let text = sweep_table(&grid, &cells);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        // A header, a rule, six cells, an empty line, a note, two lines each on two quantities.
        assert_eq!(text.lines().count(), 14, "{text}");
        // Two values 0.02 apart have a standard error of 0.01.
        let row = text.lines().find(|line| line.trim_start().starts_with("16  0.5 ")).unwrap();
        assert!(row.contains(" 0.660(10) ") && row.contains(" 0.125 "), "{text}");
    }

    #[test]
    fn the_cell_that_is_farthest_from_the_theory_is_named() {
        let (grid, mut cells) = sweep_example().unwrap();
        for cell in &mut cells {
            cell.prediction.other_class = cell.measured(Quantity::OtherClass).mean + 0.002;
        }
        cells[1].prediction.other_class += 0.01;
        let text = sweep_table(&grid, &cells);
        assert!(text.contains("P_other: 5 of 6 cells within 0.04 / sqrt d0"), "{text}");
        let farthest = "Farthest: d0 = 32, beta = 0.25, 0.0120 +- 0.0100 off, margin 0.0071.";
        assert!(text.contains(farthest), "{text}");
    }

    #[test]
    fn every_row_of_the_csv_has_every_column() {
        let (_, mut cells) = sweep_example().unwrap();
        (cells[0].runs[0].other_class, cells[0].runs[0].ratio) = (None, None);
        let text = sweep_csv(&cells);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        assert_eq!((rows.len(), header.len()), (6, 11 + 30));
        let column = |name: &str| header.iter().position(|other| other == name).unwrap();
        assert_eq!(&rows[0][column("d0")], "32");
        assert_eq!(&rows[0][column("other_class_samples")], "1");
        assert_eq!(&rows[0][column("other_class_standard_error")], "");
        assert_eq!(&rows[0][column("max_margin_predicted")], "");
        assert_eq!(&rows[1][column("id_risk")], "0.125");
    }

    #[test]
    fn the_document_has_every_run_and_null_for_what_is_not_there() {
        let (grid, mut cells) = sweep_example().unwrap();
        cells[0].runs.truncate(1);
        let text = to_json(&sweep_document(&grid, 7, &cells)).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&document["command"], &document["seed"]), (&"sweep".into(), &7.into()));
        let cell = &document["cells"][0];
        assert_eq!(
            (&cell["d0"], &cell["beta"], &cell["latent"]),
            (&32.into(), &0.5.into(), &"uniform".into())
        );
        assert!(
            cell["id_risk"]["standard_error"].is_null() && cell["id_margin"]["predicted"].is_null()
        );
        assert_eq!(cell["runs"][0]["ood_risk"], 0.875);
        assert_eq!(document["cells"][1]["runs"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn errors_are_in_units_of_the_last_digit() {
        let cases = [
            (0.12345, 0.0056, "0.123(6)"),
            (0.012345, 0.0056, "0.0123(56)"),
            (0.12345, f64::NAN, "0.123"),
            (f64::NAN, f64::NAN, "-"),
            (1.24e-9, 1e-10, "1.2e-9"),
            (0.0, 0.0, "0.0000"),
            (0.5, 1e-7, "0.500"),
        ];
        for (mean, standard_error, text) in cases {
            assert_eq!(with_error(mean, standard_error), text);
        }
    }
}
