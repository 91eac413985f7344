//! Noise levels by their ratio.

use equipoise_schedule::Level;

/// The level of ρ = σ/μ that preserves variance: μ = 1/√(1 + ρ²), σ = ρμ.
///
/// In x_t/μ the denoisers depend on ρ alone; where a schedule is needed this is DDPM's with
/// ᾱ = 1/(1 + ρ²), which is also the α of the locality mask.
pub fn at_ratio(ratio: f64) -> Level {
    let mu = (1.0 + ratio * ratio).sqrt().recip();
    Level { mu, sigma: ratio * mu }
}
