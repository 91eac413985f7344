//! What is no contradiction and looks odd: sizes of fields.

use super::Comparison;
use super::measures::ROUNDING;

/// How many times one spread may be the other.
const SPREAD: f64 = 5.0;

/// Standard deviations that two means may lie apart.
const MEANS: f64 = 4.0;

impl Comparison<'_> {
    /// What looks odd about mean and spread, velocities of the data multiplied with `unit`.
    pub(super) fn moments(&mut self, unit: f64) {
        let (own, theirs) = (&self.data.particulars.moments, &self.reference.particulars.moments);
        let other = self.reference.path.display();
        let mut odd = Vec::new();
        for (channel, (own, theirs)) in own.iter().zip(theirs).enumerate() {
            let ratio = own.std * unit / theirs.std;
            if ratio > SPREAD || ratio < SPREAD.recip() {
                odd.push(format!(
                    "the spread of channel {channel} is {} times that of {other} ({} against {}): {}",
                    digits(ratio),
                    digits(own.std * unit),
                    digits(theirs.std),
                    if nearest_power(ratio).is_some() {
                        "another unit?"
                    } else {
                        "another flow or another unit?"
                    }
                ));
            } else if (own.mean * unit - theirs.mean).abs() > MEANS * theirs.std {
                let opposite = (own.mean * unit + theirs.mean).abs() < theirs.std;
                odd.push(format!(
                    "the mean of channel {channel} is {}, that of {other} {} with a spread of {}: {}",
                    digits(own.mean * unit),
                    digits(theirs.mean),
                    digits(theirs.std),
                    if opposite { "the other sign?" } else { "another flow?" }
                ));
            }
        }
        odd.iter().for_each(|text| self.warn(text));
    }
}

/// The exponent of the power of ten that a ratio is near, 1 apart.
fn nearest_power(ratio: f64) -> Option<i32> {
    let exponent = ratio.log10();
    (exponent.round() != 0.0 && (exponent - exponent.round()).abs() < 0.15).then(|| exponent.round() as i32)
}

/// A way out where a ratio is a power of ten to rounding.
pub(super) fn power_of_ten(ratio: f64, of: &str) -> String {
    match nearest_power(ratio) {
        Some(power) if (ratio / 10f64.powi(power) - 1.0).abs() < ROUNDING => {
            format!("{} times as large: another unit of {of}?", digits(ratio))
        }
        _ => String::new(),
    }
}

/// Three significant digits.
pub(super) fn digits(x: f64) -> String {
    format!("{x:.2e}").parse::<f64>().map_or_else(|_| x.to_string(), |rounded| rounded.to_string())
}
