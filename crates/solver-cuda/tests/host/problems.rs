//! Posteriors to sample, and their ends on the CPU and on the host as a device.

use crate::engine::Host;
use equipoise_covariance::{Covariance, Modes, fit_low_rank};
use equipoise_field::{Real, Shape};
use equipoise_guidance::Strength;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::LinearOperator;
use equipoise_sampler::{Outcome, PredictorCorrector};
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Sda, Variance, uniform_grid};
use equipoise_solver::{
    Inference, Member, Method, ObservedGaussian, PosteriorSampler, Problem as Inverse, Recipe, SolverError,
    Start,
};
use equipoise_solver_cuda::{Number, Problem, Resident};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

pub(crate) const SHAPE: Shape = Shape::new(2, 2, 9, 13);
pub(crate) const STEPS: usize = 16;

/// A prior of few modes with a mean that is no combination of them.
pub(crate) struct Prior {
    pub(crate) mean: Vec<f64>,
    pub(crate) basis: Vec<f64>,
    pub(crate) eigenvalues: Vec<f64>,
    pub(crate) complement: Option<f64>,
}

impl Prior {
    /// Four modes of random fields of `SHAPE`.
    pub(crate) fn small() -> Self {
        let field = |s| Stream::new("data").number(s).normal(0, SHAPE.len());
        let data: Vec<Vec<f64>> = (0..7).map(field).collect();
        let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        let modes = fit_low_rank(&views, 4, 0.1).unwrap().covariance;
        Self {
            mean: Stream::new("mean").normal(0, SHAPE.len()),
            basis: modes.basis().to_vec(),
            eigenvalues: modes.eigenvalues().to_vec(),
            complement: modes.complement(),
        }
    }

    /// What a run on observations y = A(m + U√Λ z) + s η is bound to.
    pub(crate) fn inference<R: Real>(
        &self,
        operator: Arc<dyn LinearOperator<R>>,
        noise: &NoiseVariance,
    ) -> Inference<R> {
        let dim = self.mean.len();
        let narrow = |values: &[f64]| values.iter().map(|v| R::narrow(*v)).collect::<Vec<R>>();
        let mut truth = self.mean.clone();
        let draws: Vec<f64> = Stream::new("truth").normal(0, self.eigenvalues.len());
        for (k, mode) in self.basis.chunks_exact(dim).enumerate() {
            let scale = self.eigenvalues[k].sqrt() * draws[k];
            truth.iter_mut().zip(mode).for_each(|(x, u)| *x += scale * u);
        }
        let mut y = vec![R::zero(); operator.len_out()];
        operator.apply(&narrow(&truth), &mut y);
        let errors: Vec<f64> = Stream::new("noise").normal(0, y.len());
        y.iter_mut().enumerate().for_each(|(i, y)| *y += R::narrow(noise.at(i).sqrt() * errors[i]));
        let modes = Modes::new(dim, narrow(&self.basis), self.eigenvalues.clone(), self.complement).unwrap();
        let wiener = Arc::new(Wiener::new(narrow(&self.mean), Arc::new(modes)).unwrap());
        let probes = Stream::new("probes");
        let gaussian = ObservedGaussian::new(wiener, operator.clone(), noise.clone(), probes).unwrap();
        let observation = Observed::shared(y, operator, noise.clone()).unwrap();
        Inference {
            problem: Inverse::gaussian(Arc::new(gaussian), Arc::new(observation)).unwrap(),
            schedule: Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap()),
            sampler: Arc::new(PredictorCorrector::new(uniform_grid(STEPS).unwrap(), 0, 0.5).unwrap()),
            start: Start::Normal,
            bound: 10.0 * truth.iter().fold(0.0, |high: f64, x| high.max(x.abs())),
        }
    }
}

/// The strength of a law with γ = 0.01.
pub(crate) fn strength<R: Real>(law: Law, inference: &Inference<R>) -> Strength {
    let observation = inference.problem.observation();
    let noise = observation.noise();
    if matches!(law, Law::Matched | Law::Active) {
        let gaussian = inference.problem.as_gaussian().unwrap();
        return Strength::traced(noise, gaussian.ratios(law, &inference.levels()));
    }
    let count = observation.count();
    Strength::of_law(law, noise, 0.01, count, count.max(2) / 2).unwrap()
}

pub(crate) fn member() -> Member {
    Member { start: Stream::new("start"), langevin: Stream::new("langevin") }
}

pub(crate) fn on_cpu<R: Real>(inference: &Inference<R>, strength: &Strength) -> Outcome<R> {
    inference.bind(&Recipe::from(Method::SDA), Some(strength)).unwrap().sample(&member()).unwrap()
}

/// A run on a host as a device, or what the emulation met, and the host after it.
pub(crate) fn on<R: Number>(
    host: Host,
    inference: &Inference<R>,
    strength: &Strength,
) -> (Result<Outcome<R>, String>, Host) {
    let problem = Problem::new(inference, strength).unwrap();
    let (end, host) = host.runs(|cuda| Resident::new(cuda, problem).unwrap().sample(&member()));
    let met = |error: SolverError| host.fault.clone().unwrap_or_else(|| error.to_string());
    (end.map_err(met), host)
}

pub(crate) fn on_host<R: Number>(inference: &Inference<R>, strength: &Strength) -> Outcome<R> {
    on(Host::new::<R>(0), inference, strength).0.unwrap()
}

/// How far two finished runs lie apart, in units of what rounding explains.
pub(crate) struct Apart {
    /// max |x − x′| over one rounding a step of the largest state on the way.
    state: f64,
    /// The difference of ‖g‖ over what such a difference of A x̂ makes of it.
    gradient: f64,
    evaluations: [usize; 2],
    excursions: [bool; 2],
}

/// Each step rounds x′, at the size of the state, and the steps of these posteriors shrink what they are
/// handed: one rounding a step is more than is left. ‖g‖ = f‖J Aᵀr/v‖ with j ≤ 1/μ, and r, the difference of numbers of that size,
/// has the same error in each of N entries.
pub(crate) fn apart<R: Real>(
    inference: &Inference<R>,
    strength: &Strength,
    a: &Outcome<R>,
    b: &Outcome<R>,
) -> Apart {
    assert!(matches!((a, b), (Outcome::Finished { .. }, Outcome::Finished { .. })), "{a:?} {b:?}");
    let rounding = STEPS as f64 * R::epsilon().wide() * a.trace().peak;
    let last = *inference.levels().last().unwrap();
    let count = inference.problem.observation().count();
    let variance = strength.variance_at(last).unwrap();
    let least = (0..count).map(|i| variance.at(i)).fold(f64::INFINITY, f64::min);
    let gradient = strength.factor * (count.max(1) as f64).sqrt() * rounding / (least * last.mu);
    let (now, then) = (a.trace(), b.trace());
    Apart {
        state: a.x().iter().zip(b.x()).map(|(a, b)| (a.wide() - b.wide()).abs()).fold(0.0, f64::max)
            / rounding,
        gradient: (now.guidance_norm - then.guidance_norm).abs() / gradient.max(f64::MIN_POSITIVE),
        evaluations: [now.evaluations, then.evaluations],
        excursions: [now.excursion.is_some(), then.excursion.is_some()],
    }
}

impl Apart {
    pub(crate) fn holds(&self) -> bool {
        self.state <= 1.0
            && self.gradient <= 1.0
            && self.evaluations[0] == self.evaluations[1]
            && self.excursions[0] == self.excursions[1]
    }

    pub(crate) fn check(&self, case: &str) {
        let Self { state, gradient, evaluations, excursions } = self;
        println!("{case}: {state:.2} of the bound, of the gradient's {gradient:.2}");
        assert!(self.holds(), "{case}: {state} {gradient} {evaluations:?} {excursions:?}");
    }
}
