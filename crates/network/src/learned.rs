//! A trained network as a denoiser over one window of frames.

mod around;
mod linear;
mod open;

use crate::error::length;
use crate::{Coefficients, Keep, Manifest, Network, NetworkError, Preconditioning, Result};
pub use around::{Around, Filter};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::{Length, Real, Shape};
use equipoise_schedule::Level;
pub use linear::{Kept, Linear, OnGrid};
pub use open::Opened;

/// Bytes that the tapes of a batch may take together.
const TAPES: usize = 1 << 30;
/// Members of a batch at most.
const MOST: usize = 16;

/// x̂ of a trained network: x̂ = c_skip·x_t + c_out·F(c_in·x_t, c_time), J = c_skip·I + c_in c_out·J_F; around a
/// [`Filter`] W stands in the place of c_skip. Where F is 0 that is the filter, and an error of 1 in F is one of the
/// filter's own size at every level.
///
/// Fields are windows of w frames, of C·H·W numbers each, in C order (τ, c, i, j), in the units that the network
/// was trained in: [`Manifest::mean`] and [`Manifest::std`] lead there. A network whose channels are in another order
/// is handed them in its own. x̂ is put together in f64 whatever `R`.
///
/// J is in general not symmetric, and (σ²/μ)J is not a covariance.
#[derive(Debug)]
pub struct Learned<R: Real> {
    network: Network<R>,
    manifest: Manifest,
    around: Around<R>,
    shape: Shape,
    context: Vec<R>,
    /// For each channel of the network, the plane of a window that it takes; empty where they are in one order.
    planes: Vec<usize>,
    batch: usize,
}

impl<R: Real> Learned<R> {
    /// The denoiser of `network` on a grid of H × W points, with a context of context·H·W numbers, around the filter of
    /// its Gaussian where it has one.
    ///
    /// # Errors
    /// [`NetworkError::Architecture`] where the manifest is another network's, or names a Gaussian without which x̂ is
    /// not known, or none; [`NetworkError::Grid`]; [`NetworkError::Length`] of context or filter.
    pub fn new(
        manifest: Manifest,
        network: Network<R>,
        grid: [usize; 2],
        context: Vec<R>,
        filter: Option<Filter<R>>,
    ) -> Result<Self> {
        let around = manifest.preconditioner()?;
        if filter.is_some() != (manifest.preconditioning == Preconditioning::Wiener) {
            let expected =
                "wiener with its Gaussian, as the prior `network:…` opens it, and no other with one";
            return Err(crate::entries::fault("preconditioning", manifest.preconditioning, expected));
        }
        if manifest.architecture != *network.architecture() {
            let expected = "that of the manifest";
            return Err(crate::entries::fault("architecture", "another network", expected));
        }
        network.check_grid(grid)?;
        let shape = Shape::new(manifest.window, manifest.components, grid[0], grid[1]);
        length("context", context.len(), network.context() * shape.plane())?;
        length("filter", filter.as_ref().map_or(shape.len(), |it| it.denoiser.dim()), shape.len())?;
        let batch = network.batch(grid)?;
        let planes = manifest.planes();
        let filter = filter.map(|filter| filter.corrected_by(manifest.shares.clone()));
        Ok(Self {
            shape,
            batch,
            network,
            manifest,
            around: Around { factors: around, filter },
            context,
            planes,
        })
    }

    /// Shape of a window: (w, C, H, W).
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What the network is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The network.
    pub fn network(&self) -> &Network<R> {
        &self.network
    }

    /// What is added and multiplied at a level of any schedule.
    ///
    /// # Errors
    /// [`NetworkError::Level`] outside what the network was trained for.
    pub fn coefficients(&self, level: Level) -> Result<Coefficients> {
        self.around.at(level)
    }

    /// Runs the network at `x_t` of n members, and puts x̂ together.
    fn evaluate<'a>(
        &'a self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        keep: Keep,
        kept: &'a mut Kept<R>,
    ) -> Result<Linear<'a, R>, DenoiserError> {
        let Self { network, shape, planes, context, around, .. } = self;
        let on = OnGrid { network, shape: *shape, planes, context };
        let linear = on.linearise(x_t, self.coefficients(level).map_err(model)?, x_hat, keep, kept)?;
        match &around.filter {
            Some(filter) => linear.beside(&*filter.denoiser, level, x_t, x_hat),
            None => Ok(linear),
        }
    }
}

impl<R: Real> Denoiser<R> for Learned<R> {
    fn dim(&self) -> usize {
        self.shape.len()
    }

    /// x̂, without keeping what products need.
    ///
    /// # Errors
    /// [`DenoiserError::Model`] with [`NetworkError::Level`] outside what the network was trained for;
    /// [`DenoiserError::NotFinite`] where it makes no number of ordinary ones.
    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        self.one("x_t", x_t)?;
        self.evaluate(x_t, level, x_hat, Keep::Output, &mut Kept::default()).map(|_| ())
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.one("x_t", x_t)?;
        let (mut kept, mut x_hat) = (Kept::default(), vec![R::zero(); x_t.len()]);
        self.evaluate(x_t, level, &mut x_hat, Keep::Products, &mut kept)?.vjp(v, out)
    }

    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.one("x_t", x_t)?;
        let (mut kept, mut x_hat) = (Kept::default(), vec![R::zero(); x_t.len()]);
        self.evaluate(x_t, level, &mut x_hat, Keep::Products, &mut kept)?.jvp(v, out)
    }

    /// A network is no posterior mean.
    fn jacobian(&self) -> Jacobian {
        Jacobian::General
    }

    fn estimates(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.evaluate(x_t, level, x_hat, Keep::Output, tape.room()).map(drop)
    }

    /// As many as keep within a gibibyte, 16 at most.
    fn batch(&self) -> usize {
        self.batch
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        Ok(Box::new(self.evaluate(x_t, level, x_hat, Keep::Products, tape.room())?))
    }
}

impl<R: Real> Learned<R> {
    fn one(&self, what: &'static str, x: &[R]) -> Result<(), DenoiserError> {
        Ok(Length::check(what, x.len(), self.shape.len())?)
    }
}

impl<R: Real> Network<R> {
    /// How many members one linearisation on this grid takes best: as many as keep within a gibibyte what products
    /// need, 16 at most.
    ///
    /// # Errors
    /// [`NetworkError::Grid`].
    pub fn batch(&self, grid: [usize; 2]) -> Result<usize> {
        let kept = self.kept(grid, Keep::Products)?.saturating_mul(size_of::<R>());
        Ok((TAPES / kept.max(1)).clamp(1, MOST))
    }
}

fn model(error: NetworkError) -> DenoiserError {
    DenoiserError::Model(Box::new(error))
}

#[cfg(test)]
mod tests;
