//! The features of the time that a network starts from.

use equipoise_field::Real;

/// The largest period of azula's `SineEncoding` over its smallest.
const OMEGA: f64 = 1e4;

/// Sines and cosines of c_time, computed in f64.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Encoding {
    /// Nothing: the network does not see the time.
    None,
    /// SDA: cosines, then sines, of the time times frequencies that are a buffer of the file.
    Waves(Vec<f64>),
    /// azula: so many features, sines first, of the time times exp(−ln(10⁴) k/(D/2 − 1)), k = 0 … D/2 − 1.
    Sine(usize),
}

impl Encoding {
    /// How many features there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Waves(frequencies) => 2 * frequencies.len(),
            Self::Sine(features) => *features,
        }
    }

    /// Appends the features of one time.
    pub(crate) fn encode<R: Real>(&self, time: f64, features: &mut Vec<R>) {
        let mut append = |value: fn(f64) -> f64, phases: &[f64]| {
            features.extend(phases.iter().map(|phase| R::narrow(value(*phase))));
        };
        match self {
            Self::None => {}
            Self::Waves(frequencies) => {
                let phases: Vec<f64> = frequencies.iter().map(|frequency| frequency * time).collect();
                append(f64::cos, &phases);
                append(f64::sin, &phases);
            }
            Self::Sine(features) => {
                let half = features / 2;
                let step = 1.0 / (half.max(2) - 1) as f64;
                let frequency = |k: usize| (-OMEGA.ln() * (k as f64 * step)).exp();
                let phases: Vec<f64> = (0..half).map(|k| time * frequency(k)).collect();
                append(f64::sin, &phases);
                append(f64::cos, &phases);
            }
        }
    }
}
