//! Numbers on the command line, each with the range that its flag allows.

/// A whole number of at least 1.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "expected a whole number of at least 1".into())
}

/// A number above 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    within(text, |x| x > 0.0, "expected a number above 0")
}

/// A number of at least 0.
pub(crate) fn non_negative(text: &str) -> Result<f64, String> {
    within(text, |x| x >= 0.0, "expected a number of at least 0")
}

/// A number above 0 and below 1.
pub(crate) fn fraction(text: &str) -> Result<f64, String> {
    within(text, |x| x > 0.0 && x < 1.0, "expected a number above 0 and below 1")
}

fn within(text: &str, holds: impl Fn(f64) -> bool, expected: &str) -> Result<f64, String> {
    text.parse().ok().filter(|x: &f64| x.is_finite() && holds(*x)).ok_or_else(|| expected.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_range_ends_where_it_says() {
        assert_eq!(count("1"), Ok(1));
        for text in ["0", "-1", "1.5", "", "many"] {
            assert!(count(text).is_err(), "{text}");
        }
        assert_eq!((positive("1e-9"), non_negative("0"), fraction("0.01")), (Ok(1e-9), Ok(0.0), Ok(0.01)));
        for text in ["0", "-0.1", "nan", "inf", "x"] {
            assert!(positive(text).is_err() && fraction(text).is_err(), "{text}");
        }
        assert!(non_negative("-0.1").is_err() && non_negative("inf").is_err() && fraction("1").is_err());
    }
}
