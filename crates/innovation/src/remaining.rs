//! The variance that observation leaves, entry by entry, without a solve for each entry.

use crate::observed::Shared;
use crate::woodbury::{ObservedModes, RemainingModes};
use crate::{ObservedPrior, Result};
use equipoise_covariance::{Modes, Structure};
use equipoise_field::{Real, each, sum};
use equipoise_operator::Selection;

/// Entries of a field whose modes are widened and combined together, in cache.
const BLOCK: usize = 256;

impl<R: Real> ObservedPrior<R> {
    /// diag(f(Σ) − f(Σ)AᵀS⁻¹A f(Σ)), S = diag(s²) + A f(Σ) Aᵀ, f non-negative on the spectrum;
    /// `None` where it has no closed form. With f(λ) = λ the posterior variance of every entry.
    ///
    /// Explicit modes, when A selects entries or the modes span the space: with k_i = s²/(s² + f(λ_⊥))
    /// where entry i is observed and 1 where it is not,
    ///
    /// > v_i = f(λ_⊥) k_i + k_i² u_iᵀ B u_i, B = (diag(d)⁻¹ + G)⁻¹,
    ///
    /// u_i the i-th row of U; one pass over the modes.
    ///
    /// Stationary priors on dividing lattices: v depends on (t, c, h mod s, w mod s) only. With ρ
    /// the place within a stride, a the aliases of coarse wavenumber q and h·w coarse points,
    ///
    /// > v_p(ρ) = (1/hw) Σ_q [Σ_a F_a − Z_ρ S_q⁻¹ Z_ρᴴ]_pp, Z_ρ = Σ_a e^{2πi a·ρ/s} F_a, F_a = f(Σ_{q,a})/s².
    ///
    /// # Errors
    /// [`InnovationError::Singular`](crate::InnovationError::Singular).
    pub fn remaining_variance(&self, f: &dyn Fn(f64) -> f64) -> Result<Option<Vec<R>>> {
        match (&self.shared, self.covariance.structure()) {
            (Shared::Modes(observed), Structure::Modes(modes)) => self.remaining_in_modes(observed, modes, f),
            (Shared::Lattice(lattice), Structure::Stationary(prior)) => {
                Ok(Some(lattice.remaining(prior.shape(), f)?))
            }
            _ => Ok(None),
        }
    }

    /// tr(f(Σ) − f(Σ)AᵀS⁻¹A f(Σ)), the sum of [`remaining_variance`](Self::remaining_variance);
    /// `None` where it has no closed form.
    ///
    /// In `f64` throughout: a solve's S⁻¹, rounded to `f32`, times f(Σ)² can err by more than what
    /// observation leaves.
    ///
    /// # Errors
    /// [`InnovationError::Singular`](crate::InnovationError::Singular).
    pub fn remaining_trace(&self, f: &dyn Fn(f64) -> f64) -> Result<Option<f64>> {
        let explained = match &self.shared {
            Shared::Lattice(lattice) => Some(lattice.explained_trace(f)?),
            Shared::Modes(_) => self.innovation(f)?.trace_of_solve(&|l| f(l).powi(2)),
            _ => None,
        };
        Ok(explained.map(|explained| self.covariance.trace(f) - explained))
    }

    fn remaining_in_modes(
        &self,
        observed: &ObservedModes<R>,
        modes: &Modes<R>,
        f: &dyn Fn(f64) -> f64,
    ) -> Result<Option<Vec<R>>> {
        let RemainingModes { floor, kept, core } = observed.remaining(f)?;
        let mut out = vec![R::zero(); self.covariance.dim()];
        if floor > 0.0 {
            if self.operator.selection() == Selection::General {
                return Ok(None);
            }
            // k where observed; zero, which no s²/a is, elsewhere.
            self.operator.adjoint(&kept, &mut out);
        }
        let pass = |block: usize, out: &mut [R]| {
            let along = row_forms(modes, &core, block * BLOCK, out.len());
            for (v, form) in out.iter_mut().zip(along) {
                let k = if *v > R::zero() { v.wide() } else { 1.0 };
                *v = R::narrow(floor * k + k * k * form);
            }
        };
        if out.len() >= sum::PARALLEL_FROM {
            each::chunk(&mut out, BLOCK, pass);
        } else {
            out.chunks_mut(BLOCK).enumerate().for_each(|(block, out)| pass(block, out));
        }
        Ok(Some(out))
    }
}

/// uᵀ B u for `len` rows u of U from `start` on.
fn row_forms<R: Real>(modes: &Modes<R>, core: &ndarray::Array2<f64>, start: usize, len: usize) -> Vec<f64> {
    let mut rows = vec![[0.0; BLOCK]; modes.rank()];
    for (i, row) in rows.iter_mut().enumerate() {
        row.iter_mut().zip(&modes.mode(i)[start..start + len]).for_each(|(w, u)| *w = u.wide());
    }
    forms(&rows, core)[..len].to_vec()
}

/// The same of whole rows, whatever the element that they came from.
fn forms(rows: &[[f64; BLOCK]], core: &ndarray::Array2<f64>) -> [f64; BLOCK] {
    let mut form = [0.0; BLOCK];
    for i in 0..rows.len() {
        let mut along = rows[i].map(|u| core[[i, i]] * u);
        for (j, row) in rows[..i].iter().enumerate() {
            let both = core[[i, j]] + core[[j, i]];
            along.iter_mut().zip(row).for_each(|(s, u)| *s += both * u);
        }
        form.iter_mut().zip(&rows[i]).zip(&along).for_each(|((f, u), s)| *f += u * s);
    }
    form
}
