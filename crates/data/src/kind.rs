//! The kind of flow a file holds, and which attributes say so.

use crate::{Attributes, DataError, NormalizerKind};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The kind of flow, which fixes the axis map, the border rule, the geometry and the default
/// normalizer.
///
/// It is read from the attributes of a file, never from its name: a text attribute `kind` with one
/// of the three names; otherwise the pair `cylinder_center_px`, `cylinder_radius_px` marks a wake;
/// otherwise `forcing` with the word "kolmogorov" in it marks Kolmogorov flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Cylinder wake of the immersed boundary projection method: H = y, W = x, open borders.
    Ibpm,
    /// Turbulence forced by sin(4y): H = x, W = y, periodic on [0, 2π]².
    Kolmogorov,
    /// Anything else; its grid comes from the attributes.
    Generic,
}

const NAMES: &str = "ibpm, kolmogorov or generic";

impl Kind {
    /// The normalizer used when none is named.
    pub const fn default_normalizer(self) -> NormalizerKind {
        match self {
            Self::Kolmogorov => NormalizerKind::Profile,
            Self::Ibpm | Self::Generic => NormalizerKind::Channel,
        }
    }

    /// The number of channels that this kind must have, if it fixes one.
    pub(crate) const fn channels(self) -> Option<usize> {
        match self {
            Self::Ibpm | Self::Kolmogorov => Some(2),
            Self::Generic => None,
        }
    }

    /// The kind that the attributes name, and the attribute that says so.
    pub(crate) fn declared(
        path: &Path,
        attributes: &Attributes,
    ) -> Result<Option<(Self, &'static str)>, DataError> {
        if let Some(name) = attributes.text(path, "kind")? {
            let kind = name.parse().map_err(|_| DataError::AttributeValue {
                path: path.into(),
                attribute: "kind".into(),
                found: format!("{name:?}"),
                expected: NAMES.into(),
            })?;
            return Ok(Some((kind, "kind")));
        }
        let cylinder = attributes.has("cylinder_center_px") && attributes.has("cylinder_radius_px");
        let forced =
            attributes.text(path, "forcing")?.is_some_and(|f| f.to_lowercase().contains("kolmogorov"));
        match (cylinder, forced) {
            (true, true) => Err(DataError::KindAmbiguous { path: path.into() }),
            (true, false) => Ok(Some((Self::Ibpm, "cylinder_center_px"))),
            (false, true) => Ok(Some((Self::Kolmogorov, "forcing"))),
            (false, false) => Ok(None),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ibpm => "ibpm",
            Self::Kolmogorov => "kolmogorov",
            Self::Generic => "generic",
        })
    }
}

impl FromStr for Kind {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        match text {
            "ibpm" => Ok(Self::Ibpm),
            "kolmogorov" => Ok(Self::Kolmogorov),
            "generic" => Ok(Self::Generic),
            _ => Err(DataError::Name { field: "kind", found: text.into(), expected: NAMES }),
        }
    }
}
