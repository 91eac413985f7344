//! The sums of a block of entries: ranks and distances by sorting, moments about the mean of all fields.

use super::InTurn;
use super::lists::{LISTS, Lists, Ordered};
use equipoise_field::Real;
use equipoise_field::sum::{LANES, pairwise};
use pulp::{Arch, Simd, WithSimd};

/// Adds the entries of a block: the same ones of every field.
pub(super) fn sum<R: Ordered>(turn: &mut InTurn, block: u64, fields: &[&[R]]) {
    let (arch, n, entries) = (Arch::new(), fields.len(), fields[0].len());
    let ties = turn.draws.text("ties").number(block);
    let mut about = About::new(turn.draws.text("reference").normal(block, entries));
    let (mut lists, mut rows) = (Lists::new(n), vec![0.0; n * LISTS]);
    for first in (0..entries).step_by(LISTS) {
        let count = LISTS.min(entries - first);
        arch.dispatch(Filling { fields, first, count, lists: &mut lists, about: &mut about });
        arch.dispatch(&mut lists);
        let sums =
            arch.dispatch(Rows { lists: &lists, means: &about.mean[first..first + count], rows: &mut rows });
        for list in 0..count {
            if sums.ties[list] > 0 {
                lists.break_ties(list, &ties.uniform((first + list) as u64, n));
            }
            turn.pairs += sums.pairs[list];
            about.take(first + list, sums.squares[list] / (n as f64 - 1.0));
        }
        rank(turn, &lists, &rows, count);
    }
    turn.variance += about.variance;
    turn.entries += entries as u64;
    for (who, field) in fields.iter().enumerate() {
        let [squares, studentised, signed, reference] = arch.dispatch(Moments { field, about: &about });
        turn.squares[who] += squares;
        turn.studentised[who] += studentised;
        turn.signed[who] += signed;
        turn.reference[who] += reference;
    }
}

/// Of each entry what the sums of one field are about.
struct About {
    /// Of all n values.
    mean: Vec<f64>,
    /// 1/s² and 1/s; 0 where all values are one.
    scale: Vec<f64>,
    root: Vec<f64>,
    /// s θ, θ being drawn.
    reference: Vec<f64>,
    /// Σ s².
    variance: f64,
}

impl About {
    fn new(theta: Vec<f64>) -> Self {
        let zeros = || vec![0.0; theta.len()];
        let (mean, scale, root) = (zeros(), zeros(), zeros());
        Self { mean, scale, root, reference: theta, variance: 0.0 }
    }

    fn take(&mut self, entry: usize, variance: f64) {
        self.scale[entry] = if variance > 0.0 { variance.recip() } else { 0.0 };
        self.root[entry] = self.scale[entry].sqrt();
        self.reference[entry] *= variance.sqrt();
        self.variance += variance;
    }
}

/// Puts entries into lists, each with its mean.
struct Filling<'a, R: Ordered> {
    fields: &'a [&'a [R]],
    first: usize,
    count: usize,
    lists: &'a mut Lists<R>,
    about: &'a mut About,
}

impl<R: Ordered> WithSimd for Filling<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let at = self.first..self.first + self.count;
        let means = &mut self.about.mean[at.clone()];
        for (keys, field) in self.lists.keys.chunks_exact_mut(LISTS).zip(self.fields) {
            for ((key, mean), x) in keys.iter_mut().zip(&mut *means).zip(&field[at.clone()]) {
                *key = x.key();
                *mean += x.wide();
            }
        }
        let n = self.fields.len() as f64;
        means.iter_mut().for_each(|mean| *mean /= n);
    }
}

/// Of sorted lists, with c the distance from the mean and k its rank,
///
///   Σ_j |c_k − c_j| = (2k − n) c_k + Σ_j c_j − 2 Σ_{j<k} c_j,   Σ_jk |c_j − c_k| = 2 Σ_k (2k − n + 1) c_k.
struct Rows<'a, R: Ordered> {
    lists: &'a Lists<R>,
    means: &'a [f64],
    /// [rank][list].
    rows: &'a mut [f64],
}

/// Of each list.
struct Sums {
    squares: [f64; LISTS],
    pairs: [f64; LISTS],
    /// Numbers that are the one before them.
    ties: [u32; LISTS],
}

impl<R: Ordered> WithSimd for Rows<'_, R> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Sums {
        let (count, n) = (self.means.len(), self.lists.length as f64);
        let zeros = [0.0; LISTS];
        let (mut all, mut before, mut sums) =
            (zeros, zeros, Sums { squares: zeros, pairs: zeros, ties: [0; LISTS] });
        let (squares, pairs, ties) =
            (&mut sums.squares[..count], &mut sums.pairs[..count], &mut sums.ties[..count]);
        let (all, before) = (&mut all[..count], &mut before[..count]);
        let mut last = None;
        for (k, keys) in self.lists.keys.chunks_exact(LISTS).enumerate() {
            let (keys, weight) = (&keys[..count], 2.0 * k as f64 - n + 1.0);
            if let Some(last) = last.replace(keys) {
                ties.iter_mut().zip(last).zip(keys).for_each(|((t, a), b)| *t += u32::from(a == b));
            }
            for l in 0..count {
                let c = R::of(keys[l]) - self.means[l];
                all[l] += c;
                squares[l] += c * c;
                pairs[l] += 2.0 * weight * c;
            }
        }
        let ranks = self.lists.keys.chunks_exact(LISTS).zip(self.rows.chunks_exact_mut(LISTS)).enumerate();
        for (k, (keys, rows)) in ranks {
            let (keys, rows, weight) = (&keys[..count], &mut rows[..count], 2.0 * k as f64 - n);
            for l in 0..count {
                let c = R::of(keys[l]) - self.means[l];
                rows[l] = weight * c + all[l] - 2.0 * before[l];
                before[l] += c;
            }
        }
        sums
    }
}

/// Counts ranks, and hands the sums of each rank to the field that has it.
fn rank<R: Ordered>(turn: &mut InTurn, lists: &Lists<R>, rows: &[f64], count: usize) {
    let n = lists.length;
    for (k, (places, rows)) in lists.places.chunks_exact(LISTS).zip(rows.chunks_exact(LISTS)).enumerate() {
        for (place, row) in places[..count].iter().zip(rows) {
            let who = R::index(*place);
            turn.histograms[who * n + k] += 1;
            turn.rows[who] += row;
        }
    }
}

/// Σ c², Σ c²/s², Σ c/s and Σ (c − s θ)² of one field.
struct Moments<'a, R> {
    field: &'a [R],
    about: &'a About,
}

impl<R: Ordered> WithSimd for Moments<'_, R> {
    type Output = [f64; 4];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; 4] {
        let About { mean, scale, root, reference, .. } = self.about;
        let mut sums = [[0.0; LANES]; 4];
        for first in (0..self.field.len()).step_by(LANES) {
            let at = first..self.field.len().min(first + LANES);
            let about = [&mean[at.clone()], &scale[at.clone()], &root[at.clone()], &reference[at.clone()]];
            if let Some(field) = self.field[first..].first_chunk::<LANES>() {
                add(&mut sums, field, about.map(|part| std::array::from_fn(|l| part[l])));
            } else {
                for (lane, x) in self.field[at].iter().enumerate() {
                    let mut own = [[0.0; 1]; 4];
                    add(&mut own, &[*x], about.map(|part| [part[lane]]));
                    sums.iter_mut().zip(own).for_each(|(sum, [own])| sum[lane] += own);
                }
            }
        }
        sums.map(|mut lanes| pairwise(&mut lanes))
    }
}

#[inline(always)]
fn add<R: Real, const N: usize>(sums: &mut [[f64; N]; 4], field: &[R; N], about: [[f64; N]; 4]) {
    let [mean, scale, root, reference] = about;
    for l in 0..N {
        let c = field[l].wide() - mean[l];
        sums[0][l] += c * c;
        sums[1][l] += c * c * scale[l];
        sums[2][l] += c * root[l];
        sums[3][l] += (c - reference[l]) * (c - reference[l]);
    }
}
