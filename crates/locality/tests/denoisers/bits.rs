//! The same bits whatever the batch and the number of threads, and how often samples are read for them.

use crate::{LEVEL, all, denoise, noisy, samples, vjp};
use equipoise_denoiser::{Denoiser, Tape, check_batch, check_jvp};
use equipoise_field::{Axis, Boundary, Real, Shape};
use equipoise_locality::{LocalityError, Memory, Optimal, Patch, Pixelwise, Samples, Training};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SHAPE: Shape = Shape::new(1, 2, 4, 6);

fn on_threads<O: Send>(threads: usize, work: impl FnOnce() -> O + Send) -> O {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn threads_change_nothing() {
    let x_t = noisy(SHAPE, LEVEL);
    let on = |threads| {
        on_threads(threads, || {
            all::<f64>(SHAPE, 100)
                .iter()
                .map(|(_, d)| (denoise(d.as_ref(), &x_t, LEVEL), vjp(d.as_ref(), &x_t, LEVEL, &x_t)))
                .collect::<Vec<_>>()
        })
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
}

/// States far apart and on top of each other; the weights of some members vanish on most samples.
fn states<R: Real>(shape: Shape, level: Level, count: usize) -> Vec<R> {
    let (x, noise) = (samples(shape, 64), Stream::new("states").normal::<f64>(0, count * shape.len()));
    let state = |i: usize| level.mu * x[(i / shape.len()) % 4 * shape.len() + i % shape.len()];
    (0..noise.len()).map(|i| R::narrow(state(i) + level.sigma * noise[i])).collect()
}

/// Every denoiser, at levels where all samples weigh in and where few do, on fields of one run of numbers
/// and of several; 19 members are more than one pass serves.
fn batches<R: Real>() {
    let (few, flat) = (Level { mu: 1.0, sigma: 0.05 }, Level { mu: 0.2, sigma: 9.0 });
    let long = Shape::new(2, 1, 12, 15);
    for (shape, count, level) in [(SHAPE, 37, LEVEL), (SHAPE, 37, few), (SHAPE, 37, flat), (long, 17, LEVEL)]
    {
        let x_t = states::<R>(shape, level, 19);
        let v: Vec<R> = Stream::new("vectors").normal(0, x_t.len());
        let shifts_are_many = |name: &str| name.starts_with("equivariant") && shape == long;
        for (name, denoiser) in all::<R>(shape, count).iter().filter(|(name, _)| !shifts_are_many(name)) {
            assert_eq!(denoiser.batch(), 16);
            check_batch(denoiser.as_ref(), &x_t, level, &v).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}

#[test]
fn batches_change_nothing() {
    for threads in [1, 3] {
        on_threads(threads, batches::<f64>);
        on_threads(threads, batches::<f32>);
    }
}

/// J of the optimal denoiser as Jᵀ of itself.
#[test]
fn products_are_adjoint() {
    let x_t = noisy(SHAPE, LEVEL);
    for (name, denoiser) in all::<f64>(SHAPE, 40) {
        let known = check_jvp(denoiser.as_ref(), &x_t, LEVEL).unwrap();
        assert_eq!(known, name == "optimal", "{name}");
    }
}

/// Samples that count how often they are handed out.
struct Counted {
    of: Memory<f64>,
    visits: AtomicUsize,
}

impl Samples<f64> for Counted {
    fn count(&self) -> usize {
        self.of.count()
    }
    fn dim(&self) -> usize {
        Samples::<f64>::dim(&self.of)
    }
    fn visit(&self, range: Range<usize>, each: &mut dyn FnMut(usize, &[f64])) -> Result<(), LocalityError> {
        self.visits.fetch_add(range.len(), Ordering::Relaxed);
        self.of.visit(range, each)
    }
}

/// A pass reads every stored sample once, for 16 members as for one: x̂ and k products are 2 + k passes of
/// the optimal denoiser and 1 + k of the local ones. A product by itself takes x̂ along.
#[test]
fn a_pass_serves_all_members() {
    let (stored, level) = (45, Level { mu: 0.8, sigma: 4.0 });
    let of = Memory::new(samples(SHAPE, stored), SHAPE.len()).unwrap();
    let counted = Arc::new(Counted { of, visits: AtomicUsize::new(0) });
    let set = Training::new(SHAPE, Arc::clone(&counted) as _).unwrap().shifted(Axis::W, 3).unwrap();
    let passes = || {
        let visits = counted.visits.swap(0, Ordering::Relaxed);
        assert!(visits.is_multiple_of(stored), "{visits} of {stored} samples");
        visits / stored
    };
    let patch = Patch::square(1, Boundary::Periodic);
    let optimal = Optimal::new(set.clone());
    let local = Pixelwise::local(set.clone(), patch);
    let equivariant = Pixelwise::equivariant_local(&set, patch, [2, 2]).unwrap();
    let all: [(&dyn Denoiser<f64>, usize); 3] = [(&optimal, 2), (&local, 1), (&equivariant, 1)];
    for (denoiser, forward) in all {
        for members in [1, 16] {
            let (x_t, mut tape) = (states::<f64>(SHAPE, level, members), Tape::new());
            let (mut x_hat, mut out) = (vec![f64::NAN; x_t.len()], vec![f64::NAN; x_t.len()]);
            let mut local = denoiser.linearise(&x_t, level, &mut x_hat, &mut tape).unwrap();
            assert_eq!(passes(), forward);
            for _ in 0..3 {
                local.vjp(&x_t, &mut out).unwrap();
                assert_eq!(passes(), 1);
            }
        }
        vjp(denoiser, &states(SHAPE, level, 1), level, &states(SHAPE, level, 1));
        assert_eq!(passes(), forward + 1);
    }
}

/// Samples that no member gives weight to are not read again.
#[test]
fn samples_without_weight_are_not_read() {
    let of = Memory::new(samples(SHAPE, 160), SHAPE.len()).unwrap();
    let counted = Arc::new(Counted { of, visits: AtomicUsize::new(0) });
    let optimal = Optimal::new(Training::new(SHAPE, Arc::clone(&counted) as _).unwrap());
    // Members at samples 3 and 100, in the first and the seventh group of 16.
    let at = |i: usize| samples(SHAPE, 160)[i * SHAPE.len()..][..SHAPE.len()].to_vec();
    let (x_t, mut x_hat, mut tape) = ([at(3), at(100)].concat(), vec![f64::NAN; 96], Tape::new());
    let level = Level { mu: 1.0, sigma: 1e-3 };
    let mut local = optimal.linearise(&x_t, level, &mut x_hat, &mut tape).unwrap();
    assert_eq!(counted.visits.swap(0, Ordering::Relaxed), 160 + 32);
    let mut out = vec![f64::NAN; 96];
    local.vjp(&x_t, &mut out).unwrap();
    assert_eq!((counted.visits.swap(0, Ordering::Relaxed), out), (32, vec![0.0; 96]));
    drop(local);
    assert_eq!(x_hat, x_t);
}

#[test]
fn lengths_of_batches_are_checked() {
    let (x_t, mut x_hat) = (states::<f64>(SHAPE, LEVEL, 2), vec![0.0; 96]);
    for (name, denoiser) in all::<f64>(SHAPE, 2) {
        let mut tape = Tape::new();
        let refused =
            |r: Result<(), _>| r.map_err(|e: equipoise_denoiser::DenoiserError| e.to_string()).unwrap_err();
        let short = denoiser.linearise(&x_t[1..], LEVEL, &mut x_hat, &mut tape).map(|_| ());
        assert_eq!(refused(short), "x_t: found length 95, expected 48", "{name}");
        let short = denoiser.linearise(&x_t, LEVEL, &mut x_hat[1..], &mut tape).map(|_| ());
        assert_eq!(refused(short), "x_hat: found length 95, expected 96", "{name}");
        let mut local = denoiser.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
        assert_eq!(
            refused(local.vjp(&x_t[1..], &mut [0.0; 96])),
            "v: found length 95, expected 96",
            "{name}"
        );
        assert_eq!(refused(local.vjp(&x_t, &mut [0.0; 95])), "out: found length 95, expected 96", "{name}");
    }
}
