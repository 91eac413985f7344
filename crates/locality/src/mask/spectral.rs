//! The soft mask through explicit modes, never written out.

use super::gain;
use crate::pixelwise::Neighbourhood;
use equipoise_covariance::{Covariance, Modes, Weights};
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::sync::Arc;

/// d = W diag(W)⁻¹ s. Products with W run in `R`: d errs by some 2⁻²⁰ of ‖s‖ in `f32`.
pub(super) struct Spectral<R: Real> {
    covariance: Arc<dyn Covariance<R>>,
    weights: Weights<R>,
    /// W_nn, and 1 where it is 0.
    own: Vec<f64>,
    /// Where W_nn is 0.
    unknown: Vec<bool>,
}

/// W_nn = g_⊥ + Σ_i (g_i − g_⊥) U_ni².
pub(super) fn own_gains<R: Real>(modes: &Modes<R>, level: Level) -> Vec<f64> {
    let rest = modes.complement().map_or(0.0, |l| gain(level, l));
    let mut own = vec![rest; modes.dim()];
    for (i, &lambda) in modes.eigenvalues().iter().enumerate() {
        let share = gain(level, lambda) - rest;
        own.iter_mut().zip(modes.mode(i)).for_each(|(o, u)| *o += share * u.wide() * u.wide());
    }
    own
}

impl<R: Real> Spectral<R> {
    pub(super) fn new(covariance: Arc<dyn Covariance<R>>, level: Level, own: Vec<f64>) -> Self {
        let weights = covariance.weights(&|l| gain(level, l));
        let unknown = own.iter().map(|o| *o <= 0.0).collect();
        let own = own.into_iter().map(|o| if o > 0.0 { o } else { 1.0 }).collect();
        Self { covariance, weights, own, unknown }
    }

    fn apply(&self, from: impl Iterator<Item = f64>, out: &mut [f64]) {
        let from: Vec<R> = from.map(R::narrow).collect();
        let mut product = vec![R::zero(); from.len()];
        self.covariance.apply(&self.weights, &from, &mut product);
        out.iter_mut().zip(&product).for_each(|(o, p)| *o = p.wide());
    }
}

impl<R: Real> Neighbourhood for Spectral<R> {
    fn gather(&self, squares: &[f64], distances: &mut [f64]) {
        self.apply(squares.iter().zip(&self.own).map(|(s, o)| s / o), distances);
        for n in (0..squares.len()).filter(|&n| self.unknown[n]) {
            distances[n] += squares[n];
        }
    }

    fn scatter(&self, a: &[f64], out: &mut [f64]) {
        self.apply(a.iter().copied(), out);
        out.iter_mut().zip(&self.own).for_each(|(b, o)| *b /= o);
        for n in (0..a.len()).filter(|&n| self.unknown[n]) {
            out[n] += a[n];
        }
    }
}
