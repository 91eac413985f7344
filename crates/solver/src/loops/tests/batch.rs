//! Loops in batches: the bits of members alone, and one linearisation of the model a step.

use super::conformance::{Claim, STEPS, base};
use super::problem::EIGENVALUES;
use super::problem::{DIM, MEAN, member, prior};
use crate::{Member, Watch};
use equipoise_denoiser::{Denoiser, DenoiserError, Linearised, Tape};
use equipoise_sampler::Outcome;
use equipoise_schedule::Level;
use equipoise_wiener::Wiener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const MEMBERS: u64 = 16;

/// How often the model was asked for what.
#[derive(Default)]
struct Count {
    linearised: AtomicUsize,
    estimated: AtomicUsize,
    states: AtomicUsize,
    products: AtomicUsize,
    alone: AtomicUsize,
}

impl Count {
    fn read(&self) -> [usize; 5] {
        [&self.linearised, &self.estimated, &self.states, &self.products, &self.alone]
            .map(|n| n.load(Ordering::Relaxed))
    }
}

/// A Wiener denoiser that counts, and at one level makes no number of x̂ where x_1 has an odd number of bits,
/// as about half of all states have, however close.
struct Counted {
    wiener: Wiener<f64>,
    batch: usize,
    breaks: Option<Level>,
    count: Arc<Count>,
}

impl Counted {
    fn new(batch: usize, breaks: Option<Level>, count: Arc<Count>) -> Arc<Self> {
        let wiener = Wiener::new(MEAN.to_vec(), prior(EIGENVALUES)).unwrap();
        Arc::new(Self { wiener, batch, breaks, count })
    }

    fn add(&self, to: fn(&Count) -> &AtomicUsize, by: usize) {
        to(&self.count).fetch_add(by, Ordering::Relaxed);
    }

    /// Spoils x̂ at the level that breaks.
    fn spoil(&self, x: &[f64], level: Level, out: &mut [f64]) {
        if self.breaks == Some(level) {
            for (x, out) in x.chunks_exact(DIM).zip(out.chunks_exact_mut(DIM)) {
                let odd = x[1].to_bits().count_ones() % 2 == 1;
                out.iter_mut().filter(|_| odd).for_each(|o| *o = f64::NAN);
            }
        }
    }
}

impl Denoiser<f64> for Counted {
    fn dim(&self) -> usize {
        DIM
    }
    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        self.add(|c| &c.alone, 1);
        self.wiener.denoise(x, level, out)
    }
    fn vjp(&self, x: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.add(|c| &c.alone, 1);
        self.wiener.vjp(x, level, v, out)
    }
    fn batch(&self) -> usize {
        self.batch
    }
    fn linearise<'a>(
        &'a self,
        x: &'a [f64],
        level: Level,
        out: &mut [f64],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f64> + 'a>, DenoiserError> {
        self.add(|c| &c.linearised, 1);
        self.add(|c| &c.states, x.len() / DIM);
        let local = self.wiener.linearise(x, level, out, tape)?;
        self.spoil(x, level, out);
        Ok(Box::new(CountedProducts { local, count: &self.count }))
    }
    fn estimates(
        &self,
        x: &[f64],
        level: Level,
        out: &mut [f64],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.add(|c| &c.estimated, 1);
        self.add(|c| &c.states, x.len() / DIM);
        self.wiener.estimates(x, level, out, tape)?;
        self.spoil(x, level, out);
        Ok(())
    }
}

struct CountedProducts<'a> {
    local: Box<dyn Linearised<f64> + 'a>,
    count: &'a Count,
}

impl Linearised<f64> for CountedProducts<'_> {
    fn vjp(&mut self, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.count.products.fetch_add(1, Ordering::Relaxed);
        self.local.vjp(v, out)
    }
}

/// The outcomes of a drawing in batches of `size`, in the order of members, and what it asked of the model.
fn drawn(claim: &Claim, size: usize, breaks: bool, order: &[u64]) -> (Vec<Outcome<f64>>, [usize; 5]) {
    let (mut annealing, count) = (base(), Arc::new(Count::default()));
    let breaks = breaks.then(|| annealing.schedule.level(annealing.grid[4]));
    annealing.denoiser = Counted::new(size, breaks, Arc::clone(&count));
    let members: Vec<Member> = order.iter().copied().map(member).collect();
    let sampler = (claim.bind)(annealing).unwrap();
    let outcomes = sampler.draw(&members, Watch::NONE).unwrap().into_outcomes();
    let mut placed: Vec<_> = order.iter().zip(outcomes).collect();
    placed.sort_by_key(|(m, _)| **m);
    (placed.into_iter().map(|(_, outcome)| outcome).collect(), count.read())
}

/// Any batch, in any order, on any threads, whether or not others diverge on the way, leaves a member the
/// outcome that it has alone. In words, because NaN is not itself.
pub(super) fn check_batches(claim: &Claim) {
    let orders: [Vec<u64>; 2] = [(0..MEMBERS).collect(), (0..MEMBERS).rev().collect()];
    let pools = [1, 3].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap());
    for breaks in [false, true] {
        let alone: Vec<_> = orders[0].iter().map(|m| drawn(claim, 1, breaks, &[*m]).0.remove(0)).collect();
        let lost = alone.iter().filter(|outcome| !outcome.is_finished()).count();
        assert!(breaks || lost == 0, "{}", claim.name);
        assert!(!(breaks && claim.random) || (1..16).contains(&lost), "{}: {lost} diverge", claim.name);
        for (size, order) in [1, 2, 5, 16].into_iter().flat_map(|size| orders.iter().map(move |o| (size, o)))
        {
            for pool in &pools {
                let (found, _) = pool.install(|| drawn(claim, size, breaks, order));
                for (m, (found, alone)) in found.iter().zip(&alone).enumerate() {
                    assert_eq!(format!("{found:?}"), format!("{alone:?}"), "{} in {size}, {m}", claim.name);
                }
            }
        }
    }
}

/// One linearisation for a batch and an evaluation, one product for its gradients, and nothing beside them; of a
/// method without products an estimate in its place;
/// members that diverged are no longer evaluated.
pub(super) fn check_work(claim: &Claim) {
    let order: Vec<u64> = (0..MEMBERS).collect();
    let (evaluations, products) = (STEPS * claim.evaluations_a_step, STEPS * claim.products_a_step);
    for (size, batches) in [(16, 1), (5, 4)] {
        let (_, found) = drawn(claim, size, false, &order);
        let ran = batches * evaluations;
        let [linearised, estimated] = if products == 0 { [0, ran] } else { [ran, 0] };
        let expected = [linearised, estimated, 16 * evaluations, batches * products, 0];
        assert_eq!(found, expected, "{} in batches of {size}", claim.name);
    }
    let (outcomes, [_, _, states, ..]) = drawn(claim, 16, true, &order);
    let evaluated: usize = outcomes.iter().map(|outcome| outcome.trace().evaluations).sum();
    assert_eq!(states, evaluated, "{}", claim.name);
}
