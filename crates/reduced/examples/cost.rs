//! What a reduced run costs beside one in full space, on an embedded flow.
//!
//! ```sh
//! cargo run --release -p equipoise-reduced --example cost -- ibpm 4 256
//! ```
//!
//! Arguments: flow (`ibpm` or `kolmogorov`), sub, steps of the reduced runs, and of those in full space
//! (all of them unless given; the time is then scaled). Seconds, the median of several runs but for full
//! space, which runs once.

use equipoise_data::samples::Sample;
use equipoise_data::{LoadOptions, load};
use equipoise_guidance::{Exact, GaussianPath, Guidance, Sda, Strength};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_prior::{Prior, Settings};
use equipoise_reduced::{Draws, Likelihood, Reduced, ReducedSpace, Start};
use equipoise_sampler::PredictorCorrector;
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Schedule, Sda as SdaSchedule, Variance, uniform_grid};
use equipoise_stream::Stream;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Members of the ensemble.
const MEMBERS: u64 = 64;

/// The median of the seconds that `work` takes.
fn seconds<T>(times: usize, mut work: impl FnMut() -> Fallible<T>) -> Fallible<f64> {
    let mut found = Vec::new();
    for _ in 0..times {
        let clock = Instant::now();
        work()?;
        found.push(clock.elapsed().as_secs_f64());
    }
    found.sort_by(f64::total_cmp);
    Ok(found[found.len() / 2])
}

struct Flow {
    observed: ObservedPrior<f32>,
    wiener: Arc<equipoise_wiener::Wiener<f32>>,
    observation: Arc<Observed<f32>>,
    schedule: Arc<dyn Schedule>,
}

fn flow(name: &str, sub: usize) -> Fallible<Flow> {
    let (train, test) = match name {
        "ibpm" => (Sample::IbpmTrain, Sample::IbpmTest),
        "kolmogorov" => (Sample::KolmogorovTrain, Sample::KolmogorovTest),
        _ => return Err(format!("flow: found `{name}`, expected ibpm or kolmogorov").into()),
    };
    let train = load(&train.path()?, &LoadOptions::default())?;
    let prior = Prior::fit(&train, &Settings::of(train.kind(), train.grid()))?;
    let test = load(&test.path()?, &LoadOptions::default())?;
    let mut truth = test.window(0, 0, prior.shape().frames)?.to_vec();
    prior.normalizer().normalise(prior.shape(), &mut truth)?;
    let operator = Subsample::new(prior.shape(), sub)?;
    let mut y = vec![0.0f32; operator.count()];
    operator.apply(&truth, &mut y);
    let noise: Vec<f32> = Stream::new("readings").normal(0, y.len());
    y.iter_mut().zip(noise).for_each(|(y, n)| *y += 0.1 * n);
    let variance = NoiseVariance::Uniform(0.01);
    let observed = ObservedPrior::new(prior.covariance(), Arc::new(operator), variance.clone())?;
    Ok(Flow {
        observed,
        wiener: Arc::new(prior.denoiser()?),
        observation: Arc::new(Observed::shared(y, Arc::new(operator), variance)?),
        schedule: Arc::new(SdaSchedule::new(Alpha::Cos, Variance::Vp, 0.01)?),
    })
}

impl Flow {
    /// Seconds of a run in full space, scaled from `steps` steps to those of the sampler.
    fn full(&self, law: &Likelihood, sampler: &PredictorCorrector, steps: usize) -> Fallible<f64> {
        let path = Arc::new(GaussianPath::new(Arc::clone(&self.wiener), self.observed.clone())?);
        let part =
            PredictorCorrector::new(sampler.grid()[..=steps].to_vec(), sampler.corrections(), sampler.tau())?;
        let (wiener, observation) = (Arc::clone(&self.wiener), Arc::clone(&self.observation));
        let guidance: Box<dyn Guidance<f32>> = match law {
            Likelihood::Law(strength) => {
                Box::new(Sda::new(wiener, observation, strength.clone()).along(path))
            }
            Likelihood::Exact => {
                let levels: Vec<_> = part.evaluated().iter().map(|&t| self.schedule.level(t)).collect();
                let innovations = Exact::innovations(&self.observed, &levels)?;
                Box::new(Exact::new(wiener, observation, innovations).along(path))
            }
        };
        let start: Vec<f32> = Stream::new("start").normal(0, self.wiener.mean().len());
        let run = || Ok(part.run(&*guidance, &*self.schedule, start.clone(), &Stream::new("z"), 100.0)?);
        Ok(seconds(1, run)? * (sampler.grid().len() - 1) as f64 / steps as f64)
    }
}

fn draws<'a>(m: u64) -> Draws<'a, f32> {
    let start = Start::Normal(Stream::new("start").number(m));
    Draws { start, langevin: Stream::new("langevin").number(m) }
}

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, sub, steps, rest @ ..] = &arguments[..] else {
        return Err("usage: cost FLOW SUB STEPS [STEPS IN FULL SPACE]".into());
    };
    let (sub, steps) = (sub.parse()?, steps.parse()?);
    let in_full: usize = rest.first().map_or(Ok(steps), |s| s.parse())?;
    let flow = flow(name, sub)?;
    let (dim, count) = (flow.wiener.mean().len(), flow.observed.count());
    println!("{name}, sub {sub}: D = {dim}, N = {count}, {steps} steps");
    let space = || Ok(Arc::new(ReducedSpace::new(Arc::clone(&flow.wiener), flow.observed.clone())?));
    println!("space                    {:10.6}", seconds(3, space)?);
    let space = space()?;
    let noise = flow.observed.noise();
    let dual = Likelihood::Law(Strength::of_law(Law::Dual, noise, 0.01, count, count)?);
    for (label, law, corrections) in
        [("dual", &dual, 0), ("dual, 1 correction", &dual, 1), ("exact", &Likelihood::Exact, 0)]
    {
        println!("{label}");
        let sampler = PredictorCorrector::new(uniform_grid(steps)?, corrections, 0.5)?;
        let bind = || {
            let schedule = Arc::clone(&flow.schedule);
            Ok(Reduced::bind(Arc::clone(&space), &flow.observation, law.clone(), schedule, sampler.clone())?)
        };
        println!("  bind                   {:10.6}", seconds(3, bind)?);
        let reduced = bind()?;
        let one = seconds(9, || Ok(reduced.run(&draws(0))?))?;
        println!("  run                    {one:10.6}");
        let members: Vec<_> = (0..MEMBERS).map(draws).collect();
        let all = seconds(3, || Ok(reduced.ensemble(&members)?))?;
        println!("  {MEMBERS} members             {all:10.6}  {:.1} of one", all / one);
        let field: Vec<f32> = Stream::new("start").normal(0, dim);
        let given = Draws { start: Start::Field(&field), ..draws(0) };
        println!("  run from a given field {:10.6}", seconds(5, || Ok(reduced.run(&given)?))?);
        let outcome = reduced.run(&draws(0))?;
        let end = outcome.end().ok_or("the run diverged")?;
        let mut x = vec![0.0; dim];
        println!(
            "  expand                 {:10.6}",
            seconds(3, || Ok(reduced.expand(draws(0).start, end, &mut x)?))?
        );
        let full = flow.full(law, &sampler, in_full)?;
        println!("  full space             {full:10.6}  {:.0} runs", full / one);
    }
    Ok(())
}
