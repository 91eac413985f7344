//! Convolutions of pixels whose channels lie side by side, with both adjoints, in blocks held in registers.
//!
//! A [`Convolution`] is PyTorch's `Conv2d` (a correlation) with padding ⌊kernel/2⌋, zeros or circular along each
//! axis. Fields are pixel-major: (H, W, C), the channels of a pixel side by side. In f32 kernels of 3 × 3 points with
//! stride 1 are Winograd's F(2 × 2, 3 × 3) (Lavin and Gray 2016, eq. 8), all others products with gathered pixels;
//! both run in blocks of 8 × 32 sums in the widest vectors of the processor. f64 takes products of whole matrices.
//!
//! A number of a result is the same sum in the same order whatever stands beside it: on any number of shares, in
//! any batch.

mod block;
mod geometry;
mod plain;
mod room;
mod separable;
mod single;
mod winograd;

pub mod pixels;

pub use room::Room;

use equipoise_field::{Real, by_element};
use geometry::Geometry;

/// y = w ∗ x + b: x (H, W, channels), w (filters, channels, kh, kw) as in PyTorch, b (filters),
/// y (⌈H/s⌉, ⌈W/s⌉, filters). Kernels have odd lengths. Of a finer x, H and W are those of the finer grid, on which every
/// point of x stands f_h × f_w times (PyTorch's `Upsample` to the nearest): that grid is never made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Channels of y.
    pub filters: usize,
    /// Channels of x.
    pub channels: usize,
    /// Points of the kernel along H and W.
    pub kernel: [usize; 2],
    /// Points of the finer grid for each of x, along H and W: (f_h, f_w).
    pub finer: [usize; 2],
    /// Points of x between those that neighbours of y stand on, along H and W.
    pub stride: [usize; 2],
    /// Whether the padding along H and W is circular, and not zeros.
    pub circular: [bool; 2],
}

/// x, w, bias, y.
type Apply<R> = fn(&Geometry, &[R], &[R], Option<&[R]>, &mut [R], &mut Room<R>);
/// v, w, x.
type Adjoint<R> = fn(&Geometry, &[R], &[R], &mut [R], &mut Room<R>);
/// Pairs of x and v, w.
type Correlate<R> = fn(&Geometry, &[[&[R]; 2]], &mut [R], &mut Room<R>);

/// What is computed differently for each element.
#[derive(Clone, Copy)]
struct Kernels<R> {
    apply: Apply<R>,
    adjoint: Adjoint<R>,
    correlate: Correlate<R>,
}

fn kernels<R: Real>() -> Kernels<R> {
    by_element::<R, Kernels<R>>(single::KERNELS, plain::KERNELS)
}

impl Convolution {
    /// The shape of w.
    pub fn shape(&self) -> [usize; 4] {
        [self.filters, self.channels, self.kernel[0], self.kernel[1]]
    }

    /// The grid of y where x has `grid`.
    pub fn target(&self, grid: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| self.finer(grid)[axis].div_ceil(self.stride[axis]))
    }

    /// The finer grid of an x on `grid`.
    fn finer(&self, grid: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| grid[axis] * self.finer[axis])
    }

    fn check_weights(&self, found: usize) {
        assert_eq!(found, self.shape().iter().product::<usize>(), "convolution: numbers of w");
    }

    /// Whether circular padding takes each point of `grid` once at most, as PyTorch demands. All else is for such
    /// grids.
    pub fn wraps_once(&self, grid: [usize; 2]) -> bool {
        let finer = self.finer(grid);
        (0..2).all(|axis| !self.circular[axis] || self.kernel[axis] / 2 <= finer[axis])
    }

    /// y = w ∗ x + b where there is a bias, else adds w ∗ x to y. `grid` is that of x.
    ///
    /// # Panics
    /// If a length is another than the shapes say.
    pub fn apply<R: Real>(
        &self,
        grid: [usize; 2],
        x: &[R],
        w: &[R],
        bias: Option<&[R]>,
        y: &mut [R],
        room: &mut Room<R>,
    ) {
        let geometry = Geometry::new(*self, grid);
        geometry.check(x.len(), y.len());
        self.check_weights(w.len());
        assert!(bias.is_none_or(|bias| bias.len() == self.filters), "convolution: one bias a filter");
        (kernels::<R>().apply)(&geometry, x, w, bias, y, room);
    }

    /// Adds the adjoint of x ↦ w ∗ x at `v`, of y's shape, to x.
    ///
    /// # Panics
    /// If a length is another than the shapes say.
    pub fn adjoint<R: Real>(&self, grid: [usize; 2], v: &[R], w: &[R], x: &mut [R], room: &mut Room<R>) {
        let geometry = Geometry::new(*self, grid);
        geometry.check(x.len(), v.len());
        self.check_weights(w.len());
        if self.finer == [1, 1] {
            return (kernels::<R>().adjoint)(&geometry, v, w, x, room);
        }
        let (of, fine) = (Self { finer: [1, 1], ..*self }, self.finer(grid));
        let mut made = std::mem::take(&mut room.finer);
        made.clear();
        made.resize(fine[0] * fine[1] * self.channels, R::zero());
        (kernels::<R>().adjoint)(&Geometry::new(of, fine), v, w, &mut made, room);
        pixels::add_finer(&made, fine, self.finer, x);
        room.finer = made;
    }

    /// Adds the adjoint of w ↦ w ∗ x at v to w, as PyTorch orders it, for all `pairs` [x, v] one after the other.
    ///
    /// # Panics
    /// If a length is another than the shapes say.
    pub fn correlate<R: Real>(&self, grid: [usize; 2], pairs: &[[&[R]; 2]], w: &mut [R], room: &mut Room<R>) {
        let geometry = Geometry::new(*self, grid);
        pairs.iter().for_each(|[x, v]| geometry.check(x.len(), v.len()));
        self.check_weights(w.len());
        (kernels::<R>().correlate)(&geometry, pairs, w, room);
    }
}

#[cfg(test)]
mod tests;
