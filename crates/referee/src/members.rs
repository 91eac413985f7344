//! The members of one case, on disk: which of them count, and their frames one after the other.

use crate::weights::kept;
use crate::{RefereeError, Result, Walls};
use equipoise_data::store::Reader;
use equipoise_data::{
    Attribute, Attributes, AxisOrder, DataError, Described, LoadOptions, Location, Recording,
};
use equipoise_field::Boundary;
use equipoise_stream::Stream;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of frames that are held at a time, about; a frame of all members, or a chunk of the file, where that is more.
const PORTION: usize = 128 << 20;

/// Numbers that are looked at together.
const CHECKED: usize = 4096;

/// A file of members, of which no number has been read.
#[derive(Debug)]
pub struct Members {
    path: PathBuf,
    recording: Recording,
    order: AxisOrder,
    /// Grid, coordinates and units.
    pub described: Described,
    /// T.
    pub frames: usize,
    /// Those that stand in the truth's place, by their index in the file.
    pub kept: Vec<usize>,
    /// How many the file holds.
    pub all: usize,
    /// 1/Σ w², where they are weighted.
    pub effective: Option<f64>,
    /// Defaults taken and what was made of weights.
    pub notes: Vec<String>,
}

impl Members {
    /// Opens a file whose trajectories are members: (M, T, C, H, W) or what its attributes or `options` say. Of a file
    /// that holds datasets `members`, as `ensemble.h5` does, it is that one, with its `weights`; of
    /// other formats numbers called `weights` are those.
    ///
    /// Weighted members are thinned to members of equal weight: member j stays where a keyed uniform number is below
    /// w_j/max w. What stays is as if drawn from the weighted law, as far as max w bounds the weights that there can be
    /// (Caffo, Booth & Davis 2002, "Empirical supremum rejection sampling", Biometrika 89).
    ///
    /// # Errors
    /// [`RefereeError::Data`], [`RefereeError::Weights`], [`RefereeError::Few`].
    pub fn open(path: &Path, options: &LoadOptions, weights: Option<&Path>, draws: Stream) -> Result<Self> {
        let (path, own) = ensemble(path)?;
        let recording = Recording::open(&path, options)?;
        let (described, mut notes) = recording.described()?;
        let stated = recording.stated_order();
        let order = stated.unwrap_or(AxisOrder::NTCHW);
        let [a, b] = recording.leading();
        let (all, frames) = if order.time_axis() == 1 { (a, b) } else { (b, a) };
        if stated.is_none() {
            notes.push(format!(
                "nothing states the order of axes: read as {all} members of {frames} frames; --axes TNCHW if time stands first"
            ));
        }
        let beside = || match recording.attributes().get("weights") {
            Some(Attribute::Numbers(numbers)) => Some(numbers.clone()),
            _ => None,
        };
        let weights = match weights {
            Some(given) => Some(crate::weights::read(given, all)?),
            None => own.or_else(beside).map(|own| crate::weights::checked(&path, own, all)).transpose()?,
        };
        let (kept, effective) = kept(weights.as_deref(), all, draws);
        if let Some(effective) = effective {
            notes.push(format!(
                "weighted members: effective size {effective:.1} of {all}; {} stay by keyed rejection and count the \
                 same (Caffo, Booth & Davis 2002)",
                kept.len()
            ));
        }
        if kept.len() < 2 {
            let of =
                if weights.is_some() { format!(" left of {all} by their weights").into() } else { "".into() };
            return Err(RefereeError::Few { path, found: kept.len(), of });
        }
        Ok(Self { path, recording, order, described, frames, kept, all, effective, notes })
    }

    /// The file, with the dataset in it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The time of the first frame, where the file states it.
    pub fn begins(&self) -> Option<f64> {
        match self.recording.attributes().get("t_first") {
            Some(Attribute::Numbers(first)) if first.len() == 1 => Some(first[0]),
            _ => None,
        }
    }

    /// Which ends of the grid are walls, where the file states it.
    ///
    /// # Errors
    /// [`RefereeError::Walls`].
    pub fn walls(&self) -> Result<Option<Walls>> {
        walls(&self.path, self.recording.attributes(), self.described.grid.boundary)
    }

    /// The SHA-256 of the readings that the members were made with, where the file states it as `ensemble.h5` does.
    pub fn observed(&self) -> Option<String> {
        let Some(Attribute::Text(text)) = self.recording.attributes().get("provenance") else { return None };
        let provenance: serde_json::Value = serde_json::from_str(text).ok()?;
        Some(provenance.get("observations_sha256")?.as_str()?.to_owned())
    }

    /// Hands frame after frame of all that are kept, (C, H, W) each, to `take`; every number is read once.
    ///
    /// # Errors
    /// [`RefereeError::Data`], [`RefereeError::NotFinite`], and the first of `take`.
    pub fn for_each_frame(&self, mut take: impl FnMut(usize, &[&[f32]]) -> Result<()>) -> Result<()> {
        let frame = self.described.frame.len();
        let bytes = 4 * frame * self.kept.len();
        let chunk = self.recording.chunk_frames(self.order);
        let step = (PORTION / bytes.max(1) / chunk * chunk).max(chunk);
        for first in (0..self.frames).step_by(step) {
            let portion = first..self.frames.min(first + step);
            let members = self.portion(portion.clone())?;
            for t in portion.clone() {
                let at = (t - first) * frame..(t - first + 1) * frame;
                let slices: Vec<&[f32]> = members.iter().map(|member| &member[at.clone()]).collect();
                take(t, &slices)?;
            }
        }
        Ok(())
    }

    fn portion(&self, frames: Range<usize>) -> Result<Vec<Vec<f32>>> {
        let shape = self.described.frame;
        let frame = shape.len();
        let at = |i: usize| (i / shape.plane(), i % shape.plane() / shape.width, i % shape.width);
        let read = |member: &usize| {
            let values = self.recording.run(self.order, *member, frames.clone())?;
            // All of a part at a time, which is faster than one number after the other.
            let odd = |part: &[f32]| part.iter().fold(false, |odd, x| odd | !x.is_finite());
            let first = values.chunks(CHECKED).any(odd).then(|| values.iter().position(|x| !x.is_finite()));
            match first.flatten() {
                None => Ok(values),
                Some(i) => Err(RefereeError::NotFinite {
                    path: self.path.clone(),
                    member: *member,
                    frame: frames.start + i / frame,
                    at: at(i % frame),
                    value: values[i],
                }),
            }
        };
        self.kept.iter().map(read).collect()
    }
}

/// What the attribute `walls` of a file with such borders says.
pub(crate) fn walls(path: &Path, attributes: &Attributes, boundary: Boundary) -> Result<Option<Walls>> {
    let refused = |found: String, expected: &str| {
        Err(RefereeError::Walls { path: path.into(), found: found.into(), expected: expected.into() })
    };
    match attributes.get("walls") {
        None => Ok(None),
        Some(stated) if boundary == Boundary::Periodic => {
            refused(stated.to_string(), "no walls, since borders wrap")
        }
        Some(stated) => match stated.as_text().and_then(Walls::parse) {
            Some(walls) => Ok(Some(walls)),
            None => refused(stated.to_string(), crate::walls::EXPECTED),
        },
    }
}

/// The dataset of members of a file that has one, and its weights.
fn ensemble(path: &Path) -> Result<(PathBuf, Option<Vec<f64>>)> {
    let at = Location::of(path);
    let whole = Ok((path.to_path_buf(), None));
    // Of another format, or no file at all: whoever opens it says so.
    let Ok(reader) = Reader::open(&at.file) else { return whole };
    let Ok(names) = reader.names() else { return whole };
    let has = |name: &str| names.iter().any(|known| known == name);
    let asked = match &at.datasets[..] {
        [] => has("members"),
        [one] => one == "members" && has("members"),
        _ => false,
    };
    if !asked {
        return whole;
    }
    let weights = match has("weights") {
        false => None,
        true => match reader.read::<f64>("weights") {
            Ok(array) => Some(array.values),
            Err(DataError::ElementType { .. }) => {
                Some(reader.read::<f32>("weights")?.values.into_iter().map(f64::from).collect())
            }
            Err(fault) => return Err(fault.into()),
        },
    };
    let plane = at.slice.map_or_else(String::new, |plane| format!(":z={plane}"));
    Ok((PathBuf::from(format!("{}:/members{plane}", at.file.display())), weights))
}
