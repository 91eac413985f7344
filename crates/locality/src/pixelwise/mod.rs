//! One softmax per pixel over all samples, whatever the distance that decides it.
//!
//! Samples pass once. For every pixel the engine keeps the largest logit met so far, the sum of
//! weights relative to it and the weighted sum of values, and rescales them when a larger logit
//! comes (the streaming log-sum-exp of Milakov & Gimelshein 2018, algorithm 3).

mod passes;
mod slopes;
mod softmax;

use crate::sums::{self, BLOCK};
use crate::training::{Block, Pass, members_at_once};
use crate::{Result, Training};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::{Length, Real, each, sketched};
use equipoise_schedule::Level;
use passes::{deviations, products, squares};
use pulp::Arch;
use slopes::{KEPT, Kept};
use softmax::{Estimate, Softmax};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Which squared differences decide the weights of which pixel: d = M s, linear in s.
///
/// A field of D numbers has Q places with V = D/Q values each; value v of place q stands at v·Q + q.
/// s_q is the squared difference summed over the values of a place.
pub(crate) trait Neighbourhood: Send + Sync {
    /// d = M s. Overwrites `distances`.
    fn gather(&self, squares: &[f64], distances: &mut [f64]);

    /// b = Mᵀ a. Overwrites `out`.
    fn scatter(&self, a: &[f64], out: &mut [f64]);

    /// Makes d infinite where shift k of a sample has nothing to compare.
    fn exclude(&self, _k: usize, _distances: &mut [f64]) {}
}

/// The neighbourhood of every pixel at a level.
type Near = dyn Fn(Level) -> Result<Arc<dyn Neighbourhood>> + Send + Sync;

/// The denoisers that weigh the training samples for every pixel by itself, by what they compare:
/// [`local`](Self::local), [`equivariant_local`](Self::equivariant_local) and [`locality`](Self::locality).
///
/// > x̂_m = Σ_i w_im x_im, w_·q = softmax_i(−(M (x_t − μx_i)²)_q/2σ²)
pub struct Pixelwise<R: Real> {
    training: Training<R>,
    near: Arc<Near>,
    /// Q.
    places: usize,
    /// Bytes of the distances that a linearisation keeps, at most.
    kept: usize,
}

/// A partial sum of every member, with buffers of Q numbers.
struct Partial<S> {
    members: Vec<S>,
    squares: Vec<f64>,
    distances: Vec<f64>,
    weights: Vec<f64>,
}

impl<S> Partial<S> {
    fn new(members: usize, places: usize, make: impl Fn() -> S) -> Self {
        let buffer = || vec![0.0; places];
        let members = (0..members).map(|_| make()).collect();
        Self { members, squares: buffer(), distances: buffer(), weights: buffer() }
    }
}

impl<R: Real> Pixelwise<R> {
    pub(crate) fn new(
        training: Training<R>,
        places: usize,
        near: impl Fn(Level) -> Result<Arc<dyn Neighbourhood>> + Send + Sync + 'static,
    ) -> Self {
        Self { training, near: Arc::new(near), places, kept: KEPT }
    }

    /// The training set, with the shifts at which its samples are compared.
    pub fn training(&self) -> &Training<R> {
        &self.training
    }

    /// Σ_n M_qn v_n for every q: what the pixels gather at a level of a number a place.
    ///
    /// # Errors
    /// [`LocalityError::Length`](crate::LocalityError::Length),
    /// [`LocalityError::MaskTooLarge`](crate::LocalityError::MaskTooLarge).
    pub fn masked(&self, level: Level, v: &[f64]) -> Result<Vec<f64>> {
        Length::check("v", v.len(), self.places)?;
        let mut out = vec![0.0; v.len()];
        (self.near)(level)?.gather(v, &mut out);
        Ok(out)
    }

    /// How long a `denoise` will take, by carrying out one of its partial sums (16 stored samples).
    ///
    /// The other threads are taken to be as fast, and the file, if there is one, too. A product
    /// of a linearisation takes about as long where it keeps the distances and twice as long where not, a `vjp`
    /// by itself three times.
    ///
    /// # Errors
    /// As a `denoise`.
    pub fn probe(&self, x_t: &[R], level: Level) -> Result<Duration> {
        let to = (self.near)(level)?;
        Length::check("x_t", x_t.len(), self.dim())?;
        let start = Instant::now();
        let make = || Partial::new(1, self.places, || Softmax::new(self.places, self.dim()));
        self.training.group(0, &self.pass(1), make, &self.take_in(to.as_ref(), x_t, level, None))?;
        let rounds = self.training.groups().div_ceil(rayon::current_num_threads());
        Ok(start.elapsed().mul_f64(rounds as f64))
    }

    fn take_in(
        &self,
        to: &dyn Neighbourhood,
        x_t: &[R],
        level: Level,
        kept: Option<Kept<'_>>,
    ) -> impl Fn(&mut Partial<Softmax>, &Block<'_, R>) {
        let slope = 0.5 / (level.sigma * level.sigma);
        let (dim, shifts) = (self.dim(), self.training.shifts().len());
        move |sum, block| {
            let Partial { members, squares, distances, weights } = sum;
            let (mut held, mut pairs) = (kept.map(|kept| kept.hold(block.ids)), 0..);
            for (member, x_t) in members.iter_mut().zip(x_t.chunks_exact(dim)) {
                for (id, x) in block.ids.iter().zip(block.values.chunks_exact(dim)) {
                    let d = match held.as_mut().zip(pairs.next()) {
                        Some((held, i)) => held.at(i),
                        None => &mut *distances,
                    };
                    compare(to, id % shifts, (x_t, level.mu, x), squares, d);
                    member.add((slope, d), x, [squares, weights]);
                }
            }
        }
    }

    /// Of every member, no more of them than a batch, whose distances are left in `kept`.
    fn estimates(
        &self,
        to: &dyn Neighbourhood,
        x_t: &[R],
        level: Level,
        kept: Option<Kept<'_>>,
    ) -> Result<Vec<Estimate>> {
        let members = x_t.len() / self.dim();
        let make = || Partial::new(members, self.places, || Softmax::new(self.places, self.dim()));
        let sum = self.training.fold(
            &self.pass(members),
            &make,
            &self.take_in(to, x_t, level, kept),
            &mut |all, group| {
                each::entry(&mut all.members, |m, all| all.merge(&group.members[m]));
            },
        )?;
        Ok(sum.members.into_iter().map(Softmax::finish).collect())
    }

    /// Over all samples, some at a time where they serve several members.
    fn pass(&self, members: usize) -> Pass<'static> {
        let block = if members == 1 { 1 } else { BLOCK };
        let numbers = self.dim() + 2 * self.places;
        Pass { wanted: &|_| true, block, bytes: size_of::<f64>() * numbers * members }
    }

    /// (Jᵀv)_n = (μ/σ²) Σ_i x_in Σ_m M_mn w_im v_m (x_im − x̂_m), of every member.
    ///
    /// The inner sum over i alone vanishes for every m, so that x̂_n may be taken off x_in.
    fn products(
        &self,
        to: &dyn Neighbourhood,
        (x_t, level): (&[R], Level),
        (estimates, kept): (&[Estimate], Option<Kept<'_>>),
        v: &[R],
        out: &mut [R],
    ) -> Result<()> {
        let (dim, members, shifts) = (self.dim(), estimates.len(), self.training.shifts().len());
        let (arch, slope) = (Arch::new(), 0.5 / (level.sigma * level.sigma));
        let total = self.training.fold(
            &self.pass(members),
            &|| Partial::new(members, self.places, || vec![0.0; dim]),
            &|sum, block| {
                let Partial { members, squares, distances, .. } = sum;
                let (mut held, mut pairs) = (kept.map(|kept| kept.hold(block.ids)), 0..);
                let of_members = x_t.chunks_exact(dim).zip(v.chunks_exact(dim)).zip(estimates);
                for (out, ((x_t, v), Estimate { evidence, x_hat })) in members.iter_mut().zip(of_members) {
                    for (id, x) in block.ids.iter().zip(block.values.chunks_exact(dim)) {
                        let d = match held.as_mut().zip(pairs.next()) {
                            Some((held, i)) => &*held.at(i),
                            None => {
                                compare(to, id % shifts, (x_t, level.mu, x), squares, distances);
                                &*distances
                            }
                        };
                        let a = &mut squares[..];
                        if arch.dispatch(
                            #[inline(always)]
                            move || deviations(slope, d, evidence, x_hat, v, x, a),
                        ) {
                            to.scatter(squares, distances);
                            let (b, out) = (&distances[..], &mut out[..]);
                            arch.dispatch(
                                #[inline(always)]
                                move || products(b, x, x_hat, out),
                            );
                        }
                    }
                }
            },
            &mut |all, group| {
                each::entry(&mut all.members, |m, all| sums::add(all, &group.members[m]));
            },
        )?;
        let scale = level.mu / (level.sigma * level.sigma);
        for (out, total) in out.chunks_exact_mut(dim).zip(&total.members) {
            out.iter_mut().zip(total).for_each(|(o, t)| *o = R::narrow(scale * t));
        }
        Ok(())
    }
}

sketched!([R: Real] Pixelwise<R>, "Pixelwise", |own| training = own.training);

impl<R: Real> Denoiser<R> for Pixelwise<R> {
    fn dim(&self) -> usize {
        self.training.shape().len()
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        Length::check("x_hat", x_hat.len(), self.dim())?;
        Length::check("x_t", x_t.len(), self.dim())?;
        let to = (self.near)(level)?;
        self.estimates(to.as_ref(), x_t, level, None)?.iter().for_each(|e| e.write(x_hat));
        Ok(())
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        for (what, found) in [("x_t", x_t.len()), ("v", v.len()), ("out", out.len())] {
            Length::check(what, found, self.dim())?;
        }
        let to = (self.near)(level)?;
        let estimates = self.estimates(to.as_ref(), x_t, level, None)?;
        Ok(self.products(to.as_ref(), (x_t, level), (&estimates, None), v, out)?)
    }

    /// Every pixel has weights of its own, so that row m of J is no column of it.
    fn jacobian(&self) -> Jacobian {
        Jacobian::General
    }

    /// How many members one pass serves: those whose partial sums leave room and whose distances can be kept,
    /// if any can.
    fn batch(&self) -> usize {
        let most = members_at_once(size_of::<f64>() * (self.dim() + 2 * self.places));
        match self.fitting() {
            0 => most,
            fitting => most.min(fitting),
        }
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        Ok(Box::new(self.slopes(x_t, level, x_hat, tape)?))
    }
}

/// The distances of shift k of a sample; `kept` keeps the squared differences.
fn compare<R: Real>(
    to: &dyn Neighbourhood,
    k: usize,
    (x_t, mu, x): (&[R], f64, &[R]),
    kept: &mut [f64],
    distances: &mut [f64],
) {
    let out = &mut kept[..];
    Arch::new().dispatch(
        #[inline(always)]
        move || squares(x_t, mu, x, out),
    );
    to.gather(kept, distances);
    to.exclude(k, distances);
}
