//! The equivariant local denoiser (ELS): one softmax per pixel over patches of many positions.

use crate::pixelwise::{Neighbourhood, Pixelwise};
use crate::window::Window;
use crate::{Border, LocalityError, Patch, Result, Training};
use equipoise_field::{Axis, Real};
use std::sync::Arc;

struct Offsets {
    window: Window,
    width: usize,
    /// Rows, then columns, that may be compared at each offset.
    open: Vec<[Vec<bool>; 2]>,
}

impl<R: Real> Pixelwise<R> {
    /// The denoiser whose every pixel sees only its patch, and compares it with patches elsewhere.
    ///
    /// > x̂_m = Σ_iδ w_iδm x_i,m+δ, w_··m = softmax_iδ(−‖P_m x_t − μP_{m+δ} x_i‖²/2σ²)
    ///
    /// The offsets δ run over a lattice of the given strides that holds δ = 0; with strides of 1 over all
    /// positions. The denoiser commutes with shifts by whole strides along periodic axes, so with every
    /// shift at stride 1. On a clipped axis a patch is compared only with patches that the border cuts
    /// equally: offsets other than 0 count where neither patch reaches past the border.
    ///
    /// Seen from the pixel the offset δ shifts the sample, so this is [`Pixelwise::local`] over all shifted samples;
    /// border sums are shared among neighbours and cost the same for every size of patch. Shifts of the
    /// training set are replaced by the offsets.
    ///
    /// Cost: as [`Pixelwise::local`], times the number of offsets, HW/(stride_H stride_W).
    /// Source: Kamb & Ganguli 2024 (arXiv 2412.20292), eq. 8, the ELS machine, with its rule for borders.
    ///
    /// Takes the stored samples of a training set, the patch of every pixel and the strides between offsets along
    /// H and W; the shifts of the training set that it holds are the offsets.
    ///
    /// # Errors
    /// [`LocalityError::Stride`] for a stride of 0.
    pub fn equivariant_local(training: &Training<R>, patch: Patch, stride: [usize; 2]) -> Result<Self> {
        for (axis, stride) in [Axis::H, Axis::W].into_iter().zip(stride) {
            if stride == 0 {
                return Err(LocalityError::Stride { axis });
            }
        }
        let shape = training.shape();
        let shifts: Vec<[usize; 2]> = (0..shape.height)
            .step_by(stride[0])
            .flat_map(|h| (0..shape.width).step_by(stride[1]).map(move |w| [h, w]))
            .collect();
        let lengths = [shape.height, shape.width];
        let along = |axis: usize, shift: usize| -> Vec<bool> {
            let (length, radius) = (lengths[axis], patch.radius[axis]);
            let whole = |at: usize| at >= radius && at + radius < length;
            let free = shift == 0 || patch.border[axis] == Border::Periodic;
            (0..length).map(|m| free || (whole(m) && whole((m + shift) % length))).collect()
        };
        let open = shifts.iter().map(|&[h, w]| [along(0, h), along(1, w)]).collect();
        let offsets = Arc::new(Offsets { window: Window::new(shape, patch), width: shape.width, open });
        let near = move |_| Ok(Arc::clone(&offsets) as _);
        Ok(Self::new(training.with_shifts(shifts), shape.plane(), near))
    }
}

impl Neighbourhood for Offsets {
    fn gather(&self, squares: &[f64], distances: &mut [f64]) {
        self.window.sum(squares, distances);
    }

    fn scatter(&self, a: &[f64], out: &mut [f64]) {
        self.window.sum(a, out);
    }

    fn exclude(&self, k: usize, distances: &mut [f64]) {
        let [rows, columns] = &self.open[k];
        if rows.iter().chain(columns).all(|open| *open) {
            return;
        }
        for (row, line) in rows.iter().zip(distances.chunks_exact_mut(self.width)) {
            for (column, d) in columns.iter().zip(line) {
                *d = if *row && *column { *d } else { f64::INFINITY };
            }
        }
    }
}
