//! The one list of procedures.

use super::{Effort, Findings};
use super::{fixed_sample, multiplicity, power, proportion, samples, sequence, sequential};
use crate::error::{Error, Result};

/// One procedure of [`crate::stats`] that is calibrated.
#[derive(Debug)]
pub struct Procedure {
    /// `family/name`: what the command line knows it by.
    pub name: &'static str,
    /// What it promises, in a few words.
    pub promise: &'static str,
    /// What is measured, in a few words.
    pub measured: &'static str,
    pub(super) run: fn(&Effort) -> Result<Findings>,
}

/// Every procedure. A new one is one more entry.
pub static PROCEDURES: &[Procedure] = &[
    Procedure {
        name: "proportion/equivalence",
        promise: "a decision after any trial errs at most at its rates",
        measured: "exact error rates of a value with a margin, looked at after every trial",
        run: proportion::equivalence,
    },
    Procedure {
        name: "proportion/region",
        promise: "a decision after any trial errs at most at its rates",
        measured: "exact error rates of a region with one end, looked at after every trial",
        run: proportion::region,
    },
    Procedure {
        name: "proportion/blocks",
        promise: "a decision after any trial errs at most at its rates",
        measured: "exact error rates, looked at after every 16 trials",
        run: proportion::blocks,
    },
    Procedure {
        name: "proportion/interval",
        promise: "the interval misses ever, on one side, with at most its tail",
        measured: "exact probability that the running intersection misses",
        run: proportion::interval,
    },
    Procedure {
        name: "proportion/fixed-sample",
        promise: "the interval misses on one side with at most its tail",
        measured: "exact coverage of Clopper and Pearson's interval at numbers of trials fixed before",
        run: proportion::fixed_sample,
    },
    Procedure {
        name: "proportion/peeking",
        promise: "none: a control, which must be seen to break what a fixed sample promises",
        measured: "Clopper and Pearson's interval, looked at after every trial",
        run: proportion::peeking,
    },
    Procedure {
        name: "mean/sequential",
        promise: "a decision after any value errs at most at its rates, under every law on the bounds",
        measured: "error rates and power of values with a margin and of regions",
        run: sequential::mean,
    },
    Procedure {
        name: "mean/bounded",
        promise: "a decision errs at most at its rates, under every law on the bounds",
        measured: "error rates at the end of a region, bets as in the claims' windows",
        run: fixed_sample::bounded_mean,
    },
    Procedure {
        name: "mean/interval",
        promise: "the interval misses on one side with at most its tail",
        measured: "misses, and widths beside Student's interval and the bound by DKW",
        run: fixed_sample::interval_of_bounded_mean,
    },
    Procedure {
        name: "mean/student",
        promise: "the interval misses on one side with its tail, of normal values",
        measured: "misses, also of values that are not normal",
        run: fixed_sample::student,
    },
    Procedure {
        name: "mean/peeking",
        promise: "none: a control, which must be seen to break what a fixed sample promises",
        measured: "Student's interval of normal values, looked at after every value",
        run: fixed_sample::peeking,
    },
    Procedure {
        name: "sequence/hedged",
        promise: "the interval misses ever, on one side, with at most its tail",
        measured: "whether the running intersection ever reaches the mean, and its width at the end",
        run: sequence::hedged,
    },
    Procedure {
        name: "sequence/bernstein",
        promise: "the interval misses ever, on one side, with at most its tail",
        measured: "whether the running intersection ever reaches the mean, and its width at the end",
        run: sequence::bernstein,
    },
    Procedure {
        name: "variance/fixed",
        promise: "the interval misses on one side with its tail, of normal values",
        measured: "misses, also of values that are not normal",
        run: fixed_sample::variance,
    },
    Procedure {
        name: "variance/sequential",
        promise: "evidence at any time errs at most at its rates, of normal values",
        measured: "error rates, looked at after every value",
        run: sequential::variance,
    },
    Procedure {
        name: "law/distance",
        promise: "the interval misses on one side with at most its tail",
        measured: "misses of the distance to the true law, and to one at distance 0.1",
        run: fixed_sample::distance_to_law,
    },
    Procedure {
        name: "many/holm",
        promise: "any true hypothesis is rejected with at most alpha, whatever the dependence",
        measured: "family-wise error among ten hypotheses",
        run: multiplicity::holm_procedure,
    },
    Procedure {
        name: "many/e-bh",
        promise: "the expected share of true ones among the rejected is at most the level",
        measured: "false discovery rate among ten hypotheses",
        run: multiplicity::e_bh_procedure,
    },
    Procedure {
        name: "power/proportion",
        promise: "none",
        measured: "exact probabilities of the verdicts along true proportions",
        run: power::proportion,
    },
    Procedure {
        name: "power/mean",
        promise: "none",
        measured: "frequencies of the verdicts along true means",
        run: power::mean,
    },
    Procedure {
        name: "samples/against-dkw",
        promise: "none",
        measured: "samples until a true claim is supported at 1e-6, against the design by DKW",
        run: samples::against_dkw,
    },
];

/// The procedures whose name is one of `names` or lies in a family (a prefix up to a slash) named there, in
/// the order of the list; all of them when `names` is empty.
///
/// # Errors
/// [`Error::UnknownProcedure`] for the first entry that names nothing, with the nearest name.
pub fn select(names: &[String]) -> Result<Vec<&'static Procedure>> {
    if let Some(name) = names.iter().find(|name| !PROCEDURES.iter().any(|p| is_named(p, name))) {
        return Err(Error::UnknownProcedure { name: name.clone(), nearest: nearest(name) });
    }
    let asked = |p: &&Procedure| names.is_empty() || names.iter().any(|name| is_named(p, name));
    Ok(PROCEDURES.iter().filter(asked).collect())
}

fn is_named(procedure: &Procedure, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    let rest = procedure.name.strip_prefix(prefix);
    !prefix.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The name, or family, nearest to a misspelt one, if it is near enough to be meant.
fn nearest(name: &str) -> Option<String> {
    let families = PROCEDURES.iter().filter_map(|procedure| procedure.name.split('/').next());
    PROCEDURES
        .iter()
        .map(|procedure| procedure.name)
        .chain(families)
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|&(similarity, _)| similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::{self, Standing};
    use crate::seed::Seed;

    fn names(asked: &[&str]) -> Vec<&'static str> {
        let asked: Vec<String> = asked.iter().map(|&name| name.to_owned()).collect();
        select(&asked).unwrap().into_iter().map(|procedure| procedure.name).collect()
    }

    #[test]
    fn a_family_selects_its_procedures_and_nothing_selects_all() {
        assert_eq!(names(&["variance"]), ["variance/fixed", "variance/sequential"]);
        assert_eq!(names(&["mean/student", "sequence/"]).len(), 3);
        assert_eq!(names(&[]).len(), PROCEDURES.len());
    }

    #[test]
    fn a_misspelt_name_suggests_the_nearest_one() {
        for (wrong, meant) in [("mean/studnet", "mean/student"), ("propotion", "proportion")] {
            let fault = select(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(fault.contains(&format!("did you mean `{meant}")), "{fault}");
        }
        let fault = select(&["xyzzy".to_owned()]).unwrap_err().to_string();
        assert!(fault.contains("calibrate --help") && !fault.contains("did you mean"), "{fault}");
    }

    #[test]
    fn sampled_procedures_find_the_same_on_one_thread_and_on_two_and_keep_their_promises() {
        // Not the exact ones, which sample nothing, no control, which few replicates do not catch, and not
        // the one that takes long.
        let left_out = |name: &str| {
            name.starts_with("proportion")
                || name.ends_with("peeking")
                || name.starts_with("samples")
        };
        let procedures: Vec<&Procedure> =
            PROCEDURES.iter().filter(|procedure| !left_out(procedure.name)).collect();
        let run = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            let effort = Effort::new(Seed::root(3), 70, &()).unwrap();
            pool.install(|| calibrate::run(&procedures, &effort)).unwrap()
        };
        let findings = run(1);
        assert_eq!(findings, run(2));
        assert!(!findings.has_fault());
        for procedure in procedures {
            let of = |name: &str| name == procedure.name;
            let n_found = findings.rows.iter().filter(|row| of(row.procedure)).count()
                + findings.curves.iter().filter(|curve| of(curve.procedure)).count()
                + findings.savings.iter().filter(|saving| of(saving.procedure)).count();
            assert!(n_found > 0, "{}", procedure.name);
        }
        assert!(findings.rows.iter().any(|row| row.standing() == Standing::Kept));
    }
}
