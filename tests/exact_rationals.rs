//! Activation probabilities and truncated moments in exact rational arithmetic, a route that shares
//! nothing with the inversion of characteristic functions: the law of a sum of independent latents with
//! polynomial densities is a piecewise polynomial, and with whole weights its knots are whole.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use feature_contamination::predict::{
    ActivationOracle, Certified, NON_IDENTICAL_CONSTANT, normal_approximation, signed_coefficients,
};
use feature_contamination::seed::Seed;
use feature_contamination::setting::{ByLabel, Label, Latent};
use num_bigint::BigInt;
use num_rational::BigRational;
use rand::RngExt;

fn whole(number: i64) -> BigRational {
    BigRational::from_integer(BigInt::from(number))
}

fn rational(number: f64) -> BigRational {
    BigRational::from_float(number).unwrap()
}

/// A law on the line: a sum of multiples of `D(knot, order)`, where `D(knot, 0)` is the point mass at the
/// knot and `D(knot, n)` has the density `(x - knot)_+^(n-1) / (n-1)!`. Convolution adds knots and orders.
struct Law(BTreeMap<(i64, u32), BigRational>);

impl Law {
    fn from_terms(terms: impl IntoIterator<Item = ((i64, u32), BigRational)>) -> Self {
        let mut law = BTreeMap::new();
        for (key, coefficient) in terms {
            *law.entry(key).or_insert_with(|| whole(0)) += coefficient;
        }
        Law(law)
    }

    fn point_mass(mass: BigRational, at: i64) -> Self {
        Law::from_terms([((at, 0), mass)])
    }

    fn convolved(&self, other: &Law) -> Law {
        let pairs = self.0.iter().flat_map(|left| other.0.iter().map(move |right| (left, right)));
        Law::from_terms(pairs.map(|((&(knot, order), left), (&(by, more), right))| {
            ((knot + by, order + more), left * right)
        }))
    }

    /// The mass strictly below `x`.
    fn below(&self, x: i64) -> BigRational {
        let mut by_order: BTreeMap<u32, BigRational> = BTreeMap::new();
        for (&(knot, order), coefficient) in self.0.iter().filter(|((knot, _), _)| *knot < x) {
            let distance = BigRational::from_integer(BigInt::from(x - knot).pow(order));
            *by_order.entry(order).or_insert_with(|| whole(0)) += coefficient * distance;
        }
        by_order.into_iter().map(|(order, sum)| sum / factorial(order)).sum()
    }
}

fn factorial(n: u32) -> BigRational {
    (1..=i64::from(n)).map(whole).product()
}

/// `E z^power`.
fn moment(latent: Latent, power: u32) -> BigRational {
    let of_beta =
        |a: i64, b: i64| (0..i64::from(power)).map(|i| whole(a + i) / whole(a + b + i)).product();
    match latent {
        Latent::Bernoulli { p } if power > 0 => rational(p),
        Latent::Bernoulli { .. } => whole(1),
        Latent::Uniform => of_beta(1, 1),
        Latent::Beta { a, b } => of_beta(a as i64, b as i64),
    }
}

/// `z^power` times the law of `z`, carried over to `c z`, or to `|c| (1 - z)` where `c` is negative.
fn weighted(latent: Latent, c: i64, power: u32) -> Law {
    match latent {
        _ if c == 0 => Law::point_mass(moment(latent, power), 0),
        Latent::Uniform => weighted_beta(1, 1, c, power),
        Latent::Beta { a, b } => weighted_beta(a as u32, b as u32, c, power),
        Latent::Bernoulli { p } => {
            let (one, zero) = (rational(p), whole(1) - rational(p));
            let zero = if power == 0 { zero } else { whole(0) };
            let (at_zero, at_one) = if c < 0 { (-c, 0) } else { (0, c) };
            Law::from_terms([((at_zero, 0), zero), ((at_one, 0), one)])
        }
    }
}

/// The density `x^p (1-x)^q / B(a, b)` is a polynomial from 0 on, minus the same polynomial from 1 on,
/// where with `v = x - 1` it reads `(1 + v)^p (-v)^q / B(a, b)`.
fn weighted_beta(a: u32, b: u32, c: i64, power: u32) -> Law {
    let scale = factorial(a + b - 1) / (factorial(a - 1) * factorial(b - 1));
    let (p, q) = if c < 0 { (b - 1, a + power - 1) } else { (a + power - 1, b - 1) };
    let binomial = |n: u32, i: u32| factorial(n) / (factorial(i) * factorial(n - i));
    let sign = |n: u32| if n.is_multiple_of(2) { whole(1) } else { whole(-1) };
    let width = c.abs();
    // x^n of x = y / width is n! D(0, n + 1) / width^(n + 1) in the law of y.
    let term = |knot: i64, n: u32, coefficient: BigRational| {
        let stretched = coefficient * &scale * factorial(n) / whole(width).pow(n as i32 + 1);
        ((knot, n + 1), stretched)
    };
    let from_zero = (0..=q).map(|i| term(0, p + i, binomial(q, i) * sign(i)));
    let from_one = (0..=p).map(|i| term(width, q + i, -(binomial(p, i) * sign(q))));
    Law::from_terms(from_zero.chain(from_one))
}

/// `E[prod_j z_j^(k_j) 1{sum_j c_j z_j >= 0}]`, exactly.
fn truncated(latents: &[Latent], coefficients: &[i64], powers: &[u32]) -> BigRational {
    let start = Law::point_mass(whole(1), 0);
    let law = latents
        .iter()
        .zip(coefficients)
        .zip(powers)
        .fold(start, |law, ((&latent, &c), &power)| law.convolved(&weighted(latent, c, power)));
    let threshold: i64 = coefficients.iter().map(|&c| (-c).max(0)).sum();
    let total: BigRational =
        latents.iter().zip(powers).map(|(&latent, &power)| moment(latent, power)).product();
    total - law.below(threshold)
}

/// The computed value against the exact one, in exact arithmetic.
#[track_caller]
fn compare(value: f64, error_bound: f64, exact: &BigRational, what: &str) {
    let difference = rational(value) - exact;
    let is_negative = difference < whole(0);
    let difference = if is_negative { -difference } else { difference };
    assert!(
        difference <= rational(error_bound),
        "{what}: {value} misses by more than {error_bound:e}"
    );
}

/// Probabilities for both classes, and for the features listed truncated means and squares, against the
/// exact ones; every error bound must be below `narrow`.
#[track_caller]
fn check(law: &str, weights: &[i64], features: &[usize], narrow: f64) {
    let latents = vec![law.parse().unwrap(); weights.len()];
    check_mixed(&latents, weights, features, narrow);
}

#[track_caller]
fn check_mixed(latents: &[Latent], weights: &[i64], features: &[usize], narrow: f64) {
    let n_core = weights.len() / 2;
    let oracle = ActivationOracle::new(latents, n_core).unwrap();
    let dyadic: Vec<f64> = weights.iter().map(|&u| u as f64 / 1024.0).collect();
    let probabilities = oracle.probabilities(&dyadic).unwrap();
    let moments: Vec<ByLabel<Certified<Vec<f64>>>> = match features {
        [] => Vec::new(),
        _ => [oracle.truncated_means(&dyadic), oracle.truncated_squares(&dyadic)]
            .map(Result::unwrap)
            .into(),
    };
    for label in Label::BOTH {
        let signed = weights.iter().enumerate();
        let coefficients: Vec<i64> =
            signed.map(|(j, &u)| if j < n_core { label.sign() as i64 * u } else { u }).collect();
        let what = format!("{latents:?} {weights:?} {label:?}");
        let mut powers = vec![0; weights.len()];
        let exact = truncated(latents, &coefficients, &powers);
        let Certified { value, error_bound } = *probabilities.of(label);
        compare(value, error_bound, &exact, &what);
        assert!(error_bound < narrow, "{what}: {error_bound:e}");
        for &j in features {
            for (power, moments) in (1..).zip(&moments) {
                powers[j] = power;
                let exact = truncated(latents, &coefficients, &powers);
                let Certified { value, error_bound } = moments.of(label);
                let what = format!("{what} z_{j}^{power}");
                assert!(*error_bound < narrow, "{what}: {error_bound:e}");
                compare(value[j], *error_bound, &exact, &what);
            }
            powers[j] = 0;
        }
    }
}

/// Whole weights of modulus 1 to 2048, of mixed sign.
fn random_weights(n_features: usize, seed: Seed) -> Vec<i64> {
    let mut rng = seed.rng();
    let sign = |is_positive: bool| if is_positive { 1 } else { -1 };
    (0..n_features).map(|_| sign(rng.random()) * rng.random_range(1..=2048)).collect()
}

#[test]
fn the_exact_route_gives_the_hand_computed_values() {
    let uniform = [Latent::Uniform; 3];
    // P(z_1 >= 2 z_2) = 1/4, P(z_1 + z_2 >= z_3) = 5/6, E[z_1 1{z_1 >= z_2}] = 1/3.
    let ratio = |n, d| whole(n) / whole(d);
    assert_eq!(truncated(&uniform[..2], &[1, -2], &[0, 0]), ratio(1, 4));
    assert_eq!(truncated(&uniform, &[1, 1, -1], &[0, 0, 0]), ratio(5, 6));
    assert_eq!(truncated(&uniform[..2], &[1, -1], &[1, 0]), ratio(1, 3));
    // Beta(2, 1) is the larger of two uniforms: P(max >= z_3) with three exchangeable ones is 2/3.
    let mixed = [Latent::beta(2.0, 1.0).unwrap(), Latent::Uniform];
    assert_eq!(truncated(&mixed, &[1, -1], &[0, 0]), ratio(2, 3));
    // A tie counts as active: P(b_1 >= b_2) for fair coins is 3/4.
    let coins = [Latent::bernoulli(0.5).unwrap(); 2];
    assert_eq!(truncated(&coins, &[1, -1], &[0, 0]), ratio(3, 4));
}

#[test]
fn uniform_latents_with_random_weights() {
    for (n_features, n_draws) in [(4, 3), (5, 3), (6, 3), (8, 3), (12, 1)] {
        for draw in 0..n_draws {
            let weights = random_weights(n_features, Seed::root(1).index(n_features).index(draw));
            let features: &[usize] = if n_features > 8 { &[0, 7] } else { &[0, 1, 2, 3] };
            check("uniform", &weights, features, 1e-10);
        }
    }
}

#[test]
fn uniform_latents_with_few_terms() {
    check("uniform", &[3], &[], 1e-10);
    check("uniform", &[-3], &[], 1e-10);
    check("uniform", &[5, -3], &[], 1e-10);
    check("uniform", &[2, 7, -4], &[0, 1, 2], 1e-10);
    check("uniform", &[-1, 2, -1], &[0, 1, 2], 1e-10);
    check("uniform", &[1024, -1, -1023], &[0, 1, 2], 1e-10);
}

#[test]
fn uniform_latents_with_zeros_ties_and_a_dominating_weight() {
    for (weights, narrow) in [
        (&[0, 0, 0, 0, 0][..], 1e-10),
        (&[0, 7, -3, 0, 5, -6, 2, 0], 1e-10),
        (&[1, 1, 1, -1, -1, -1], 1e-10),
        (&[1000, -1000, 1000, -1000, 1000, -1000, 1000, -1000], 1e-10),
        (&[1, 2, 4, -8, 16, -32, 64, -128], 1e-10),
        // One term holds nearly all; the label turns it.
        (&[2048, 1, -1, 1, -1, 1], 1e-10),
        (&[1, -1, 1, 2048, -1, 1], 1e-10),
        (&[2048, -9, 11, 13, -17, 19, -23, 29], 1e-10),
    ] {
        let features: Vec<usize> = (0..weights.len()).step_by(3).collect();
        check("uniform", weights, &features, narrow);
    }
}

#[test]
fn beta_latents_with_whole_shapes() {
    for law in ["beta:2,1", "beta:1,2", "beta:2,5", "beta:3,3", "beta:6,2"] {
        check(law, &[7, -5, 3], &[0, 1], 1e-10);
        check(law, &[-512, 300, 777, -1], &[0, 3], 1e-10);
        let weights = random_weights(5, Seed::root(2).child(law).index(5));
        check(law, &weights, &[0, 4], 1e-10);
    }
    check("beta:2,5", &random_weights(6, Seed::root(2).child("beta:2,5").index(6)), &[0, 5], 1e-10);
}

#[test]
fn bernoulli_latents_with_ties() {
    for law in ["bernoulli:0.5", "bernoulli:0.3", "bernoulli:0.001"] {
        check(law, &[1, -1], &[0, 1], 1e-14);
        check(law, &[0, 3, -3, 0], &[0, 1, 2], 1e-14);
        check(law, &[1, 2, 3, -1, -2, -3, 4, -4, 5], &[0, 3, 8], 1e-14);
        let weights = random_weights(10, Seed::root(3).child(law));
        check(law, &weights, &[0, 4, 9], 1e-13);
    }
}

#[test]
fn bernoulli_latents_too_many_to_match() {
    // Two values, so that the exact law stays small; 44 terms on a fine lattice are only bracketed. Sums
    // near a tie (9 times the one is nearly 7 times the other) make the bracket wide.
    let weights: Vec<i64> = (0..44).map(|j| if j % 2 == 0 { 100_003 } else { -77_777 }).collect();
    check("bernoulli:0.25", &weights, &[0, 1, 43], 0.2);
    let even: Vec<i64> = weights.iter().map(|u| u.signum() * 4).collect();
    check("bernoulli:0.25", &even, &[0, 1, 43], 1e-13);
}

#[test]
fn laws_of_different_kinds_in_one_sum() {
    let latents = ["uniform", "bernoulli:0.25", "beta:2,5", "uniform", "beta:2,1", "bernoulli:0.7"]
        .map(|law| law.parse::<Latent>().unwrap());
    for draw in 0..3 {
        let weights = random_weights(latents.len(), Seed::root(4).index(draw));
        check_mixed(&latents, &weights, &[0, 1, 2, 5], 1e-10);
    }
    check_mixed(&latents, &[0, 9, 0, 0, 0, -9], &[0, 1, 2, 3, 4, 5], 1e-14);
}

/// `P(S >= 0)` of arcsine latents, Beta(1/2, 1/2): `z = (1 + cos a) / 2` with a uniform angle has the
/// characteristic function `e^{iv/2} J_0(v/2)`, inverted here in plain arithmetic.
fn arcsine_probability(coefficients: &[f64]) -> f64 {
    let center = 0.5 * coefficients.iter().sum::<f64>();
    let spacing = PI / coefficients.iter().map(|c| c.abs()).sum::<f64>();
    let term = |k: u32| {
        let half_odd = f64::from(k) + 0.5;
        let t = half_odd * spacing;
        let modulus: f64 = coefficients.iter().map(|c| libm::j0(0.5 * c * t)).product();
        modulus * (center * t).sin() / half_odd
    };
    0.5 + (0..20_000).map(term).sum::<f64>() / PI
}

#[test]
fn arcsine_latents_by_bessel_functions() {
    let n_features = 8;
    let oracle = ActivationOracle::new(&["beta:0.5,0.5".parse().unwrap(); 8], 4).unwrap();
    for draw in 0..3 {
        let weights = random_weights(n_features, Seed::root(6).index(draw));
        let weights: Vec<f64> = weights.iter().map(|&u| (u + 100 * u.signum()) as f64).collect();
        let probabilities = oracle.probabilities(&weights).unwrap();
        for label in Label::BOTH {
            let exact = arcsine_probability(&signed_coefficients(&weights, 4, label));
            let active = probabilities.of(label);
            let difference = (active.value - exact).abs();
            // Eight Bessel functions good to about 1e-15 each, and the series cut at 1e-13.
            assert!(difference <= active.error_bound + 1e-12, "{label:?} {active:?} {exact}");
            assert!(active.error_bound < 1e-10, "{active:?}");
        }
    }
}

#[test]
fn many_features_are_narrow_symmetric_and_nearly_normal() {
    let n_features = 1024;
    for (law, narrow) in [("uniform", 1e-10), ("beta:2,5", 1e-10), ("beta:0.5,0.5", 1e-8)] {
        let latents = vec![law.parse::<Latent>().unwrap(); n_features];
        let oracle = ActivationOracle::new(&latents, n_features / 2).unwrap();
        let whole = random_weights(n_features, Seed::root(5).child(law));
        let weights: Vec<f64> = whole.iter().map(|&u| u as f64).collect();
        let turned: Vec<f64> = weights.iter().map(|u| -u).collect();
        let (active, inactive) =
            (oracle.probabilities(&weights).unwrap(), oracle.probabilities(&turned).unwrap());
        for label in Label::BOTH {
            let (active, inactive) = (active.of(label), inactive.of(label));
            assert!(active.error_bound < narrow, "{law}: {active:?}");
            let excess = (active.value + inactive.value - 1.0).abs();
            assert!(excess <= active.error_bound + inactive.error_bound, "{law}: {excess:e}");
            let normal = normal_approximation(&weights, n_features / 2, &latents, label);
            let difference = (active.value - normal.normal_approximation).abs();
            assert!(difference <= normal.bound(NON_IDENTICAL_CONSTANT), "{law}: {difference:e}");
            assert!(difference < 2e-3, "{law}: {difference:e}");
            let coefficients = signed_coefficients(&weights, n_features / 2, label);
            assert_eq!(coefficients[n_features - 1], weights[n_features - 1]);
        }
    }
}
