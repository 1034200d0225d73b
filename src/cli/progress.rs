//! Live lines on standard error. They hide themselves where that is not a terminal.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::calibrate;
use crate::study;

/// How often the clock of a line moves; a free choice.
const TICK: Duration = Duration::from_millis(200);

/// A live line that disappears when it is dropped.
#[derive(Debug)]
pub struct Line(ProgressBar);

impl Line {
    /// A line over so many steps.
    pub fn of_steps(n_steps: usize) -> Self {
        let line = Line::new(false);
        line.0.set_length(n_steps as u64);
        line.0.set_style(counting("steps"));
        line.0.set_message("training");
        line
    }

    /// A line over claims, whose runs are counted once they are planned; hidden on request.
    pub fn of_claims(quiet: bool) -> Self {
        Line::new(quiet)
    }

    /// A line over work of so much cost, in units that nobody sees; hidden on request.
    pub fn of_cost(cost: u64, quiet: bool) -> Self {
        let line = Line::new(quiet);
        line.0.set_length(cost);
        line.0.set_style(left("{msg} {wide_bar} {elapsed}{left}"));
        line
    }

    fn new(quiet: bool) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        bar.set_style(style("{msg}, {elapsed} so far"));
        bar.enable_steady_tick(TICK);
        Line(bar)
    }

    /// So many steps are done.
    pub fn set(&self, n_steps: usize) {
        self.0.set_position(n_steps as u64);
    }

    /// Work of so much cost is done.
    pub fn advance(&self, cost: u64) {
        self.0.inc(cost);
    }

    /// What the line says.
    pub fn say(&self, message: String) {
        self.0.set_message(message);
    }

    /// A watcher that writes into this line.
    pub fn watcher(&self) -> Watcher {
        Watcher(self.0.clone())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Watches a run of claims.
#[derive(Debug)]
pub struct Watcher(ProgressBar);

impl study::Progress for Watcher {
    fn claim(&self, claim_idx: usize, n_claims: usize, id: &str) {
        self.0.set_message(format!("claim {} of {n_claims}, {id}", claim_idx + 1));
    }

    fn runs_planned(&self, n_runs: usize) {
        self.0.inc_length(n_runs as u64);
        self.0.set_style(counting("runs"));
    }

    fn run_done(&self) {
        self.0.inc(1);
    }
}

impl calibrate::Progress for Watcher {
    fn procedure(&self, procedure_idx: usize, n_procedures: usize, name: &str) {
        self.0.set_message(format!("{} of {n_procedures}, {name}", procedure_idx + 1));
        self.0.set_length(0);
        self.0.set_position(0);
        self.0.set_style(counting("replicates"));
    }

    fn planned(&self, n_replicates: usize) {
        self.0.inc_length(n_replicates as u64);
    }

    fn done(&self, n_replicates: usize) {
        self.0.inc(n_replicates as u64);
    }
}

/// A line that counts and estimates the time left, in what a terminal of 80 columns has.
fn counting(unit: &str) -> ProgressStyle {
    left(&format!("{{msg}} {{wide_bar}} {{pos}}/{{len}} {unit}{{rate}}, {{elapsed}}{{left}}"))
}

/// A line with a bar that knows the time left.
fn left(template: &str) -> ProgressStyle {
    style(template)
        .progress_chars("=> ")
        .with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
            let per_second = state.per_sec();
            let digits = usize::from(per_second < 10.0);
            let _ = write!(text, ", {per_second:.digits$}/s");
        })
        .with_key("left", |state: &ProgressState, text: &mut dyn Write| {
            // What is planned so far may be done while other work goes on: then nothing is known.
            if state.len().is_some_and(|n_units| state.pos() < n_units) {
                let _ = write!(text, ", {:#} left", HumanDuration(state.eta()));
            }
        })
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
