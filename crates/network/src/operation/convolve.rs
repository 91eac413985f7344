//! Convolution with bias.

use super::{At, Extent, Operation, Scratch, total};
use crate::Padding;
use equipoise_convolution::Convolution;
use equipoise_field::Real;

/// y = w ∗ x + b, PyTorch's `Conv2d` (a correlation) with padding kernel/2: x (C, H, W), w (filters, C, kh, kw),
/// b (filters), y (filters, ⌈H/s⌉, ⌈W/s⌉); of a finer x, x_{⌊i/f⌋⌊j/f⌋} in the place of x_{ij}, PyTorch's `Upsample` to
/// the nearest ahead of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Convolve {
    pub(crate) filters: usize,
    pub(crate) channels: usize,
    pub(crate) kernel: [usize; 2],
    pub(crate) finer: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [Padding; 2],
}

impl Convolve {
    /// The shape of w.
    pub(crate) fn shape(&self) -> [usize; 4] {
        [self.filters, self.channels, self.kernel[0], self.kernel[1]]
    }

    fn convolution(&self) -> Convolution {
        let Self { filters, channels, kernel, finer, stride, padding } = *self;
        let circular = padding.map(|padding| padding == Padding::Circular);
        Convolution { filters, channels, kernel, finer, stride, circular }
    }
}

impl<R: Real> Operation<R> for Convolve {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        let (convolution, grid) = (self.convolution(), inputs[0].grid());
        if !convolution.wraps_once(grid) {
            let [h, w] = self.kernel;
            return Err(format!(
                "one on whose depths a kernel of {h} x {w} points with circular padding wraps around once at most"
            ));
        }
        let [height, width] = convolution.target(grid);
        Ok(Extent { channels: self.filters, height, width })
    }

    fn needs(&self, k: usize) -> &'static [usize] {
        [&[1][..], &[0], &[]][k]
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        let [x, w, bias] = at.values;
        self.convolution().apply(at.extents[0].grid(), x, w, Some(bias), y, &mut scratch.room);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, y: &mut [R]) {
        let ([x, w, _], grid, room) = (at.values, at.extents[0].grid(), &mut scratch.room);
        match k {
            0 => self.convolution().apply(grid, v, w, None, y, room),
            1 => self.convolution().apply(grid, x, v, None, y, room),
            _ => y.chunks_exact_mut(self.filters).for_each(|y| super::add(y, v)),
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        let (grid, room) = (at.extents[0].grid(), &mut scratch.room);
        match k {
            0 => self.convolution().adjoint(grid, v, at.values[1], x, room),
            1 => self.convolution().correlate(grid, &[[at.values[0], v]], x, room),
            _ => total(v, x),
        }
    }

    fn gradient(&self, members: &[(At<'_, R>, &[R])], k: usize, scratch: &mut Scratch<R>, x: &mut [R]) {
        match (k, members) {
            (1, [(at, _), ..]) => {
                let pairs: Vec<_> = members.iter().map(|(at, v)| [at.values[0], *v]).collect();
                self.convolution().correlate(at.extents[0].grid(), &pairs, x, &mut scratch.room);
            }
            _ => members.iter().for_each(|&(at, v)| self.vjp(at, k, v, scratch, x)),
        }
    }
}
