//! `P(S >= 0)` for a sum `S = sum_j c_j b_j` of independent Bernoulli variables, exactly.
//!
//! The law of `S` has atoms, one possibly at 0, and its characteristic function does not decay: the
//! inversion formula is of no use. Instead the coefficients, dyadic rationals like every floating
//! point number, are scaled to integers, so that no tie is left to rounding, and
//! - if they lie on a short lattice (equal weights do), the law is convolved term by term;
//! - else, up to 40 terms, all sums of one half are matched against all sums of the other;
//! - else the coefficients are rounded outward to a lattice, which brackets the probability.

use super::Certified;
use crate::error::{Error, Result};
use crate::linalg::{CompensatedSum, dot_error_factor};

/// One term: a coefficient and the probability that it is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Atom {
    pub coefficient: f64,
    pub probability: f64,
}

/// `P(S >= 0)`, mass at 0 counted as active.
///
/// # Errors
/// If a coefficient is not finite.
pub(super) fn probability(atoms: &[Atom]) -> Result<Certified> {
    Ok(Scaled::new(atoms)?.probability(0, None))
}

/// `E[b_j 1{S >= 0}]` for every `j`.
///
/// # Errors
/// If a coefficient is not finite.
pub(super) fn truncated_means(atoms: &[Atom]) -> Result<Certified<Vec<f64>>> {
    let scaled = Scaled::new(atoms)?;
    let mut known: Vec<(Atom, Certified)> = Vec::new();
    let mut means = Certified::new(Vec::with_capacity(atoms.len()), 0.0);
    for (idx, &atom) in atoms.iter().enumerate() {
        let found = known.iter().find(|(other, _)| *other == atom).map(|&(_, value)| value);
        let active = found.unwrap_or_else(|| scaled.probability(scaled.integers[idx], Some(idx)));
        if found.is_none() {
            known.push((atom, active));
        }
        means.value.push(atom.probability * active.value);
        means.error_bound = means.error_bound.max(atom.probability * active.error_bound);
    }
    Ok(means)
}

/// Cells a lattice may have.
const MAX_CELLS: u128 = 1 << 20;
/// Terms up to which the halves are matched: 2^20 sums each.
const MAX_MATCHED: usize = 40;

/// One for the rounding down, one for the rounding of the division before it.
const ABOVE: i128 = 2;

/// Coefficients as integers on a common scale, reduced by their greatest common divisor.
struct Scaled {
    integers: Vec<i128>,
    probabilities: Vec<f64>,
    /// Whether the integers are the coefficients exactly; if not, they are rounded down and each true
    /// one lies at most [`ABOVE`] above.
    exact: bool,
}

impl Scaled {
    fn new(atoms: &[Atom]) -> Result<Self> {
        if let Some(atom) = atoms.iter().find(|atom| !atom.coefficient.is_finite()) {
            return Err(Error::out_of_range(
                "weight",
                atom.coefficient,
                "finite",
                "remove NaN and infinity from the weights",
            ));
        }
        let coefficients = || atoms.iter().map(|atom| atom.coefficient);
        let exact = exact_integers(coefficients());
        let scaled = Scaled {
            probabilities: atoms.iter().map(|atom| atom.probability).collect(),
            exact: exact.is_some(),
            integers: exact.unwrap_or_default(),
        };
        let fits = span(&scaled.integers) <= MAX_CELLS || atoms.len() <= MAX_MATCHED;
        if scaled.exact && fits {
            return Ok(scaled);
        }
        let total: f64 = coefficients().map(f64::abs).sum();
        let cell = total / (MAX_CELLS / 4) as f64;
        let integers = coefficients().map(|c| (c / cell).next_down().floor() as i128).collect();
        Ok(Scaled { integers, exact: false, ..scaled })
    }

    /// `P(offset + sum of all terms but the one left out >= 0)`.
    fn probability(&self, offset: i128, left_out: Option<usize>) -> Certified {
        let terms = |shift: i128| -> Vec<(i128, f64)> {
            let integers = self.integers.iter().zip(&self.probabilities).enumerate();
            integers
                .filter(|&(idx, _)| Some(idx) != left_out)
                .map(|(_, (&integer, &p))| (integer + shift, p))
                .collect()
        };
        if self.exact {
            return exact_probability(&terms(0), offset);
        }
        let lower = exact_probability(&terms(0), offset);
        let offset_above = offset + if left_out.is_some() { ABOVE } else { 0 };
        let upper = exact_probability(&terms(ABOVE), offset_above);
        let middle = 0.5 * (lower.value + upper.value);
        let half_width = 0.5 * (upper.value - lower.value);
        Certified::new(middle, half_width + lower.error_bound.max(upper.error_bound))
    }
}

/// `P(offset + S >= 0)` for integer coefficients.
fn exact_probability(terms: &[(i128, f64)], offset: i128) -> Certified {
    let terms: Vec<(i128, f64)> = terms.iter().copied().filter(|&(c, _)| c != 0).collect();
    let integers: Vec<i128> = terms.iter().map(|&(c, _)| c).collect();
    let value = if span(&integers) <= MAX_CELLS {
        by_convolution(&terms, offset)
    } else {
        by_matching(&terms, offset)
    };
    // Every product and sum is of non-negative numbers: three roundings a term.
    let relative = dot_error_factor(3 * terms.len() + 3);
    Certified::new(value.clamp(0.0, 1.0), relative * value)
}

/// The law of `S`, cell by cell: index `i` holds the mass at `i - (sum of negative coefficients)`.
fn by_convolution(terms: &[(i128, f64)], offset: i128) -> f64 {
    let integers: Vec<i128> = terms.iter().map(|&(c, _)| c).collect();
    let lowest: i128 = integers.iter().filter(|&&c| c < 0).sum();
    let mut mass = vec![0.0; span(&integers) as usize + 1];
    mass[0] = 1.0;
    let mut end = 0;
    for &(coefficient, p) in terms {
        // Counted from the lowest sum, a negative term adds its modulus when it is *not* counted.
        let moved = if coefficient > 0 { p } else { 1.0 - p };
        let stride = coefficient.unsigned_abs() as usize;
        end += stride;
        for i in (0..=end).rev() {
            let from_below = if i >= stride { moved * mass[i - stride] } else { 0.0 };
            mass[i] = (1.0 - moved) * mass[i] + from_below;
        }
    }
    let first = (-offset - lowest).clamp(0, mass.len() as i128) as usize;
    mass[first..].iter().copied().collect::<CompensatedSum>().value()
}

/// All sums of the first half against all sums of the second: as the one grows, ever smaller ones of the
/// other are enough.
///
/// # Source
/// Horowitz and Sahni, *Computing partitions with applications to the knapsack problem*, JACM 21, 1974.
fn by_matching(terms: &[(i128, f64)], offset: i128) -> f64 {
    let (left, right) = terms.split_at(terms.len() / 2);
    let (left, right) = (sorted_sums(left), sorted_sums(right));
    let mut unmatched = right.as_slice();
    let (mut enough, mut matched) = (CompensatedSum::default(), CompensatedSum::default());
    for (sum, mass) in left {
        while let Some((&(other, other_mass), rest)) = unmatched.split_last()
            && offset + sum + other >= 0
        {
            enough.add(other_mass);
            unmatched = rest;
        }
        matched.add(mass * enough.value());
    }
    matched.value()
}

/// The sums of all subsets with their masses, ascending.
fn sorted_sums(terms: &[(i128, f64)]) -> Vec<(i128, f64)> {
    terms.iter().fold(vec![(0, 1.0)], |sums, &(coefficient, p)| {
        let left_out = sums.iter().map(|&(sum, mass)| (sum, mass * (1.0 - p)));
        let counted = sums.iter().map(|&(sum, mass)| (sum + coefficient, mass * p));
        merged(left_out, counted)
    })
}

/// Two ascending sequences of one length as one.
fn merged(
    first: impl ExactSizeIterator<Item = (i128, f64)>,
    second: impl ExactSizeIterator<Item = (i128, f64)>,
) -> Vec<(i128, f64)> {
    let mut all = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.peekable(), second.peekable());
    while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
        let next = if a.0 <= b.0 { first.next() } else { second.next() };
        all.extend(next);
    }
    all.extend(first);
    all.extend(second);
    all
}

/// The distance from the lowest to the highest sum.
fn span(integers: &[i128]) -> u128 {
    integers.iter().map(|c| c.unsigned_abs()).sum()
}

/// The coefficients times a common power of two, over their greatest common divisor; `None` where
/// they differ by more binary digits than an `i128` sum can hold.
fn exact_integers(coefficients: impl Iterator<Item = f64> + Clone) -> Option<Vec<i128>> {
    let decoded = || coefficients.clone().map(decode);
    let nonzero = || decoded().filter(|&(mantissa, _)| mantissa != 0);
    let lowest = nonzero().map(|(_, exponent)| exponent).min().unwrap_or(0);
    let highest = nonzero().map(|(_, exponent)| exponent).max().unwrap_or(0);
    // 53 binary digits of mantissa and 20 for the number of terms leave this many for the scale.
    if highest - lowest > 127 - 53 - 20 {
        return None;
    }
    let scaled: Vec<i128> = decoded()
        .map(|(mantissa, exponent)| match mantissa {
            0 => 0,
            _ => mantissa << (exponent - lowest),
        })
        .collect();
    let divisor = scaled.iter().fold(0_u128, |divisor, c| gcd(divisor, c.unsigned_abs()));
    Some(scaled.into_iter().map(|c| c / (divisor.max(1) as i128)).collect())
}

/// A finite number as `mantissa * 2^exponent` with an odd mantissa, or 0.
fn decode(number: f64) -> (i128, i32) {
    let bits = number.to_bits();
    let fraction = (bits & ((1 << 52) - 1)) as i128;
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let (mantissa, exponent) = match biased {
        0 => (fraction, -1074),
        _ => (fraction | (1 << 52), biased - 1075),
    };
    if mantissa == 0 {
        return (0, 0);
    }
    let zeros = mantissa.trailing_zeros();
    let sign = if number < 0.0 { -1 } else { 1 };
    (sign * (mantissa >> zeros), exponent + zeros as i32)
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(coefficients: &[f64], p: f64) -> Vec<Atom> {
        coefficients.iter().map(|&coefficient| Atom { coefficient, probability: p }).collect()
    }

    /// Every outcome, one by one.
    fn by_enumeration(atoms: &[Atom], need: Option<usize>) -> f64 {
        let mut total = 0.0;
        for outcome in 0_u32..1 << atoms.len() {
            let counted = |j: usize| outcome >> j & 1 == 1;
            let sum: f64 =
                (0..atoms.len()).filter(|&j| counted(j)).map(|j| atoms[j].coefficient).sum();
            let mass: f64 = atoms
                .iter()
                .enumerate()
                .map(|(j, atom)| if counted(j) { atom.probability } else { 1.0 - atom.probability })
                .product();
            if sum >= 0.0 && need.is_none_or(counted) {
                total += mass;
            }
        }
        total
    }

    #[test]
    fn decoding_is_exact() {
        for number in [1.0, -0.75, 1e-310, 6.02e23, -f64::MIN_POSITIVE] {
            let (mantissa, exponent) = decode(number);
            assert_eq!(
                mantissa as f64
                    * 2.0_f64.powi(exponent / 2)
                    * 2.0_f64.powi(exponent - exponent / 2),
                number
            );
        }
    }

    #[test]
    fn equal_weights_give_the_difference_of_two_binomials() {
        // P(A >= B) with A, B ~ Bin(2, 1/2): 11/16.
        let value = probability(&atoms(&[0.3, 0.3, -0.3, -0.3], 0.5)).unwrap();
        assert!((value.value - 11.0 / 16.0).abs() <= value.error_bound);
    }

    #[test]
    fn ties_are_decided_in_exact_arithmetic() {
        // As doubles 0.1 + 0.2 - 0.3 is 2.8e-17 and not 0; 0.5 + 0.25 - 0.75 is 0.
        for (coefficients, all_three) in
            [([0.1, 0.2, -0.3], 1.0), ([0.5, 0.25, -0.75], 1.0), ([0.1, 0.7, -0.8], 0.0)]
        {
            let value = probability(&atoms(&coefficients, 0.5)).unwrap().value;
            // Active without the third term: 4 outcomes of 8; with it only if both others are counted.
            assert_eq!(value, (4.0 + all_three) / 8.0, "{coefficients:?}");
        }
    }

    #[test]
    fn all_three_routes_agree_with_enumeration() {
        let irregular: Vec<f64> = (0..12).map(|j| (f64::from(j) * 1.7).sin() / 3.0).collect();
        let atoms = atoms(&irregular, 0.3);
        let exact = by_enumeration(&atoms, None);
        let matched = probability(&atoms).unwrap();
        assert!((matched.value - exact).abs() <= matched.error_bound + 1e-13);
        let scaled = Scaled::new(&atoms).unwrap();
        assert!(scaled.exact && span(&scaled.integers) > MAX_CELLS);
        let means = truncated_means(&atoms).unwrap();
        for (idx, mean) in means.value.iter().enumerate() {
            // The enumeration adds 4096 terms without care.
            assert!((mean - by_enumeration(&atoms, Some(idx))).abs() <= means.error_bound + 1e-13);
        }
    }

    #[test]
    fn the_bracket_covers_the_exact_value_and_is_narrow() {
        // 44 irregular terms: too many to match, so the bracket is used; two terms cancel in pairs to
        // keep the exact value known by symmetry: P(S > 0) = P(S < 0).
        let half: Vec<f64> = (0..22).map(|j| 1.0 + (f64::from(j) * 1.3).sin() / 3.0).collect();
        let both: Vec<f64> = half.iter().copied().chain(half.iter().map(|c| -c)).collect();
        let atoms = atoms(&both, 0.5);
        let value = probability(&atoms).unwrap();
        assert!(!Scaled::new(&atoms).unwrap().exact);
        assert!(value.error_bound < 1e-3, "{value:?}");
        // Ties (equal subsets on both sides) make P(S >= 0) a little more than one half.
        assert!(value.value + value.error_bound >= 0.5 && value.value - value.error_bound < 0.51);
    }

    #[test]
    fn coefficients_of_very_different_size_are_bracketed_not_lost() {
        let value = probability(&atoms(&[1e200, -1e-200, 1.0], 0.5)).unwrap();
        // Inactive only when the tiny negative term stands alone.
        assert!((value.value - 7.0 / 8.0).abs() <= value.error_bound);
    }
}
