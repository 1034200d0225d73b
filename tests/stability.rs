//! The first values of every stream and sampler, so that a new version of rand, rand_distr or rand_pcg
//! that draws differently is noticed here, and not in the third digit of a claim. Words and uniform draws
//! are held to the last bit; what passes through a logarithm or a square root, to 12 digits.

use faer::{Mat, MatRef};
use feature_contamination::data::{
    Batch, Dictionary, LabelledLaw, LatentSampler, Population, Shift,
};
use feature_contamination::network::{gaussian_start, start_layer};
use feature_contamination::seed::Seed;
use feature_contamination::setting::{Description, EngineKind, LabelRelation, Setting, StartLaw};
use feature_contamination::train::Simulation;
use rand::Rng;

/// Values against those of the past, to 12 digits.
#[track_caller]
fn check(values: impl IntoIterator<Item = f64>, expected: &[f64]) {
    let values: Vec<f64> = values.into_iter().collect();
    let agree = values.iter().zip(expected).all(|(value, past)| (value - past).abs() < 1e-12);
    assert!(agree && values.len() == expected.len(), "now {values:?}, once {expected:?}");
}

/// The entries of a matrix, row by row.
fn entries(matrix: MatRef<'_, f64>) -> Vec<f64> {
    matrix.row_iter().flat_map(|row| row.iter().copied().collect::<Vec<_>>()).collect()
}

fn stream(name: &str) -> Seed {
    Seed::root(1).child(name)
}

#[test]
fn the_words_of_a_stream_depend_on_its_path_alone() {
    let batch = Seed::root(2024).child("batch");
    for (seed, words) in [
        (Seed::root(0), [0xc1e0_fc72_863d_c113, 0x568b_4f8c_a63e_c326, 0x4a5e_0958_ef37_bba1]),
        (Seed::root(2024), [0xb469_4ba1_6318_8e1e, 0x2034_d658_b218_0f23, 0xd2aa_0aa7_9def_9ed9]),
        (batch, [0x59bb_6851_4de9_b301, 0x62f7_9574_aa33_97ec, 0x7b17_c49d_9f27_5d62]),
        (batch.index(3), [0x953f_eea3_74e6_a630, 0x9145_d1a8_3ded_1ddb, 0x39d0_f1b8_15a0_3926]),
        (
            Seed::root(u64::MAX).child("").index(usize::MAX),
            [0x6b17_edd2_a5bc_7c3b, 0xc50e_98cb_a42d_ec36, 0x7d52_9cdb_3a59_2dff_u64],
        ),
    ] {
        let mut rng = seed.rng();
        assert_eq!([rng.next_u64(), rng.next_u64(), rng.next_u64()], words);
    }
}

#[test]
fn latents_of_every_law_are_drawn_as_before() {
    let draws = |law: &str| -> Vec<f64> {
        let sampler = LatentSampler::new(law.parse().unwrap()).unwrap();
        let mut rng = stream("latent").rng();
        (0..6).map(|_| sampler.draw(&mut rng)).collect()
    };
    let uniform = [
        0.874_247_019_065_508_3,
        0.441_500_187_894_258_4,
        0.304_609_388_097_905_94,
        0.510_784_524_792_242_1,
        0.997_810_649_170_012_3,
        0.383_784_715_281_669_13,
    ];
    assert_eq!(draws("uniform"), uniform);
    assert_eq!(draws("bernoulli:0.45"), [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    for (law, expected) in [
        // Both shapes above 1, both below, and one far above: three branches of the sampler.
        (
            "beta:2.5,5",
            [0.597_222_075_060_164_3, 0.239_412_962_634_288_24, 0.636_753_787_854_449_6],
        ),
        // Whole shapes of a small sum are order statistics.
        ("beta:2,5", [0.383_784_715_281_669_13, 0.382_019_957_115_945_6, 0.191_158_017_094_087_2]),
        (
            "beta:0.5,0.5",
            [0.979_729_043_592_969_2, 0.160_989_116_333_715_8, 0.999_995_185_708_750_5],
        ),
        ("beta:30,2", [0.960_456_423_511_783_2, 0.952_069_406_939_774_7, 0.843_208_173_248_443_5]),
    ] {
        check(draws(law).into_iter().take(3), &expected);
    }
}

fn batch(setting: &Setting, shift: Shift) -> Batch<f64> {
    Population::new(setting).unwrap().draw(4, shift, stream("batch").index(0))
}

#[test]
fn batches_are_drawn_as_before() {
    let setting = Setting::theorem(4).with(|p| p.latents[3] = "beta:2,5".parse().unwrap()).unwrap();
    let past = batch(&setting, Shift::InDistribution);
    assert_eq!(past.labels, [-1.0, 1.0, 1.0, 1.0]);
    let first = [-0.201_445_976_454_985_4, -0.092_455_512_442_728_32, 0.030_117_944_112_152_85];
    assert_eq!(entries(past.features.as_ref().submatrix(0, 0, 1, 3)), first);
    check(
        entries(past.features.as_ref().submatrix(0, 3, 4, 1)),
        &[
            0.157_488_151_087_118_67,
            0.196_542_071_459_873_24,
            0.166_994_841_561_493_7,
            0.199_371_881_107_331_06,
        ],
    );
    // Out of distribution the same latents are drawn.
    let shifted = batch(&setting, Shift::OutOfDistribution);
    assert_eq!(shifted.features[(0, 0)], first[0]);
    assert_eq!(shifted.features[(0, 2)], -first[2]);
    // An associated background takes more draws.
    let associated = setting.with(|p| p.background_association = 0.5).unwrap();
    let associated = batch(&associated, Shift::InDistribution);
    assert_eq!(associated.features[(3, 2)], 0.365_507_069_207_514_5);
}

#[test]
fn starts_and_dictionaries_are_drawn_as_before() {
    let start: Mat<f64> = gaussian_start(2, 3, 16, stream("start"));
    check(
        entries(start.as_ref()),
        &[
            0.027_876_405_803_013_06,
            -0.230_076_728_499_874_82,
            0.110_725_125_518_798_33,
            -0.406_016_264_122_095_7,
            0.096_484_530_921_426_86,
            0.044_509_654_500_365_9,
        ],
    );
    let identity = Mat::<f64>::identity(2, 2);
    let dictionary = Dictionary::<f64>::orthonormal(5, 2, stream("dictionary"));
    check(
        entries(dictionary.embed(identity.as_ref()).as_ref().submatrix(0, 0, 2, 3)),
        &[
            -0.475_502_682_998_055_54,
            0.029_264_455_213_410_66,
            -0.778_872_355_059_943_8,
            0.242_525_096_235_750_03,
            -0.832_426_879_017_651_3,
            -0.036_208_720_386_128_15,
        ],
    );
    let dictionary = Dictionary::<f64>::gaussian(5, 2, stream("dictionary"));
    check(
        entries(dictionary.embed(identity.as_ref()).as_ref().submatrix(0, 0, 2, 2)),
        &[
            -0.500_590_088_371_889_8,
            0.030_808_440_720_189_074,
            0.265_741_769_696_497_6,
            -0.583_635_339_331_094_3,
        ],
    );
}

#[test]
fn a_run_takes_its_first_step_as_before() {
    let setting = Setting::theorem(4);
    let run = |engine| Simulation::<f64>::new(&setting, engine, Seed::root(1)).unwrap();
    let mut feature = run(EngineKind::Feature);
    let step = feature.step().unwrap().batch;
    check(
        [step.loss, step.accuracy, step.max_margin],
        &[0.991_075_057_330_625_3, 0.875, 0.016_641_986_171_405_974],
    );
    check(
        entries(feature.feature_weights().as_ref().submatrix(0, 0, 1, 4)),
        &[
            0.022_456_095_986_914_813,
            -0.160_223_543_254_173_54,
            0.072_829_031_349_664_3,
            -0.288_188_701_211_910_37,
        ],
    );
    let test = feature.evaluate(16, Shift::OutOfDistribution, "ood");
    check([test.loss, test.mean_margin], &[0.979_778_048_129_894_2, 0.020_221_951_870_105_746]);
    // The ambient start: the same feature coordinates, and an orthogonal part of its own.
    let ambient = run(EngineKind::Ambient);
    check(
        entries(ambient.network().weights().submatrix(0, 0, 1, 3)),
        &[0.025_855_902_090_232_37, -0.221_146_267_126_340_83, -0.037_535_790_531_090_6],
    );
}

#[test]
fn the_first_sample_and_layer_of_an_experiment() {
    let mut description = Description::toy_theoretical(1);
    description.latents.truncate(3);
    (description.n_core, description.labels) = (2, LabelRelation::Nonlinear);
    let law = LabelledLaw::new(&description).unwrap();
    let shift = Shift::OutOfDistribution;
    let batch: Batch<f64> = law.draw((2, true), shift, stream("experiment"));
    check(
        entries(batch.features.as_ref()),
        &[
            -0.539258312815,
            0.842140411131,
            -0.546649449274,
            -0.640460509807,
            1.894679480909,
            -0.908898733009,
        ],
    );
    let layer = start_layer::<f64>(StartLaw::Uniform, (1, 4), true, stream("layer"));
    let past = [0.080151979764, -0.258580409177, -0.193624186978, -0.265330468770, -0.296115582168];
    check(entries(layer.weights.as_ref()), &past);
}
