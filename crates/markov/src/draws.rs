//! Draws of a Gauss–Markov prior.

use crate::lattices::{pack, unpacked};
use crate::prior::{Form, ModeChain, WaveChains};
use crate::{Markov, Result};
use equipoise_field::{Real, Shape};
use equipoise_stream::Stream;
use ndarray::Array1;

impl Markov {
    /// A draw of a trajectory of `frames` frames, (L, C, H, W): draw number `draw` of the stream, which that of a longer
    /// trajectory begins with.
    ///
    /// # Errors
    /// [`MarkovError::Blas`](crate::MarkovError::Blas).
    pub fn sample<R: Real>(&self, frames: usize, stream: Stream, draw: u64) -> Result<Vec<R>> {
        equipoise_blas::require_single_thread()?;
        let mut out: Vec<R> = Vec::with_capacity(frames * self.shape().len());
        let add = |x: &[f64]| out.extend(x.iter().zip(self.mean()).map(|(x, m)| R::narrow(x + m)));
        match self.form() {
            Form::Modes(form) => form.draw(frames, stream, draw, add),
            Form::Wavenumbers(form) => form.draw(self.shape(), frames, stream, draw, add),
        }
        Ok(out)
    }
}

impl ModeChain {
    fn draw(&self, frames: usize, stream: Stream, draw: u64, mut add: impl FnMut(&[f64])) {
        let (chained, white) = (stream.text("chain").number(draw), stream.text("white").number(draw));
        let chain = &self.chain;
        let mut a = Array1::<f64>::zeros(chain.dim());
        let mut rest = vec![0.0; self.basis.nrows()];
        for t in 0..frames {
            let xi = Array1::from(chained.normal::<f64>(t as u64, a.len()));
            a = match t {
                0 => chain.root().dot(&xi),
                _ => chain.transition().dot(&a) + chain.innovation_root().dot(&xi),
            };
            white.fill_normal(t as u64, &mut rest);
            let modes = self.basis.dot(&a);
            rest.iter_mut().zip(&modes).for_each(|(e, x)| *e = x + self.white.sqrt() * *e);
            add(&rest);
        }
    }
}

impl WaveChains {
    fn draw(&self, shape: Shape, frames: usize, stream: Stream, draw: u64, mut add: impl FnMut(&[f64])) {
        let (chained, spectrum) = (stream.text("chain").number(draw), &self.spectrum);
        let (mut packed, mut field) = (vec![0.0; shape.frame()], vec![0.0; shape.frame()]);
        for t in 0..frames {
            let xi: Vec<f64> = chained.normal(t as u64, shape.frame());
            for (k, chain) in self.chains.iter().enumerate() {
                let at = |from: &[f64]| -> Array1<_> {
                    from.chunks(shape.plane()).map(|plane| unpacked(spectrum, plane, k)).collect()
                };
                let (xi, before) = (at(&xi), at(&packed));
                let x = match t {
                    0 => chain.root().dot(&xi),
                    _ => chain.transition().dot(&before) + chain.innovation_root().dot(&xi),
                };
                for (plane, z) in packed.chunks_mut(shape.plane()).zip(x) {
                    pack(spectrum, plane, k, z);
                }
            }
            spectrum.backward(&packed, &mut field);
            add(&field);
        }
    }
}
