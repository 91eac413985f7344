//! The posterior of one chain a wavenumber under lattices: a filter for each alias block.
//!
//! A lattice of strides (s_H, s_W) from offset o on reads, at its wavenumber q, Σ e^{2πi k·o} x_k/√(s_H s_W) over the
//! wavenumbers k that it cannot tell from q. Wavenumbers that no lattice of any frame tells apart are one block, with
//! C numbers each: the blocks are independent, and (k, −k) make conjugate ones.

use crate::filter::{Evidence, Frame, Model, evidence, smooth};
use crate::lattices::{Lattice, Lattices, pack};
use crate::matrix::Linear;
use crate::prior::WaveChains;
use crate::{MarkovError, Result};
use equipoise_covariance::Spectrum;
use equipoise_field::{Real, each};
use ndarray::Array2;
use num_complex::Complex64;
use std::f64::consts::TAU;
use std::sync::Arc;

/// The most complex numbers a block may have: 64 MiB for a matrix of them.
const BLOCK: usize = 2048;

/// Chains, lattices, and transformed columns of y − A m.
pub(crate) struct WaveModel<'a, R: Real> {
    form: &'a WaveChains,
    lattices: &'a Lattices<R>,
    columns: Vec<Vec<f64>>,
    directory: Vec<(usize, bool)>,
    blocks: Spectrum<f64>,
}

/// The block of the wavenumbers that look like q.
struct Block<'a, R: Real> {
    model: &'a WaveModel<'a, R>,
    q: [usize; 2],
    /// (k_H, k_W) of its members.
    members: Vec<[usize; 2]>,
    /// A, Q and C₀ of all members.
    dynamics: [Linear<Complex64>; 3],
}

impl<'a, R: Real> WaveModel<'a, R> {
    /// # Errors
    /// [`MarkovError::Refused`] when lattices leave more wavenumbers in a block than fit.
    pub(crate) fn new(form: &'a WaveChains, lattices: &'a Lattices<R>, columns: &[Vec<f64>]) -> Result<Self> {
        let [sh, sw] = lattices.strides;
        let found = lattices.shape.channels * sh * sw;
        if found > BLOCK {
            return Err(MarkovError::refused(
                format!("lattices of strides with the least common multiples {:?}", lattices.strides),
                format!("{found} numbers in an alias block"),
                format!("at most {BLOCK}"),
            ));
        }
        let columns = columns.iter().map(|column| lattices.transformed(column)).collect();
        let blocks = Spectrum::new(lattices.shape.height / sh, lattices.shape.width / sw);
        Ok(Self { form, lattices, columns, directory: form.spectrum.directory(), blocks })
    }

    fn block(&self, index: usize) -> Block<'_, R> {
        let shape = self.lattices.shape;
        let [sh, sw] = self.lattices.strides;
        let (h, w) = self.blocks.wavenumber(index);
        let (step_h, step_w) = (shape.height / sh, shape.width / sw);
        let members: Vec<[usize; 2]> =
            (0..sh).flat_map(|i| (0..sw).map(move |j| [h + i * step_h, w + j * step_w])).collect();
        let of = |matrix: fn(&crate::Chain<Complex64>) -> &Array2<Complex64>| {
            let one = |k: &[usize; 2]| {
                let (independent, partner) = self.directory[k[0] * shape.width + k[1]];
                let m = matrix(&self.form.chains[independent]);
                if partner { m.mapv(|z| z.conj()) } else { m.clone() }
            };
            Linear::Blocks(Arc::new(members.iter().map(one).collect()))
        };
        let dynamics = [of(crate::Chain::transition), of(crate::Chain::innovation), of(crate::Chain::c0)];
        Block { model: self, q: [h, w], members, dynamics }
    }

    /// How often a block stands among all: with its conjugate, or alone.
    fn multiplicity(&self, index: usize) -> f64 {
        if index < self.blocks.self_conjugate() { 1.0 } else { 2.0 }
    }

    /// What `make` finds in every block, in their order.
    fn each_block<T: Send>(&self, make: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
        each::made(self.blocks.wavenumbers(), make).into_iter().collect()
    }

    pub(crate) fn evidence(&self) -> Result<Evidence> {
        let each: Vec<Evidence> = self.each_block(|index| evidence(&self.block(index)))?;
        let mut sum = Evidence::default();
        for (index, found) in each.iter().enumerate() {
            sum.quadratic += self.multiplicity(index) * found.quadratic;
            sum.log_determinant += self.multiplicity(index) * found.log_determinant;
        }
        Ok(sum)
    }

    /// out += E[x | y] − m for every column.
    pub(crate) fn add_update(&self, out: &mut [Vec<R>]) -> Result<()> {
        let states: Vec<Vec<Complex64>> = self.each_block(|index| self.block(index).means())?;
        let (shape, count) = (self.lattices.shape, self.columns.len());
        let numbers = self.lattices.strides[0] * self.lattices.strides[1] * shape.channels;
        let members: Vec<_> = (0..states.len()).map(|index| self.block(index).members).collect();
        for (column, out) in out.iter_mut().enumerate() {
            each::chunk(out, shape.frame(), |t, frame| {
                let mut packed = vec![0.0; shape.frame()];
                for (state, members) in states.iter().zip(&members) {
                    for (m, k) in members.iter().enumerate() {
                        let (independent, partner) = self.directory[k[0] * shape.width + k[1]];
                        // In a block that is its own conjugate both partners stand, and either is written.
                        for (c, plane) in packed.chunks_mut(shape.plane()).enumerate() {
                            let z = state[(t * numbers + m * shape.channels + c) * count + column];
                            let z = if partner { z.conj() } else { z };
                            pack(&self.form.spectrum, plane, independent, z);
                        }
                    }
                }
                let mut field = vec![0.0; packed.len()];
                self.form.spectrum.backward(&packed, &mut field);
                frame.iter_mut().zip(&field).for_each(|(x, u)| *x = R::narrow(x.wide() + u));
            });
        }
        Ok(())
    }

    /// Var[x | y] of every number, which repeats with the strides.
    pub(crate) fn variance(&self) -> Result<Vec<R>> {
        let shape = self.lattices.shape;
        let [sh, sw] = self.lattices.strides;
        let each: Vec<Vec<f64>> = self.each_block(|index| self.block(index).variances())?;
        let mut sums = vec![0.0; each.first().map_or(0, Vec::len)];
        for (index, found) in each.iter().enumerate() {
            let weight = self.multiplicity(index) / shape.plane() as f64;
            sums.iter_mut().zip(found).for_each(|(sum, v)| *sum += weight * v);
        }
        let mut out = vec![R::zero(); self.lattices.readings.frames() * shape.frame()];
        each::chunk(&mut out, shape.plane(), |plane, out| {
            for (i, x) in out.iter_mut().enumerate() {
                let (h, w) = (i / shape.width % sh, i % shape.width % sw);
                *x = R::narrow(sums[(plane * sh + h) * sw + w]);
            }
        });
        Ok(out)
    }
}

impl<R: Real> Block<'_, R> {
    /// What a lattice of channel c reads of the members at its wavenumber q, over its noise.
    fn row(&self, c: usize, lattice: &Lattice, q: [usize; 2]) -> Vec<Complex64> {
        let shape = self.model.lattices.shape;
        let fine = [shape.height / lattice.strides[0], shape.width / lattice.strides[1]];
        let scale = 1.0 / (lattice.noise * (lattice.strides[0] * lattice.strides[1]) as f64).sqrt();
        let mut row = vec![Complex64::new(0.0, 0.0); self.dynamics[0].rows()];
        for (m, k) in self.members.iter().enumerate() {
            if k[0] % fine[0] == q[0] && k[1] % fine[1] == q[1] {
                let turns = (k[0] * lattice.offset[0]) as f64 / shape.height as f64
                    + (k[1] * lattice.offset[1]) as f64 / shape.width as f64;
                row[m * shape.channels + c] = Complex64::cis(TAU * turns) * scale;
            }
        }
        row
    }

    /// E[b | y]: (t, member, channel, column).
    fn means(&self) -> Result<Vec<Complex64>> {
        let size = self.dynamics[0].rows() * self.model.columns.len();
        let mut out = vec![Complex64::new(0.0, 0.0); size * self.frames()];
        smooth(self, false, |t, known| {
            out[t * size..(t + 1) * size].iter_mut().zip(&known.mean).for_each(|(out, z)| *out = *z);
            Ok(())
        })?;
        Ok(out)
    }

    /// What the block and its conjugate, together over their number, add to H·W Var[x | y] at every place of the
    /// strides: (t, channel, h, w).
    fn variances(&self) -> Result<Vec<f64>> {
        let channels = self.model.lattices.shape.channels;
        let [sh, sw] = self.model.lattices.strides;
        let size = channels * sh * sw;
        let mut out = vec![0.0; size * self.frames()];
        smooth(self, true, |t, known| {
            let Some(spread) = known.spread else { return Ok(()) };
            let places = out[t * size..(t + 1) * size].chunks_mut(sh * sw);
            for (c, out) in places.enumerate() {
                // By the difference of two members, of which alone the phase at a place depends.
                let mut by_difference = vec![Complex64::new(0.0, 0.0); sh * sw];
                for a in 0..sh * sw {
                    for b in 0..sh * sw {
                        let (i, j) = ((a / sw + sh - b / sw) % sh, (a % sw + sw - b % sw) % sw);
                        by_difference[i * sw + j] += spread.covariance[[a * channels + c, b * channels + c]];
                    }
                }
                for (place, out) in out.iter_mut().enumerate() {
                    let (h, w) = (place / sw, place % sw);
                    let turned = by_difference.iter().enumerate().map(|(d, z)| {
                        let turns = (d / sw * h) as f64 / sh as f64 + (d % sw * w) as f64 / sw as f64;
                        (z * Complex64::cis(TAU * turns)).re
                    });
                    *out = turned.sum();
                }
            }
            Ok(())
        })?;
        Ok(out)
    }
}

impl<R: Real> Model<Complex64> for Block<'_, R> {
    type Detail = ();

    fn frames(&self) -> usize {
        self.model.lattices.readings.frames()
    }

    fn frame(&self, t: usize) -> Result<Frame<Complex64, ()>> {
        let (lattices, columns) = (self.model.lattices, &self.model.columns);
        let (shape, total) = (lattices.shape, lattices.strides);
        let (mut z, mut y, mut log_determinant) = (Vec::new(), Vec::new(), 0.0);
        let size = self.dynamics[0].rows();
        for (c, lattice) in (0..shape.channels).filter_map(|c| Some((c, lattices.at(t, c)?))) {
            let parts = [total[0] / lattice.strides[0], total[1] / lattice.strides[1]];
            for part in 0..parts[0] * parts[1] {
                let q = [
                    self.q[0] + part / parts[1] * (shape.height / total[0]),
                    self.q[1] + part % parts[1] * (shape.width / total[1]),
                ];
                z.extend(self.row(c, lattice, q));
                let white = 1.0 / lattice.noise.sqrt();
                y.extend(columns.iter().map(|column| lattices.coefficient(lattice, column, q) * white));
                log_determinant += lattice.noise.ln();
            }
        }
        let count = z.len() / size;
        let shaped = |numbers: Vec<Complex64>, columns: usize| {
            Array2::from_shape_vec((count, columns), numbers).map_err(|_| MarkovError::Size {
                what: "readings of a block",
                found: count,
                expected: count,
            })
        };
        let [transition, innovation, c0] = &self.dynamics;
        Ok(Frame {
            transition: (t > 0).then(|| transition.clone()),
            noise: if t > 0 { innovation.clone() } else { c0.clone() },
            readings: shaped(z, size)?,
            values: shaped(y, columns.len())?,
            log_determinant,
            leftover: vec![0.0; columns.len()],
            detail: (),
        })
    }
}
