//! Explicit orthonormal modes: the common form of dense and low-rank covariances.

mod passes;
mod rows;

pub use rows::Panel;

use crate::{Covariance, Result, Structure, Weights};
use equipoise_field::{Length, Real};
use rows::Rounded;

/// Σ = U Λ Uᵀ + λ_⊥ (I − U Uᵀ) with r explicit orthonormal modes.
#[derive(Clone, Debug)]
pub struct Modes<R> {
    dim: usize,
    /// r × D, one mode after the other.
    basis: Vec<R>,
    eigenvalues: Vec<f64>,
    complement: Option<f64>,
    /// The basis in 16 bits, which the passes read in its place.
    rounded: Option<Rounded<R>>,
}

impl<R: Real> Modes<R> {
    /// From orthonormal modes (r × D, mode by mode), their eigenvalues, and λ_⊥ (`None` when r = D).
    ///
    /// # Errors
    /// [`CovarianceError::Length`](crate::CovarianceError::Length) when `basis` is not of length r·D.
    pub fn new(dim: usize, basis: Vec<R>, eigenvalues: Vec<f64>, complement: Option<f64>) -> Result<Self> {
        let expected = dim * eigenvalues.len();
        Length::check("basis", basis.len(), expected)?;
        Ok(Self { dim, basis, eigenvalues, complement, rounded: None })
    }

    /// The covariance with U rounded to 16 bits, which every pass over the modes then reads: half the traffic
    /// of `f32`. The rounded modes are kept beside in `R`, so that memory grows by a half.
    ///
    /// In every 4096 entries of a mode the rounding is to multiples of a power of two, off by at most 1/32767
    /// of the largest of them; modes are orthonormal only as far. What the passes compute has the
    /// bits that they have for the rounded modes in `R`.
    ///
    /// # Errors
    /// [`CovarianceError::NotFinite`](crate::CovarianceError::NotFinite) when an entry of U is NaN or infinite.
    pub fn rounded(mut self) -> Result<Self> {
        let rank = self.rank();
        self.rounded = Some(Rounded::of(&mut self.basis, rank, self.dim)?);
        Ok(self)
    }

    /// r, the number of explicit modes.
    pub fn rank(&self) -> usize {
        self.eigenvalues.len()
    }

    /// Mode i, a field of unit norm.
    pub fn mode(&self, i: usize) -> &[R] {
        &self.basis[i * self.dim..(i + 1) * self.dim]
    }

    fn panel(&self) -> Panel<'_, R> {
        Panel::new(&self.basis, self.rank(), self.dim)
    }

    /// All modes, r × D.
    pub fn basis(&self) -> &[R] {
        &self.basis
    }

    fn check(&self, v: &[R], c: &[R]) {
        assert_eq!(v.len(), self.dim, "modes: field length");
        assert_eq!(c.len(), self.rank(), "modes: coefficient count");
    }

    /// out = U c + scale · v in one pass over the modes.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn synthesise_onto(&self, c: &[R], scale: R, v: &[R], out: &mut [R]) {
        self.check(v, c);
        let make = |start: usize, out: &mut [R]| {
            out.iter_mut().zip(&v[start..]).for_each(|(o, &v)| *o = scale * v);
            0.0
        };
        self.synthesise_made(c, out, make, |_, _| {});
    }

    /// out = what `make` leaves of it + U c, then handed to `finish`, in one pass over the modes: both are called
    /// for every block of entries, with the index of its first. Returns the sum of what `make` returns.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn synthesise_made(
        &self,
        c: &[R],
        out: &mut [R],
        make: impl Fn(usize, &mut [R]) -> f64 + Sync,
        finish: impl Fn(usize, &mut [R]) + Sync,
    ) -> f64 {
        self.check(out, c);
        match &self.rounded {
            Some(rounded) => passes::expand(rounded, c, out, &make, &finish),
            None => passes::expand(&self.panel(), c, out, &make, &finish),
        }
    }

    /// Uᵀ v in `f64`: inner products over fixed blocks, combined by the fixed tree.
    pub fn project(&self, v: &[R]) -> Vec<f64> {
        assert_eq!(v.len(), self.dim, "modes: field length");
        match &self.rounded {
            Some(rounded) => passes::project(rounded, v),
            None => passes::project(&self.panel(), v),
        }
    }

    /// Uᵀ v of a field that is made block by block and not kept: `make(start, block)` writes its entries from
    /// `start` on. The bits of [`project`](Self::project), beside the sums of what `make` returns: where
    /// these are [sums](equipoise_field::sum) over the block, those over the field.
    pub fn project_made<const K: usize>(
        &self,
        make: impl Fn(usize, &mut [R]) -> [f64; K] + Sync,
    ) -> (Vec<f64>, [f64; K]) {
        match &self.rounded {
            Some(rounded) => passes::project_made(rounded, self.dim, &make),
            None => passes::project_made(&self.panel(), self.dim, &make),
        }
    }
}

impl<R: Real> Covariance<R> for Modes<R> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    fn complement(&self) -> Option<f64> {
        self.complement
    }

    fn analyse(&self, v: &[R], coefficients: &mut [R]) {
        self.check(v, coefficients);
        coefficients.iter_mut().zip(self.project(v)).for_each(|(c, p)| *c = R::narrow(p));
    }

    fn synthesise(&self, coefficients: &[R], v: &mut [R]) {
        let make = |_: usize, out: &mut [R]| {
            out.fill(R::zero());
            0.0
        };
        self.synthesise_made(coefficients, v, make, |_, _| {});
    }

    fn structure(&self) -> Structure<'_, R> {
        Structure::Modes(self)
    }

    /// Two passes over the modes.
    fn apply(&self, weights: &Weights<R>, v: &[R], out: &mut [R]) {
        self.check(v, &weights.resolved);
        let c: Vec<R> =
            self.project(v).iter().zip(&weights.resolved).map(|(p, &w)| R::narrow(*p) * w).collect();
        self.synthesise_onto(&c, weights.complement, v, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::sum;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const DIM: usize = 3 * sum::BLOCK + 5;
    /// A group of rows and two that are left over.
    const RANK: usize = 6;

    fn wave(len: usize, k: f64) -> Vec<f32> {
        (0..len).map(|i| (k * i as f64).sin() as f32).collect()
    }

    fn modes() -> Modes<f32> {
        Modes::new(DIM, wave(RANK * DIM, 0.7), vec![1.0; RANK], None).unwrap()
    }

    /// One dot product after the other, in the documented order: runs of 16 products in each of 16 lanes
    /// in `f32`, the runs of a lane, the lanes and then the blocks in `f64`.
    #[test]
    fn a_projection_has_the_documented_order() {
        let (modes, v) = (modes(), wave(DIM, 0.3));
        let block = |row: &[f32], v: &[f32]| {
            let mut totals = [0.0; 16];
            for (row, v) in row.chunks(256).zip(v.chunks(256)) {
                let mut lanes = [0.0f32; 16];
                row.iter().zip(v).enumerate().for_each(|(i, (a, b))| lanes[i % 16] += a * b);
                totals.iter_mut().zip(lanes).for_each(|(t, l)| *t += f64::from(l));
            }
            sum::pairwise(&mut totals)
        };
        for (i, found) in modes.project(&v).into_iter().enumerate() {
            let blocks = modes.mode(i).chunks(sum::BLOCK).zip(v.chunks(sum::BLOCK));
            let expected = sum::pairwise(&mut blocks.map(|(row, v)| block(row, v)).collect::<Vec<_>>());
            assert_eq!(found.to_bits(), expected.to_bits(), "mode {i}");
        }
    }

    /// The law: columns have the bits of the matrix that holds them alone.
    #[test]
    fn columns_are_a_matrix_of_their_own() {
        let (modes, v) = (modes(), wave(DIM, 0.3));
        let at = 11..DIM - 3;
        let alone: Vec<f32> = (0..RANK).flat_map(|i| &modes.mode(i)[at.clone()]).copied().collect();
        let alone = Panel::new(&alone, RANK, at.len());
        let columns = modes.panel().columns(4..DIM).columns(7..DIM - 7);
        let found = columns.project(&v[at.clone()]);
        assert!(found.iter().zip(alone.project(&v[at.clone()])).all(|(a, b)| a.to_bits() == b.to_bits()));
        let c: Vec<f32> = found.iter().map(|&c| c as f32).collect();
        let [mut found, mut expected] = [v[at.clone()].to_vec(), v[at].to_vec()];
        let doubled = |_: usize, block: &mut [f32]| block.iter_mut().for_each(|x| *x *= 2.0);
        columns.synthesise_made(&c, &mut found, doubled);
        alone.synthesise_made(&c, &mut expected, doubled);
        assert!(found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert!(
            found[0].to_bits() == (0..RANK).fold(2.0 * v[11], |x, i| x + c[i] * modes.mode(i)[11]).to_bits()
        );
    }

    /// The law: U is read once, so every block is made once and finished once; and what is made gives the
    /// bits of what is kept.
    #[test]
    fn a_field_made_block_by_block_is_read_once_and_gives_the_same_bits() {
        let (modes, v) = (modes(), wave(DIM, 0.3));
        let calls = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let make = |start: usize, block: &mut [f32]| {
            calls[0].fetch_add(1, Ordering::Relaxed);
            block.copy_from_slice(&v[start..start + block.len()]);
        };
        let (c, [square]) = modes.project_made(|start, block| {
            make(start, block);
            [sum::squared_norm(block)]
        });
        assert_eq!(calls[0].swap(0, Ordering::Relaxed), 4);
        let same = |a: &f64, b: &f64| a.to_bits() == b.to_bits();
        assert!(c.iter().zip(&modes.project(&v)).all(|(a, b)| same(a, b)));
        assert!(same(&square, &sum::squared_norm(&v)));

        let c: Vec<f32> = c.iter().map(|&c| c as f32).collect();
        let (mut made, mut kept) = (vec![f32::NAN; DIM], vec![f32::NAN; DIM]);
        let finish = |_: usize, block: &mut [f32]| {
            calls[1].fetch_add(1, Ordering::Relaxed);
            block.iter_mut().for_each(|o| *o = -*o);
        };
        let total = modes.synthesise_made(
            &c,
            &mut made,
            |start, block| {
                make(start, block);
                block.len() as f64
            },
            finish,
        );
        assert_eq!(calls.each_ref().map(|count| count.load(Ordering::Relaxed)), [4, 4]);
        assert!(same(&total, &(DIM as f64)));
        modes.synthesise_onto(&c, 1.0, &v, &mut kept);
        assert!(made.iter().zip(&kept).all(|(a, b)| a.to_bits() == (-b).to_bits()));
    }

    /// The laws of rounding: every entry within 1/32767 of its block's largest, and passes over 16 bits with the
    /// bits of passes over the rounded modes, which scaling by powers of two must leave alone.
    #[test]
    fn sixteen_bits_have_the_bits_of_what_they_stand_for() {
        let mut basis = wave(RANK * DIM, 0.7);
        basis[..DIM].iter_mut().for_each(|u| *u *= 1e-3);
        basis[DIM..DIM + sum::BLOCK].fill(0.0);
        let exact = Modes::new(DIM, basis, vec![1.0; RANK], None).unwrap();
        let rounded = exact.clone().rounded().unwrap();
        let plain = Modes::new(DIM, rounded.basis().to_vec(), vec![1.0; RANK], None).unwrap();
        for i in 0..RANK {
            let blocks = exact.mode(i).chunks(sum::BLOCK).zip(rounded.mode(i).chunks(sum::BLOCK));
            for (from, to) in blocks {
                let largest = from.iter().fold(0.0f32, |a, b| a.max(b.abs()));
                assert!(from.iter().zip(to).all(|(a, b)| (a - b).abs() <= largest / 32767.0));
            }
        }
        let v = wave(DIM, 0.3);
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let [found, expected] = [&rounded, &plain].map(|modes| modes.project(&v));
        assert!(found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert!(found != exact.project(&v), "rounding that changes nothing");
        let c: Vec<f32> = found.iter().map(|&c| c as f32).collect();
        let [found, expected] = [&rounded, &plain].map(|modes| {
            let mut out = vec![f32::NAN; DIM];
            modes.synthesise_onto(&c, 0.7, &v, &mut out);
            bits(&out)
        });
        assert!(found == expected);
        let mut broken = wave(RANK * DIM, 0.7);
        broken[5] = f32::NAN;
        let refused = Modes::new(DIM, broken, vec![1.0; RANK], None).unwrap().rounded().unwrap_err();
        assert_eq!(refused.to_string(), "basis: entry 5 is not finite");
    }
}
