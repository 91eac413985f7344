//! The affine map of a vector.

use super::{At, Extent, Operation, Scratch, add};
use equipoise_field::{Real, sum};

/// y = w x + b, PyTorch's `Linear`: x (inputs), w (outputs, inputs), b (outputs).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear {
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
}

impl Linear {
    /// Adds w x to y.
    fn multiply<R: Real>(&self, w: &[R], x: &[R], y: &mut [R]) {
        for (y, w) in y.iter_mut().zip(w.chunks_exact(self.inputs)) {
            *y += R::narrow(sum::dot(w, x));
        }
    }
}

impl<R: Real> Operation<R> for Linear {
    fn extent(&self, _: &[Extent]) -> Result<Extent, String> {
        Ok(Extent::vector(self.outputs))
    }

    fn needs(&self, k: usize) -> &'static [usize] {
        [&[1][..], &[0], &[]][k]
    }

    fn forward(&self, at: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        y.copy_from_slice(at.values[2]);
        self.multiply(at.values[1], at.values[0], y);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        match k {
            0 => self.multiply(at.values[1], v, y),
            1 => self.multiply(v, at.values[0], y),
            _ => add(y, v),
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, x: &mut [R]) {
        match k {
            0 => {
                let w = at.values[1];
                for (j, x) in x.iter_mut().enumerate() {
                    let term = |i: usize| w[i * self.inputs + j].wide() * v[i].wide();
                    *x += R::narrow(sum::of(self.outputs, term));
                }
            }
            1 => {
                for (w, &v) in x.chunks_exact_mut(self.inputs).zip(v) {
                    w.iter_mut().zip(at.values[0]).for_each(|(w, &x)| *w += v * x);
                }
            }
            _ => add(x, v),
        }
    }
}
