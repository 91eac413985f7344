//! The traces of the law `matched` on a composite, by probes at a few stretches of it.

use crate::{Composite, Other, Problem, ReconstructionError, Result};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
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
    let composed = problem.prior.composed(window, stretches.frames, composite.fold)?;
    let denoiser: Arc<dyn Denoiser<f32>> =
        Arc::new(SideBySide { one: composed, count: stretches.starts.len() });
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

/// Several fields of one denoiser as one field: a member of it is as many members, linearised with all others at once.
struct SideBySide {
    one: Arc<dyn Denoiser<f32>>,
    count: usize,
}

type Made<T> = std::result::Result<T, DenoiserError>;

impl Denoiser<f32> for SideBySide {
    fn dim(&self) -> usize {
        self.count * self.one.dim()
    }

    fn denoise(&self, x_t: &[f32], level: Level, x_hat: &mut [f32]) -> Made<()> {
        self.one.estimates(x_t, level, x_hat, &mut Tape::new())
    }

    fn vjp(&self, x_t: &[f32], level: Level, v: &[f32], out: &mut [f32]) -> Made<()> {
        self.one.linearise(x_t, level, &mut vec![0.0; x_t.len()], &mut Tape::new())?.vjp(v, out)
    }

    fn jacobian(&self) -> Jacobian {
        self.one.jacobian()
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [f32],
        level: Level,
        x_hat: &mut [f32],
        tape: &'a mut Tape,
    ) -> Made<Box<dyn Linearised<f32> + 'a>> {
        self.one.linearise(x_t, level, x_hat, tape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_denoiser::check_batch;
    use std::sync::Mutex;

    /// Entries that are coupled by their squares, of fields of 3 numbers; says how many members every call has.
    struct Counted(Mutex<Vec<usize>>);

    impl Denoiser<f32> for Counted {
        fn dim(&self) -> usize {
            3
        }

        fn batch(&self) -> usize {
            2
        }

        fn denoise(&self, x_t: &[f32], level: Level, x_hat: &mut [f32]) -> Made<()> {
            let entry = |i: usize| (x_t[i] * x_t[(i + 1) % 3] + x_t[i]) / level.sigma as f32;
            x_hat.iter_mut().enumerate().for_each(|(i, x)| *x = entry(i));
            Ok(())
        }

        fn vjp(&self, x_t: &[f32], level: Level, v: &[f32], out: &mut [f32]) -> Made<()> {
            let entry = |i: usize| {
                (v[i] * (x_t[(i + 1) % 3] + 1.0) + v[(i + 2) % 3] * x_t[(i + 2) % 3]) / level.sigma as f32
            };
            out.iter_mut().enumerate().for_each(|(i, out)| *out = entry(i));
            Ok(())
        }

        fn linearise<'a>(
            &'a self,
            x_t: &'a [f32],
            level: Level,
            x_hat: &mut [f32],
            _tape: &'a mut Tape,
        ) -> Made<Box<dyn Linearised<f32> + 'a>> {
            self.0.lock().unwrap().push(x_t.len() / 3);
            let mut fields = x_t.chunks_exact(3).zip(x_hat.chunks_exact_mut(3));
            fields.try_for_each(|(x_t, x_hat)| self.denoise(x_t, level, x_hat))?;
            Ok(Box::new(Each(self, x_t, level)))
        }
    }

    struct Each<'a>(&'a Counted, &'a [f32], Level);

    impl Linearised<f32> for Each<'_> {
        fn vjp(&mut self, v: &[f32], out: &mut [f32]) -> Made<()> {
            let mut fields = self.1.chunks_exact(3).zip(v.chunks_exact(3).zip(out.chunks_exact_mut(3)));
            fields.try_for_each(|(x_t, (v, out))| self.0.vjp(x_t, self.2, v, out))
        }
    }

    /// All stretches of all members are one linearisation, of which the windows' denoiser keeps what it will; and every
    /// product has the bits of the stretch alone.
    #[test]
    fn stretches_side_by_side_are_linearised_at_once() {
        let (one, level) = (Arc::new(Counted(Mutex::default())), Level { mu: 0.8, sigma: 0.6 });
        let beside = SideBySide { one: Arc::clone(&one) as _, count: 4 };
        let [x_t, v]: [Vec<f32>; 2] = [0, 1].map(|draw| Stream::new("stretches").normal(draw, 4 * 4 * 3));
        let (mut x_hat, mut out, mut tape) = (vec![0.0; x_t.len()], vec![0.0; x_t.len()], Tape::new());
        let mut local = beside.linearise(&x_t, level, &mut x_hat, &mut tape).unwrap();
        local.vjp(&v, &mut out).unwrap();
        assert_eq!(*one.0.lock().unwrap(), [16]);
        let mut alone = [0.0; 3];
        for (k, out) in out.chunks_exact(3).enumerate() {
            let at = 3 * k..3 * k + 3;
            one.vjp(&x_t[at.clone()], level, &v[at], &mut alone).unwrap();
            assert_eq!(alone.map(f32::to_bits)[..], out.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
        }
        drop(local);
        check_batch(&beside, &x_t, level, &v).unwrap();
    }
}
