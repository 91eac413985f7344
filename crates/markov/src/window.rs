//! The prior of a window of frames that belongs to a Gauss–Markov prior.

use crate::matrix::{adjoint, eigen, put};
use crate::prior::{Form, ModeChain, WaveChains};
use crate::{Chain, Markov, MarkovError, Number, Result};
use equipoise_covariance::{Covariance, Modes, Stationary};
use equipoise_field::{Real, Shape};
use ndarray::{Array2, Axis};
use num_complex::Complex64;
use std::sync::Arc;

/// What LAPACK is asked to factor here.
const WHAT: &str = "a window's covariance";

impl<S: Number> Chain<S> {
    /// The covariance of `frames` frames in a row, (frames·d) × (frames·d), frame by frame.
    ///
    /// # Errors
    /// As [`lagged`](Self::lagged).
    pub fn joint(&self, frames: usize) -> Result<Array2<S>> {
        let d = self.dim();
        let mut joint = Array2::zeros((frames * d, frames * d));
        for lag in 0..frames {
            let block = self.lagged(lag)?;
            let mirror = adjoint(&block);
            for t in 0..frames - lag {
                put(&mut joint, [(t + lag) * d, t * d], &block);
                put(&mut joint, [t * d, (t + lag) * d], &mirror);
            }
        }
        Ok(joint)
    }
}

impl Markov {
    /// The covariance of `frames` frames in a row: the window prior that belongs to this one, with the mean
    /// [`repeated`](Self::repeated).
    ///
    /// Modes: `frames`·r explicit modes and λ_⊥. Wavenumbers: one block of `frames`·C squared each.
    ///
    /// # Errors
    /// [`MarkovError::Size`] without a frame, [`MarkovError::Covariance`], [`MarkovError::Factor`].
    pub fn window<R: Real>(&self, frames: usize) -> Result<Arc<dyn Covariance<R>>> {
        if frames == 0 {
            return Err(MarkovError::Size { what: "frames of a window", found: 0, expected: 1 });
        }
        let shape = Shape { frames, ..self.shape() };
        match self.form() {
            Form::Modes(form) => Ok(Arc::new(form.window(shape)?)),
            Form::Wavenumbers(form) => Ok(Arc::new(form.window(shape)?)),
        }
    }
}

impl ModeChain {
    fn window<R: Real>(&self, shape: Shape) -> Result<Modes<R>> {
        let (values, vectors) = eigen(&self.chain.joint(shape.frames)?, WHAT)?;
        let (rank, count) = (self.chain.dim(), values.len());
        let mut basis = Vec::with_capacity(count * shape.len());
        for i in (0..count).rev() {
            let column = vectors.column(i).to_owned();
            for t in 0..shape.frames {
                let part = column.slice_axis(Axis(0), (t * rank..(t + 1) * rank).into());
                basis.extend(self.basis.dot(&part).iter().map(|&v| R::narrow(v)));
            }
        }
        let eigenvalues = values.iter().rev().map(|l| l.max(0.0) + self.white).collect();
        let rest = (count < shape.len()).then_some(self.white);
        Ok(Modes::new(shape.len(), basis, eigenvalues, rest)?)
    }
}

impl WaveChains {
    fn window<R: Real>(&self, shape: Shape) -> Result<Stationary<R>> {
        let (mut vectors, mut eigenvalues): (Vec<Complex64>, Vec<f64>) = (Vec::new(), Vec::new());
        for (k, chain) in self.chains.iter().enumerate() {
            let joint: Array2<Complex64> = chain.joint(shape.frames)?;
            let (l, q) = match k < self.spectrum.self_conjugate() {
                true => {
                    let (l, q) = eigen(&joint.mapv(|z| z.re), WHAT)?;
                    (l, q.mapv(|v| Complex64::new(v, 0.0)))
                }
                false => eigen(&joint, WHAT)?,
            };
            eigenvalues.extend(l.iter().rev().map(|l| l.max(0.0)));
            q.rows().into_iter().for_each(|row| vectors.extend(row.iter().rev()));
        }
        Ok(Stationary::new(shape, vectors, eigenvalues)?)
    }
}
