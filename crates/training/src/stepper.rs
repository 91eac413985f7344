//! Loss and gradient of a batch.

use crate::{Loss, Result};
use equipoise_field::{Length, Real, Shape};
use equipoise_network::{Around, Coefficients, Input, Keep, Network, Room};
use equipoise_schedule::Level;

/// n windows with the noise and the level of each: x_t = μx + σε.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, R> {
    /// Clean windows, n·D numbers, normalised units.
    pub x: &'a [R],
    /// ε, n·D standard normal deviates.
    pub noise: &'a [R],
    /// The level of each member.
    pub levels: &'a [Level],
}

/// A network under training, with its buffers.
#[derive(Debug)]
pub struct Stepper<R: Real> {
    network: Network<R>,
    around: Around<R>,
    loss: Loss,
    shape: Shape,
    context: Vec<R>,
    room: Room<R>,
    into: Vec<R>,
    from: Vec<R>,
    /// x̂ − x.
    errors: Vec<f64>,
    at: Vec<Coefficients>,
}

impl<R: Real> Stepper<R> {
    /// Of a network over windows of this shape, with a context of context·H·W numbers.
    ///
    /// # Errors
    /// [`crate::TrainingError::Length`] where the parts are not over the same fields; [`crate::TrainingError::Network`] for the grid.
    pub fn new(
        network: Network<R>,
        around: Around<R>,
        loss: Loss,
        shape: Shape,
        context: Vec<R>,
    ) -> Result<Self> {
        let plane = shape.plane();
        let filtered = around.filter.as_ref().map_or(shape.len(), |filter| filter.denoiser.dim());
        for (what, found, expected) in [
            ("channels of the network", network.channels() * plane, shape.len()),
            ("outputs of the network", network.outputs() * plane, shape.len()),
            ("Wiener filter", filtered, shape.len()),
            ("context", context.len(), network.context() * plane),
        ] {
            Length::check(what, found, expected)?;
        }
        network.check_grid([shape.height, shape.width])?;
        let (into, from, errors, at) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { network, around, loss, shape, context, room: Room::default(), into, from, errors, at })
    }

    /// The network.
    pub fn network(&self) -> &Network<R> {
        &self.network
    }

    /// The network, to set its parameters.
    pub fn network_mut(&mut self) -> &mut Network<R> {
        &mut self.network
    }

    /// Shape of a window.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The loss, the mean over members of w·mean (x − x̂)², and its gradient in the order of
    /// [`Network::parameters`]. Overwrites `gradient`. Members run side by side; the bits depend on no thread.
    ///
    /// # Errors
    /// [`crate::TrainingError::Length`], [`crate::TrainingError::Network`] for a level that the network is not for.
    pub fn gradient(&mut self, batch: Batch<'_, R>, gradient: &mut [R]) -> Result<f64> {
        let (dim, count) = (self.shape.len(), batch.levels.len());
        self.prepare(batch)?;
        let Self { network, around: _, loss, shape, context, room, into, from, errors, at } = self;
        let times: Vec<f64> = at.iter().map(|at| at.time).collect();
        let input = Input { grid: [shape.height, shape.width], x: into, c_time: &times, context };
        let mut run = network.run(input, Keep::Gradients, from, room)?;
        let mut total = 0.0;
        for (member, (at, level)) in at.iter().zip(batch.levels).enumerate() {
            let errors = &mut errors[member * dim..][..dim];
            let weight = loss.weight(*level, at.out);
            let factor = 2.0 * weight * at.out / (dim * count) as f64;
            let from = &mut from[member * dim..][..dim];
            errors.iter_mut().zip(&*from).for_each(|(error, f)| *error += at.out * f.wide());
            total += weight * mean_square(errors) / count as f64;
            from.iter_mut().zip(&*errors).for_each(|(f, error)| *f = R::narrow(factor * error));
        }
        run.gradients(from, gradient)?;
        Ok(total)
    }

    /// x̂ − x of every member, n·D numbers.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn errors(&mut self, batch: Batch<'_, R>) -> Result<&[f64]> {
        let dim = self.shape.len();
        self.prepare(batch)?;
        let Self { network, shape, context, room, into, from, errors, at, .. } = self;
        let times: Vec<f64> = at.iter().map(|at| at.time).collect();
        let input = Input { grid: [shape.height, shape.width], x: into, c_time: &times, context };
        network.run(input, Keep::Output, from, room)?;
        for (member, at) in at.iter().enumerate() {
            let parts = errors[member * dim..][..dim].iter_mut().zip(&from[member * dim..][..dim]);
            parts.for_each(|(error, f)| *error += at.out * f.wide());
        }
        Ok(errors)
    }

    /// W x_t − x of every member, or what stands in the place of the filter, without the network's part.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn uncorrected(&mut self, batch: Batch<'_, R>) -> Result<&[f64]> {
        self.prepare(batch)?;
        Ok(&self.errors)
    }

    /// What goes into the network, and the error without its part.
    fn prepare(&mut self, batch: Batch<'_, R>) -> Result<()> {
        let (dim, count) = (self.shape.len(), batch.levels.len());
        for (what, found) in [("windows of a batch", batch.x.len()), ("noise of a batch", batch.noise.len())]
        {
            if found != count * dim || count == 0 {
                return Err(Length { what, found, expected: count.max(1) * dim }.into());
            }
        }
        self.at.clear();
        self.into.resize(count * dim, R::zero());
        self.from.resize(count * dim, R::zero());
        self.errors.resize(count * dim, 0.0);
        let mut noisy = vec![R::zero(); dim];
        for (member, level) in batch.levels.iter().enumerate() {
            let at = self.around.at(*level)?;
            let of = member * dim..(member + 1) * dim;
            let (x, noise) = (&batch.x[of.clone()], &batch.noise[of.clone()]);
            let (into, errors) = (&mut self.into[of.clone()], &mut self.errors[of]);
            for (((into, error), x), noise) in into.iter_mut().zip(&mut *errors).zip(x).zip(noise) {
                let x_t = level.mu * x.wide() + level.sigma * noise.wide();
                *into = R::narrow(at.scale * x_t);
                *error = at.skip * x_t - x.wide();
            }
            if let Some(filter) = &self.around.filter {
                for ((noisy, x), noise) in noisy.iter_mut().zip(x).zip(noise) {
                    *noisy = R::narrow(level.mu * x.wide() + level.sigma * noise.wide());
                }
                let mut filtered = vec![R::zero(); dim];
                filter.denoiser.denoise(&noisy, *level, &mut filtered)?;
                errors.iter_mut().zip(&filtered).for_each(|(error, w)| *error += w.wide());
            }
            self.at.push(at);
        }
        Ok(())
    }
}

/// The mean of squares, in blocks of one order.
pub(crate) fn mean_square(values: &[f64]) -> f64 {
    equipoise_field::sum::squared_norm(values) / values.len().max(1) as f64
}

#[cfg(test)]
mod tests;
