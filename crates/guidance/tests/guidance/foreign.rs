//! Methods with something to make at every level, under a sampler that no grid foretells.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::{Covariance, Modes};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Shape, sum};
use equipoise_guidance::{
    ConditionalCovariance, Exact, GaussianPath, Guidance, Jfps, Poly2, Probes, Sda, Strength,
};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_sampler::{Outcome, Run, Sampler, SamplerError};
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Level, Schedule, Sda as Cosine, Variance};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::{Arc, Mutex};

const SHAPE: Shape = Shape::new(1, 1, 4, 6);

/// Euler steps of one member, halved until a step and its two halves end within a tolerance of each other.
struct Halving {
    tolerance: f64,
    visited: Mutex<Vec<f64>>,
}

impl Halving {
    fn euler(&self, run: &mut Run<'_, f64>, t: f64, next: f64) -> Result<(), SamplerError> {
        self.visited.lock().unwrap().push(t);
        let now = run.evaluate(t)?;
        run.advance(now, run.level(next));
        Ok(())
    }

    fn halve(&self, run: &mut Run<'_, f64>, t: f64, next: f64) -> Result<(), SamplerError> {
        let (start, middle) = (run.x.clone(), f64::midpoint(t, next));
        self.euler(run, t, next)?;
        let whole = std::mem::replace(&mut run.x, start.clone());
        self.euler(run, t, middle)?;
        self.euler(run, middle, next)?;
        if sum::squared_distance(&whole, &run.x) < self.tolerance.powi(2) {
            return Ok(());
        }
        run.x = start;
        self.halve(run, t, middle)?;
        self.halve(run, middle, next)
    }
}

impl Sampler<f64> for Halving {
    fn grid(&self) -> &[f64] {
        &[1.0, 0.6, 0.1]
    }
    fn evaluated(&self) -> &[f64] {
        &[]
    }
    fn step(&self, run: &mut Run<'_, f64>, _: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        self.halve(run, t, next)
    }
}

type Build = fn(&Problem, &[Level]) -> Box<dyn Guidance<f64>>;

struct Problem {
    wiener: Arc<Wiener<f64>>,
    observation: Arc<Observed<f64>>,
    prior: ObservedPrior<f64>,
}

fn problem() -> Problem {
    let dim = SHAPE.len();
    let identity = (0..dim * dim).map(|i| f64::from(u8::from(i % (dim + 1) == 0))).collect();
    let modes = Modes::new(dim, identity, (1..=dim).map(|i| 3.0 / i as f64).collect(), None).unwrap();
    let covariance: Arc<dyn Covariance<f64>> = Arc::new(modes);
    let operator: Arc<dyn LinearOperator<f64>> = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    let (y, noise) = (Stream::new("y").normal(0, operator.len_out()), NoiseVariance::Uniform(0.04));
    Problem {
        wiener: Arc::new(Wiener::new(vec![0.1; dim], covariance.clone()).unwrap()),
        observation: Arc::new(Observed::shared(y, operator.clone(), noise.clone()).unwrap()),
        prior: ObservedPrior::new(covariance, operator, noise).unwrap(),
    }
}

impl Problem {
    fn exact(&self, levels: &[Level]) -> Exact<f64> {
        let table = Exact::innovations(&self.prior, levels).unwrap();
        Exact::new(self.wiener.clone(), self.observation.clone(), table)
    }

    fn probes() -> Probes<f64> {
        let states = Arc::new(|_: Level| vec![vec![0.5; SHAPE.len()]]);
        Probes { states, count: 4, stream: Stream::new("probes") }
    }
}

const METHODS: [(&str, Build); 6] = [
    ("exact", |p, levels| Box::new(p.exact(levels))),
    ("exact along", |p, levels| {
        let path = GaussianPath::new(p.wiener.clone(), p.prior.clone()).unwrap();
        Box::new(p.exact(levels).along(Arc::new(path)))
    }),
    ("jfps", |p, levels| {
        let (table, covariance) =
            (Exact::innovations(&p.prior, levels).unwrap(), p.wiener.prior_covariance().clone());
        Box::new(Jfps::new(p.wiener.clone(), p.observation.clone(), covariance, table).unwrap())
    }),
    ("matched", |p, levels| {
        let ratios = Strength::trace_ratios(Law::Matched, &p.prior, levels, Stream::new("traces"));
        let strength = Strength::traced(p.observation.noise(), ratios);
        Box::new(Sda::new(p.wiener.clone(), p.observation.clone(), strength))
    }),
    ("active, probed", |p, levels| {
        let denoiser: Arc<dyn Denoiser<f64>> = p.wiener.clone();
        let probed =
            Strength::probed(Law::Active, &denoiser, &p.observation, levels, &Problem::probes()).unwrap();
        Box::new(Sda::new(denoiser, p.observation.clone(), probed.strength))
    }),
    ("poly2", |p, levels| {
        let covariance = ConditionalCovariance::Exact(p.wiener.clone());
        let table = Poly2::quadratics(&covariance, &p.observation, levels, &Problem::probes()).unwrap();
        Box::new(Poly2::new(covariance, p.observation.clone(), table))
    }),
];

/// The levels met on the way are more than a table keeps, and none was prepared; the run is that of a table
/// where all were, bit for bit.
#[test]
fn levels_that_no_grid_names_have_the_bits_of_prepared_ones() {
    let (problem, schedule) = (problem(), Cosine::new(Alpha::Cos, Variance::Vp, 0.01).unwrap());
    for (name, build) in METHODS {
        let run = |guidance: &dyn Guidance<f64>| {
            let halving = Halving { tolerance: 1e-3, visited: Mutex::default() };
            let start = Stream::new("start").normal(0, SHAPE.len());
            let ended = halving.run(guidance, &schedule, start, &Stream::new("unused"), 10.0).unwrap();
            let Outcome::Finished { x, .. } = ended else { panic!("{name} diverged") };
            (x.into_iter().map(f64::to_bits).collect::<Vec<_>>(), halving.visited.into_inner().unwrap())
        };
        let (met, visited) = run(&*build(&problem, &[]));
        let mut times: Vec<u64> = visited.iter().map(|t| t.to_bits()).collect();
        times.sort_unstable();
        times.dedup();
        assert!(times.len() > 64 && visited.len() > times.len(), "{name}: {} times", times.len());
        let levels: Vec<Level> = visited.iter().map(|t| schedule.level(*t)).collect();
        assert_eq!((met, visited), run(&*build(&problem, &levels)), "{name}");
    }
}
