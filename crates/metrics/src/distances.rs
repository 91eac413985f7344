//! The distances between M + 1 fields, and what each of them is among the others by distance alone.

use crate::Result;
use equipoise_field::sum::{LANES, pairwise};
use equipoise_field::{Length, Real};
use pulp::{Arch, Simd, WithSimd};

/// Entries of all fields that are looked at together.
const TILE: usize = 128;

/// Fields that one is compared with at a time.
const OTHERS: usize = 4;

/// ‖x_e − x_j‖² of all pairs of n fields, summed over portions.
#[derive(Clone, Debug, PartialEq)]
pub struct SquaredDistances {
    count: usize,
    /// [e][j], symmetric.
    squares: Vec<f64>,
}

impl SquaredDistances {
    /// Of `count` fields of which nothing is known yet.
    pub fn new(count: usize) -> Self {
        Self { count, squares: vec![0.0; count * count] }
    }

    /// Adds those of a portion of every field, n²/2 passes over it.
    ///
    /// # Errors
    /// [`MetricsError::Length`](crate::MetricsError::Length) for another number of fields, or lengths that differ.
    pub fn add<R: Real>(&mut self, portion: &[&[R]]) -> Result<()> {
        Length::check("fields", portion.len(), self.count)?;
        for part in portion {
            Length::check("portion of a field", part.len(), portion[0].len())?;
        }
        let (arch, length) = (Arch::new(), portion[0].len());
        let mut wide = vec![0.0; self.count * TILE];
        for first in (0..length).step_by(TILE) {
            let count = TILE.min(length - first);
            for (wide, part) in wide.chunks_exact_mut(TILE).zip(portion) {
                wide.fill(0.0);
                wide.iter_mut().zip(&part[first..first + count]).for_each(|(wide, x)| *wide = x.wide());
            }
            arch.dispatch(Tile { wide: &wide, squares: &mut self.squares, count: self.count });
        }
        Ok(())
    }

    /// Adds `factor` times other ones.
    ///
    /// # Errors
    /// [`MetricsError::Length`](crate::MetricsError::Length) for another number of fields.
    pub fn merge(&mut self, other: &Self, factor: f64) -> Result<()> {
        Length::check("fields", other.count, self.count)?;
        self.squares.iter_mut().zip(&other.squares).for_each(|(a, b)| *a += factor * b);
        Ok(())
    }

    /// The mean over pairs, twice the variance of all entries together.
    pub fn mean(&self) -> f64 {
        let pairs = self.count as f64 * (self.count as f64 - 1.0);
        self.squares.iter().sum::<f64>() / pairs
    }

    /// For each field the fair energy score of the others against it:
    ///
    ///   (1/M) Σ_j ‖x_j − x_e‖ − 1/(2M(M − 1)) Σ_jk ‖x_j − x_k‖
    ///
    /// NaN with one member.
    ///
    /// Reference: Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102, equation 22; fair as of Ferro 2014, Q. J. R.
    /// Meteorol. Soc. 140.
    pub fn energy_scores(&self) -> Vec<f64> {
        let members = self.count as f64 - 1.0;
        let rows: Vec<f64> = self.rows().map(|row| row.iter().map(|d| d.sqrt()).sum()).collect();
        let all: f64 = rows.iter().sum();
        let score = |row: &f64| row / members - (all - 2.0 * row) / (2.0 * members * (members - 1.0));
        rows.iter().map(score).collect()
    }

    /// For each field the distance to the nearest other one.
    pub fn nearest(&self) -> Vec<f64> {
        let others = |(e, row): (usize, &[f64])| {
            let others = row.iter().enumerate().filter(|(j, _)| *j != e).map(|(_, d)| *d);
            others.fold(f64::INFINITY, f64::min).sqrt()
        };
        self.rows().enumerate().map(others).collect()
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.squares.chunks_exact(self.count)
    }
}

/// [`TILE`] entries of every field.
struct Tile<'a> {
    /// [field][entry], 0 where there is none.
    wide: &'a [f64],
    squares: &'a mut [f64],
    count: usize,
}

impl WithSimd for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let field = |e: usize| &self.wide[e * TILE..(e + 1) * TILE];
        for e in 0..self.count {
            for first in (0..e).step_by(OTHERS) {
                // The last ones stand for those that are too many.
                let js: [usize; OTHERS] = std::array::from_fn(|k| (first + k).min(e - 1));
                let squares = against(field(e), js.map(field));
                for (j, mut lanes) in js.into_iter().zip(squares).take(e - first) {
                    let square = pairwise(&mut lanes);
                    self.squares[e * self.count + j] += square;
                    self.squares[j * self.count + e] += square;
                }
            }
        }
    }
}

/// ‖x − y‖² of each y, by lanes.
#[inline(always)]
fn against(x: &[f64], others: [&[f64]; OTHERS]) -> [[f64; LANES]; OTHERS] {
    let mut sums = [[0.0; LANES]; OTHERS];
    for (at, x) in x.as_chunks::<LANES>().0.iter().enumerate() {
        for (sums, y) in sums.iter_mut().zip(others) {
            let y = &y.as_chunks::<LANES>().0[at];
            for l in 0..LANES {
                sums[l] += (x[l] - y[l]) * (x[l] - y[l]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ensemble, Inclusion, crps, energy_score};
    use equipoise_field::sum;
    use equipoise_stream::Stream;

    /// On the line the energy score is the CRPS; portions add up; the nearest by looking at all.
    #[test]
    fn scores_of_one_entry_are_the_crps() {
        let fields: Vec<Vec<f64>> = (0..6).map(|k| Stream::new("distances").normal(k, 37)).collect();
        let mut all = SquaredDistances::new(6);
        for part in [0..20, 20..37] {
            let portion: Vec<&[f64]> = fields.iter().map(|f| &f[part.clone()]).collect();
            all.add(&portion).unwrap();
        }
        let others: Vec<&[f64]> = fields[1..].iter().map(Vec::as_slice).collect();
        let ensemble = Ensemble::new(&others).unwrap();
        let alone = energy_score(&ensemble, &fields[0], Inclusion::All).unwrap().unwrap();
        assert!((all.energy_scores()[0] - alone).abs() < 1e-13);
        let least =
            others.iter().map(|o| sum::squared_distance(o, &fields[0]).sqrt()).fold(f64::MAX, f64::min);
        assert!((all.nearest()[0] - least).abs() < 1e-13);

        let points: Vec<&[f64]> = fields.iter().map(|f| &f[..1]).collect();
        let mut line = SquaredDistances::new(6);
        line.add(&points).unwrap();
        let ensemble = Ensemble::new(&points[1..]).unwrap();
        let score = crps(&ensemble, points[0], Inclusion::All).unwrap().unwrap();
        assert!((line.energy_scores()[0] - score).abs() < 1e-14);
        assert!(line.add(&points[1..]).is_err());
    }
}
