//! Which network a file of weights belongs to.

use crate::entries::{Entries, fault};
use crate::names::{family, prefix};
use crate::{AzulaUNet, Result, SdaUNet, azula, sda};
use equipoise_weights::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The description of a network: what its file of weights does not say by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "snake_case")]
pub enum Architecture {
    /// SDA's U-Net.
    Sda(SdaUNet),
    /// azula's U-Net.
    Azula(AzulaUNet),
}

/// What stands beyond the edge of a grid, along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// The other end of the axis.
    Circular,
    /// Zeros.
    Zeros,
}

/// An elementwise function, as PyTorch defines it with its defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// x/(1 + e⁻ˣ).
    SiLU,
    /// max(x, 0).
    ReLU,
    /// x for x > 0, else eˣ − 1.
    ELU,
    /// x Φ(x), with Φ the standard normal distribution function (not its approximation by tanh).
    GELU,
    /// λ x for x > 0, else λα(eˣ − 1) (Klambauer et al. 2017, eq. 2).
    SELU,
}

/// A normalisation without affine part, ε = 1e-5 inside the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// Over the channels of each pixel; unbiased variance (C − 1).
    Layer,
    /// Over the channels of each pixel; by the mean square.
    Rms,
    /// Over groups of channels and all pixels; biased variance.
    Group {
        /// How many groups; the channels where there are fewer.
        groups: usize,
    },
}

impl Architecture {
    /// The network of a configuration that stands beside the weights: SDA's `config.json`, or azula's constructor
    /// arguments (`{"in_channels": …}`, or `{"unet": {…}, "mod": D}` with a [`SineEncoding`] of D features
    /// before it). What it leaves open is filled from the shapes in `state`.
    ///
    /// [`SineEncoding`]: AzulaUNet::mod_features
    ///
    /// # Errors
    /// [`crate::NetworkError::Architecture`] for entries of neither form, and what is not known here, by name.
    pub fn from_config(config: &Value, state: &State) -> Result<Self> {
        let entries = Entries::of("config", config)?;
        let has = |names: [&str; 2]| names.iter().any(|name| entries.get(name).is_some());
        if has(["unet", "in_channels"]) {
            return AzulaUNet::from_config(config, state).map(Self::Azula);
        }
        if has(["hidden_channels", "window"]) {
            return SdaUNet::from_config(config, state).map(Self::Sda);
        }
        let found = format!("entries {:?}", entries.names().collect::<Vec<_>>());
        Err(fault(
            "config",
            found,
            "SDA's (`window`, `hidden_channels`) or azula's (`in_channels`, or `unet`)",
        ))
    }

    /// The network by the shapes of its tensors alone. They do not tell padding, stride, activation and norm:
    /// these are the defaults of the codes, named in [`SdaUNet::from_state`] and [`AzulaUNet::from_state`].
    ///
    /// # Errors
    /// [`crate::NetworkError::Family`] where no network is recognised.
    pub fn from_state(state: &State) -> Result<Self> {
        if prefix(state, sda::KNOWN_BY).is_ok() {
            return SdaUNet::from_state(state).map(Self::Sda);
        }
        if prefix(state, azula::KNOWN_BY).is_ok() {
            return AzulaUNet::from_state(state).map(Self::Azula);
        }
        let expected = format!("one that ends in `{}` (SDA) or `{}` (azula)", sda::KNOWN_BY, azula::KNOWN_BY);
        Err(family(state, expected))
    }

    /// Channels of the state that goes in, without context.
    pub fn channels(&self) -> usize {
        match self {
            Self::Sda(sda) => sda.channels(),
            Self::Azula(azula) => azula.in_channels,
        }
    }

    /// Channels that come out.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Sda(sda) => sda.channels(),
            Self::Azula(azula) => azula.out_channels,
        }
    }

    /// Channels of context that each run is handed.
    pub fn context(&self) -> usize {
        match self {
            Self::Sda(sda) => sda.context,
            Self::Azula(azula) => azula.cond_channels,
        }
    }

    /// That the description makes a network.
    ///
    /// # Errors
    /// [`crate::NetworkError::Architecture`] with the first entry that does not.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Sda(sda) => sda.check(),
            Self::Azula(azula) => azula.check(),
        }
    }
}
