//! Trials under denoisers over two training windows, ±a, of which everything is known by hand.

use crate::tests::told;
use crate::{DatasetPlan, Executor, Flow, FlowExecutor, FlowRequest, Plan, PriorSource, Protocol, Row};
use crate::{SettingsChange, Trial};
use equipoise_data::store::{Existing, Writer};
use equipoise_data::{LoadOptions, NoiseLevel, NormalizerKind};
use equipoise_experiment::Problem;
use equipoise_field::{Shape, sum};
use equipoise_prior::{Model, Prior};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SHAPE: Shape = Shape::new(2, 2, 8, 8);

/// A field that moves slowly in time, of some 0.7 rms.
fn a() -> Vec<f32> {
    let (frame, row) = (SHAPE.frame(), SHAPE.width);
    (0..SHAPE.len())
        .map(|i| ((i % frame / row) as f32 * 0.9 + (i % frame) as f32 + 0.1 * (i / frame) as f32).sin())
        .collect()
}

/// A file of trajectories ±a, one for each sign.
fn file(path: &Path, signs: &[f32]) -> PathBuf {
    let values: Vec<f32> = signs.iter().flat_map(|s| a().into_iter().map(move |a| s * a)).collect();
    let writer = Writer::create(path, Existing::Replace).unwrap();
    writer
        .write("x", &[signs.len(), SHAPE.frames, SHAPE.channels, SHAPE.height, SHAPE.width], &values)
        .unwrap();
    for (name, text) in [("axes", "NTCHW"), ("kind", "generic"), ("boundary", "open")] {
        writer.set_text(name, text).unwrap();
    }
    writer.finish().unwrap();
    path.to_owned()
}

/// A flow whose truth is ±a, and whose training windows are both.
fn request(folder: &Path, sign: f32, names: &[&str], noise: f64) -> FlowRequest {
    let change = SettingsChange {
        window: Some(SHAPE.frames),
        normalizer: Some(NormalizerKind::Identity),
        model: Some(Model::LowRank { rank: Some(1) }),
        ..SettingsChange::default()
    };
    FlowRequest {
        name: "two".into(),
        data: file(&folder.join(format!("test{sign}.h5")), &[sign]),
        prior: PriorSource::Train { path: file(&folder.join("train.h5"), &[1.0, -1.0]), change },
        denoisers: names.iter().map(|name| name.parse().unwrap()).collect(),
        load: LoadOptions::default(),
        noise: NoiseLevel::Normalised(noise),
        include_solid: false,
    }
}

fn trials(flow: &Flow, laws: &[&str], sub: usize) -> Vec<Trial> {
    let mut plan = Plan::standard(vec![DatasetPlan::of(flow)]);
    plan.subs = vec![sub];
    plan.approaches = laws.iter().map(|label| label.parse().unwrap()).collect();
    for dataset in &mut plan.datasets {
        (dataset.seeds, dataset.members) = (vec![0], 2);
        dataset.protocols = vec![Protocol { steps: 16, ..Protocol::fast() }];
    }
    plan.trials().unwrap()
}

fn outcome(executor: &FlowExecutor<'_>, trial: &Trial) -> Row {
    Row { seconds: 0.0, ..executor.execute(trial).unwrap() }
}

fn excess(row: &Row) -> [Option<f64>; 3] {
    [row.guidance_excess_early, row.guidance_excess_middle, row.guidance_excess_late]
}

/// The posterior is the window that fits, to rounding: runs end there with no more than the noise
/// σ(0) = 0.01 left, and the other window is 1.4 away.
#[test]
fn optimal_ends_at_the_window_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    for sign in [1.0, -1.0] {
        let flows = [Flow::open(&request(folder.path(), sign, &["optimal"], 0.1)).unwrap()];
        let executor = FlowExecutor::new(&flows, None).unwrap();
        for trial in trials(&flows[0], &["dual", "matched", "active", "exact"], 2) {
            let found = outcome(&executor, &trial);
            assert!(found.rmse < 0.015, "{trial}: {}", found.rmse);
            assert!(found.posterior_mean_rmse.unwrap() < 1e-6, "{trial}");
            assert!((found.floor_rmse.unwrap() - 0.01).abs() < 1e-6, "{trial}");
            if trial.law() == "exact" {
                assert_eq!(excess(&found), [Some(1.0); 3]);
            }
        }
    }
}

/// A column that nobody fills would be 0 or nothing without a word: each is filled in a row of full or of reduced
/// space, but for those of what did not happen here.
#[test]
fn every_column_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    let flows = [Flow::open(&request(folder.path(), 1.0, &["wiener"], 0.1)).unwrap()];
    let accelerator = crate::ReducedRuns::default();
    let full = FlowExecutor::new(&flows, None).unwrap();
    let reduced = FlowExecutor::new(&flows, None).unwrap().with_accelerator(&accelerator);
    let mut trial = trials(&flows[0], &["dual"], 2).remove(0);
    (trial.seed, trial.corrections) = (5, 1);
    let placed = reduced.placed(vec![Trial { corrections: 0, ..trial.clone() }]).unwrap();
    let rows = [full.execute(&trial).unwrap(), reduced.execute(&placed[0]).unwrap()];
    let cells = |row: &Row| serde_json::to_value(row).unwrap().as_object().unwrap().clone();
    let (blank, rows) = (cells(&Row::default()), rows.each_ref().map(cells));
    assert_eq!(rows[1]["backend"], "reduced");
    let left: BTreeSet<&str> = blank
        .keys()
        .map(String::as_str)
        .filter(|name| rows.iter().all(|row| row[*name] == blank[*name]))
        .collect();
    assert_eq!(left.into_iter().collect::<Vec<_>>(), ["build", "diverged_at", "note"]);
}

/// Under noise that leaves both windows possible: E[x | y] = tanh(ξ)a with ξ = ⟨Aa, y⟩/s², and each
/// entry's variance (1 − tanh²ξ)a².
#[test]
fn what_is_said_of_the_posterior_is_its_closed_form() {
    let folder = tempfile::tempdir().unwrap();
    let flow = Flow::open(&request(folder.path(), 1.0, &["optimal"], 3.0)).unwrap();
    let flows = [flow.clone()];
    let executor = FlowExecutor::new(&flows, None).unwrap();
    let trial = &trials(&flow, &["exact"], 4)[0];
    let problem = Problem::new(&flow, Arc::new(flow.prior().denoiser().unwrap()), 4).unwrap();
    let (draw, a) = (problem.draw(&flow, 0).unwrap(), a());
    let y = draw.values();
    let mut seen = vec![0.0; y.len()];
    draw.predict(&a, &mut seen);
    let tanh = (sum::dot(&seen, y) / 9.0).tanh();
    assert!(tanh.abs() < 0.99, "both windows must be possible: {tanh}");
    let square = sum::squared_norm(&a) / a.len() as f64;
    let found = outcome(&executor, trial);
    let mean = (1.0 - tanh) * square.sqrt();
    // Fields in f32.
    assert!((found.posterior_mean_rmse.unwrap() / mean - 1.0).abs() < 1e-5, "{found:?} {mean}");
    let floor = (mean.powi(2) + (1.0 - tanh * tanh) * square + 1e-4).sqrt();
    assert!((found.floor_rmse.unwrap() / floor - 1.0).abs() < 1e-5, "{found:?} {floor}");
}

/// Nothing of the Gaussian stands in for what is not known.
#[test]
fn what_is_not_known_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let flows = [Flow::open(&request(folder.path(), 1.0, &["local:1"], 0.1)).unwrap()];
    let executor = FlowExecutor::new(&flows, None).unwrap();
    for trial in trials(&flows[0], &["dual", "matched", "mmps", "exact"], 2) {
        let found = outcome(&executor, &trial);
        let held =
            [found.posterior_mean_rmse, found.floor_rmse, found.bias_over_posterior_std, found.spread_ratio];
        assert_eq!((held, excess(&found)), ([None; 4], [None; 3]), "{trial}");
        assert!(found.rmse.is_finite() && executor.guidance_curves(&trial).unwrap().is_none(), "{trial}");
        let traced = found.note.starts_with("traces by 4 probes at 2 noised training windows");
        assert_eq!(traced, trial.law() == "matched", "{trial}: {}", found.note);
        assert!(["dual", "matched", "mmps"].contains(&trial.law().as_str()));
    }
}

/// Rows under `wiener` are the same bits beside other priors as alone, and rows under those in any
/// order, on any number of threads.
#[test]
fn no_row_depends_on_its_neighbours_or_threads() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |names: &[&str], threads: usize, backwards: bool| -> Vec<(String, String)> {
        let flows = [Flow::open(&request(folder.path(), 1.0, names, 0.1)).unwrap()];
        let executor = FlowExecutor::new(&flows, None).unwrap();
        let mut trials = trials(&flows[0], &["sum", "matched"], 2);
        if backwards {
            trials.reverse();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let row = |trial: &Trial| (trial.identity().unwrap(), format!("{:?}", outcome(&executor, trial)));
        let mut rows: Vec<_> = pool.install(|| trials.iter().map(row).collect());
        rows.sort();
        rows
    };
    let all = rows(&["wiener", "optimal", "local:1", "locality:0"], 1, false);
    assert_eq!(all.len(), 8);
    assert_eq!(rows(&["locality:0", "local:1", "optimal", "wiener"], 3, true), all);
    let alone = rows(&["wiener"], 2, false);
    assert!(alone.len() == 2 && alone.iter().all(|row| all.contains(row)));
}

#[test]
fn a_prior_file_needs_the_training_file_that_it_was_fitted_to() {
    let folder = tempfile::tempdir().unwrap();
    let request = request(folder.path(), 1.0, &["wiener", "optimal"], 0.1);
    let PriorSource::Train { path: trained, .. } = request.prior.clone() else { unreachable!() };
    let prior: Prior = Flow::open(&request).unwrap().prior().clone();
    let path = folder.path().join("prior.h5");
    prior.save(&path, Existing::Refuse).unwrap();
    let with = |train: Option<PathBuf>| {
        let prior = PriorSource::File { path: path.clone(), train };
        Flow::open(&FlowRequest { prior, ..request.clone() }).map_err(|e| told(&e))
    };
    let missing = with(None).err().unwrap();
    assert!(missing.contains("prior `optimal`: found no training windows") && missing.contains("prior.h5"));
    let other = with(Some(file(&folder.path().join("other.h5"), &[1.0, 0.5]))).err().unwrap();
    assert!(other.contains("other.h5, sha256: found") && other.contains("prior.h5"), "{other}");
    let flow = with(Some(trained)).unwrap();
    assert_eq!(flow.files().len(), 3);
    let unknown = flow.denoiser_of(&"locality".parse().unwrap()).err().unwrap().to_string();
    assert_eq!(unknown, "dataset `two`: the prior `locality` is not among those opened");
}
