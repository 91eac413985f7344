//! Passing between fields, observations and the prior's coefficients without detours through the
//! field space.

use crate::{Innovation, ObservedPrior, Result};
use equipoise_covariance::{Structure, Weights};
use equipoise_field::{Real, each};
use equipoise_observation::Solved;

impl<R: Real> ObservedPrior<R> {
    /// How many coefficients the prior has: the length of c below.
    pub fn coefficients(&self) -> usize {
        self.covariance.eigenvalues().len()
    }

    /// out = A f(Σ) v, given c = Uᵀ v. With explicit modes one pass over their observed rows,
    /// otherwise a synthesis.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn observe(&self, f: &Weights<R>, c: &[R], v: &[R], out: &mut [R]) {
        if self.observed_modes().is_some() {
            self.operator.apply(v, out);
            self.observe_seen(f, c, out);
        } else {
            let weighted: Vec<R> = c.iter().zip(&f.resolved).map(|(&c, &w)| c * w).collect();
            let mut field = vec![R::zero(); v.len()];
            self.synthesise_onto(&weighted, f, v, &mut field);
            self.operator.apply(&field, out);
        }
    }

    /// Turns A v into A f(Σ) v, given c = Uᵀ v, in one pass over the observed modes; without explicit modes
    /// it cannot, and returns false.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn observe_seen(&self, f: &Weights<R>, c: &[R], seen: &mut [R]) -> bool {
        let Some(modes) = self.observed_modes() else { return false };
        let weighted: Vec<R> = c.iter().zip(&f.resolved).map(|(&c, &w)| c * w).collect();
        modes.expand_onto(&weighted, f.complement, seen);
        true
    }

    /// c = Uᵀ Aᵀ r. With explicit modes one pass over their observed rows.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn analyse_observed(&self, r: &[R], c: &mut [R]) {
        if let Some(modes) = self.observed_modes() {
            c.iter_mut().zip(modes.project(r)).for_each(|(c, p)| *c = R::narrow(p));
        } else {
            let mut field = vec![R::zero(); self.covariance.dim()];
            self.operator.adjoint(r, &mut field);
            self.covariance.analyse(&field, c);
        }
    }

    /// out = f(Σ) v, given c = Uᵀ v. One synthesis.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn lift(&self, f: &Weights<R>, c: &[R], v: &[R], out: &mut [R]) {
        let weighted: Vec<R> = c.iter().zip(&f.resolved).map(|(&c, &w)| c * w).collect();
        self.synthesise_onto(&weighted, f, v, out);
    }

    fn synthesise_onto(&self, weighted: &[R], f: &Weights<R>, v: &[R], out: &mut [R]) {
        if let Structure::Modes(modes) = self.covariance.structure() {
            modes.synthesise_onto(weighted, f.complement, v, out);
            return;
        }
        self.covariance.synthesise(weighted, out);
        if self.covariance.complement().is_some() {
            each::update1(out, v, |o, v| o + f.complement * v);
        }
    }
}

impl<R: Real> Innovation<R> {
    /// z = S⁻¹ r together with c = Uᵀ Aᵀ z. With explicit modes c comes from an r × r system and
    /// keeps its digits where z, almost orthogonal to the observed modes, has lost them.
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    pub fn solve_with_coefficients(&self, r: &[R], z: &mut [R], c: &mut [R]) -> Result<Solved> {
        if let Some(direct) = self.solve_modes(r, z, c)? {
            return Ok(direct);
        }
        let solved = self.solve(r, z)?;
        self.prior().analyse_observed(z, c);
        Ok(solved)
    }
}
