//! Interrupted runs.

use feature_contamination::error::Error;
use feature_contamination::setting::{EngineKind, Precision, Regime, Setting};
use feature_contamination::train::{self, Checkpoint, Trace};

fn regime(engine: EngineKind, precision: Precision, n_steps: usize, every: usize) -> Regime {
    let setting = Setting::theorem(4).with(|p| p.n_steps = n_steps).unwrap();
    Regime { engine, precision, seed: 11, setting, record_every_steps: every }
}

fn uninterrupted(regime: &Regime, resume: Option<Checkpoint>) -> Trace {
    train::run(regime, resume, &mut |_, _| Ok(())).unwrap()
}

/// Runs until so many rows were seen, then interrupts; returns the checkpoint as its file would.
fn interrupted(regime: &Regime, n_rows: usize) -> Checkpoint {
    let (mut n_seen, mut kept) = (0, None);
    let result = train::run(regime, None, &mut |row, checkpoint| {
        n_seen += 1;
        if n_seen < n_rows {
            return Ok(());
        }
        kept = Some(serde_json::to_string(&checkpoint()).unwrap());
        Err(Error::Interrupted { step: row.step })
    });
    assert!(matches!(result, Err(Error::Interrupted { .. })), "{result:?}");
    serde_json::from_str(&kept.unwrap()).unwrap()
}

#[test]
fn a_run_that_was_interrupted_ends_in_the_same_trace() {
    for engine in [EngineKind::Feature, EngineKind::Ambient] {
        for precision in [Precision::F32, Precision::F64] {
            for (n_steps, every) in [(12, 5), (12, 4), (3, 7)] {
                let regime = regime(engine, precision, n_steps, every);
                let whole = uninterrupted(&regime, None);
                for n_rows in 1..=whole.rows.len() {
                    let checkpoint = interrupted(&regime, n_rows);
                    assert_eq!(checkpoint.step(), whole.rows[n_rows - 1].step);
                    let resumed = uninterrupted(&regime, Some(checkpoint));
                    assert_eq!(resumed, whole, "{regime:?} after {n_rows} rows");
                }
            }
        }
    }
}

#[test]
fn a_trace_has_its_start_every_multiple_and_its_end() {
    let steps = |n_steps, every| -> Vec<usize> {
        let regime = regime(EngineKind::Feature, Precision::F32, n_steps, every);
        uninterrupted(&regime, None).rows.iter().map(|row| row.step).collect()
    };
    assert_eq!(steps(12, 5), [0, 5, 10, 12]);
    assert_eq!(steps(12, 4), [0, 4, 8, 12]);
    assert_eq!(steps(3, 7), [0, 3]);
    assert_eq!(steps(0, 7), [0]);
}

#[test]
fn a_checkpoint_of_another_regime_is_refused() {
    let mine = regime(EngineKind::Feature, Precision::F64, 12, 5);
    let checkpoint = interrupted(&mine, 2);
    let other = Regime { seed: 12, ..mine };
    let fault = train::run(&other, Some(checkpoint), &mut |_, _| Ok(())).unwrap_err();
    assert!(fault.to_string().contains("another regime"), "{fault}");
}
