//! The sliced Wasserstein distance between ensembles, and what sampling alone makes of it.

use crate::transport::{atoms, squared_wasserstein, transported};
use crate::weights::Weights;
use crate::{Ensemble, Inclusion, MetricsError, Result};
use equipoise_field::{Real, sum};
use equipoise_stream::Stream;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The members of an ensemble along random unit directions θ of the whole field.
///
/// Ensembles projected with the same stream and count of directions can be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Projections {
    stream: Stream,
    members: usize,
    directions: usize,
    /// Of the members, unless they are equal.
    weights: Option<Weights>,
    /// θ_dᵀ x_m, direction by direction.
    values: Vec<f64>,
}

/// The distance between two independent exact ensembles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SamplingFloor {
    /// The mean over splits.
    pub mean: f64,
    /// The standard deviation over splits.
    pub std: f64,
}

impl Projections {
    /// θ_dᵀ x for every member and θ_d = z_d/‖z_d‖, z_d draw d of `stream` on the entries that count.
    ///
    /// One inner product a member and direction, and one field of deviates a direction.
    ///
    /// # Errors
    /// [`MetricsError::Empty`] without directions or entries, [`MetricsError::Mask`].
    pub fn new<R: Real>(
        ensemble: &Ensemble<'_, R>,
        directions: usize,
        stream: Stream,
        inclusion: Inclusion<'_>,
    ) -> Result<Self> {
        if inclusion.count(ensemble.field_len())? == 0 || directions == 0 {
            return Err(MetricsError::Empty { what: "projections" });
        }
        let mut theta = vec![R::zero(); ensemble.field_len()];
        let mut values = Vec::with_capacity(directions * ensemble.size());
        for direction in 0..directions as u64 {
            stream.fill_normal(direction, &mut theta);
            if inclusion != Inclusion::All {
                let left_out = |i: &usize| !inclusion.holds(*i);
                (0..theta.len()).filter(left_out).for_each(|i| theta[i] = R::zero());
            }
            let norm = sum::norm(&theta);
            let along = |m| sum::of(theta.len(), |i| entry(theta[i], ensemble.value(m, i)));
            values.extend((0..ensemble.size()).map(|m| along(m) / norm));
        }
        Ok(Self {
            stream,
            members: ensemble.size(),
            directions,
            weights: ensemble.weights().cloned(),
            values,
        })
    }

    /// M, the members of weight above 0.
    pub fn members(&self) -> usize {
        self.members
    }

    /// Some of the members.
    ///
    /// # Errors
    /// [`MetricsError::Empty`] for an empty range, [`MetricsError::Index`] for one past the end,
    /// [`MetricsError::Weighted`].
    pub fn part(&self, members: Range<usize>) -> Result<Self> {
        self.equally_weighted("part of an ensemble")?;
        if members.is_empty() {
            return Err(MetricsError::Empty { what: "projections" });
        }
        if members.end > self.members {
            return Err(MetricsError::Index { found: members.end - 1, expected: self.members });
        }
        let values = self.along().flat_map(|row| row[members.clone()].to_vec()).collect();
        Ok(Self { members: members.len(), values, ..self.clone() })
    }

    /// The sliced Wasserstein-2 distance of two ensembles' empirical laws:
    ///
    ///   SW₂² = E_θ W₂²(θᵀa, θᵀb), W₂² = ∫₀¹ (F_a⁻¹(u) − F_b⁻¹(u))² du
    ///
    /// over the directions, with sorted projections as quantile functions, steps of the members' weights;
    /// sizes may differ. In the field's unit **per entry**: a shift by δ on D entries has SW₂² = ‖δ‖²/D in expectation over θ.
    /// Ensembles of one law are not at distance zero: see [`sampling_floor`](Self::sampling_floor). Unequal
    /// weights carry the rounding of their sums, so two that stand for the same atoms come out at some
    /// √(M ε) of their range.
    ///
    /// # Errors
    /// [`MetricsError::Directions`] when they were projected on different directions.
    ///
    /// Reference: Bonneel, Rabin, Peyré & Pfister 2015, "Sliced and Radon Wasserstein barycenters of
    /// measures", J. Math. Imaging Vis. 51.
    pub fn sliced_wasserstein(&self, other: &Self) -> Result<f64> {
        if self.stream != other.stream || self.directions != other.directions {
            return Err(MetricsError::Directions { found: other.directions, expected: self.directions });
        }
        let squares = self.along().zip(other.along()).map(|(a, b)| {
            if self.weights.is_none() && other.weights.is_none() {
                return squared_wasserstein(&mut a.to_vec(), &mut b.to_vec());
            }
            transported(atoms(a, self.weights.as_ref()), atoms(b, other.weights.as_ref()))
        });
        Ok((squares.sum::<f64>() / self.directions as f64).sqrt())
    }

    /// The distance of two ensembles of `first` and M − `first` members that share one law, these
    /// being M independent samples of it: mean and standard deviation over `splits` random ones,
    /// split k in the order of draw k of `stream`.
    ///
    /// Put beside the distance of a method's `first` members from a [`part`](Self::part) of
    /// M − `first` exact samples. The splits share the samples, so the spread is that over splits
    /// and not over fresh samples.
    ///
    /// # Errors
    /// [`MetricsError::Empty`] when a part has no member or there are fewer than two splits,
    /// [`MetricsError::Weighted`].
    pub fn sampling_floor(&self, first: usize, splits: usize, stream: Stream) -> Result<SamplingFloor> {
        self.equally_weighted("sampling floor")?;
        if first == 0 || first >= self.members || splits < 2 {
            return Err(MetricsError::Empty { what: "sampling floor" });
        }
        let distances: Vec<f64> = (0..splits as u64)
            .map(|split| {
                let keys: Vec<f64> = stream.normal(split, self.members);
                let mut order: Vec<usize> = (0..self.members).collect();
                order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b]));
                let squares = self.along().map(|row| {
                    let part = |of: &[usize]| of.iter().map(|&m| row[m]).collect::<Vec<f64>>();
                    squared_wasserstein(&mut part(&order[..first]), &mut part(&order[first..]))
                });
                (squares.sum::<f64>() / self.directions as f64).sqrt()
            })
            .collect();
        let n = splits as f64;
        let mean = distances.iter().sum::<f64>() / n;
        let variance = distances.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Ok(SamplingFloor { mean, std: variance.sqrt() })
    }

    fn equally_weighted(&self, what: &'static str) -> Result<()> {
        if self.weights.is_some() { Err(MetricsError::Weighted { what }) } else { Ok(()) }
    }

    /// All members along one direction, direction by direction.
    fn along(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.members)
    }
}

/// θ_i x_i, nothing where θ leaves an entry out, whatever stands there.
#[inline(always)]
fn entry<R: Real>(theta: R, x: f64) -> f64 {
    if theta == R::zero() { 0.0 } else { theta.wide() * x }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(fields: &[Vec<f64>], directions: usize, inclusion: Inclusion<'_>) -> Projections {
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let ensemble = Ensemble::new(&slices).unwrap();
        Projections::new(&ensemble, directions, Stream::new("direction"), inclusion).unwrap()
    }

    fn normal(name: &str, members: u64, n: usize) -> Vec<Vec<f64>> {
        (0..members).map(|k| Stream::new(name).normal(k, n)).collect()
    }

    fn distance(a: &[Vec<f64>], b: &[Vec<f64>], directions: usize) -> f64 {
        let project = |f| project(f, directions, Inclusion::All);
        project(a).sliced_wasserstein(&project(b)).unwrap()
    }

    /// A shift δ moves every projection by θᵀδ and a stretch c by (c − 1)θᵀx: SW₂² is the mean of the
    /// squares over directions, ‖δ‖²/D and (c − 1)² mean(x²) in expectation.
    #[test]
    fn shifts_and_stretches_have_their_closed_form() {
        let (n, directions) = (20, 4000);
        let members = normal("a", 3, n);
        let delta: Vec<f64> = (0..n).map(|i| 0.1 * i as f64).collect();
        let shifted: Vec<Vec<f64>> =
            members.iter().map(|x| x.iter().zip(&delta).map(|(x, d)| x + d).collect()).collect();
        let found = distance(&members, &shifted, directions).powi(2);
        let expected = sum::squared_norm(&delta) / n as f64;
        // (θᵀδ)² is ‖δ‖² times a Beta(½, (D − 1)/2), of relative variance below two: five standard errors.
        let bound = 5.0 * (2.0 / directions as f64).sqrt();
        assert!((found / expected - 1.0).abs() < bound, "{found} {expected}");

        let stretched: Vec<Vec<f64>> = members.iter().map(|x| x.iter().map(|x| 3.0 * x).collect()).collect();
        let found = distance(&members, &stretched, directions).powi(2);
        let power = members.iter().map(|x| sum::squared_norm(x)).sum::<f64>() / (3 * n) as f64;
        assert!((found / (4.0 * power) - 1.0).abs() < bound, "{found} {power}");
    }

    /// Samples a of N(0, I) and b + δ, b of N(0, I): moving b by δ takes √mean(θᵀδ)² = s on the
    /// directions, so by the triangle inequality the distance is s up to that of a and b.
    #[test]
    fn two_normal_laws_differ_by_their_shift() {
        let (n, size, directions) = (10, 600, 300);
        let pool = normal("pool", 2 * size, n);
        let far: Vec<Vec<f64>> =
            normal("far", size, n).iter().map(|x| x.iter().map(|x| x + 2.0).collect()).collect();
        let pool = project(&pool, directions, Inclusion::All);
        let far = project(&far, directions, Inclusion::All);
        let floor = pool.sampling_floor(size as usize, 20, Stream::new("split")).unwrap();
        let found = far.sliced_wasserstein(&pool.part(0..size as usize).unwrap()).unwrap();
        // E(θᵀδ)² = 2²; the root halves its relative error over 300 directions.
        let bound = 2.0 * 2.5 * (2.0 / directions as f64).sqrt() + floor.mean + 4.0 * floor.std;
        assert!((found - 2.0).abs() < bound, "{found} {floor:?}");
    }

    /// On the line the expected squared distance of two samples of N(0, 1) of n each falls as
    /// 1/n up to a double logarithm (Bobkov & Ledoux 2019): sixteen times the members divide
    /// the floor by between two and eight.
    #[test]
    fn the_floor_falls_with_the_members() {
        let few = project(&normal("floor", 32, 50), 60, Inclusion::All);
        let many = project(&normal("floor", 512, 50), 60, Inclusion::All);
        let floor = |p: &Projections| p.sampling_floor(p.members() / 2, 30, Stream::new("split")).unwrap();
        let (few, many) = (floor(&few), floor(&many));
        let ratio = few.mean / many.mean;
        assert!(ratio > 2.0 && ratio < 8.0, "{few:?} {many:?}");
        // Exact samples lie at the floor: another pool's distance is within its spread.
        let other = project(&normal("other", 16, 50), 60, Inclusion::All);
        let pool = project(&normal("floor", 32, 50), 60, Inclusion::All);
        let found = other.sliced_wasserstein(&pool.part(16..32).unwrap()).unwrap();
        assert!((found - few.mean).abs() < 5.0 * few.std, "{found} {few:?}");
    }

    #[test]
    fn the_same_law_in_other_sizes_is_at_distance_zero() {
        let members = normal("a", 4, 30);
        let twice: Vec<Vec<f64>> = members.iter().chain(&members).cloned().collect();
        assert!(distance(&members, &twice, 5) < 1e-15);
    }

    #[test]
    fn what_is_left_out_does_not_count() {
        let members = normal("a", 3, 6);
        let mut broken = members.clone();
        broken.iter_mut().for_each(|x| x[5] = f64::NAN);
        let flags = [true, true, true, true, true, false];
        let (a, b) = (
            project(&members, 7, Inclusion::Entries(&flags)),
            project(&broken, 7, Inclusion::Entries(&flags)),
        );
        assert_eq!(a.sliced_wasserstein(&b).unwrap().to_bits(), 0.0f64.to_bits());
        let other = project(&members, 8, Inclusion::All);
        assert!(matches!(
            a.sliced_wasserstein(&other),
            Err(MetricsError::Directions { found: 8, expected: 7 })
        ));
        assert!(a.part(2..2).is_err() && a.part(1..4).is_err());
        assert!(a.sampling_floor(3, 9, Stream::new("split")).is_err());
    }
}
