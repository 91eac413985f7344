//! The readings of one frame by what they share of its white noise.

use crate::matrix::{cholesky, hermitian};
use crate::readings::Readings;
use crate::{MarkovError, Number, Result};
use equipoise_field::Real;
use ndarray::Array2;

/// The most readings that may hang together through points they share: 128 MiB for a matrix of them.
pub(crate) const TOGETHER: usize = 4096;

/// The readings of a frame, each in one place.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Rows of several frames, and rows that share points with these: their sums so far are part of the state.
    pub(crate) carried: Vec<Carried>,
    /// Rows whose points no other row reads.
    pub(crate) alone: Vec<Alone>,
    /// Rows that share points with each other alone.
    pub(crate) groups: Vec<Group>,
}

/// A row with its entries (place in the frame, weight).
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub(crate) row: usize,
    pub(crate) entries: Vec<(usize, f64)>,
    /// Whether this is its last frame.
    pub(crate) closes: bool,
}

/// A row of one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alone {
    pub(crate) row: usize,
    pub(crate) point: usize,
    pub(crate) weight: f64,
    /// λ_⊥ w² + s².
    pub(crate) variance: f64,
}

/// Rows and the points they read.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) rows: Vec<usize>,
    pub(crate) points: Vec<usize>,
    /// Rows × points.
    pub(crate) weights: Array2<f64>,
    /// L with L Lᵀ = λ_⊥ W Wᵀ + diag(s²).
    pub(crate) factor: Array2<f64>,
}

impl Groups {
    /// The readings of frame `t` under white noise of variance `white`.
    pub(crate) fn new<R: Real>(readings: &Readings<R>, t: usize, white: f64) -> Result<Self> {
        let spanning = readings.spanning(t);
        let mut found = Self { carried: Vec::new(), alone: Vec::new(), groups: Vec::new() };
        let single = |row: usize, point: usize, weight: f64| {
            let variance = white * weight * weight + readings.noise(row);
            Alone { row, point, weight, variance }
        };
        if spanning.is_empty() && readings.selects() {
            for &row in readings.single(t) {
                readings.entries(row, |index, weight| {
                    found.alone.push(single(row, index % readings.frame_len(), weight));
                });
            }
            return Ok(found);
        }
        let rows: Vec<usize> = spanning.iter().chain(readings.single(t)).copied().collect();
        let entries: Vec<Vec<(usize, f64)>> = rows.iter().map(|&row| readings.within(row, t)).collect();
        for members in components(&entries) {
            if members.iter().any(|&i| i < spanning.len()) {
                found.carried.extend(members.iter().map(|&i| Carried {
                    row: rows[i],
                    entries: entries[i].clone(),
                    closes: readings.ends(rows[i], t),
                }));
                continue;
            }
            match (&members[..], &entries[members[0]][..]) {
                ([i], [(point, weight)]) => found.alone.push(single(rows[*i], *point, *weight)),
                _ => found.groups.push(Group::new(readings, &rows, &entries, &members, white, t)?),
            }
        }
        if found.carried.len() > TOGETHER {
            return Err(MarkovError::together(t, found.carried.len(), TOGETHER));
        }
        Ok(found)
    }
}

impl Group {
    fn new<R: Real>(
        readings: &Readings<R>,
        rows: &[usize],
        entries: &[Vec<(usize, f64)>],
        members: &[usize],
        white: f64,
        t: usize,
    ) -> Result<Self> {
        if members.len() > TOGETHER {
            return Err(MarkovError::together(t, members.len(), TOGETHER));
        }
        let rows: Vec<usize> = members.iter().map(|&i| rows[i]).collect();
        let mut points: Vec<usize> = members.iter().flat_map(|&i| entries[i].iter().map(|e| e.0)).collect();
        points.sort_unstable();
        points.dedup();
        let mut weights = Array2::zeros((rows.len(), points.len()));
        for (i, &member) in members.iter().enumerate() {
            for (point, weight) in &entries[member] {
                weights[[i, points.partition_point(|p| p < point)]] += weight;
            }
        }
        let mut noise = hermitian(&weights.dot(&weights.t())).mapv(|g| g * white);
        rows.iter().enumerate().for_each(|(i, &row)| noise[[i, i]] += readings.noise(row));
        let factor = cholesky(&noise, "the noise of readings that share points")?;
        Ok(Self { rows, points, weights, factor })
    }
}

/// Rows that hang together through points they share, each set ascending and by its first row.
fn components(entries: &[Vec<(usize, f64)>]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..entries.len()).collect();
    fn top(parent: &mut [usize], mut i: usize) -> usize {
        while parent[i] != i {
            parent[i] = parent[parent[i]];
            i = parent[i];
        }
        i
    }
    let mut points: Vec<(usize, usize)> =
        entries.iter().enumerate().flat_map(|(i, e)| e.iter().map(move |(p, _)| (*p, i))).collect();
    points.sort_unstable();
    for pair in points.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (a, b) = (top(&mut parent, pair[0].1), top(&mut parent, pair[1].1));
        parent[a.max(b)] = a.min(b);
    }
    let mut sets: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
    (0..entries.len()).for_each(|i| sets[top(&mut parent, i)].push(i));
    sets.retain(|set| !set.is_empty());
    sets
}

/// λ_⊥ W Wᵀ of carried rows.
pub(crate) fn shared(carried: &[Carried], white: f64) -> Array2<f64> {
    let mut points: Vec<(usize, usize, f64)> =
        carried.iter().enumerate().flat_map(|(i, c)| c.entries.iter().map(move |e| (e.0, i, e.1))).collect();
    points.sort_unstable_by_key(|(p, i, _)| (*p, *i));
    let mut gram = Array2::zeros((carried.len(), carried.len()));
    for at in points.chunk_by(|a, b| a.0 == b.0) {
        for a in at {
            at.iter().for_each(|b| gram[[a.1, b.1]] += white * a.2 * b.2);
        }
    }
    gram
}

/// W U: the entries of rows in the modes, one row each.
pub(crate) fn loadings<'a, S: Number>(
    basis: &Array2<S>,
    entries: impl ExactSizeIterator<Item = &'a [(usize, f64)]>,
) -> Array2<S> {
    let mut out = Array2::zeros((entries.len(), basis.ncols()));
    for (mut row, entries) in out.rows_mut().into_iter().zip(entries) {
        for (point, weight) in entries {
            row.scaled_add(S::from_real(*weight), &basis.row(*point));
        }
    }
    out
}
