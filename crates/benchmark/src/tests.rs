//! A scene small enough for tests: 64 independent numbers and two draws of them.

use crate::bench::{Bench, Draw};
use crate::{Case, DatasetPlan, Plan, Scene, Subset};
use equipoise_data::store::{Existing, Writer};
use equipoise_data::{LoadOptions, NoiseLevel, NormalizerKind};
use equipoise_experiment::{Flow, FlowRequest, PriorSource, Segment, SettingsChange};
use equipoise_field::Shape;
use equipoise_prior::{DenoiserName, Model};
use equipoise_sampler::{Outcome, Trace};
use equipoise_solver::Ensemble;
use equipoise_stream::Stream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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

/// Single frames as a file of trajectories.
fn file(path: PathBuf, frames: &[Vec<f32>]) -> PathBuf {
    let writer = Writer::create(&path, Existing::Refuse).expect("a new file");
    writer.write("x", &[frames.len(), 1, 1, 8, 8], &frames.concat()).expect("whole frames");
    for (name, text) in [("axes", "NTCHW"), ("kind", "generic"), ("boundary", "open")] {
        writer.set_text(name, text).expect("an attribute");
    }
    writer.finish().expect("a file");
    path
}

/// The prior of 128 frames 1 ± √(½·127·v) along each entry: mean 1, and these variances.
pub(crate) fn request(name: &str, folder: &Path) -> FlowRequest {
    let along = |i: usize, sign: f64| {
        let mut frame = vec![1.0; SHAPE.len()];
        frame[i] = (1.0 + sign * (63.5 * variances()[i]).sqrt()) as f32;
        frame
    };
    let train: Vec<_> = (0..SHAPE.len()).flat_map(|i| [along(i, 1.0), along(i, -1.0)]).collect();
    let change = SettingsChange {
        window: Some(1),
        normalizer: Some(NormalizerKind::Identity),
        model: Some(Model::Dense),
        rank: None,
        ridge: Some(0.0),
    };
    FlowRequest {
        name: name.to_owned(),
        data: file(folder.join("test.h5"), &["test", "validation"].map(prior_draw)),
        prior: PriorSource::Train { path: file(folder.join("train.h5"), &train), change },
        denoisers: vec![DenoiserName::wiener()],
        load: LoadOptions::default(),
        noise: NoiseLevel::Normalised(CASE.noise),
        include_solid: false,
    }
}

pub(crate) fn flows(name: &str) -> [Flow; 2] {
    static SMALL: OnceLock<[Flow; 2]> = OnceLock::new();
    let open = || {
        let folder = tempfile::tempdir().expect("a folder");
        Flow::open_apart(&request(name, folder.path())).expect("two trajectories")
    };
    if name == NAME { SMALL.get_or_init(open).clone() } else { open() }
}

/// A field, and where in its file it lies.
pub(crate) fn truth(name: &str, trajectory: usize) -> (Segment, Vec<f32>) {
    (Segment { trajectory, start: 0 }, prior_draw(name))
}

pub(crate) fn scene_of(truths: [(Segment, Vec<f32>); 2]) -> crate::Result<Scene> {
    scene_named(NAME, truths)
}

/// Under another name other exact samples are drawn to judge by.
pub(crate) fn scene_named(name: &str, truths: [(Segment, Vec<f32>); 2]) -> crate::Result<Scene> {
    let flow = &flows(name)[0];
    let about = |(segment, values)| flow.with_truth(segment, values).expect("as long as the prior");
    Scene::of(&truths.map(about)).map(|mut scenes| scenes.remove(0))
}

pub(crate) fn scene() -> Scene {
    scene_of([truth("test", 0), truth("validation", 1)]).expect("two fields of one shape")
}

/// m + shift·d + stretch·e over members with e exact deviations of the posterior and σ(0) in them, d the field
/// of posterior standard deviations; under every seed with others.
pub(crate) fn ensemble(
    bench: &Bench<'_>,
    draw: &Draw<'_>,
    members: usize,
    (shift, stretch): (f64, f64),
) -> Ensemble<f32> {
    let (exact, posterior) =
        draw.known.moments().zip(draw.problem.posterior().ok()).expect("a Gaussian scene");
    let reference = bench.reference(draw).expect("fields of one length").expect("a Gaussian scene");
    let stream = Stream::new("members of the test").number(draw.seed);
    let last = Stream::new("last noise of the test").number(draw.seed);
    let member = |k| {
        let mut x = posterior.deviation(stream, k).expect("a deviation");
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
    let dataset = DatasetPlan::of(&flows(NAME), Subset::Core).remove(0);
    let dataset = DatasetPlan { cases: vec![CASE], seeds: vec![0, 1], ..dataset };
    let approaches = methods.iter().map(|label| label.parse().expect("a law or a method")).collect();
    Plan { members, ..Plan::of(Subset::Core, vec![dataset], approaches) }
}
