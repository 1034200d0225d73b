//! `contam oracle trend` and `contam oracle interval`.

use serde_json::Value;

use crate::support::sandbox::{Sandbox, stderr};

/// A file with columns in an order of its own, among others, of values on `law` with errors of one percent.
fn data(sizes: &[f64], law: impl Fn(f64) -> f64) -> Sandbox {
    let line = |&size: &f64| format!("x,{},{size},{}\n", law(size), 0.01 * law(size));
    let lines: String = sizes.iter().map(line).collect();
    Sandbox::new().with("data.csv", format!("note,value,size,standard_error\n{lines}"))
}

#[track_caller]
fn close(document: &Value, field: &str, exact: f64, tolerance: f64) {
    let computed = document[field].as_f64().unwrap();
    assert!((computed - exact).abs() < tolerance, "{field}: {computed} {exact}");
}

const SIZES: [f64; 7] = [64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];

#[test]
fn a_power_law_has_its_exponent_and_every_field() {
    let document = data(&[1.0, 2.0, 4.0], |size| 3.0 * size.powf(-0.5))
        .document("oracle trend --data data.csv --json");
    close(&document, "exponent", -0.5, 1e-12);
    close(&document, "intercept", 3.0_f64.ln(), 1e-12);
    // Equal errors e at ln size 0, ln 2, 2 ln 2: e / sqrt(2 ln^2 2) and e sqrt(5/6).
    let standard_error = 0.01 / 2.0_f64.ln() / 2.0_f64.sqrt();
    close(&document, "standard_error", standard_error, 1e-12);
    close(&document, "intercept_standard_error", 0.01 * (5.0 / 6.0_f64).sqrt(), 1e-12);
    close(&document, "chi_square", 0.0, 1e-12);
    close(&document, "chi_square_p_value", 1.0, 1e-6);
    close(&document, "level", 0.95, f64::EPSILON);
    assert_eq!(document["degrees_of_freedom"], 1);
    assert_eq!(document["correction"], "none");
    let interval = document["interval"].as_array().unwrap();
    let half_width = 1.959_963_984_540_054 * standard_error;
    assert!((interval[0].as_f64().unwrap() + 0.5 + half_width).abs() < 1e-12, "{document}");
    assert!((interval[1].as_f64().unwrap() + 0.5 - half_width).abs() < 1e-12, "{document}");
    for end in [0, 1] {
        let [one, other] = ["interval", "likelihood_interval"].map(|field| &document[field][end]);
        assert_eq!(one, other, "without a correction both are the same");
    }
    // The variance of the slope through two of the points is four times larger.
    let drift = &document["drift"];
    close(drift, "difference", 0.0, 1e-12);
    close(drift, "standard_error", standard_error * 3.0_f64.sqrt(), 1e-12);
    for field in ["correction_coefficient", "correction_standard_error"] {
        assert_eq!(document[field], Value::Null, "{field}");
    }
}

#[test]
fn a_correction_straightens_what_bends() {
    let sandbox = data(&SIZES, |size| size.powf(-0.5) * (1.0 + size.powf(-0.5)));
    let naive = sandbox.document("oracle trend --data data.csv --json --correction none");
    close(&naive, "exponent", -0.524, 1e-3);
    let line = "oracle trend --data data.csv --correction inverse-sqrt --level 0.5 --json";
    let document = sandbox.document(line);
    close(&document, "exponent", -0.5, 1e-9);
    close(&document, "correction_coefficient", 1.0, 1e-7);
    assert!(document["correction_standard_error"].is_number(), "{document}");
    assert_eq!(document["degrees_of_freedom"], 4);
    // The likelihood is not symmetric about the exponent.
    let ends = |field: &str| [0, 1].map(|idx| document[field][idx].as_f64().unwrap());
    let ([lower, upper], [shifted_lower, shifted_upper]) =
        (ends("interval"), ends("likelihood_interval"));
    assert!((lower + upper + 1.0).abs() < 1e-9, "{document}");
    assert!(lower < shifted_lower && upper < shifted_upper && shifted_lower < -0.5, "{document}");
    let sandbox = data(&SIZES, |size| 2.0 * size * (1.0 - 9.0 / size));
    let line = "oracle trend --data data.csv --correction inverse --json";
    close(&sandbox.document(line), "correction_coefficient", -9.0, 1e-7);
}

#[test]
fn as_many_sizes_as_parameters_leave_nothing_to_test() {
    let document = data(&[16.0, 64.0], |size| size).document("oracle trend --data data.csv --json");
    close(&document, "exponent", 1.0, 1e-12);
    assert_eq!(document["degrees_of_freedom"], 0);
    assert_eq!((&document["chi_square_p_value"], &document["drift"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_table_shows_what_the_document_holds() {
    let sandbox = data(&SIZES, |size| size.powf(-0.5) * (1.0 + size.powf(-0.5)));
    let output = sandbox.contam("oracle trend --data data.csv --correction inverse-sqrt");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for part in ["exponent", "-0.5000", "at level 0.95", "inverse-sqrt", "drift", "chi-square"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn faulty_points_are_refused_by_line_and_column() {
    let header = "size,value,standard_error\n";
    let cases: [(String, &[&str]); 12] = [
        (String::new(), &["data.csv", "empty", "size,value,standard_error"]),
        (header.into(), &["number of points = 0", "at least 1"]),
        ("size,value\n1,2\n".into(), &["standard_error", "`size,value`"]),
        ("1,2,3\n".into(), &["no column is called size"]),
        (format!("{header}16,1,0.1\n"), &["number of different sizes = 1", "at least 2"]),
        (format!("{header}16,1,0.1\n16,2,0.1\n"), &["number of different sizes = 1"]),
        (format!("{header}16,1,0.1\n32,abc,0.1\n"), &["line 3, column value", "`abc`", "write"]),
        (format!("{header}16,1,0.1\n\n-32,1,0.1\n"), &["line 4, column size = -32", "positive"]),
        (format!("{header}16,0,0.1\n"), &["line 2, column value = 0"]),
        (format!("{header}16,1,-0.1\n"), &["line 2, column standard_error = -0.1"]),
        (format!("{header}16,NaN,0.1\n"), &["line 2, column value = NaN"]),
        (format!("{header}16,1\n"), &["line 2 has 2 cells"]),
    ];
    for (text, named) in cases {
        let sandbox = Sandbox::new().with("data.csv", text);
        sandbox.check_refused("oracle trend --data data.csv", named);
    }
    let sandbox = data(&[16.0, 32.0], |size| size).with("bytes.csv", [0xff, 0xfe, b'\n', 0xff]);
    sandbox.check_refused(
        "oracle trend --data data.csv --correction inverse",
        &["number of different sizes = 2", "at least 3", "no correction"],
    );
    sandbox.check_refused("oracle trend --data none.csv", &["none.csv", "give a CSV file"]);
    sandbox.check_refused("oracle trend --data bytes.csv", &["bytes.csv", "UTF-8"]);
    sandbox.check_refused("oracle trend --data .", &["give a CSV file"]);
    let cases = [
        ("--correction cubic", "none, inverse-sqrt, inverse"),
        ("--level 0.05", "coverage"),
        ("--level 1", "below 1"),
        ("--level nan", "nan"),
    ];
    for (option, named) in cases {
        sandbox.check_refused(&format!("oracle trend --data data.csv {option}"), &[named]);
    }
}

#[test]
fn data_that_leave_the_exponent_open_are_refused() {
    // Every size in reach lies below 6400, from where on the correction is one.
    let sandbox = data(&SIZES, |size| size.powf(-0.5) * (1.0 + 80.0 / size.sqrt()));
    sandbox.check_refused(
        "oracle trend --data data.csv --correction inverse-sqrt",
        &["data.csv as a trend", "above the leading term", "larger sizes"],
    );
}

/// The ends at a level against values of the beta quantile from mpmath with 40 digits, from scipy for a
/// million trials, or closed forms.
#[test]
fn intervals_of_proportions_agree_with_references() {
    let sandbox = Sandbox::new();
    for (arguments, lower, upper) in INTERVALS {
        let words: Vec<&str> = arguments.split(' ').collect();
        let [successes, trials, level] = words[..] else { unreachable!("three words each") };
        let document = sandbox.document(&format!(
            "oracle interval --successes {successes} --trials {trials} --level {level} --json"
        ));
        close(&document, "lower", lower, 1e-14);
        close(&document, "upper", upper, 1e-14);
        close(&document, "level", level.parse().unwrap(), 1e-15);
    }
}

const INTERVALS: [(&str, f64, f64); 14] = [
    ("0 1 0.9", 0.0, 0.95),
    ("1 2 0.95", 0.01257911709342506, 0.9874208829065749),
    ("3 10 0.95", 0.0667395111777345, 0.6524528500599972),
    ("9 10 0.999999999", 0.07222447090639188, 0.99999999995),
    ("25 50 0.99", 0.3155104211298106, 0.6844895788701895),
    ("81 100 0.95", 0.7193020420263876, 0.8815568038674564),
    ("81 100 0.999999999", 0.5106302814061682, 0.9677227721045684),
    ("10 1000 0.999999999", 0.0005620304728559628, 0.04375601873679029),
    ("500 1000 0.95", 0.46854917297179194, 0.531450827028208),
    ("5000 10000 0.999999999", 0.46943231879214603, 0.5305676812078539),
    ("9000 10000 0.99", 0.8920307715022621, 0.9075853856145428),
    ("0 1000000 0.999999999", 0.0, 2.141618371605156e-05),
    ("250000 1000000 0.95", 0.24915153568554574, 0.2508499125965476),
    ("500000 1000000 0.999999999", 0.4969448241754889, 0.5030551758245111),
];

#[test]
fn counts_and_levels_without_a_meaning_are_refused() {
    let sandbox = Sandbox::new();
    let cases: [(&str, &[&str]); 8] = [
        ("--successes 3 --trials 2 --level 0.9", &["successes = 3", "trials = 2"]),
        ("--successes 0 --trials 0 --level 0.9", &["trials = 0", "from 1"]),
        ("--successes 0 --trials 1000000000001 --level 0.9", &["trials = 1000000000001"]),
        ("--successes 1.5 --trials 2 --level 0.9", &["1.5"]),
        ("--successes -1 --trials 2 --level 0.9", &["-1"]),
        ("--successes 1 --trials 2 --level 0.499", &["level = 0.499", "coverage"]),
        ("--successes 1 --trials 2 --level 1.0", &["level = 1.0", "below 1"]),
        ("--successes 1 --trials 2", &["--level"]),
    ];
    for (line, named) in cases {
        sandbox.check_refused(&format!("oracle interval {line}"), named);
    }
    let output = sandbox.contam("oracle interval --successes 0 --trials 1 --level 0.5");
    // One failure: from 0 to 1 - 0.25, up to the last digit.
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("0 of 1: [0, 0.7") && text.ends_with("] at level 0.5\n"), "{text}");
}
