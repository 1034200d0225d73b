//! Linear regression against the certified values of NIST's Statistical Reference Datasets.
//!
//! The files `tests/nist/*.dat` hold the observations as NIST publishes them, the response first. The
//! certified values were computed with 500 digits and are given to 15.
//!
//! Source: National Institute of Standards and Technology, *Statistical Reference Datasets: linear
//! regression*, 1999, https://www.itl.nist.gov/div898/strd/.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

use faer::Mat;
use feature_contamination::stats::Regression;

/// Which columns the model has.
#[derive(Clone, Copy)]
enum Model {
    /// A constant and the columns of the file.
    Constant,
    /// The columns of the file alone.
    Origin,
    /// The powers of the one column, from 0 up to this one.
    Polynomial(usize),
}

struct Certified {
    observations: &'static str,
    model: Model,
    coefficients: &'static [f64],
    standard_errors: &'static [f64],
    residual_standard_deviation: f64,
    r_squared: f64,
}

fn fit(certified: &Certified) -> Regression {
    let rows: Vec<Vec<f64>> = certified
        .observations
        .lines()
        .map(|line| line.split_whitespace().map(|cell| cell.parse().unwrap()).collect())
        .collect();
    let responses: Vec<f64> = rows.iter().map(|row| row[0]).collect();
    let columns = Mat::from_fn(rows.len(), rows[0].len() - 1, |i, j| rows[i][j + 1]);
    match certified.model {
        Model::Constant => Regression::with_constant(columns.as_ref(), &responses).unwrap(),
        Model::Origin => Regression::through_origin(columns.as_ref(), &responses).unwrap(),
        Model::Polynomial(degree) => {
            let powers =
                Mat::from_fn(rows.len(), degree, |i, j| columns[(i, 0)].powi(j as i32 + 1));
            Regression::with_constant(powers.as_ref(), &responses).unwrap()
        }
    }
}

/// Significant digits that agree, 15 at most: that many are certified. Against 0, decimals.
fn digits(computed: f64, certified: f64) -> f64 {
    let scale = if certified == 0.0 { 1.0 } else { certified.abs() };
    let error = (computed - certified).abs() / scale;
    if error.is_nan() { 0.0 } else { (-error.log10()).clamp(0.0, 15.0) }
}

/// At least so many digits of the coefficients, and of everything else.
#[track_caller]
fn check(name: &str, certified: &Certified, of_coefficients: f64, of_errors: f64) {
    let fit = fit(certified);
    assert_eq!(fit.coefficients.len(), certified.coefficients.len(), "{name}");
    let worst = |pairs: Vec<(f64, f64)>| {
        pairs.into_iter().map(|(computed, exact)| digits(computed, exact)).fold(15.0, f64::min)
    };
    let values = fit.coefficients.iter().map(|c| c.value);
    let errors = fit.coefficients.iter().map(|c| c.standard_error);
    let coefficients = worst(values.zip(certified.coefficients.iter().copied()).collect());
    let standard_errors = worst(errors.zip(certified.standard_errors.iter().copied()).collect());
    let deviation = digits(fit.residual_standard_deviation, certified.residual_standard_deviation);
    let r_squared = digits(fit.r_squared, certified.r_squared);
    println!(
        "{name}: digits of coefficients {coefficients:.1}, of their standard errors \
         {standard_errors:.1}, of the residual standard deviation {deviation:.1}, of R^2 \
         {r_squared:.1}"
    );
    assert!(coefficients >= of_coefficients, "{name}: {coefficients} digits of the coefficients");
    for reached in [standard_errors, deviation, r_squared] {
        assert!(reached >= of_errors, "{name}: {reached} digits of {:?}", fit.coefficients);
    }
}

#[test]
fn norris_of_lower_difficulty() {
    let certified = Certified {
        observations: include_str!("nist/norris.dat"),
        model: Model::Constant,
        coefficients: &[-0.262323073774029, 1.00211681802045],
        standard_errors: &[0.232818234301152, 0.429796848199937e-03],
        residual_standard_deviation: 0.884796396144373,
        r_squared: 0.999993745883712,
    };
    check("Norris", &certified, 12.0, 12.0);
}

#[test]
fn pontius_of_lower_difficulty() {
    let certified = Certified {
        observations: include_str!("nist/pontius.dat"),
        model: Model::Polynomial(2),
        coefficients: &[0.673565789473684e-03, 0.732059160401003e-06, -0.316081871345029e-14],
        standard_errors: &[0.107938612033077e-03, 0.157817399981659e-09, 0.486652849992036e-16],
        residual_standard_deviation: 0.205177424076185e-03,
        r_squared: 0.999999900178537,
    };
    check("Pontius", &certified, 12.0, 12.0);
}

#[test]
fn lines_without_a_constant_of_average_difficulty() {
    let certified = Certified {
        observations: include_str!("nist/noint1.dat"),
        model: Model::Origin,
        coefficients: &[2.07438016528926],
        standard_errors: &[0.165289256198347e-01],
        residual_standard_deviation: 3.56753034006338,
        r_squared: 0.999365492298663,
    };
    check("NoInt1", &certified, 14.0, 14.0);
    let certified = Certified {
        observations: include_str!("nist/noint2.dat"),
        model: Model::Origin,
        coefficients: &[0.727272727272727],
        standard_errors: &[0.420827318078432e-01],
        residual_standard_deviation: 0.369274472937998,
        r_squared: 0.993348115299335,
    };
    check("NoInt2", &certified, 14.0, 14.0);
}

#[test]
fn longley_of_higher_difficulty() {
    let certified = Certified {
        observations: include_str!("nist/longley.dat"),
        model: Model::Constant,
        coefficients: &[
            -3482258.63459582,
            15.0618722713733,
            -0.358191792925910e-01,
            -2.02022980381683,
            -1.03322686717359,
            -0.511041056535807e-01,
            1829.15146461355,
        ],
        standard_errors: &[
            890420.383607373,
            84.9149257747669,
            0.334910077722432e-01,
            0.488399681651699,
            0.214274163161675,
            0.226073200069370,
            455.478499142212,
        ],
        residual_standard_deviation: 304.854073561965,
        r_squared: 0.995479004577296,
    };
    check("Longley", &certified, 13.0, 13.0);
}

/// The five polynomials of Wampler: powers of 0 to 20 up to the fifth, which `f64` holds exactly.
fn wampler(observations: &'static str, spread: f64, r_squared: f64) -> Certified {
    // In Wampler3, 4 and 5 the same residuals stand times 1, 100 and 10000; in 1 and 2 there are none.
    Certified {
        observations,
        model: Model::Polynomial(5),
        coefficients: &[1.0; 6],
        standard_errors: match spread {
            0.0 => &[0.0; 6],
            1.0 => &[
                2152.32624678170,
                2363.55173469681,
                779.343524331583,
                101.475507550350,
                5.64566512170752,
                0.112324854679312,
            ],
            100.0 => &[
                215232.624678170,
                236355.173469681,
                77934.3524331583,
                10147.5507550350,
                564.566512170752,
                11.2324854679312,
            ],
            _ => &[
                21523262.4678170,
                23635517.3469681,
                7793435.24331583,
                1014755.07550350,
                56456.6512170752,
                1123.24854679312,
            ],
        },
        residual_standard_deviation: spread * 2360.14502379268,
        r_squared,
    }
}

#[test]
fn wamplers_polynomials_of_higher_difficulty() {
    let exact = wampler(include_str!("nist/wampler1.dat"), 0.0, 1.0);
    check("Wampler1", &exact, 13.0, 13.0);
    let decimals = Certified {
        coefficients: &[1.0, 0.1, 0.01, 0.001, 0.0001, 0.00001],
        ..wampler(include_str!("nist/wampler2.dat"), 0.0, 1.0)
    };
    // The responses are no binary numbers: an error of their rounding times the condition is left.
    check("Wampler2", &decimals, 12.0, 13.0);
    let sets = [
        ("Wampler3", include_str!("nist/wampler3.dat"), 1.0, 0.999995559025820),
        ("Wampler4", include_str!("nist/wampler4.dat"), 100.0, 0.957478440825662),
        ("Wampler5", include_str!("nist/wampler5.dat"), 10000.0, 0.224668921574940e-02),
    ];
    for (name, observations, spread, r_squared) in sets {
        check(name, &wampler(observations, spread, r_squared), 13.0, 13.0);
    }
}

#[test]
fn filip_of_higher_difficulty() {
    let certified = Certified {
        observations: include_str!("nist/filip.dat"),
        model: Model::Polynomial(10),
        coefficients: &[
            -1467.48961422980,
            -2772.17959193342,
            -2316.37108160893,
            -1127.97394098372,
            -354.478233703349,
            -75.1242017393757,
            -10.8753180355343,
            -1.06221498588947,
            -0.670191154593408e-01,
            -0.246781078275479e-02,
            -0.402962525080404e-04,
        ],
        standard_errors: &[
            298.084530995537,
            559.779865474950,
            466.477572127796,
            227.204274477751,
            71.6478660875927,
            15.2897178747400,
            2.23691159816033,
            0.221624321934227,
            0.142363763154724e-01,
            0.535617408889821e-03,
            0.896632837373868e-05,
        ],
        residual_standard_deviation: 0.334801051324544e-02,
        r_squared: 0.996727416185620,
    };
    // The powers are rounded before the regression sees them, and the condition is about 1e10.
    check("Filip", &certified, 6.5, 6.5);
}
