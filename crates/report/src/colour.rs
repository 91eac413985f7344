//! The diverging colour map of vorticity and the colours that mean something else.

/// Red, green, blue, 8 bits each, sRGB.
pub type Rgb = [u8; 3];

/// ColorBrewer's 11-class RdBu, reversed (blue is negative), with a pure white centre.
/// Cynthia Brewer, colorbrewer2.org; lightness falls monotonically from the centre to both ends.
pub const ANCHORS: [Rgb; 11] = [
    [5, 48, 97],
    [33, 102, 172],
    [67, 147, 195],
    [146, 197, 222],
    [209, 229, 240],
    [255, 255, 255],
    [253, 219, 199],
    [244, 165, 130],
    [214, 96, 77],
    [178, 24, 43],
    [103, 0, 31],
];

/// Colour of cells inside a solid body.
pub const SOLID: Rgb = [120, 120, 120];
/// Colour of cells that are not finite.
pub const NOT_FINITE: Rgb = [255, 0, 255];
/// Colour of observed points.
pub const POINT: Rgb = [0, 0, 0];

/// Steps from white to either end of the drawn map.
pub const STEPS: usize = 64;
/// Colours of the drawn map: odd, so that zero has one of its own.
pub const LEVELS: usize = 2 * STEPS + 1;

/// The level of `value` on a scale that ends at ±`limit`: [`STEPS`] is zero, values beyond the
/// limit take the end. `None` when `value` is not finite.
pub fn level(value: f32, limit: f64) -> Option<usize> {
    if !value.is_finite() {
        return None;
    }
    let value = f64::from(value);
    let steps = ((value.abs() / limit).min(1.0) * STEPS as f64).round() as usize;
    Some(if value < 0.0 { STEPS - steps } else { STEPS + steps })
}

/// The colour of one of the [`LEVELS`], linear in sRGB between [`ANCHORS`].
///
/// # Panics
/// If `level` is not below [`LEVELS`].
pub fn of_level(level: usize) -> Rgb {
    assert!(level < LEVELS, "colour: level {level} of {LEVELS}");
    let position = level as f64 / (LEVELS - 1) as f64 * (ANCHORS.len() - 1) as f64;
    let below = (position as usize).min(ANCHORS.len() - 2);
    let share = position - below as f64;
    let (a, b) = (ANCHORS[below], ANCHORS[below + 1]);
    std::array::from_fn(|i| (f64::from(a[i]) * (1.0 - share) + f64::from(b[i]) * share).round() as u8)
}

/// Relative luminance of an sRGB colour, 0 for black and 1 for white (WCAG 2.2).
#[cfg(test)]
pub(crate) fn luminance(colour: Rgb) -> f64 {
    let linear = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness(colour: Rgb) -> f64 {
        116.0 * luminance(colour).cbrt() - 16.0
    }

    #[test]
    fn zero_is_white_and_the_ends_are_the_anchors() {
        assert_eq!(of_level(STEPS), [255, 255, 255]);
        assert_eq!(of_level(0), ANCHORS[0]);
        assert_eq!(of_level(LEVELS - 1), ANCHORS[10]);
    }

    #[test]
    fn levels_mirror_about_zero() {
        for k in -300..=300 {
            let value = k as f32 * 0.013;
            let (plus, minus) = (level(value, 2.5).unwrap(), level(-value, 2.5).unwrap());
            assert_eq!(plus + minus, LEVELS - 1, "at {value}");
        }
    }

    #[test]
    fn beyond_the_limit_is_the_end_and_not_finite_is_none() {
        assert_eq!(level(1e12, 1.0), Some(LEVELS - 1));
        assert_eq!(level(f32::MIN, 1.0), Some(0));
        assert_eq!(level(-0.0, 1.0), Some(STEPS));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(level(bad, 1.0), None);
        }
    }

    /// Brewer's opposite classes differ by at most 3.9 in L*; 5 leaves room for rounding to 8 bits.
    #[test]
    fn lightness_falls_away_from_zero_alike_on_both_sides() {
        for step in 1..=STEPS {
            for (nearer, farther) in [(STEPS + step - 1, STEPS + step), (STEPS - step + 1, STEPS - step)] {
                assert!(lightness(of_level(farther)) < lightness(of_level(nearer)), "step {step}");
            }
            let pair = lightness(of_level(STEPS + step)) - lightness(of_level(STEPS - step));
            assert!(pair.abs() < 5.0, "step {step}: {pair}");
        }
    }

    #[test]
    fn the_map_never_shows_a_colour_with_another_meaning() {
        for level in 0..LEVELS {
            for other in [SOLID, NOT_FINITE, POINT] {
                let distance: i32 = of_level(level)
                    .iter()
                    .zip(other)
                    .map(|(&a, b)| (i32::from(a) - i32::from(b)).abs())
                    .sum();
                assert!(distance > 60, "level {level} is near {other:?}");
            }
        }
    }
}
