//! What a child is held to at the start: the bits of a member depend neither on the others nor on the request.
//!
//! Libraries choose their kernels by the shape of a product, so that a member of eight is rounded otherwise
//! than one alone: PyTorch's convolutions and NumPy's products do. An ensemble would then depend on how its
//! members were shared out. The helpers of `examples/` fill every batch up, which keeps the shape.

use crate::codec::Ask;
use crate::{Fault, Result, Served};
use equipoise_denoiser::Denoiser;
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// Holds x̂ of a full batch to that of its linearisation, and the first and the last member of both and of
/// Jᵀv to the same alone, at one level that the child knows: at most six forward passes.
pub(crate) fn hold(served: &Served) -> Result<()> {
    let (batch, dim) = (served.batch(), served.dim());
    let level = middle(served.hello().levels);
    let [x_t, v]: [Vec<f32>; 2] = ["x_t", "v"].map(|name| Stream::new(name).normal(0, batch * dim));
    let [denoised, linearised, product] = numbers(served, &x_t, level, &v)?;
    let member = |of: &[f32], member: usize| of[member * dim..][..dim].to_vec();
    for k in 0..batch {
        let both = [member(&denoised, k), member(&linearised, k)];
        same(served, "x̂", k, both, "with J")?;
    }
    for k in [0, batch - 1].into_iter().filter(|_| batch > 1) {
        let [_, x_hat, own] = numbers(served, &member(&x_t, k), level, &member(&v, k))?;
        same(served, "x̂", k, [member(&linearised, k), x_hat], "alone")?;
        same(served, "Jᵀv", k, [member(&product, k), own], "alone")?;
    }
    Ok(())
}

/// σ/μ = 1, or the known level next to it.
fn middle([lowest, highest]: [f64; 2]) -> Level {
    let ratio = 1.0f64.clamp(lowest, highest);
    let size = ratio.hypot(1.0);
    Level { mu: 1.0 / size, sigma: ratio / size }
}

fn same(
    served: &Served,
    what: &'static str,
    member: usize,
    [found, expected]: [Vec<f32>; 2],
    otherwise: &'static str,
) -> Result<()> {
    let apart = found.iter().zip(&expected).find(|(found, expected)| found.to_bits() != expected.to_bits());
    let Some((found, expected)) = apart else { return Ok(()) };
    let (batch, found, expected) = (served.batch(), f64::from(*found), f64::from(*expected));
    Err(served.fault(Fault::Bits { what, batch, member, found, otherwise, expected }))
}

/// x̂, x̂ with J, and Jᵀv.
fn numbers(served: &Served, x_t: &[f32], level: Level, v: &[f32]) -> Result<[Vec<f32>; 3]> {
    let [mut denoised, mut linearised, mut product] = [(); 3].map(|()| vec![0.0; x_t.len()]);
    served.estimate(x_t, level, &mut denoised)?;
    served.states(x_t, level, &mut linearised)?.product(Ask::Vjp, v, &mut product)?;
    Ok([denoised, linearised, product])
}
