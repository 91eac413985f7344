//! Solves with the innovation covariance of an isotropic C = ρ²I.

use crate::{ConjugateGradients, Descent, Observed, Solved};
use equipoise_field::Real;
use equipoise_operator::Gram;

impl<R: Real> Observed<R> {
    /// z = (s²I + ρ²A Aᵀ)⁻¹ r: entry by entry where A Aᵀ is diagonal, else by conjugate gradients with a
    /// field as room for Aᵀz. A nonlinear A is linearised at x̂.
    pub fn solve_isotropic(
        &self,
        variance: f64,
        x_hat: &[R],
        r: &[R],
        z: &mut [R],
        room: &mut [R],
    ) -> Descent {
        let noise = self.noise();
        let mut divide = |gram: &dyn Fn(usize) -> f64| {
            for (i, (z, r)) in z.iter_mut().zip(r).enumerate() {
                *z = R::narrow(r.wide() / (noise.at(i) + variance * gram(i)));
            }
        };
        match self.gram() {
            Gram::Scaled(c) => divide(&|_| c),
            Gram::Diagonal(entries) => divide(&|i| entries[i]),
            Gram::General => {
                let variance = R::narrow(variance);
                let innovation = |v: &[R], out: &mut [R]| {
                    self.pull_back(x_hat, v, room);
                    self.push_forward(x_hat, room, out);
                    out.iter_mut().for_each(|o| *o = variance * *o);
                    self.add_noise(v, out);
                    Ok::<_, std::convert::Infallible>(())
                };
                let Ok(descent) = ConjugateGradients::default().solve(innovation, r, z);
                return descent;
            }
        }
        Descent { solved: Solved { iterations: 0, residual: None }, breakdown: None }
    }
}
