//! Readings on lattices of a periodic grid, frame by frame and channel by channel.

use crate::readings::Readings;
use crate::{MarkovError, Result};
use equipoise_covariance::Spectrum;
use equipoise_field::{Real, Shape};
use equipoise_observation::Observed;
use num_complex::Complex64;
use std::collections::BTreeMap;
use std::f64::consts::FRAC_1_SQRT_2;

/// Every `strides`-th row and column of a plane from `offset` on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lattice {
    /// Its first reading.
    pub(crate) first: usize,
    pub(crate) offset: [usize; 2],
    pub(crate) strides: [usize; 2],
    /// s².
    pub(crate) noise: f64,
}

/// What was read where, and the transforms of the lattices that occur.
pub(crate) struct Lattices<R: Real> {
    pub(crate) readings: Readings<R>,
    pub(crate) shape: Shape,
    /// The lattice of every plane (t, c), if it was read.
    planes: Vec<Option<Lattice>>,
    /// The least common multiples of the strides along H and W.
    pub(crate) strides: [usize; 2],
    spectra: BTreeMap<[usize; 2], Coarse>,
}

/// The transform of a lattice.
struct Coarse {
    spectrum: Spectrum<f64>,
    /// Of every wavenumber, row-major: its independent one, and whether it is that one's partner.
    directory: Vec<(usize, bool)>,
}

impl<R: Real> Lattices<R> {
    /// # Errors
    /// As [`Readings::new`]; [`MarkovError::Refused`] for a plane that was read elsewhere than on a lattice whose
    /// strides divide the grid, [`MarkovError::Refused`] for one of several noises.
    pub(crate) fn new(observed: &Observed<R>, shape: Shape, frames: usize) -> Result<Self> {
        let readings = Readings::new(observed, shape.frame(), frames)?;
        let mut points: Vec<(usize, usize, usize)> = Vec::with_capacity(readings.count());
        for row in 0..readings.count() {
            readings.entries(row, |index, _| {
                points.push((index / shape.plane(), index % shape.plane(), row));
            });
        }
        let mut planes = vec![None; frames * shape.channels];
        for plane in points.chunk_by(|a, b| a.0 == b.0) {
            let (frame, channel) = (plane[0].0 / shape.channels, plane[0].0 % shape.channels);
            let place = || format!("frame {frame}, channel {channel}");
            let found = if readings.selects() { lattice(plane, shape) } else { None };
            let found = found.ok_or_else(|| {
                let expected =
                    "one, as a prior of one chain a wavenumber takes; a prior of modes takes any sensors";
                let found = "readings that are no lattice of strides that divide the grid";
                MarkovError::refused(place(), found, expected)
            })?;
            let noise = readings.noise(plane[0].2);
            if plane.iter().any(|p| readings.noise(p.2).to_bits() != noise.to_bits()) {
                let found = "readings of several noise variances on a lattice";
                return Err(MarkovError::refused(place(), found, "one"));
            }
            planes[plane[0].0] = Some(Lattice { noise, ..found });
        }
        let mut strides = [1, 1];
        let mut spectra = BTreeMap::new();
        for lattice in planes.iter().flatten() {
            (0..2).for_each(|axis| strides[axis] = least_multiple(strides[axis], lattice.strides[axis]));
            spectra.entry(lattice.strides).or_insert_with(|| {
                let [h, w] = lattice.strides;
                let spectrum = Spectrum::new(shape.height / h, shape.width / w);
                Coarse { directory: spectrum.directory(), spectrum }
            });
        }
        Ok(Self { readings, shape, planes, strides, spectra })
    }

    pub(crate) fn at(&self, t: usize, c: usize) -> Option<&Lattice> {
        self.planes[t * self.shape.channels + c].as_ref()
    }

    /// Every lattice of a column of readings transformed, packed where its readings stood.
    pub(crate) fn transformed(&self, column: &[f64]) -> Vec<f64> {
        let mut out = column.to_vec();
        for lattice in self.planes.iter().flatten() {
            if let Some(coarse) = self.spectra.get(&lattice.strides) {
                let at = lattice.first..lattice.first + coarse.spectrum.plane();
                coarse.spectrum.forward(&column[at.clone()], &mut out[at]);
            }
        }
        out
    }

    /// The coefficient of a transformed lattice at its wavenumber (a, b).
    pub(crate) fn coefficient(&self, lattice: &Lattice, packed: &[f64], [a, b]: [usize; 2]) -> Complex64 {
        let Some(coarse) = self.spectra.get(&lattice.strides) else { return Complex64::new(0.0, 0.0) };
        let width = self.shape.width / lattice.strides[1];
        let (k, partner) = coarse.directory[a * width + b];
        let z = unpacked(&coarse.spectrum, &packed[lattice.first..], k);
        if partner { z.conj() } else { z }
    }
}

/// The coefficient of a packed plane at independent wavenumber k.
pub(crate) fn unpacked(spectrum: &Spectrum<f64>, packed: &[f64], k: usize) -> Complex64 {
    let own = spectrum.self_conjugate();
    match k < own {
        true => Complex64::new(packed[k], 0.0),
        false => Complex64::new(packed[k], packed[spectrum.wavenumbers() + k - own]) * FRAC_1_SQRT_2,
    }
}

/// Writes a coefficient into a packed plane.
pub(crate) fn pack(spectrum: &Spectrum<f64>, packed: &mut [f64], k: usize, z: Complex64) {
    let own = spectrum.self_conjugate();
    if k < own {
        packed[k] = z.re;
    } else {
        packed[k] = z.re / FRAC_1_SQRT_2;
        packed[spectrum.wavenumbers() + k - own] = z.im / FRAC_1_SQRT_2;
    }
}

/// The lattice that the points (plane, place, reading) of one plane are, ascending.
fn lattice(points: &[(usize, usize, usize)], shape: Shape) -> Option<Lattice> {
    let position = |i: usize| [points[i].1 / shape.width, points[i].1 % shape.width];
    let offset = position(0);
    let columns = points.iter().take_while(|p| p.1 / shape.width == offset[0]).count();
    let strides = [
        if columns < points.len() { position(columns)[0].checked_sub(offset[0])? } else { shape.height },
        if columns > 1 { position(1)[1].checked_sub(offset[1])? } else { shape.width },
    ];
    let divides = |n: usize, s: usize| s > 0 && n.is_multiple_of(s);
    let whole = divides(shape.height, strides[0])
        && divides(shape.width, strides[1])
        && columns == shape.width / strides[1]
        && points.len() == columns * (shape.height / strides[0]);
    let first = points[0].2;
    let expected = |i: usize| [offset[0] + i / columns * strides[0], offset[1] + i % columns * strides[1]];
    let all = whole && (0..points.len()).all(|i| position(i) == expected(i) && points[i].2 == first + i);
    all.then_some(Lattice { first, offset, strides, noise: 0.0 })
}

fn least_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}
