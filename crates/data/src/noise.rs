//! Observation noise as the user states it, and in normalised units per channel.

use crate::{DataError, Normalizer, Result};
use serde::{Deserialize, Serialize};

/// s, the standard deviation of the observation noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseLevel {
    /// One number for all channels, in normalised units (`--noise`).
    Normalised(f64),
    /// One number for all channels, or one per channel, in physical units (`--noise-physical`).
    Physical(Vec<f64>),
}

impl NoiseLevel {
    /// The standard deviation per channel in normalised units: s itself, or s_c divided by the
    /// normalizer's scale of channel c. Zero is allowed.
    ///
    /// # Errors
    /// [`DataError::Length`] when the numbers are neither one nor one per channel;
    /// [`DataError::NoiseValue`] for a number that is negative or not finite.
    pub fn normalised(&self, normalizer: &Normalizer) -> Result<Vec<f64>> {
        let scale = normalizer.scale();
        let per_channel = match self {
            Self::Normalised(std) => vec![*std; scale.len()],
            Self::Physical(stds) if stds.len() == 1 => scale.iter().map(|s| stds[0] / s).collect(),
            Self::Physical(stds) if stds.len() == scale.len() => {
                stds.iter().zip(scale).map(|(std, s)| std / s).collect()
            }
            Self::Physical(stds) => {
                return Err(DataError::Length {
                    field: "physical noise, one number per channel",
                    found: stds.len(),
                    expected: scale.len(),
                });
            }
        };
        match per_channel.iter().position(|s: &f64| !s.is_finite() || *s < 0.0) {
            None => Ok(per_channel),
            Some(channel) => Err(DataError::NoiseValue { channel, found: self.stated(channel) }),
        }
    }

    /// The number that the user stated for a channel.
    fn stated(&self, channel: usize) -> f64 {
        match self {
            Self::Normalised(std) => *std,
            Self::Physical(stds) => stds[channel.min(stds.len() - 1)],
        }
    }
}
