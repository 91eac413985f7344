//! Explicit modes seen through an operator with A Aᵀ = c·I: a few numbers for each class of
//! observations.
//!
//! With P_κ the projector on what the observations of class κ see (all of them, or one channel of a
//! noise that differs by channel) and P_0 on what nothing sees, Σ P_κ = I. On the range of P_κ the
//! run moves within span(P_κU, Aᵀỹ_κ, P_κf), f the start or the mean and ỹ = y − Am, and on the
//! orthogonal rest everything is a multiple of the identity. E_κ is an orthonormal basis of P_κU,
//! M_κ = UᵀE_κ with M_κM_κᵀ = UᵀP_κU; what of Aᵀỹ_κ and of P_κf lies beyond is one direction each.
//! The state of class κ is then its coordinates along E_κ, the two directions, and the norm of its
//! rest: J w has the coordinates M_κᵀ(d ∘ c) + j_⊥ s_κ, c = Σ M_κ s_κ = Uᵀw, d = j − j_⊥.
//!
//! The rest of a class with n directions holds nothing that anything else depends on but its norm ρ.
//! A kick of white noise κz turns ρ into √((ρ + κξ)² + κ²χ²_{n−1}), ξ standard normal, and leaves the
//! direction uniform over the sphere whatever the norms were: so ρ is drawn along the run and the
//! direction at the end, with the law that a run of whole fields has.

mod axes;
mod classes;
mod coordinates;
mod crew;
mod expand;
mod lanes;
mod level;
mod noise;
mod pack;
mod parts;
mod run;
mod shadows;
mod tiles;

pub(crate) use expand::ModesEnd;
pub(crate) use run::ModesRun;

use crate::Result;
use crate::kinds::{Explicit, Kinds};
use coordinates::Coordinates;
use equipoise_covariance::{Modes, Structure};
use equipoise_field::Real;
use equipoise_innovation::ObservedPrior;
use equipoise_wiener::Wiener;
use shadows::Shadow;
use std::sync::Arc;

/// A prior of explicit modes under an operator, split into classes.
pub(crate) struct ModesSpace<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    coordinates: Coordinates,
    /// A m.
    observed_mean: Vec<R>,
    mean: Vec<Shadow>,
}

/// ỹ = y − A m, and what the run sees of it.
pub(crate) struct ModesData<R> {
    values: Vec<R>,
    /// Its coordinates in every class, as rows of a state.
    rows: Vec<Vec<f64>>,
    /// The mean's, where it is the origin.
    mean: Vec<Vec<f64>>,
}

impl<R: Real> ModesSpace<R> {
    pub(crate) fn new(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self> {
        let kinds = Kinds::of(observed.noise(), observed.count())?;
        let coordinates = Coordinates::new(&Explicit::of(&observed)?, kinds)?;
        let mut observed_mean = vec![R::zero(); observed.count()];
        observed.operator().apply(wiener.mean(), &mut observed_mean);
        let mut space = Self { wiener, observed, coordinates, observed_mean, mean: Vec::new() };
        space.mean = space.shadows(&space.mean(), &[], None);
        Ok(space)
    }

    pub(crate) fn dim(&self) -> usize {
        self.coordinates.dim
    }

    fn modes(&self) -> &Modes<R> {
        match self.observed.covariance().structure() {
            Structure::Modes(modes) => modes,
            _ => unreachable!("the space was made of explicit modes"),
        }
    }

    /// ỹ of observations `values`.
    pub(crate) fn data(&self, values: &[R]) -> ModesData<R> {
        let values: Vec<R> = values.iter().zip(&self.observed_mean).map(|(&y, &a)| y - a).collect();
        let seen = self.seen_shadows(&values, &[], &self.observed_mean);
        let rows = self.coordinates.data_rows(&seen);
        let mut shadows = self.mean.clone();
        shadows.iter_mut().zip(&seen).for_each(|(mean, seen)| mean.data = seen.origin);
        let mean = self.coordinates.rows_of(&shadows, &rows);
        ModesData { values, rows, mean }
    }
}
