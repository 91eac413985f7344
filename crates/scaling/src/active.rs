//! `active`: the matched law weighted by the modes that are being decided.

use crate::ScalingError;
use crate::matched::weighted;

/// v = s² + tr(B′·AVAᵀ)/tr B′, `product` = tr(B′·AVAᵀ), `weight` = tr B′, B′ = A J (I − μJ) Aᵀ.
///
/// J(I − μJ) peaks at the prior modes with λ = σ²/μ², which are decided at this t. It needs only
/// J, so probes serve where no closed form exists; probes may also make tr B′ negative.
///
/// # Errors
/// If tr B′ is not positive, or v is not positive and finite.
pub fn variance(std: f64, product: f64, weight: f64) -> Result<f64, ScalingError> {
    weighted("active", std, product, weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_less_than_matched_the_modes_already_decided() {
        // Two observed prior modes at μ = σ = 1: λ = 1 is being decided, λ = 100 is decided.
        let modes = [1.0, 100.0].map(|lambda: f64| (lambda / (lambda + 1.0), lambda / (lambda + 1.0)));
        let traces = |weight: fn(f64) -> f64| {
            modes.iter().fold((0.0, 0.0), |(p, w), (j, v)| (p + weight(*j) * v, w + weight(*j)))
        };
        let (product, weight) = traces(|j| j * j);
        let matched = crate::matched::variance(0.1, product, weight).unwrap();
        let (product, weight) = traces(|j| j * (1.0 - j));
        let active = variance(0.1, product, weight).unwrap();
        // By hand: weights 1/4 and 100/101², V of ½ and 100/101.
        let (slow, fast) = (0.25, 100.0 / 10_201.0);
        let expected = 0.01 + (slow * 0.5 + fast * 100.0 / 101.0) / (slow + fast);
        assert!((active - expected).abs() <= 4.0 * f64::EPSILON);
        assert!(active < matched);
    }
}
