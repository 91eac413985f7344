//! The energy spectrum of a periodic field.

use crate::{MetricsError, Result};
use equipoise_field::{Axis, Boundary, Grid, Length, Real, Shape};
use equipoise_fourier::Planes;
use num_complex::Complex;
use serde::Serialize;

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
pub fn energy_spectrum<R: Real>(x: &[R], shape: Shape, grid: &Grid) -> Result<EnergySpectrum> {
    Length::check("field", x.len(), shape.len())?;
    let (shells, unit) = checked_shells(shape, grid)?;
    let mut energy = vec![0.0; shells.iter().map(|(shell, _)| shell + 1).max().unwrap_or(0)];
    let mut transform = Transform::new(shape);
    let scale = 0.5 / (shape.frames as f64 * (shape.plane() as f64).powi(2));
    for plane in x.chunks_exact(shape.plane()) {
        for ((shell, times), mode) in shells.iter().zip(transform.of(plane)) {
            energy[*shell] += scale * times * mode.norm_sqr();
        }
    }
    Ok(EnergySpectrum { unit, energy })
}

/// The shell of a mode, and for how many modes it stands.
pub(crate) type Shell = (usize, f64);

/// The shell of each mode of [`Transform`] and the wavenumber of shell 1, of a grid that has them.
pub(crate) fn checked_shells(shape: Shape, grid: &Grid) -> Result<(Vec<Shell>, f64)> {
    if grid.boundary != Boundary::Periodic {
        return Err(MetricsError::NotPeriodic);
    }
    checked(shape, grid)?;
    let signed = |index: usize, length: usize| index.min(length - index) as f64;
    let (shells, unit) = shells(shape, grid, half(shape.width), signed);
    let times = |i: usize| {
        if [0, shape.width - i % half(shape.width)].contains(&(i % half(shape.width))) { 1.0 } else { 2.0 }
    };
    Ok((shells.into_iter().enumerate().map(|(i, shell)| (shell, times(i))).collect(), unit))
}

/// As [`checked_shells`], of the modes of [`Cosine`](crate::cosine::Cosine) on a grid that does not wrap: p half
/// waves are
/// p/2 waves. The mean alone is in shell 0.
pub(crate) fn cosine_shells(shape: Shape, grid: &Grid) -> Result<(Vec<Shell>, f64)> {
    checked(shape, grid)?;
    let (shells, unit) = shells(shape, grid, shape.width, |index, _| index as f64 / 2.0);
    Ok((shells.into_iter().map(|shell| (shell, 1.0)).collect(), unit))
}

fn checked(shape: Shape, grid: &Grid) -> Result<()> {
    if shape.is_empty() {
        return Err(MetricsError::Empty { what: "energy spectrum" });
    }
    if !(grid.dx > 0.0 && grid.dy > 0.0 && grid.dx.is_finite() && grid.dy.is_finite()) {
        return Err(MetricsError::Spacing { dx: grid.dx, dy: grid.dy });
    }
    Ok(())
}

/// The shell of each of H × `modes` modes in row-major order, and the wavenumber of shell 1; `waves` along a side by
/// index and length.
fn shells(shape: Shape, grid: &Grid, modes: usize, waves: impl Fn(usize, usize) -> f64) -> (Vec<usize>, f64) {
    let (dh, dw) = match grid.x_axis {
        Axis::H => (grid.dx, grid.dy),
        Axis::W => (grid.dy, grid.dx),
    };
    let (lh, lw) = (dh * shape.height as f64, dw * shape.width as f64);
    let longest = lh.max(lw);
    let shell = |i: usize| {
        let kh = waves(i / modes, shape.height) * longest / lh;
        let kw = waves(i % modes, shape.width) * longest / lw;
        kh.hypot(kw).round() as usize
    };
    ((0..shape.height * modes).map(shell).collect(), std::f64::consts::TAU / longest)
}

/// The two-dimensional discrete Fourier transform of one plane, in `f64`: modes 0 to W/2 along W, the others are their
/// conjugates.
pub(crate) struct Transform {
    plans: Planes<f64>,
    shape: Shape,
    row: Vec<f64>,
    modes: Vec<Complex<f64>>,
    columns: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

/// Columns that are transformed together.
const COLUMNS: usize = 8;

impl Transform {
    pub(crate) fn new(shape: Shape) -> Self {
        let plans = equipoise_fourier::planes::<f64>(shape.height, shape.width);
        let scratch = plans.row.get_scratch_len().max(plans.column.get_inplace_scratch_len());
        Self {
            shape,
            row: vec![0.0; shape.width],
            modes: vec![Complex::default(); shape.height * half(shape.width)],
            columns: vec![Complex::default(); COLUMNS * shape.height],
            scratch: vec![Complex::default(); scratch],
            plans,
        }
    }

    /// (H, W/2 + 1).
    pub(crate) fn of<R: Real>(&mut self, plane: &[R]) -> &[Complex<f64>] {
        let (height, width) = (self.shape.height, half(self.shape.width));
        for (row, modes) in plane.chunks_exact(self.shape.width).zip(self.modes.chunks_exact_mut(width)) {
            self.row.iter_mut().zip(row).for_each(|(to, x)| *to = x.wide());
            let scratch = &mut self.scratch[..self.plans.row.get_scratch_len()];
            // Lengths are those of the plan.
            let _ = self.plans.row.process_with_scratch(&mut self.row, modes, scratch);
        }
        for first in (0..width).step_by(COLUMNS) {
            let count = COLUMNS.min(width - first);
            let columns = &mut self.columns[..count * height];
            for (h, row) in self.modes.chunks_exact(width).enumerate() {
                (0..count).for_each(|k| columns[k * height + h] = row[first + k]);
            }
            self.plans.column.process_with_scratch(columns, &mut self.scratch);
            for (h, row) in self.modes.chunks_exact_mut(width).enumerate() {
                (0..count).for_each(|k| row[first + k] = columns[k * height + h]);
            }
        }
        &self.modes
    }
}

/// The modes along a side of real numbers that are no conjugates of others.
fn half(width: usize) -> usize {
    width / 2 + 1
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
