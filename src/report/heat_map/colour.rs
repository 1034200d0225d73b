//! Colour maps that are read alike with and without colour vision: lightness carries the order.

use plotters::style::RGBColor;

/// Colours along a scale, evenly spaced from its lower to its upper end.
pub(super) type ColourMap = [RGBColor];

/// From dark to light, for what starts at 0: five stops of viridis (Smith and van der Walt 2015).
pub(super) const SEQUENTIAL: [RGBColor; 5] = [
    RGBColor(68, 1, 84),
    RGBColor(59, 82, 139),
    RGBColor(33, 145, 140),
    RGBColor(94, 201, 98),
    RGBColor(253, 231, 37),
];

/// From blue over white to orange, for what has a sign (ends by Okabe and Ito 2008).
pub(super) const DIVERGING: [RGBColor; 5] = [
    RGBColor(0, 84, 140),
    RGBColor(120, 178, 214),
    RGBColor(247, 247, 247),
    RGBColor(240, 164, 110),
    RGBColor(190, 76, 0),
];

/// The colour at a share of the scale; beyond its ends, that of the end.
pub(super) fn colour_at(map: &ColourMap, share: f64) -> RGBColor {
    let place = share.clamp(0.0, 1.0) * (map.len() - 1) as f64;
    let below = (place.floor() as usize).min(map.len() - 2);
    let part = place - below as f64;
    let (RGBColor(r0, g0, b0), RGBColor(r1, g1, b1)) = (map[below], map[below + 1]);
    let mix = |from: u8, to: u8| {
        (f64::from(from) + part * (f64::from(to) - f64::from(from))).round() as u8
    };
    RGBColor(mix(r0, r1), mix(g0, g1), mix(b0, b1))
}

/// Whether letters on a colour are to be white: its luma is below the middle (ITU-R BT.601).
pub(super) fn is_dark(RGBColor(r, g, b): RGBColor) -> bool {
    0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b) < 128.0
}

/// The smallest round number that is not below a value, so that quarters of it are round too; 1 where the
/// value is 0 or no number.
pub(super) fn round_end(value: f64) -> f64 {
    if !(value.is_finite() && value > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 5.0, 6.0, 8.0, 10.0];
    // A hair of room for the rounding of the product.
    let is_enough = |step: &&f64| **step * power >= value * (1.0 - 1e-12);
    steps.iter().find(is_enough).map_or(10.0 * power, |step| step * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_passes_through_its_stops_and_mixes_between() {
        assert_eq!(colour_at(&SEQUENTIAL, 0.0), SEQUENTIAL[0]);
        assert_eq!(colour_at(&SEQUENTIAL, 0.25), SEQUENTIAL[1]);
        assert_eq!(colour_at(&SEQUENTIAL, 1.0), SEQUENTIAL[4]);
        assert_eq!(colour_at(&SEQUENTIAL, 7.0), SEQUENTIAL[4]);
        // (59 + 33) / 2, (82 + 145) / 2, (139 + 140) / 2, halves away from 0.
        assert_eq!(colour_at(&SEQUENTIAL, 0.375), RGBColor(46, 114, 140));
        assert_eq!(colour_at(&DIVERGING, 0.5), RGBColor(247, 247, 247));
    }

    #[test]
    fn lightness_orders_the_sequential_map() {
        let luma = |share: f64| {
            let RGBColor(r, g, b) = colour_at(&SEQUENTIAL, share);
            0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)
        };
        let lumas: Vec<f64> = (0..=40).map(|i| luma(f64::from(i) / 40.0)).collect();
        assert!(lumas.is_sorted(), "{lumas:?}");
        assert!(is_dark(SEQUENTIAL[0]) && !is_dark(SEQUENTIAL[4]));
    }

    #[test]
    fn ends_of_scales_are_round() {
        let cases =
            [(0.0, 1.0), (f64::NAN, 1.0), (1.0, 1.0), (0.83, 1.0), (0.061, 0.08), (13.0, 16.0)];
        for (value, end) in cases {
            assert!((round_end(value) - end).abs() < 1e-12, "{value}: {}", round_end(value));
        }
    }
}
