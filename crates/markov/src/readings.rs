//! Readings by the frames that they are of.

use crate::{MarkovError, Result};
use equipoise_field::Real;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Selection};
use std::sync::Arc;

/// What a method that knows rows of few entries calls itself in an error.
const METHOD: &str = "the smoother of a Gauss–Markov prior";

/// The rows of an operator over a trajectory, frame by frame.
#[derive(Clone)]
pub(crate) struct Readings<R: Real> {
    observed: Observed<R>,
    operator: Arc<dyn LinearOperator<R>>,
    /// Numbers of a frame.
    frame: usize,
    /// Rows of one frame alone.
    single: Vec<Vec<usize>>,
    /// Rows of several frames, at every frame from their first to their last.
    spanning: Vec<Vec<usize>>,
}

impl<R: Real> Readings<R> {
    /// # Errors
    /// [`MarkovError::Size`] unless the operator takes `frames` frames, [`MarkovError::Observation`] for one that is
    /// not linear or a noise that is not above 0, [`MarkovError::Refused`] without rows.
    pub(crate) fn new(observed: &Observed<R>, frame: usize, frames: usize) -> Result<Self> {
        let operator = Arc::clone(observed.linear(METHOD)?);
        crate::prior::size("numbers that the operator takes", operator.len_in(), frame * frames)?;
        if frames == 0 {
            return Err(MarkovError::Size { what: "frames", found: 0, expected: 1 });
        }
        observed.noise().check_positive(observed.count())?;
        if operator.rows().is_none() && operator.selection() == Selection::General {
            let expected = "sensors, a lattice, a mask or another one of few entries a row";
            return Err(MarkovError::refused("operator", "one that does not tell its rows", expected));
        }
        let (mut single, mut spanning) = (vec![Vec::new(); frames], vec![Vec::new(); frames]);
        let observed = observed.clone();
        let mut made = Self { observed, operator, frame, single: Vec::new(), spanning: Vec::new() };
        for row in 0..made.count() {
            let (mut first, mut last) = (usize::MAX, 0);
            made.entries(row, |index, _| {
                (first, last) = (first.min(index / frame), last.max(index / frame));
            });
            match first {
                // A reading of nothing but noise belongs to some frame.
                usize::MAX => single[0].push(row),
                _ if first == last => single[first].push(row),
                _ => (first..=last).for_each(|t| spanning[t].push(row)),
            }
        }
        (made.single, made.spanning) = (single, spanning);
        Ok(made)
    }

    /// N.
    pub(crate) fn count(&self) -> usize {
        self.observed.count()
    }

    /// L.
    pub(crate) fn frames(&self) -> usize {
        self.single.len()
    }

    /// s² of a reading.
    pub(crate) fn noise(&self, row: usize) -> f64 {
        self.observed.noise().at(row)
    }

    pub(crate) fn single(&self, t: usize) -> &[usize] {
        &self.single[t]
    }

    pub(crate) fn spanning(&self, t: usize) -> &[usize] {
        &self.spanning[t]
    }

    /// Numbers of a frame.
    pub(crate) fn frame_len(&self) -> usize {
        self.frame
    }

    /// Whether `t`, a frame that a row reads, is its last.
    pub(crate) fn ends(&self, row: usize, t: usize) -> bool {
        self.spanning.get(t + 1).is_none_or(|next| next.binary_search(&row).is_err())
    }

    /// Whether every row is one entry that no other row reads, with weight 1.
    pub(crate) fn selects(&self) -> bool {
        self.operator.rows().is_none()
    }

    /// Tells `of` of the entries (flat index, weight) of a row that have weight.
    pub(crate) fn entries(&self, row: usize, mut of: impl FnMut(usize, f64)) {
        if let Some(rows) = self.operator.rows() {
            rows.row(row).iter().filter(|(_, w)| *w != 0.0).for_each(|&(i, w)| of(i, w));
            return;
        }
        match self.operator.selection() {
            Selection::Points(points) => of(points[row], 1.0),
            Selection::Lattice { shape, stride } => {
                let (rows, columns) = (shape.height.div_ceil(stride), shape.width.div_ceil(stride));
                let (plane, at) = (row / (rows * columns), row % (rows * columns));
                let (h, w) = (at / columns * stride, at % columns * stride);
                of((plane * shape.height + h) * shape.width + w, 1.0);
            }
            Selection::General => {}
        }
    }

    /// The entries of a row that lie in a frame, by their place in it.
    pub(crate) fn within(&self, row: usize, t: usize) -> Vec<(usize, f64)> {
        let mut found = Vec::new();
        self.entries(row, |index, weight| {
            if index / self.frame == t {
                found.push((index % self.frame, weight));
            }
        });
        found
    }

    /// y − A m with m the same in every frame, in `f64`.
    pub(crate) fn residual(&self, mean: &[f64]) -> Vec<f64> {
        self.residual_of(|index| mean[index % self.frame])
    }

    /// y − A x, in `f64`.
    pub(crate) fn residual_of(&self, x: impl Fn(usize) -> f64) -> Vec<f64> {
        let of = |(row, y): (usize, &R)| {
            let mut sum = 0.0;
            self.entries(row, |index, weight| sum += weight * x(index));
            y.wide() - sum
        };
        self.observed.values().iter().enumerate().map(of).collect()
    }
}
