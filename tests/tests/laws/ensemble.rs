//! Ensembles: their law, and that their members do not know of each other.

use crate::problem::{Problem, lattice, noise, schedule, stationary};
use crate::truth::{Truth, euler_factor};
use equipoise_covariance::Covariance;
use equipoise_field::{Shape, sum};
use equipoise_guidance::{Guidance, Sda, Strength};
use equipoise_sampler::{Outcome, PredictorCorrector};
use equipoise_scaling::Law;
use equipoise_schedule::{Schedule, uniform_grid};
use equipoise_solver::{Guided, Member, PosteriorSampler, Start, Watch};
use equipoise_stream::Stream;
use std::sync::Arc;

fn member(m: u64) -> Member {
    Member { start: Stream::new("start").number(m), langevin: Stream::new("langevin").number(m) }
}

fn guided(problem: &Problem, guidance: Arc<dyn Guidance<f64>>, sampler: &PredictorCorrector) -> Guided<f64> {
    let (mean, covariance) = (Arc::new(problem.mean.clone()), problem.covariance.clone());
    Guided {
        guidance,
        sampler: Arc::new(sampler.clone()),
        schedule: Arc::new(schedule()),
        start: Start::Prior { mean, covariance },
        bound: 1e3,
    }
}

/// Started from the prior's marginal N(μm, μ²Σ + σ²I), the distance from m_y along posterior mode u
/// has mean μfuᵀ(m − m_y) and variance f²uᵀ(μ²Σ + σ²I)u, f the factor of the run.
#[test]
fn an_exact_ensemble_has_the_mean_and_the_spread_of_its_steps() {
    let (truth, steps, n) = (Truth::new(), 32, 1500);
    let problem = &truth.problem;
    let sampler = PredictorCorrector::new(uniform_grid(steps).unwrap(), 0, 0.5).unwrap();
    let solver = guided(problem, Arc::new(problem.exact(sampler.evaluated())), &sampler);
    let members: Vec<Member> = (0..n).map(member).collect();
    let ends = solver.draw(&members, Watch::NONE).unwrap().into_outcomes();
    let first = schedule().level(1.0);
    let marginal = problem.covariance.weights(&|l| first.mu.powi(2) * l + first.sigma.powi(2));
    for (i, &p) in truth.modes.eigenvalues().iter().enumerate() {
        let (u, f) = (truth.modes.mode(i), euler_factor(p, steps));
        let mut spread = vec![0.0; u.len()];
        problem.covariance.apply(&marginal, u, &mut spread);
        let mean = first.mu * f * (sum::dot(u, &problem.mean) - sum::dot(u, &truth.mean));
        let variance = f * f * sum::dot(u, &spread);

        let along: Vec<f64> = ends.iter().map(|x| sum::dot(u, x.x()) - sum::dot(u, &truth.mean)).collect();
        let (bias, power) = (sum::mean(&along) - mean, sum::std(&along).powi(2) / variance);
        // 4.5 standard errors: with 64 comparisons, exceeded by chance once in two thousand runs.
        let bound = 4.5 / (n as f64).sqrt();
        assert!(bias.abs() < bound * variance.sqrt(), "mode {i}, p = {p}: bias {bias}");
        assert!((power - 1.0).abs() < bound * 2f64.sqrt(), "mode {i}, p = {p}: variance ratio {power}");
    }
}

/// Norms and step sizes are per sample: a larger ensemble in another order on other threads has the
/// same members bit for bit, under guidance that shares factors and buffers among members.
#[test]
fn members_do_not_know_of_each_other() {
    let shape = Shape::new(2, 2, 6, 6);
    let problem = Problem::new(stationary(shape), lattice(shape, 2));
    let sampler = PredictorCorrector::new(uniform_grid(8).unwrap(), 1, 0.3).unwrap();
    let times = sampler.evaluated();
    let count = problem.observation.count();
    let adaptive = Strength::of_law(Law::Adaptive, &noise(), 0.01, count, count).unwrap();
    let methods: [(&str, Arc<dyn Guidance<f64>>); 3] = [
        ("adaptive", Arc::new(Sda::new(problem.wiener.clone(), problem.observation.clone(), adaptive))),
        ("matched", Arc::new(problem.traced(Law::Matched, times))),
        ("exact", Arc::new(problem.exact(times))),
    ];
    for (name, guidance) in methods {
        let solver = guided(&problem, guidance, &sampler);
        let ensemble = |members: Vec<Member>, threads: usize| -> Vec<Outcome<f64>> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| solver.draw(&members, Watch::NONE)).unwrap().into_outcomes()
        };
        let few = ensemble((0..4).map(member).collect(), 1);
        let many = ensemble((0..8).rev().map(member).collect(), 3);
        for (m, alone) in few.iter().enumerate() {
            assert_eq!(*alone, many[7 - m], "{name}, member {m}");
        }
        assert_ne!(few[0].x(), few[1].x(), "{name}");
    }
}
