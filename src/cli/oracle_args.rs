//! The arguments of `contam oracle`, as clap reads them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::SeedChoice;
use super::statistics;
use crate::error::{Error, Result};
use crate::setting::{DECAY_CONSTANT, Label, Latent};
use crate::stats::Correction;

#[derive(Debug, Subcommand)]
pub enum Oracle {
    /// The exact probability that a neuron is active on a class, and its normal approximation
    Activation(Activation),
    /// The activation on the other class, the ratio of background to core learned, and the risk that follow
    /// from the fixed-point equation
    FixedPoint(FixedPoint),
    /// Training in which a neuron is a handful of sums, for networks of any size
    MeanField(MeanField),
    /// The mean of your own bounded data, with an interval that holds whatever their law and number
    Mean(Mean),
    /// The exponent of a power law through measured values, with its interval and how it may err
    Trend(Trend),
    /// The exact interval of a proportion, by Clopper and Pearson
    Interval(Interval),
}

#[derive(Debug, Args)]
pub struct Mean {
    /// The data: a vector of f32 or f64, one number per independent run
    #[arg(long, value_name = "FILE.npy")]
    pub data: PathBuf,
    /// The probability that the interval covers the mean
    #[arg(long, value_name = "L", value_parser = statistics::level)]
    pub level: f64,
    /// The smallest value that a run can give
    #[arg(long, value_name = "X", default_value_t = 0.0, allow_negative_numbers = true)]
    pub lower: f64,
    /// The largest value that a run can give
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true)]
    pub upper: f64,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Activation {
    /// The weights in feature coordinates: a list of f32 or f64
    #[arg(long, value_name = "FILE.npy")]
    pub weights: PathBuf,
    /// How many of the features, the first ones, are core
    #[arg(long, value_name = "N")]
    pub core: usize,
    /// The law of the latents: uniform, bernoulli:P or beta:A,B
    #[arg(long, value_name = "LAW")]
    pub latent: Latent,
    /// The class
    #[arg(long, value_name = "1|-1", allow_negative_numbers = true, value_parser = label)]
    pub label: Label,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct FixedPoint {
    /// The number of features
    #[arg(long, value_name = "N")]
    pub d0: usize,
    /// How many of the features, the first ones, are core
    #[arg(long, value_name = "N")]
    pub core: usize,
    /// The law of the latents: uniform, bernoulli:P or beta:A,B
    #[arg(long, value_name = "LAW")]
    pub latent: Latent,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct MeanField {
    /// The number of features; all other sizes default to the theorem's
    #[arg(long, value_name = "N")]
    pub d0: usize,
    /// How many of the features, the first ones, are core; half of them by default
    #[arg(long, value_name = "N")]
    pub core: Option<usize>,
    /// The law of the latents: uniform, bernoulli:P or beta:A,B
    #[arg(long, value_name = "LAW", default_value = "uniform")]
    pub latent: Latent,
    /// The number of neurons, even; 4 d0 by default
    #[arg(long, value_name = "N")]
    pub width: Option<usize>,
    /// The constant c of the weight decay c d0 / m^1.01
    #[arg(long, value_name = "C", default_value_t = DECAY_CONSTANT)]
    pub decay: f64,
    /// The root of the random start
    #[arg(long, value_name = "N|random", default_value_t)]
    pub seed: SeedChoice,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Trend {
    /// Measured values: columns size, value and standard_error in any order, all positive
    #[arg(long, value_name = "FILE.csv")]
    pub data: PathBuf,
    /// The next term, relative to the power law: none, inverse-sqrt (of the size) or inverse
    #[arg(long, value_name = "NAME", default_value_t = Correction::None, value_parser = statistics::correction)]
    pub correction: Correction,
    /// The coverage of the interval, from 0.5 to below 1
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95, value_parser = statistics::level)]
    pub level: f64,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Interval {
    /// Trials that succeeded
    #[arg(long, value_name = "K")]
    pub successes: usize,
    /// Independent trials
    #[arg(long, value_name = "N")]
    pub trials: usize,
    /// The coverage of the interval, from 0.5 to below 1
    #[arg(long, value_name = "LEVEL", value_parser = statistics::level)]
    pub level: f64,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

fn label(text: &str) -> Result<Label> {
    let sign = text.parse().map_err(|_| {
        Error::out_of_range("label", text, "1 or -1", "name one of the two classes")
    })?;
    Label::from_sign(sign)
}
