//! The posterior of trajectories against the dense one, and its draws against their law.

use super::*;
use crate::matrix::{cholesky, eigen, hermitian, log_determinant, solve_lower, solve_upper};
use crate::tests::fixtures::{modes, normal, waves, with_covariance};
use equipoise_field::Boundary;
use equipoise_observation::NoiseVariance;
use equipoise_operator::{LinearOperator, Mask, Sensor, Sensors, Subsample, TimeRule};
use ndarray::Array2;
use std::sync::Arc;

/// Σ of all frames, column by column.
fn prior(markov: &Markov, frames: usize) -> Array2<f64> {
    let covariance = markov.window::<f64>(frames).unwrap();
    let (dim, weights) = (covariance.dim(), covariance.weights(&|l| l));
    let mut sigma = Array2::zeros((dim, dim));
    let (mut unit, mut column) = (vec![0.0; dim], vec![0.0; dim]);
    for i in 0..dim {
        unit[i] = 1.0;
        covariance.apply(&weights, &unit, &mut column);
        unit[i] = 0.0;
        sigma.column_mut(i).iter_mut().zip(&column).for_each(|(s, c)| *s = *c);
    }
    hermitian(&sigma)
}

struct DensePosterior {
    mean: Vec<f64>,
    covariance: Array2<f64>,
    log_evidence: f64,
}

/// Rasmussen & Williams 2006, eqs. 2.23, 2.24 and 2.30.
fn dense(markov: &Markov, frames: usize, observed: &Observed<f64>) -> DensePosterior {
    let sigma = prior(markov, frames);
    let (dim, n) = (sigma.nrows(), observed.count());
    let operator = observed.linear("dense").unwrap();
    let mut a = Array2::zeros((n, dim));
    let (mut unit, mut column) = (vec![0.0; dim], vec![0.0; n]);
    for i in 0..dim {
        unit[i] = 1.0;
        operator.apply(&unit, &mut column);
        unit[i] = 0.0;
        a.column_mut(i).iter_mut().zip(&column).for_each(|(a, c)| *a = *c);
    }
    let seen = a.dot(&sigma);
    let mut s = hermitian(&seen.dot(&a.t()));
    (0..n).for_each(|i| s[[i, i]] += observed.noise().at(i));
    let l = cholesky(&s, "S").unwrap();
    let mean: Vec<f64> = markov.repeated(frames);
    let mut r = Array2::from_shape_fn((n, 1), |(i, _)| {
        observed.values()[i] - a.row(i).iter().zip(&mean).map(|(a, m)| a * m).sum::<f64>()
    });
    let mut half = seen.clone();
    solve_lower(&l, &mut half);
    let covariance = &sigma - &half.t().dot(&half);
    solve_lower(&l, &mut r);
    let quadratic = r.iter().map(|r| r * r).sum::<f64>();
    let log_evidence = -0.5 * (quadratic + log_determinant(&l) + n as f64 * TAU.ln());
    solve_upper(&l, &mut r);
    let update = seen.t().dot(&r);
    let mean = mean.iter().zip(&update).map(|(m, u)| m + u).collect();
    DensePosterior { mean, covariance, log_evidence }
}

fn observed(operator: impl LinearOperator<f64> + 'static, noise: NoiseVariance) -> Observed<f64> {
    let y = Stream::new("y").normal(0, operator.len_out());
    Observed::new(y, operator, noise).unwrap()
}

/// Readings of every kind: between frames, twice in one place, two at the same point of different times, many in one
/// frame and none in another.
fn sensors(shape: Shape, count: usize) -> Sensors {
    let numbers: Vec<f64> = Stream::new("sensors").normal(0, 4 * count);
    let unit = |v: f64| (v * 7.3).rem_euclid(1.0);
    let at = |i: usize| {
        let u = |j: usize| unit(numbers[4 * i + j]);
        let frame = (u(0) * (shape.frames - 1) as f64).min(shape.frames as f64 - 1.01);
        Sensor {
            // A third at whole frames, none of them the third one.
            frame: match (i % 3, frame as usize) {
                (0, 2) => 1.0,
                (0, whole) => whole as f64,
                _ => frame,
            },
            channel: i % shape.channels,
            row: u(1) * (shape.height - 1) as f64,
            column: if i.is_multiple_of(5) { 1.0 } else { u(2) * (shape.width - 1) as f64 },
        }
    };
    let mut all: Vec<Sensor> = (0..count).map(at).collect();
    let again = Sensor { frame: all[1].frame.floor() + 0.25, ..all[1] };
    all.extend([all[1], again, Sensor { frame: again.frame + 0.5, ..again }]);
    Sensors::new(shape, Boundary::Open, TimeRule::Linear, &all).unwrap()
}

fn largest(a: &[f64], b: impl IntoIterator<Item = f64>) -> f64 {
    a.iter().zip(b).fold(0.0f64, |s, (a, b)| s.max((a - b).abs()))
}

/// Mean, variance and evidence are those of the dense posterior.
fn is_dense(markov: &Markov, frames: usize, observed: &Observed<f64>, what: &str) {
    let (found, expected) = (markov.posterior(frames, observed).unwrap(), dense(markov, frames, observed));
    let moments = found.moments().unwrap();
    let mean = largest(&moments.mean, expected.mean.iter().copied());
    let variance = largest(&moments.variance, expected.covariance.diag().iter().copied());
    let evidence = found.log_evidence().unwrap().value - expected.log_evidence;
    assert!(mean < 1e-9 && variance < 1e-9, "{what}: mean off {mean:e}, variance off {variance:e}");
    let scale = 1.0 + expected.log_evidence.abs();
    assert!(evidence.abs() < 1e-9 * scale, "{what}: log-evidence off {evidence:e} of {scale:e}");
    assert_eq!(found.mean().unwrap(), moments.mean);
}

#[test]
fn modes_have_the_dense_posterior() {
    let shape = Shape::new(7, 2, 3, 4);
    for (r, white) in [(3, 0.3), (1, 0.0), (6, 1e-4)] {
        let markov = modes(shape, r, white);
        let each = |n: usize| (0..n).map(|i| 0.01 + 0.1 * (i % 7) as f64).collect();
        for count in [2, 9, 60] {
            let sensors = sensors(shape, count);
            let noise = NoiseVariance::PerObservation(each(count + 3));
            is_dense(&markov, 7, &observed(sensors, noise), &format!("{count} sensors, r = {r}"));
        }
        for stride in [1, 2, 3] {
            let lattice = Subsample::new(shape, stride).unwrap();
            let noise =
                NoiseVariance::PerChannel { values: vec![0.01, 0.2], plane: lattice.observed().plane() };
            is_dense(&markov, 7, &observed(lattice, noise), &format!("stride {stride}, r = {r}"));
        }
        let mask = Mask::new(shape.len(), vec![0, 1, 5, 24, 30, 95, 96, 100, 167]).unwrap();
        is_dense(&markov, 7, &observed(mask, NoiseVariance::Uniform(0.04)), &format!("mask, r = {r}"));
    }
}

/// Two modes that are always alike, no white noise, and readings that repeat each other: exact relations throughout.
#[test]
fn singular_priors_have_the_dense_posterior() {
    let shape = Shape::new(5, 2, 3, 4);
    let c = normal("c0", 3, 2);
    let markov = with_covariance(shape, c.dot(&c.t()), 0.0);
    for count in [4, 30] {
        let noise = NoiseVariance::Uniform(1e-3);
        is_dense(&markov, 5, &observed(sensors(shape, count), noise), &format!("singular, {count} sensors"));
    }
    let lattice = Subsample::new(shape, 1).unwrap();
    is_dense(&markov, 5, &observed(lattice, NoiseVariance::Uniform(1e-3)), "singular, all");
}

/// The planes (t, c) that `read` gives strides and an offset for.
fn lattices(shape: Shape, read: impl Fn(usize, usize) -> Option<([usize; 2], [usize; 2])>) -> Mask {
    let mut indices = Vec::new();
    for (t, c) in (0..shape.frames).flat_map(|t| (0..shape.channels).map(move |c| (t, c))) {
        let Some((strides, offset)) = read(t, c) else { continue };
        for h in (offset[0]..shape.height).step_by(strides[0]) {
            indices.extend((offset[1]..shape.width).step_by(strides[1]).map(|w| shape.index(t, c, h, w)));
        }
    }
    Mask::new(shape.len(), indices).unwrap()
}

#[test]
fn wavenumbers_have_the_dense_posterior() {
    for (c, h, w, stride) in [(2, 4, 6, 2), (1, 6, 3, 3), (2, 3, 5, 1), (1, 1, 8, 1)] {
        let shape = Shape::new(5, c, h, w);
        let markov = waves(shape);
        let lattice = Subsample::new(shape, stride).unwrap();
        let noise = NoiseVariance::PerChannel { values: vec![0.05; c], plane: lattice.observed().plane() };
        is_dense(&markov, 5, &observed(lattice, noise), &format!("{shape}, stride {stride}"));
    }
    let shape = Shape::new(6, 2, 4, 6);
    let markov = waves(shape);
    // Frames 0 and 3 without readings, one of a single channel, lattices that move and change.
    let mask = lattices(shape, |t, c| match (t, c) {
        (0 | 3, _) | (1, 0) => None,
        (2, _) => Some(([2, 3], [1, 2])),
        (4, _) => Some(([4, 6], [3, 0])),
        _ => Some(([2, 2], [t % 2, c])),
    });
    is_dense(&markov, 6, &observed(mask, NoiseVariance::Uniform(0.09)), "changing lattices");
}

/// 1,500 draws: mean and covariance within five standard errors of the dense posterior's.
#[test]
fn draws_have_the_law_of_the_posterior() {
    let shape = Shape::new(3, 1, 2, 2);
    let sensors = sensors(shape, 3);
    let each = NoiseVariance::PerObservation((0..6).map(|i| 0.02 + 0.1 * i as f64).collect());
    let lattice = observed(Subsample::new(shape, 2).unwrap(), NoiseVariance::Uniform(0.1));
    for (markov, seen) in [(modes(shape, 2, 0.3), observed(sensors, each)), (waves(shape), lattice)] {
        let (posterior, expected) = (markov.posterior(3, &seen).unwrap(), dense(&markov, 3, &seen));
        let n = 1500;
        let draws: Vec<Vec<f64>> =
            (0..n).map(|k| posterior.sample(Stream::new("draws"), k).unwrap()).collect();
        let dim = shape.len();
        for i in 0..dim {
            let about = |k: usize, i: usize| draws[k][i] - expected.mean[i];
            let c = &expected.covariance;
            let mean = (0..n as usize).map(|k| about(k, i)).sum::<f64>() / n as f64;
            assert!(mean.abs() < 5.0 * (c[[i, i]] / n as f64).sqrt(), "mean of {i}: {mean}");
            for j in 0..=i {
                let found = (0..n as usize).map(|k| about(k, i) * about(k, j)).sum::<f64>() / n as f64;
                let error = ((c[[i, i]] * c[[j, j]] + c[[i, j]].powi(2)) / n as f64).sqrt();
                assert!((found - c[[i, j]]).abs() < 5.0 * error, "({i}, {j}): {found} {}", c[[i, j]]);
            }
        }
    }
}

/// What the prior says of itself agrees: its window covariance, its parts, its variance and its draws.
#[test]
fn the_prior_is_one() {
    let shape = Shape::new(4, 2, 3, 4);
    for markov in [modes(shape, 3, 0.2), waves(shape)] {
        let sigma = prior(&markov, 2);
        let d = shape.frame();
        assert!(largest(&markov.variance(), (0..d).map(|i| sigma[[i, i]])) < 1e-12);
        let parts = markov.parts().unwrap();
        assert_eq!(parts.iter().map(|p| p.chain.dim() * p.copies).sum::<usize>(), d);
        let trace = |lag: usize| -> f64 {
            let of = |p: &crate::Part| p.copies as f64 * p.lagged(lag).unwrap().diag().sum();
            parts.iter().map(of).sum()
        };
        let lag: f64 = (0..d).map(|i| sigma[[d + i, i]]).sum();
        assert!((trace(0) - (0..d).map(|i| sigma[[i, i]]).sum::<f64>()).abs() < 1e-11);
        assert!((trace(1) - lag).abs() < 1e-11);
        // The parts' eigenvalues at lag 0 are a frame's.
        let mut of_parts: Vec<f64> = parts
            .iter()
            .flat_map(|p| {
                let values = eigen(&p.lagged(0).unwrap(), "part").unwrap().0.to_vec();
                std::iter::repeat_n(values, p.copies).flatten()
            })
            .collect();
        of_parts.sort_by(f64::total_cmp);
        let frame = Array2::from_shape_fn((d, d), |at| sigma[at]);
        assert!(largest(&of_parts, eigen(&frame, "frame").unwrap().0) < 1e-11);
        // Σ_i a_i b_i of draws for two frames a and b; its variance is Σ_ij (A_ij B_ij + C_ij C_ji) for Gaussian ones.
        let (n, block) = (1500, |t: usize, s: usize| {
            Array2::from_shape_fn((d, d), |(i, j)| sigma[[t * d + i, s * d + j]])
        });
        let (still, later) = (block(0, 0), block(1, 0));
        let draws: Vec<Vec<f64>> =
            (0..n).map(|k| markov.sample(3, Stream::new("prior"), k).unwrap()).collect();
        for (a, b, c) in [(0, 0, &still), (2, 2, &still), (1, 0, &later), (2, 1, &later)] {
            let of = |x: &[f64], t: usize, i: usize| x[t * d + i] - markov.mean()[i];
            let one = |x: &Vec<f64>| (0..d).map(|i| of(x, a, i) * of(x, b, i)).sum::<f64>();
            let found = draws.iter().map(one).sum::<f64>() / n as f64;
            let both = still.iter().map(|v| v * v).sum::<f64>()
                + c.iter().zip(&c.t()).map(|(c, t)| c * t).sum::<f64>();
            let error = (both / n as f64).sqrt();
            assert!(
                (found - c.diag().sum()).abs() < 5.0 * error,
                "{a} {b}: {found} {} {error}",
                c.diag().sum()
            );
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let shape = Shape::new(3, 2, 4, 4);
    let markov = waves(shape);
    let seen = observed(Subsample::new(shape, 2).unwrap(), NoiseVariance::Uniform(0.1));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let posterior = markov.posterior(3, &seen).unwrap();
            (posterior.moments().unwrap(), posterior.sample(Stream::new("s"), 3).unwrap())
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn what_a_form_does_not_take_is_refused_by_name() {
    let shape = Shape::new(3, 2, 4, 6);
    let message = |markov: &Markov, seen: &Observed<f64>| {
        markov.posterior(3, seen).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let (points, grid) = (modes(shape, 2, 0.1), waves(shape));
    let noise = || NoiseVariance::Uniform(0.1);
    let found = message(&grid, &observed(sensors(shape, 3), noise()));
    assert!(found.contains("no lattice of strides that divide the grid"), "{found}");
    let found = message(&grid, &observed(Subsample::new(shape, 4).unwrap(), noise()));
    assert!(found.starts_with("frame 0, channel 0"), "{found}");
    let several = NoiseVariance::PerObservation((0..36).map(|i| 0.1 + 0.01 * i as f64).collect());
    let found = message(&grid, &observed(Subsample::new(shape, 2).unwrap(), several));
    assert!(found.contains("several noise variances"), "{found}");
    let found = message(&points, &observed(Subsample::new(shape, 2).unwrap(), NoiseVariance::Uniform(0.0)));
    assert!(found.contains("expected a positive finite number"), "{found}");
    let other = Shape::new(4, 2, 4, 6);
    let found = message(&points, &observed(Subsample::new(other, 2).unwrap(), noise()));
    assert!(found.starts_with("numbers that the operator takes: found 192, expected 144"), "{found}");
    let field: Arc<dyn LinearOperator<f64>> = Arc::new(equipoise_operator::Coarsen::new(shape, 2).unwrap());
    let values = vec![0.0; field.len_out()];
    let found = message(&points, &Observed::shared(values, field, noise()).unwrap());
    assert!(found.contains("does not tell its rows"), "{found}");
}
