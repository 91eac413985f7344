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
mod crew;
mod expand;
mod lanes;
mod level;
mod pack;
mod parts;
mod run;
mod shadows;
mod tiles;

pub(crate) use expand::ModesEnd;
pub(crate) use run::ModesRun;

use crate::ReducedError;
use crate::kinds::{Explicit, Kinds, grams};
use axes::Axes;
use classes::{Class, classes};
use equipoise_covariance::{Covariance, Modes, Structure};
use equipoise_field::Real;
use equipoise_innovation::ObservedPrior;
use equipoise_wiener::Wiener;
use ndarray::Array2;
use shadows::Shadow;
use std::sync::Arc;

/// Rows of a class behind its coordinates along E: the directions of ỹ and of f, the rest.
pub(crate) const BEYOND: usize = 3;

/// Smallest share of a squared norm that is a direction of its own. In `f64` the rounding of the inner
/// products that it is the difference of stays a thousand times below. In `f32` rounding may pass for a
/// direction; that harms nothing, because an end is divided by the length that its start was given there.
const INDEPENDENT: f64 = 1e-12;

/// A prior of explicit modes under an operator, split into classes.
pub(crate) struct ModesSpace<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    /// P_0, then the classes of observations.
    classes: Vec<Class>,
    axes: Axes,
    /// V, where there are axes that the classes share.
    vectors: Option<Array2<f64>>,
    kinds: Kinds,
    /// c of A Aᵀ = c·I.
    scale: f64,
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
    pub(crate) fn new(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self, ReducedError> {
        let explicit = Explicit::of(&observed)?;
        let (modes, scale) = (explicit.modes, explicit.scale);
        let kinds = Kinds::of(observed.noise(), observed.count())?;
        let rank = modes.rank();
        let whole = grams(modes.basis(), rank, 1, &|_| 0).remove(0);
        let seen = explicit.seen(&kinds);
        let (classes, vectors) = classes(whole, seen, modes.dim(), &kinds.sizes, R::epsilon().wide())?;
        let axes = Axes::new(rank, vectors.as_ref());
        let mut observed_mean = vec![R::zero(); observed.count()];
        observed.operator().apply(wiener.mean(), &mut observed_mean);
        let mean = Vec::new();
        let mut space = Self { wiener, observed, classes, axes, vectors, kinds, scale, observed_mean, mean };
        space.mean = space.shadows(&space.mean(), &[], None);
        Ok(space)
    }

    pub(crate) fn dim(&self) -> usize {
        self.wiener.mean().len()
    }

    fn modes(&self) -> &Modes<R> {
        match self.observed.covariance().structure() {
            Structure::Modes(modes) => modes,
            _ => unreachable!("the space was made of explicit modes"),
        }
    }

    fn eigenvalues(&self) -> &[f64] {
        self.observed.covariance().eigenvalues()
    }

    /// f(λ_⊥), 0 without a complement.
    fn floor(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.observed.covariance().complement().map_or(0.0, f)
    }

    /// Rows of a state.
    fn rows(&self) -> usize {
        self.classes.last().map_or(0, |class| class.all().end)
    }

    /// The rows of a field in every class: along E, along ỹ, and its own direction beyond both.
    fn rows_of(&self, shadows: &[Shadow], data: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let of = |((class, shadow), data): ((&Class, &Shadow), &Vec<f64>)| {
            let width = class.width();
            let mut rows = class.coordinates(&shadow.modes);
            let along: f64 = rows.iter().zip(data).map(|(a, b)| a * b).sum();
            let beyond = data[width];
            rows.push(if beyond > 0.0 { (shadow.data - along) / beyond } else { 0.0 });
            let left = shadow.square - rows.iter().map(|r| r * r).sum::<f64>();
            let room = class.free(beyond > 0.0) > 0.0;
            rows.push(if room && left > INDEPENDENT * shadow.square { left.sqrt() } else { 0.0 });
            rows.push(0.0);
            rows
        };
        self.classes.iter().zip(shadows).zip(data).map(of).collect()
    }

    /// ỹ of observations `values`.
    pub(crate) fn data(&self, values: &[R]) -> ModesData<R> {
        let values: Vec<R> = values.iter().zip(&self.observed_mean).map(|(&y, &a)| y - a).collect();
        let seen = self.seen_shadows(&values, &[], &self.observed_mean);
        let of = |(class, shadow): (&Class, &Shadow)| {
            let width = class.width();
            let mut rows = class.coordinates(&shadow.modes);
            let left = shadow.square - rows.iter().map(|r| r * r).sum::<f64>();
            let own = class.free(false) > 0.0 && left > INDEPENDENT * shadow.square;
            rows.resize(width + BEYOND, 0.0);
            rows[width] = if own { left.sqrt() } else { 0.0 };
            rows
        };
        let rows: Vec<Vec<f64>> = self.classes.iter().zip(&seen).map(of).collect();
        let mut shadows = self.mean.clone();
        shadows.iter_mut().zip(&seen).for_each(|(mean, seen)| mean.data = seen.origin);
        let mean = self.rows_of(&shadows, &rows);
        ModesData { values, rows, mean }
    }
}
