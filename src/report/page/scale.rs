//! The scale on which one check is drawn: its bounds and its evidence must both be legible.

use crate::study::Part;

/// How values become places.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Linear,
    Log,
    /// Linear inside of a band, logarithmic in its half-widths outside.
    OutsideLog {
        center: f64,
        half_width: f64,
    },
}

/// From values to places between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    kind: Kind,
    from: f64,
    to: f64,
}

/// A band narrower than this share of a linear scale cannot be read; a free choice.
const NARROW: f64 = 0.15;
/// From this ratio of the ends on a scale of positive values is logarithmic; a free choice.
const WIDE: f64 = 30.0;
/// The room at each end, as a share of the scale.
const ROOM: f64 = 0.09;
/// Ends beyond this are no places.
const LARGEST: f64 = 1e300;

impl Scale {
    /// The scale that shows all finite values of a part.
    pub fn of(part: &Part) -> Self {
        let decision = &part.decision;
        let (allowed, claimed) = (decision.hypothesis.allowed, decision.hypothesis.claimed);
        let ends = [allowed.lower, allowed.upper, claimed.lower, claimed.upper];
        let evidence = [decision.estimate, decision.interval.lower, decision.interval.upper];
        let values = ends.into_iter().chain(evidence).chain(part.predicted);
        let shown = values.filter(|value| value.abs() < LARGEST);
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let width = allowed.upper - allowed.lower;
        let kind = if width > 0.0 && width.is_finite() && width < NARROW * (high - low) {
            Kind::OutsideLog {
                center: 0.5 * (allowed.lower + allowed.upper),
                half_width: 0.5 * width,
            }
        } else if !width.is_finite() && low > 0.0 && high > WIDE * low {
            Kind::Log
        } else {
            Kind::Linear
        };
        Scale { kind, from: 0.0, to: 1.0 }.around(low, high)
    }

    /// A logarithmic scale from one positive value to another.
    pub fn log(low: f64, high: f64) -> Self {
        Scale { kind: Kind::Log, from: 0.0, to: 1.0 }.around(low, high)
    }

    fn around(self, low: f64, high: f64) -> Self {
        let (from, to) = (self.turned(low), self.turned(high));
        if !(from.is_finite() && to.is_finite()) {
            return Scale { kind: Kind::Linear, ..self };
        }
        let length = if to > from { to - from } else { from.abs().max(1.0) };
        Scale { from: from - ROOM * length, to: to + ROOM * length, ..self }
    }

    fn turned(&self, value: f64) -> f64 {
        match self.kind {
            Kind::Linear => value,
            Kind::Log => value.log10(),
            Kind::OutsideLog { center, half_width } => {
                let away = (value - center) / half_width;
                if away.abs() <= 1.0 { away } else { away.signum() * (1.0 + away.abs().log10()) }
            }
        }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end, and no farther.
    pub fn place(&self, value: f64) -> f64 {
        let place = (self.turned(value) - self.from) / (self.to - self.from);
        // A logarithmic scale has no place for values that are not positive but its low end.
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    /// What a reader must know of the scale.
    pub fn note(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Linear => None,
            Kind::Log => Some("log scale"),
            Kind::OutsideLog { .. } => Some("log scale outside of the band"),
        }
    }

    /// Round values on the scale, from left to right.
    pub fn ticks(&self) -> Vec<f64> {
        let (from, to) = (self.from, self.to);
        match self.kind {
            Kind::Linear => {
                let step = round_step((to - from) / 3.0);
                let first = (from / step).ceil() as i64;
                (0..8).map(|k| (first + k) as f64 * step).filter(|tick| *tick <= to).collect()
            }
            Kind::Log => {
                let stride = (((to - from) / 4.0).ceil() as i32).max(1);
                let first = from.ceil() as i32;
                let powers = (0..8).map(|k| first + k * stride).filter(|p| f64::from(*p) <= to);
                powers.map(|power| 10_f64.powi(power)).collect()
            }
            Kind::OutsideLog { center, half_width } => {
                let inside = |away: f64| {
                    self.from <= self.turned(center + away * half_width)
                        && self.turned(center + away * half_width) <= self.to
                };
                let powers = (1..8).map(|k| 10_f64.powi(k));
                let both = powers.flat_map(|away| [-away, away]).filter(|away| inside(*away));
                both.map(|away| center + away * half_width).collect()
            }
        }
    }
}

/// The largest of 1, 2 and 5 times a power of ten that is at most this length.
fn round_step(length: f64) -> f64 {
    let power = 10_f64.powf(length.log10().floor());
    let factors = [5.0, 2.0, 1.0].into_iter().map(|factor| factor * power);
    factors.into_iter().find(|step| *step <= length * (1.0 + 1e-9)).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::part;

    #[test]
    fn a_band_keeps_its_room_however_far_the_estimate_lies() {
        for estimate in [1.0, 1.2, 30.0, 1e6, -1e9] {
            let scale = Scale::of(&part("x", estimate, (estimate, estimate), (0.9, 1.1)));
            let band = scale.place(1.1) - scale.place(0.9);
            assert!(band >= 0.1, "{estimate}: {band}");
            let away = (scale.place(estimate) - scale.place(1.0)).abs();
            assert_eq!(away > 0.5 * band, !(0.9..=1.1).contains(&estimate), "{estimate}");
        }
    }

    #[test]
    fn much_slack_is_shown_on_a_logarithmic_scale() {
        let tight = part("x", 1e-9, (1e-10, 1e-8), (f64::NEG_INFINITY, 1.0));
        let scale = Scale::of(&tight);
        assert_eq!(scale.note(), Some("log scale"));
        assert!((scale.place(1e-9) - scale.place(1e-8)).abs() > 0.05);
        let loose = part("x", 0.4, (0.3, 0.5), (f64::NEG_INFINITY, 1.0));
        assert_eq!(Scale::of(&loose).note(), None);
    }

    #[test]
    fn ticks_are_round_and_on_the_scale() {
        let scale = Scale::of(&part("x", 0.85, (0.8, 0.9), (0.5, f64::INFINITY)));
        let ticks = scale.ticks();
        let expected = [0.5, 0.6, 0.7, 0.8, 0.9];
        assert_eq!(ticks.len(), expected.len(), "{ticks:?}");
        let distances = ticks.iter().zip(expected).map(|(tick, round)| (tick - round).abs());
        assert!(distances.fold(0.0, f64::max) < 1e-12, "{ticks:?}");
        let ticks = Scale::log(1e-11, 1.0).ticks();
        assert!(
            ticks.len() >= 3 && ticks.iter().all(|tick| (1e-12..10.0).contains(tick)),
            "{ticks:?}"
        );
    }

    #[test]
    fn what_is_nowhere_has_a_place_at_an_end() {
        let unknown = part("x", f64::NAN, (f64::NEG_INFINITY, f64::INFINITY), (0.0, 1.0));
        let scale = Scale::of(&unknown);
        assert_eq!((scale.place(f64::NEG_INFINITY), scale.place(f64::INFINITY)), (0.0, 1.0));
        assert!(scale.place(0.5) > 0.3 && scale.place(0.5) < 0.7);
        let same = Scale::of(&part("x", 2.0, (2.0, 2.0), (2.0, 2.0)));
        assert!(same.place(2.0) > 0.4 && same.place(2.0) < 0.6);
    }
}
