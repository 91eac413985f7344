//! The reduction: the gradient of a field at every stride, and its scaling with N.

use crate::case::{Case, Work};
use crate::error::{Result, work};
use crate::wake::{NOISE, SHAPE, SUBS, lattice};
use equipoise_likelihood::{Backend, Cpu, Gradient, Observation, Variance};
use equipoise_stream::Stream;
use std::hint::black_box;

/// log₂ of the numbers of observations.
const POWERS: [u32; 10] = [8, 10, 12, 14, 16, 18, 20, 22, 24, 26];
/// The largest when little time is given.
const QUICK: u32 = 22;

/// Field and compact gradients of the wake, then compact ones of 2^8 to 2^26 observations.
///
/// The least traffic reads y and the observed part of x̂ and writes the gradient; the residual is not
/// asked for.
pub(crate) fn cases(quick: bool) -> Vec<Case> {
    let strided = SUBS.into_iter().flat_map(|sub| [true, false].map(|as_field| on_lattice(sub, as_field)));
    let powers = POWERS.into_iter().filter(move |power| !quick || *power <= QUICK);
    strided.chain(powers.map(scaling)).collect()
}

fn count(sub: usize) -> f64 {
    (SHAPE.planes() * SHAPE.height.div_ceil(sub) * SHAPE.width.div_ceil(sub)) as f64
}

/// The gradient of the wake as a field, or at the observations alone.
fn on_lattice(sub: usize, as_field: bool) -> Case {
    let (dim, n) = (SHAPE.len() as f64, count(sub));
    let (name, what, moved) = match as_field {
        true => ("field", "Aᵀ((y − A x̂)/v) as a field", 2.0 * n + dim),
        false => ("compact", "(y − A x̂)/v at the observations", 3.0 * n),
    };
    let arrays = if as_field { n + 2.0 * dim } else { 2.0 * n + dim };
    Case::new(
        format!("likelihood/{name}/sub-{sub}"),
        format!("{what}, D = {dim}, sub {sub}"),
        [4.0 * moved, 4.0 * arrays],
        move || strided(sub, as_field),
    )
}

fn scaling(power: u32) -> Case {
    let n = f64::from(1u32 << power);
    Case::new(
        format!("likelihood/N/2^{power}"),
        format!("(y − x̂)/v, N = 2^{power}"),
        [4.0 * 3.0 * n, 4.0 * 3.0 * n],
        move || Ok(whole(1 << power)),
    )
}

fn normal(name: &str, len: usize) -> Vec<f32> {
    Stream::new(name).normal(0, len)
}

fn strided(sub: usize, as_field: bool) -> Result<Work> {
    let lattice = lattice(SHAPE, sub)?;
    let (x_hat, y) = (normal("field", SHAPE.len()), normal("readings", lattice.count()));
    let mut gradient = vec![0.0; if as_field { SHAPE.len() } else { lattice.count() }];
    Ok(Box::new(move || {
        let observation = Observation { values: &y, variance: Variance::Scalar(NOISE) };
        let gradient =
            if as_field { Gradient::Field(&mut gradient) } else { Gradient::Compact(&mut gradient) };
        let found = Cpu.strided(&x_hat, lattice, observation, None, gradient).map_err(work)?;
        black_box(found);
        Ok(())
    }))
}

fn whole(count: usize) -> Work {
    // The time does not depend on the numbers, and drawing 2^26 of them would be longer than it.
    let block = normal("readings", count.min(1 << 16));
    let y: Vec<f32> = block.iter().copied().cycle().take(count).collect();
    let prediction: Vec<f32> = y.iter().map(|y| 0.5 * y).collect();
    let mut weighted = vec![0.0; count];
    Box::new(move || {
        let observation = Observation { values: &y, variance: Variance::Scalar(NOISE) };
        let found = Cpu.compact(&prediction, observation, None, &mut weighted).map_err(work)?;
        black_box(found);
        Ok(())
    })
}
