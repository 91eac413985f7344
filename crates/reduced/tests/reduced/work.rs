//! What the hot loops cost, in counts that no machine's speed changes: calls, observations, bytes handed on,
//! allocations.
//!
//! Allocations are those of the calling thread, which does all the work of a pool of one.

use crate::setting::{Setting, mean, modes, sampler};
use allocation_counter::{AllocationInfo, measure};
use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_field::Shape;
use equipoise_guidance::{GaussianPath, Guidance, Scratch, Sda};
use equipoise_likelihood::{
    Backend, Cpu, Gradient, LikelihoodError, Observation as Weighed, Statistics, Variance,
};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{Gram, LinearOperator, Selection, Subsample};
use equipoise_reduced::{Draws, Start};
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const SUB: usize = 4;
const RANK: usize = 4;
/// Terms in one block of every sum.
const BLOCK: usize = 4096;

/// Fields of 2 × 2 × 96 × `width` numbers.
fn shape(width: usize) -> Shape {
    Shape::new(2, 2, 96, width)
}

fn lattice(width: usize) -> Subsample {
    Subsample::new(shape(width), SUB).unwrap()
}

fn setting(operator: Arc<dyn LinearOperator<f64>>) -> Setting<f64> {
    let dim = operator.len_in();
    let prior = Arc::new(modes(dim, RANK, Some(0.1)));
    Setting::new(mean(dim), prior, operator, NoiseVariance::Uniform(0.04))
}

/// The allocations of `work` on this thread, after one call that fills buffers and tables.
fn allocations(mut work: impl FnMut() + Send) -> AllocationInfo {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    match pool {
        Ok(pool) => pool.install(|| {
            work();
            measure(work)
        }),
        // This thread is a pool of one already, from an earlier call.
        Err(_) => {
            work();
            measure(work)
        }
    }
}

/// A denoiser, an operator and a backend that count what passes through them.
#[derive(Default)]
struct Counts {
    denoised: AtomicUsize,
    products: AtomicUsize,
    applied: AtomicUsize,
    adjoint: AtomicUsize,
    reductions: AtomicUsize,
    observations: AtomicUsize,
    numbers: AtomicUsize,
}

impl Counts {
    /// Calls of the denoiser, of its product with Jᵀ, of A, Aᵀ and the reduction; the observations
    /// weighed, and the numbers that the reductions were handed to read or write.
    fn take(&self) -> [usize; 7] {
        let Self { denoised, products, applied, adjoint, reductions, observations, numbers } = self;
        [denoised, products, applied, adjoint, reductions, observations, numbers]
            .map(|count| count.swap(0, Relaxed))
    }
}

struct CountedDenoiser(Arc<Wiener<f64>>, Arc<Counts>);

impl Denoiser<f64> for CountedDenoiser {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn denoise(&self, x_t: &[f64], level: Level, x_hat: &mut [f64]) -> Result<(), DenoiserError> {
        self.1.denoised.fetch_add(1, Relaxed);
        self.0.denoise(x_t, level, x_hat)
    }

    fn vjp(&self, x_t: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.1.products.fetch_add(1, Relaxed);
        self.0.vjp(x_t, level, v, out)
    }
}

struct CountedOperator(Subsample, Arc<Counts>);

impl LinearOperator<f64> for CountedOperator {
    fn len_in(&self) -> usize {
        self.0.shape().len()
    }

    fn len_out(&self) -> usize {
        self.0.count()
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        self.1.applied.fetch_add(1, Relaxed);
        self.0.apply(x, y);
    }

    fn adjoint(&self, r: &[f64], x: &mut [f64]) {
        self.1.adjoint.fetch_add(1, Relaxed);
        self.0.adjoint(r, x);
    }

    fn selection(&self) -> Selection<'_> {
        LinearOperator::<f64>::selection(&self.0)
    }

    fn gram(&self) -> Gram<'_> {
        LinearOperator::<f64>::gram(&self.0)
    }
}

struct CountedBackend(Arc<Counts>);

impl CountedBackend {
    /// One reduction, which reads y and as many predictions and writes `residual` and `gradient` numbers.
    fn count(&self, observation: &Weighed<'_, f64>, residual: Option<&[f64]>, gradient: usize) {
        let observations = observation.values.len();
        self.0.reductions.fetch_add(1, Relaxed);
        self.0.observations.fetch_add(observations, Relaxed);
        let numbers = 2 * observations + residual.map_or(0, <[f64]>::len) + gradient;
        self.0.numbers.fetch_add(numbers, Relaxed);
    }
}

impl Backend<f64> for CountedBackend {
    fn compact(
        &self,
        prediction: &[f64],
        observation: Weighed<'_, f64>,
        residual: Option<&mut [f64]>,
        weighted: &mut [f64],
    ) -> Result<Statistics, LikelihoodError> {
        self.count(&observation, residual.as_deref(), weighted.len());
        Cpu.compact(prediction, observation, residual, weighted)
    }

    fn strided(
        &self,
        field: &[f64],
        lattice: Subsample,
        observation: Weighed<'_, f64>,
        residual: Option<&mut [f64]>,
        gradient: Gradient<'_, f64>,
    ) -> Result<Statistics, LikelihoodError> {
        let written = match &gradient {
            Gradient::Compact(weighted) => weighted.len(),
            Gradient::Field(field) => field.len(),
        };
        self.count(&observation, residual.as_deref(), written);
        Cpu.strided(field, lattice, observation, residual, gradient)
    }
}

/// The law: each observation must be weighed once, whatever the way: y and its prediction read, the weighted
/// residual written, at the observations or as a field, and r kept nowhere. Through explicit modes nothing
/// else passes through A but x_t, and the denoiser, which would read all modes twice for x̂ and twice for
/// Jᵀ, is left alone; by definition A is applied to x̂ once, and Aᵀ r/v is never a field.
#[test]
fn an_evaluation_weighs_every_observation_once() {
    let counts = Arc::new(Counts::default());
    let operator = Arc::new(CountedOperator(lattice(100), Arc::clone(&counts)));
    let count = operator.len_out();
    let setting = setting(Arc::clone(&operator) as _);
    let strength = setting.strength(Law::Dual, &sampler(2, 0));
    let observation = Observed::shared(vec![0.5; count], operator, NoiseVariance::Uniform(0.04)).unwrap();
    let denoiser = CountedDenoiser(setting.wiener.clone(), Arc::clone(&counts));
    let sda = Sda::new(Arc::new(denoiser), Arc::new(observation), strength)
        .with_backend(Arc::new(CountedBackend(Arc::clone(&counts))));
    let path = Arc::new(GaussianPath::new(setting.wiener.clone(), setting.observed.clone()).unwrap());
    let (x, level) = (mean(setting.dim()), setting.schedule.level(0.5));
    let (mut eps, mut scratch) = (x.clone(), Scratch::new());
    counts.take();
    sda.noise_estimate(&x, level, &mut eps, &mut scratch).unwrap();
    assert_eq!(counts.take(), [1, 1, 0, 1, 1, count, 3 * count], "by definition");
    sda.along(path).noise_estimate(&x, level, &mut eps, &mut scratch).unwrap();
    assert_eq!(counts.take(), [0, 0, 1, 0, 1, count, 3 * count], "in the coefficients");
}

/// The law: once its buffers are there, an evaluation keeps no field and no vector of observations: what
/// it holds at once does not grow with them, but for a few numbers a block. Its allocations are those of
/// 16 blocks taken together, those of sums over a block, and a number that no grid changes. In bytes that is
/// x_t − μm once, in pieces, for the first pass over the modes, and records: no second field even in pieces.
#[test]
fn an_evaluation_allocates_records_and_no_field() {
    let [small, large] = [200, 400].map(|width| {
        let setting = setting(Arc::new(lattice(width)));
        let strength = setting.strength(Law::Dual, &sampler(2, 0));
        let path = Arc::new(GaussianPath::new(setting.wiener.clone(), setting.observed.clone()).unwrap());
        let sda = Sda::new(setting.wiener.clone(), setting.observation.clone(), strength).along(path);
        let (x, level) = (mean(setting.dim()), setting.schedule.level(0.5));
        let (mut eps, mut scratch) = (x.clone(), Scratch::new());
        let found = allocations(|| {
            sda.noise_estimate(&x, level, &mut eps, &mut scratch).unwrap();
        });
        let blocks = setting.dim().div_ceil(BLOCK) as u64;
        let pieces = 8 * setting.dim() as u64;
        assert!(found.bytes_total < pieces + 256 * blocks, "{} bytes, {pieces} of pieces", found.bytes_total);
        (found.bytes_max, found.count_total - blocks - 2 * blocks.div_ceil(16), setting.observed.count())
    });
    let readings = 8 * (large.2 - small.2) as u64;
    assert!(large.0 - small.0 < readings / 4, "{small:?} {large:?}, numbers of {readings} bytes");
    assert_eq!(small.1, large.1, "beyond blocks");
    assert!(small.1 < 40, "{small:?}");
}

/// The law: the reduction reads y where it lies and writes where it is told, so it allocates as often for
/// any N, and a few hundred bytes of records for a block of 16 KiB.
#[test]
fn the_reduction_allocates_records_and_nothing_else() {
    let found = [100, 400].map(|width| {
        let lattice = Subsample::new(shape(width), 1).unwrap();
        let (x_hat, y) = (vec![0.5f32; lattice.count()], vec![1.0f32; lattice.count()]);
        let mut gradient = y.clone();
        let found = allocations(|| {
            let observation = Weighed { values: &y, variance: Variance::Scalar(0.04) };
            let gradient = Gradient::Field(&mut gradient);
            Cpu.strided(&x_hat, lattice, observation, None, gradient).unwrap();
        });
        let blocks = lattice.count().div_ceil(BLOCK) as u64;
        assert!(found.bytes_total < 400 * blocks, "{} bytes for {blocks} blocks", found.bytes_total);
        found.count_total
    });
    assert_eq!(found[0], found[1]);
}

/// The law: a reduced run knows neither D nor N, so it allocates the same on a grid of four times as many
/// points; and a step allocates nothing: twice as many keep as many levels
/// more.
#[test]
fn a_reduced_run_allocates_the_same_on_every_grid() {
    let found = [100, 400].map(|width| {
        let setting = setting(Arc::new(lattice(width)));
        [0, 1].map(|corrections| {
            [64, 128].map(|steps| {
                let reduced = setting.reduced(Some(Law::Dual), &sampler(steps, corrections));
                let (start, langevin) = (Start::Normal(Stream::new("start")), Stream::new("kick"));
                let found = allocations(|| {
                    reduced.run(&Draws { start, langevin }).unwrap();
                });
                (found.count_total, found.bytes_total)
            })
        })
    });
    assert_eq!(found[0], found[1]);
    for [few, many] in found[0] {
        assert!(few.0 > 0 && many.0 == few.0, "{found:?}");
        assert_eq!(many.1 - few.1, 64 * size_of::<Level>() as u64, "{found:?}");
    }
}
