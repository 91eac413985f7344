//! The exact posterior of a long trajectory.

use crate::filter::{evidence, smooth};
use crate::lattices::Lattices;
use crate::modes::ModeModel;
use crate::prior::{Form, ModeChain, WaveChains};
use crate::readings::Readings;
use crate::waves::WaveModel;
use crate::{Markov, MarkovError, Result};
use equipoise_field::{Real, Shape, sketched};
use equipoise_observation::Observed;
use equipoise_stream::Stream;
use std::f64::consts::TAU;
use std::sync::Arc;

/// x | y of a trajectory of L frames, exact: what the dense posterior of all frames is, at a cost that is linear in L.
///
/// Nothing is factored ahead: every call runs the filter and the smoother.
///
/// * Modes: O(L(r³ + N_τ r² + D r)) for N_τ readings of a frame and D = C·H·W; readings between frames and those that share
///   points with them add to r. Memory beside fields: O(√L r²), and one `f64` a reading and column.
/// * Wavenumbers: with S = s_H·s_W members a block and n readings of a block, O(L D (S C n + C²)) for means and draws and
///   O(L D (S C)²) for variances; blocks run on rayon. Memory beside fields: 8 to 16 bytes a number of the trajectory, and
///   O(√L (S C)²) a thread.
///
/// All sums are `f64`, their order fixed: the same bits on any number of threads.
pub struct Posterior<R: Real> {
    markov: Markov,
    shape: Shape,
    seen: Seen<R>,
}

/// The chains of the prior with what was seen of them.
enum Seen<R: Real> {
    Points(Arc<ModeChain>, Readings<R>),
    Lattices(Arc<WaveChains>, Lattices<R>),
}

/// E[x | y] and the variance of every entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments<R> {
    /// E[x | y], (L, C, H, W).
    pub mean: Vec<R>,
    /// Var[x_i | y], (L, C, H, W).
    pub variance: Vec<R>,
}

/// log p(y) and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogEvidence {
    /// log p(y), in nats.
    pub value: f64,
    /// rᵀS⁻¹r, r = y − A m: χ² with N degrees of freedom where prior and noise are right.
    pub squared_innovation: f64,
    /// log det S, S = A Σ Aᵀ + diag(s²).
    pub log_determinant: f64,
}

impl Markov {
    /// The posterior of `frames` frames under an observation of all of them.
    ///
    /// Modes take any operator that tells its rows or selects entries: lattices, masks, sensors that change with time
    /// and lie between frames, frames without a reading. Wavenumbers take lattices whose strides divide the grid, of
    /// any planes and frames, each with one noise. Noises are above 0.
    ///
    /// # Errors
    /// [`MarkovError::Size`] for an operator on other fields, [`MarkovError::Observation`], [`MarkovError::Refused`],
    /// [`MarkovError::Refused`], [`MarkovError::Blas`].
    pub fn posterior<R: Real>(&self, frames: usize, observed: &Observed<R>) -> Result<Posterior<R>> {
        equipoise_blas::require_single_thread()?;
        let shape = Shape { frames, ..self.shape() };
        let seen = match self.form() {
            Form::Modes(form) => {
                Seen::Points(Arc::clone(form), Readings::new(observed, shape.frame(), frames)?)
            }
            Form::Wavenumbers(form) => {
                Seen::Lattices(Arc::clone(form), Lattices::new(observed, self.shape(), frames)?)
            }
        };
        Ok(Posterior { markov: self.clone(), shape, seen })
    }
}

impl<R: Real> Posterior<R> {
    /// (L, C, H, W).
    pub fn shape(&self) -> Shape {
        self.shape
    }

    fn readings(&self) -> &Readings<R> {
        match &self.seen {
            Seen::Points(_, readings) => readings,
            Seen::Lattices(_, lattices) => &lattices.readings,
        }
    }

    /// log p(y) = −½ [rᵀS⁻¹r + log det S + N log 2π]: one forward pass.
    ///
    /// # Errors
    /// [`MarkovError::Factor`].
    pub fn log_evidence(&self) -> Result<LogEvidence> {
        let columns = [self.readings().residual(self.markov.mean())];
        let found = match &self.seen {
            Seen::Points(form, readings) => evidence(&ModeModel::new(form, readings, &columns))?,
            Seen::Lattices(form, lattices) => WaveModel::new(form, lattices, &columns)?.evidence()?,
        };
        let value =
            -0.5 * (found.quadratic + found.log_determinant + self.readings().count() as f64 * TAU.ln());
        let (squared_innovation, log_determinant) = (found.quadratic, found.log_determinant);
        Ok(LogEvidence { value, squared_innovation, log_determinant })
    }

    /// E[x | y], (L, C, H, W).
    ///
    /// # Errors
    /// [`MarkovError::Factor`].
    pub fn mean(&self) -> Result<Vec<R>> {
        let columns = [self.readings().residual(self.markov.mean())];
        let mut out = [self.markov.repeated(self.shape.frames)];
        self.add_update(&columns, &mut out)?;
        let [mean] = out;
        Ok(mean)
    }

    /// A draw of x | y, an exact joint sample over the whole trajectory: draw number `draw` of the prior, moved by the
    /// update of its own readings (Matheron's rule; Journel & Huijbregts 1978).
    ///
    /// # Errors
    /// [`MarkovError::Factor`].
    pub fn sample(&self, stream: Stream, draw: u64) -> Result<Vec<R>> {
        let x: Vec<R> = self.markov.sample(self.shape.frames, stream, draw)?;
        let readings = self.readings();
        let noise: Vec<f64> = stream.text("noise").normal(draw, readings.count());
        let mut column = readings.residual_of(|index| x[index].wide());
        column.iter_mut().zip(noise).enumerate().for_each(|(i, (r, n))| *r -= readings.noise(i).sqrt() * n);
        let mut out = [x];
        self.add_update(&[column], &mut out)?;
        let [x] = out;
        Ok(x)
    }

    /// Var[x_i | y] of every entry, (L, C, H, W).
    ///
    /// # Errors
    /// [`MarkovError::Factor`]; [`MarkovError::Refused`] where rounding left no variance.
    pub fn variance(&self) -> Result<Vec<R>> {
        Ok(self.moments()?.variance)
    }

    /// Mean and variance of every entry; for modes in one run.
    ///
    /// # Errors
    /// As [`variance`](Self::variance).
    pub fn moments(&self) -> Result<Moments<R>> {
        let columns = [self.readings().residual(self.markov.mean())];
        let mut mean: Vec<R> = self.markov.repeated(self.shape.frames);
        let mut variance = vec![R::zero(); mean.len()];
        match &self.seen {
            Seen::Points(form, readings) => {
                let (model, size) = (ModeModel::new(form, readings, &columns), self.shape.frame());
                smooth(&model, true, |t, known| {
                    add(&mut mean[t * size..(t + 1) * size], model.update(&known).column(0).iter());
                    if let Some(spread) = &known.spread {
                        let found = model.variance(&known.frame.detail, spread);
                        let out = variance[t * size..(t + 1) * size].iter_mut();
                        out.zip(found).for_each(|(out, v)| *out = R::narrow(v));
                    }
                    Ok(())
                })?;
            }
            Seen::Lattices(form, lattices) => {
                let model = WaveModel::new(form, lattices, &columns)?;
                let mut out = [mean];
                model.add_update(&mut out)?;
                [mean] = out;
                variance = model.variance()?;
            }
        }
        match variance.iter().position(|v| v.is_nan() || v.wide() < 0.0) {
            Some(index) => Err(MarkovError::refused(
                format!("posterior variance of entry {index}"),
                format!("{:e}", variance[index].wide()),
                "at least 0; the noise is too far below the prior",
            )),
            None => Ok(Moments { mean, variance }),
        }
    }

    /// out += Σ Aᵀ S⁻¹ r for every column r of readings.
    fn add_update(&self, columns: &[Vec<f64>], out: &mut [Vec<R>]) -> Result<()> {
        match &self.seen {
            Seen::Points(form, readings) => {
                let (model, size) = (ModeModel::new(form, readings, columns), self.shape.frame());
                smooth(&model, false, |t, known| {
                    let update = model.update(&known);
                    for (out, update) in out.iter_mut().zip(update.columns()) {
                        add(&mut out[t * size..(t + 1) * size], update.iter());
                    }
                    Ok(())
                })
            }
            Seen::Lattices(form, lattices) => WaveModel::new(form, lattices, columns)?.add_update(out),
        }
    }
}

fn add<'a, R: Real>(out: &mut [R], update: impl Iterator<Item = &'a f64>) {
    out.iter_mut().zip(update).for_each(|(x, u)| *x = R::narrow(x.wide() + u));
}

sketched!([R: Real] Posterior<R>, "Posterior", |own| shape = own.shape);

#[cfg(test)]
mod tests;
