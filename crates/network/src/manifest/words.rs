//! The words that the command line takes, and messages print, for the parts of a description.

use super::{ChannelOrder, Picked, Preset};
use crate::entries::fault;
use crate::{
    Activation, NetworkError, Norm, Padding, Preconditioning, Predicts, Result, TimeInput, TrainedOn,
};
use std::fmt;
use std::str::FromStr;

/// The smallest scale of a schedule unless another is given, as in SDA and azula.
const ETA: f64 = 1e-3;
/// s of [`Preconditioning::Edm`] unless another is given, as in Karras et al.
const SIGMA_DATA: f64 = 0.5;

/// A word out of a list.
fn word<T: Copy, const N: usize>(field: &str, text: &str, words: [(&str, T); N]) -> Result<T> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| fault(field, text, words.map(|(word, _)| word).join(", ")))
}

fn number(field: &str, text: &str) -> Result<f64> {
    text.parse().map_err(|_| fault(field, text, "a number"))
}

/// What each part takes, from its words.
macro_rules! taken {
    ($($part:ty: $read:expr;)*) => {$(
        impl FromStr for $part {
            type Err = NetworkError;

            fn from_str(text: &str) -> Result<Self> {
                $read(text)
            }
        }
    )*};
}

taken! {
    Picked: |text| word("pick", text, [("raw", Picked::Raw), ("ema", Picked::Ema)]);
    Preset: |text| word("preset", text, [Preset::Sda, Preset::SdaKolmogorov].map(|preset| (preset.name(), preset)));
    ChannelOrder: |text| {
        word("channel-order", text, [("frames", ChannelOrder::Frames), ("components", ChannelOrder::Components)])
    };
    Predicts: |text| word("prediction", text, PREDICTS);
    Preconditioning: preconditioning;
    TimeInput: time;
    TrainedOn: trained_on;
    Norm: norm;
    Padding: |text| word("padding", text, PADDINGS);
    Activation: activation;
}

const PREDICTS: [(&str, Predicts); 4] =
    [("epsilon", Predicts::Epsilon), ("x", Predicts::X), ("v", Predicts::V), ("score", Predicts::Score)];
const PADDINGS: [(&str, Padding); 2] = [("circular", Padding::Circular), ("zeros", Padding::Zeros)];

/// The word of a value out of a list that has them all.
fn named<T: PartialEq, const N: usize>(
    f: &mut fmt::Formatter<'_>,
    value: &T,
    words: [(&str, T); N],
) -> fmt::Result {
    f.write_str(words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word))
}

impl fmt::Display for Predicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        named(f, self, PREDICTS)
    }
}

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        named(f, self, PADDINGS)
    }
}

/// [`Preconditioning`] but for what is around a Gaussian, which no word asks for.
const PRECONDITIONINGS: [(&str, Preconditioning); 6] = [
    ("none", Preconditioning::None),
    ("simple", Preconditioning::Simple),
    ("karras", Preconditioning::Karras),
    ("edm", Preconditioning::Edm { sigma_data: SIGMA_DATA }),
    ("appa", Preconditioning::Appa),
    ("flow", Preconditioning::Flow),
];

fn preconditioning(text: &str) -> Result<Preconditioning> {
    match text.strip_prefix("edm:") {
        Some(sigma_data) => {
            Ok(Preconditioning::Edm { sigma_data: number("preconditioning, sigma_data", sigma_data)? })
        }
        None => word("preconditioning", text, PRECONDITIONINGS),
    }
}

impl fmt::Display for Preconditioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edm { sigma_data } => write!(f, "edm:{sigma_data}"),
            Self::Wiener => f.write_str("wiener"),
            other => named(f, other, PRECONDITIONINGS),
        }
    }
}

fn time(text: &str) -> Result<TimeInput> {
    if let Some(factor) = text.strip_prefix("t:") {
        return Ok(TimeInput::Schedule { factor: number("time, factor", factor)? });
    }
    let words = [
        ("log-ratio", TimeInput::LogRatio),
        ("quarter-log-sigma", TimeInput::QuarterLogSigma),
        ("ten-log-sigma", TimeInput::TenLogSigma),
        ("fraction", TimeInput::Fraction),
        ("t", TimeInput::Schedule { factor: 1.0 }),
    ];
    word("time", text, words)
}

fn trained_on(text: &str) -> Result<TrainedOn> {
    let (name, eta) = match text.split_once(':') {
        Some((name, eta)) => (name, number("schedule, eta", eta)?),
        None => (text, ETA),
    };
    let schedule = name.parse().map_err(|error| fault("schedule", error, "NAME or NAME:ETA"))?;
    Ok(TrainedOn { schedule, eta })
}

fn norm(text: &str) -> Result<Norm> {
    if let Some(groups) = text.strip_prefix("group:") {
        let groups = groups.parse().map_err(|_| fault("norm", text, "group:G, G a number of groups"))?;
        return Ok(Norm::Group { groups });
    }
    word("norm", text, [("layer", Norm::Layer), ("rms", Norm::Rms)])
        .map_err(|_| fault("norm", text, "layer, rms or group:G"))
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

fn activation(text: &str) -> Result<Activation> {
    use Activation::{ELU, GELU, ReLU, SELU, SiLU};
    let mut all = [SiLU, ReLU, ELU, GELU, SELU].into_iter();
    let found = all.find(|activation| format!("{activation:?}").eq_ignore_ascii_case(text));
    found.ok_or_else(|| fault("activation", text, "SiLU, ReLU, ELU, GELU or SELU"))
}
