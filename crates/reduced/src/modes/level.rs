//! What all members need at one level.

use super::axes::Spectral;
use super::coordinates::Coordinates;
use super::lanes::{Row, Vectors};
use super::tiles::Tiles;
use crate::Weighing;
use crate::{ReducedError, Result};
use equipoise_schedule::Level;
use equipoise_stream::LANES;
use equipoise_wiener::gain;
use ndarray::{Array2, aview1};
use ndarray_linalg::Inverse;
use pulp::{Arch, Simd, WithSimd};

/// The estimate at one level as a function of the state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gains {
    pub(crate) mu: f64,
    pub(crate) sigma: f64,
    /// j − j_⊥ over the modes.
    pub(super) jacobian: Spectral,
    /// j_⊥.
    pub(super) floor: f64,
    /// The weight of the residual in every class; of nothing in P_0.
    pub(super) weights: Vec<f64>,
    pub(super) innovation: Option<Innovation>,
    room: Vec<Row>,
}

/// (s²I + A V Aᵀ)⁻¹ by Woodbury, V = U diag(v − v_⊥) Uᵀ + v_⊥ I: with a = s²/c + v_⊥ in every class, X =
/// diag(v − v_⊥) and p = Σ M_κ r_κ/a_κ,
///
/// > UᵀAᵀWr = K p, (AᵀWr)_κ = (r_κ − M_κᵀ X K p)/a_κ, K = (I + Σ G_κ X/a_κ)⁻¹.
#[derive(Clone, Debug)]
pub(super) struct Innovation {
    /// K.
    pub(super) core: Tiles,
    /// X.
    pub(super) excess: Tiles,
}

impl Gains {
    /// Takes the room that an earlier level left.
    pub(crate) fn prepare(&mut self, space: &Coordinates, level: Level, weighing: &Weighing) -> Result<()> {
        let rank = space.rank();
        self.room.resize(rank, [0.0; LANES]);
        (self.mu, self.sigma) = (level.mu, level.sigma);
        Arch::new().dispatch(Jacobian { gains: self, space, level });
        self.weights.clear();
        self.weights.push(0.0);
        match weighing {
            Weighing::Diagonal(v) => space.kinds.by_class(v, |v| space.scale / v, &mut self.weights)?,
            Weighing::Innovation => {
                let floor = space.floor(|l| gain::covariance(level, l));
                let over = |s2: f64| 1.0 / (s2 / space.scale + floor);
                self.weights.extend(space.kinds.noise.iter().map(|&s2| over(s2)));
                let excess: Vec<f64> =
                    space.eigenvalues.iter().map(|&l| gain::covariance(level, l) - floor).collect();
                self.innovation = Some(Innovation::new(space, &excess, &self.weights)?);
            }
        }
        Ok(())
    }
}

impl Innovation {
    fn new(space: &Coordinates, excess: &[f64], weights: &[f64]) -> Result<Self> {
        let rank = excess.len();
        let turned = match &space.vectors {
            Some(v) => (&v.t() * &aview1(excess)).dot(v),
            None => Array2::from_diag(&aview1(excess)),
        };
        let mut system = Array2::eye(rank);
        for (class, weight) in space.classes.iter().zip(weights).skip(1) {
            class.gram.add_product(*weight, &turned, &mut system);
        }
        if !system.is_empty() {
            let failed = |source| ReducedError::Factor { what: "the Woodbury core", source };
            system = system.inv().map_err(failed)?;
        }
        Ok(Self { core: Tiles::of(&system), excess: Tiles::of(&turned) })
    }
}

struct Jacobian<'a> {
    gains: &'a mut Gains,
    space: &'a Coordinates,
    level: Level,
}

impl WithSimd for Jacobian<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gains: Gains { jacobian, floor, room, .. }, space, level } = self;
        *floor = space.floor(|l| gain::jacobian(level, l));
        jacobian.d.clear();
        jacobian.d.extend(space.eigenvalues.iter().map(|&l| gain::jacobian(level, l) - *floor));
        space.axes.prepare(Vectors(simd), jacobian, room);
    }
}
