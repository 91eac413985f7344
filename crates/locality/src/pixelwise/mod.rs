//! One softmax per pixel over all samples, whatever the distance that decides it.
//!
//! Samples pass once. For every pixel the engine keeps the largest logit met so far, the sum of
//! weights relative to it and the weighted sum of values, and rescales them when a larger logit
//! comes (the streaming log-sum-exp of Milakov & Gimelshein 2018, algorithm 3).

mod passes;

use crate::error::check;
use crate::recent::{Recent, Size};
use crate::{LocalityError, Training, sums};
use equipoise_field::Real;
use equipoise_schedule::Level;
use passes::{Average, Deviations, Products, Squares, TakeIn};
use pulp::Arch;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Which squared differences decide the weights of which pixel: d = M s, linear in s.
///
/// A field of D numbers has Q places with V = D/Q values each; value v of place q stands at v·Q + q.
/// s_q is the squared difference summed over the values of a place.
pub(crate) trait Neighbourhood: Send + Sync {
    /// Q.
    fn places(&self) -> usize;

    /// d = M s. Overwrites `distances`.
    fn gather(&self, squares: &[f64], distances: &mut [f64]);

    /// b = Mᵀ a. Overwrites `out`.
    fn scatter(&self, a: &[f64], out: &mut [f64]);

    /// Makes d infinite where shift k of a sample has nothing to compare.
    fn exclude(&self, _k: usize, _distances: &mut [f64]) {}
}

/// x̂_m = Σ_i w_im x_im with w_·q = softmax_i(−(M (x_t − μx_i)²)_q/2σ²).
pub(crate) struct Pixelwise<R: Real> {
    pub(crate) training: Training<R>,
    recent: Recent<R, Estimate>,
}

/// What a vjp needs of the denoise at the same x_t.
#[derive(Debug)]
struct Estimate {
    /// ln Σ_i exp(logit) of every place.
    evidence: Vec<f64>,
    x_hat: Vec<f64>,
}

impl Size for Estimate {
    fn bytes(&self) -> usize {
        size_of_val(&self.evidence[..]) + size_of_val(&self.x_hat[..])
    }
}

/// A partial log-sum-exp of every place, with two buffers of Q numbers.
struct Softmax {
    peak: Vec<f64>,
    total: Vec<f64>,
    values: Vec<f64>,
    squares: Vec<f64>,
    distances: Vec<f64>,
}

impl Softmax {
    fn new(places: usize, dim: usize) -> Self {
        let zeros = || vec![0.0; places];
        Self {
            // Finite, so that the difference to a logit of −∞ is not NaN.
            peak: vec![f64::MIN; places],
            total: zeros(),
            values: vec![0.0; dim],
            squares: zeros(),
            distances: zeros(),
        }
    }

    /// Takes in one sample whose distances are known, with `slope` = 1/2σ².
    fn add<R: Real>(&mut self, slope: f64, x: &[R]) {
        let Self { peak, total, values, squares: kept, distances: weight } = self;
        let arch = Arch::new();
        arch.dispatch(TakeIn { slope, peak, total, kept, weight });
        arch.dispatch(Average { kept, weight, x, values });
    }

    /// Takes in another partial sum.
    fn merge(&mut self, other: &Self) {
        for q in 0..self.peak.len() {
            let peak = self.peak[q].max(other.peak[q]);
            let (mine, theirs) = ((self.peak[q] - peak).exp(), (other.peak[q] - peak).exp());
            self.peak[q] = peak;
            self.total[q] = self.total[q] * mine + other.total[q] * theirs;
            for m in (q..self.values.len()).step_by(self.peak.len()) {
                self.values[m] = self.values[m] * mine + other.values[m] * theirs;
            }
        }
    }

    fn finish(mut self) -> Estimate {
        for values in self.values.chunks_exact_mut(self.total.len()) {
            values.iter_mut().zip(&self.total).for_each(|(v, t)| *v /= t);
        }
        let evidence = self.peak.iter().zip(&self.total).map(|(p, t)| p + t.ln()).collect();
        Estimate { evidence, x_hat: self.values }
    }
}

/// The partial sum of a vjp, with two buffers of Q numbers.
struct Slope {
    out: Vec<f64>,
    squares: Vec<f64>,
    distances: Vec<f64>,
}

impl<R: Real> Pixelwise<R> {
    pub(crate) fn new(training: Training<R>) -> Self {
        Self { training, recent: Recent::default() }
    }

    fn dim(&self) -> usize {
        self.training.shape().len()
    }

    fn take_in(
        &self,
        to: &dyn Neighbourhood,
        x_t: &[R],
        level: Level,
    ) -> impl Fn(&mut Softmax, usize, usize, &[R]) {
        let slope = 0.5 / (level.sigma * level.sigma);
        move |sum: &mut Softmax, _: usize, k: usize, x: &[R]| {
            let squares = Squares { x_t, mu: level.mu, x, squares: &mut sum.squares };
            compare(to, k, squares, &mut sum.distances);
            sum.add(slope, x);
        }
    }

    fn estimate(
        &self,
        to: &dyn Neighbourhood,
        x_t: &[R],
        level: Level,
    ) -> Result<Arc<Estimate>, LocalityError> {
        check("x_t", x_t.len(), self.dim())?;
        self.recent.get(x_t, level, || {
            let make = || Softmax::new(to.places(), self.dim());
            let merge = &mut |all: &mut Softmax, group: Softmax| all.merge(&group);
            let sum = self.training.fold(&|_| true, &make, &self.take_in(to, x_t, level), merge)?;
            Ok(sum.finish())
        })
    }

    pub(crate) fn denoise(
        &self,
        to: &dyn Neighbourhood,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
    ) -> Result<(), LocalityError> {
        check("x_hat", x_hat.len(), self.dim())?;
        let estimate = self.estimate(to, x_t, level)?;
        x_hat.iter_mut().zip(&estimate.x_hat).for_each(|(x, &m)| *x = R::narrow(m));
        Ok(())
    }

    /// (Jᵀv)_n = (μ/σ²) Σ_i x_in Σ_m M_mn w_im v_m (x_im − x̂_m).
    ///
    /// The inner sum over i alone vanishes for every m, so that x̂_n may be taken off x_in.
    pub(crate) fn vjp(
        &self,
        to: &dyn Neighbourhood,
        x_t: &[R],
        level: Level,
        v: &[R],
        out: &mut [R],
    ) -> Result<(), LocalityError> {
        check("v", v.len(), self.dim())?;
        check("out", out.len(), self.dim())?;
        let (places, slope) = (to.places(), 0.5 / (level.sigma * level.sigma));
        let estimate = self.estimate(to, x_t, level)?;
        let (arch, zeros) = (Arch::new(), |len| vec![0.0; len]);
        let total = self.training.fold(
            &|_| true,
            &|| Slope { out: zeros(self.dim()), squares: zeros(places), distances: zeros(places) },
            &|sum, _, k, x| {
                let Slope { out, squares, distances } = sum;
                compare(to, k, Squares { x_t, mu: level.mu, x, squares }, distances);
                let Estimate { evidence, x_hat } = estimate.as_ref();
                if arch.dispatch(Deviations { slope, distances, evidence, x_hat, v, x, a: squares }) {
                    to.scatter(squares, distances);
                    arch.dispatch(Products { b: distances, x, x_hat, out });
                }
            },
            &mut |all, group| sums::add(&mut all.out, &group.out),
        )?;
        let scale = level.mu / (level.sigma * level.sigma);
        out.iter_mut().zip(&total.out).for_each(|(o, t)| *o = R::narrow(scale * t));
        Ok(())
    }

    /// The time of a `denoise`, from one of its partial sums, shared among all threads.
    pub(crate) fn probe(
        &self,
        to: &dyn Neighbourhood,
        x_t: &[R],
        level: Level,
    ) -> Result<Duration, LocalityError> {
        check("x_t", x_t.len(), self.dim())?;
        let start = Instant::now();
        let sum = Softmax::new(to.places(), self.dim());
        self.training.group(0, &|_| true, sum, &self.take_in(to, x_t, level))?;
        let rounds = self.training.groups().div_ceil(rayon::current_num_threads());
        Ok(start.elapsed().mul_f64(rounds as f64))
    }
}

/// The distances of shift k of a sample; `squares` keeps the squared differences.
fn compare<R: Real>(to: &dyn Neighbourhood, k: usize, squares: Squares<'_, R>, distances: &mut [f64]) {
    let Squares { x_t, mu, x, squares } = squares;
    Arch::new().dispatch(Squares { x_t, mu, x, squares: &mut *squares });
    to.gather(squares, distances);
    to.exclude(k, distances);
}
