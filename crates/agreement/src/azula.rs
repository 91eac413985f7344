//! azula's backbone, alone and behind its wrappers: means, products, runs of its samplers, its training loss.

use crate::bench::Bench;
use crate::kernel::direction;
use crate::quantity::{BackbonePart, Product, WrappedPart};
use crate::runs::{ends, noised, recorded};
use crate::schedules;
use crate::values::{Array, expect};
use crate::window;
use crate::{AgreementError, Result};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, sum};
use equipoise_guidance::Unguided;
use equipoise_network::{Input, Preconditioning};
use equipoise_sampler::{Ddim, Heun, Noise, Recorded, Sampler};
use equipoise_schedule::{Level, Schedule, uniform_grid};
use std::sync::Arc;

/// The largest weight of the loss behind `SimpleDenoiser`.
const LARGEST_WEIGHT: f64 = 1e4;

/// The backbone, or what it sees of the time, at each entry of the attribute `c_time` of `net/out`.
pub(crate) fn backbone<R: Real>(bench: &Bench<'_, R>, path: &str, part: BackbonePart) -> Result<Vec<R>> {
    bench.subject.is_azula()?;
    let times = bench.values.numbers(&told(bench), "c_time")?;
    let mut out = Vec::new();
    match part {
        BackbonePart::TimeEncoding => {
            for &time in &times {
                out.extend(bench.subject.embedding(time)?);
            }
            expect(path, &bench.values.shape(path)?, &[times.len(), out.len() / times.len()])?;
        }
        BackbonePart::Output => {
            let (x, grid) = bench.planes("net/x")?;
            let context = context(bench, &x, grid)?;
            expect(path, &bench.values.shape(path)?, &[&[times.len()], &x.shape[..]].concat())?;
            for time in times {
                let input = Input { grid, x: &x.values, c_time: &[time], context: &context };
                out.extend(bench.subject.output(input)?);
            }
        }
    }
    Ok(out)
}

/// The dataset that says at which c_time the backbone ran.
fn told<R: Real>(bench: &Bench<'_, R>) -> String {
    let outputs = ["net/out_f64", "net/out_f32"];
    outputs.into_iter().find(|path| bench.values.has(path)).unwrap_or(outputs[0]).into()
}

/// A value of a wrapper: its dataset, and the schedule that this states.
struct Wrapped<'a, R: Real> {
    bench: &'a Bench<'a, R>,
    path: &'a str,
    wrapper: Preconditioning,
    schedule: Box<dyn Schedule>,
}

/// A value of a wrapper.
pub(crate) fn wrapped<R: Real>(
    bench: &Bench<'_, R>,
    path: &str,
    wrapper: Preconditioning,
    part: WrappedPart,
) -> Result<Vec<R>> {
    bench.subject.is_azula()?;
    let of = Wrapped { bench, path, wrapper, schedule: schedules::azula(bench.values, path)? };
    match part {
        WrappedPart::Mean => of.means(Product::Output),
        WrappedPart::Vjp => of.means(Product::Vjp),
        WrappedPart::Ddim => {
            let eta = bench.values.number(path, "eta")?;
            of.run(|grid| Ok(Box::new(Ddim::new(grid, eta)?)))
        }
        WrappedPart::Heun => of.run(|grid| Ok(Box::new(Heun::new(grid)?))),
        WrappedPart::Loss => of.loss(),
    }
}

impl<R: Real> Wrapped<'_, R> {
    /// E[x | x_t], or Jᵀv, of the states of the file, (n, B, C, H, W), each row at its time.
    fn means(&self, product: Product) -> Result<Vec<R>> {
        let (rows, x, grid) = rows(self.bench)?;
        let times = self.bench.times("t", self.path, &x.shape)?;
        let v = direction(self.bench, product, "v", &x)?;
        let denoiser = self.denoiser(&x, grid)?;
        let mut out = Vec::new();
        for (time, x_t) in times.into_iter().zip(rows.values.chunks_exact(x.values.len())) {
            out.extend(window::product(&*denoiser, (x_t, self.schedule.level(time)), product, &v)?);
        }
        Ok(out)
    }

    /// The denoiser on the grid of x, with the context of its members.
    fn denoiser(&self, x: &Array<R>, grid: [usize; 2]) -> Result<Arc<dyn Denoiser<R>>> {
        self.bench.wrapped(grid, context(self.bench, x, grid)?, self.wrapper)
    }

    /// The end of a run of one of azula's samplers from t = 1 to 0, its steps of equal length.
    fn run(&self, sampler: impl FnOnce(Vec<f64>) -> Result<Box<dyn Sampler<R>>>) -> Result<Vec<R>> {
        let steps = self.bench.values.count(self.path, "steps")?;
        let sampler = sampler(uniform_grid(steps)?)?;
        let (x1, grid) = self.bench.planes(&format!("{}/sample/x1", self.wrapper))?;
        expect(self.path, &self.bench.values.shape(self.path)?, &x1.shape)?;
        let denoiser = self.denoiser(&x1, grid)?;
        let noises = self.noises(&x1, steps)?;
        let noises: Vec<&dyn Noise<R>> = noises.iter().map(|noise| noise as &dyn Noise<R>).collect();
        let guidance = Unguided(denoiser);
        let outcomes = sampler.run_batch(&guidance, &*self.schedule, x1.values, &noises, f64::INFINITY)?;
        ends(self.path, outcomes)
    }

    /// The draws of every member, where the run takes any: one a step.
    fn noises(&self, x1: &Array<R>, steps: usize) -> Result<Vec<Recorded<R>>> {
        let draws = match self.bench.values.number(self.path, "eta") {
            Ok(eta) => eta > 0.0,
            Err(AgreementError::NoAttribute { .. }) => false,
            Err(error) => return Err(error),
        };
        recorded(self.bench, &format!("{}/sample/z", self.wrapper), x1, if draws { steps } else { 0 })
    }

    /// The mean of w(x̂ − x)² over a batch at one time each, w = 1 + (μ/σ)², cut at 1e4 behind `SimpleDenoiser`.
    fn loss(&self) -> Result<Vec<R>> {
        let Self { bench, wrapper, .. } = *self;
        let (x, grid) = bench.planes(&format!("{wrapper}/loss/x"))?;
        let z = bench.values.array::<R>(&format!("{wrapper}/loss/z"))?;
        z.expect(&x.shape)?;
        let times = bench.values.array::<f64>(&format!("{wrapper}/loss/t"))?;
        times.expect(&x.shape[..1])?;
        expect(self.path, &bench.values.shape(self.path)?, &[1])?;
        let context = context(bench, &x, grid)?;
        let len = x.values.len() / times.values.len();
        let contexts = context.len() / times.values.len();
        let mut total = 0.0;
        for (i, t) in times.values.iter().enumerate() {
            let (level, at) = (self.schedule.level(*t), i * len..(i + 1) * len);
            let context = context[i * contexts..(i + 1) * contexts].to_vec();
            let (x, z) = (&x.values[at.clone()], &z.values[at]);
            let denoiser = bench.wrapped(grid, context, wrapper)?;
            total += weight(level, wrapper) * square_error(&*denoiser, level, x, z)?;
        }
        Ok(vec![R::narrow(total / x.values.len() as f64)])
    }
}

/// The states of `x`, one row for every time, and the first of them as a batch.
fn rows<R: Real>(bench: &Bench<'_, R>) -> Result<(Array<R>, Array<R>, [usize; 2])> {
    let rows = bench.values.array::<R>("x")?;
    let times = bench.values.shape("t")?.iter().product::<usize>();
    match rows.shape[..] {
        [n, _, channels, height, width] if n == times && channels == bench.subject.network().channels() => {
            let first = rows.values[..rows.values.len() / n].to_vec();
            let shape = rows.shape[1..].to_vec();
            let dataset = rows.dataset.clone();
            Ok((rows, Array { dataset, shape, values: first }, [height, width]))
        }
        _ => {
            let channels = bench.subject.network().channels();
            let expected = format!("({times}, B, {channels}, H, W)");
            Err(AgreementError::Shape { dataset: rows.dataset, found: rows.shape, expected })
        }
    }
}

fn weight(level: Level, wrapper: Preconditioning) -> f64 {
    let weight = (level.mu / level.sigma).powi(2) + 1.0;
    if wrapper == Preconditioning::Simple { weight.min(LARGEST_WEIGHT) } else { weight }
}

/// ‖x̂(μx + σz) − x‖².
fn square_error<R: Real>(denoiser: &dyn Denoiser<R>, level: Level, x: &[R], z: &[R]) -> Result<f64> {
    let mut x_hat = vec![R::zero(); x.len()];
    denoiser.denoise(&noised(level, x, z), level, &mut x_hat)?;
    Ok(sum::squared_distance(&x_hat, x))
}

/// The context of every member: `cond` of the file, which may stand there once for all.
fn context<R: Real>(bench: &Bench<'_, R>, x: &Array<R>, grid: [usize; 2]) -> Result<Vec<R>> {
    let channels = bench.subject.network().context();
    if channels == 0 {
        return Ok(Vec::new());
    }
    let members = x.shape[0];
    let cond = bench.values.array::<R>("cond")?;
    let shape = |batch: usize| [batch, channels, grid[0], grid[1]];
    if cond.shape == shape(1) {
        return Ok(cond.values.repeat(members));
    }
    cond.expect(&shape(members))?;
    Ok(cond.values)
}
