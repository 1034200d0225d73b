//! Deliberate faults in the physics of a run, to see which claims catch them.
//!
//! A *site* is a place where a run computes something that a fault can change: a learning rate, a label,
//! the index of a batch. The code of a run passes what it computes there through one of the functions of
//! this module. In the program that is shipped they are the identity and leave no trace; with the feature
//! `faults` they apply the one fault that is switched on (`inject`), and `contam faults` runs the
//! claims under each fault of the list (`FAULTS`) in turn.
//!
//! Sites lie in `data`, `network` and `train` only. `setting` and `predict` may not import this module
//! (`tests/tidy.rs`), so that a fault is on one side of a claim, never on both.

#[cfg(feature = "faults")]
mod list;
#[cfg(not(feature = "faults"))]
mod sound;
#[cfg(feature = "faults")]
mod switch;

#[cfg(feature = "faults")]
pub use list::{FAULTS, Fault, select};
#[cfg(not(feature = "faults"))]
pub(crate) use sound::{breaks, count, strikes, value};
#[cfg(feature = "faults")]
pub use switch::inject;
#[cfg(feature = "faults")]
pub(crate) use switch::{breaks, count, strikes, value};

/// A place where a run can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// A latent `z_j`, as drawn.
    Latent,
    /// Background latents go on in the stream of the core's.
    LatentStream,
    /// Labels have a stream of their own.
    LabelStream,
    /// Of a negative label: whether it is drawn as positive.
    FairLabel,
    /// Of a label as given to the network: whether it is the wrong one.
    LabelNoise,
    /// A label as given to the network, +1 or -1.
    LabelValue,
    /// Of a core coordinate: whether it has the other class's sign.
    CoreSign,
    /// The sign of the core out of distribution, over that in distribution.
    ShiftedCore,
    /// The sign of the background out of distribution.
    ShiftedBackground,
    /// The association of the background with the label.
    Association,
    /// The number of core features.
    CoreFeatures,
    /// The number of features that are filled in.
    FilledFeatures,
    /// The length of a feature in the ambient space.
    FeatureLength,
    /// A standard normal variable of the start.
    StartNormal,
    /// The start's variance is one over the ambient dimension.
    StartDimension,
    /// Every run has a start of its own.
    StartStream,
    /// The number of neurons of positive output weight.
    PositiveNeurons,
    /// The `m` of the output weights `+-1/m`.
    OutputDivisor,
    /// ReLU has a kink.
    Kink,
    /// The derivative of ReLU below 0.
    SlopeBelowZero,
    /// A weight after its decay, as stored.
    StoredWeight,
    /// The learning rate `eta` of a step along the gradient.
    LearningRate,
    /// The factor `q = 1 - eta lambda` of a step.
    Shrinkage,
    /// The number of samples of a batch.
    BatchSize,
    /// The `N` that the batch's sum is divided by.
    BatchDivisor,
    /// The index of a step's batch in its stream.
    BatchIndex,
    /// Every run has batches of its own.
    BatchStream,
    /// The margin from which on a sample has no gradient.
    HingeCorner,
    /// How many places further the output lies that a sample's hinge looks at.
    HingeOffset,
    /// The number of steps after which a run stops.
    LastStep,
    /// Risks are measured on samples that training has not seen.
    TestStream,
    /// The loss of one sample, as reported.
    Loss,
}
