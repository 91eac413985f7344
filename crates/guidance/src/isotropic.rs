//! Solves with the innovation covariance of an isotropic C = ρ²I.

use crate::{GuidanceError, Observation};
use equipoise_field::Real;
use equipoise_innovation::{ConjugateGradients, Descent, Solved};
use equipoise_operator::Gram;

/// z = (s²I + ρ²A Aᵀ)⁻¹ r: entry by entry where A Aᵀ is diagonal, else by conjugate gradients with a
/// field as room for Aᵀz. A nonlinear A is linearised at x̂.
pub(crate) fn solve<R: Real>(
    observation: &Observation<R>,
    variance: f64,
    x_hat: &[R],
    r: &[R],
    z: &mut [R],
    room: &mut [R],
) -> Result<Descent, GuidanceError> {
    let noise = observation.noise();
    let mut divide = |gram: &dyn Fn(usize) -> f64| {
        for (i, (z, r)) in z.iter_mut().zip(r).enumerate() {
            *z = R::narrow(r.wide() / (noise.at(i) + variance * gram(i)));
        }
    };
    match observation.gram() {
        Gram::Scaled(c) => divide(&|_| c),
        Gram::Diagonal(entries) => divide(&|i| entries[i]),
        Gram::General => {
            let variance = R::narrow(variance);
            let innovation = |v: &[R], out: &mut [R]| {
                observation.pull_back(x_hat, v, room);
                observation.push_forward(x_hat, room, out);
                out.iter_mut().for_each(|o| *o = variance * *o);
                observation.add_noise(v, out);
                Ok(())
            };
            return ConjugateGradients::default().solve(innovation, r, z);
        }
    }
    Ok(Descent { solved: Solved { iterations: 0, residual: None }, breakdown: None })
}
