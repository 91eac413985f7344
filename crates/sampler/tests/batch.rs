//! Every sampler gives a member of a batch the run that it has alone, through the losses of its neighbours.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_field::each;
use equipoise_guidance::{Evidence, Guidance, GuidanceError, Scratch, States};
use equipoise_sampler::{Noise, Outcome, Sampler, SamplerName};
use equipoise_schedule::{Alpha, Level, Sda, Variance, uniform_grid};
use equipoise_stream::Stream;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const DIM: usize = 6;
const MEMBERS: usize = 16;
const STEPS: usize = 12;

/// x ~ N(0, 4I) with g = x³/50, which drives what is large out of the range of numbers.
#[derive(Default)]
struct Runaway {
    evaluations: AtomicUsize,
}

impl Denoiser<f32> for Runaway {
    fn dim(&self) -> usize {
        DIM
    }
    fn denoise(&self, x: &[f32], l: Level, out: &mut [f32]) -> Result<(), DenoiserError> {
        let gain = (4.0 * l.mu / (4.0 * l.mu * l.mu + l.sigma * l.sigma)) as f32;
        each::map1(out, x, |x| gain * x);
        Ok(())
    }
    fn vjp(&self, _: &[f32], l: Level, v: &[f32], out: &mut [f32]) -> Result<(), DenoiserError> {
        self.denoise(v, l, out)
    }
}

impl Guidance<f32> for Runaway {
    fn denoiser(&self) -> &dyn Denoiser<f32> {
        self
    }
    fn gradients(
        &self,
        at: &mut States<'_, '_, f32>,
        g: &mut [f32],
        evidence: &mut [Evidence],
        _: &mut Scratch<f32>,
    ) -> Result<(), GuidanceError> {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        at.check(DIM, g, evidence)?;
        each::map1(g, at.x_t, |x| 0.02 * x * x * x);
        for (evidence, x) in evidence.iter_mut().zip(at.x_t.chunks_exact(DIM)) {
            *evidence = Evidence { guidance_norm: f64::from(x[0]), iterations: 1, ..Evidence::default() };
        }
        Ok(())
    }
}

fn start(member: usize) -> Vec<f32> {
    let start: Vec<f32> = Stream::new("start").normal(member as u64, DIM);
    start.into_iter().map(|z| z * (0.4 * (1 + (5 * member) % MEMBERS) as f32)).collect()
}

fn schedule() -> Sda {
    Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap()
}

/// The runs of the members named in `order`, in batches of `size`, and how often the guidance was asked.
fn runs(sampler: &dyn Sampler<f32>, order: &[usize], size: usize) -> (Vec<Outcome<f32>>, usize) {
    let (guidance, mut all) = (Runaway::default(), Vec::new());
    for batch in order.chunks(size) {
        let streams: Vec<Stream> = batch.iter().map(|k| Stream::new("z").number(*k as u64)).collect();
        let noises: Vec<&dyn Noise<f32>> = streams.iter().map(|s| s as _).collect();
        let starts = batch.iter().flat_map(|k| start(*k)).collect();
        all.extend(sampler.run_batch(&guidance, &schedule(), starts, &noises, 10.0).unwrap());
    }
    (all, guidance.evaluations.into_inner())
}

/// Bit for bit, NaN as itself.
fn said(outcome: &Outcome<f32>) -> String {
    format!("{outcome:?}")
}

fn samplers() -> Vec<(String, Arc<dyn Sampler<f32>>)> {
    let names = ["predictor_corrector", "ddim:0.25", "ddpm", "ddpm_beta", "euler", "heun", "exponential"];
    let build = |name: &str, corrections| {
        let built = name.parse::<SamplerName>().unwrap();
        let sampler = built.build(&schedule(), uniform_grid(STEPS).unwrap(), corrections, 0.3).unwrap();
        (format!("{name}, {corrections} corrections"), sampler)
    };
    names.map(|name| build(name, 2)).into_iter().chain([build("predictor_corrector", 0)]).collect()
}

fn compare(name: &str, sampler: &dyn Sampler<f32>) {
    let straight: Vec<usize> = (0..MEMBERS).collect();
    let mixed: Vec<usize> = (0..MEMBERS).map(|k| (11 * k + 5) % MEMBERS).collect();
    let alone = |k: usize| {
        let noise = Stream::new("z").number(k as u64);
        said(&sampler.run(&Runaway::default(), &schedule(), start(k), &noise, 10.0).unwrap())
    };
    let alone: Vec<String> = straight.iter().map(|k| alone(*k)).collect();
    for order in [&straight, &mixed] {
        for size in [1, 2, 5, 16] {
            for (k, found) in order.iter().zip(&runs(sampler, order, size).0) {
                assert_eq!(said(found), alone[*k], "{name}: member {k} in batches of {size}");
            }
        }
    }
}

#[test]
fn a_member_of_a_batch_has_the_run_that_it_has_alone() {
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| samplers().iter().for_each(|(name, sampler)| compare(name, &**sampler)));
    }
}

/// The members above do leave at several times, and some reach the end.
#[test]
fn members_leave_at_different_times() {
    let all: Vec<usize> = (0..MEMBERS).collect();
    for (name, sampler) in samplers() {
        let (outcomes, _) = runs(&*sampler, &all, MEMBERS);
        let mut times = BTreeSet::new();
        let mut finished = 0;
        for outcome in &outcomes {
            match outcome {
                Outcome::Finished { .. } => finished += 1,
                Outcome::Diverged { t, .. } => drop(times.insert(t.to_bits())),
            }
        }
        assert!(times.len() >= 3 && finished >= 2, "{name}: {finished} of {MEMBERS}, {times:?}");
    }
}

/// The whole batch is one call of the guidance an evaluation.
#[test]
fn a_batch_is_evaluated_at_once() {
    for (name, sampler) in samplers() {
        let small = [0, 13];
        let (together, calls) = runs(&*sampler, &small, 2);
        let evaluations: Vec<usize> = together.iter().map(|o| o.trace().evaluations).collect();
        assert_eq!(calls, *evaluations.iter().max().unwrap(), "{name}: {evaluations:?}");
    }
}

/// A sampler of one's own that leaves states of another length is told so.
#[test]
fn a_step_that_loses_a_state_is_an_error() {
    struct Shortening(Vec<f64>);
    impl Sampler<f32> for Shortening {
        fn grid(&self) -> &[f64] {
            &self.0
        }
        fn evaluated(&self) -> &[f64] {
            &[]
        }
        fn step(
            &self,
            run: &mut equipoise_sampler::Run<'_, f32>,
            _: usize,
            t: f64,
            _: f64,
        ) -> Result<(), equipoise_sampler::SamplerError> {
            run.evaluate(t)?;
            run.x.pop();
            Ok(())
        }
    }
    let noise = Stream::new("z");
    let error = Shortening(vec![1.0, 0.5]).run(&Runaway::default(), &schedule(), start(0), &noise, 10.0);
    assert_eq!(error.unwrap_err().to_string(), "state: found length 5, expected 6");
}
