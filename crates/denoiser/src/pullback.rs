//! A denoiser made of one function that is run once for x̂ and its slope.

use crate::linearise::estimates;
use crate::{Denoiser, DenoiserError, Jacobian, Linearised, Result, Tape};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::error::Error;
use std::marker::PhantomData;

type BoxError = Box<dyn Error + Send + Sync>;

/// A model as a [`Denoiser`] whose forward pass leaves what its backward pass needs: a method that takes k
/// products with J at a state runs the model forward once.
///
/// ```
/// use equipoise_denoiser::{Pullback, check_denoiser};
/// use equipoise_field::Shape;
/// use equipoise_schedule::Level;
///
/// // Signs with equal odds: E[x | x_t] = tanh(μx_t/σ²), of slope (μ/σ²)(1 − x̂²).
/// let signs = Pullback::new(3, |x_t: &[f64], level: Level, x_hat: &mut [f64]| {
///     let rate = level.mu / level.sigma.powi(2);
///     x_hat.iter_mut().zip(x_t).for_each(|(h, x)| *h = (rate * x).tanh());
///     let slope: Vec<f64> = x_hat.iter().map(|h| rate * (1.0 - h * h)).collect();
///     Ok(move |v: &[f64], out: &mut [f64]| {
///         for i in 0..v.len() {
///             out[i] = slope[i] * v[i];
///         }
///         Ok(())
///     })
/// });
/// check_denoiser(&signs, &[0.3, -1.2, 0.1], Level { mu: 0.6, sigma: 0.8 }, Shape::new(1, 1, 1, 3))?;
/// # Ok::<(), equipoise_denoiser::DenoiserError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pullback<R, F> {
    dim: usize,
    forward: F,
    jacobian: Jacobian,
    element: PhantomData<fn(R)>,
}

impl<R, F, B> Pullback<R, F>
where
    R: Real,
    F: Fn(&[R], Level, &mut [R]) -> Result<B, BoxError> + Send + Sync,
    B: FnMut(&[R], &mut [R]) -> Result<(), BoxError> + 'static,
{
    /// On fields of `dim` numbers: `forward(x_t, level, x_hat)` overwrites x̂ of one member and returns a
    /// function (v, out) that overwrites `out` with Jᵀv there. What they return as an error becomes
    /// [`DenoiserError::Model`]. Lengths are checked before either is called.
    pub fn new(dim: usize, forward: F) -> Self {
        Self { dim, forward, jacobian: Jacobian::Symmetric, element: PhantomData }
    }

    /// With what is known of J: [`Jacobian::General`] where x̂ is no posterior mean, as a network's.
    #[must_use]
    pub fn with_jacobian(mut self, jacobian: Jacobian) -> Self {
        self.jacobian = jacobian;
        self
    }

    fn run(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<B> {
        Length::check("x_t", x_t.len(), self.dim)?;
        Length::check("x_hat", x_hat.len(), self.dim)?;
        (self.forward)(x_t, level, x_hat).map_err(DenoiserError::Model)
    }
}

impl<R, F, B> Denoiser<R> for Pullback<R, F>
where
    R: Real,
    F: Fn(&[R], Level, &mut [R]) -> Result<B, BoxError> + Send + Sync,
    B: FnMut(&[R], &mut [R]) -> Result<(), BoxError> + 'static,
{
    fn dim(&self) -> usize {
        self.dim
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<()> {
        self.run(x_t, level, x_hat).map(|_| ())
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<()> {
        Length::check("v", v.len(), self.dim)?;
        Length::check("out", out.len(), self.dim)?;
        let mut back = self.run(x_t, level, &mut vec![R::zero(); self.dim])?;
        back(v, out).map_err(DenoiserError::Model)
    }

    fn jacobian(&self) -> Jacobian {
        self.jacobian
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        _tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>> {
        let count = Length::members("x_t", x_t.len(), self.dim)?;
        Length::check("x_hat", x_hat.len(), x_t.len())?;
        let states = x_t.chunks_exact(self.dim).zip(x_hat.chunks_exact_mut(self.dim));
        let mut backs = Vec::with_capacity(count);
        for (x_t, x_hat) in states {
            backs.push(self.run(x_t, level, x_hat)?);
        }
        Ok(Box::new(Backward { dim: self.dim, backs }))
    }

    /// No member's backward pass is kept.
    fn estimates(&self, x_t: &[R], level: Level, x_hat: &mut [R], _tape: &mut Tape) -> Result<()> {
        estimates(self, x_t, level, x_hat)
    }
}

/// The backward passes of a batch.
struct Backward<B> {
    dim: usize,
    backs: Vec<B>,
}

impl<R: Real, B: FnMut(&[R], &mut [R]) -> Result<(), BoxError>> Linearised<R> for Backward<B> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<()> {
        let expected = self.dim * self.backs.len();
        Length::check("v", v.len(), expected)?;
        Length::check("out", out.len(), expected)?;
        let vectors = v.chunks_exact(self.dim).zip(out.chunks_exact_mut(self.dim));
        for (back, (v, out)) in self.backs.iter_mut().zip(vectors) {
            back(v, out).map_err(DenoiserError::Model)?;
        }
        Ok(())
    }
}
