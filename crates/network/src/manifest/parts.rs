//! Entries of a manifest, each a choice of its own.

use crate::entries::fault;
use crate::{NetworkError, Result};
use equipoise_field::{Axis, Boundary};
use equipoise_weights::Pick;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which weights of a file are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Picked {
    /// The only ones.
    #[default]
    Only,
    /// The raw ones.
    Raw,
    /// Their running average.
    Ema,
}

/// How the w·C channels of a network are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelOrder {
    /// τ·C + c: all components of the first frame, then of the next.
    Frames,
    /// c·w + τ: all frames of the first component, then of the next.
    Components,
}

/// The kind of flow that a network was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// A cylinder wake: H = y, W = x, open borders.
    Ibpm,
    /// Kolmogorov flow: H = x, W = y, periodic.
    Kolmogorov,
    /// Any other.
    Generic,
}

/// A fitted Gaussian beside a network, whose Wiener filter stands around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaussian {
    /// The file of the prior, beside the manifest.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// What is known of the training data, in their units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Particulars {
    /// Distance of neighbouring points along x.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dx: Option<f64>,
    /// Along y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dy: Option<f64>,
    /// x of the first point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_first: Option<f64>,
    /// y of the first point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y_first: Option<f64>,
    /// n, where every n-th point of the data along H and W was taken alone: dx and dy are the distances of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stride: Option<usize>,
    /// Time from one frame to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dt: Option<f64>,
    /// The unit of velocity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// The unit of length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_units: Option<String>,
    /// The unit of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_units: Option<String>,
}

/// Entries that the published code of a network settles, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// SDA's training code: ε of t ∈ [0, 1] on its `cos` schedule with η = 1e-3, no preconditioning, data as they
    /// are, frames first.
    Sda,
    /// The same, with the forcing of its Kolmogorov flow: H = x, periodic.
    SdaKolmogorov,
}

impl Preset {
    /// The name that files and the command line use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sda => "sda",
            Self::SdaKolmogorov => "sda_kolmogorov",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Particulars {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Picked> for Pick {
    fn from(picked: Picked) -> Self {
        match picked {
            Picked::Only => Self::Only,
            Picked::Raw => Self::Raw,
            Picked::Ema => Self::Ema,
        }
    }
}

impl FlowKind {
    /// What the kind settles: the axis of x, and the borders.
    pub fn settles(self) -> Option<(Axis, Boundary)> {
        match self {
            Self::Ibpm => Some((Axis::W, Boundary::Open)),
            Self::Kolmogorov => Some((Axis::H, Boundary::Periodic)),
            Self::Generic => None,
        }
    }

    /// The name that files and the command line use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ibpm => "ibpm",
            Self::Kolmogorov => "kolmogorov",
            Self::Generic => "generic",
        }
    }
}

impl fmt::Display for FlowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FlowKind {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Ibpm, Self::Kolmogorov, Self::Generic];
        let found = all.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| fault("kind", text, "ibpm, kolmogorov or generic"))
    }
}
