//! Rows of μJ = ∂x̂/∂(x_t/μ) for chosen output pixels, over held-out states.

use crate::extent::{anisotropy, uniform_anisotropy};
use crate::invariance::{Agreement, shifted_agreement};
use crate::{DenoisingError, Flow, Named, Result, at_ratio};
use equipoise_field::{Axis, Boundary, Real, Shape, each, sum};
use equipoise_locality::{Border, locality_radius, sensitivity, sensitivity_by_differences};
use equipoise_prior::DenoiserName;
use equipoise_schedule::Level;

/// Share of Σ J² that lies within the radius.
pub const SHARE: f64 = 0.9;
/// ‖μJ_m‖ below which a pixel does not respond, so that its row has no radius.
pub const SILENT: f64 = 1e-6;
/// ‖μJ_m‖ below which differences in f32 show nothing.
const CHECKABLE: f64 = 1e-5;
/// Entries, the largest of a row, that are compared with differences.
const CHECKED: usize = 2;

/// A grid point (h, w); its output is channel 0 of the first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pixel {
    /// Row.
    pub h: usize,
    /// Column.
    pub w: usize,
}

/// The rows of one denoiser for one pixel at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct RowPoint {
    /// The denoiser.
    pub denoiser: DenoiserName,
    /// σ/μ.
    pub ratio: f64,
    /// The output.
    pub pixel: Pixel,
    /// Radius of [`SHARE`] of Σ J² in grid points, mean over the states that respond.
    pub radius: Option<f64>,
    /// Extent along x over extent along y of J², mean over the states that respond.
    pub anisotropy: Option<f64>,
    /// The same of a row that is the same everywhere.
    pub uniform: Option<f64>,
    /// ‖μJ_m‖, root mean square over states.
    pub norm: f64,
    /// States that do not respond.
    pub silent: usize,
    /// The largest deviation from differences over max|J_m|, of the pixel that responds most at the
    /// first state.
    pub deviation: Option<f64>,
    /// μJ_m in the mean over states.
    pub mean: Vec<f32>,
    /// μJ_m at the first state.
    pub first: Vec<f32>,
}

/// The rows of one denoiser for two pixels at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Invariance {
    /// The denoiser.
    pub denoiser: DenoiserName,
    /// σ/μ.
    pub ratio: f64,
    /// The pixel whose row is shifted, and the one that it is compared with.
    pub pixels: [Pixel; 2],
    /// Of the rows in the mean over states.
    pub agreement: Agreement,
}

impl Pixel {
    /// Its flat index in a field.
    ///
    /// # Errors
    /// [`DenoisingError::Pixel`] naming the range.
    pub fn index(self, shape: Shape) -> Result<usize> {
        let Self { h, w } = self;
        if h < shape.height && w < shape.width {
            return Ok(shape.index(0, 0, h, w));
        }
        Err(DenoisingError::Pixel { found: [h, w], height: shape.height, width: shape.width })
    }

    /// Three points of a flow: upstream, in the near wake and far downstream of a body, off the axis of
    /// symmetry; without a body three points that share neither row nor column.
    pub fn defaults(flow: &Flow) -> Vec<Self> {
        let shape = flow.shape();
        let (height, width) = (shape.height, shape.width);
        let Some(body) = flow.prior().geometry() else {
            let at = |h: usize, w: usize| Self { h: h * height / 8, w: w * width / 8 };
            return vec![at(2, 2), at(4, 5), at(7, 3)];
        };
        let h = (body.center_row + body.radius / 2.0).round() as usize;
        let front = (body.center_column - body.radius).max(0.0);
        let behind = body.center_column + body.radius;
        let columns = [front / 2.0, behind + body.radius, behind + 0.85 * (width as f64 - behind)];
        columns
            .iter()
            .map(|w| Self { h: h.min(height - 1), w: (w.round() as usize).min(width - 1) })
            .collect()
    }
}

/// The rows of every denoiser, level and pixel.
///
/// `go_on` is asked after each denoiser and level whether to begin another; what is done so far is returned. Cost of one: 2 · pixels + 1 denoisings a state, and 16.
///
/// # Errors
/// [`DenoisingError`] of a denoiser, [`DenoisingError::Pixel`].
pub fn rows(
    flow: &Flow,
    denoisers: &[Named],
    pixels: &[Pixel],
    ratios: &[f64],
    seed: u64,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<RowPoint>> {
    let mut points = Vec::new();
    for named in denoisers {
        for &ratio in ratios {
            points.extend(at_level(flow, named, pixels, ratio, seed)?);
            if !go_on() {
                return Ok(points);
            }
        }
    }
    Ok(points)
}

/// Every pair of the first pixel with another, for every denoiser and level among the points.
///
/// # Errors
/// As [`shifted_agreement`].
pub fn invariances(flow: &Flow, points: &[RowPoint]) -> Result<Vec<Invariance>> {
    let (shape, boundary) = (flow.shape(), flow.prior().grid().boundary);
    let same =
        |a: &RowPoint, b: &RowPoint| a.denoiser == b.denoiser && a.ratio.to_bits() == b.ratio.to_bits();
    let mut found = Vec::new();
    for group in points.chunk_by(same) {
        let Some((first, others)) = group.split_first() else { continue };
        for other in others.iter().filter(|other| first.norm.min(other.norm) > SILENT) {
            let pixels = [first.pixel, other.pixel];
            let indices = [first.pixel.index(shape)?, other.pixel.index(shape)?];
            let agreement = shifted_agreement(shape, boundary, indices, [&first.mean, &other.mean])?;
            found.push(Invariance {
                denoiser: first.denoiser.clone(),
                ratio: first.ratio,
                pixels,
                agreement,
            });
        }
    }
    Ok(found)
}

/// Sums over states of one pixel.
#[derive(Default)]
struct Sums {
    radius: f64,
    anisotropy: f64,
    squares: f64,
    silent: usize,
    mean: Vec<f64>,
    first: Vec<f32>,
}

fn at_level(flow: &Flow, named: &Named, pixels: &[Pixel], ratio: f64, seed: u64) -> Result<Vec<RowPoint>> {
    let (shape, level) = (flow.shape(), at_ratio(ratio));
    let dim = shape.len();
    let mut sums: Vec<Sums> =
        pixels.iter().map(|_| Sums { mean: vec![0.0; dim], ..Sums::default() }).collect();
    let indices: Vec<usize> = pixels.iter().map(|pixel| pixel.index(shape)).collect::<Result<_>>()?;
    for held_out in flow.held_out() {
        let x_t = flow.noised(held_out, level, seed);
        let rows = sensitivity(&*named.known.denoiser(), &x_t, level, &indices)?;
        for ((mut row, &index), sums) in rows.into_iter().zip(&indices).zip(&mut sums) {
            each::update(&mut row, |j| j * level.mu as f32);
            sums.add(flow, index, row)?;
        }
    }
    let (largest, deviation) = deviation(flow, named, level, seed, pixels, &sums)?;
    let states = flow.held_out().len();
    let point = |(place, (pixel, sums)): (usize, (&Pixel, Sums))| {
        let Sums { radius, anisotropy, squares, silent, mean, first } = sums;
        let over = |sum: f64| (silent < states).then(|| sum / (states - silent) as f64);
        Ok(RowPoint {
            denoiser: named.name.clone(),
            ratio,
            pixel: *pixel,
            radius: over(radius),
            anisotropy: over(anisotropy),
            uniform: uniform_anisotropy(shape, &flow.prior().grid(), pixel.index(shape)?),
            norm: (squares / states as f64).sqrt(),
            silent,
            deviation: if place == largest { deviation } else { None },
            mean: mean.into_iter().map(|j| f32::narrow(j / states as f64)).collect(),
            first,
        })
    };
    pixels.iter().zip(sums).enumerate().map(point).collect()
}

impl Sums {
    fn add(&mut self, flow: &Flow, index: usize, row: Vec<f32>) -> Result<()> {
        let (shape, grid) = (flow.shape(), flow.prior().grid());
        let border = match grid.boundary {
            Boundary::Periodic => Border::Periodic,
            Boundary::Open => Border::Clipped,
        };
        let squares = sum::squared_norm(&row);
        self.squares += squares;
        if squares.sqrt() > SILENT {
            self.radius += locality_radius(shape, [border; 2], index, &row, SHARE)?;
            self.anisotropy += anisotropy(shape, &grid, index, &row).unwrap_or(f64::NAN);
        } else {
            self.silent += 1;
        }
        self.mean.iter_mut().zip(&row).for_each(|(sum, j)| *sum += j.wide());
        if self.first.is_empty() {
            self.first = row;
        }
        Ok(())
    }
}

/// Which pixel responds most at the first state, and the largest |difference − J_mn| over max|J_m| among
/// the largest entries of its row.
///
/// In f32 no step serves all: x̂ rounds, which a long step hides, and logits change by the step over σ²,
/// which a short one must keep small. The step that deviates least is taken; a wrong row deviates at all.
fn deviation(
    flow: &Flow,
    named: &Named,
    level: Level,
    seed: u64,
    pixels: &[Pixel],
    sums: &[Sums],
) -> Result<(usize, Option<f64>)> {
    let norms = sums.iter().map(|sums| sum::squared_norm(&sums.first));
    let Some((place, norm)) = norms.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return Ok((0, None));
    };
    let Some(held_out) = flow.held_out().first().filter(|_| norm.sqrt() > CHECKABLE) else {
        return Ok((place, None));
    };
    let (row, index) = (&sums[place].first, pixels[place].index(flow.shape())?);
    let mut largest: Vec<usize> = (0..row.len()).collect();
    largest.sort_by(|a, b| row[*b].abs().total_cmp(&row[*a].abs()));
    largest.truncate(CHECKED);
    let peak = row[largest[0]].wide().abs();
    let x_t = flow.noised(held_out, level, seed);
    let mut least = f64::INFINITY;
    for step in [0.02 * level.sigma.powi(2), 0.5 * level.sigma.powi(2), 0.5 * level.sigma, 5.0] {
        let found = sensitivity_by_differences(&*named.known.denoiser(), &x_t, level, index, &largest, step)?;
        let away =
            largest.iter().zip(found).map(|(n, found)| (level.mu * found - row[*n].wide()).abs() / peak);
        least = least.min(away.fold(0.0, f64::max));
    }
    Ok((place, Some(least)))
}

/// The plane of a row that the output's own channel and frame see, H·W numbers.
pub(crate) fn own_plane(shape: Shape, row: &[f32]) -> &[f32] {
    &row[..shape.plane()]
}

/// Which physical direction each array axis is, for those who name pixels.
pub(crate) fn axes(flow: &Flow) -> [&'static str; 2] {
    if flow.prior().grid().x_axis == Axis::H { ["x", "y"] } else { ["y", "x"] }
}
