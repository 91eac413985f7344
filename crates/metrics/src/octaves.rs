//! Energy and coherence by octaves of wavenumber, of M + 1 fields each of which takes the truth's place in turn.

use crate::Result;
use crate::cosine::Cosine;
use crate::spectrum::{Transform, checked_shells, cosine_shells};
use equipoise_field::{Boundary, Grid, Length, Real, Shape};
use num_complex::Complex;
use rayon::prelude::*;

/// The transform of a plane whose borders wrap or do not.
enum Modes {
    Waves(Transform),
    Cosines(Cosine),
}

impl Modes {
    fn new(shape: Shape, boundary: Boundary) -> Self {
        match boundary {
            Boundary::Periodic => Self::Waves(Transform::new(shape)),
            Boundary::Open => Self::Cosines(Cosine::new(shape)),
        }
    }

    fn of<R: Real>(&mut self, plane: &[R]) -> &[Complex<f64>] {
        match self {
            Self::Waves(transform) => transform.of(plane),
            Self::Cosines(transform) => transform.of(plane),
        }
    }
}

/// More octaves than a plane can have.
const OCTAVES: usize = 64;

/// Sums over planes of the spectra of n fields.
///
/// Band b holds the shells 2^b to 2^(b+1) − 1 of [`energy_spectrum`](crate::energy_spectrum), the mean of a plane none;
/// the last band ends with the shell of the coarser direction's Nyquist wavenumber, and what lies beyond belongs to it.
/// Where borders are open, modes are cosines with the same wavenumbers (Denis, Côté & Laprise 2002, Mon. Weather Rev. 130).
#[derive(Clone, Debug)]
pub struct Octaves {
    shape: Shape,
    boundary: Boundary,
    /// Of each mode; that of the mean is no band.
    bands: Vec<u8>,
    /// For how many modes it stands.
    times: Vec<f64>,
    unit: f64,
    count: usize,
    used: usize,
    /// [who][band]
    energy: Vec<f64>,
    /// Re⟨x_e, Σ x⟩, [who][band]
    cross: Vec<f64>,
    /// ‖Σ x‖², by band.
    total: Vec<f64>,
    planes: usize,
}

impl Octaves {
    /// Of `count` fields on a grid.
    ///
    /// # Errors
    /// [`MetricsError::Empty`](crate::MetricsError::Empty), [`MetricsError::Spacing`](crate::MetricsError::Spacing).
    pub fn new(count: usize, shape: Shape, grid: &Grid) -> Result<Self> {
        let (shells, unit) = match grid.boundary {
            Boundary::Periodic => checked_shells(shape, grid)?,
            Boundary::Open => cosine_shells(shape, grid)?,
        };
        let nyquist = shape.height.min(shape.width) / 2;
        let octave = |shell: usize| shell.max(1).ilog2() as usize;
        let last = octave(nyquist.saturating_sub(1));
        let used = last + 1;
        let band = |(k, times): (usize, f64)| (if k > 0 { octave(k).min(last) } else { used } as u8, times);
        let (bands, times) = shells.into_iter().map(band).unzip();
        let zeros = || vec![0.0; count * used];
        let (energy, cross, total) = (zeros(), zeros(), vec![0.0; used]);
        Ok(Self {
            shape,
            boundary: grid.boundary,
            bands,
            times,
            unit,
            count,
            used,
            energy,
            cross,
            total,
            planes: 0,
        })
    }

    /// The bands.
    pub fn bands(&self) -> usize {
        self.used
    }

    /// The first wavenumber of a band, in radians a unit of length.
    pub fn first_wavenumber(&self, band: usize) -> f64 {
        self.unit * (1u64 << band) as f64
    }

    /// Adds one channel of one frame of every field: n + 1 transforms.
    ///
    /// # Errors
    /// [`MetricsError::Length`](crate::MetricsError::Length).
    pub fn add<R: Real>(&mut self, planes: &[&[R]]) -> Result<()> {
        Length::check("fields", planes.len(), self.count)?;
        for plane in planes {
            Length::check("plane", plane.len(), self.shape.plane())?;
        }
        let mut sum = vec![0.0; self.shape.plane()];
        for plane in planes {
            sum.iter_mut().zip(*plane).for_each(|(sum, x)| *sum += x.wide());
        }
        let transform = || Modes::new(self.shape, self.boundary);
        let sum = transform().of(&sum).to_vec();
        let found: Vec<[Vec<f64>; 2]> = planes
            .par_iter()
            .map_init(transform, |transform, plane| self.against(transform.of(plane), &sum))
            .collect();
        for (who, [energy, cross]) in found.into_iter().enumerate() {
            let at = who * self.used..(who + 1) * self.used;
            self.energy[at.clone()].iter_mut().zip(energy).for_each(|(a, b)| *a += b);
            self.cross[at].iter_mut().zip(cross).for_each(|(a, b)| *a += b);
        }
        let [total, _] = self.against(&sum, &sum);
        self.total.iter_mut().zip(total).for_each(|(a, b)| *a += b);
        self.planes += 1;
        Ok(())
    }

    /// ‖x‖² and Re⟨x, sum⟩ by band.
    fn against(&self, x: &[Complex<f64>], sum: &[Complex<f64>]) -> [Vec<f64>; 2] {
        // Neighbours are of one band: each of four adds up its own.
        let mut sums = [[[0.0; 4]; 2]; OCTAVES];
        for (i, ((band, times), (x, s))) in
            self.bands.iter().zip(&self.times).zip(x.iter().zip(sum)).enumerate()
        {
            let [own, cross] = &mut sums[usize::from(*band) % OCTAVES];
            own[i % 4] += times * x.norm_sqr();
            cross[i % 4] += times * (x.re * s.re + x.im * s.im);
        }
        [0, 1].map(|k| sums[..self.used].iter().map(|sums| sums[k].iter().sum()).collect())
    }

    /// ½ Σ |û|² of a band, averaged over planes.
    pub fn energy(&self, who: usize, band: usize) -> f64 {
        let scale = 0.5 / (self.planes as f64 * (self.shape.plane() as f64).powi(2));
        scale * self.energy[who * self.used + band]
    }

    /// Re⟨x_e, m⟩/(‖x_e‖ ‖m‖) of a band, m the mean of the others; NaN where either is nothing.
    pub fn coherence(&self, who: usize, band: usize) -> f64 {
        let (own, cross) = (self.energy[who * self.used + band], self.cross[who * self.used + band]);
        let others = (self.total[band] - 2.0 * cross + own).max(0.0);
        (cross - own) / (own * others).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy_spectrum;
    use equipoise_field::{Axis, Boundary};
    use equipoise_stream::Stream;

    /// Bands add up shells; the coherence is that of the parts in the band, here of all by Parseval.
    #[test]
    fn bands_are_sums_of_shells_and_the_coherence_a_correlation() {
        let (shape, count) = (Shape::new(1, 1, 8, 12), 4);
        let grid = Grid { x_axis: Axis::W, dx: 0.5, dy: 0.5, boundary: Boundary::Periodic };
        let fields: Vec<Vec<f64>> = (0..count).map(|k| Stream::new("octaves").normal(k, 96)).collect();
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let mut octaves = Octaves::new(4, shape, &grid).unwrap();
        octaves.add(&slices).unwrap();
        assert_eq!(octaves.bands(), 2);
        for (who, x) in slices.iter().enumerate() {
            let spectrum = energy_spectrum(x, shape, &grid).unwrap();
            let (one, rest) = (spectrum.energy[1], spectrum.energy[2..].iter().sum::<f64>());
            assert!((octaves.energy(who, 0) - one).abs() < 1e-14);
            assert!((octaves.energy(who, 1) - rest).abs() < 1e-14);
        }
        // Two fields of one wave each, a quarter of a turn apart, and a third in phase with the first.
        let wave = |phase: f64| -> Vec<f64> {
            (0..96).map(|i| (std::f64::consts::TAU * (i % 12) as f64 / 12.0 + phase).cos()).collect()
        };
        let waves = [wave(0.0), wave(0.5), wave(0.0)];
        let slices: Vec<&[f64]> = waves.iter().map(Vec::as_slice).collect();
        let mut octaves = Octaves::new(3, shape, &grid).unwrap();
        octaves.add(&slices).unwrap();
        assert!((octaves.coherence(1, 0) - 0.5f64.cos()).abs() < 1e-12);
        assert!((octaves.coherence(0, 0) - 0.25f64.cos()).abs() < 1e-12);
    }

    /// On an open grid all energy but that of the mean is in a band, a cosine of three half waves is in the first octave,
    /// and a trend stays in it: opposite borders are no neighbours.
    #[test]
    fn open_grids_have_cosines() {
        let shape = Shape::new(1, 1, 16, 32);
        let grid = Grid { x_axis: Axis::W, dx: 0.5, dy: 0.5, boundary: Boundary::Open };
        let of = |field: &dyn Fn(f64, f64) -> f64, grid: &Grid| {
            let field: Vec<f64> =
                (0..512).map(|i| field((i / 32) as f64 + 0.5, (i % 32) as f64 + 0.5)).collect();
            let mut octaves = Octaves::new(3, shape, grid).unwrap();
            octaves.add(&[&field[..]; 3]).unwrap();
            let energy: Vec<f64> = (0..octaves.bands()).map(|band| octaves.energy(0, band)).collect();
            let mean = field.iter().sum::<f64>() / 512.0;
            let all = 0.5 * field.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 512.0;
            assert!(
                grid.boundary == Boundary::Periodic || (energy.iter().sum::<f64>() - all).abs() < 1e-12 * all
            );
            energy
        };
        // 3/2 waves along W are shell 2, as of a periodic box of this size.
        let wave = |_: f64, w: f64| 1.0 + (std::f64::consts::PI * 3.0 * w / 32.0).cos();
        let energy = of(&wave, &grid);
        assert_eq!(energy.len(), 3);
        assert!((energy[1] - 0.25).abs() < 1e-14 && energy[0] < 1e-28 && energy[2] < 1e-28, "{energy:?}");
        let trend = |h: f64, w: f64| 0.3 * h + w;
        let periodic = of(&trend, &Grid { boundary: Boundary::Periodic, ..grid });
        let open = of(&trend, &grid);
        // Coefficients fall as 1/p², not as 1/p: beyond four waves 10⁻³ and a tenth are left.
        assert!(open[2] < 2e-3 * open[0] && periodic[2] > 0.1 * periodic[0], "{open:?} {periodic:?}");
    }
}
