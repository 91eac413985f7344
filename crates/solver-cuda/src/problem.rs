//! A problem that has steps on the device, checked, with what the CPU prepares for them.

use crate::levels::Levels;
use crate::{Number, StepError};
use equipoise_covariance::{Modes, Structure};
use equipoise_field::{Real, sketched};
use equipoise_guidance::Strength;
use equipoise_likelihood_cuda::arguments::{SEGMENT, count_of};
use equipoise_likelihood_cuda::{Arguments as Reduction, PointList, Points};
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Selection, Subsample};
use equipoise_solver::{Inference, ObservedGaussian};
use std::borrow::Cow;
use std::sync::Arc;

/// The posterior of a low-rank Gaussian prior under `sda`, by steps that the device has.
pub struct Problem<R: Real> {
    pub(crate) inference: Inference<R>,
    pub(crate) gaussian: Arc<ObservedGaussian<R>>,
    /// The law's factor on g.
    pub(crate) factor: f64,
    pub(crate) levels: Levels<R>,
    pub(crate) points: Vec<u32>,
    pub(crate) bits: Vec<u32>,
    pub(crate) ranks: Vec<u32>,
}

impl<R: Number> Problem<R> {
    /// `inference` under the method `sda` with this law.
    ///
    /// # Errors
    /// [`StepError::Refused`] for what the device has no steps for: a law that follows the state, a
    /// sampler with other than Euler steps of the probability flow, such as corrections, a prior without
    /// explicit modes, an operator that does more than select numbers in their order.
    /// [`StepError::Cuda`] for more numbers than indices have bits for, and what is wrong with a level
    /// or its variance.
    pub fn new(inference: &Inference<R>, strength: &Strength) -> Result<Self, StepError> {
        let gaussian = Self::check(inference, strength.adaptive.is_some())?;
        let dim = gaussian.wiener().mean().len();
        count_of("elements of a field", dim)?;
        let operator = inference.problem.observation().linear("sda on the device")?;
        let points = PointList::new(dim, &selected(&**operator)?)?;
        let reduction = Reduction::of(Points::Compact(points.indices().len()), R::STORAGE)?;
        let levels = Levels::new(inference, gaussian.wiener(), strength, reduction)?;
        let (bits, ranks) = segments(dim, points.indices());
        Ok(Self {
            inference: inference.clone(),
            gaussian: Arc::clone(gaussian),
            factor: strength.factor,
            levels,
            points: points.indices().to_vec(),
            bits,
            ranks,
        })
    }

    /// The prior of a problem that the device has steps for, under a law that follows the state or does
    /// not.
    ///
    /// # Errors
    /// [`StepError::Refused`] as [`new`](Self::new).
    pub fn check(inference: &Inference<R>, adaptive: bool) -> Result<&Arc<ObservedGaussian<R>>, StepError> {
        if adaptive {
            return Err(refused("law", "adaptive, which follows the state", "v(t) known beforehand"));
        }
        if !inference.sampler.steps().is_some_and(|steps| steps.is_euler()) {
            let expected = "Euler steps of the probability flow, such as the predictor's without corrections";
            return Err(refused("sampler", "other steps", expected));
        }
        let gaussian = inference.problem.as_gaussian();
        let gaussian = gaussian.ok_or(refused("prior", "a denoiser", "a Gaussian prior"))?;
        modes(gaussian)?;
        selected(&**inference.problem.observation().linear("sda on the device")?)?;
        Ok(gaussian)
    }

    /// U, r fields of unit norm.
    pub(crate) fn modes(&self) -> Result<&Modes<R>, StepError> {
        modes(&self.gaussian)
    }

    /// A U, r times N numbers.
    pub(crate) fn observed_basis(&self) -> Result<Cow<'_, [R]>, StepError> {
        match self.gaussian.observed().observed_basis() {
            Some(basis) => Ok(Cow::Borrowed(basis)),
            None => Ok(Cow::Owned(self.observe(self.modes()?.basis())?)),
        }
    }

    /// A of every field in `fields`, one after another.
    pub(crate) fn observe(&self, fields: &[R]) -> Result<Vec<R>, StepError> {
        let operator = self.observation().linear("sda on the device")?;
        let mut observed = vec![R::zero(); self.points.len() * (fields.len() / self.dim().max(1))];
        if !observed.is_empty() {
            let rows = observed.chunks_exact_mut(self.points.len());
            rows.zip(fields.chunks_exact(self.dim())).for_each(|(row, field)| operator.apply(field, row));
        }
        Ok(observed)
    }

    pub(crate) fn observation(&self) -> &Observed<R> {
        self.inference.problem.observation()
    }

    /// D.
    pub(crate) fn dim(&self) -> usize {
        self.gaussian.wiener().mean().len()
    }
}

sketched!(
    [R: Number] Problem<R>, "Problem",
    |own| dim = own.dim(), observations = own.points.len(), steps = own.levels.steps.len()
);

fn refused(what: &'static str, found: &'static str, expected: &'static str) -> StepError {
    StepError::Refused { what, found, expected }
}

fn modes<R: Real>(gaussian: &ObservedGaussian<R>) -> Result<&Modes<R>, StepError> {
    match gaussian.wiener().prior_covariance().structure() {
        Structure::Modes(modes) => Ok(modes),
        _ => Err(refused("prior covariance", "no explicit modes", "explicit modes, low rank or dense")),
    }
}

/// The numbers that an operator selects, in order of observation.
fn selected<R: Real>(operator: &dyn LinearOperator<R>) -> Result<Vec<usize>, StepError> {
    let other = || refused("operator", "more than a selection", "a lattice or listed points");
    match operator.selection() {
        Selection::Points(points) => Ok(points.to_vec()),
        Selection::Lattice { shape, stride } => {
            let lattice = Subsample::new(shape, stride).map_err(|_| other())?;
            let observed = lattice.observed();
            let index = |i: usize| {
                let (t, c, a, b) = observed.position(i);
                shape.index(t, c, stride * a, stride * b)
            };
            Ok((0..lattice.count()).map(index).collect())
        }
        Selection::General => Err(other()),
    }
}

/// For each segment of a field a word of bits and the rank of its first observation.
fn segments(dim: usize, points: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut bits = vec![0u32; dim.div_ceil(SEGMENT)];
    for &point in points {
        bits[point as usize / SEGMENT] |= 1 << (point as usize % SEGMENT);
    }
    let rank = |before: &mut u32, word: &u32| {
        let rank = *before;
        *before += word.count_ones();
        Some(rank)
    };
    let ranks = bits.iter().scan(0, rank).collect();
    (bits, ranks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::Shape;

    #[test]
    fn lattice_points_are_those_that_the_operator_reads() {
        for (shape, stride) in
            [(Shape::new(2, 2, 5, 7), 2), (Shape::new(1, 3, 8, 8), 4), (Shape::new(1, 1, 3, 3), 1)]
        {
            let lattice = Subsample::new(shape, stride).unwrap();
            let field: Vec<f64> = (0..shape.len()).map(|i| i as f64).collect();
            let mut y = vec![f64::NAN; lattice.count()];
            LinearOperator::<f64>::apply(&lattice, &field, &mut y);
            let points = selected::<f64>(&lattice).unwrap();
            assert_eq!(points, y.iter().map(|y| *y as usize).collect::<Vec<_>>());
        }
    }

    #[test]
    fn bits_and_ranks_lead_from_the_field_to_the_observations() {
        let points = [0, 31, 32, 95, 99];
        let (bits, ranks) = segments(100, &points);
        assert_eq!((bits.len(), &ranks[..]), (4, &[0, 2, 3, 4][..]));
        for (i, point) in points.into_iter().enumerate() {
            let (word, place) = (bits[point as usize / 32], point % 32);
            assert_eq!(word >> place & 1, 1);
            assert_eq!(ranks[point as usize / 32] + (word & ((1 << place) - 1)).count_ones(), i as u32);
        }
        assert_eq!(bits.iter().map(|word| word.count_ones()).sum::<u32>(), 5);
    }
}
