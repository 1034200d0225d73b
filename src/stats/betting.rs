//! Bets on the mean of bounded values: capital that cannot grow, in expectation, if a hypothesis is true.
//!
//! Notation, on the scale where values lie in [0, 1]: before the value `x_t` is seen, a share `lambda_t` of
//! the capital is bet against "the mean is at most `b`", and the capital becomes
//!
//! ```text
//! K_t = K_{t-1} (1 + lambda_t (x_t - b)),    0 <= lambda_t <= c / b,  c < 1,
//! ```
//!
//! which never falls below 0, and is a supermartingale if the hypothesis is true, whatever the law and
//! however `lambda_t` depends on the past. By Ville's inequality the capital then ever reaches `1 / alpha`
//! with probability at most `alpha`: evidence may be looked at after every value. The bet against "at least
//! `b`" is the mirror image.
//!
//! # Source
//! Waudby-Smith and Ramdas, *Estimating means of bounded random variables by betting*, JRSS-B 86, 2024.

use super::{Bounds, Null};
use crate::error::{Error, Result};

/// The largest share of the capital that one value can take. At 1 a single value could ruin a bettor for
/// ever; below 1, capital grows by less than a factor 1 + `MAX_LOSS` per value where the bound is 1/2.
/// Free choice.
pub(super) const MAX_LOSS: f64 = 0.9;

/// What the bets on a mean are made for, said before the first value is seen. It moves only the number of
/// values that a decision takes, never its error rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bets {
    resolution: f64,
    /// A mean and a standard deviation.
    expected: Option<(f64, f64)>,
}

impl Bets {
    /// Bets that tell the mean from a bound at this distance: the margin of an equivalence, or the distance
    /// from the expected mean to the end of a region.
    pub fn resolving(distance: f64) -> Self {
        Bets { resolution: distance, expected: None }
    }

    /// The mean and the standard deviation expected of one value, of a law that is not very skewed. They
    /// count for one value. Where they are not given, the middle of the bounds and the largest standard
    /// deviation are taken, and the bets are cautious enough for every law.
    pub fn expecting(self, mean: f64, standard_deviation: f64) -> Self {
        Bets { expected: Some((mean, standard_deviation)), ..self }
    }

    /// A bettor on values that the bounds scale to [0, 1].
    ///
    /// # Errors
    /// A resolution or a standard deviation that is not positive, or an expected mean that is not finite.
    pub(super) fn bettor(self, bounds: Bounds) -> Result<Bettor> {
        let width = bounds.upper() - bounds.lower();
        let distance = check_positive("resolution", self.resolution)? / width;
        let caution = if self.expected.is_some() { 0.0 } else { 0.5 * distance };
        let bettor = Bettor::new(Goal::Resolution { distance, caution });
        let Some((mean, standard_deviation)) = self.expected else { return Ok(bettor) };
        let deviation = check_positive("standard deviation", standard_deviation)? / width;
        let mean = bounds.scale(mean);
        if !mean.is_finite() {
            let remedy = "give the value that the theory predicts";
            return Err(Error::out_of_range("expected mean", mean, "a finite number", remedy));
        }
        let squares = deviation.min(MAX_DEVIATION).powi(2);
        Ok(Bettor { mean, squares, ..bettor })
    }
}

/// The largest standard deviation of values in [0, 1].
const MAX_DEVIATION: f64 = 0.5;

pub(super) fn check_positive(name: &str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    let remedy = "give it in the units of the values";
    Err(Error::out_of_range(name, value, "positive and finite", remedy))
}

/// How boldly to bet, before each value.
///
/// Against a hypothesis whose bound is `D` away from the mean, capital grows fastest, to second order,
/// with the share `D / (variance + D^2)`; the variance is estimated from the values before. Of a skewed law
/// that can be twice what is best, and then the capital does not grow at all: `D r / 2` in the
/// denominator, `r` the room that a value has to move against the bet, makes it grow under every law.
/// (The smallest possible mean of `ln(1 + y)`, given those of `y` and `y^2`, is that of a law on two
/// points, one of them at the far end of the room; half of its share is guarded against.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bettor {
    goal: Goal,
    n_seen: f64,
    mean: f64,
    squares: f64,
}

/// A share of the capital, which may depend on the hypothesis: `numerator / (denominator + caution r)`, `r`
/// the room of [`Wager::room`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stake {
    numerator: f64,
    denominator: f64,
    caution: f64,
}

impl Stake {
    /// The share against a hypothesis that leaves a value this room.
    pub fn against(self, room: f64) -> f64 {
        self.numerator / (self.denominator + self.caution * room)
    }
}

/// What the bets are for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// To tell the mean from a bound at this distance.
    Resolution {
        /// The distance.
        distance: f64,
        /// What guards against skewed laws.
        caution: f64,
    },
    /// The narrowest interval at this tail after so many values.
    Horizon {
        /// The tail on each side.
        tail: f64,
        /// The number of values.
        n_values: f64,
    },
    /// A narrow interval at this tail at any time.
    AnyTime {
        /// The tail on each side.
        tail: f64,
    },
}

/// The largest share in bets for an interval at any time: the first bets, made while the variance is unknown,
/// would cost more on bounds near the mean than later ones bring in. Waudby-Smith and Ramdas recommend 1/2
/// or 3/4. With a horizon shares are small from the start, and what is admissible is the only limit: among
/// few values, or narrow ones, that interval is up to three times narrower (`contam calibrate mean/interval`).
const MAX_SHARE: f64 = 0.75;

impl Bettor {
    /// A bettor that has seen nothing: a mean of 1/2 and the largest possible variance, 1/4, count for
    /// one value.
    pub fn new(goal: Goal) -> Self {
        Bettor { goal, n_seen: 1.0, mean: 0.5, squares: MAX_DEVIATION * MAX_DEVIATION }
    }

    /// What to bet on the next value.
    pub fn stake(&self) -> Stake {
        match self.goal {
            Goal::Resolution { distance, caution } => Stake {
                numerator: distance,
                denominator: self.variance() + distance * distance,
                caution,
            },
            Goal::Horizon { tail, n_values } => Stake {
                numerator: self.interval_share(tail, n_values),
                denominator: 1.0,
                caution: 0.0,
            },
            Goal::AnyTime { tail } => {
                let spread_over = self.n_seen * (1.0 + self.n_seen).ln();
                let share = self.interval_share(tail, spread_over).min(MAX_SHARE);
                Stake { numerator: share, denominator: 1.0, caution: 0.0 }
            }
        }
    }

    /// The share for an interval, spread over so many values; the same against every bound.
    fn interval_share(&self, tail: f64, n_values: f64) -> f64 {
        (-2.0 * tail.ln() / (self.variance() * n_values)).sqrt()
    }

    /// The estimated variance.
    pub fn variance(&self) -> f64 {
        self.squares / self.n_seen
    }

    /// The estimated mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Takes note of a value, after the bet on it.
    pub fn observe(&mut self, value: f64) {
        self.n_seen += 1.0;
        self.mean += (value - self.mean) / self.n_seen;
        let deviation = value - self.mean;
        self.squares += deviation * deviation;
    }
}

/// The capital of the bets against one one-sided hypothesis.
///
/// Logarithms are added: a product over all values would leave the numbers within some ten thousand. Only
/// the factors of up to [`BLOCK`] values are multiplied before their logarithm is taken, which costs no
/// more digits than as many additions and spares most of the logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wager {
    /// +1 against "at most", -1 against "at least".
    sign: f64,
    bound: f64,
    /// How far a value can move against the bet.
    room: f64,
    /// The largest admissible share.
    max_share: f64,
    /// The logarithm of the capital before the open block.
    log_start: f64,
    /// The largest logarithm up to there; 0 before the first bet.
    log_sup: f64,
    /// The capital since then, and its largest value, in units of that at the start of the block.
    product: f64,
    largest: f64,
    n_open: usize,
}

/// Factors in one product: all of them at their extremes, 0.1 and 1 + [`LARGEST_SHARE`], stay numbers.
pub(super) const BLOCK: usize = 16;

/// Against a bound next to an end of the unit interval larger shares would be admissible, and capital grow
/// beyond the numbers within one block.
const LARGEST_SHARE: f64 = 1e15;

impl Wager {
    /// A capital of 1 against a hypothesis on values in [0, 1]. One that no law on [0, 1] can satisfy is
    /// refuted before the first value; against one that every number satisfies no bet is made.
    pub fn against(null: Null) -> Self {
        let (sign, bound, room, is_impossible) = match null {
            Null::AtMost(f64::INFINITY) | Null::AtLeast(f64::NEG_INFINITY) => {
                (0.0, 0.0, 0.0, false)
            }
            Null::AtMost(bound) => (1.0, bound, bound, bound < 0.0),
            Null::AtLeast(bound) => (-1.0, bound, 1.0 - bound, bound > 1.0),
        };
        // Against the impossible nothing is bet either: infinite capital stays so.
        let (sign, bound, room) = if is_impossible { (0.0, 0.0, 0.0) } else { (sign, bound, room) };
        let log_start = if is_impossible { f64::INFINITY } else { 0.0 };
        let max_share = (MAX_LOSS / room).min(LARGEST_SHARE);
        let (log_sup, product, largest, n_open) = (log_start, 1.0, 1.0, 0);
        Wager { sign, bound, room, max_share, log_start, log_sup, product, largest, n_open }
    }

    /// How far a value can move against the bet: from the bound to the end of the unit interval.
    pub fn room(&self) -> f64 {
        self.room
    }

    /// Bets the share on a value.
    pub fn bet(&mut self, share: f64, value: f64) {
        if self.n_open == BLOCK {
            (self.log_sup, self.log_start) = (self.log_sup(), self.log_capital());
            (self.product, self.largest, self.n_open) = (1.0, 0.0, 0);
        }
        self.n_open += 1;
        let stake = self.sign * share.min(self.max_share);
        self.product *= 1.0 + stake * (value - self.bound);
        self.largest = self.largest.max(self.product);
    }

    /// The logarithm of the capital now.
    pub fn log_capital(&self) -> f64 {
        // libm: the same bits on every platform.
        self.log_start + libm::log(self.product)
    }

    /// Its largest value so far; 0 before the first bet.
    pub fn log_sup(&self) -> f64 {
        self.log_sup.max(self.log_start + libm::log(self.largest))
    }
}

/// A wager with a goal, of which it is known after every value whether the capital has ever reached it, and
/// nothing else. Its owner settles it at least every [`BLOCK`] values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Race {
    sign: f64,
    signed_bound: f64,
    room: f64,
    max_share: f64,
    /// The capital since it was last settled, in units of that then.
    product: f64,
    /// By how much its logarithm must grow; what it was settled to is in here.
    log_gap: f64,
    has_reached: bool,
}

impl Race {
    /// A race to the capital `exp(log_goal)`; the goal is above 0.
    pub fn against(null: Null, log_goal: f64) -> Self {
        let wager = Wager::against(null);
        Race {
            sign: wager.sign,
            signed_bound: wager.sign * wager.bound,
            room: wager.room,
            max_share: wager.max_share,
            product: 1.0,
            log_gap: log_goal,
            has_reached: wager.log_sup() >= log_goal,
        }
    }

    /// Bets a stake on a value.
    #[inline]
    pub fn bet(&mut self, stake: Stake, value: f64) {
        let share = stake.against(self.room).min(self.max_share);
        self.product *= 1.0 + share * (self.sign * value - self.signed_bound);
        // The logarithm lies below its tangent at 1: it is taken only where the goal is near.
        if self.product - 1.0 >= self.log_gap {
            self.has_reached |= libm::log(self.product) >= self.log_gap;
        }
    }

    /// Closes the block of factors.
    pub fn settle(&mut self) {
        self.log_gap -= libm::log(self.product);
        self.product = 1.0;
    }

    /// Whether the goal was ever reached.
    pub fn has_reached(&self) -> bool {
        self.has_reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share against a hypothesis with a bound in the middle.
    fn share(bettor: &Bettor) -> f64 {
        bettor.stake().against(0.5)
    }

    #[test]
    fn three_bets_by_hand() {
        // D = 0.5: share 0.5 / (0.25 + 0.25 + 0.125), then the variance falls.
        let mut bettor = Bettor::new(Goal::Resolution { distance: 0.5, caution: 0.25 });
        assert_eq!(share(&bettor), 0.8);
        bettor.observe(1.0);
        // Mean 3/4, squares 1/4 + 1/16 over two: share 0.5 / (0.15625 + 0.25 + 0.125).
        assert_eq!((bettor.mean(), bettor.variance()), (0.75, 0.15625));
        assert!((share(&bettor) - 0.5 / 0.53125).abs() < 1e-15);
        let mut wager = Wager::against(Null::AtMost(0.5));
        wager.bet(1.0, 1.0);
        assert!((wager.log_capital() - 1.5_f64.ln()).abs() < 1e-15);
        // A share above the admissible one is cut to 0.9 / 0.5.
        wager.bet(9.0, 0.0);
        assert!((wager.log_capital() - (1.5_f64 * 0.1).ln()).abs() < 1e-14);
        assert!((wager.log_sup() - 1.5_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn blocks_of_factors_add_up_to_the_sum_of_logarithms() {
        // A bound next to 0 and values at both ends: the factors are 0.1 and 1e15.
        for bound in [1e-300, 0.3, 1.0 - 1e-12] {
            let mut wager = Wager::against(Null::AtMost(bound));
            let mut race = Race::against(Null::AtMost(bound), 3.0);
            let (mut sum, mut largest) = (0.0, 0.0_f64);
            for idx in 0..1000_u32 {
                let value = f64::from(idx * idx % 7 % 2);
                let share = (0.9 / bound).min(1e15);
                sum += (1.0 + share * (value - bound)).ln();
                largest = largest.max(sum);
                wager.bet(f64::INFINITY, value);
                race.bet(Stake { numerator: 1.0, denominator: 0.0, caution: 0.0 }, value);
                if idx as usize % BLOCK == BLOCK - 1 {
                    race.settle();
                }
                let scale = 1e-13 * (1.0 + f64::from(idx)) * 40.0;
                assert!((wager.log_capital() - sum).abs() <= scale, "{bound} {idx}");
                assert!((wager.log_sup() - largest).abs() <= scale, "{bound} {idx}");
                assert_eq!(race.has_reached(), largest >= 3.0, "{bound} {idx}");
            }
        }
    }

    #[test]
    fn capital_grows_under_the_most_skewed_law() {
        // Mean D above the bound, and a rare fall through all of the room, as large as the variance allows.
        for (distance, room) in [(0.01, 0.9), (0.1, 0.9), (0.001, 0.5), (0.05, 0.2)] {
            for variance in [0.08, 0.02, 0.01, 0.005, 0.001, 1e-4, 1e-5] {
                let fall: f64 = room + distance;
                let rise = variance / fall;
                let probability = rise / (rise + fall);
                let caution = 0.5 * distance;
                let mut bettor = Bettor::new(Goal::Resolution { distance, caution });
                bettor.squares = variance;
                let share = |stake: Stake| stake.against(room).min(MAX_LOSS / room);
                let growth = |share: f64| {
                    probability * (1.0 - share * room).ln()
                        + (1.0 - probability) * (1.0 + share * (distance + rise)).ln()
                };
                assert!(growth(share(bettor.stake())) > 0.0, "{distance} {room} {variance}");
                // Without the room in the denominator it shrinks under some of these laws.
                let bold = Stake { caution: 0.0, ..bettor.stake() };
                if (distance, variance) == (0.01, 0.01) {
                    assert!(growth(share(bold)) < 0.0, "{}", growth(share(bold)));
                }
            }
        }
    }

    #[test]
    fn a_bet_is_fair_at_the_bound_and_loses_inside() {
        // E[1 + s (x - b)] over a two-point law of mean b is 1; of a smaller mean, below 1.
        for (p, expected) in [(0.3, 1.0), (0.1, 1.0 - 0.2 * 2.0)] {
            let factor = |x: f64| {
                let mut wager = Wager::against(Null::AtMost(0.3));
                wager.bet(2.0, x);
                wager.log_capital().exp()
            };
            let mean = p * factor(1.0) + (1.0 - p) * factor(0.0);
            assert!((mean - expected).abs() < 1e-14, "{mean}");
        }
    }

    #[test]
    fn both_sides_are_mirror_images_and_the_impossible_is_refuted_at_once() {
        let mut up = Wager::against(Null::AtMost(0.3));
        let mut down = Wager::against(Null::AtLeast(0.7));
        for x in [0.9, 0.2, 0.5] {
            up.bet(1.3, x);
            down.bet(1.3, 1.0 - x);
        }
        assert!((up.log_capital() - down.log_capital()).abs() < 1e-14);
        assert_eq!(Wager::against(Null::AtMost(-0.1)).log_sup(), f64::INFINITY);
        assert_eq!(Wager::against(Null::AtLeast(1.1)).log_sup(), f64::INFINITY);
        for null in [Null::AtMost(f64::NEG_INFINITY), Null::AtLeast(f64::INFINITY)] {
            let mut wager = Wager::against(null);
            wager.bet(1.0, 0.5);
            assert_eq!(wager.log_sup(), f64::INFINITY);
        }
        for null in [Null::AtMost(f64::INFINITY), Null::AtLeast(f64::NEG_INFINITY)] {
            let mut wager = Wager::against(null);
            wager.bet(1.0, 0.5);
            assert_eq!((wager.log_capital(), wager.log_sup()), (0.0, 0.0));
        }
    }
}
