//! What a run of an experiment begins with: its features and its layers, drawn or from a start file.

use faer::Mat;

use super::features::{Features, basis_of, coordinates, rounded};
use super::start_file::StartArrays;
use crate::data::Dictionary;
use crate::error::{Error, Result};
use crate::linalg::Real;
use crate::network::{Layer, gaussian_start, start_layer, start_output, with_bias};
use crate::seed::Seed;
use crate::setting::{EngineKind, Experiment, StartLaw};

/// Features and layers of a start file.
pub(super) fn given<T: Real>(
    experiment: &Experiment,
    arrays: &StartArrays,
) -> Result<(Features<T>, Vec<Layer<T>>)> {
    let sizes = (experiment.n_features(), experiment.ambient_dim);
    if arrays.features.shape() != sizes {
        return Err(Error::out_of_range(
            "shape of input_transform",
            format!("{:?}", arrays.features.shape()),
            format!("the experiment's (d0, d) = {sizes:?}"),
            "let the start file overrule the description first",
        ));
    }
    let mut layers: Vec<Layer<f64>> = arrays.layers.clone();
    let features = match experiment.engine() {
        EngineKind::Ambient => rounded(arrays.features.as_ref()),
        EngineKind::Feature => {
            let basis = basis_of(arrays.features.as_ref());
            layers[0] = in_basis(&layers[0], &basis);
            rounded(coordinates(arrays.features.as_ref(), basis.as_ref()).as_ref())
        }
    };
    Ok((Features::Rows(features), layers.iter().map(rounded_layer).collect()))
}

/// Features and layers of an experiment without a start file.
pub(super) fn drawn<T: Real>(experiment: &Experiment, seed: Seed) -> (Features<T>, Vec<Layer<T>>) {
    let (d, d0) = (experiment.ambient_dim, experiment.n_features());
    let dictionary = || Dictionary::<f64>::orthonormal(d, d0, seed.child("dictionary"));
    let (width, has_bias, law) = (experiment.width, experiment.has_bias, experiment.start);
    let uniform = || start_layer(law, (width, d), has_bias, layer_seed(seed, 0));
    let (features, first) = match (experiment.engine(), law) {
        (EngineKind::Feature, StartLaw::Gaussian) => {
            let weights = gaussian_start(width, d0, d, seed.child("start"));
            (Features::Axes, without_biases(weights, has_bias))
        }
        (EngineKind::Feature, StartLaw::Uniform) => {
            let layer: Layer<f64> = uniform();
            let weights = dictionary().project(layer.without_bias());
            (Features::Axes, with_weights(&layer, weights))
        }
        (EngineKind::Ambient, law) => {
            let dictionary = dictionary();
            let axes = Mat::identity(d0, d0);
            let rows = dictionary.embed(axes.as_ref());
            let first = match law {
                StartLaw::Uniform => uniform(),
                StartLaw::Gaussian => gaussian_layer(experiment, &dictionary, seed),
            };
            (Features::Rows(rounded(rows.as_ref())), first)
        }
    };
    let mut layers = vec![first];
    let n_hidden = experiment.depth - 1;
    for l in 1..n_hidden {
        layers.push(start_layer(law, (width, width), has_bias, layer_seed(seed, l)));
    }
    let of_output = (width, has_bias);
    layers.push(start_output(law, experiment.output, of_output, layer_seed(seed, n_hidden)));
    (features, layers.iter().map(rounded_layer).collect())
}

fn layer_seed(seed: Seed, layer_idx: usize) -> Seed {
    seed.child("layer").index(layer_idx)
}

/// The theorem's first layer in the ambient space, on the streams of [`crate::train::Coordinates::start`],
/// with biases 0.
fn gaussian_layer(experiment: &Experiment, dictionary: &Dictionary<f64>, seed: Seed) -> Layer<f64> {
    let (m, d) = (experiment.width, experiment.ambient_dim);
    let features = gaussian_start(m, experiment.n_features(), d, seed.child("start"));
    let ambient: Mat<f64> = gaussian_start(m, d, d, seed.child("orthogonal start"));
    let orthogonal = dictionary.orthogonal_part(ambient.as_ref());
    without_biases(orthogonal + dictionary.embed(features.as_ref()), experiment.has_bias)
}

/// A layer whose biases, where it has any, are 0.
fn without_biases(weights: Mat<f64>, has_bias: bool) -> Layer<f64> {
    with_bias(weights, has_bias, |n_units| Mat::zeros(n_units, 1))
}

/// A layer whose inputs are given in a basis, as coordinates.
fn in_basis(layer: &Layer<f64>, basis: &Mat<f64>) -> Layer<f64> {
    with_weights(layer, coordinates(layer.without_bias(), basis.as_ref()))
}

/// Other weights with the biases of a layer.
fn with_weights(layer: &Layer<f64>, weights: Mat<f64>) -> Layer<f64> {
    let last = layer.weights.ncols() - 1;
    with_bias(weights, layer.has_bias, |n_units| {
        Mat::from_fn(n_units, 1, |k, _| layer.weights[(k, last)])
    })
}

fn rounded_layer<T: Real>(layer: &Layer<f64>) -> Layer<T> {
    Layer { weights: rounded(layer.weights.as_ref()), has_bias: layer.has_bias }
}
