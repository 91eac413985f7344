//! Priors, weights, journals, plans, networks and names from hostile bytes.

use super::corpus::{ARCHIVES, fixture};
use equipoise_benchmark::BenchmarkFile;
use equipoise_data::store::Existing;
use equipoise_data::{AxisOrder, Kind, Location, NormalizerKind, Slice};
use equipoise_experiment::{Approach, JOURNAL, Journal, PlanFile};
use equipoise_network::Manifest;
use equipoise_prior::{DenoiserName, Prior};
use equipoise_sampler::SamplerName;
use equipoise_scaling::{Law, NConvention};
use equipoise_schedule::{ScheduleName, Spacing};
use equipoise_sweep::{Row, SweepFile};
use equipoise_weights::{Pick, State, Values, read_all, write};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().expect("there is a folder for temporary files");
}

/// A file of this thread's own folder, or below it, with these bytes.
pub(super) fn placed(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.with(|folder| folder.path().join(name));
    if let Some((folders, _)) = name.rsplit_once('/') {
        let folders = FOLDER.with(|folder| folder.path().join(folders));
        std::fs::create_dir_all(folders).expect("a temporary folder is made");
    }
    std::fs::write(&path, bytes).expect("a temporary file is written");
    path
}

/// A prior; one that is accepted is the same when it is saved and read again.
pub(super) fn prior(bytes: &[u8]) -> bool {
    let path = placed("prior.h5", bytes);
    let Ok(prior) = Prior::load(&path) else { return false };
    let again = path.with_file_name("again.h5");
    prior.save(&again, Existing::Replace).expect("a prior is saved");
    let again = Prior::load(&again).expect("what was saved is read");
    let bits = |prior: &Prior| prior.mean().iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
    assert_eq!(bits(&prior), bits(&again), "the mean");
    assert_eq!(format!("{:?}", prior.spectrum()), format!("{:?}", again.spectrum()), "the spectrum");
    assert!(prior.mean().iter().all(|x| x.is_finite()), "a mean that is no number");
    let _ = prior.denoiser();
    true
}

/// Tensors by name, and their numbers as bits.
fn bits(state: &State) -> Vec<(String, Vec<usize>, Vec<u64>)> {
    let one = |key: &str| {
        let tensor = state.tensor(key).expect("a key that stands in its list");
        let bits = match &tensor.values {
            Values::F32(values) => values.iter().map(|x| u64::from(x.to_bits())).collect(),
            Values::F64(values) => values.iter().map(|x| x.to_bits()).collect(),
        };
        assert_eq!(tensor.shape.iter().product::<usize>(), tensor.values.len(), "numbers of `{key}`");
        (key.to_owned(), tensor.shape.clone(), bits)
    };
    state.keys().map(one).collect()
}

fn weights(path: &Path) -> bool {
    let read = |pick: Pick| {
        let Ok(state) = State::read(path, pick) else { return false };
        let again = State::read(path, pick).expect("what was read is read again");
        assert_eq!(bits(&state), bits(&again), "{pick:?}");
        true
    };
    [Pick::Only, Pick::Raw, Pick::Ema].map(read).contains(&true)
}

/// Tensors in a safetensors file; those that are accepted stay as they are when they are written again.
pub(super) fn safetensors(bytes: &[u8]) -> bool {
    let path = placed("weights.safetensors", bytes);
    let read = weights(&path);
    let Ok(tensors) = read_all(&path) else { return read };
    let again = path.with_file_name("again.safetensors");
    write(&again, &tensors, Default::default()).expect("what was read is written");
    let again = read_all(&again).expect("what was written is read");
    let state = |tensors| bits(&State::new("state", tensors));
    let [mut one, mut other] = [state(tensors), state(again)];
    one.sort();
    other.sort();
    assert_eq!(one, other);
    true
}

/// PyTorch's zip files.
pub(super) fn torch(bytes: &[u8]) -> bool {
    weights(&placed("weights.pth", bytes))
}

/// A pickle in the archive that the first byte names, whose sums hide it from damage.
pub(super) fn pickle(bytes: &[u8]) -> bool {
    let Some((first, pickle)) = bytes.split_first() else { return false };
    let whole = fixture(ARCHIVES[usize::from(*first) % ARCHIVES.len()]);
    let mut archive = ZipArchive::new(Cursor::new(whole)).expect("an archive of the tree opens");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).expect("an entry of the tree opens");
        let (name, mut content) = (entry.name().expect("a name of the tree").into_owned(), Vec::new());
        entry.read_to_end(&mut content).expect("an entry of the tree is read");
        zip.start_file(&*name, options).expect("an archive in memory is written");
        let content = if name.ends_with("/data.pkl") { pickle } else { &content };
        zip.write_all(content).expect("an archive in memory is written");
    }
    torch(&zip.finish().expect("an archive in memory ends").into_inner())
}

/// A journal, as it is and with the checksum and the length of every line made right, so that what the line holds is
/// reached.
pub(super) fn journal(bytes: &[u8]) -> bool {
    let taken = opened(bytes);
    opened(&sealed(bytes)) || taken
}

/// One that is accepted holds the same rows when it is opened again.
fn opened(bytes: &[u8]) -> bool {
    let path = placed(JOURNAL, bytes);
    let Ok((journal, _)) = Journal::<Row>::reopen(&path, false) else { return false };
    let mended = std::fs::read(&path).expect("a journal is read");
    let (again, reopened) = Journal::<Row>::reopen(&path, false).expect("what was opened opens again");
    assert_eq!((journal.len(), reopened.torn), (again.len(), None));
    assert_eq!(std::fs::read(&path).expect("a journal is read"), mended, "opened twice");
    true
}

fn sealed(bytes: &[u8]) -> Vec<u8> {
    let line = |line: &[u8]| {
        let body = line.splitn(3, |byte| *byte == b' ').nth(2).filter(|_| !line.starts_with(b"equipoise "));
        body.map_or_else(
            || line.to_vec(),
            |body| [format!("{:08x} {} ", crc32fast::hash(body), body.len()).as_bytes(), body].concat(),
        )
    };
    bytes.split(|byte| *byte == b'\n').map(line).collect::<Vec<_>>().join(&b'\n')
}

/// Plans of both verbs.
pub(super) fn plan(bytes: &[u8]) -> bool {
    let path = placed("plan.toml", bytes);
    let sweep = SweepFile::read(&path).is_ok_and(|plan| {
        let _ = plan.requests();
        again(&plan, &path);
        true
    });
    let benchmark = BenchmarkFile::read(&path).is_ok_and(|plan| {
        let _ = plan.requests();
        again(&plan, &path);
        true
    });
    sweep || benchmark
}

/// A plan that was accepted is the same when it is written and read again.
fn again<P: PlanFile + std::fmt::Debug>(plan: &P, path: &Path) {
    let path = path.with_file_name("again.toml");
    if plan.write(&path).is_ok() {
        let found = P::read(&path).expect("what was written is read");
        assert_eq!(format!("{plan:?}"), format!("{found:?}"));
    }
}

/// What is said of a trained network.
pub(super) fn network(bytes: &[u8]) -> bool {
    let path = placed("network.json", bytes);
    let Ok(manifest) = Manifest::read(&path) else { return false };
    let _ = manifest.preconditioner();
    let again = path.with_file_name("again.json");
    if manifest.write(&again, true).is_ok() {
        let again = Manifest::read(&again).expect("what was written is read");
        assert_eq!(format!("{manifest:?}"), format!("{again:?}"));
    }
    true
}

/// Names as they stand on the command line and in plans; what is shown of one that is accepted is accepted.
pub(super) fn words(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    fn named<T: std::str::FromStr + ToString + PartialEq>(text: &str) -> bool {
        let Ok(value) = text.parse::<T>() else { return false };
        let shown = value.to_string();
        let again = shown.parse::<T>().is_ok_and(|again| again == value);
        assert!(again, "{text:?} is shown as {shown:?}, which is another");
        true
    }
    let _ = Location::of(Path::new(text));
    let named = [
        named::<AxisOrder>(text),
        named::<Kind>(text),
        named::<NormalizerKind>(text),
        named::<SamplerName>(text),
        named::<ScheduleName>(text),
        named::<Spacing>(text),
        named::<NConvention>(text),
        named::<DenoiserName>(text),
        text.parse::<Slice>().is_ok(),
        text.parse::<Law>().is_ok(),
        text.parse::<Approach>().is_ok(),
    ];
    named.contains(&true)
}
