//! The promise of a batch, held to at the start: a member's bits do not depend on the others.
//!
//! Libraries choose their kernels by the shape of a product, so that a member of eight is rounded otherwise
//! than one alone: PyTorch's convolutions and NumPy's products do. An ensemble would then depend on how its
//! members were shared out. The helpers of `examples/` fill every batch up, which keeps the shape.

use crate::codec::Ask;
use crate::{Fault, Served, ServedError};
use equipoise_denoiser::Denoiser;
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// x̂ and Jᵀv of a full batch against the first and the last member alone, at one level that the child knows:
/// three forward passes.
pub(crate) fn hold(served: &Served) -> Result<(), ServedError> {
    let (batch, dim) = (served.batch(), served.dim());
    if batch == 1 {
        return Ok(());
    }
    let [lowest, highest] = served.hello().levels;
    let ratio = 1.0f64.clamp(lowest, highest);
    let size = ratio.hypot(1.0);
    let level = Level { mu: 1.0 / size, sigma: ratio / size };
    let [x_t, v]: [Vec<f32>; 2] = ["x_t", "v"].map(|name| Stream::new(name).normal(0, batch * dim));
    let together = numbers(served, &x_t, level, &v)?;
    for member in [0, batch - 1] {
        let own = member * dim..(member + 1) * dim;
        let alone = numbers(served, &x_t[own.clone()], level, &v[own.clone()])?;
        for (what, (together, alone)) in ["x̂", "Jᵀv"].into_iter().zip(together.iter().zip(&alone)) {
            let pairs = together[own.clone()].iter().zip(alone);
            if let Some((found, expected)) = pairs.into_iter().find(|(a, b)| a.to_bits() != b.to_bits()) {
                let (found, expected) = (f64::from(*found), f64::from(*expected));
                return Err(served.fault(Fault::Batch { what, batch, member, found, expected }));
            }
        }
    }
    Ok(())
}

/// x̂ and Jᵀv.
fn numbers(served: &Served, x_t: &[f32], level: Level, v: &[f32]) -> Result<[Vec<f32>; 2], ServedError> {
    let (mut x_hat, mut out) = (vec![0.0; x_t.len()], vec![0.0; v.len()]);
    served.states(x_t, level, &mut x_hat)?.product(Ask::Vjp, v, &mut out)?;
    Ok([x_hat, out])
}
