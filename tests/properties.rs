//! Invariants of every public module, over random settings, weights and counts.

mod properties {
    mod checkpoints;
    mod network;
    mod predictions;
    mod regimes;
    mod statistics;
    mod strategies;
    mod training;
    mod trends;
}
