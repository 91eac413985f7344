//! The traces of the law `matched` on a composite, by probes at a few stretches of it.

use crate::{Composite, Other, Problem, ReconstructionError, Result};
use equipoise_composition::{Composition, Fold};
use equipoise_denoiser::Denoiser;
use equipoise_field::Shape;
use equipoise_guidance::Strength;
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{Sensor, Sensors};
use equipoise_prior::PriorDenoiser;
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_solver::ProbedRatios;
use equipoise_stream::Stream;
use std::sync::Arc;

/// Numbers of all stretches together, at most, unless the shortest are longer.
const NUMBERS: usize = 1 << 19;

/// Stretches of a trajectory that is longer than those numbers.
const STRETCHES: usize = 4;

/// v(t) of the law `matched` on the composite itself, or on [`STRETCHES`] of it about the quantiles of the readings'
/// times: each composed as the whole is, with the readings that fall within, their traces added up.
pub(crate) fn probed(
    problem: &Problem,
    (composite, window): (&Composite, &PriorDenoiser),
    levels: &[Level],
) -> Result<Strength> {
    let stretches = Stretches::of(problem, composite);
    let (frames, count) = (stretches.frames, stretches.starts.len());
    let composed = problem.prior.composed(window, frames, composite.fold)?;
    // Side by side they are windows without a frame in common; each is linearised once for all products.
    let fold = Fold::Causal { stride: frames };
    let beside = Composition::new(composed, problem.shape.frame(), frames * count, fold)?;
    let denoiser: Arc<dyn Denoiser<f32>> = Arc::new(beside.keeping(usize::MAX));
    let observation = Arc::new(stretches.observed(problem)?);
    let name = problem.other.as_ref().map_or("wiener", |other| other.name.as_str());
    let stream = Stream::new("probes").text("reconstruction").text(name);
    let clean = match &problem.other {
        // Of a linear denoiser J is the same everywhere.
        None => vec![stretches.repeated(problem.prior.mean(), problem.shape)].into(),
        Some(Other { windows, name, .. }) if windows.is_empty() => {
            return Err(ReconstructionError::Unprobed { prior: name.clone() });
        }
        Some(Other { windows, .. }) => windows.iter().map(|w| stretches.repeated(w, problem.shape)).collect(),
    };
    let ratios = ProbedRatios::new(Law::Matched, &denoiser, &observation, levels, (clean, stream))?;
    Ok(Strength::traced(problem.observation().noise(), Arc::clone(ratios.table())))
}

/// Where a composite is probed.
struct Stretches {
    /// Frames of each.
    frames: usize,
    /// The first frame of each.
    starts: Vec<usize>,
}

impl Stretches {
    fn of(problem: &Problem, composite: &Composite) -> Self {
        let Composite { frames, window, fold, .. } = *composite;
        let frame = problem.shape.frame();
        if frames * frame <= NUMBERS {
            return Self { frames, starts: vec![0] };
        }
        let (stride, room) = (fold.stride(), NUMBERS / STRETCHES / frame);
        // Long enough for frames that are taken from windows in the middle, whatever the room.
        let least = 3 * window;
        let further = room.max(least).saturating_sub(window).div_ceil(stride) * stride;
        let own = (window + further).min(frames);
        let mut times: Vec<f64> = problem.placed.entries.iter().map(|e| e.sensor.frame).collect();
        times.sort_by(f64::total_cmp);
        let at = |k: usize| {
            let middle =
                times.get((2 * k + 1) * times.len() / (2 * STRETCHES)).map_or(0, |t| t.round() as usize);
            middle.saturating_sub(own / 2).min(frames - own)
        };
        Self { frames: own, starts: (0..STRETCHES).map(at).collect() }
    }

    /// The readings of all stretches, one after the other; their values do not count.
    fn observed(&self, problem: &Problem) -> Result<Observed<f32>> {
        let (mut sensors, mut variance) = (Vec::new(), Vec::new());
        let noise = problem.observation().noise();
        for (k, start) in self.starts.iter().enumerate() {
            let (first, last) = (*start as f64, (start + self.frames - 1) as f64);
            for (i, entry) in problem.placed.entries.iter().enumerate() {
                let frame = entry.sensor.frame;
                if (first..=last).contains(&frame) {
                    let frame = frame - first + (k * self.frames) as f64;
                    sensors.push(Sensor { frame, ..entry.sensor });
                    variance.push(noise.at(i));
                }
            }
        }
        let shape = Shape { frames: self.frames * self.starts.len(), ..problem.shape };
        let operator = Sensors::new(shape, problem.prior.grid().boundary, problem.times, &sensors)?;
        let values = vec![0.0; sensors.len()];
        Ok(Observed::new(values, operator, NoiseVariance::PerObservation(variance))?)
    }

    /// The frames of a window, to and fro, over every stretch.
    fn repeated(&self, window: &[f32], shape: Shape) -> Vec<f32> {
        let frame = shape.frame();
        let count = window.len() / frame;
        let period = (2 * count).saturating_sub(2).max(1);
        let at = |t: usize| if t % period < count { t % period } else { period - t % period };
        let one: Vec<f32> = (0..self.frames)
            .flat_map(|t| window[at(t) * frame..(at(t) + 1) * frame].iter().copied())
            .collect();
        one.repeat(self.starts.len())
    }
}
