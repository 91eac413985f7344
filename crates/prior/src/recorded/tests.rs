//! Fits of recordings against fits of the same data in memory.

use super::*;
use equipoise_covariance::Randomised;
use equipoise_data::store::{Existing, Writer};
use equipoise_data::{AxisOrder, Kind, LoadOptions, NormalizerKind};
use equipoise_field::sum;
use hdf5::types::VarLenUnicode;
use std::cell::Cell;
use std::path::{Path, PathBuf};

const N: usize = 3;
const SERIES: Shape = Shape::new(12, 2, 40, 32);

/// Waves that travel at their own speeds, two channels of different size, and a little noise.
pub(crate) fn write(folder: &Path, order: AxisOrder, boundary: &str) -> PathBuf {
    let path = folder.join(format!("{order}-{boundary}.h5"));
    let writer = Writer::create(&path, Existing::Refuse).unwrap();
    let noise: Vec<f32> = Stream::new("noise").normal(0, N * SERIES.len());
    let value = |n: usize, t: usize, i: usize| {
        let (_, c, h, w) = SERIES.position(i);
        let wave =
            |k: usize| (k as f32 * (0.2 * h as f32 + 0.3 * t as f32) + 0.196 * w as f32 + n as f32).sin();
        let size = 3.0 * c as f32 + 1.0;
        5.0 + size * (wave(1) + 0.5 * wave(2) + 0.02 * noise[(n * 12 + t) * SERIES.frame() + i])
    };
    let leading = if order == AxisOrder::NTCHW { [N, 12] } else { [12, N] };
    let values: Vec<f32> = (0..N * SERIES.len())
        .map(|i| {
            let (row, at) = (i / SERIES.frame(), i % SERIES.frame());
            let (n, t) = if order == AxisOrder::NTCHW { (row / 12, row % 12) } else { (row % N, row / N) };
            value(n, t, at)
        })
        .collect();
    writer.write("x", &[leading[0], leading[1], 2, 40, 32], &values).unwrap();
    for (name, text) in [("axes", order.to_string().as_str()), ("kind", "generic"), ("boundary", boundary)] {
        writer.set_text(name, text).unwrap();
    }
    writer.finish().unwrap();
    path
}

/// The same recording in compressed chunks of two trajectories, five frames, both channels and lines
/// that portions cut through.
fn compressed(from: &Path, to: &Path) {
    let (source, copy) = (hdf5::File::open(from).unwrap(), hdf5::File::create(to).unwrap());
    let x = source.dataset("x").unwrap();
    let builder = copy.new_dataset::<f32>().shape(x.shape()).chunk([2, 5, 2, 24, 32]).shuffle().deflate(1);
    builder.create("x").unwrap().write_raw(&x.read_raw::<f32>().unwrap()).unwrap();
    for name in source.attr_names().unwrap() {
        let text = source.attr(&name).unwrap().read_scalar::<VarLenUnicode>().unwrap();
        copy.new_attr::<VarLenUnicode>().create(name.as_str()).unwrap().write_scalar(&text).unwrap();
    }
}

fn fit(path: &Path, settings: &Settings, memory: usize, method: FitMethod) -> Result<Prior> {
    let train = Recording::open(path, &LoadOptions::default()).unwrap();
    Prior::fit_recording(&train, settings, &Resources { memory, method }, &|_| true)
}

pub(crate) fn settings(model: Model, normalizer: NormalizerKind) -> Settings {
    Settings { window: 3, normalizer, model, ridge: 1e-6 }
}

pub(crate) const PLENTY: usize = 1 << 30;

/// The fit in the smallest portions that there are: a block of lines, a frame.
pub(crate) fn in_least_portions(path: &Path, settings: &Settings, method: FitMethod) -> Prior {
    let train = Recording::open(path, &LoadOptions::default()).unwrap();
    let plan = Plan::of(&train, settings, &Resources { memory: PLENTY, method }).unwrap();
    let plan = Plan { first: 1, middle: 1, last: 1, ..plan };
    let job = Job { train: &train, settings, plan, watch: &|_| true };
    job.fit_beside_checksum().unwrap_or_else(|_| panic!("fits in any portions"))
}

/// Σv for a v that excites every mode.
pub(crate) fn action(prior: &Prior) -> Vec<f32> {
    let probe: Vec<f32> = Stream::new("probe").normal(0, prior.shape().len());
    let covariance = prior.covariance();
    let mut out = vec![0.0; probe.len()];
    covariance.apply(&covariance.weights(&|l| l), &probe, &mut out);
    out
}

pub(crate) fn error(a: &[f32], b: &[f32]) -> f64 {
    sum::squared_distance(a, b).sqrt() / sum::norm(b)
}

/// In either axis order, a fit in portions is the fit in memory; there normalised fields are rounded to
/// f32, here not, which moves Σv by that rounding.
#[test]
fn a_fit_in_portions_is_the_fit_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let low_rank = Model::LowRank { rank: Some(4) };
    for order in [AxisOrder::NTCHW, AxisOrder::TNCHW] {
        let path = write(folder.path(), order, "periodic");
        for (model, normalizer, method) in [
            (low_rank, NormalizerKind::Channel, FitMethod::Gram),
            (low_rank, NormalizerKind::Profile, FitMethod::Randomised),
            (Model::Stationary, NormalizerKind::Profile, FitMethod::Auto),
            (Model::LowRank { rank: None }, NormalizerKind::Identity, FitMethod::Auto),
        ] {
            let settings = settings(model, normalizer);
            let expected = Prior::fit(&load(&path, &LoadOptions::default()).unwrap(), &settings).unwrap();
            let found = in_least_portions(&path, &settings, method);
            let tolerance = 32.0 * f64::from(f32::EPSILON);
            let what = format!("{order} {model:?} {normalizer}");
            assert!(error(&action(&found), &action(&expected)) < tolerance, "{what}: Σv");
            let unit = sum::squared_distance(found.mean(), expected.mean()).sqrt();
            // The mean of normalised fields, which are of size 1 to 5.
            assert!(unit < 5.0 * tolerance * (found.mean().len() as f64).sqrt(), "{what}: mean {unit}");
            let (mut a, b) = (found.provenance().clone(), expected.provenance());
            assert_eq!(a.sampled.is_some(), method == FitMethod::Randomised, "{what}");
            a.sampled = None;
            assert_eq!((&a, found.settings()), (b, expected.settings()), "{what}");
            let same = |p: &Prior| (p.shape(), p.kind(), p.grid(), p.coordinates());
            assert_eq!(same(&found), same(&expected), "{what}");
            let [a, b] = [&found, &expected].map(Prior::particulars);
            assert_eq!((&a.stated, &a.units, &a.frames), (&b.stated, &b.units, &b.frames), "{what}");
            assert!(a.frames.len() > 4 && a.moments.len() == b.moments.len(), "{what}");
        }
    }
}

/// A mask over a third of the cells, whose numbers are about 5.
#[test]
fn a_masked_fit_in_portions_is_the_fit_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), AxisOrder::NTCHW, "periodic");
    let file = hdf5::File::open_rw(&path).unwrap();
    let mask = file.new_dataset::<u8>().shape([40, 32]).create("mask").unwrap();
    mask.write_raw(&(0..1280).map(|i| u8::from(i % 3 == 0)).collect::<Vec<_>>()).unwrap();
    let word: VarLenUnicode = "land".parse().unwrap();
    mask.new_attr::<VarLenUnicode>().create("ones").unwrap().write_scalar(&word).unwrap();
    drop((mask, file));
    for normalizer in [NormalizerKind::Identity, NormalizerKind::Profile] {
        let settings = settings(Model::Stationary, normalizer);
        let expected = Prior::fit(&load(&path, &LoadOptions::default()).unwrap(), &settings).unwrap();
        let found = in_least_portions(&path, &settings, FitMethod::Auto);
        let tolerance = 64.0 * f64::from(f32::EPSILON);
        assert!(error(&action(&found), &action(&expected)) < tolerance, "{normalizer}: Σv");
        let unit = sum::squared_distance(found.mean(), expected.mean()).sqrt();
        assert!(unit < 5.0 * tolerance * (found.mean().len() as f64).sqrt(), "{normalizer}: mean {unit}");
        assert_eq!(found.particulars().frames, expected.particulars().frames, "{normalizer}");
    }
}

#[test]
fn neither_memory_nor_threads_nor_chunks_change_a_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), AxisOrder::NTCHW, "periodic");
    let chunks = folder.path().join("compressed.h5");
    compressed(&path, &chunks);
    for (model, method) in [
        (Model::LowRank { rank: Some(4) }, FitMethod::Gram),
        (Model::LowRank { rank: Some(4) }, FitMethod::Randomised),
        (Model::Stationary, FitMethod::Auto),
    ] {
        let settings = settings(model, NormalizerKind::Profile);
        let bits = |threads: usize, fit: &(dyn Fn() -> Prior + Sync)| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let prior = pool.install(fit);
            (prior.mean().to_vec(), action(&prior), prior.spectrum(), prior.provenance().sampled)
        };
        let expected = bits(1, &|| in_least_portions(&path, &settings, method));
        for (path, what) in [(&path, "contiguous"), (&chunks, "compressed")] {
            let (little, plenty) = (
                bits(3, &|| in_least_portions(path, &settings, method)),
                bits(1, &|| fit(path, &settings, PLENTY, method).unwrap()),
            );
            assert!(little == expected && plenty == expected, "{model:?} {method} {what}");
        }
    }
}

/// Few frames: products of all pairs are cheap. Many, of a few thousand numbers: their eigenvectors are
/// not. Long windows: they multiply what is sampled, and not the Gram matrix of frames.
#[test]
fn sampling_is_left_to_many_frames() {
    let pays = |rows, frame, window| plan::sampling_pays(rows, frame, window, 20, Randomised::default());
    assert!(!pays(64, 1 << 20, 1) && pays(8192, 1 << 14, 1));
    assert!(!pays(1024, 1 << 22, 64) && pays(8192, 1 << 22, 1));
}

#[test]
fn what_cannot_be_fitted_is_said_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), AxisOrder::NTCHW, "open");
    let message = |model, memory, window| {
        let settings = Settings { window, ..settings(model, NormalizerKind::Channel) };
        fit(&path, &settings, memory, FitMethod::Auto).err().unwrap().to_string()
    };
    let low_rank = Model::LowRank { rank: Some(4) };
    assert!(message(Model::Stationary, PLENTY, 3).contains("open borders"));
    assert!(message(low_rank, 1 << 20, 3).contains("GiB beside the file, expected at most 0.00 GiB"));
    assert!(message(Model::Dense, 64 << 20, 3).contains("give it more memory"));
    let long = message(low_rank, PLENTY, 13);
    assert!(long.contains("13 frames") && long.contains("series of 12"), "{long}");
    // Three trajectories are three frames to a loader that is told so.
    let swapped = LoadOptions { axes: Some(AxisOrder::TNCHW), kind: Some(Kind::GENERIC) };
    let train = Recording::open(&path, &swapped).unwrap();
    let settings = Settings { window: 4, ..settings(low_rank, NormalizerKind::Channel) };
    let resources = Resources { memory: PLENTY, method: FitMethod::Auto };
    let error = Prior::fit_recording(&train, &settings, &resources, &|_| true).err().unwrap().to_string();
    assert!(error.contains("4 frames") && error.contains("series of 3"), "{error}");
}

/// Half of the file is missing, or a chunk of it does not decompress: the file, the array and what the
/// library found are named.
#[test]
fn what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("compressed.h5");
    compressed(&write(folder.path(), AxisOrder::NTCHW, "periodic"), &path);
    let whole = std::fs::read(&path).unwrap();
    let mut spoilt = whole.clone();
    // Nearly all bytes are those of chunks.
    spoilt[whole.len() / 2..][..256].fill(0xff);
    for (bytes, expected) in
        [(&spoilt[..], "cannot read dataset `x`"), (&whole[..whole.len() / 2], "truncated")]
    {
        std::fs::write(&path, bytes).unwrap();
        for model in [Model::LowRank { rank: Some(4) }, Model::Stationary] {
            let settings = settings(model, NormalizerKind::Channel);
            let resources = Resources { memory: PLENTY, method: FitMethod::Auto };
            let fitted = Recording::open(&path, &LoadOptions::default())
                .map_err(PriorError::from)
                .and_then(|train| Prior::fit_recording(&train, &settings, &resources, &|_| true));
            let error = crate::error::chain(&fitted.err().unwrap());
            let named = error.starts_with(&path.display().to_string());
            assert!(named && error.contains(expected) && !error.contains('\n'), "{model:?}: {error}");
        }
    }
}

#[test]
fn a_fit_tells_how_far_it_is_and_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), AxisOrder::NTCHW, "periodic");
    let train = Recording::open(&path, &LoadOptions::default()).unwrap();
    let resources = Resources { memory: PLENTY, method: FitMethod::Randomised };
    for model in [Model::LowRank { rank: Some(4) }, Model::Stationary] {
        let settings = settings(model, NormalizerKind::Channel);
        let told = Cell::new(0.0);
        let rising = |share: f64| {
            assert!(share > told.replace(share) && share <= 1.0, "{share}");
            true
        };
        Prior::fit_recording(&train, &settings, &resources, &rising).unwrap();
        assert!((told.get() - 1.0).abs() < 1e-12);
        let error = Prior::fit_recording(&train, &settings, &resources, &|share| share < 0.5).err().unwrap();
        assert!(matches!(error, PriorError::Interrupted { .. }), "{error}");
    }
}
