//! Training samples that are read from an HDF5 store in portions.

use crate::{PriorError, Result};
use equipoise_data::store::{Element, Reader};
use equipoise_field::Length;
use equipoise_locality::{LocalityError, Samples};
use std::ops::Range;
use std::path::Path;

/// Samples along the first axis of an array of a store, read when they are needed.
///
/// Results do not depend on the size of a portion. The file is read once for every pass of a
/// denoiser over its training set.
#[derive(Debug)]
pub struct Stored {
    reader: Reader,
    name: String,
    count: usize,
    dim: usize,
    portion: usize,
}

impl Stored {
    /// The array `name` (n × anything) of the store at `path`, read `portion` samples at a time.
    ///
    /// # Errors
    /// [`PriorError::Data`] when the store or the array cannot be opened, [`PriorError::Training`] for a
    /// portion of 0.
    pub fn open(path: &Path, name: &str, portion: usize) -> Result<Self> {
        let reader = Reader::open(path)?;
        let shape = reader.shape(name)?;
        let count = shape.first().copied().unwrap_or(0);
        if portion == 0 {
            let fault = Length { what: "portion of samples", found: 0, expected: 1 }.into();
            return Err(PriorError::Training { path: path.to_owned(), source: Box::new(fault) });
        }
        Ok(Self { reader, name: name.into(), count, dim: shape.iter().skip(1).product(), portion })
    }
}

impl<R: Element> Samples<R> for Stored {
    fn count(&self) -> usize {
        self.count
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn visit(&self, range: Range<usize>, each: &mut dyn FnMut(usize, &[R])) -> Result<(), LocalityError> {
        for first in range.clone().step_by(self.portion) {
            let rows = first..range.end.min(first + self.portion);
            let values = self.reader.rows::<R>(&self.name, rows);
            let values = values.map_err(|fault| LocalityError::Samples(Box::new(fault)))?;
            for (i, x) in values.chunks_exact(self.dim.max(1)).enumerate() {
                each(first + i, x);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_data::store::{Existing, Writer};
    use equipoise_denoiser::{Denoiser, DenoiserError};
    use equipoise_field::{Boundary, Shape};
    use equipoise_locality::{Memory, Optimal, Patch, Pixelwise, Training};
    use equipoise_schedule::Level;
    use equipoise_stream::Stream;
    use std::sync::Arc;

    const LEVEL: Level = Level { mu: 0.8, sigma: 3.0 };

    /// x̂ and Jᵀx_t at x_t.
    fn products(denoiser: &dyn Denoiser<f64>, x_t: &[f64]) -> Vec<f64> {
        let (mut x_hat, mut product) = (vec![f64::NAN; x_t.len()], vec![f64::NAN; x_t.len()]);
        denoiser.denoise(x_t, LEVEL, &mut x_hat).unwrap();
        denoiser.vjp(x_t, LEVEL, x_t, &mut product).unwrap();
        x_hat.into_iter().chain(product).collect()
    }

    fn both(training: Training<f64>, x_t: &[f64]) -> [Vec<f64>; 2] {
        let local = Pixelwise::local(training.clone(), Patch::square(1, Boundary::Periodic));
        [products(&Optimal::new(training), x_t), products(&local, x_t)]
    }

    /// Portions that samples are read in change no bit, and are those of samples in memory.
    #[test]
    fn portions_change_nothing() {
        let (shape, count) = (Shape::new(1, 2, 4, 6), 45);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("training.h5");
        let values: Vec<f64> = Stream::new("samples").normal(0, count * shape.len());
        let writer = Writer::create(&path, Existing::Refuse).unwrap();
        writer.write("x", &[count, 2, 4, 6], &values).unwrap();
        writer.finish().unwrap();
        let x_t: Vec<f64> = Stream::new("x_t").normal(0, shape.len());
        let memory = Memory::new(values, shape.len()).unwrap();
        let expected = both(Training::new(shape, Arc::new(memory)).unwrap(), &x_t);
        for portion in [1, 7, 16, 45, 1000] {
            let stored = Arc::new(Stored::open(&path, "x", portion).unwrap());
            assert_eq!(both(Training::new(shape, stored).unwrap(), &x_t), expected);
        }
        let missing = Stored::open(&path, "y", 1).unwrap_err();
        assert!(matches!(missing, PriorError::Data(_)), "{missing}");
        assert!(matches!(Stored::open(&path, "x", 0), Err(PriorError::Training { .. })));
        // The elements are asked for when they are read.
        let single = Training::<f32>::new(shape, Arc::new(Stored::open(&path, "x", 4).unwrap())).unwrap();
        let refused = Optimal::new(single).denoise(&[0.0; 48], LEVEL, &mut [0.0; 48]).unwrap_err();
        assert!(matches!(refused, DenoiserError::Model(_)), "{refused}");
    }
}
