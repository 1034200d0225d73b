//! The root of a function of one variable.

/// Steps of Ridders' method, each of which at least halves the bracket: enough for all digits.
const MAX_STEPS: usize = 60;

/// The root of a continuous function between two places where its signs differ, to all digits: an end
/// where it is 0, or the nearer to 0 of the ends if the signs agree.
///
/// # Source
/// Ridders, *A new algorithm for computing a single root of a real continuous function*, IEEE Trans.
/// Circuits Syst. 26, 1979.
pub(super) fn bracketed_root(function: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut low, mut high) = ((low, function(low)), (high, function(high)));
    let nearer = |one: (f64, f64), other: (f64, f64)| {
        if one.1.abs() <= other.1.abs() { one.0 } else { other.0 }
    };
    // Not by their product, which may be too small for a number.
    let is_bracket = (low.1 < 0.0 && high.1 > 0.0) || (low.1 > 0.0 && high.1 < 0.0);
    if !is_bracket {
        return nearer(low, high);
    }
    let mut last = f64::NAN;
    for _ in 0..MAX_STEPS {
        let middle = 0.5 * (low.0 + high.0);
        let at_middle = function(middle);
        let scale = (at_middle * at_middle - low.1 * high.1).sqrt();
        if at_middle == 0.0 {
            return middle;
        }
        let sign = if low.1 > high.1 { 1.0 } else { -1.0 };
        let shift = if scale > 0.0 { sign * at_middle / scale } else { 0.0 };
        let next = middle + (middle - low.0) * shift;
        let at_next = function(next);
        if at_next == 0.0 || (next - last).abs() <= f64::EPSILON * next.abs() {
            return next;
        }
        last = next;
        let mut ends = [low, high, (middle, at_middle), (next, at_next)];
        ends.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        // The neighbours between which the sign changes.
        let change = ends.windows(2).find(|pair| pair[0].1.signum() != pair[1].1.signum());
        let Some(&[left, right]) = change else { break };
        (low, high) = (left, right);
    }
    nearer(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_have_all_their_digits() {
        assert!((bracketed_root(|x| x * x - 2.0, 0.0, 9.0) - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((bracketed_root(|x| 1.0 - x.exp(), -3.0, 50.0)).abs() < 1e-15);
        let steep = |x: f64| if x < 0.3 { -1.0 } else { 1.0 };
        assert!((bracketed_root(steep, 0.0, 1.0) - 0.3).abs() < 1e-15);
        // Ends.
        assert_eq!(bracketed_root(|x| x, 0.0, 1.0), 0.0);
        assert_eq!(bracketed_root(|x| x + 1.0, 0.0, 1.0), 0.0);
        assert!((bracketed_root(|x| 1e-200 * (x - 0.7), 0.0, 1.0) - 0.7).abs() < 1e-15);
    }
}
