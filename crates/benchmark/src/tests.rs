//! A scene small enough for tests: 64 independent numbers and two draws of them.

use crate::problem::{Draw, Problem};
use crate::{Case, DatasetPlan, Plan, Scene, Subset, Truth};
use equipoise_covariance::Modes;
use equipoise_data::{AxisOrder, Kind, NormalizerKind};
use equipoise_experiment::{CovarianceSettings, ModelName, Segment, Source, Units};
use equipoise_field::Shape;
use equipoise_prior::DenoiserName;
use equipoise_sampler::{Outcome, Trace};
use equipoise_solver::Ensemble;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

pub(crate) const NAME: &str = "small";
const SHAPE: Shape = Shape::new(1, 1, 8, 8);
/// σ(0) of the plan's schedule.
const LAST: f64 = 0.01;
pub(crate) const CASE: Case = Case { sub: 2, noise: 0.1, steps: 4 };

/// Variances from 4 down to 4/64: independent entries, so that every entry counts on its own.
fn variances() -> Vec<f64> {
    (0..SHAPE.len()).map(|i| 4.0 / (1.0 + i as f64)).collect()
}

/// A draw of the prior.
pub(crate) fn prior_draw(name: &str) -> Vec<f32> {
    let z: Vec<f64> = Stream::new(name).normal(0, SHAPE.len());
    z.iter().zip(variances()).map(|(z, v)| (1.0 + v.sqrt() * z) as f32).collect()
}

pub(crate) fn wiener() -> Arc<Wiener<f32>> {
    let dim = SHAPE.len();
    let basis = (0..dim * dim).map(|i| f32::from(u8::from(i % (dim + 1) == 0))).collect();
    let modes = Modes::new(dim, basis, variances(), None).expect("as many variances as entries");
    Arc::new(Wiener::new(vec![1.0; dim], Arc::new(modes)).expect("a mean as long as the modes"))
}

pub(crate) fn truth(name: &str, trajectory: usize) -> Truth {
    Truth { segment: Segment { trajectory, start: 0 }, values: prior_draw(name) }
}

pub(crate) fn scene_of(truths: [Truth; 2]) -> crate::Result<Scene> {
    scene_named(NAME, truths)
}

/// Under another name other exact samples are drawn to judge by.
pub(crate) fn scene_named(name: &str, truths: [Truth; 2]) -> crate::Result<Scene> {
    Scene::new(name, SHAPE, wiener(), vec![true; SHAPE.plane()], truths)
}

pub(crate) fn scene() -> Scene {
    scene_of([truth("test", 0), truth("validation", 1)]).expect("two fields of one shape")
}

/// m + shift·d + stretch·e over members with e exact deviations of the posterior and σ(0) in them, d the field
/// of posterior standard deviations; under every seed with others.
pub(crate) fn ensemble(
    problem: &Problem<'_>,
    draw: &Draw<'_>,
    members: usize,
    (shift, stretch): (f64, f64),
) -> Ensemble<f32> {
    let (exact, closed) = draw.known.moments().zip(problem.closed.as_ref()).expect("a Gaussian scene");
    let reference = problem.reference(draw).expect("fields of one length").expect("a Gaussian scene");
    let stream = Stream::new("members of the test").number(draw.seed);
    let last = Stream::new("last noise of the test").number(draw.seed);
    let member = |k| {
        let mut x = closed.posterior.deviation(stream, k).expect("a deviation");
        let z: Vec<f32> = last.normal(k, x.len());
        for (i, x) in x.iter_mut().enumerate() {
            let e = f64::from(*x) + LAST * f64::from(z[i]);
            let d = f64::from(reference.variance[i]).sqrt();
            *x = (f64::from(exact.mean[i]) + shift * d + stretch * e) as f32;
        }
        Outcome::Finished { x, trace: Trace::default() }
    };
    Ensemble::new((0..members as u64).map(member).collect())
}

/// These methods on one case with two seeds.
pub(crate) fn plan(methods: &[&str], members: usize) -> Plan {
    let text = |t: &str| t.to_owned();
    let dataset = DatasetPlan {
        source: Source {
            dataset: text(NAME),
            data_checksum: text("aa"),
            train_checksum: text("bb"),
            kind: Kind::GENERIC,
            axes: Some(AxisOrder::NTCHW),
        },
        window: 1,
        normalizer: Units::Fitted(NormalizerKind::Identity),
        covariance: CovarianceSettings { model: ModelName::Dense, rank: None, ridge: 0.0 },
        prior: DenoiserName::wiener(),
        test: Segment::default(),
        validation: Segment { trajectory: 1, start: 0 },
        cases: vec![CASE],
        seeds: vec![0, 1],
    };
    let approaches = methods.iter().map(|label| label.parse().expect("a law or a method")).collect();
    Plan { members, ..Plan::of(Subset::Core, vec![dataset], approaches) }
}
