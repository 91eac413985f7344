//! Where the numbered marks of an axis stand and what they say.

use crate::significant;

/// One mark of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// Marks at multiples of 1, 2 or 5 times a power of ten within [low, high], at most about `most`.
pub(crate) fn linear(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let raw = (high - low) / most.max(1) as f64;
    if !(raw.is_finite() && raw > 0.0) {
        return vec![Tick { value: low, label: significant(low, 3) }];
    }
    let power = 10f64.powi(raw.log10().floor() as i32);
    let step =
        [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= raw).unwrap_or(10.0 * power);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    // A mark may miss an end by rounding; a millionth of a step is far below a pixel.
    let first = (low / step - 1e-6).ceil() as i64;
    let last = (high / step + 1e-6).floor() as i64;
    (first..=last)
        .map(|k| Tick { value: k as f64 * step, label: plain(k as f64 * step, decimals, step) })
        .collect()
}

fn plain(value: f64, decimals: usize, step: f64) -> String {
    if (1e-4..1e5).contains(&step) { format!("{value:.decimals$}") } else { significant(value, 2) }
}

/// Marks at powers of ten within [low, high], every k-th where there would be more than `most`.
pub(crate) fn decades(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let first = (low.log10() - 1e-9).ceil() as i32;
    let last = (high.log10() + 1e-9).floor() as i32;
    let count = (last - first + 1).max(0) as usize;
    let stride = count.div_ceil(most.max(1)).max(1) as i32;
    (first..=last)
        .filter(|power| power.rem_euclid(stride) == 0)
        .map(|power| Tick { value: 10f64.powi(power), label: format!("10{}", superscript(power)) })
        .collect()
}

fn superscript(power: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    power.to_string().chars().map(|c| c.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|t| t.label.as_str()).collect()
    }

    #[test]
    fn linear_marks_are_round_and_inside() {
        assert_eq!(labels(&linear(0.0, 7.98, 5)), ["0", "2", "4", "6"]);
        assert_eq!(labels(&linear(0.0, std::f64::consts::TAU, 4)), ["0", "2", "4", "6"]);
        assert_eq!(labels(&linear(0.0, 1.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&linear(3.0, 3.0, 5)), ["3.00"]);
    }

    #[test]
    fn decades_thin_out() {
        assert_eq!(labels(&decades(1e-2, 1e2, 9)), ["10⁻²", "10⁻¹", "10⁰", "10¹", "10²"]);
        assert_eq!(labels(&decades(1e-3, 1e12, 6)), ["10⁻³", "10⁰", "10³", "10⁶", "10⁹", "10¹²"]);
    }
}
