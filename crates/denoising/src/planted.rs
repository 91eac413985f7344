//! A correlation planted in the data, and what denoisers refitted to it make of it.
//!
//! On every `stride`-th grid point, in every training and every held-out window, patch B of size 2 × 2
//! becomes B + a·A, A being the patch half the width away. Prior and denoisers are made anew, and the
//! response of x̂_B to x_A is measured, as Lukoianov et al. 2025 (arXiv 2509.09672) do with CIFAR-10.

use crate::{Flow, Named, Result, at_ratio};
use equipoise_data::{Dataset, NormalizerKind};
use equipoise_denoiser::Denoiser;
use equipoise_experiment::grouped;
use equipoise_field::{Axis, Boundary, Grid, Real, Shape, sum};
use equipoise_locality::{Memory, Samples, Training};
use equipoise_prior::{DenoiserName, Model, Settings};
use equipoise_schedule::Level;
use std::sync::Arc;

/// Points along the longer side of the coarse grid, at most.
const SIDE: usize = 16;
/// Cyclic shifts of every training window along x, where the grid wraps.
const SHIFTS: usize = 4;
/// Side of the patches.
const PATCH: usize = 2;
/// What is added to every eigenvalue of the dense covariance.
const RIDGE: f64 = 1e-4;
/// Step of the differences over σ².
const STEP: f64 = 0.02;

/// What is planted and where it is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Planting {
    /// Strengths a.
    pub strengths: Vec<f64>,
    /// σ/μ.
    pub ratios: Vec<f64>,
    /// Seed of the noise.
    pub seed: u64,
}

/// The response of one denoiser.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The denoiser.
    pub denoiser: DenoiserName,
    /// σ/μ.
    pub ratio: f64,
    /// a.
    pub strength: f64,
    /// ∂x̂_B/∂(x_A/μ): all of A's channel 0 moved together, mean over B's channel 0 and over held-out windows.
    pub response: f64,
    /// Of that mean, from the spread over windows.
    pub standard_error: f64,
    /// The same of the Wiener filter refitted to the planted data, from its Jacobian.
    pub wiener: f64,
}

/// The straight line through the responses of one denoiser at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The denoiser.
    pub denoiser: DenoiserName,
    /// σ/μ.
    pub ratio: f64,
    /// Response by strength.
    pub slope: f64,
    /// Response at strength 0.
    pub intercept: f64,
    /// 1 − SS_res/SS_tot; NaN where all responses are the same, or there are fewer than three.
    pub r_squared: f64,
}

/// The data of a flow on a coarse grid, in the flow's normalised units.
#[derive(Debug)]
pub struct Coarse {
    name: String,
    shape: Shape,
    grid: Grid,
    train: Vec<f32>,
    held_out: Vec<f32>,
    from: Vec<usize>,
    to: Vec<usize>,
}

impl Coarse {
    /// Every stride-th point of all training windows and of the held-out ones; on periodic grids the
    /// training windows also with 4 cyclic shifts along x.
    ///
    /// # Errors
    /// [`DenoisingError::Prior`](crate::DenoisingError::Prior).
    pub fn of(flow: &Flow) -> Result<Self> {
        let (fine, mut grid) = (flow.shape(), flow.prior().grid());
        let stride = fine.height.max(fine.width).div_ceil(SIDE);
        let shape =
            Shape { height: fine.height.div_ceil(stride), width: fine.width.div_ceil(stride), ..fine };
        grid.dx *= stride as f64;
        grid.dy *= stride as f64;
        let coarsened = |x: &[f32]| -> Vec<f32> {
            let at = |n: usize| {
                let (t, c, h, w) = shape.position(n);
                x[fine.index(t, c, h * stride, w * stride)]
            };
            (0..shape.len()).map(at).collect()
        };
        let length = if grid.x_axis == Axis::H { shape.height } else { shape.width };
        let wraps = grid.boundary == Boundary::Periodic && length.is_multiple_of(SHIFTS);
        let shifts = if wraps { SHIFTS } else { 1 };
        let mut stored = Vec::new();
        flow.each_training_window(&mut |x| stored.extend(coarsened(x)))?;
        let train = shifted(shape, grid.x_axis, shifts, stored)?;
        let held_out = flow.held_out().iter().flat_map(|held_out| coarsened(&held_out.x)).collect();
        let side = [shape.height, shape.width].map(|length| length.min(PATCH));
        let row = (shape.height / 2).min(shape.height - side[0]);
        let patch = |first: usize| -> Vec<usize> {
            let first = first.min(shape.width - side[1]);
            let cells = (0..side[0]).flat_map(|h| (0..side[1]).map(move |w| (row + h, first + w)));
            cells.map(|(h, w)| h * shape.width + w).collect()
        };
        let (to, from) = (patch(3 * shape.width / 8), patch(7 * shape.width / 8));
        Ok(Self { name: flow.name().to_owned(), shape, grid, train, held_out, from, to })
    }

    /// (T, C, H, W) on the coarse grid.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Training windows, with their shifts.
    pub fn count(&self) -> usize {
        self.train.len() / self.shape.len()
    }

    /// Held-out windows.
    pub fn states(&self) -> usize {
        self.held_out.len() / self.shape.len()
    }

    /// What is planted, in words.
    pub fn told(&self) -> String {
        let place = |cells: &[usize]| {
            let first = cells.first().copied().unwrap_or_default();
            format!("({}, {})", first / self.shape.width, first % self.shape.width)
        };
        format!(
            "{}: N = {} training windows of {} (shifts counted), {} held-out ones, B at {}, A at {}, {PATCH} × {PATCH} \
             points each",
            self.name,
            self.count(),
            self.shape,
            self.states(),
            place(&self.to),
            place(&self.from)
        )
    }

    /// The flow with the correlation in it: a dense prior, no normalizer.
    fn planted(&self, strength: f64) -> Result<Flow> {
        let plant = |values: &[f32]| {
            let mut values = values.to_vec();
            for plane in values.chunks_mut(self.shape.plane()) {
                for (&to, &from) in self.to.iter().zip(&self.from) {
                    plane[to] += strength as f32 * plane[from];
                }
            }
            Dataset::in_memory(equipoise_data::Kind::GENERIC, self.grid, self.shape, values)
        };
        let settings = Settings {
            window: self.shape.frames,
            normalizer: NormalizerKind::Identity,
            model: Model::Dense,
            ridge: RIDGE,
        };
        Flow::new(&self.name, [plant(&self.train)?, plant(&self.held_out)?], (&settings, None), self.states())
    }

    /// The responses of every denoiser, strength and level.
    ///
    /// `go_on` is asked after each strength and denoiser whether to begin another; what is done so far is returned. Cost of one: 2 denoisings a window and level.
    ///
    /// # Errors
    /// [`DenoisingError`](crate::DenoisingError) of the prior or a denoiser.
    pub fn responses(
        &self,
        names: &[DenoiserName],
        planting: &Planting,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Response>> {
        let mut found = Vec::new();
        for &strength in &planting.strengths {
            let flow = self.planted(strength)?;
            let wiener = flow.prior().denoiser()?;
            for named in flow.denoisers(names)? {
                for &ratio in &planting.ratios {
                    let level = at_ratio(ratio);
                    let each = self.of_windows(&flow, &named, level, planting.seed)?;
                    found.push(Response {
                        denoiser: named.name.clone(),
                        ratio,
                        strength,
                        response: sum::mean(&each),
                        standard_error: sum::std(&each) / (each.len() as f64 - 1.0).sqrt(),
                        wiener: response(&wiener, level, &self.from, &self.to)?,
                    });
                }
                if !go_on() {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    fn of_windows(&self, flow: &Flow, named: &Named, level: Level, seed: u64) -> Result<Vec<f64>> {
        let windows = flow.held_out().iter();
        windows
            .map(|held_out| {
                let x_t = flow.noised(held_out, level, seed);
                response_by_differences(&*named.known.denoiser(), &x_t, level, &self.from, &self.to)
            })
            .collect()
    }
}

/// μ Σ_{n ∈ A} J_mn in the mean over m ∈ B by central differences: two denoisings.
///
/// # Errors
/// [`DenoisingError::Denoiser`](crate::DenoisingError::Denoiser).
pub fn response_by_differences(
    denoiser: &dyn Denoiser<f32>,
    x_t: &[f32],
    level: Level,
    from: &[usize],
    to: &[usize],
) -> Result<f64> {
    let step = STEP * level.sigma * level.sigma;
    let side = |sign: f64| -> Result<(f64, f64)> {
        let (mut moved, mut x_hat) = (x_t.to_vec(), vec![0.0; x_t.len()]);
        from.iter().for_each(|n| moved[*n] = f32::narrow(x_t[*n].wide() + sign * step));
        denoiser.denoise(&moved, level, &mut x_hat)?;
        // What the addition left of the step in f32.
        Ok((mean(&moved, from), mean(&x_hat, to)))
    };
    let (ahead, behind) = (side(1.0)?, side(-1.0)?);
    Ok(level.mu * (ahead.1 - behind.1) / (ahead.0 - behind.0))
}

/// The same of a denoiser whose Jacobian does not depend on x_t: one vjp.
fn response(denoiser: &dyn Denoiser<f32>, level: Level, from: &[usize], to: &[usize]) -> Result<f64> {
    let (mut v, mut row) = (vec![0.0; denoiser.dim()], vec![0.0; denoiser.dim()]);
    to.iter().for_each(|m| v[*m] = 1.0);
    denoiser.vjp(&vec![0.0; denoiser.dim()], level, &v, &mut row)?;
    Ok(level.mu * from.len() as f64 * mean(&row, from) / to.len() as f64)
}

/// The straight lines through the responses of every denoiser and level, by least squares.
pub fn lines(responses: &[Response]) -> Vec<Line> {
    let same =
        |a: &&Response, b: &&Response| a.denoiser == b.denoiser && a.ratio.to_bits() == b.ratio.to_bits();
    let through = |of: Vec<&Response>| {
        let points: Vec<(f64, f64)> = of.iter().map(|r| (r.strength, r.response)).collect();
        let (slope, intercept, r_squared) = line(&points);
        Line { denoiser: of[0].denoiser.clone(), ratio: of[0].ratio, slope, intercept, r_squared }
    };
    grouped(responses, same).into_iter().map(through).collect()
}

fn line(points: &[(f64, f64)]) -> (f64, f64, f64) {
    let average = |of: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (average(&|p| p.0), average(&|p| p.1));
    let slope = average(&|p| (p.0 - x) * (p.1 - y)) / average(&|p| (p.0 - x).powi(2));
    let intercept = y - slope * x;
    let left = average(&|p| (p.1 - intercept - slope * p.0).powi(2));
    let r_squared = if points.len() > 2 { 1.0 - left / average(&|p| (p.1 - y).powi(2)) } else { f64::NAN };
    (slope, intercept, r_squared)
}

fn mean(values: &[f32], at: &[usize]) -> f64 {
    at.iter().map(|n| values[*n].wide()).sum::<f64>() / at.len() as f64
}

/// Every window with its cyclic shifts along an axis.
fn shifted(shape: Shape, axis: Axis, shifts: usize, windows: Vec<f32>) -> Result<Vec<f32>> {
    let memory = Memory::new(windows, shape.len())?;
    let count = memory.count();
    let set = Training::new(shape, Arc::new(memory))?.shifted(axis, shifts)?;
    let mut all = Vec::with_capacity(set.count() * shape.len());
    for i in 0..count {
        for k in 0..shifts {
            all.extend(set.sample(i, k)?);
        }
    }
    Ok(all)
}
