//! Numbers as every picture and table of a report prints them.

/// `value` with `digits` significant digits: plain where the decimal exponent lies in
/// −4..`digits`, scientific (`1.0e12`) elsewhere, `nan`, `inf` and `-inf` by name.
///
/// ```
/// use equipoise_report::significant;
/// assert_eq!(significant(0.012345, 3), "0.0123");
/// assert_eq!(significant(9.996, 3), "10.0");
/// assert_eq!(significant(1e12, 2), "1.0e12");
/// assert_eq!(significant(f64::NAN, 3), "nan");
/// ```
///
/// # Panics
/// If `digits` is zero.
pub fn significant(value: f64, digits: usize) -> String {
    assert!(digits > 0, "significant: at least one digit");
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if value.abs() == 0.0 {
        return "0".into();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent = exponent_of(&scientific);
    if (-4..digits as i32).contains(&exponent) {
        format!("{value:.*}", (digits as i32 - 1 - exponent) as usize)
    } else {
        scientific
    }
}

/// The decimal exponent of a number in Rust's scientific notation, after rounding.
fn exponent_of(scientific: &str) -> i32 {
    scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1.00"),
            (-1.25e-3, "-0.00125"),
            (9.9996e-5, "0.000100"),
            (9.994e-5, "9.99e-5"),
            (999.4, "999"),
            (999.6, "1.00e3"),
            (1e12, "1.00e12"),
            (f64::MAX, "1.80e308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (value, expected) in cases {
            assert_eq!(significant(value, 3), expected);
        }
    }

    proptest! {
        /// Rounding to n significant digits moves a number by at most half a unit of digit n.
        #[test]
        fn reads_back_within_half_a_digit(mantissa in -10.0f64..10.0, exponent in -30i32..30, digits in 1usize..8) {
            let value = mantissa * 10f64.powi(exponent);
            let back: f64 = significant(value, digits).parse().unwrap();
            let bound = 0.5 * 10f64.powi(1 - digits as i32) * value.abs();
            prop_assert!((back - value).abs() <= bound * (1.0 + 1e-9));
        }
    }
}
