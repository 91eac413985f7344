//! What a file says of its flow beyond the numbers: which values it states, their units, and how its
//! fields look.

use crate::orientation::says_periodic;
use crate::statistics::{self, ChannelStatistics};
use crate::{Attributes, Dataset, Kind, Result, fingerprint};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// A value for which there is a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Field {
    /// Which array axis is x.
    Orientation,
    /// Whether the borders wrap.
    Boundary,
    /// Spacing along x.
    Dx,
    /// Spacing along y.
    Dy,
    /// x of the first grid point.
    XFirst,
    /// y of the first grid point.
    YFirst,
    /// Time between two frames.
    TimeStep,
    /// Speed of the inflow of a wake.
    Inflow,
}

impl Field {
    /// Each with its name, and how the sentence on its default begins in the notes of a file that was read.
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Orientation, "orientation", "no attribute `H_axis` or `W_axis`:"),
        (Self::Boundary, "boundary", "no attribute `boundary`:"),
        (Self::Dx, "dx", "no attribute `dx`:"),
        (Self::Dy, "dy", "no attribute `dx`:"),
        (Self::XFirst, "x_first", "no attribute `x_first`:"),
        (Self::YFirst, "y_first", "no attribute `y_first`:"),
        (Self::TimeStep, "time step", "no attribute `dt_frame` or `dt`:"),
        (Self::Inflow, "inflow", "no attribute `inflow`:"),
    ];

    /// Whether a note is the one on its default.
    pub(crate) fn is_defaulted_by(self, note: &str) -> bool {
        Self::ALL.iter().any(|(field, _, begins)| *field == self && note.starts_with(begins))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::ALL.iter().filter(|(field, ..)| field == self).try_for_each(|(_, name, _)| f.write_str(name))
    }
}

/// The attributes that state the unit of velocity.
pub(crate) const UNITS: [&str; 3] = ["units", "unit", "velocity_units"];

/// Units in the words of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// Of velocities: attribute `units`, `unit` or `velocity_units`.
    pub velocity: Option<String>,
    /// Of x, y, dx, dy: `length_units`, `space_units` or `coordinate_units`.
    pub length: Option<String>,
    /// Of times: `time_units`.
    pub time: Option<String>,
}

/// Mean and spread of one channel, in the file's unit of velocity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The population standard deviation.
    pub std: f64,
}

impl From<&ChannelStatistics> for Moments {
    fn from(channel: &ChannelStatistics) -> Self {
        Self { mean: channel.mean, std: channel.std }
    }
}

/// What a file says of its flow beyond grid, coordinates and geometry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Particulars {
    /// The values that it states; the others are defaults.
    pub stated: BTreeSet<Field>,
    /// Units.
    pub units: Units,
    /// Names of the channels: attribute `channels`, `channel_names` or `components`.
    pub channels: Option<Vec<String>>,
    /// Mean and spread of every channel; none where they are not known.
    pub moments: Vec<Moments>,
    /// n, where every n-th point of the file stands here alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<usize>,
    /// Fingerprints of all frames in ascending order, as `fingerprint.rs` makes
    /// them; none where they are not known.
    #[serde(skip)]
    pub frames: Vec<f64>,
}

impl Particulars {
    /// Of a dataset, with the fingerprints of its frames.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`](crate::DataError::AttributeValue).
    pub fn of(data: &Dataset) -> Result<Self> {
        Ok(Self {
            frames: fingerprint::of_frames(data.values(), data.shape(1).len(), data.mask()),
            ..Self::without_frames(data)?
        })
    }

    /// Of a dataset, without fingerprints.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`](crate::DataError::AttributeValue).
    pub fn without_frames(data: &Dataset) -> Result<Self> {
        let mut found = Self::stated(data.path(), data.attributes(), data.kind())?;
        if data.audit().is_none() {
            // Whoever makes a dataset in memory states its grid.
            found.stated.extend([Field::Orientation, Field::Boundary, Field::Dx, Field::Dy]);
        }
        let measured;
        let channels = match data.audit() {
            Some(audit) => &audit.channels,
            None => {
                measured = statistics::of_channels(
                    data.values(),
                    data.channels(),
                    data.shape(1).plane(),
                    data.mask(),
                );
                &measured
            }
        };
        found.moments = channels.iter().map(Moments::from).collect();
        found.stride = Some(data.stride()).filter(|stride| *stride > 1);
        Ok(found)
    }

    /// From the attributes of a file of this kind of flow, without statistics and fingerprints.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`](crate::DataError::AttributeValue).
    pub fn stated(path: &Path, attributes: &Attributes, kind: Kind) -> Result<Self> {
        let has = |names: &[&str]| names.iter().any(|name| attributes.has(name));
        let wraps = attributes.text(path, "domain")?.is_some_and(says_periodic);
        let convention = kind.convention();
        let is_stated = |field: &Field| match field {
            Field::Orientation => convention.x_axis.is_some() || has(&["H_axis", "W_axis"]),
            Field::Boundary => convention.boundary.is_some() || wraps || has(&["boundary"]),
            Field::Dx => has(&["dx"]),
            Field::Dy => has(&["dy", "dx"]),
            Field::XFirst => has(&["x_first"]),
            Field::YFirst => has(&["y_first"]),
            Field::TimeStep => has(&["dt_frame", "dt"]),
            Field::Inflow => has(&["inflow"]),
        };
        let text = |names: &[&str]| -> Result<Option<String>> {
            let texts = names.iter().map(|name| attributes.text(path, name));
            let stated =
                texts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().find(|t| !t.trim().is_empty());
            Ok(stated.map(|text| text.trim().to_owned()))
        };
        Ok(Self {
            stated: Field::ALL.into_iter().map(|(field, ..)| field).filter(is_stated).collect(),
            units: Units {
                velocity: text(&UNITS)?.or_else(|| convention.unit.map(str::to_owned)),
                length: text(&["length_units", "space_units", "coordinate_units"])?,
                time: text(&["time_units"])?,
            },
            channels: channel_names(path, attributes)?,
            ..Self::default()
        })
    }

    /// What the components of a field of so many channels are called: as the file names them, else `u` and `v` where
    /// there are two, and `c0`, `c1`, … where there are others.
    pub fn components(&self, channels: usize) -> Vec<String> {
        match &self.channels {
            Some(names) if names.len() == channels && !names.iter().any(String::is_empty) => names.clone(),
            _ if channels == 2 => vec!["u".into(), "v".into()],
            _ => (0..channels).map(|c| format!("c{c}")).collect(),
        }
    }

    /// The channels of the velocity along x and along y, where there are both.
    pub fn velocities(&self, channels: usize) -> Option<[usize; 2]> {
        let names = self.components(channels);
        let at = |name: &str| names.iter().position(|n| n == name);
        Some([at("u")?, at("v")?])
    }

    /// From the sentences that reading a file left, one for every default that it took.
    pub fn by_notes(notes: &[String]) -> Self {
        let is_stated = |field: &Field| !notes.iter().any(|note| field.is_defaulted_by(note));
        let fields = Field::ALL.into_iter().map(|(field, ..)| field);
        Self { stated: fields.filter(is_stated).collect(), ..Self::default() }
    }
}

/// The first word of the name of every channel, in lower case; `u` for the velocity along x and `v` for that along y
/// whatever they are called.
pub(crate) fn channel_names(path: &Path, attributes: &Attributes) -> Result<Option<Vec<String>>> {
    for name in ["channels", "channel_names", "components"] {
        // A number under one of these names is a count.
        if !matches!(attributes.get(name), Some(crate::Attribute::Text(_))) {
            continue;
        }
        let text = attributes.text(path, name)?.unwrap_or_default().to_lowercase();
        let first = |part: &str| part.split_whitespace().next().unwrap_or("").to_owned();
        let names = text.trim_matches(['[', ']', '(']).split(',').map(first);
        return Ok(Some(names.map(|n| common(n.trim_matches(['\'', '"'])).to_owned()).collect()));
    }
    Ok(None)
}

fn common(name: &str) -> &str {
    match name {
        "ux" | "u_x" | "vx" | "v_x" | "velocity_x" | "x_velocity" | "x-velocity" => "u",
        "uy" | "u_y" | "vy" | "v_y" | "velocity_y" | "y_velocity" | "y-velocity" => "v",
        other => other,
    }
}
