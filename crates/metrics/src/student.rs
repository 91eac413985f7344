//! Student's t law: the deviate of a two-sided interval.

use crate::{MetricsError, Result};
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// Halvings of the angle: the last is below the spacing of numbers near π/2.
const HALVINGS: usize = 60;

/// The t for which P(|T| ≤ t) = `level`, T of Student's law with that many degrees of freedom: the half
/// width, in standard errors, of the central interval that holds a mean of normal values with that
/// probability.
///
/// Exact at every number of degrees but for rounding; costs some thirty terms a degree.
///
/// # Errors
/// [`MetricsError::Level`] unless 0 < `level` < 1, [`MetricsError::Empty`] without a degree of freedom.
///
/// ```
/// let t = equipoise_metrics::student_deviate(0.95, 2)?;
/// assert!((t - 4.302653).abs() < 5e-7);
/// # Ok::<(), equipoise_metrics::MetricsError>(())
/// ```
pub fn student_deviate(level: f64, degrees: usize) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(MetricsError::Level { found: level });
    }
    if degrees == 0 {
        return Err(MetricsError::Empty { what: "degrees of freedom" });
    }
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if within(middle, degrees) < level { low = middle } else { high = middle }
    }
    Ok((degrees as f64).sqrt() * (0.5 * (low + high)).tan())
}

/// P(|T| ≤ √ν tan θ) with ν degrees of freedom, by finite sums of positive terms (Abramowitz & Stegun
/// 1964, 26.7.3 and 26.7.4).
fn within(theta: f64, degrees: usize) -> f64 {
    let (sin, cos) = theta.sin_cos();
    let odd = !degrees.is_multiple_of(2);
    // The first factor is ½ for even ν, 2/3 for odd.
    let (mut term, first) = if odd { (cos, 2.0) } else { (1.0, 1.0) };
    let mut sum = 0.0;
    for k in 0..degrees / 2 {
        sum += term;
        let factor = first + 2.0 * k as f64;
        term *= factor / (factor + 1.0) * cos * cos;
    }
    if odd { FRAC_2_PI * (theta + sin * sum) } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 97.5 % points of Student's law in closed form: tan(0.475 π) with one degree, 2(2p − 1)/√(4p(1 − p)·2)
    /// with two; the others as tabulated to six decimals.
    #[test]
    fn known_deviates() {
        let t = |degrees| student_deviate(0.95, degrees).unwrap();
        let one = (0.475 * std::f64::consts::PI).tan();
        assert!((t(1) / one - 1.0).abs() < 1e-12, "{} {one}", t(1));
        let two = 2.0 * 0.475 * (2.0f64 / (0.975 * 0.025)).sqrt() / 2.0;
        assert!((t(2) / two - 1.0).abs() < 1e-12, "{} {two}", t(2));
        for (degrees, expected) in [
            (1, 12.706205),
            (2, 4.302653),
            (3, 3.182446),
            (15, 2.131450),
            (16, 2.119905),
            (17, 2.109816),
            (30, 2.042272),
            (60, 2.000298),
            (120, 1.979930),
        ] {
            assert!((t(degrees) - expected).abs() < 5.1e-7, "{degrees}: {}", t(degrees));
        }
        assert!((student_deviate(0.99, 10).unwrap() - 3.169273).abs() < 5.1e-7);
    }

    /// P(|T| ≤ t) is twice the integral of the density Γ((ν+1)/2)/(√(νπ) Γ(ν/2)) (1 + t²/ν)^(−(ν+1)/2), here
    /// by the midpoint rule over that of the same rule in θ on all of (0, π/2): t = √ν tan θ turns it into
    /// ∫ cos^(ν−1) θ dθ.
    #[test]
    fn is_the_integral_of_its_density() {
        for degrees in [1, 2, 3, 8, 25, 400] {
            for theta in [0.05, 0.4, 1.2] {
                let over = |end: f64| {
                    let step = end / 1e5;
                    (0..100_000)
                        .map(|k| step * ((k as f64 + 0.5) * step).cos().powi(degrees - 1))
                        .sum::<f64>()
                };
                let expected = over(theta) / over(FRAC_PI_2);
                // step²/24 times the second derivative, below ν of the integrand.
                assert!((within(theta, degrees as usize) - expected).abs() < 1e-7, "{degrees} {theta}");
            }
        }
    }

    /// Towards the normal law's 1.959964 from above, by z(z² + 1)/(4ν) to first order.
    #[test]
    fn many_degrees_come_down_to_the_normal_law() {
        let z = 1.959963984540054;
        for degrees in [200, 2001, 20_000] {
            let (t, nu) = (student_deviate(0.95, degrees).unwrap(), degrees as f64);
            let first = z * (z * z + 1.0) / (4.0 * nu);
            assert!((t - z - first).abs() < 10.0 / (nu * nu) + 1e-10, "{degrees}: {t}");
        }
    }

    #[test]
    fn levels_and_degrees_that_no_interval_has() {
        for level in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(matches!(student_deviate(level, 3), Err(MetricsError::Level { .. })), "{level}");
        }
        assert_eq!(student_deviate(0.95, 0), Err(MetricsError::Empty { what: "degrees of freedom" }));
    }
}
