//! A denoiser linearised at the states of a batch.

use crate::{Denoiser, DenoiserError, Result};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::any::Any;
use std::fmt;
use std::ops::Range;

/// Who writes the entries of a vector in a range.
pub type Give<'a, R> = &'a mut dyn FnMut(Range<usize>, &mut [R]);

/// Who is handed the entries of a product in a range.
pub type Take<'a, R> = &'a mut dyn FnMut(Range<usize>, &[R]);

/// J at n states of one level. Vectors are of n·D numbers, member by member; each product is of its member's
/// own J.
pub trait Linearised<R: Real> {
    /// Jᵀv of every member. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError`] when a product cannot be made.
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<()>;

    /// Jᵀv of a batch of `len` numbers in all, v asked for and the product handed over in pieces: ranges of
    /// entries, ascending, without gaps, which need not be the same for both; `give` overwrites what it is given.
    /// v is not asked for behind what was handed over. The bits are those of [`vjp`](Self::vjp), which makes it
    /// in one piece unless it is overridden; a denoiser of trajectories overrides it to hold no whole field.
    ///
    /// # Errors
    /// As [`vjp`](Self::vjp).
    fn vjp_pieces(&mut self, len: usize, give: Give<'_, R>, take: Take<'_, R>) -> Result<()> {
        let (mut v, mut out) = (vec![R::zero(); len], vec![R::zero(); len]);
        give(0..len, &mut v);
        self.vjp(&v, &mut out)?;
        take(0..len, &out);
        Ok(())
    }

    /// J v of every member. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError::Unknown`] unless the denoiser has this product.
    fn jvp(&mut self, _v: &[R], _out: &mut [R]) -> Result<()> {
        Err(DenoiserError::Unknown { what: "J v" })
    }

    /// V v of every member, V that of [`Denoiser::covariance`]: Cov[x | x_t] itself only where the denoiser is an
    /// [`ExactCovariance`](crate::ExactCovariance). Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError::Unknown`] unless the denoiser has a V.
    fn covariance(&mut self, _v: &[R], _out: &mut [R]) -> Result<()> {
        Err(DenoiserError::Unknown { what: "Cov[x | x_t] v" })
    }
}

/// What stands for J where x̂ was made alone: it refuses every product.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlinearised;

impl<R: Real> Linearised<R> for Unlinearised {
    fn vjp(&mut self, _v: &[R], _out: &mut [R]) -> Result<()> {
        Err(DenoiserError::Unlinearised { what: "Jᵀv" })
    }

    fn jvp(&mut self, _v: &[R], _out: &mut [R]) -> Result<()> {
        Err(DenoiserError::Unlinearised { what: "J v" })
    }

    fn covariance(&mut self, _v: &[R], _out: &mut [R]) -> Result<()> {
        Err(DenoiserError::Unlinearised { what: "Cov[x | x_t] v" })
    }
}

/// Room that linearisations keep their intermediate values in, owned by whoever asks for them and used again
/// and again. One tape serves one linearisation at a time, of any denoiser.
#[derive(Default)]
pub struct Tape(Option<Box<dyn Any + Send>>);

impl Tape {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was kept by the last user of this type; a new `T` where another type was kept.
    pub fn room<T: Any + Send + Default>(&mut self) -> &mut T {
        let kept = self.0.take().and_then(|kept| kept.downcast().ok()).unwrap_or_default();
        let kept: &mut Box<dyn Any + Send> = self.0.insert(kept as Box<T>);
        match kept.downcast_mut() {
            Some(room) => room,
            None => unreachable!("a box of T was put there"),
        }
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("in_use", &self.0.is_some()).finish()
    }
}

/// The linearisation that `denoise` and `vjp` make.
pub(crate) struct MemberByMember<'a, R, D: ?Sized> {
    denoiser: &'a D,
    x_t: &'a [R],
    level: Level,
}

impl<'a, R: Real, D: Denoiser<R> + ?Sized> MemberByMember<'a, R, D> {
    pub(crate) fn new(denoiser: &'a D, x_t: &'a [R], level: Level, x_hat: &mut [R]) -> Result<Self> {
        estimates(denoiser, x_t, level, x_hat)?;
        Ok(Self { denoiser, x_t, level })
    }

    fn each(
        &self,
        v: &[R],
        out: &mut [R],
        product: impl Fn(&D, &[R], &[R], &mut [R]) -> Result<()>,
    ) -> Result<()> {
        let dim = self.denoiser.dim();
        Length::check("v", v.len(), self.x_t.len())?;
        Length::check("out", out.len(), self.x_t.len())?;
        let vectors = v.chunks_exact(dim).zip(out.chunks_exact_mut(dim));
        for (x_t, (v, out)) in self.x_t.chunks_exact(dim).zip(vectors) {
            product(self.denoiser, x_t, v, out)?;
        }
        Ok(())
    }
}

impl<R: Real, D: Denoiser<R> + ?Sized> Linearised<R> for MemberByMember<'_, R, D> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<()> {
        self.each(v, out, |denoiser, x_t, v, out| denoiser.vjp(x_t, self.level, v, out))
    }

    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<()> {
        self.each(v, out, |denoiser, x_t, v, out| denoiser.jvp(x_t, self.level, v, out))
    }

    fn covariance(&mut self, v: &[R], out: &mut [R]) -> Result<()> {
        self.each(v, out, |denoiser, x_t, v, out| denoiser.covariance(x_t, self.level, v, out))
    }
}

/// x̂ of every member, by `denoise`.
pub(crate) fn estimates<R: Real, D: Denoiser<R> + ?Sized>(
    denoiser: &D,
    x_t: &[R],
    level: Level,
    x_hat: &mut [R],
) -> Result<()> {
    let dim = denoiser.dim();
    Length::members("x_t", x_t.len(), dim)?;
    Length::check("x_hat", x_hat.len(), x_t.len())?;
    let mut states = x_t.chunks_exact(dim).zip(x_hat.chunks_exact_mut(dim));
    states.try_for_each(|(x_t, x_hat)| denoiser.denoise(x_t, level, x_hat))
}
