//! The figures of the authors' experiment: as SVG, as CSV, as JSON, and in a few lines of text.

mod draw;

use serde::Serialize;

use super::SCHEMA;
use super::text::page_table;
use crate::error::Result;
use crate::toy::{Dots, Figures, RateHistogram, TrainingCurves};

/// The files of the figures by their names: each drawing with its numbers.
///
/// # Errors
/// If a drawing cannot be made.
pub fn figure_files(figures: &Figures) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for course in &figures.courses {
        files.push((format!("{}.svg", course.file), draw::course(course)?));
        files.push((format!("{}.csv", course.file), course_csv(course)));
    }
    files.push(("activation-rates.svg".into(), draw::rates(&figures.rates)?));
    files.push(("activation-rates.csv".into(), rates_csv(&figures.rates)));
    for dots in &figures.dots {
        files.push((format!("{}.svg", dots.file), draw::dots(dots)?));
        files.push((format!("{}.csv", dots.file), dots_csv(dots)));
    }
    Ok(files)
}

fn course_csv(course: &TrainingCurves) -> String {
    let mut csv = String::from("step,curve,predicted,run,value\n");
    for curve in &course.curves {
        for (run_idx, run) in curve.runs.iter().enumerate() {
            for (step, value) in course.steps.iter().zip(run) {
                let (name, is_predicted) = (curve.name.replace(',', ""), curve.is_predicted);
                csv += &format!("{step},{name},{is_predicted},{run_idx},{value}\n");
            }
        }
    }
    csv
}

fn rates_csv(rates: &RateHistogram) -> String {
    let mut csv = String::from("when,class,unit,rate\n");
    for (when, of) in [("start", &rates.start), ("end", &rates.end)] {
        for (class, rates) in [("1", &of.positive), ("-1", &of.negative)] {
            for (unit, rate) in rates.iter().enumerate() {
                csv += &format!("{when},{class},{unit},{rate}\n");
            }
        }
    }
    csv
}

fn dots_csv(dots: &Dots) -> String {
    let mut csv = String::from("network,run,lost_margin\n");
    for (network, runs) in &dots.networks {
        for (run_idx, lost) in runs.iter().enumerate() {
            csv += &format!("{network},{run_idx},{lost}\n");
        }
    }
    csv
}

/// The document of the figures: what the text says, in numbers.
#[derive(Debug, Serialize)]
pub struct FiguresDocument {
    schema: u32,
    command: &'static str,
    version: &'static str,
    seed: u64,
    features: usize,
    courses: Vec<End>,
    lost_margin: Vec<Lost>,
    overfitting: Vec<Overfitting>,
}

/// The last point of a curve.
#[derive(Debug, Serialize)]
struct End {
    figure: &'static str,
    curve: &'static str,
    is_predicted: bool,
    step: usize,
    mean: f64,
    least: f64,
    largest: f64,
}

#[derive(Debug, Serialize)]
struct Lost {
    figure: &'static str,
    network: String,
    mean: f64,
    runs: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Overfitting {
    trained: f64,
    fresh_background: f64,
    shifted_background: f64,
    share: f64,
}

/// The document of figures of so many features.
pub fn figures_document(figures: &Figures, n_features: usize, seed: u64) -> FiguresDocument {
    let ends = figures.courses.iter().flat_map(|course| {
        course.curves.iter().map(|curve| {
            let last: Vec<f64> = curve.runs.iter().filter_map(|run| run.last().copied()).collect();
            let (mean, least, largest) = summary(&last);
            End {
                figure: course.file,
                curve: curve.name,
                is_predicted: curve.is_predicted,
                step: course.steps.last().copied().unwrap_or_default(),
                mean,
                least,
                largest,
            }
        })
    });
    let lost = figures.dots.iter().flat_map(|dots| {
        dots.networks.iter().map(|(network, runs)| Lost {
            figure: dots.file,
            network: network.clone(),
            mean: summary(runs).0,
            runs: runs.clone(),
        })
    });
    let overfitting = figures.overfitting.iter().map(|gap| Overfitting {
        trained: gap.trained,
        fresh_background: gap.fresh,
        shifted_background: gap.shifted,
        share: gap.share(),
    });
    FiguresDocument {
        schema: SCHEMA,
        command: "figures",
        version: env!("CARGO_PKG_VERSION"),
        seed,
        features: n_features,
        courses: ends.collect(),
        lost_margin: lost.collect(),
        overfitting: overfitting.collect(),
    }
}

/// Mean, least and largest.
pub(super) fn summary(values: &[f64]) -> (f64, f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (mean, least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

/// The ends of the curves and what networks lose, as a table and a sentence.
pub fn figures_text(document: &FiguresDocument) -> String {
    let mut table = page_table(&["figure", "at the end", "mean", "least", "largest"]);
    let cell = |value: f64| format!("{value:.3}");
    for end in &document.courses {
        let numbers = [end.mean, end.least, end.largest].map(cell);
        table.add_row([end.figure.to_owned(), end.curve.to_owned()].into_iter().chain(numbers));
    }
    for lost in &document.lost_margin {
        let (mean, least, largest) = summary(&lost.runs);
        let name = format!("margin lost, {}", lost.network);
        let numbers = [mean, least, largest].map(cell);
        table.add_row([lost.figure.to_owned(), name].into_iter().chain(numbers));
    }
    let shares: Vec<f64> = document.overfitting.iter().map(|gap| gap.share).collect();
    let (mean, least, largest) = summary(&shares);
    format!(
        "{}\n\nID and OOD losses are on fresh samples. Of the default figure's own gap, training loss to loss \
         on the same\ncores with a shifted background, overfitting is {:.0} % ({:.0} to {:.0} %).",
        table.trim_fmt(),
        100.0 * mean,
        100.0 * least,
        100.0 * largest
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::ByLabel;
    use crate::toy::{Curve, CurveKind, OverfittingGap};

    fn figures() -> Figures {
        let curve = |name, quantity, is_predicted| Curve {
            name,
            quantity,
            is_predicted,
            runs: vec![vec![1.0, 0.5], vec![1.0, 0.7]],
        };
        let course = TrainingCurves {
            file: "theoretical",
            title: "A setting".into(),
            steps: vec![0, 100],
            curves: vec![
                curve("ID loss", CurveKind::Loss, false),
                curve("ID loss, predicted", CurveKind::Loss, true),
                curve("core", CurveKind::Correlation, false),
            ],
        };
        let rates = |low: f64| ByLabel::from_fn(|_| vec![low, 0.5, 1.0]);
        let networks = vec![("relu".into(), vec![0.7, 0.8]), ("tanh".into(), vec![0.0, 0.1])];
        Figures {
            courses: vec![course],
            rates: RateHistogram { start: rates(0.0), end: rates(0.9) },
            dots: vec![Dots { file: "activations", title: "Others".into(), networks }],
            overfitting: vec![OverfittingGap { trained: 0.0, fresh: 0.1, shifted: 0.5 }],
        }
    }

    #[test]
    fn every_drawing_comes_with_its_numbers() {
        let files = figure_files(&figures()).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "theoretical.svg",
                "theoretical.csv",
                "activation-rates.svg",
                "activation-rates.csv",
                "activations.svg",
                "activations.csv"
            ]
        );
        for (name, text) in &files {
            let is_drawing = name.ends_with(".svg");
            assert_eq!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"), is_drawing);
        }
        // Every row has every column.
        for (_, text) in files.iter().filter(|(name, _)| name.ends_with(".csv")) {
            let n_columns = |line: &str| line.split(',').count();
            let header = n_columns(text.lines().next().unwrap());
            assert!(text.lines().all(|line| n_columns(line) == header), "{text}");
        }
        assert_eq!(files[1].1.lines().count(), 1 + 3 * 2 * 2);
        assert_eq!(files[5].1.lines().nth(1), Some("relu,0,0.7"));
    }

    #[test]
    fn drawings_name_what_they_show() {
        let files = figure_files(&figures()).unwrap();
        for label in ["A setting", "ID loss, predicted", "feature correlation", "step"] {
            assert!(files[0].1.contains(label), "{label}");
        }
        for label in ["at the start", "in the end", "class +1", "class -1"] {
            assert!(files[2].1.contains(label), "{label}");
        }
        assert_eq!(files[4].1.matches("<circle").count(), 4);
    }

    #[test]
    fn the_text_tells_the_ends_and_the_share_of_overfitting() {
        let document = figures_document(&figures(), 64, 7);
        let text = figures_text(&document);
        for part in ["0.600", "margin lost, tanh", "overfitting is 20 %"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(document.overfitting[0].share, 0.2);
    }
}
