//! The energy spectrum of a periodic field.

use crate::MetricsError;
use equipoise_field::{Axis, Boundary, Grid, Length, Real, Shape};
use equipoise_fourier::Fft;
use num_complex::Complex;
use serde::Serialize;
use std::sync::Arc;

/// Energy by shell of wavenumber.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnergySpectrum {
    /// 2π/L, the wavenumber of shell 1, L being the longer side of the domain.
    pub unit: f64,
    /// E(k) for shells k = 0, 1, …: the energy of the modes with |k| nearest to k·unit.
    pub energy: Vec<f64>,
}

/// E(k) = ½ Σ |û|² over the modes of shell k and all channels, averaged over frames; Σ_k E(k) =
/// ½ Σ_c mean(u_c²).
///
/// û is the Fourier coefficient, the transform divided by H·W. Mean over T of C·T transforms of H × W.
///
/// # Errors
/// If the grid is open, the length differs from the shape, the shape is empty or a spacing is not
/// positive.
pub fn energy_spectrum<R: Real>(x: &[R], shape: Shape, grid: &Grid) -> Result<EnergySpectrum, MetricsError> {
    Length::check("field", x.len(), shape.len())?;
    let (shells, unit) = checked_shells(shape, grid)?;
    let mut energy = vec![0.0; shells.iter().max().map_or(0, |last| last + 1)];
    let mut transform = Transform::new(shape);
    let scale = 0.5 / (shape.frames as f64 * (shape.plane() as f64).powi(2));
    for plane in x.chunks_exact(shape.plane()) {
        for (shell, mode) in shells.iter().zip(transform.of(plane)) {
            energy[*shell] += scale * mode.norm_sqr();
        }
    }
    Ok(EnergySpectrum { unit, energy })
}

/// The shell of each mode and the wavenumber of shell 1, of a grid that has them.
pub(crate) fn checked_shells(shape: Shape, grid: &Grid) -> Result<(Vec<usize>, f64), MetricsError> {
    if grid.boundary != Boundary::Periodic {
        return Err(MetricsError::NotPeriodic);
    }
    if shape.is_empty() {
        return Err(MetricsError::Empty { what: "energy spectrum" });
    }
    if !(grid.dx > 0.0 && grid.dy > 0.0 && grid.dx.is_finite() && grid.dy.is_finite()) {
        return Err(MetricsError::Spacing { dx: grid.dx, dy: grid.dy });
    }
    Ok(shells(shape, grid))
}

/// The shell of each mode in row-major order, and the wavenumber of shell 1.
fn shells(shape: Shape, grid: &Grid) -> (Vec<usize>, f64) {
    let (dh, dw) = match grid.x_axis {
        Axis::H => (grid.dx, grid.dy),
        Axis::W => (grid.dy, grid.dx),
    };
    let (lh, lw) = (dh * shape.height as f64, dw * shape.width as f64);
    let longest = lh.max(lw);
    let signed = |index: usize, length: usize| index.min(length - index) as f64;
    let shell = |i: usize| {
        let kh = signed(i / shape.width, shape.height) * longest / lh;
        let kw = signed(i % shape.width, shape.width) * longest / lw;
        kh.hypot(kw).round() as usize
    };
    ((0..shape.plane()).map(shell).collect(), std::f64::consts::TAU / longest)
}

/// The two-dimensional discrete Fourier transform of one plane, in `f64`.
pub(crate) struct Transform {
    rows: Arc<dyn Fft<f64>>,
    columns: Arc<dyn Fft<f64>>,
    shape: Shape,
    modes: Vec<Complex<f64>>,
    column: Vec<Complex<f64>>,
}

impl Transform {
    pub(crate) fn new(shape: Shape) -> Self {
        let [rows, columns] = equipoise_fourier::forward([shape.width, shape.height]);
        Self {
            rows,
            columns,
            shape,
            modes: vec![Complex::default(); shape.plane()],
            column: vec![Complex::default(); shape.height],
        }
    }

    pub(crate) fn of<R: Real>(&mut self, plane: &[R]) -> &[Complex<f64>] {
        let width = self.shape.width;
        for (mode, value) in self.modes.iter_mut().zip(plane) {
            *mode = Complex::new(value.wide(), 0.0);
        }
        self.rows.process(&mut self.modes);
        for w in 0..width {
            for (h, entry) in self.column.iter_mut().enumerate() {
                *entry = self.modes[h * width + w];
            }
            self.columns.process(&mut self.column);
            for (h, entry) in self.column.iter().enumerate() {
                self.modes[h * width + w] = *entry;
            }
        }
        &self.modes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::sum;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn grid(dx: f64, dy: f64) -> Grid {
        Grid { x_axis: Axis::H, dx, dy, boundary: Boundary::Periodic }
    }

    proptest! {
        #[test]
        fn shells_hold_all_the_energy(
            (h, w) in (1usize..9, 1usize..9),
            seed in prop::collection::vec(-10.0f64..10.0, 2 * 2 * 8 * 8),
        ) {
            let shape = Shape::new(2, 2, h, w);
            let x = &seed[..shape.len()];
            let spectrum = energy_spectrum(x, shape, &grid(1.0, 0.7)).unwrap();
            let energy = 0.5 * sum::squared_norm(x) / (shape.frames * shape.plane()) as f64;
            let total: f64 = spectrum.energy.iter().sum();
            prop_assert!((total - energy).abs() <= 64.0 * f64::EPSILON * energy.max(1.0));
        }
    }

    #[test]
    fn a_single_wave_sits_in_its_shell_on_an_oblong_domain() {
        let shape = Shape::new(1, 1, 16, 32);
        // Lengths 2π along H and 4π along W; the wave (3, 4) in units of 1 has |k| = 5, shell 10 of ½.
        let step = TAU / 16.0;
        let x: Vec<f64> = (0..shape.len())
            .map(|i| (3.0 * step * (i / 32) as f64 + 4.0 * step * (i % 32) as f64).cos())
            .collect();
        let spectrum = energy_spectrum(&x, shape, &grid(step, step)).unwrap();
        assert!((spectrum.unit - 0.5).abs() <= f64::EPSILON);
        for (k, energy) in spectrum.energy.iter().enumerate() {
            let expected = if k == 10 { 0.25 } else { 0.0 };
            assert!((energy - expected).abs() <= 16.0 * f64::EPSILON, "{k}: {energy}");
        }
    }

    #[test]
    fn open_grids_have_no_spectrum() {
        let open = Grid { boundary: Boundary::Open, ..grid(1.0, 1.0) };
        let shape = Shape::new(1, 1, 4, 4);
        assert_eq!(energy_spectrum(&[0.0f32; 16], shape, &open), Err(MetricsError::NotPeriodic));
    }
}
