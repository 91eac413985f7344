//! Ratios of traces from vjp products alone.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::{Modes, fit_low_rank};
use equipoise_denoiser::{Closure, Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::Shape;
use equipoise_guidance::{
    Excess, LevelTable, ProbedStrength, ProbedTraces, Probes, Strength, forward_noised,
};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{Dense, LinearOperator, Saturation, Subsample};
use equipoise_scaling::Law;
use equipoise_scaling::TraceRatio;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SHAPE: Shape = Shape::new(2, 2, 6, 8);
const NOISE: NoiseVariance = NoiseVariance::Uniform(0.04);
const LEVELS: [Level; 3] =
    [Level { mu: 0.02, sigma: 1.0 }, Level { mu: 0.7, sigma: 0.7 }, Level { mu: 0.999, sigma: 0.05 }];
const LAWS: [Law; 2] = [Law::Matched, Law::Active];

/// Fields in a space of seven dimensions, and a little in all others.
fn fields() -> Vec<Vec<f64>> {
    (0..7).map(|s| Stream::new("data").number(s).normal(0, SHAPE.len())).collect()
}

fn prior() -> Arc<Modes<f64>> {
    let data = fields();
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    Arc::new(fit_low_rank(&views, 4, 0.1).unwrap().covariance)
}

fn wiener(prior: Arc<Modes<f64>>) -> Arc<dyn Denoiser<f64>> {
    Arc::new(Wiener::new(vec![0.3; SHAPE.len()], prior).unwrap())
}

fn observation(operator: Arc<dyn LinearOperator<f64>>) -> Arc<Observed<f64>> {
    Arc::new(Observed::shared(vec![0.0; operator.len_out()], operator, NOISE).unwrap())
}

fn at(probed: &ProbedStrength, level: Level) -> TraceRatio {
    assert!(probed.replaced.is_empty());
    let Excess::Levels(table) = &probed.strength.excess else { panic!("no ratio of traces") };
    *table.get(level).unwrap()
}

/// 200 probes of the closed form: the error stays within four of the standard errors, which are
/// themselves below a fifth of the ratio.
#[test]
fn the_closed_form_of_a_gaussian_prior_is_met_within_its_standard_error() {
    let states = forward_noised(fields().into(), Stream::new("noise"));
    let probes = Probes { states, count: 200, stream: Stream::new("probes") };
    for stride in [1, 2] {
        let operator: Arc<dyn LinearOperator<f64>> = Arc::new(Subsample::new(SHAPE, stride).unwrap());
        let observed = ObservedPrior::new(prior(), Arc::clone(&operator), NOISE).unwrap();
        let (wiener, observation) = (wiener(prior()), observation(operator));
        for (law, level) in LAWS.iter().flat_map(|law| LEVELS.map(|l| (*law, l))) {
            let closed = Strength::trace_ratios(law, &observed, &LEVELS, Stream::new("unused"));
            let closed = closed.get(level).unwrap();
            assert_eq!(closed.standard_error, None);
            let found = at(&Strength::probed(law, &wiener, &observation, &LEVELS, &probes).unwrap(), level);
            let (off, error) = ((found.value - closed.value).abs(), found.standard_error.unwrap());
            assert!(error < 0.2 * closed.value, "{law}, stride {stride}, {level:?}: {found:?}");
            assert!(off < 4.0 * error, "{law}, stride {stride}, {level:?}: {found:?}, {closed:?}");
        }
    }
}

/// Where the prior has no closed form either, the same probes give the same ratios, through J and
/// through functions of Σ, up to roundings.
#[test]
fn the_same_probes_give_the_same_ratios_by_vjp_and_by_spectral_functions() {
    let matrix = Stream::new("A").normal(0, 9 * SHAPE.len());
    let operator: Arc<dyn LinearOperator<f64>> = Arc::new(Dense::new(9, SHAPE.len(), matrix).unwrap());
    let observed = ObservedPrior::new(prior(), Arc::clone(&operator), NOISE).unwrap();
    let stream = Stream::new("probes");
    let probes = Probes { states: Arc::new(|_| vec![vec![0.0; SHAPE.len()]]), count: 64, stream };
    let (wiener, observation) = (wiener(prior()), observation(operator));
    for law in LAWS {
        let spectral: Arc<LevelTable<TraceRatio>> = Strength::trace_ratios(law, &observed, &LEVELS, stream);
        let probed = Strength::probed(law, &wiener, &observation, &LEVELS, &probes).unwrap();
        for level in LEVELS {
            let (a, b) = (at(&probed, level), *spectral.get(level).unwrap());
            // At μ = 0.999 the largest modes have 1 − μj of 1e-3, which magnifies roundings of j.
            assert!((a.value / b.value - 1.0).abs() < 1e-10, "{law}, {level:?}: {a:?} {b:?}");
            let ratio = a.standard_error.unwrap() / b.standard_error.unwrap();
            assert!((ratio - 1.0).abs() < 1e-10, "{law}, {level:?}: {a:?} {b:?}");
        }
    }
}

/// A saturated sensor of a state at x̂ = u is the sensor 1/(1 + |u|)² as sensitive.
#[test]
fn a_nonlinear_operator_is_probed_through_its_slope() {
    let dim = 3;
    let identity = || (0..9).map(|i| f64::from(u8::from(i % 4 == 0))).collect::<Vec<f64>>();
    let prior = Modes::new(dim, identity(), vec![4.0, 1.0, 0.25], None).unwrap();
    let wiener: Arc<dyn Denoiser<f64>> = Arc::new(Wiener::new(vec![0.0; dim], Arc::new(prior)).unwrap());
    let (level, x_t) = (Level { mu: 0.6, sigma: 0.8 }, vec![1.0, -2.0, 0.5]);
    let mut rows = identity();
    for (i, variance) in [4.0, 1.0, 0.25].iter().enumerate() {
        let x_hat: f64 = 0.6 * variance / (0.36 * variance + 0.64) * x_t[i];
        rows[4 * i] = (1.0 + x_hat.abs()).powi(-2);
    }
    let probes =
        Probes { states: Arc::new(move |_| vec![x_t.clone()]), count: 8, stream: Stream::new("probes") };
    let whole = Arc::new(Dense::new(dim, dim, identity()).unwrap());
    let saturated =
        Arc::new(Observed::nonlinear(vec![0.0; dim], Arc::new(Saturation(whole)), NOISE).unwrap());
    let scaled = observation(Arc::new(Dense::new(dim, dim, rows).unwrap()));
    for law in LAWS {
        let [a, b] = [&saturated, &scaled]
            .map(|o| at(&Strength::probed(law, &wiener, o, &[level], &probes).unwrap(), level).value);
        assert!((a / b - 1.0).abs() < 1e-13, "{law}: {a} {b}");
    }
}

#[test]
fn what_cannot_be_probed_is_said() {
    let dim = 4;
    let shrink = |factor: f64| {
        move |v: &[f64], out: &mut [f64]| {
            out.iter_mut().zip(v).for_each(|(o, v)| *o = factor * v);
            Ok(())
        }
    };
    // J = −I/2: no covariance.
    let reversing: Arc<dyn Denoiser<f64>> = Arc::new(Closure::new(
        dim,
        move |x: &[f64], _: Level, out: &mut [f64]| shrink(-0.5)(x, out),
        move |_: &[f64], _: Level, v: &[f64], out: &mut [f64]| shrink(-0.5)(v, out),
    ));
    let operator = Dense::new(1, dim, vec![1.0; dim]).unwrap();
    let (observation, level) = (observation(Arc::new(operator)), Level { mu: 1.0, sigma: 0.5 });
    let probe = |law, states: usize, count| {
        let states = Arc::new(move |_| vec![vec![0.0; dim]; states]);
        let probes = Probes { states, count, stream: Stream::new("probes") };
        Strength::probed(law, &reversing, &observation, &[level], &probes).unwrap_err().to_string()
    };
    assert_eq!(probe(Law::Dual, 1, 8), "law dual: found no traces to probe, expected matched or active");
    assert_eq!(probe(Law::Active, 0, 8), "probes: found 0 states, expected at least 1");
    assert_eq!(probe(Law::Active, 1, 1), "probes: found 1 random vectors, expected at least 2");
    let message = probe(Law::Active, 1, 8);
    assert!(message.starts_with("traces at μ = 1, σ = 0.5: law matched: traces"), "{message}");
}

/// Where J = 2I at μ = 1, I − μJ is negative: `active` stands on the ratio of `matched`, which is that
/// of V = 2σ²I seen through four entries at once, 4·2/4.
#[test]
fn active_without_a_weight_stands_on_matched_and_says_so() {
    let dim = 4;
    let double = |v: &[f64], out: &mut [f64]| {
        out.iter_mut().zip(v).for_each(|(o, v)| *o = 2.0 * v);
        Ok(())
    };
    let expanding: Arc<dyn Denoiser<f64>> = Arc::new(Closure::new(
        dim,
        move |x: &[f64], _: Level, out: &mut [f64]| double(x, out),
        move |_: &[f64], _: Level, v: &[f64], out: &mut [f64]| double(v, out),
    ));
    let operator = Dense::new(1, dim, vec![1.0; dim]).unwrap();
    let (observation, level) = (observation(Arc::new(operator)), Level { mu: 1.0, sigma: 0.5 });
    let probes =
        Probes { states: Arc::new(move |_| vec![vec![0.0; dim]]), count: 8, stream: Stream::new("probes") };
    for (law, replaced) in [(Law::Active, vec![level]), (Law::Matched, vec![])] {
        let probed = Strength::probed(law, &expanding, &observation, &[level], &probes).unwrap();
        assert_eq!(probed.replaced, replaced);
        let excess = probed.strength.excess_at(level).unwrap();
        assert!((excess - 2.0).abs() < 1e-14, "{excess}");
    }
}

/// x̂ = J x_t with a dense J of which nothing is known.
fn general(j: Vec<f64>, dim: usize) -> Arc<dyn Denoiser<f64>> {
    let transposed = j.clone();
    let denoise = move |x: &[f64], _: Level, out: &mut [f64]| {
        (0..dim).for_each(|i| out[i] = (0..dim).map(|k| j[i * dim + k] * x[k]).sum());
        Ok(())
    };
    let vjp = move |_: &[f64], _: Level, v: &[f64], out: &mut [f64]| {
        (0..dim).for_each(|i| out[i] = (0..dim).map(|k| transposed[k * dim + i] * v[k]).sum());
        Ok(())
    };
    Arc::new(Closure::new(dim, denoise, vjp).with_jacobian(Jacobian::General))
}

/// a·b of n × n matrices, row by row.
fn product(n: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    (0..n * n).map(|e| (0..n).map(|k| a[e / n * n + k] * b[k * n + e % n]).sum()).collect()
}

/// Every entry observed, so that A = I: the traces of B = J Jᵀ and of B′ = ½(J + Jᵀ) − μJ Jᵀ with V = (σ²/μ)Jᵀ
/// written out, for a J that is far from symmetric, met within four standard errors of 4000 probes, which tell
/// them from those with J for its own transpose.
#[test]
fn traces_of_a_j_that_is_not_symmetric_take_its_transpose() {
    let (n, level) = (3, Level { mu: 0.8, sigma: 0.9 });
    let j = vec![0.5, 0.45, 0.0, -0.35, 0.6, 0.2, 0.1, 0.0, 0.4];
    let transposed: Vec<f64> = (0..n * n).map(|e| j[e % n * n + e / n]).collect();
    let scale = level.sigma * level.sigma / level.mu;
    let trace = |m: &[f64]| (0..n).map(|i| m[i * n + i]).sum::<f64>();
    let square = product(n, &j, &transposed);
    let decided: Vec<f64> = (0..n * n).map(|e| 0.5 * (j[e] + transposed[e]) - level.mu * square[e]).collect();
    let taken_for_symmetric = product(n, &transposed, &transposed);
    let ratio = |b: &[f64]| scale * trace(&product(n, b, &transposed)) / trace(b);
    let probes =
        Probes { states: Arc::new(move |_| vec![vec![0.0; n]]), count: 4000, stream: Stream::new("probes") };
    let identity = (0..n * n).map(|e| f64::from(u8::from(e % (n + 1) == 0))).collect();
    let observation = observation(Arc::new(Dense::new(n, n, identity).unwrap()));
    for (law, b) in [(Law::Matched, &square), (Law::Active, &decided)] {
        let denoiser = general(j.clone(), n);
        let found = at(&Strength::probed(law, &denoiser, &observation, &[level], &probes).unwrap(), level);
        let (off, error) = ((found.value - ratio(b)).abs(), found.standard_error.unwrap());
        assert!(off < 4.0 * error, "{law}: {found:?} {}", ratio(b));
        let other = (ratio(&taken_for_symmetric) - ratio(&square)).abs();
        assert!(law == Law::Active || other > 8.0 * error, "{law}: {other} {error}");
    }
}

/// Of a symmetric J both ways are one, probe by probe, up to roundings.
#[test]
fn a_symmetric_j_has_the_same_ratio_without_saying_so() {
    let dim = 3;
    let j = vec![0.5, 0.1, 0.0, 0.1, 0.6, 0.2, 0.0, 0.2, 0.4];
    let known: Arc<dyn Denoiser<f64>> = {
        let (a, b) = (general(j.clone(), dim), general(j.clone(), dim));
        let of = |e: equipoise_denoiser::DenoiserError| e.into();
        Arc::new(Closure::new(
            dim,
            move |x: &[f64], level, out: &mut [f64]| a.denoise(x, level, out).map_err(of),
            move |x: &[f64], level, v: &[f64], out: &mut [f64]| b.vjp(x, level, v, out).map_err(of),
        ))
    };
    let observation = observation(Arc::new(Dense::new(2, dim, vec![1.0, 0.3, 0.0, 0.2, 0.0, 1.0]).unwrap()));
    let level = LEVELS[1];
    let probes =
        Probes { states: Arc::new(move |_| vec![vec![0.0; dim]]), count: 16, stream: Stream::new("probes") };
    for law in LAWS {
        let [a, b] = [&known, &general(j.clone(), dim)]
            .map(|d| at(&Strength::probed(law, d, &observation, &[level], &probes).unwrap(), level));
        assert!((a.value / b.value - 1.0).abs() < 1e-12, "{law}: {a:?} {b:?}");
    }
}

/// J = −I/2 with s² so large that v > 0: no covariance has that ratio, and none is made of it.
#[test]
fn a_negative_ratio_of_a_j_that_is_no_covariance_is_refused() {
    let minus = general(vec![-0.5, 0.0, 0.0, -0.5], 2);
    let operator = Arc::new(Dense::new(2, 2, vec![1.0, 0.0, 0.0, 1.0]).unwrap());
    let seen = Observed::shared(vec![0.0; 2], operator, NoiseVariance::Uniform(9.0)).unwrap();
    let probes = Probes { states: Arc::new(|_| vec![vec![0.0; 2]]), count: 8, stream: Stream::new("probes") };
    for law in LAWS {
        let refused = Strength::probed(law, &minus, &Arc::new(seen.clone()), &LEVELS[1..2], &probes);
        let told = refused.unwrap_err().to_string();
        assert!(
            told.starts_with("traces at μ = 0.7, σ = 0.7: found a ratio tr(B·AVAᵀ)/tr B of -0."),
            "{told}"
        );
    }
}

/// A denoiser that takes so many members at a time, and counts those that it was linearised at.
struct Batched {
    of: Arc<dyn Denoiser<f64>>,
    batch: usize,
    calls: AtomicUsize,
    members: AtomicUsize,
}

impl Denoiser<f64> for Batched {
    fn dim(&self) -> usize {
        self.of.dim()
    }

    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        self.of.denoise(x, level, out)
    }

    fn vjp(&self, x: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.of.vjp(x, level, v, out)
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn linearise<'a>(
        &'a self,
        x: &'a [f64],
        level: Level,
        x_hat: &mut [f64],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f64> + 'a>, DenoiserError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.members.fetch_add(x.len() / self.dim(), Ordering::Relaxed);
        self.of.linearise(x, level, x_hat, tape)
    }
}

/// Both laws are made of one set of products; states beyond a batch come one at a time, with the same bits, and each
/// is linearised once.
#[test]
fn states_are_linearised_once_for_both_laws_a_batch_or_one_at_a_time() {
    let observation = observation(Arc::new(Subsample::new(SHAPE, 2).unwrap()));
    let states = forward_noised(fields()[..3].to_vec().into(), Stream::new("noise"));
    let probes = Probes { states, count: 61, stream: Stream::new("probes") };
    let ratios = |batch: usize| {
        let counted = Batched {
            of: wiener(prior()),
            batch,
            calls: AtomicUsize::default(),
            members: AtomicUsize::default(),
        };
        let counted = Arc::new(counted);
        let denoiser = Arc::clone(&counted) as Arc<dyn Denoiser<f64>>;
        let traces = Arc::new(ProbedTraces::new(&denoiser, &observation, &probes));
        let found = LAWS.map(|law| {
            let probed = Strength::of_probed(law, observation.noise(), &traces, &LEVELS).unwrap();
            LEVELS.map(|level| at(&probed, level))
        });
        let [calls, members] = [&counted.calls, &counted.members].map(|c| c.load(Ordering::Relaxed));
        assert_eq!(members, 3 * LEVELS.len());
        assert_eq!(calls, if batch < 3 { members } else { LEVELS.len() });
        found
    };
    let expected = ratios(3);
    assert_ne!(expected[0], expected[1]);
    for batch in [1, 2, 8] {
        assert_eq!(ratios(batch), expected);
    }
}
