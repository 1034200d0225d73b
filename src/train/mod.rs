//! Training: the hinge loss, the step of stochastic gradient descent with weight decay, the loop with
//! its trace and its checkpoint, and the two engines behind one interface.
//!
//! [`Simulation`] is a run of the theorems' regime, [`ExperimentRun`] one beyond it, [`Distillation`] one in which a
//! student learns a teacher's representation.
//!
//! One step of the theorems, with a fresh batch of `N` samples and `q = 1 - eta lambda`:
//! `w_k <- q w_k + (eta / N) a_k sum_i 1{y_i h(x_i) < 1} y_i phi'(<w_k, x_i>) x_i`.

mod checkpoint;
mod coordinates;
mod experiment;
mod loss;
mod orthants;
mod simulation;
mod trace;

pub use checkpoint::Checkpoint;
pub use coordinates::Coordinates;
pub use experiment::{
    Distillation, ExperimentCheckpoint, ExperimentObserver, ExperimentRun, StartArrays,
    run_experiment,
};
pub use loss::{Evaluation, evaluate};
pub use simulation::{Simulation, Step};
pub use trace::{Observer, Row, Trace, run};
