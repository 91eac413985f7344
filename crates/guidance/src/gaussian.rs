//! The guided step of a Gaussian prior in the prior's own coefficients.
//!
//! With c = Uᵀ(x_t − μm), w the weighted residual and d = UᵀAᵀw, both products with J fall together:
//!
//! > σ ε_y = (x_t − μm) − J u, u = μ(x_t − μm) + σ²Aᵀw, Uᵀu = μc + σ²d.
//!
//! For explicit modes this reads all modes twice and their observed rows twice, where denoising and
//! a vjp read all modes four times. Twice is the least: nothing can be lifted before the coefficients of
//! the whole of x_t are known.

use crate::guide::{Scratch, fit_estimates, sized};
use crate::{Evidence, Result};
use equipoise_covariance::{Modes, Structure, Weights};
use equipoise_field::{Length, Real, each, sketched, sum};
use equipoise_innovation::ObservedPrior;
use equipoise_operator::{Adjoint, Selection};
use equipoise_schedule::Level;
use equipoise_wiener::{Wiener, gain};
use std::sync::Arc;

/// A Wiener denoiser with the operator that its fields are seen through.
pub struct GaussianPath<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    /// A m.
    observed_mean: Vec<R>,
}

sketched!(
    [R: Real] GaussianPath<R>, "GaussianPath",
    |own| dim = own.wiener.mean().len(), count = own.observed.count()
);

/// What a method makes of a prediction: the weighted residual and its coefficients are written, the
/// factor on both is returned.
pub(crate) struct Prediction<'a, R> {
    /// A x̂.
    pub(crate) values: &'a [R],
    /// w, to be written.
    pub(crate) weighted: &'a mut [R],
    /// r, room for N numbers.
    pub(crate) residual: &'a mut [R],
    /// d = UᵀAᵀw, to be written.
    pub(crate) coefficients: &'a mut [R],
    /// ‖ε̂‖, for one more pass over the modes.
    pub(crate) prior_norm: &'a mut dyn FnMut() -> f64,
}

impl<R: Real> GaussianPath<R> {
    /// `observed` must be of the denoiser's own covariance.
    ///
    /// # Errors
    /// [`GuidanceError::Length`](crate::GuidanceError::Length) when the covariances are of different dimensions.
    pub fn new(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self> {
        Length::check("observed prior", observed.covariance().dim(), wiener.mean().len())?;
        let mut observed_mean = vec![R::zero(); observed.count()];
        observed.operator().apply(wiener.mean(), &mut observed_mean);
        Ok(Self { wiener, observed, observed_mean })
    }

    /// U and A.
    pub(crate) fn observed(&self) -> &ObservedPrior<R> {
        &self.observed
    }

    /// ‖J Aᵀw‖ from w and its coefficients.
    pub(crate) fn guidance_norm(&self, level: Level, weighted: &[R], coefficients: &[R]) -> f64 {
        let gains = self.wiener.gains(level);
        let mut spread = vec![R::zero(); self.wiener.mean().len()];
        self.observed.operator().adjoint(weighted, &mut spread);
        self.norm(coefficients, sum::squared_norm(&spread), &gains)
    }

    /// ε_y of every member in turn.
    pub(crate) fn noise_estimates(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
        weigh: impl Fn(Prediction<'_, R>) -> Result<(f64, Evidence)>,
    ) -> Result<()> {
        let dim = self.wiener.mean().len();
        fit_estimates(evidence, dim, x_t, eps)?;
        let members = x_t.chunks_exact(dim).zip(eps.chunks_exact_mut(dim));
        for (evidence, (x_t, eps)) in evidence.iter_mut().zip(members) {
            *evidence = self.noise_estimate(x_t, level, eps, scratch, &weigh)?;
        }
        Ok(())
    }

    /// ε_y, with the weighted residual made by `weigh`, which returns the factor on it and the
    /// evidence of how it was made.
    pub(crate) fn noise_estimate(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
        weigh: impl FnOnce(Prediction<'_, R>) -> Result<(f64, Evidence)>,
    ) -> Result<Evidence> {
        let covariance = Arc::clone(self.observed.covariance());
        let selects = !matches!(self.observed.operator().selection(), Selection::General);
        match covariance.structure() {
            Structure::Modes(modes) if selects && self.observed.observed_basis().is_some() => {
                self.in_two_passes(modes, x_t, level, eps, scratch, weigh)
            }
            _ => self.by_fields(x_t, level, eps, scratch, weigh),
        }
    }

    /// [`noise_estimate`](Self::noise_estimate) for any covariance and operator.
    fn by_fields(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
        weigh: impl FnOnce(Prediction<'_, R>) -> Result<(f64, Evidence)>,
    ) -> Result<Evidence> {
        let Scratch { x_hat, gradient, field, residual, weighted, prediction, .. } = scratch;
        let gains = self.wiener.gains(level);
        let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
        let centred = sized(x_hat, x_t.len());
        each::map2(centred, x_t, self.wiener.mean(), |x, m| x - mu * m);
        let (count, modes) = (self.observed.count(), self.observed.coefficients());
        let (c, d) = sized(gradient, 2 * modes).split_at_mut(modes);
        self.observed.covariance().analyse(centred, c);
        let values = sized(prediction, count);
        self.observed.observe(&gains, c, centred, values);
        each::update1(values, &self.observed_mean, |p, m| p + m);
        let mut prior_norm = || {
            self.prior_norm(level, c, || {
                self.observed.covariance().synthesise(c, eps);
                each::update1(eps, centred, |p, v| v - p);
                sum::squared_norm(eps)
            })
        };
        let weighted = sized(weighted, count);
        let (factor, mut evidence) = weigh(Prediction {
            values,
            weighted: &mut *weighted,
            residual: sized(residual, count),
            coefficients: &mut *d,
            prior_norm: &mut prior_norm,
        })?;
        let spread = sized(field, x_t.len());
        self.observed.operator().adjoint(weighted, spread);
        evidence.guidance_norm = factor * self.norm(d, sum::squared_norm(spread), &gains);
        let pull = R::narrow(level.sigma * level.sigma * factor);
        each::update1(spread, centred, |s, c| mu * c + pull * s);
        each::update1(c, d, |c, d| mu * c + pull * d);
        self.observed.lift(&gains, c, spread, eps);
        each::update1(eps, centred, |j, c| (c - j) / sigma);
        Ok(evidence)
    }

    /// The same bits for explicit modes under an operator that selects, where no field is kept on the way:
    /// one pass over all modes for c, one for ε_y, and each reads x_t and m.
    fn in_two_passes(
        &self,
        modes: &Modes<R>,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
        weigh: impl FnOnce(Prediction<'_, R>) -> Result<(f64, Evidence)>,
    ) -> Result<Evidence> {
        let Scratch { gradient, field, residual, weighted, prediction, .. } = scratch;
        let gains = self.wiener.gains(level);
        let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
        let (count, rank) = (self.observed.count(), modes.rank());
        let mean = self.wiener.mean();
        let centred = |start: usize, block: &mut [R]| {
            let at = start..start + block.len();
            each::map2(block, &x_t[at.clone()], &mean[at], |x, m| x - mu * m);
            []
        };
        let (along, []) = modes.project_made(centred);
        let (c, d) = sized(gradient, 2 * rank).split_at_mut(rank);
        c.iter_mut().zip(along).for_each(|(c, p)| *c = R::narrow(p));
        let values = sized(prediction, count);
        self.observed.operator().apply(x_t, values);
        each::update1(values, &self.observed_mean, |x, m| x - mu * m);
        self.observed.observe_seen(&gains, c, values);
        each::update1(values, &self.observed_mean, |p, m| p + m);
        let mut prior_norm = || {
            self.prior_norm(level, c, || {
                let zero = |_: usize, block: &mut [R]| {
                    block.fill(R::zero());
                    0.0
                };
                modes.synthesise_made(c, eps, zero, |start, block| {
                    let at = start..start + block.len();
                    each::update2(block, &x_t[at.clone()], &mean[at], |p, x, m| x - mu * m - p);
                });
                sum::squared_norm(eps)
            })
        };
        let weighted = sized(weighted, count);
        let (factor, mut evidence) = weigh(Prediction {
            values,
            weighted: &mut *weighted,
            residual: sized(residual, count),
            coefficients: &mut *d,
            prior_norm: &mut prior_norm,
        })?;
        let pull = R::narrow(level.sigma * level.sigma * factor);
        let coefficients: Vec<R> = (0..rank).map(|i| (mu * c[i] + pull * d[i]) * gains.resolved[i]).collect();
        let spread = Adjoint::new(self.observed.operator().as_ref(), weighted, field);
        let square = modes.synthesise_made(
            &coefficients,
            eps,
            |start, block| {
                block.fill(R::zero());
                spread.add(R::one(), start, block);
                let square = sum::squared_norm(block);
                let (at, rest) = (start..start + block.len(), gains.complement);
                each::update2(block, &x_t[at.clone()], &mean[at], |s, x, m| {
                    rest * (mu * (x - mu * m) + pull * s)
                });
                square
            },
            |start, block| {
                let at = start..start + block.len();
                each::update2(block, &x_t[at.clone()], &mean[at], |j, x, m| (x - mu * m - j) / sigma);
            },
        );
        evidence.guidance_norm = factor * self.norm(d, square, &gains);
        Ok(evidence)
    }

    /// ‖ε̂‖ = ‖(I − μJ)(x_t − μm)‖/σ from c and the squared norm of what the modes leave of x_t − μm. I − μJ
    /// is least along the modes, which may hold nearly all of ‖x_t − μm‖: no difference of squares tells
    /// what they leave.
    fn prior_norm(&self, level: Level, c: &[R], left: impl FnOnce() -> f64) -> f64 {
        let covariance = self.observed.covariance();
        let lambda = covariance.eigenvalues();
        let along = sum::of(c.len(), |i| (gain::residual(level, lambda[i]) * c[i].wide()).powi(2));
        let rest = covariance.complement().map_or(0.0, |l| gain::residual(level, l).powi(2) * left());
        (along + rest).sqrt() / level.sigma
    }

    /// ‖Jv‖ from the coefficients of v and ‖v‖²: the complement's share, whose gain is the least, is what
    /// they leave of it.
    fn norm(&self, coefficients: &[R], square: f64, gains: &Weights<R>) -> f64 {
        let rest = gains.complement.wide();
        let along = sum::of(coefficients.len(), |i| {
            ((gains.resolved[i].wide() + rest) * coefficients[i].wide()).powi(2)
        });
        let beyond = if self.observed.covariance().complement().is_some() {
            (square - sum::squared_norm(coefficients)).max(0.0)
        } else {
            0.0
        };
        (along + rest.powi(2) * beyond).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::Shape;
    use equipoise_observation::NoiseVariance;
    use equipoise_operator::{LinearOperator, Mask, Subsample};
    use equipoise_stream::Stream;

    /// Three blocks and a part of a fourth, and a rank that groups of rows do not divide.
    const SHAPE: Shape = Shape::new(2, 2, 50, 67);
    const RANK: usize = 6;

    /// Modes that are not orthonormal: the bits must agree all the same, and so must faults of U.
    fn path(operator: Arc<dyn LinearOperator<f32>>) -> GaussianPath<f32> {
        let basis = Stream::new("basis").normal(0, RANK * SHAPE.len());
        let covariance: Arc<dyn equipoise_covariance::Covariance<f32>> =
            Arc::new(Modes::new(SHAPE.len(), basis, vec![2.0; RANK], Some(0.1)).unwrap());
        let mean = Stream::new("mean").normal(0, SHAPE.len());
        let wiener = Arc::new(Wiener::new(mean, Arc::clone(&covariance)).unwrap());
        let noise = NoiseVariance::Uniform(0.04);
        GaussianPath::new(wiener, ObservedPrior::new(covariance, operator, noise).unwrap()).unwrap()
    }

    #[test]
    fn two_passes_have_the_bits_of_the_way_by_fields() {
        let points = (0..SHAPE.len()).filter(|i| i % 7 == 3).collect();
        let operators: [Arc<dyn LinearOperator<f32>>; 3] = [
            Arc::new(Subsample::new(SHAPE, 1).unwrap()),
            Arc::new(Subsample::new(SHAPE, 4).unwrap()),
            Arc::new(Mask::new(SHAPE.len(), points).unwrap()),
        ];
        let level = Level { mu: 0.7, sigma: 0.6 };
        let x_t: Vec<f32> = Stream::new("x").normal(0, SHAPE.len());
        for operator in operators {
            let path = path(operator);
            let covariance = Arc::clone(path.observed().covariance());
            let Structure::Modes(modes) = covariance.structure() else { panic!("explicit modes") };
            let weigh = |at: Prediction<'_, f32>| {
                at.weighted.iter_mut().zip(at.values.iter()).for_each(|(w, v)| *w = 1.0 - v);
                path.observed().analyse_observed(at.weighted, at.coefficients);
                Ok(((at.prior_norm)(), Evidence::default()))
            };
            let mut eps = [vec![f32::NAN; x_t.len()], vec![f32::NAN; x_t.len()]];
            let scratch = &mut Scratch::new();
            let fields = path.by_fields(&x_t, level, &mut eps[0], scratch, weigh).unwrap();
            let passes = path.in_two_passes(modes, &x_t, level, &mut eps[1], scratch, weigh).unwrap();
            assert!(eps[0].iter().zip(&eps[1]).all(|(a, b)| a.to_bits() == b.to_bits()));
            assert_eq!(fields.guidance_norm.to_bits(), passes.guidance_norm.to_bits());
            assert!(passes.guidance_norm > 0.0);
        }
    }

    /// The law: rounding moves every entry of an orthonormal U by at most p/32767 of its root mean square,
    /// p = √2 the largest over it in a cosine, so ‖δU‖ ≤ √r p/32767; ε_y, in which J stands once for the
    /// state and once for what is observed of it, moves by a few ‖δU‖‖x‖/σ.
    #[test]
    fn modes_in_sixteen_bits_move_the_estimate_by_their_rounding() {
        let dim = SHAPE.len();
        let wave = |k: usize, i: usize| {
            (std::f64::consts::PI * (i as f64 + 0.5) * (k + 1) as f64 / dim as f64).cos() as f32
        };
        let scale = (2.0 / dim as f64).sqrt() as f32;
        let basis = (0..RANK).flat_map(|k| (0..dim).map(move |i| scale * wave(k, i))).collect();
        let modes = Modes::new(dim, basis, vec![dim as f64; RANK], Some(0.1)).unwrap();
        let x_t: Vec<f32> = Stream::new("x").normal(0, dim);
        let level = Level { mu: 0.7, sigma: 0.6 };
        let [exact, rounded] = [modes.clone(), modes.rounded().unwrap()].map(|modes| {
            let covariance: Arc<dyn equipoise_covariance::Covariance<f32>> = Arc::new(modes);
            let wiener = Arc::new(Wiener::new(vec![0.0; dim], Arc::clone(&covariance)).unwrap());
            let lattice = Arc::new(Subsample::new(SHAPE, 4).unwrap());
            let observed = ObservedPrior::new(covariance, lattice, NoiseVariance::Uniform(0.04)).unwrap();
            let path = GaussianPath::new(wiener, observed).unwrap();
            let weigh = |at: Prediction<'_, f32>| {
                at.weighted.iter_mut().zip(at.values.iter()).for_each(|(w, v)| *w = 1.0 - v);
                path.observed().analyse_observed(at.weighted, at.coefficients);
                Ok((1.0, Evidence::default()))
            };
            let mut eps = vec![f32::NAN; dim];
            path.noise_estimate(&x_t, level, &mut eps, &mut Scratch::new(), weigh).unwrap();
            eps
        });
        let moved = sum::squared_distance(&exact, &rounded).sqrt();
        let rounding = (2.0 * RANK as f64).sqrt() / 32767.0;
        let bound = 4.0 * rounding * sum::norm(&x_t) / level.sigma;
        assert!(moved > 0.0 && moved < bound, "{moved} {bound}");
    }

    /// ‖ε̂‖ against (I − μJ)(x_t − μm) written out in `f64`, σ = 0.01 under modes of λ = 1000, alone and over a
    /// complement that holds a ten-thousandth of ‖x_t − μm‖²; in both ways.
    #[test]
    fn the_norm_of_the_prior_estimate_is_that_of_double_precision() {
        let (shape, level) = (Shape::new(1, 1, 8, 8), Level { mu: 0.75, sigma: 0.01 });
        let dim = shape.len();
        // Walsh functions: exact in `f32`, and orthonormal.
        let walsh = |k: usize, i: usize| if (k & i).count_ones().is_multiple_of(2) { 0.125 } else { -0.125 };
        let basis = |rank: usize| (0..rank).flat_map(|k| (0..dim).map(move |i| walsh(k, i)));
        for (rank, complement) in [(dim, None), (3, Some(1e-4))] {
            let white: Vec<f64> = Stream::new("x").normal(0, dim);
            let size = |k: usize| if k < rank { 1000f64.sqrt() } else { 0.02 };
            let entry = |i: usize| (0..dim).map(|k| size(k) * white[k] * f64::from(walsh(k, i))).sum::<f64>();
            let x_t: Vec<f32> = (0..dim).map(|i| (level.mu * entry(i)) as f32).collect();
            let left = |l: f64| level.sigma.powi(2) / (level.mu.powi(2) * l + level.sigma.powi(2));
            let along = |k: usize| (0..dim).map(|i| f64::from(walsh(k, i)) * f64::from(x_t[i])).sum::<f64>();
            let residual = |i: usize| {
                let rest =
                    f64::from(x_t[i]) - (0..rank).map(|k| along(k) * f64::from(walsh(k, i))).sum::<f64>();
                let modes = (0..rank).map(|k| left(1000.0) * along(k) * f64::from(walsh(k, i))).sum::<f64>();
                modes + complement.map_or(0.0, |l| left(l) * rest)
            };
            let expected = sum::of(dim, |i| residual(i).powi(2)).sqrt() / level.sigma;

            let modes = Modes::new(dim, basis(rank).collect(), vec![1000.0; rank], complement).unwrap();
            let covariance: Arc<dyn equipoise_covariance::Covariance<f32>> = Arc::new(modes.clone());
            let wiener = Arc::new(Wiener::new(vec![0.0; dim], Arc::clone(&covariance)).unwrap());
            let lattice = Arc::new(Subsample::new(shape, 2).unwrap());
            let observed = ObservedPrior::new(covariance, lattice, NoiseVariance::Uniform(0.01)).unwrap();
            let path = GaussianPath::new(wiener, observed).unwrap();
            let found = std::cell::Cell::new(f64::NAN);
            let weigh = |at: Prediction<'_, f32>| {
                at.weighted.fill(0.0);
                at.coefficients.fill(0.0);
                found.set((at.prior_norm)());
                Ok((1.0, Evidence::default()))
            };
            let (scratch, mut eps) = (&mut Scratch::new(), vec![f32::NAN; dim]);
            path.by_fields(&x_t, level, &mut eps, scratch, weigh).unwrap();
            let fields = found.replace(f64::NAN);
            path.in_two_passes(&modes, &x_t, level, &mut eps, scratch, weigh).unwrap();
            for found in [fields, found.get()] {
                assert!((found / expected - 1.0).abs() < 1e-6, "rank {rank}: {found} {expected}");
            }
        }
    }
}
