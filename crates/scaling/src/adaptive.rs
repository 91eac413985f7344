//! `adaptive`: the guidance brought to the norm of the noise estimate.

/// ξ of the law unless another is given.
pub const XI: f64 = 1.0;

/// ξ‖ε̂‖/‖σg‖, by which g is multiplied so that ‖σg‖ = ξ‖ε̂‖; 0 when g vanishes (section 3.2).
///
/// Both norms are of one sample, never of a batch.
pub fn factor(xi: f64, noise_norm: f64, guidance_norm: f64) -> f64 {
    if guidance_norm > 0.0 { xi * noise_norm / guidance_norm } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_guidance_has_xi_times_the_norm_of_the_noise() {
        for (xi, noise, guidance) in [(1.0, 160.0, 3.86e4), (0.5, 3.0, 1e-300), (2.0, 0.0, 1.0)] {
            let scaled = factor(xi, noise, guidance) * guidance;
            assert!((scaled - xi * noise).abs() <= 2.0 * f64::EPSILON * xi * noise);
        }
        assert_eq!(factor(XI, 160.0, 0.0).to_bits(), 0);
    }
}
