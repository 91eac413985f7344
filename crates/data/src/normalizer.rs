//! Affine maps between physical and normalised units, fitted on training data.

use crate::statistics::Cells;
use crate::{DataError, Dataset, Kind, Mask, Moments, Recording, Result, Surveyed};
use equipoise_field::{Axis, Boundary, Real, Shape, sum};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a normalizer is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NormalizerKind {
    /// Mean and standard deviation per channel.
    Channel,
    /// The mean over trajectories, frames and the homogeneous axis is removed, a profile per
    /// channel; then division by the standard deviation of what is left, per channel.
    Profile,
    /// The constants that the study prints for its cylinder wake.
    Published,
    /// Physical units are kept.
    Identity,
    /// Constants that somebody states, as those that a network was trained with: [`Normalizer::given`].
    Given,
}

/// What is subtracted, in physical units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offset {
    /// m_c, one number per channel.
    Channel(Vec<f64>),
    /// m_c(i), for each channel one number per index along an axis.
    Profile {
        /// The axis along which the profile varies.
        along: Axis,
        /// The profiles, (C, length of the axis).
        mean: Vec<Vec<f64>>,
    },
}

/// The map z = (x − m_c)/s_c from physical to normalised units, per channel c; m_c may be a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalizer {
    kind: NormalizerKind,
    offset: Offset,
    scale: Vec<f64>,
    /// Cells that are 0 in normalised units, whatever a field holds there.
    #[serde(skip)]
    mask: Option<Mask>,
}

impl Normalizer {
    /// Fits a normalizer on all frames of all trajectories, each frame once; the solid cells of a cylinder take
    /// part, those under a mask do not.
    ///
    /// Sums run in f64. `Profile` averages over the axis x of a periodic flow (H for Kolmogorov, so
    /// that the profile varies along W).
    ///
    /// # Errors
    /// [`DataError::NormalizerRefused`] for `Profile` unless the kind is Kolmogorov or a generic
    /// flow with periodic borders, and for `Published` unless it is IBPM;
    /// [`DataError::ConstantChannel`] when a channel does not vary.
    pub fn fit(kind: NormalizerKind, data: &Dataset) -> Result<Self> {
        let (grid, frame) = (data.grid(), data.shape(1));
        let cells = Cells::of(frame.plane(), data.mask());
        let fitted = Self::of(kind, data.kind(), grid.boundary, frame.channels, |profile| {
            if profile { profile_moments(data, &cells) } else { channel_moments(data, &cells) }
        })?;
        Ok(fitted.masked(data.mask().cloned()))
    }

    /// With these cells 0 in normalised units, and the mean in physical ones, whatever a field holds there.
    #[must_use]
    pub fn masked(self, mask: Option<Mask>) -> Self {
        Self { mask, ..self }
    }

    /// The cells that are 0 in normalised units.
    pub fn mask(&self) -> Option<&Mask> {
        self.mask.as_ref()
    }

    /// As [`fit`](Self::fit), from the sums over a recording that was read in portions.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn surveyed(kind: NormalizerKind, recording: &Recording, surveyed: &Surveyed) -> Result<Self> {
        let (flow, boundary) = (recording.kind(), recording.grid().boundary);
        let fitted = Self::of(kind, flow, boundary, recording.frame().channels, |profile| {
            let std = |moments: &[f64; 3]| moments[1 + usize::from(profile)].sqrt();
            let scale = surveyed.moments.iter().map(std).collect();
            let offset = if profile {
                Offset::Profile { along: surveyed.along, mean: surveyed.profiles.clone() }
            } else {
                Offset::Channel(surveyed.moments.iter().map(|m| m[0]).collect())
            };
            (offset, scale)
        })?;
        Ok(fitted.masked(surveyed.mask.clone()))
    }

    /// `moments(profile)` gives offset and scale, about profiles or about the mean of channels.
    fn of(
        kind: NormalizerKind,
        flow: Kind,
        boundary: Boundary,
        channels: usize,
        moments: impl FnOnce(bool) -> (Offset, Vec<f64>),
    ) -> Result<Self> {
        let refused = |reason| Err(DataError::NormalizerRefused { normalizer: kind, kind: flow, reason });
        let (offset, scale) = match kind {
            NormalizerKind::Channel => moments(false),
            NormalizerKind::Profile if boundary == Boundary::Periodic => moments(true),
            NormalizerKind::Profile => {
                return refused("an open flow has no homogeneous axis to average over");
            }
            NormalizerKind::Published => match flow.convention().published {
                Some([mean, std]) => (Offset::Channel(mean.into()), std.into()),
                None => return refused("the published constants are those of the IBPM wake"),
            },
            NormalizerKind::Identity => (Offset::Channel(vec![0.0; channels]), vec![1.0; channels]),
            NormalizerKind::Given => return refused("given constants are stated, not fitted"),
        };
        Self::checked(kind, offset, scale)
    }

    /// By stated constants, mean and standard deviation per channel, physical units; of kind
    /// [`NormalizerKind::Identity`] where they are 0 and 1.
    ///
    /// # Errors
    /// [`DataError::Length`] unless there are as many of both, [`DataError::ConstantChannel`] for a standard
    /// deviation that is not above 0, [`DataError::Name`] for a mean that is not finite.
    pub fn given(mean: Vec<f64>, std: Vec<f64>) -> Result<Self> {
        if mean.len() != std.len() {
            let field = "means of the normalizer";
            return Err(DataError::Length { field, found: mean.len(), expected: std.len() });
        }
        if let Some(found) = mean.iter().find(|m| !m.is_finite()) {
            let (field, found) = ("mean of the normalizer", found.to_string());
            return Err(DataError::Name { field, found, expected: "a finite number" });
        }
        let identity =
            mean.iter().all(|m| m.to_bits() == 0) && std.iter().all(|s| s.to_bits() == 1.0f64.to_bits());
        let kind = if identity { NormalizerKind::Identity } else { NormalizerKind::Given };
        Self::checked(kind, Offset::Channel(mean), std)
    }

    fn checked(kind: NormalizerKind, offset: Offset, scale: Vec<f64>) -> Result<Self> {
        match scale.iter().position(|s| !(s.is_finite() && *s > 0.0)) {
            None => Ok(Self { kind, offset, scale, mask: None }),
            Some(channel) => {
                Err(DataError::ConstantChannel { normalizer: kind, channel, found: scale[channel] })
            }
        }
    }

    /// Its kind, with the constants of one that was given, which no data tell: `given(m₁,m₂;s₁,s₂)`.
    pub fn told(&self) -> String {
        let list = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
        match (&self.offset, self.kind) {
            (Offset::Channel(mean), NormalizerKind::Given) => {
                format!("given({};{})", list(mean), list(&self.scale))
            }
            _ => self.kind.to_string(),
        }
    }

    /// How it was fitted.
    pub fn kind(&self) -> NormalizerKind {
        self.kind
    }

    /// m, what is subtracted, in physical units.
    pub fn offset(&self) -> &Offset {
        &self.offset
    }

    /// s_c, the physical size of one normalised unit, per channel.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// Mean and spread of the channels as far as it knows them: none for [`NormalizerKind::Identity`], and about
    /// a profile where that is the offset.
    pub fn moments(&self) -> Vec<Moments> {
        let mean = |channel: usize| match &self.offset {
            Offset::Channel(mean) => mean[channel],
            Offset::Profile { mean, .. } => mean[channel].iter().sum::<f64>() / mean[channel].len() as f64,
        };
        if self.kind == NormalizerKind::Identity {
            return Vec::new();
        }
        self.scale.iter().enumerate().map(|(channel, &std)| Moments { mean: mean(channel), std }).collect()
    }

    /// z = (x − m_c)/s_c, in place, for one field of this shape; computed in f64.
    ///
    /// # Errors
    /// [`DataError::Length`] when the slice, the channels or the profile do not fit the shape.
    pub fn normalise<R: Real>(&self, shape: Shape, values: &mut [R]) -> Result<()> {
        self.map(shape, values, |x, mean, scale| (x - mean) / scale)?;
        self.hide(shape, values);
        Ok(())
    }

    /// x = m_c + s_c z, in place, for one field of this shape; computed in f64.
    ///
    /// # Errors
    /// As [`Normalizer::normalise`].
    pub fn restore<R: Real>(&self, shape: Shape, values: &mut [R]) -> Result<()> {
        self.hide(shape, values);
        self.map(shape, values, |z, mean, scale| mean + scale * z)
    }

    /// Zeros in masked cells.
    fn hide<R: Real>(&self, shape: Shape, values: &mut [R]) {
        let Some(mask) = self.mask.as_ref().filter(|_| values.len() == shape.len()) else { return };
        for plane in values.chunks_exact_mut(shape.plane()) {
            plane
                .iter_mut()
                .zip(mask.cells())
                .filter(|(_, hidden)| **hidden)
                .for_each(|(x, _)| *x = R::narrow(0.0));
        }
    }

    fn map<R: Real>(&self, shape: Shape, values: &mut [R], to: impl Fn(f64, f64, f64) -> f64) -> Result<()> {
        self.fits(shape, values.len())?;
        if shape.is_empty() {
            return Ok(());
        }
        for (p, plane) in values.chunks_exact_mut(shape.plane()).enumerate() {
            let channel = p % shape.channels;
            let scale = self.scale[channel];
            for (h, row) in plane.chunks_exact_mut(shape.width).enumerate() {
                match &self.offset {
                    Offset::Channel(mean) => {
                        row.iter_mut().for_each(|v| *v = R::narrow(to(v.wide(), mean[channel], scale)));
                    }
                    Offset::Profile { along: Axis::H, mean } => {
                        row.iter_mut().for_each(|v| *v = R::narrow(to(v.wide(), mean[channel][h], scale)));
                    }
                    Offset::Profile { along: Axis::W, mean } => {
                        for (v, m) in row.iter_mut().zip(&mean[channel]) {
                            *v = R::narrow(to(v.wide(), *m, scale));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn fits(&self, shape: Shape, len: usize) -> Result<()> {
        let equal = |field, found, expected| {
            if found == expected { Ok(()) } else { Err(DataError::Length { field, found, expected }) }
        };
        equal("field to normalise", len, shape.len())?;
        equal("channels of the field to normalise", shape.channels, self.scale.len())?;
        if let Some(mask) = &self.mask {
            equal("rows of the field under the mask", shape.height, mask.sides()[0])?;
            equal("columns of the field under the mask", shape.width, mask.sides()[1])?;
        }
        match &self.offset {
            Offset::Channel(mean) => equal("means of the normalizer", mean.len(), self.scale.len()),
            Offset::Profile { along, mean } => {
                equal("profiles of the normalizer", mean.len(), self.scale.len())?;
                let length = if *along == Axis::H { shape.height } else { shape.width };
                mean.iter().try_for_each(|m| equal("axis of the field along the profile", length, m.len()))
            }
        }
    }
}

fn channel_moments(data: &Dataset, cells: &Cells) -> (Offset, Vec<f64>) {
    let channels = data.channels();
    let (mean, std) = (0..channels).map(|c| cells.moments(data.values(), channels, c)).unzip();
    (Offset::Channel(mean), std)
}

fn profile_moments(data: &Dataset, cells: &Cells) -> (Offset, Vec<f64>) {
    let (frame, along) = (data.shape(1), data.grid().y_axis());
    let (mut mean, mut std) = (Vec::new(), Vec::new());
    for channel in 0..frame.channels {
        let planes: Vec<&[f32]> =
            data.values().chunks_exact(frame.plane()).skip(channel).step_by(frame.channels).collect();
        let profile = profile(&planes, frame, along, data.mask());
        let mut squares: Vec<f64> = planes
            .iter()
            .map(|plane| {
                cells.sum(|i| {
                    let d = f64::from(plane[i]) - profile[position(i, frame, along)];
                    d * d
                })
            })
            .collect();
        std.push((sum::pairwise(&mut squares) / (planes.len() * cells.count()) as f64).sqrt());
        mean.push(profile);
    }
    (Offset::Profile { along, mean }, std)
}

/// The index along `along` of a flat index into a plane.
fn position(i: usize, frame: Shape, along: Axis) -> usize {
    if along == Axis::H { i / frame.width } else { i % frame.width }
}

/// The mean of planes over their number and the cells without a mask across `along`; that of all where there are
/// none.
fn profile(planes: &[&[f32]], frame: Shape, along: Axis, mask: Option<&Mask>) -> Vec<f64> {
    let length = if along == Axis::H { frame.height } else { frame.width };
    let (mut total, mut count) = (vec![0.0; length], vec![0usize; length]);
    let open = |i: &usize| mask.is_none_or(|mask| !mask.cells()[*i]);
    for plane in planes {
        for i in (0..plane.len()).filter(open) {
            total[position(i, frame, along)] += f64::from(plane[i]);
        }
    }
    (0..frame.plane()).filter(open).for_each(|i| count[position(i, frame, along)] += planes.len());
    let mean = total.iter().sum::<f64>() / count.iter().sum::<usize>() as f64;
    total.iter().zip(count).map(|(t, n)| if n > 0 { t / n as f64 } else { mean }).collect()
}

impl fmt::Display for NormalizerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Channel => "channel",
            Self::Profile => "profile",
            Self::Published => "published",
            Self::Identity => "identity",
            Self::Given => "given",
        })
    }
}

impl FromStr for NormalizerKind {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "channel" => Ok(Self::Channel),
            "profile" => Ok(Self::Profile),
            "published" => Ok(Self::Published),
            "identity" => Ok(Self::Identity),
            _ => Err(DataError::Name {
                field: "normalizer",
                found: text.into(),
                expected: "channel, profile, published or identity",
            }),
        }
    }
}
