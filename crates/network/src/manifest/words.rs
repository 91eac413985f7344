//! The words that the command line takes, and messages print, for the parts of a description.

use super::{ChannelOrder, Picked, Preset};
use crate::entries::fault;
use crate::{Activation, NetworkError, Norm, Padding, Preconditioning, Predicts, TimeInput, TrainedOn};
use std::fmt;
use std::str::FromStr;

/// The smallest scale of a schedule unless another is given, as in SDA and azula.
const ETA: f64 = 1e-3;
/// s of [`Preconditioning::Edm`] unless another is given, as in Karras et al.
const SIGMA_DATA: f64 = 0.5;

/// A word out of a list.
fn word<T: Copy, const N: usize>(field: &str, text: &str, words: [(&str, T); N]) -> Result<T, NetworkError> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| fault(field, text, words.map(|(word, _)| word).join(", ")))
}

fn number(field: &str, text: &str) -> Result<f64, NetworkError> {
    text.parse().map_err(|_| fault(field, text, "a number"))
}

impl FromStr for Picked {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        word("pick", text, [("raw", Self::Raw), ("ema", Self::Ema)])
    }
}

impl FromStr for Preset {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        word("preset", text, [Self::Sda, Self::SdaKolmogorov].map(|preset| (preset.name(), preset)))
    }
}

impl FromStr for ChannelOrder {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        word("channel-order", text, [("frames", Self::Frames), ("components", Self::Components)])
    }
}

const PREDICTS: [(&str, Predicts); 4] =
    [("epsilon", Predicts::Epsilon), ("x", Predicts::X), ("v", Predicts::V), ("score", Predicts::Score)];

impl FromStr for Predicts {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        word("prediction", text, PREDICTS)
    }
}

impl fmt::Display for Predicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = PREDICTS.iter().find(|(_, value)| value == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

impl FromStr for Preconditioning {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if let Some(sigma_data) = text.strip_prefix("edm:") {
            return Ok(Self::Edm { sigma_data: number("preconditioning, sigma_data", sigma_data)? });
        }
        let words = [
            ("none", Self::None),
            ("simple", Self::Simple),
            ("karras", Self::Karras),
            ("edm", Self::Edm { sigma_data: SIGMA_DATA }),
            ("appa", Self::Appa),
            ("flow", Self::Flow),
        ];
        word("preconditioning", text, words)
    }
}

impl fmt::Display for Preconditioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Simple => f.write_str("simple"),
            Self::Karras => f.write_str("karras"),
            Self::Edm { sigma_data } => write!(f, "edm:{sigma_data}"),
            Self::Appa => f.write_str("appa"),
            Self::Flow => f.write_str("flow"),
            Self::Wiener => f.write_str("wiener"),
        }
    }
}

impl FromStr for TimeInput {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if let Some(factor) = text.strip_prefix("t:") {
            return Ok(Self::Schedule { factor: number("time, factor", factor)? });
        }
        let words = [
            ("log-ratio", Self::LogRatio),
            ("quarter-log-sigma", Self::QuarterLogSigma),
            ("ten-log-sigma", Self::TenLogSigma),
            ("fraction", Self::Fraction),
            ("t", Self::Schedule { factor: 1.0 }),
        ];
        word("time", text, words)
    }
}

impl FromStr for TrainedOn {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (name, eta) = match text.split_once(':') {
            Some((name, eta)) => (name, number("schedule, eta", eta)?),
            None => (text, ETA),
        };
        let schedule = name.parse().map_err(|error| fault("schedule", error, "NAME or NAME:ETA"))?;
        Ok(Self { schedule, eta })
    }
}

impl FromStr for Norm {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if let Some(groups) = text.strip_prefix("group:") {
            let groups = groups.parse().map_err(|_| fault("norm", text, "group:G, G a number of groups"))?;
            return Ok(Self::Group { groups });
        }
        word("norm", text, [("layer", Self::Layer), ("rms", Self::Rms)])
            .map_err(|_| fault("norm", text, "layer, rms or group:G"))
    }
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer => f.write_str("layer"),
            Self::Rms => f.write_str("rms"),
            Self::Group { groups } => write!(f, "group:{groups}"),
        }
    }
}

impl FromStr for Padding {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        word("padding", text, [("circular", Self::Circular), ("zeros", Self::Zeros)])
    }
}

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Circular => "circular",
            Self::Zeros => "zeros",
        })
    }
}

impl FromStr for Activation {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let all = [Self::SiLU, Self::ReLU, Self::ELU, Self::GELU, Self::SELU];
        let found = all.into_iter().find(|activation| format!("{activation:?}").eq_ignore_ascii_case(text));
        found.ok_or_else(|| fault("activation", text, "SiLU, ReLU, ELU, GELU or SELU"))
    }
}
