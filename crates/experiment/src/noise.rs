//! The noise of a trial as one cell of a row.

use equipoise_report::Cell;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Noise standard deviation: one number, or one a channel where channels differ.
///
/// Written as a number, or as numbers joined by `;`.
#[derive(Clone, Debug, PartialEq)]
pub enum Noise {
    /// The same for every channel.
    Uniform(f64),
    /// One a channel.
    PerChannel(Vec<f64>),
}

impl Default for Noise {
    fn default() -> Self {
        Self::Uniform(0.0)
    }
}

impl From<Noise> for Cell {
    fn from(noise: Noise) -> Self {
        match noise {
            Noise::Uniform(s) => Self::Number(s),
            Noise::PerChannel(channels) => {
                Self::Text(channels.iter().map(f64::to_string).collect::<Vec<_>>().join(";"))
            }
        }
    }
}

impl Noise {
    /// Of so many channels.
    pub fn of(channels: &[f64]) -> Self {
        match channels {
            [first, rest @ ..] if rest.iter().all(|s| s.to_bits() == first.to_bits()) => {
                Self::Uniform(*first)
            }
            _ => Self::PerChannel(channels.to_vec()),
        }
    }
}

impl Serialize for Noise {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Uniform(s) => to.serialize_f64(*s),
            Self::PerChannel(channels) => {
                let parts: Vec<String> = channels.iter().map(f64::to_string).collect();
                to.serialize_str(&parts.join(";"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Noise {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Cell {
            Number(f64),
            Text(String),
        }
        match Cell::deserialize(from)? {
            Cell::Number(s) => Ok(Self::Uniform(s)),
            Cell::Text(text) => {
                let parts: Result<Vec<f64>, _> = text.split(';').map(str::parse).collect();
                parts.map(Self::PerChannel).map_err(serde::de::Error::custom)
            }
        }
    }
}
