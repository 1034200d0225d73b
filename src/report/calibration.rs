//! Measured error rates beside promised ones: as a table, as JSON, as CSV.

use serde::Serialize;

use super::SCHEMA;
use super::number::{factor, number, rate};
use super::text::columns;
use crate::calibrate::{Curve, Findings, Measured, PROCEDURES, Row, Saving, Standing};

/// The table of rates, the curves, the savings, and a line that sums up.
pub fn calibration_table(findings: &Findings) -> String {
    let mut sections: Vec<String> = Vec::new();
    for procedure in PROCEDURES {
        let rows: Vec<&Row> =
            findings.rows.iter().filter(|row| row.procedure == procedure.name).collect();
        if !rows.is_empty() {
            let lines = rows.into_iter().map(line).collect::<Vec<_>>().join("\n");
            let promise = procedure.promise;
            sections.push(format!("{}: {promise}\n{}\n{lines}", procedure.name, header()));
        }
    }
    sections.extend(findings.curves.iter().map(curve));
    if !findings.savings.is_empty() {
        sections.push(savings(&findings.savings));
    }
    sections.push(summary(findings));
    sections.join("\n\n")
}

/// Six columns on a page of 100 letters.
fn aligned(cells: [&str; 6]) -> String {
    let [law, quantity, promise, measured, limits, verdict] = cells;
    let line =
        format!("{law:<27}{quantity:<21}{promise:>6} {measured:>10}  {limits:<19}{verdict:<13}");
    line.trim_end().to_owned()
}

fn header() -> String {
    let header = aligned(["law", "quantity", "promise", "measured", "99.9 % limits", "verdict"]);
    format!("{header}\n{}", "─".repeat(99))
}

fn line(row: &Row) -> String {
    let limits = row.measured.limits();
    let limits = match row.measured {
        Measured::Exact { worst_at, .. } => format!("exact, at {}", number(worst_at)),
        Measured::Average { n_replicates: 0, .. } => "exact".into(),
        _ => format!("{}..{}", short(limits.lower), short(limits.upper)),
    };
    aligned([
        &row.law,
        &row.quantity,
        &row.promise.rate().map_or_else(|| "-".into(), rate),
        &number(row.measured.value()),
        &limits,
        &row.standing().to_string(),
    ])
}

/// A limit: three digits, two of a small one.
fn short(value: f64) -> String {
    match value.abs() {
        modulus if modulus > 0.0 && modulus < 1e-3 => rate(value),
        modulus if modulus < 1.0 => {
            let n_decimals = (2 - modulus.max(1e-3).log10().floor() as i32) as usize;
            let text = format!("{value:.n_decimals$}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => number(value),
    }
}

fn curve(curve: &Curve) -> String {
    let rows = curve.points.iter().map(|point| {
        vec![
            format!("{:.3}", point.truth),
            number(point.supported),
            number(point.refuted),
            format!("{:.1}", point.mean_samples),
        ]
    });
    let header = ["true value", "supported", "refuted", "mean samples"];
    format!("{}: {}\n{}", curve.procedure, curve.claim, columns(&header, rows))
}

fn savings(savings: &[Saving]) -> String {
    let rows = savings.iter().map(|saving| {
        let exact = saving.n_replicates == 0;
        vec![
            saving.law.clone(),
            if exact { "exact".into() } else { saving.n_replicates.to_string() },
            number(saving.supported),
            format!("{:.0}", saving.mean_samples),
            if exact { "-".into() } else { format!("{:.0}", saving.standard_error) },
            format!("{:.2}", saving.ratio()),
            saving.target.map_or_else(|| "-".into(), factor),
        ]
    });
    let header =
        ["law", "replicates", "supported", "mean samples", "std. error", "DKW / mean", "target"];
    let title = "samples/against-dkw: margin 0.01 at 1e-6 on [0, 1], by DKW 290174 samples";
    format!("{title}\n{}", columns(&header, rows))
}

fn summary(findings: &Findings) -> String {
    let count = |standing| findings.rows.iter().filter(|row| row.standing() == standing).count();
    let mut text = format!(
        "{} promises kept, {} broken; {} controls caught, {} not caught; {} rates outside of a model.",
        count(Standing::Kept),
        count(Standing::Broken),
        count(Standing::Caught),
        count(Standing::NotCaught),
        count(Standing::OutsideModel),
    );
    for row in findings.rows.iter().filter(|row| row.standing().is_fault()) {
        text +=
            &format!("\n{}: {} ({}) is {}.", row.procedure, row.quantity, row.law, row.standing());
    }
    text
}

/// The document of `calibrate`.
#[derive(Debug, Serialize)]
pub struct Calibration<'a> {
    schema: u32,
    command: &'static str,
    version: &'static str,
    seed: u64,
    replicates: usize,
    rows: Vec<RowRecord<'a>>,
    curves: Vec<CurveRecord<'a>>,
    savings: Vec<SavingRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct RowRecord<'a> {
    procedure: &'static str,
    law: &'a str,
    quantity: &'a str,
    method: &'static str,
    promise: Option<f64>,
    samples: usize,
    /// Replicates; null where nothing was sampled.
    n: Option<usize>,
    count: Option<usize>,
    /// Null of an average, which is in `mean`.
    rate: Option<f64>,
    lower: f64,
    upper: f64,
    /// The probability of success at which an exact rate is largest.
    worst_at: Option<f64>,
    mean: Option<f64>,
    standard_error: Option<f64>,
    verdict: String,
}

#[derive(Debug, Serialize)]
struct CurveRecord<'a> {
    procedure: &'static str,
    claim: &'a str,
    claimed: f64,
    margin: f64,
    points: Vec<PointRecord>,
}

#[derive(Debug, Serialize)]
struct PointRecord {
    truth: f64,
    supported: f64,
    refuted: f64,
    mean_samples: f64,
}

#[derive(Debug, Serialize)]
struct SavingRecord<'a> {
    procedure: &'static str,
    law: &'a str,
    n: usize,
    supported: f64,
    mean_samples: f64,
    standard_error: f64,
    fixed_samples: f64,
    ratio: f64,
    target: Option<f64>,
}

/// The document of findings. It depends on the seed and on the number of replicates alone.
pub fn calibration(seed: u64, replicates: usize, findings: &Findings) -> Calibration<'_> {
    Calibration {
        schema: SCHEMA,
        command: "calibrate",
        version: env!("CARGO_PKG_VERSION"),
        seed,
        replicates,
        rows: findings.rows.iter().map(RowRecord::of).collect(),
        curves: findings.curves.iter().map(CurveRecord::of).collect(),
        savings: findings.savings.iter().map(SavingRecord::of).collect(),
    }
}

impl<'a> RowRecord<'a> {
    fn of(row: &'a Row) -> Self {
        let limits = row.measured.limits();
        let mut record = RowRecord {
            procedure: row.procedure,
            law: &row.law,
            quantity: &row.quantity,
            method: "exact",
            promise: row.promise.rate(),
            samples: row.n_samples,
            n: None,
            count: None,
            rate: None,
            lower: limits.lower,
            upper: limits.upper,
            worst_at: None,
            mean: None,
            standard_error: None,
            verdict: row.standing().to_string(),
        };
        match row.measured {
            Measured::Exact { rate, worst_at } => {
                (record.rate, record.worst_at) = (Some(rate), Some(worst_at));
            }
            Measured::Counted { count, n_replicates } => {
                record.method = "sampled";
                record.rate = Some(row.measured.value());
                (record.n, record.count) = (Some(n_replicates), Some(count));
            }
            Measured::Average { mean, standard_error, n_replicates } => {
                if n_replicates > 0 {
                    record.method = "sampled";
                    record.n = Some(n_replicates);
                }
                (record.mean, record.standard_error) = (Some(mean), Some(standard_error));
            }
        }
        record
    }
}

impl<'a> CurveRecord<'a> {
    fn of(curve: &'a Curve) -> Self {
        let points = curve.points.iter().map(|point| PointRecord {
            truth: point.truth,
            supported: point.supported,
            refuted: point.refuted,
            mean_samples: point.mean_samples,
        });
        CurveRecord {
            procedure: curve.procedure,
            claim: &curve.claim,
            claimed: curve.claimed,
            margin: curve.margin,
            points: points.collect(),
        }
    }
}

impl<'a> SavingRecord<'a> {
    fn of(saving: &'a Saving) -> Self {
        SavingRecord {
            procedure: saving.procedure,
            law: &saving.law,
            n: saving.n_replicates,
            supported: saving.supported,
            mean_samples: saving.mean_samples,
            standard_error: saving.standard_error,
            fixed_samples: saving.fixed_samples,
            ratio: saving.ratio(),
            target: saving.target,
        }
    }
}

/// The rates as comma-separated values, one row a line; empty where a column does not apply.
pub fn calibration_csv(findings: &Findings) -> String {
    let mut text = String::from(
        "procedure,law,quantity,method,promise,samples,n,count,rate,lower,upper,worst_at,mean,\
         standard_error,verdict\n",
    );
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let float = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let whole = |value: Option<usize>| value.map(|v| v.to_string()).unwrap_or_default();
    for record in findings.rows.iter().map(RowRecord::of) {
        let cells = [
            quoted(record.procedure),
            quoted(record.law),
            quoted(record.quantity),
            record.method.into(),
            float(record.promise),
            record.samples.to_string(),
            whole(record.n),
            whole(record.count),
            float(record.rate),
            float(Some(record.lower)),
            float(Some(record.upper)),
            float(record.worst_at),
            float(record.mean),
            float(record.standard_error),
            quoted(&record.verdict),
        ];
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::{CurvePoint, Promise};
    use serde_json::{Value, json};

    pub(super) fn row(quantity: &str, promise: Promise, measured: Measured) -> Row {
        Row {
            procedure: "mean/sequential",
            law: "uniform, 1/8 wide, n = 256".into(),
            quantity: quantity.into(),
            n_samples: 1000,
            promise,
            measured,
        }
    }

    fn findings() -> Findings {
        let counted = |count| Measured::Counted { count, n_replicates: 100_000 };
        let average = Measured::Average { mean: 12345.6, standard_error: 1.0, n_replicates: 1000 };
        let point = CurvePoint { truth: 0.1, supported: 0.0, refuted: 1.0, mean_samples: 12.0 };
        Findings {
            rows: vec![
                row("miss, mean too small", Promise::AtMost(0.01), counted(987)),
                row("broken", Promise::AtMost(0.01), counted(1987)),
                row("exact", Promise::Control(0.01), Measured::Exact { rate: 0.35, worst_at: 0.5 }),
                row("normal only", Promise::IfOnly(0.01, "normal values"), counted(5000)),
                row("mean width", Promise::None, average),
            ],
            curves: vec![Curve {
                procedure: "power/mean",
                claim: "0.3 within 0.1".into(),
                claimed: 0.3,
                margin: 0.1,
                points: vec![point],
            }],
            savings: vec![Saving {
                procedure: "samples/against-dkw",
                law: "Bernoulli(0.5), exactly, by counts".into(),
                n_replicates: 1000,
                supported: 1.0,
                mean_samples: 90_000.4,
                standard_error: 123.4,
                fixed_samples: 290_174.0,
                target: Some(3.2),
            }],
        }
    }

    #[test]
    fn the_table_fits_the_page_and_names_what_is_broken() {
        let text = calibration_table(&findings());
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        for word in [
            "1 promises kept, 1 broken; 1 controls caught",
            "mean/sequential: broken (uniform, 1/8 wide, n = 256) is broken.",
            "exact, at 0.5",
            "outside model",
            "3.22",
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn limits_are_short() {
        let cases = [
            (0.0, "0"),
            (3.811e-5, "3.8e-5"),
            (0.009_684, "0.00968"),
            (0.015_87, "0.0159"),
            (0.9952, "0.995"),
            (1.0, "1"),
            (327.81, "327.8"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn the_document_says_null_where_a_field_does_not_apply() {
        let findings = findings();
        let text = super::super::to_json(&calibration(7, 100_000, &findings)).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let rows = &document["rows"];
        assert_eq!((&document["seed"], &document["replicates"]), (&json!(7), &json!(100_000)));
        assert_eq!((&rows[0]["count"], &rows[0]["n"]), (&json!(987), &json!(100_000)));
        assert_eq!(rows[0]["verdict"], "kept");
        assert_eq!((&rows[2]["count"], &rows[2]["worst_at"]), (&Value::Null, &json!(0.5)));
        assert_eq!((&rows[4]["rate"], &rows[4]["mean"]), (&Value::Null, &json!(12345.6)));
        assert_eq!(document["savings"][0]["target"], 3.2);
    }

    #[test]
    fn every_line_of_the_csv_has_every_column() {
        let text = calibration_csv(&findings());
        let n_columns = |line: &str| {
            let unquoted: Vec<&str> = line.split('"').step_by(2).collect();
            unquoted.concat().matches(',').count() + 1
        };
        assert!(text.lines().all(|line| n_columns(line) == 15), "{text}");
        assert_eq!(text.lines().count(), 6);
    }
}
