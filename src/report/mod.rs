//! Evidence as text, as JSON and as a page. Pure: nothing here reads a file, a clock or a terminal.
//!
//! Rows come in the order of the study. A number is shown with four significant digits in text and
//! with all of its digits in JSON.

mod anchor;
mod calibration;
mod calibration_plot;
mod combined;
mod coverage;
mod design;
#[cfg(feature = "faults")]
mod faults;
mod graph;
mod heat_map;
mod json;
mod junit;
mod list;
mod number;
mod page;
mod plots;
mod remark;
mod repeated;
mod sweep;
mod table;
mod text;
mod toy;

pub use calibration::{Calibration, calibration, calibration_csv, calibration_table};
pub use calibration_plot::{power_plot, rates_plot};
pub use combined::{Combination, Recorded, combination, verdict_source};
pub use coverage::{Coverage, coverage};
pub use design::{DesignDocument, design_document, design_text, plan_table};
#[cfg(feature = "faults")]
pub use faults::{
    PAGE_END, PAGE_START, fault_list, panel_document, panel_line, panel_page, panel_table,
};
pub use graph::Graph;
pub use heat_map::heat_map;
pub use json::{
    Listing, SCHEMA, VERIFICATION_SCHEMA, Verification, listing, to_json, verification,
};
pub use junit::junit;
pub use list::list;
pub use number::{number, optional, rate, span};
pub use page::{FIGURES, PAGE, Picture, report_files};
pub use remark::remark;
pub use repeated::{Repeated, repeated};
pub use sweep::{SweepDocument, sweep_csv, sweep_document, sweep_table};
pub use table::{summary, table};
pub use text::columns;
pub use toy::{figure_files, figures_document, figures_text};

pub use crate::study::Verdict;
use crate::study::{Arm, Study, Tier};

/// The conditions under which outcomes came about; with the crate's version they repeat them.
///
/// ```
/// use feature_contamination::paper;
/// use feature_contamination::report::Conditions;
/// use feature_contamination::study::Arm;
///
/// let study = paper::study();
/// let conditions = Conditions {
///     study: &study,
///     program: "contam",
///     arm: Arm::Control,
///     seed: 7,
///     tier: study.tier("quick")?,
///     n_threads: 2,
///     planned_seconds: 10.0,
///     seconds: 12.5,
/// };
/// assert_eq!(conditions.command("linear/risk"), "contam control linear/risk --seed 7 --tier quick");
/// assert_eq!(conditions.counted(2), "2 controls");
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Conditions<'a> {
    /// The study that was run.
    pub study: &'a Study,
    /// The command that starts the program.
    pub program: &'a str,
    /// Whether the claims ran, or their controls.
    pub arm: Arm,
    /// The root of all random streams.
    pub seed: u64,
    /// How much was spent.
    pub tier: Tier,
    /// Threads that shared the work; no number depends on it.
    pub n_threads: usize,
    /// Wall-clock time that the plan gave the run.
    pub planned_seconds: f64,
    /// Wall-clock time of the whole run.
    pub seconds: f64,
}

impl Conditions<'_> {
    /// The command that shows the outcome of one claim again.
    pub fn command(&self, id: &str) -> String {
        format!(
            "{} {} {id} --seed {} --tier {}",
            self.program,
            self.subcommand(),
            self.seed,
            self.tier
        )
    }

    /// So many claims, or controls, in words.
    pub fn counted(&self, n: usize) -> String {
        let noun = match self.arm {
            Arm::Claim => "claim",
            Arm::Control => "control",
        };
        let plural = if n == 1 { "" } else { "s" };
        format!("{n} {noun}{plural}")
    }

    /// The subcommand that runs this arm.
    pub fn subcommand(&self) -> &'static str {
        match self.arm {
            Arm::Claim => "verify",
            Arm::Control => "control",
        }
    }
}

#[cfg(test)]
mod fixture;
