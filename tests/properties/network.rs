//! Symmetries of networks and of the data.

use faer::Mat;
use feature_contamination::data::{Batch, Population, Shift};
use feature_contamination::linalg::max_abs_difference;
use feature_contamination::network::{TwoLayer, Workspace};
use feature_contamination::observe::class_means;
use feature_contamination::seed::Seed;
use feature_contamination::setting::Activation;
use proptest::prelude::*;

use super::strategies::{ACTIVATIONS, PIECEWISE_LINEAR, cases, normal, setting};

/// A network of the given weights, its outputs on a batch, and its weights after one step of the hinge loss.
fn stepped(activation: Activation, weights: &Mat<f64>, batch: &Batch<f64>) -> (Vec<f64>, Mat<f64>) {
    let mut network = TwoLayer::new(weights.clone(), activation).unwrap();
    let mut workspace = Workspace::default();
    let outputs = network.forward(batch.features.as_ref(), &mut workspace);
    let residuals: Vec<f64> = batch
        .labels
        .iter()
        .zip(&outputs)
        .map(|(y, h)| if y * h < 1.0 { *y } else { 0.0 })
        .collect();
    network.update((&batch.features, &residuals), &workspace, 0.9, 0.7);
    (outputs, network.weights().to_owned())
}

fn max_difference(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).fold(0.0, |worst, (a, b)| (a - b).abs().max(worst))
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_order_of_neurons_of_one_sign_is_of_no_account(
        setting in setting(ACTIVATIONS),
        seed in 0..1000_u64,
        by in 0..6_usize,
    ) {
        let (m, half) = (setting.width, setting.width / 2);
        let weights = normal(m, setting.n_features(), seed);
        // Both halves rotated, the second one twice as far.
        let source = |k: usize| if k < half { (k + by) % half } else { half + (k + 2 * by) % half };
        let rotate = |u: &Mat<f64>| Mat::from_fn(m, u.ncols(), |k, j| u[(source(k), j)]);
        let batch = Population::new(&setting).unwrap().draw(
            9,
            Shift::InDistribution,
            Seed::root(seed),
        );
        let (outputs, after) = stepped(setting.activation, &weights, &batch);
        let (rotated_outputs, rotated_after) =
            stepped(setting.activation, &rotate(&weights), &batch);
        prop_assert!(max_difference(&outputs, &rotated_outputs) < 1e-13);
        let gap = max_abs_difference(rotate(&after).as_ref(), rotated_after.as_ref());
        prop_assert!(gap < 1e-13);
    }

    /// The classes are alike: a sample of the one, with its core turned, is a sample of the other. A
    /// network whose core weights are turned and whose output weights change sign answers the opposite,
    /// and one step keeps the two networks in step.
    #[test]
    fn the_two_classes_are_mirror_images(setting in setting(ACTIVATIONS), seed in 0..1000_u64) {
        let (m, half, n_core) = (setting.width, setting.width / 2, setting.n_core);
        let turned = |j: usize| if j < n_core { -1.0 } else { 1.0 };
        let mirror_network = |u: &Mat<f64>| {
            Mat::from_fn(m, u.ncols(), |k, j| turned(j) * u[((k + half) % m, j)])
        };
        let batch: Batch<f64> =
            Population::new(&setting).unwrap().draw(9, Shift::InDistribution, Seed::root(seed));
        let mirrored = Batch {
            labels: batch.labels.iter().map(|y| -y).collect(),
            features: Mat::from_fn(9, setting.n_features(), |i, j| {
                turned(j) * batch.features[(i, j)]
            }),
        };
        let weights = normal(m, setting.n_features(), seed);
        let (outputs, after) = stepped(setting.activation, &weights, &batch);
        let (mirrored_outputs, mirrored_after) =
            stepped(setting.activation, &mirror_network(&weights), &mirrored);
        let opposite: Vec<f64> = mirrored_outputs.iter().map(|h| -h).collect();
        prop_assert!(max_difference(&outputs, &opposite) < 1e-13);
        let gap = max_abs_difference(mirror_network(&after).as_ref(), mirrored_after.as_ref());
        prop_assert!(gap < 1e-13);
        let means = class_means(&setting, weights.as_ref());
        let mirrored_means = class_means(&setting, mirror_network(&weights).as_ref());
        for k in 0..m {
            let (own, other) = (means[(k + half) % m].positive, mirrored_means[k].negative);
            prop_assert!((own - other).abs() < 1e-12 * (1.0 + own.abs()));
        }
    }

    #[test]
    fn a_piecewise_linear_network_is_homogeneous(
        setting in setting(PIECEWISE_LINEAR),
        seed in 0..1000_u64,
        scale in 0.01..100.0_f64,
    ) {
        let weights = normal(setting.width, setting.n_features(), seed);
        let inputs = normal(7, setting.n_features(), seed + 1);
        let outputs = |u: &Mat<f64>| {
            TwoLayer::new(u.clone(), setting.activation).unwrap().outputs(inputs.as_ref())
        };
        let scaled = outputs(&(faer::Scale(scale) * &weights));
        let expected: Vec<f64> = outputs(&weights).iter().map(|h| scale * h).collect();
        prop_assert!(max_difference(&scaled, &expected) < 1e-13 * scale.max(1.0));
    }

    #[test]
    fn out_of_distribution_only_the_background_changes_sign(
        setting in setting(ACTIVATIONS),
        seed in 0..1000_u64,
    ) {
        let population = Population::new(&setting).unwrap();
        let draw = |shift| -> Batch<f64> { population.draw(8, shift, Seed::root(seed)) };
        let (inside, outside) = (draw(Shift::InDistribution), draw(Shift::OutOfDistribution));
        prop_assert_eq!(&inside.labels, &outside.labels);
        for (i, j) in (0..8).flat_map(|i| (0..setting.n_features()).map(move |j| (i, j))) {
            let (s, t) = (inside.features[(i, j)], outside.features[(i, j)]);
            prop_assert_eq!(if j < setting.n_core { s } else { -s }, t);
            let latent = if j < setting.n_core { inside.labels[i] * s } else { s };
            prop_assert!((0.0..=1.0).contains(&latent));
        }
    }
}
