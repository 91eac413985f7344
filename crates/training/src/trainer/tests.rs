//! Whole trainings on small flows: what is kept, how it goes on, what it becomes.

use super::*;
use crate::{CURVE, RECORD, WEIGHTS};
use equipoise_data::{Kind, samples::Sample};
use equipoise_data::{LoadOptions, load};
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_field::{Axis, Boundary, Grid, Shape};
use equipoise_network::{MANIFEST, Shares};
use equipoise_prior::{DenoiserName, Fields};
use equipoise_stream::Stream;
use std::fs;

const SHA: &str = "of the data";

/// Waves with noise on a small grid.
fn data(kind: Kind, boundary: Boundary, x_axis: Axis) -> Dataset {
    data_of(kind, boundary, x_axis, 16)
}

fn data_of(kind: Kind, boundary: Boundary, x_axis: Axis, width: usize) -> Dataset {
    let series = Shape::new(6, 2, 8, width);
    let noise = Stream::new("data").normal::<f32>(0, 5 * series.len());
    let wave = |k: usize| (k as f32 * 0.7).sin() + if (k / 128).is_multiple_of(2) { 0.3 } else { -0.2 };
    let values = noise.iter().enumerate().map(|(k, z)| wave(k) + 0.3 * z).collect();
    let grid = Grid { x_axis, dx: 0.5, dy: 0.25, boundary };
    Dataset::in_memory(kind, grid, series, values).unwrap()
}

/// A small training; `text` of it is said otherwise, first of its network.
fn config(text: &str) -> Config {
    let small = "[optimiser]\nsteps = 7\nbatch = 3\nrate = 0.01\nwarm_up = 2\n[validation]\nevery = 3\nwindows = 2\n\
                 ratios = [0.2, 2.0]\n[output]\nevery = 2\n[network]\nwindow = 2\nwidths = [4, 6]\nblocks = [1, 1]\n";
    let features = if text.contains("azula") { "mod_features" } else { "embedding" };
    let mut all: toml::Table = toml::from_str(&format!("{small}{features} = 4\n")).unwrap();
    let said: toml::Table = toml::from_str(&format!("[network]\n{text}")).unwrap();
    for (section, entries) in said {
        let into = all.entry(section).or_insert(toml::Value::Table(toml::Table::new()));
        into.as_table_mut().unwrap().extend(entries.as_table().unwrap().clone());
    }
    Config::parse(&toml::to_string(&all).unwrap(), Path::new("net.toml")).unwrap()
}

fn turbulence() -> Dataset {
    data(Kind::KOLMOGOROV, Boundary::Periodic, Axis::H)
}

/// Runs until `last` steps are taken, on so many threads.
fn run(training: &mut Training, last: u64, threads: usize) -> Ended {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| training.run(&mut |step| step.step < last).unwrap())
}

fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .filter(|(name, _)| name != GAUSSIAN)
        .collect();
    all.sort();
    all
}

#[test]
fn a_training_that_was_stopped_goes_on_to_the_same_bits_on_any_threads() {
    let (root, data) = (tempfile::tempdir().unwrap(), turbulence());
    for (name, text) in [
        ("wiener", "context = [\"forcing\"]\n"),
        ("azula", "family = \"azula\"\npreconditioning = \"karras\"\n"),
        (
            "none",
            "preconditioning = \"none\"\nprediction = \"epsilon\"\nschedule = \"cos\"\n[noise]\nlaw = \"uniform_t\"\n",
        ),
    ] {
        let config = config(text);
        let [whole, parts] = ["whole", "parts"].map(|part| root.path().join(format!("{name} {part}")));
        let mut training = Training::begin(&config, &data, SHA, &whole).unwrap();
        assert_eq!(run(&mut training, u64::MAX, 1), Ended::Finished);
        for (last, threads) in [(0, 2), (1, 1), (4, 2), (5, 3)] {
            let mut training = if last == 0 {
                Training::begin(&config, &data, SHA, &parts).unwrap()
            } else {
                Training::resume(&config, &data, SHA, &parts).unwrap()
            };
            assert_eq!(run(&mut training, last, threads), Ended::Stopped);
            assert_eq!(training.steps(), last);
        }
        let mut training = Training::resume(&config, &data, SHA, &parts).unwrap();
        assert_eq!(run(&mut training, u64::MAX, 2), Ended::Finished);
        // The Gaussian's file holds times of its own; what it holds for a training is its checksum in the record.
        let same = |folder| -> Vec<_> {
            contents(folder).into_iter().filter(|(name, _)| name != RECORD && name != MANIFEST).collect()
        };
        assert_eq!(same(&whole), same(&parts), "{name}");
        assert_eq!(contents(&whole).len(), if name == "wiener" { 7 } else { 6 }, "{name}");
    }
}

/// What is written is a prior of every verb, and around the filter it begins as the filter.
#[test]
fn what_is_written_is_the_prior() {
    for (name, text, data) in [
        ("sda", "", turbulence()),
        (
            "azula",
            "family = \"azula\"\ncontext = [\"x\", \"y\"]\npadding = [\"zeros\", \"circular\"]\n",
            data(Kind::GENERIC, Boundary::Open, Axis::W),
        ),
        ("karras", "preconditioning = \"karras\"\n", turbulence()),
        ("every second point", "[windows]\nstride = 2\n", turbulence()),
    ] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(name);
        let mut training = Training::begin(&config(text), &data, SHA, &folder).unwrap();
        run(&mut training, 0, 1);
        let begun: Vec<Row> = training.rows().to_vec();
        run(&mut training, u64::MAX, 1);
        let ended = &training.rows()[training.rows().len() - 2..];
        let bits = |row: &Row| [row.network, row.wiener].map(f64::to_bits);
        let pairs = ended.iter().zip(&begun).map(|(a, b)| (bits(a), bits(b)));
        assert!(pairs.into_iter().all(|(a, b)| a[0] != b[0] && a[1] == b[1]));
        if name != "karras" {
            assert!(begun.iter().all(|row| (row.network / row.wiener - 1.0).abs() < 1e-5), "{begun:?}");
        }
        let path = folder.join(MANIFEST);
        let mut manifest = Manifest::read(&path).unwrap();
        assert_eq!(manifest.shares.pairs().len(), if name == "karras" { 0 } else { 16 });
        // Without shares all of the correction is taken, as while it is trained.
        manifest.shares = Shares::default();
        manifest.write(&path, true).unwrap();
        let named: DenoiserName = format!("network:{}", folder.display()).parse().unwrap();
        let fields = Fields::of(std::slice::from_ref(&named), None).unwrap().unwrap();
        let (received, remarks) = fields.receive(data.clone()).unwrap();
        let thinned = remarks.iter().filter(|remark| remark.text().contains("one point in 2 along")).count();
        assert_eq!((received.stride(), thinned), if text.contains("stride") { (2, 1) } else { (1, 0) });
        let settings = equipoise_prior::Settings { window: 2, ..training_settings(&data) };
        let settings = fields.settings(settings, None).unwrap();
        let prior = Prior::fit_in(&received, &settings, Some(&fields.normalizer)).unwrap();
        let denoiser = prior.learned(&named).unwrap().denoiser();
        // The error of the prior on the held-out windows is the last validation's.
        let Training { validation, .. } = &training;
        let row = validation_error(validation, &*denoiser);
        assert!((row / ended[0].network - 1.0).abs() < 1e-5, "{name}: {row} {ended:?}");
    }
}

fn training_settings(data: &Dataset) -> equipoise_prior::Settings {
    equipoise_prior::Settings::of(data.kind(), data.grid())
}

/// The first row of a validation, of any denoiser.
fn validation_error(validation: &Validation, denoiser: &dyn Denoiser<f32>) -> f64 {
    let (x, noise, level) = validation.first();
    let x_t: Vec<f32> = x
        .iter()
        .zip(&noise)
        .map(|(x, e)| (level.mu * f64::from(*x) + level.sigma * f64::from(*e)) as f32)
        .collect();
    let mut x_hat = vec![f32::NAN; x.len()];
    denoiser.estimates(&x_t, level, &mut x_hat, &mut Tape::default()).unwrap();
    let square = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
    (x_hat.iter().zip(x).map(square).sum::<f64>() / x.len() as f64).sqrt()
}

#[test]
fn a_folder_belongs_to_one_training() {
    let (root, data) = (tempfile::tempdir().unwrap(), turbulence());
    let (folder, config) = (root.path().join("out"), config(""));
    let mut training = Training::begin(&config, &data, SHA, &folder).unwrap();
    run(&mut training, 1, 1);
    let before = contents(&folder);
    assert!(matches!(Training::begin(&config, &data, SHA, &folder), Err(TrainingError::Exists { .. })));
    let mut other = config.clone();
    other.optimiser.rate = 0.02;
    let message = Training::resume(&other, &data, SHA, &folder).unwrap_err().to_string();
    assert!(message.contains("optimiser.rate: found 0.02, expected 0.01"), "{message}");
    let message = Training::resume(&config, &data, "of others", &folder).unwrap_err().to_string();
    assert!(message.contains("training file: found of others, expected of the data"), "{message}");
    assert_eq!(contents(&folder), before);
    fs::copy(folder.join(RECORD), folder.join(GAUSSIAN)).unwrap();
    let message = Training::resume(&config, &data, SHA, &folder).unwrap_err().to_string();
    assert!(message.contains("prior.h5: SHA-256"), "{message}");
}

#[test]
fn what_data_do_not_allow_is_refused_before_anything_is_written() {
    let root = tempfile::tempdir().unwrap();
    for (text, named) in [
        ("window = 7\n", "frames"),
        ("widths = [4, 6, 8, 8, 8]\nblocks = [1, 1, 1, 1, 1]\n", "multiple of 16"),
        ("family = \"dit\"\n", "sda or azula"),
        ("padding = [\"wrap\"]\n", "network.padding"),
        ("preconditioning = \"edn\"\n", "network.preconditioning"),
        ("preconditioning = \"none\"\n", "schedule"),
        ("context = [\"solid\"]\n", "network.context"),
        ("prediction = \"v\"\n", "prediction"),
        ("[windows]\nstride = 3\n", "stride of the points of 8 x 16: found 3, expected a divisor of both"),
        ("[windows]\nheld_out = 5\n", "windows.held_out"),
        ("[windows]\naugment = [\"mirror\"]\n", "windows.augment"),
        ("[gaussian]\nmodel = \"diagonal\"\n", "gaussian.model"),
        ("[gaussian]\nrank = 3\n", "gaussian.rank"),
        ("[gaussian]\nnormalizer = \"none\"\n", "gaussian.normalizer"),
        ("preconditioning = \"karras\"\n[gaussian]\nnormalizer = \"profile\"\n", "gaussian.normalizer"),
        ("[noise]\nlaw = \"uniform_t\"\n", "network.schedule"),
    ] {
        let folder = root.path().join("out");
        let message = Training::begin(&config(text), &turbulence(), SHA, &folder).unwrap_err();
        let message = format!("{message}");
        assert!(message.contains(named), "{text}: {message}");
        assert!(!folder.exists(), "{text}");
    }
}

#[test]
fn a_training_that_diverges_says_so_and_leaves_its_last_state() {
    let (root, data) = (tempfile::tempdir().unwrap(), turbulence());
    let mut config = config("");
    (config.optimiser.rate, config.optimiser.clip, config.optimiser.warm_up) = (1e30, 0.0, 0);
    let mut training = Training::begin(&config, &data, SHA, &root.path().join("out")).unwrap();
    let error = training.run(&mut |_| true).unwrap_err();
    assert!(matches!(error, TrainingError::Diverged { .. }), "{error}");
    let training = Training::resume(&config, &data, SHA, &root.path().join("out")).unwrap();
    assert!(training.steps() < 7 && training.state.theta.iter().all(|theta| theta.is_finite()));
}

/// The turbulence's own file: its profile, its symmetries.
#[test]
fn the_embedded_turbulence_is_trained_on() {
    let data = load(&Sample::KolmogorovTest.path().unwrap(), &LoadOptions::default()).unwrap();
    let root = tempfile::tempdir().unwrap();
    let mut config = config("context = [\"forcing\"]\n");
    (config.optimiser.steps, config.optimiser.warm_up) = (1, 0);
    let mut training = Training::begin(&config, &data, SHA, &root.path().join("out")).unwrap();
    assert_eq!(training.symmetries(), Symmetry::FORCED);
    assert_eq!(run(&mut training, u64::MAX, 2), Ended::Finished);
}

#[test]
fn weights_that_are_not_those_that_were_written_are_refused() {
    let (root, data) = (tempfile::tempdir().unwrap(), turbulence());
    let folder = root.path().join("out");
    run(&mut Training::begin(&config(""), &data, SHA, &folder).unwrap(), 1, 1);
    let described = equipoise_network::Described::written(&folder).unwrap().unwrap();
    let facts = described.facts();
    assert!(facts.contains(&("Gaussian", GAUSSIAN.to_owned())) && described.weights.ends_with(WEIGHTS));
    let anew = equipoise_network::describe(&folder, &equipoise_network::Answers::default()).unwrap_err();
    assert!(anew.to_string().contains("gaussian: found prior.h5, expected a network without one"), "{anew}");
    let path = folder.join(WEIGHTS);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    let named: DenoiserName = format!("network:{}", folder.display()).parse().unwrap();
    let open = || Fields::of(std::slice::from_ref(&named), None).map(drop);
    let told = |error: &dyn std::error::Error| {
        let told = format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default());
        assert!(told.contains("weights.safetensors: SHA-256: found") && told.contains("--resume"), "{told}");
    };
    told(&open().unwrap_err());
    told(&equipoise_network::Described::written(&path).unwrap_err());
    // Another checksum in the place of it is none of a file; weights without one are taken as they stand.
    let mut manifest = Manifest::read(&folder.join(MANIFEST)).unwrap();
    manifest.weights_sha256 = None;
    manifest.write(&folder.join(MANIFEST), true).unwrap();
    open().unwrap();
    run(&mut Training::resume(&config(""), &data, SHA, &folder).unwrap(), 2, 1);
    assert!(Manifest::read(&folder.join(MANIFEST)).unwrap().weights_sha256.is_some());
    open().unwrap();
}

#[test]
fn a_gaussian_of_ones_own_is_held_to_the_training_and_copied() {
    let (root, data) = (tempfile::tempdir().unwrap(), turbulence());
    let (folder, own) = (root.path().join("out"), root.path().join("own.h5"));
    let fit = |data: &Dataset, window: usize| {
        let prior =
            Prior::fit(data, &equipoise_prior::Settings { window, ..training_settings(data) }).unwrap();
        prior.save(&own, Existing::Replace).unwrap();
    };
    let mut config = config("[gaussian]\nfile = \"own.h5\"\n");
    config.gaussian.folder = root.path().to_owned();
    let refused = |named: &str| {
        let message = Training::begin(&config, &data, SHA, &folder).unwrap_err().to_string();
        assert!(message.contains(named) && !folder.exists(), "{message}");
    };
    refused("own.h5");
    fit(&data, 3);
    refused("own.h5 over windows of 3 frames, expected one over the 2 of network.window");
    fit(&data.clone().thinned(2).unwrap(), 2);
    let mut thinned = Training::begin(&config, &data, SHA, &root.path().join("thinned")).unwrap();
    assert_eq!(thinned.manifest().grid, Some([4, 8]));
    assert!(thinned.remarks().iter().any(|remark| remark.text().contains("one point in 2 along")));
    run(&mut thinned, 0, 1);
    let wide = data_of(Kind::KOLMOGOROV, Boundary::Periodic, Axis::H, 24);
    fit(&wide, 2);
    refused("grid: found (C, H, W) = (2, 8, 16), expected (C, H, W) = (2, 8, 24)");
    fit(&data, 2);
    let mut training = Training::begin(&config, &data, SHA, &folder).unwrap();
    assert_eq!(fs::read(folder.join(GAUSSIAN)).unwrap(), fs::read(&own).unwrap());
    let remarks = training.remarks();
    let learnt = "held out of (memory): all 6 frames stand bit for bit among the training frames";
    assert!(remarks.iter().any(|r| r.is_warning() && r.text().contains(learnt)), "{remarks:?}");
    assert_eq!(run(&mut training, 2, 1), Ended::Stopped);
    assert!(training.rows()[..2].iter().all(|row| (row.network / row.wiener - 1.0).abs() < 1e-5));
    fs::remove_file(&own).unwrap();
    let mut training = Training::resume(&config, &data, SHA, &folder).unwrap();
    assert_eq!(run(&mut training, u64::MAX, 1), Ended::Finished);
}

/// A rate beyond all numbers makes the parameters infinite in a step whose loss is still one: nothing of it is kept.
#[test]
fn a_step_into_infinity_is_not_kept_and_what_was_deleted_is_written_again() {
    let (root, data) = (tempfile::tempdir().unwrap(), turbulence());
    let folder = root.path().join("diverged");
    let config_of = |rate: &str| config(&format!("[optimiser]\nsteps = 1\nwarm_up = 0\nrate = {rate}\n"));
    let mut training = Training::begin(&config_of("1e300"), &data, SHA, &folder).unwrap();
    let error = training.run(&mut |step| step.step < 1).unwrap_err();
    assert!(matches!(error, TrainingError::Diverged { step: 1, .. }), "{error}");
    let kept = State::read(&folder.join(CHECKPOINT), training.parameter_count()).unwrap();
    assert!(kept.step == 0 && kept.theta.iter().all(|value| value.is_finite()));
    let (folder, config) = (root.path().join("whole"), config_of("1e-3"));
    run(&mut Training::begin(&config, &data, SHA, &folder).unwrap(), u64::MAX, 1);
    let whole = contents(&folder);
    for name in [WEIGHTS, MANIFEST, CURVE] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    run(&mut Training::resume(&config, &data, SHA, &folder).unwrap(), u64::MAX, 1);
    assert_eq!(contents(&folder), whole);
}
