//! A step of training: loss, gradient, clipping, AdamW, and the running average.

use crate::case::{Case, Work};
use crate::error::{Result, work};
use crate::network::{CHANNELS, SIDE, network, operations, parameters};
use equipoise_field::Shape;
use equipoise_network::{Around, Preconditioner, Preconditioning, Predicts, TimeInput};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_training::{AdamW, Average, Batch, Loss, LossPart, Stepper, clip};

/// Those of `data/networks/kolmogorov.toml`.
const WIDTHS: [usize; 3] = [24, 48, 96];
const BATCH: usize = 8;
const RATE: f64 = 5e-4;

/// One step of the network that comes with the project, on 8 windows that are drawn beforehand, around EDM's factors.
/// Operations are those of the convolutions by definition, forwards and back, whatever kernel runs.
pub(crate) fn cases(_quick: bool) -> Vec<Case> {
    let fields = (3 * BATCH * CHANNELS * SIDE * SIDE) as f64;
    // θ, its gradient, both moments and the average are read and written.
    let bytes = 4.0 * (fields + 10.0 * parameters(WIDTHS));
    vec![Case {
        id: format!("network/training/members-{BATCH}"),
        what: format!("a step of AdamW on {BATCH} windows, widths {WIDTHS:?}, {SIDE} × {SIDE} points"),
        bytes,
        arrays: bytes,
        operations: Some(3.0 * BATCH as f64 * operations(WIDTHS)),
        prepare: Box::new(prepare),
    }]
}

fn prepare() -> Result<Work> {
    let shape = Shape::new(5, CHANNELS / 5, SIDE, SIDE);
    let kind = Preconditioning::Edm { sigma_data: 1.0 };
    let time = TimeInput::QuarterLogSigma;
    let factors = Preconditioner::new(kind, Predicts::X, time, None, None).map_err(work)?;
    let around = Around { factors, filter: None };
    let loss = Loss::new(&LossPart::default());
    let mut of = Stepper::new(network(WIDTHS)?, around, loss, shape, Vec::new()).map_err(work)?;
    let draw = |name: &str| Stream::new(name).normal(0, BATCH * shape.len());
    let (x, noise): (Vec<f32>, Vec<f32>) = (draw("x"), draw("noise"));
    let levels: Vec<_> = (0..BATCH).map(|k| Level { mu: 1.0, sigma: 0.02 * 3f64.powi(k as i32) }).collect();
    let mut theta = of.network().values();
    let [mut gradient, mut mean, mut square] = [0; 3].map(|_| vec![0.0f32; theta.len()]);
    let mut average = theta.clone();
    let method = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 1e-3 };
    let running = Average { decay: 0.999, warm_up: true };
    let mut step = 0;
    Ok(Box::new(move || {
        step += 1;
        of.gradient(Batch { x: &x, noise: &noise, levels: &levels }, &mut gradient).map_err(work)?;
        clip(&mut gradient, Some(1.0));
        method.step(step, RATE, &gradient, [&mut theta, &mut mean, &mut square]).map_err(work)?;
        running.step(step, &theta, &mut average).map_err(work)?;
        of.network_mut().set_values(&theta).map_err(work)
    }))
}
