//! The arrays of a start file: data, features and weights from elsewhere.

use std::collections::BTreeMap;

use faer::Mat;

use super::features::{basis_of, largest_outside};
use crate::arrays::Array;
use crate::error::{Error, Result};
use crate::network::{Layer, Perceptron, with_bias};
use crate::setting::{Activation, Description, EngineKind, Latent, Samples};

/// Arrays that fit each other: what a run starts from in place of its own draws.
#[derive(Debug, Clone)]
pub struct StartArrays {
    /// The samples of every step, shape `(n, d)`, with their labels; nothing where batches are fresh.
    pub(super) training: Option<(Mat<f64>, Vec<f64>)>,
    /// The samples of the loss out of distribution, shape `(n, d)`, with the labels of the training data.
    pub(super) test: Option<Mat<f64>>,
    /// The features as rows, shape `(d0, d)`.
    pub(super) features: Mat<f64>,
    /// The layers of weights.
    pub(super) layers: Vec<Layer<f64>>,
    /// A number that tells these arrays from others.
    pub(super) fingerprint: u64,
    /// Names that nothing here knows.
    unused: Vec<String>,
}

impl StartArrays {
    /// Arrays by the names of the authors' script: `train_x` (n, d) and `y` (n,), or neither where batches
    /// are fresh; `test_x` (n, d), which may be missing; `input_transform` (d0, d), the features as rows,
    /// core first; `fcs_0_weight` (m, d), `fcs_1_weight`, ... (units, inputs), the last with one row; and
    /// `fcs_0_bias` (m,), ..., each of which may be missing: that layer then has no bias.
    ///
    /// # Errors
    /// - an array that is missing, or has another shape than its neighbours ask for;
    /// - a label other than 1 or -1, an entry that is not finite;
    /// - more features than dimensions.
    pub fn from_arrays(mut arrays: BTreeMap<String, Array>) -> Result<Self> {
        let fingerprint = fingerprint(&arrays);
        for (name, array) in &arrays {
            check(array, name)?;
        }
        let features = matrix(&required(&mut arrays, "input_transform")?, "input_transform")?;
        let (d0, d) = features.shape();
        if d0 == 0 || d0 > d {
            return Err(bad_shape("input_transform", &[d0, d], "at most as many rows as columns"));
        }
        let layers = take_layers(&mut arrays)?;
        if layers[0].n_inputs() != d {
            let found = layers[0].weights.shape();
            let range = format!("(units, {d}): input_transform has {d} columns");
            return Err(bad_shape("fcs_0_weight", &[found.0, layers[0].n_inputs()], &range));
        }
        // What does not fit is refused here, before a run is built around it.
        Perceptron::new(layers.clone(), Activation::Relu)?;
        let training = take_training(&mut arrays, d)?;
        let test = match arrays.remove("test_x") {
            Some(array) => Some(take_test(&array, training.as_ref(), d)?),
            None => None,
        };
        let unused = arrays.into_keys().collect();
        Ok(StartArrays { training, test, features, layers, fingerprint, unused })
    }

    /// Whether training and test data lie in the span of the features, up to the rounding of arrays that
    /// were computed in `f32`.
    pub fn data_are_coordinates(&self) -> bool {
        let basis = basis_of(self.features.as_ref());
        let rows = self.training.iter().map(|(rows, _)| rows).chain(&self.test);
        let mut largest = 0.0_f64;
        let mut outside = 0.0_f64;
        for rows in rows {
            outside = outside.max(largest_outside(rows.as_ref(), basis.as_ref()));
            let norms = rows.row_iter().map(|row| row.norm_l2());
            largest = norms.fold(largest, f64::max);
        }
        // An entry is a sum of d0 products, each rounded once, and no larger than the row's norm.
        let tolerance = 2.0 * self.features.nrows() as f64 * f64::from(f32::EPSILON);
        outside <= tolerance * largest
    }

    /// The description that these arrays belong to, with a sentence on every key that they overrule.
    ///
    /// # Errors
    /// If the description asks for the same samples every step, and the arrays have none.
    pub fn overrule(&self, description: &Description) -> Result<(Description, Vec<String>)> {
        if self.training.is_none() && matches!(description.samples, Samples::Full(_)) {
            return Err(missing("train_x"));
        }
        let mut to = description.clone();
        let mut notes: Vec<String> =
            self.unused.iter().map(|name| format!("array `{name}` is not used")).collect();
        let mut overrule = |key: &str, asked: usize, found: usize| {
            if asked != found {
                notes.push(format!(
                    "{key} = {asked} gives way to the start file, which has {found}"
                ));
            }
            found
        };
        let (d0, d) = self.features.shape();
        let n_laws = overrule("data.d0", to.n_features(), d0);
        let law = to.latents.first().copied().unwrap_or(Latent::Uniform);
        to.latents.resize(n_laws, law);
        to.ambient_dim = overrule("data.d", to.ambient_dim, d);
        to.width = overrule("network.width", to.width, self.layers[0].n_units());
        to.depth = overrule("network.depth", to.depth, self.layers.len());
        if let Some((_, labels)) = &self.training {
            let n_samples = labels.len();
            match to.samples {
                Samples::Full(0) => {}
                Samples::Full(asked) => {
                    overrule("data.samples", asked, n_samples);
                }
                Samples::Fresh(asked) => notes.push(format!(
                    "data.batch = {asked} gives way to the start file: its {n_samples} samples are \
                     those of every step"
                )),
            }
            to.samples = Samples::Full(n_samples);
        }
        let has_bias = self.layers.iter().any(|layer| layer.has_bias);
        if to.has_bias != has_bias {
            notes.push(format!(
                "network.bias = {} gives way to the start file, which has {} biases",
                to.has_bias,
                if has_bias { "some" } else { "no" }
            ));
        }
        to.has_bias = has_bias;
        if to.engine == EngineKind::Feature
            && to.optimizer.is_rotation_invariant()
            && !self.data_are_coordinates()
        {
            notes.push(
                "engine = \"feature\" gives way to \"ambient\": the data of the start file do not lie \
                 in the span of input_transform"
                    .into(),
            );
            to.engine = EngineKind::Ambient;
        }
        Ok((to, notes))
    }
}

/// Refuses an array whose entries do not fit its shape or are not finite.
fn check(array: &Array, name: &str) -> Result<()> {
    let n_entries = array.shape.iter().try_fold(1_usize, |n, &side| n.checked_mul(side));
    if n_entries != Some(array.values.len()) {
        let n_found = format!("as many entries as the {} given", array.values.len());
        return Err(bad_shape(name, &array.shape, &n_found));
    }
    match array.values.iter().position(|value| !value.is_finite()) {
        Some(idx) => Err(Error::out_of_range(
            format!("entry {idx} of the array `{name}`"),
            array.values[idx],
            "finite",
            "repair the start file",
        )),
        None => Ok(()),
    }
}

fn matrix(array: &Array, name: &str) -> Result<Mat<f64>> {
    match array.shape.as_slice() {
        &[n_rows, n_cols] => Ok(Mat::from_fn(n_rows, n_cols, |i, j| array.values[i * n_cols + j])),
        _ => Err(bad_shape(name, &array.shape, "two axes")),
    }
}

fn vector(array: Array, name: &str, n: usize) -> Result<Vec<f64>> {
    if array.shape == [n] {
        return Ok(array.values);
    }
    Err(bad_shape(name, &array.shape, &format!("({n},)")))
}

fn bad_shape(name: &str, shape: &[usize], range: &str) -> Error {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    Error::out_of_range(
        format!("shape of the array `{name}`"),
        format!("({})", sides.join(", ")),
        range,
        "give the arrays of one network and its data",
    )
}

fn required(arrays: &mut BTreeMap<String, Array>, name: &str) -> Result<Array> {
    arrays.remove(name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Error {
    Error::Malformed {
        what: "the start file".into(),
        reason: format!("the array `{name}` is missing"),
        remedy: "save input_transform, fcs_0_weight, fcs_1_weight, ..., train_x and y; reference/README.md \
                 shows their shapes"
            .into(),
    }
}

fn take_layers(arrays: &mut BTreeMap<String, Array>) -> Result<Vec<Layer<f64>>> {
    let mut layers = Vec::new();
    loop {
        let names = ["weight", "bias"].map(|part| format!("fcs_{}_{part}", layers.len()));
        let is_expected = layers.len() < 2 || arrays.keys().any(|name| name.starts_with("fcs_"));
        if !is_expected {
            return Ok(layers);
        }
        let weights = matrix(&required(arrays, &names[0])?, &names[0])?;
        let biases = match arrays.remove(&names[1]) {
            Some(array) => Some(vector(array, &names[1], weights.nrows())?),
            None => None,
        };
        let has_bias = biases.is_some();
        let biases = biases.unwrap_or_default();
        layers.push(with_bias(weights, has_bias, |n| Mat::from_fn(n, 1, |k, _| biases[k])));
    }
}

fn take_training(
    arrays: &mut BTreeMap<String, Array>,
    d: usize,
) -> Result<Option<(Mat<f64>, Vec<f64>)>> {
    if !arrays.contains_key("train_x") && !arrays.contains_key("y") {
        return Ok(None);
    }
    let rows = matrix(&required(arrays, "train_x")?, "train_x")?;
    if rows.nrows() == 0 || rows.ncols() != d {
        let range = format!("(samples, {d}): input_transform has {d} columns");
        return Err(bad_shape("train_x", &[rows.nrows(), rows.ncols()], &range));
    }
    let labels = vector(required(arrays, "y")?, "y", rows.nrows())?;
    match labels.iter().find(|label| label.abs() != 1.0) {
        Some(label) => Err(Error::out_of_range(
            "label in `y`",
            label,
            "1 or -1",
            "give the two classes these numbers",
        )),
        None => Ok(Some((rows, labels))),
    }
}

fn take_test(array: &Array, training: Option<&(Mat<f64>, Vec<f64>)>, d: usize) -> Result<Mat<f64>> {
    let rows = matrix(array, "test_x")?;
    let n_labels = training.map_or(0, |(_, labels)| labels.len());
    if rows.shape() == (n_labels, d) {
        return Ok(rows);
    }
    let range = format!("({n_labels}, {d}): its labels are those of `y`");
    Err(bad_shape("test_x", &array.shape, &range))
}

/// FNV-1a over names, shapes and bits.
fn fingerprint(arrays: &BTreeMap<String, Array>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |word: u64| {
        for byte in word.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for (name, array) in arrays {
        name.bytes().for_each(|byte| take(byte.into()));
        array.shape.iter().for_each(|&side| take(side as u64));
        array.values.iter().for_each(|value| take(value.to_bits()));
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize]) -> Array {
        let n = shape.iter().product();
        let values = (0..n).map(|i| ((i * i) as f64).sin()).collect();
        Array { shape: shape.to_vec(), values }
    }

    /// Two features in three dimensions, two units, four samples.
    fn arrays() -> BTreeMap<String, Array> {
        let mut arrays = BTreeMap::new();
        let shapes: [(&str, &[usize]); 7] = [
            ("input_transform", &[2, 3]),
            ("train_x", &[4, 3]),
            ("test_x", &[4, 3]),
            ("fcs_0_weight", &[2, 3]),
            ("fcs_0_bias", &[2]),
            ("fcs_1_weight", &[1, 2]),
            ("fcs_1_bias", &[1]),
        ];
        for (name, shape) in shapes {
            arrays.insert(name.to_owned(), array(shape));
        }
        arrays.insert("y".into(), Array { shape: vec![4], values: vec![1.0, -1.0, 1.0, 1.0] });
        arrays
    }

    #[test]
    fn layers_have_their_biases_as_last_column() {
        let start = StartArrays::from_arrays(arrays()).unwrap();
        assert_eq!(start.layers[0].weights.shape(), (2, 4));
        assert_eq!(start.layers[0].weights[(1, 3)], array(&[2]).values[1]);
        let mut without = arrays();
        without.remove("fcs_1_bias");
        let start = StartArrays::from_arrays(without).unwrap();
        assert_eq!(start.layers.iter().map(|l| l.has_bias).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let check = |edit: &dyn Fn(&mut BTreeMap<String, Array>), named: &str| {
            let mut arrays = arrays();
            edit(&mut arrays);
            let message = StartArrays::from_arrays(arrays).unwrap_err().to_string();
            assert!(message.contains(named), "{named}: {message}");
        };
        for name in ["input_transform", "fcs_0_weight", "fcs_1_weight", "train_x", "y"] {
            check(&|arrays| drop(arrays.remove(name)), name);
        }
        let shapes: [(&str, &[usize], &str); 9] = [
            ("input_transform", &[4, 3], "input_transform"),
            ("input_transform", &[2, 4], "fcs_0_weight"),
            ("train_x", &[4, 2], "train_x"),
            ("train_x", &[12], "two axes"),
            ("train_x", &[5, 3], "`y`"),
            ("test_x", &[3, 3], "test_x"),
            ("fcs_0_bias", &[3], "fcs_0_bias"),
            ("fcs_1_weight", &[1, 3], "inputs of layer 1"),
            ("fcs_1_weight", &[2, 2], "fcs_1_bias"),
        ];
        for (name, shape, named) in shapes {
            check(&|arrays| drop(arrays.insert(name.into(), array(shape))), named);
        }
        let value = |name: &str, value: f64| {
            let name = name.to_owned();
            move |arrays: &mut BTreeMap<String, Array>| {
                arrays.get_mut(&name).unwrap().values[1] = value;
            }
        };
        check(&value("fcs_0_weight", f64::NAN), "entry 1 of the array `fcs_0_weight` = NaN");
        check(&value("y", 0.0), "label in `y` = 0");
        // A layer is missing in between, or a name is misspelt.
        check(&|arrays| drop(arrays.insert("fcs_3_weight".into(), array(&[1, 1]))), "fcs_2_weight");
        check(&|arrays| drop(arrays.insert("fcs_0_biases".into(), array(&[2]))), "fcs_2_weight");
    }

    #[test]
    fn the_file_overrules_and_says_so() {
        let start = StartArrays::from_arrays(arrays()).unwrap();
        let mut asked = Description::toy_theoretical(1);
        (asked.n_core, asked.samples) = (1, Samples::Fresh(9));
        let (description, notes) = start.overrule(&asked).unwrap();
        let sizes = (description.n_features(), description.ambient_dim, description.width);
        assert_eq!((sizes, description.depth), ((2, 3, 2), 2));
        assert_eq!(description.samples, Samples::Full(4));
        // Data of three dimensions that are not in the span of two features.
        assert_eq!(description.engine, EngineKind::Ambient);
        let keys =
            ["data.d0 = 64", "data.d = 256", "network.width = 256", "data.batch = 9", "span"];
        assert_eq!(notes.len(), keys.len(), "{notes:?}");
        assert!(keys.iter().zip(&notes).all(|(key, note)| note.contains(key)), "{notes:?}");
        assert!(start.overrule(&description).unwrap().1.is_empty());
    }

    #[test]
    fn a_file_without_data_serves_fresh_batches_only() {
        let mut arrays = arrays();
        ["train_x", "y", "test_x"].iter().for_each(|name| drop(arrays.remove(*name)));
        let start = StartArrays::from_arrays(arrays).unwrap();
        let mut asked = Description::toy_theoretical(1);
        assert!(start.overrule(&asked).unwrap_err().to_string().contains("train_x"));
        asked.samples = Samples::Fresh(9);
        let (description, notes) = start.overrule(&asked).unwrap();
        assert_eq!(description.samples, Samples::Fresh(9));
        // Without data nothing leaves the span.
        assert_eq!((description.engine, notes.len()), (EngineKind::Feature, 3));
    }

    #[test]
    fn other_arrays_have_another_fingerprint() {
        let start = StartArrays::from_arrays(arrays()).unwrap();
        let mut other = arrays();
        other.get_mut("fcs_0_bias").unwrap().values[0] += 1e-9;
        assert_ne!(StartArrays::from_arrays(other).unwrap().fingerprint, start.fingerprint);
    }
}
