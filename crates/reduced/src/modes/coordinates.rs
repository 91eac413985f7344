//! What steps in the coordinates of the classes need: numbers of no field.

use super::axes::Axes;
use super::classes::{BEYOND, Class, classes};
use super::shadows::Shadow;
use crate::Result;
use crate::kinds::{Explicit, Kinds, grams};
use equipoise_covariance::Covariance;
use equipoise_field::Real;
use ndarray::Array2;

/// Smallest share of a squared norm that is a direction of its own. In `f64` the rounding of the inner
/// products that it is the difference of stays a thousand times below. In `f32` rounding may pass for a
/// direction; that harms nothing, because an end is divided by the length that its start was given there.
const INDEPENDENT: f64 = 1e-12;

/// The classes of directions that a prior of explicit modes has under an operator.
#[derive(Clone, Debug)]
pub(crate) struct Coordinates {
    /// D.
    pub(super) dim: usize,
    pub(super) eigenvalues: Vec<f64>,
    complement: Option<f64>,
    /// P_0, then the classes of observations.
    pub(super) classes: Vec<Class>,
    pub(super) axes: Axes,
    /// V, where there are axes that the classes share.
    pub(super) vectors: Option<Array2<f64>>,
    pub(super) kinds: Kinds,
    /// c of A Aᵀ = c·I.
    pub(super) scale: f64,
}

impl Coordinates {
    pub(super) fn new<R: Real>(explicit: &Explicit<'_, R>, kinds: Kinds) -> Result<Self> {
        let (modes, scale) = (explicit.modes, explicit.scale);
        let (rank, dim) = (modes.rank(), modes.dim());
        let whole = grams(modes.basis(), rank, 1, &|_| 0).remove(0);
        let seen = explicit.seen(&kinds);
        let (classes, vectors) = classes(whole, seen, dim, &kinds.sizes, R::epsilon().wide())?;
        let axes = Axes::new(rank, vectors.as_ref());
        let (eigenvalues, complement) = (modes.eigenvalues().to_vec(), modes.complement());
        Ok(Self { dim, eigenvalues, complement, classes, axes, vectors, kinds, scale })
    }

    pub(super) fn rank(&self) -> usize {
        self.eigenvalues.len()
    }

    /// f(λ_⊥), 0 without a complement.
    pub(super) fn floor(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.complement.map_or(0.0, f)
    }

    /// Rows of a state.
    pub(super) fn rows(&self) -> usize {
        self.classes.last().map_or(0, |class| class.all().end)
    }

    /// The rows of a field in every class: along E, along ỹ, and its own direction beyond both.
    pub(super) fn rows_of(&self, shadows: &[Shadow], data: &[Vec<f64>]) -> Vec<Vec<f64>> {
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

    /// The rows of ỹ.
    pub(super) fn data_rows(&self, seen: &[Shadow]) -> Vec<Vec<f64>> {
        let of = |(class, shadow): (&Class, &Shadow)| {
            let width = class.width();
            let mut rows = class.coordinates(&shadow.modes);
            let left = shadow.square - rows.iter().map(|r| r * r).sum::<f64>();
            let own = class.free(false) > 0.0 && left > INDEPENDENT * shadow.square;
            rows.resize(width + BEYOND, 0.0);
            rows[width] = if own { left.sqrt() } else { 0.0 };
            rows
        };
        self.classes.iter().zip(seen).map(of).collect()
    }
}
