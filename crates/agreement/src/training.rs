//! SDA's training on one batch: the loss before each step of AdamW, and what the steps leave.

use crate::Result;
use crate::bench::Bench;
use crate::quantity::TrainingPart;
use crate::runs::noised;
use crate::schedules;
use crate::values::{Array, expect};
use equipoise_field::{Real, sum};
use equipoise_network::{Input, Keep, Network, Room};
use equipoise_schedule::Schedule;
use equipoise_training::AdamW;
use equipoise_weights::{State, Tensor, Values};

/// A batch of windows (B, channels, H, W) with the noise in them, at one time each.
pub(crate) struct Batch<R> {
    noised: Array<R>,
    eps: Vec<R>,
    times: Vec<f64>,
    grid: [usize; 2],
}

impl<R: Real> Batch<R> {
    /// μ(t)x + σ(t)ε of the file.
    pub(crate) fn read(bench: &Bench<'_, R>) -> Result<Self> {
        bench.subject.is_sda()?;
        let (x, grid) = bench.planes("x")?;
        let eps = bench.values.array::<R>("eps")?;
        eps.expect(&x.shape)?;
        let times = bench.values.array::<f64>("t")?;
        times.expect(&x.shape[..1])?;
        let schedule = schedules::sda_built(bench.values, "")?;
        let len = x.values.len() / times.values.len();
        let windows = x.values.chunks_exact(len).zip(eps.values.chunks_exact(len)).zip(&times.values);
        let values = windows.flat_map(|((x, eps), t)| noised(schedule.level(*t), x, eps)).collect();
        Ok(Self { noised: Array { values, ..x }, eps: eps.values, times: times.values, grid })
    }

    fn input(&self) -> Input<'_, R> {
        Input { grid: self.grid, x: &self.noised.values, c_time: &self.times, context: &[] }
    }

    /// The mean of (ε̂ − ε)² over all entries, and its gradient in the order of the parameters.
    fn loss(&self, network: &Network<R>) -> Result<(f64, Vec<R>)> {
        let (mut out, mut room) = (vec![R::zero(); self.eps.len()], Room::default());
        let mut gradient = vec![R::zero(); network.parameter_count()];
        let mut run = network.run(self.input(), Keep::Gradients, &mut out, &mut room)?;
        let entries = self.eps.len() as f64;
        let twice = R::narrow(2.0 / entries);
        let v: Vec<R> = out.iter().zip(&self.eps).map(|(o, e)| twice * (*o - *e)).collect();
        run.gradients(&v, &mut gradient)?;
        Ok((sum::squared_distance(&out, &self.eps) / entries, gradient))
    }
}

/// What one step of training leaves.
pub(crate) struct Step<R> {
    /// The loss before it.
    pub(crate) loss: f64,
    /// The gradient it took.
    pub(crate) gradient: Vec<R>,
    /// The parameters after it.
    pub(crate) parameters: Vec<R>,
    /// Adam's moments after it.
    pub(crate) moments: [Vec<R>; 2],
}

/// A dataset of training.
pub(crate) fn part<R: Real>(bench: &Bench<'_, R>, path: &str, what: TrainingPart) -> Result<Vec<R>> {
    let batch = Batch::read(bench)?;
    let found = bench.values.shape(path)?;
    match what {
        TrainingPart::Noised => {
            expect(path, &found, &batch.noised.shape)?;
            Ok(batch.noised.values)
        }
        TrainingPart::Output => {
            expect(path, &found, &batch.noised.shape)?;
            bench.subject.output(batch.input())
        }
        TrainingPart::Losses => {
            let count = found.first().copied().unwrap_or(0).max(1);
            expect(path, &found, &[count])?;
            let steps = steps(bench, count)?;
            Ok(steps.iter().map(|step| R::narrow(step.loss)).collect())
        }
    }
}

/// The first steps of AdamW on the batch, with the constants that are attributes of the file.
pub(crate) fn steps<R: Real>(bench: &Bench<'_, R>, count: usize) -> Result<Vec<Step<R>>> {
    let batch = Batch::read(bench)?;
    let number = |name| bench.values.number("", name);
    let (rate, decay, epsilon) = (number("lr")?, number("weight_decay")?, number("eps")?);
    let method = AdamW { beta1: number("beta1")?, beta2: number("beta2")?, epsilon, decay };
    let network = bench.subject.network();
    let mut parameters: Vec<R> = network.parameters().flat_map(|p| p.values.to_vec()).collect();
    let mut moments = [0; 2].map(|_| vec![R::zero(); parameters.len()]);
    let mut steps = Vec::new();
    for k in 0..count {
        let (loss, gradient) = match k {
            0 => batch.loss(network)?,
            _ => batch.loss(&with(bench, &parameters)?)?,
        };
        let [m, v] = &mut moments;
        method.step(k as u64 + 1, rate, &gradient, [&mut parameters, m, v])?;
        steps.push(Step { loss, gradient, parameters: parameters.clone(), moments: moments.clone() });
    }
    Ok(steps)
}

/// The network with other parameters and the buffers of its file.
fn with<R: Real>(bench: &Bench<'_, R>, parameters: &[R]) -> Result<Network<R>> {
    let (network, state) = (bench.subject.network(), bench.subject.state());
    let mut tensors: Vec<(String, Tensor)> = Vec::new();
    let kept = |key: &str| state.tensor(key).map(|tensor| (key.to_owned(), tensor.clone()));
    tensors.extend(state.keys().filter_map(kept));
    let mut rest = parameters;
    for parameter in network.parameters() {
        let (own, others) = rest.split_at(parameter.values.len());
        rest = others;
        let values = Values::F64(own.iter().map(|p| p.wide()).collect());
        tensors.push((parameter.name.to_owned(), Tensor { shape: parameter.shape.to_vec(), values }));
    }
    Ok(Network::new(network.architecture(), State::new(state.path(), tensors))?)
}
