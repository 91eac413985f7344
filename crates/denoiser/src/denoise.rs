//! The trait, and what some denoisers know beyond it.

use crate::linearise::MemberByMember;
use crate::{DenoiserError, Linearised, Result, Tape};
use equipoise_field::{Real, sketched};
use equipoise_schedule::Level;
use std::sync::Arc;

/// What is known of the Jacobian J = ∂x̂/∂x_t of a denoiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jacobian {
    /// (μ/σ²) Cov[x | x_t], as that of x̂ = E[x | x_t] is: symmetric, and nowhere negative.
    Symmetric,
    /// That of an estimate which is no posterior mean, as a network's or a composition's: it need be neither
    /// symmetric nor positive, so that (σ²/μ)J need not be a covariance.
    General,
}

/// An estimate x̂(x_t) of E[x | x_t = μx + σε] and its Jacobian J = ∂x̂/∂x_t.
///
/// `dim`, `denoise` and `vjp` make a denoiser. Whoever needs x̂ and products with J at one state, as most
/// methods do, calls [`linearise`](Self::linearise), for a batch of members at once, and who needs x̂ alone
/// [`estimates`](Self::estimates); a model that can run forward once for all of them, such as a network,
/// overrides both with [`batch`](Self::batch).
/// [`check_denoiser`](crate::check_denoiser), [`check_jvp`](crate::check_jvp) and
/// [`check_batch`](crate::check_batch) hold the forms to each other.
pub trait Denoiser<R: Real>: Send + Sync {
    /// D, the length of a field.
    fn dim(&self) -> usize;

    /// x̂ from x_t, of one member. Overwrites `x_hat`.
    ///
    /// # Errors
    /// [`DenoiserError`] when the estimate cannot be made.
    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<()>;

    /// Jᵀv at x_t, of one member. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError`] when the product cannot be made.
    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<()>;

    /// J v at x_t, of one member, where the denoiser has that product. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError::Unknown`] unless it is overridden.
    fn jvp(&self, _x_t: &[R], _level: Level, _v: &[R], _out: &mut [R]) -> Result<()> {
        Err(DenoiserError::Unknown { what: "J v" })
    }

    /// V v at x_t, of one member. V is Cov[x | x_t] itself of an [`ExactCovariance`], and of no other denoiser unless
    /// it says so: a composite of windows has one that stands in for it, symmetric and nowhere negative where those
    /// of the windows are. That there is a V does not tell that Cov[x | x_t] is known. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError::Unknown`] unless it is overridden.
    fn covariance(&self, _x_t: &[R], _level: Level, _v: &[R], _out: &mut [R]) -> Result<()> {
        Err(DenoiserError::Unknown { what: "Cov[x | x_t] v" })
    }

    /// What is known of J. A posterior mean has [`Jacobian::Symmetric`], which is what this says unless it is
    /// overridden; whatever is no posterior mean says [`Jacobian::General`], and methods that take (σ²/μ)J for a
    /// covariance say so to their users.
    fn jacobian(&self) -> Jacobian {
        Jacobian::Symmetric
    }

    /// How many members one [`linearise`](Self::linearise) takes best. Ensembles are drawn in batches of so
    /// many, side by side; 1 leaves all threads to different members.
    fn batch(&self) -> usize {
        1
    }

    /// The model at n states of one level, `x_t` of n·D numbers, member by member: overwrites `x_hat`, n·D
    /// too, and returns J at each of them, which may keep what it needs in `tape`.
    ///
    /// The bits of a member depend neither on n nor on its place.
    ///
    /// # Errors
    /// [`DenoiserError`] when an estimate cannot be made.
    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        _tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>> {
        Ok(Box::new(MemberByMember::new(self, x_t, level, x_hat)?))
    }

    /// x̂ at n states of one level, without J: overwrites `x_hat`, of n·D numbers as `x_t` is. It has the bits
    /// that [`linearise`](Self::linearise) writes, which makes it unless it is overridden; a model that would
    /// keep what products with J need overrides it to keep nothing.
    ///
    /// # Errors
    /// [`DenoiserError`] when an estimate cannot be made.
    fn estimates(&self, x_t: &[R], level: Level, x_hat: &mut [R], tape: &mut Tape) -> Result<()> {
        self.linearise(x_t, level, x_hat, tape).map(drop)
    }
}

sketched!([R: Real] dyn Denoiser<R> + '_, "Denoiser", |own| dim = own.dim());

/// A denoiser whose [`covariance`](Denoiser::covariance) is V = Cov[x | x_t] itself, in closed form, and so
/// is that of its linearisations.
pub trait ExactCovariance<R: Real>: Denoiser<R> {}

sketched!([R: Real] dyn ExactCovariance<R> + '_, "ExactCovariance", |own| dim = own.dim());

/// ln p(y | x) of a field x, up to a constant.
pub type LogLikelihood<'a, R> = dyn Fn(&[R]) -> f64 + Sync + 'a;

/// Mean and variance of every entry of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// The mean, D numbers.
    pub mean: Vec<f64>,
    /// The variance, D numbers.
    pub variance: Vec<f64>,
}

/// The exact denoiser of a distribution on finitely many fields x_i with probabilities p_i.
///
/// Such a prior is its own conjugate: given any observation, x lies on the same fields with
/// p(x_i | y) ∝ p_i p(y | x_i), so that posterior and guidance are known exactly.
pub trait Empirical<R: Real>: ExactCovariance<R> {
    /// The denoiser E[x | x_t, y] of the prior given y.
    ///
    /// # Errors
    /// [`DenoiserError`] when the fields cannot be read, or a likelihood is no number.
    fn given(&self, log_likelihood: &LogLikelihood<'_, R>) -> Result<Arc<dyn Empirical<R>>>;

    /// Mean and variance of x, without an x_t.
    ///
    /// # Errors
    /// [`DenoiserError`] when the fields cannot be read.
    fn moments(&self) -> Result<Moments>;
}

sketched!([R: Real] dyn Empirical<R> + '_, "Empirical", |own| dim = own.dim());
