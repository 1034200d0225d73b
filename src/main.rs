//! The program `contam`.

use std::process::ExitCode;

fn main() -> ExitCode {
    feature_contamination::cli::main()
}
