//! What problems share is made from within parallel iterators: nothing waits for itself, and the bits are
//! those of one problem after the other.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use equipoise_covariance::{Covariance, Modes, Structure, Weights, fit_stationary};
use equipoise_field::Shape;
use equipoise_guidance::{ConditionalCovariance, Strength};
use equipoise_locality::{Memory, Optimal, Training};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Mask, Subsample};
use equipoise_sampler::PredictorCorrector;
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Spacing, Variance};
use equipoise_solver::{Inference, Member, Method, Needs, ObservedGaussian, Problem, Start, Watch};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use rayon::prelude::*;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SHAPE: Shape = Shape::new(2, 1, 4, 6);
const PROBLEMS: usize = 64;
const NOISE: f64 = 0.1;
/// Says to a process of this test on how many threads it does the work.
const THREADS: &str = "THREADS_OF_SHARED_PROBLEMS";
/// Some hundred times what a child takes.
const DEADLINE: Duration = Duration::from_mins(5);

fn snapshots(count: u64) -> Vec<Vec<f64>> {
    (0..count).map(|k| Stream::new("snapshot").number(k).normal(0, SHAPE.len())).collect()
}

/// Three modes and λ_⊥, or three modes alone.
fn modes(complement: Option<f64>) -> Arc<dyn Covariance<f64>> {
    let dim = SHAPE.len();
    let wave = |k: usize, i: usize| (std::f64::consts::PI * (i as f64 + 0.5) * k as f64 / dim as f64).cos();
    let basis = (1..4).flat_map(|k| (0..dim).map(move |i| (2.0 / dim as f64).sqrt() * wave(k, i))).collect();
    Arc::new(Modes::new(dim, basis, vec![30.0, 20.0, 10.0], complement).unwrap())
}

fn stationary() -> Arc<dyn Covariance<f64>> {
    let snapshots = snapshots(5);
    let snapshots: Vec<&[f64]> = snapshots.iter().map(Vec::as_slice).collect();
    Arc::new(fit_stationary(SHAPE, &snapshots, 0.01).unwrap().1)
}

/// A covariance that takes up other work of the pool wherever it is asked for something, as one that
/// shares its own may at any time.
struct Sharing(Arc<dyn Covariance<f64>>);

impl Covariance<f64> for Sharing {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn eigenvalues(&self) -> &[f64] {
        self.0.eigenvalues()
    }
    fn complement(&self) -> Option<f64> {
        self.0.complement()
    }
    fn analyse(&self, v: &[f64], coefficients: &mut [f64]) {
        rayon::yield_now();
        self.0.analyse(v, coefficients);
    }
    fn synthesise(&self, coefficients: &[f64], v: &mut [f64]) {
        self.0.synthesise(coefficients, v);
    }
    fn structure(&self) -> Structure<'_, f64> {
        Structure::General
    }
    fn weights(&self, f: &dyn Fn(f64) -> f64) -> Weights<f64> {
        rayon::yield_now();
        self.0.weights(f)
    }
}

/// Five priors under as many operators: every way to solve with S, and one that shares its work.
fn gaussians() -> Vec<Arc<ObservedGaussian<f64>>> {
    let mask: Arc<dyn LinearOperator<f64>> =
        Arc::new(Mask::new(SHAPE.len(), (0..SHAPE.len()).step_by(5).collect()).unwrap());
    let lattice: Arc<dyn LinearOperator<f64>> = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    let pairs = [
        (modes(Some(0.1)), Arc::clone(&mask)),
        (stationary(), Arc::clone(&lattice)),
        (stationary(), Arc::clone(&mask)),
        (modes(None), lattice),
        (Arc::new(Sharing(modes(Some(0.1)))), mask),
    ];
    let gaussian = |(covariance, operator): (Arc<dyn Covariance<f64>>, _)| {
        let wiener = Arc::new(Wiener::new(vec![0.2; SHAPE.len()], covariance).unwrap());
        let noise = NoiseVariance::Uniform(NOISE * NOISE);
        Arc::new(ObservedGaussian::new(wiener, operator, noise, Stream::new("probes")).unwrap())
    };
    pairs.map(gaussian).into_iter().collect()
}

/// What all problems have in common.
struct Shared {
    gaussians: Vec<Arc<ObservedGaussian<f64>>>,
    empirical: Arc<Optimal<f64>>,
}

impl Shared {
    fn new() -> Self {
        let samples = Arc::new(Memory::new(snapshots(40).concat(), SHAPE.len()).unwrap());
        let empirical = Arc::new(Optimal::new(Training::new(SHAPE, samples).unwrap()));
        Self { gaussians: gaussians(), empirical }
    }

    /// Problem k: its own readings, one of four grids, one of the Gaussians or, under methods that need
    /// none, a prior on finitely many fields.
    fn inference(&self, k: usize, method: Method) -> Inference<f64> {
        let gaussian = &self.gaussians[k % 5];
        let operator = Arc::clone(gaussian.observed().operator());
        let y = Stream::new("y").number(k as u64).normal(0, operator.len_out());
        let schedule = Arc::new(equipoise_schedule::Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap());
        let grid = Spacing::Uniform.grid(&*schedule, 5 + k / 5 % 4).unwrap();
        let seen = Arc::new(Observed::shared(y, operator, NoiseVariance::Uniform(NOISE * NOISE)).unwrap());
        let problem = if k % 8 == 7 && method != Method::SDA && method.spec().needs != Needs::Gaussian {
            Problem::new(ConditionalCovariance::Empirical(Arc::clone(&self.empirical) as Arc<_>), seen)
        } else {
            Problem::gaussian(Arc::clone(gaussian), seen)
        };
        Inference {
            problem: problem.unwrap(),
            schedule,
            sampler: Arc::new(PredictorCorrector::new(grid, 1, 0.3).unwrap()),
            start: Start::Normal,
            bound: 20.0,
        }
    }

    /// Binds problem k and draws two members: the bits of where they end and of ‖g‖ there.
    fn draw(&self, k: usize, method: Method) -> Vec<u64> {
        let inference = self.inference(k, method);
        let law = if k.is_multiple_of(2) { Law::Matched } else { Law::Active };
        let strength = (method == Method::SDA).then(|| {
            let ratios = self.gaussians[k % 5].ratios(law, &inference.levels());
            Strength::traced(&NoiseVariance::Uniform(NOISE * NOISE), ratios)
        });
        let bound = inference.bind(&method.into(), strength.as_ref()).unwrap();
        let stream = |what, m| Stream::new(what).number(k as u64).number(m);
        let members = [0, 1].map(|m| Member { start: stream("start", m), langevin: stream("langevin", m) });
        let ends = bound.draw(&members, Watch::NONE).unwrap();
        let numbers =
            ends.outcomes().iter().flat_map(|end| end.x().iter().chain([&end.trace().guidance_norm]));
        numbers.map(|x| x.to_bits()).collect()
    }
}

/// Every method on all problems, from within a parallel iterator and one after the other.
fn work(threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let alone = Shared::new();
    for method in Method::all() {
        eprintln!("{method}");
        let shared = Shared::new();
        let drawn: Vec<Vec<u64>> =
            pool.install(|| (0..PROBLEMS).into_par_iter().map(|k| shared.draw(k, method)).collect());
        for (k, drawn) in drawn.iter().enumerate() {
            assert!(
                *drawn == alone.draw(k, method),
                "{method}, problem {k}: other bits on {threads} threads"
            );
        }
    }
}

/// This test in a process of its own, which may hang.
fn child(threads: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "problems_are_bound_and_drawn_under_parallel_iterators", "--nocapture"])
        .env(THREADS, threads.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn problems_are_bound_and_drawn_under_parallel_iterators() {
    if let Ok(threads) = std::env::var(THREADS) {
        return work(threads.parse().unwrap());
    }
    for threads in [1, 2, 8] {
        let (mut child, begun) = (child(threads), Instant::now());
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if begun.elapsed() < DEADLINE => std::thread::sleep(Duration::from_millis(20)),
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break None;
                }
            }
        };
        let (mut said, mut failure) = (String::new(), String::new());
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        child.stdout.take().unwrap().read_to_string(&mut failure).unwrap();
        let last = said.lines().last().unwrap_or("the start");
        assert!(status.is_some(), "on {threads} threads it hung at {last}");
        assert!(status.is_some_and(|s| s.success()), "on {threads} threads: {said}{failure}");
        assert_eq!(said.lines().count(), Method::all().count(), "{said}");
    }
}
