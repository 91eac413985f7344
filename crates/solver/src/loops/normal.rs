//! Solves with the Gram matrix of a linear operator and a diagonal beside it.

use equipoise_field::{Real, each};
use equipoise_observation::{ConjugateGradients, Descent, NoiseVariance, Solved};
use equipoise_operator::{Gram, LinearOperator};
use std::convert::Infallible;

/// diag(s²) + c A Aᵀ with s² > 0.
pub(super) struct Normal<'a, R> {
    pub(super) operator: &'a dyn LinearOperator<R>,
    pub(super) noise: &'a NoiseVariance,
    pub(super) gain: f64,
}

impl<R: Real> Normal<'_, R> {
    /// z = (diag(s²) + c A Aᵀ)⁻¹ r: entry by entry where A Aᵀ is diagonal, else by conjugate gradients
    /// to 1e-10 with a field as room for Aᵀz.
    fn solve(&self, r: &[R], z: &mut [R], room: &mut [R]) -> Descent {
        let mut divide = |gram: &dyn Fn(usize) -> f64| {
            for (i, (z, r)) in z.iter_mut().zip(r).enumerate() {
                *z = R::narrow(r.wide() / (self.noise.at(i) + self.gain * gram(i)));
            }
        };
        match self.operator.gram() {
            Gram::Scaled(c) => divide(&|_| c),
            Gram::Diagonal(entries) => divide(&|i| entries[i]),
            Gram::General => return self.descend(r, z, room),
        }
        Descent { solved: Solved { iterations: 0, residual: None }, breakdown: None }
    }

    fn descend(&self, r: &[R], z: &mut [R], room: &mut [R]) -> Descent {
        let product = |v: &[R], out: &mut [R]| {
            self.operator.adjoint(v, room);
            self.operator.apply(room, out);
            for (i, (o, &v)) in out.iter_mut().zip(v).enumerate() {
                *o = R::narrow(self.gain * o.wide() + self.noise.at(i) * v.wide());
            }
            Ok::<_, Infallible>(())
        };
        let Ok(descent) = ConjugateGradients::default().solve(product, r, z);
        descent
    }

    /// x += c Aᵀ(diag(s²) + c A Aᵀ)⁻¹ r, and the solve; overwrites `r` and `room`.
    pub(super) fn correct(&self, r: &mut [R], x: &mut [R], room: &mut [R]) -> Descent {
        let mut z = vec![R::zero(); r.len()];
        let descent = self.solve(r, &mut z, room);
        self.operator.adjoint(&z, room);
        let gain = R::narrow(self.gain);
        each::update1(x, room, |x, c| x + gain * c);
        descent
    }
}
