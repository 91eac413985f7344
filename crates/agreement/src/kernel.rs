//! SDA's network on one window or composed over a trajectory: noise estimates, products, time embedding.

use crate::Result;
use crate::bench::Bench;
use crate::quantity::Product;
use crate::trajectory::Trajectories;
use crate::values::{Array, expect};
use crate::window;
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_network::Input;
use equipoise_schedule::Level;
use std::sync::Arc;

/// No level is asked of a noise estimate: it bears its time.
const NO_LEVEL: Level = Level { mu: 1.0, sigma: 1.0 };

/// ε̂, Jᵀv or J v of the windows of the file at the first of its times, as many as the dataset has rows.
pub(crate) fn products<R: Real>(bench: &Bench<'_, R>, path: &str, product: Product) -> Result<Vec<R>> {
    let (x, grid) = windows(bench)?;
    of_noise(bench, path, &x, ["t", "kernel/v"], product, |time| Ok(bench.noise(grid, time)))
}

/// The same of the trajectories of a group.
pub(crate) fn composed<R: Real>(
    bench: &Bench<'_, R>,
    path: &str,
    group: &str,
    product: Product,
) -> Result<Vec<R>> {
    let x = Trajectories::read(bench, &format!("{group}/x"))?;
    let [t, v] = ["t", "v"].map(|name| format!("{group}/{name}"));
    let noise = |time| x.composed(bench.noise(x.grid, time));
    of_noise(bench, path, &x.array, [&t, &v], product, noise)
}

/// What the noise estimate at each of the times gives of x.
fn of_noise<R: Real>(
    bench: &Bench<'_, R>,
    path: &str,
    x: &Array<R>,
    [t, v]: [&str; 2],
    product: Product,
    noise: impl Fn(f64) -> Result<Arc<dyn Denoiser<R>>>,
) -> Result<Vec<R>> {
    let times = bench.times(t, path, &x.shape)?;
    let v = direction(bench, product, v, x)?;
    let mut out = Vec::new();
    for time in times {
        out.extend(window::product(&*noise(time)?, (&x.values, NO_LEVEL), product, &v)?);
    }
    Ok(out)
}

/// ε̂ of the windows at one time each, those of the attribute `t`.
pub(crate) fn each<R: Real>(bench: &Bench<'_, R>, path: &str) -> Result<Vec<R>> {
    let (x, grid) = windows(bench)?;
    let times = bench.values.numbers(path, "t")?;
    let mut expected = x.shape.clone();
    expected[0] = times.len();
    expect(path, &bench.values.shape(path)?, &expected)?;
    x.expect(&expected)?;
    bench.subject.output(Input { grid, x: &x.values, c_time: &times, context: &[] })
}

/// The time embedding at the first times of the file.
pub(crate) fn embeddings<R: Real>(bench: &Bench<'_, R>, path: &str) -> Result<Vec<R>> {
    bench.subject.is_sda()?;
    let width = bench.subject.embedding(0.0)?.len();
    let times = bench.times("t", path, &[width])?;
    let mut out = Vec::new();
    for time in times {
        out.extend(bench.subject.embedding(time)?);
    }
    Ok(out)
}

/// v for a product that takes one, of the shape of x.
pub(crate) fn direction<R: Real>(
    bench: &Bench<'_, R>,
    product: Product,
    dataset: &str,
    x: &Array<R>,
) -> Result<Vec<R>> {
    if product == Product::Output {
        return Ok(Vec::new());
    }
    let v = bench.values.array::<R>(dataset)?;
    v.expect(&x.shape)?;
    Ok(v.values)
}

fn windows<R: Real>(bench: &Bench<'_, R>) -> Result<(Array<R>, [usize; 2])> {
    bench.subject.is_sda()?;
    bench.planes("kernel/x")
}
