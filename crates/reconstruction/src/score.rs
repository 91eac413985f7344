//! How unusual a sum of squares is.

use serde::Serialize;

/// The probability that a band leaves out, on both sides together.
const LEVEL: f64 = 0.01;

/// A sum of squares q of a normal vector with covariance B, against what B lets expect.
///
/// q/tr B has mean 1, and q·ν/tr B has two moments of a χ² with ν = (tr B)²/tr B² degrees of freedom
/// (Satterthwaite 1946); it is one where B is a projection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// χ = √(q/tr B), about 1.
    pub chi: f64,
    /// ν.
    pub degrees: f64,
    /// The standard normal deviate of the same probability, by Wilson & Hilferty's cube root (1931).
    pub deviate: f64,
    /// The factor on the stated noise of these readings under which q would be as expected,
    /// √(1 + (q − tr B)/tr B²); 0 where no noise is small enough.
    pub noise_factor: f64,
}

/// The values of χ that are not unusual.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// From.
    pub low: f64,
    /// To.
    pub high: f64,
    /// |deviate| at either end.
    pub deviate: f64,
}

impl Score {
    /// From q, tr B and tr B².
    pub(crate) fn new(q: f64, trace: f64, square: f64) -> Self {
        let degrees = trace * trace / square;
        let spread = 2.0 / (9.0 * degrees);
        let deviate = ((q / trace).cbrt() - (1.0 - spread)) / spread.sqrt();
        let noise_factor = (1.0 + (q - trace) / square).max(0.0).sqrt();
        Self { chi: (q / trace).sqrt(), degrees, deviate, noise_factor }
    }

    /// The 99 % band of the most unusual of `among` scores like this (Bonferroni).
    pub fn band(&self, among: usize) -> Band {
        let deviate = quantile(LEVEL / 2.0 / among.max(1) as f64);
        let spread = 2.0 / (9.0 * self.degrees);
        let end = |z: f64| (1.0 - spread + z * spread.sqrt()).max(0.0).powf(1.5);
        Band { low: end(-deviate), high: end(deviate), deviate }
    }

    /// Whether it lies outside that band.
    pub fn unusual(&self, among: usize) -> bool {
        self.deviate.abs() > quantile(LEVEL / 2.0 / among.max(1) as f64)
    }
}

/// The standard normal deviate that is exceeded with probability p ≤ ½, to 4.5e-4 (Abramowitz &
/// Stegun 1964, 26.2.23).
fn quantile(p: f64) -> f64 {
    let t = (-2.0 * p.ln()).sqrt();
    let above = 2.515517 + t * (0.802853 + t * 0.010328);
    let below = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    t - above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two-sided 1 %, and a hundredth of it.
    #[test]
    fn tabulated_quantiles() {
        for (p, z) in [(0.005, 2.575829), (0.00005, 3.890592), (0.5, 0.0)] {
            assert!((quantile(p) - z).abs() < 4.5e-4, "{p}: {}", quantile(p));
        }
    }

    /// 0.5 % and 99.5 % points of χ² (Abramowitz & Stegun 1964, table 26.8), with B a projection.
    /// The cube root is good to 4 % of the point at 10 degrees, half of that in χ, and better by 1/ν.
    #[test]
    fn bands_are_those_of_chi_square() {
        for (degrees, low, high) in
            [(10.0, 2.15585, 25.1882), (30.0, 13.7867, 53.6720), (100.0, 67.3276, 140.169)]
        {
            let band = Score::new(degrees, degrees, degrees).band(1);
            for (found, point) in [(band.low, low), (band.high, high)] {
                let expected = (point / degrees).sqrt();
                assert!((found / expected - 1.0).abs() < 0.2 / degrees, "{degrees}: {found} {expected}");
            }
        }
    }

    /// q = α² tr B² + tr B − tr B² is what noise of α times the stated one leads to.
    #[test]
    fn the_noise_factor_inverts_its_expectation() {
        let (trace, square) = (40.0, 25.0);
        for alpha in [0.5f64, 1.0, 3.0] {
            let score = Score::new(alpha * alpha * square + trace - square, trace, square);
            assert!((score.noise_factor - alpha).abs() < 1e-14, "{score:?}");
        }
        assert_eq!(Score::new(1.0, trace, square).noise_factor.to_bits(), 0.0f64.to_bits());
    }
}
