//! Shared fits against fits of one process; what becomes of those that die, and of parts that are spoilt.

use super::*;
use crate::recorded::tests::{PLENTY, action, error, in_least_portions, settings, write};
use equipoise_data::{AxisOrder, LoadOptions, NormalizerKind};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

const LOW_RANK: Model = Model::LowRank { rank: Some(4) };

fn share(folder: &Path, k: usize, n: usize) -> Share {
    Share { folder: folder.to_owned(), shard: (k, n), by: format!("host:{k}") }
}

fn shared(path: &Path, settings: &Settings, share: &Share) -> Result<Option<Prior>> {
    let train = Recording::open(path, &LoadOptions::default()).unwrap();
    let resources = Resources { memory: PLENTY, method: FitMethod::Auto };
    Prior::fit_shared(&train, settings, &resources, share, &|| false, &|_| true)
}

/// Everything that a fit makes, bit for bit.
fn bits(prior: &Prior) -> Vec<u64> {
    let (values, rest) = prior.spectrum();
    let narrow = [prior.mean().to_vec(), action(prior)].concat();
    let wide = values.into_iter().chain(rest.map(|(l, _)| l));
    wide.map(f64::to_bits).chain(narrow.iter().map(|x| u64::from(x.to_bits()))).collect()
}

/// The law, for both models: 1, 2 and 5 processes at once, and two of which one dies after any of its parts, give
/// the same bits; against one process without parts, eigenvalues move by the rounding of sums of the frames.
#[test]
fn processes_that_come_and_go_give_the_bits_of_one() {
    let folder = tempfile::tempdir().unwrap();
    for (model, normalizer, order) in [
        (LOW_RANK, NormalizerKind::Channel, AxisOrder::NTCHW),
        (Model::Stationary, NormalizerKind::Profile, AxisOrder::TNCHW),
    ] {
        let path = &write(folder.path(), order, "periodic");
        let settings = &settings(model, normalizer);
        let at = |name: String| folder.path().join(format!("{order}-{name}"));
        let one = shared(path, settings, &share(&at("1".into()), 1, 1)).unwrap().unwrap();
        let alone = in_least_portions(path, settings, FitMethod::Gram);
        let (found, expected) = (one.spectrum().0, alone.spectrum().0);
        for (a, b) in found.iter().zip(&expected) {
            // 36 frames; the scale of the normalizer moves by as much again.
            assert!((a - b).abs() < 64.0 * f64::EPSILON * expected[0], "{a} {b}");
        }
        assert!(error(&action(&one), &action(&alone)) < 4.0 * f64::from(f32::EPSILON));
        assert_eq!((one.provenance(), one.settings()), (alone.provenance(), alone.settings()));
        assert_eq!(one.particulars().frames, alone.particulars().frames);
        for n in [2, 5] {
            let parts = at(n.to_string());
            std::thread::scope(|scope| {
                let all: Vec<_> = (1..=n)
                    .map(|k| {
                        scope.spawn({
                            let share = share(&parts, k, n);
                            move || shared(path, settings, &share)
                        })
                    })
                    .collect();
                for prior in all {
                    assert!(bits(&prior.join().unwrap().unwrap().unwrap()) == bits(&one), "{model:?} {n}");
                }
            });
        }
        let files = fs::read_dir(at("1".into())).unwrap().count() - 1;
        for dies in (0..files).step_by(files.div_ceil(5)) {
            let parts = at(format!("dies-{dies}"));
            let told = AtomicUsize::new(0);
            let train = Recording::open(path, &LoadOptions::default()).unwrap();
            let resources = Resources { memory: PLENTY, method: FitMethod::Gram };
            let lives = |_: f64| {
                told.fetch_add(1, Ordering::Relaxed);
                fs::read_dir(&parts).map_or(0, Iterator::count) <= dies + 1
            };
            let dead =
                Prior::fit_shared(&train, settings, &resources, &share(&parts, 1, 2), &|| false, &lives);
            assert!(matches!(dead, Err(PriorError::Interrupted { .. })), "{dies} {dead:?}");
            let rest = shared(path, settings, &share(&parts, 2, 2)).unwrap().unwrap();
            assert!(bits(&rest) == bits(&one), "{model:?}: one died after {dies} parts");
        }
    }
}

/// A byte that is another, an end that is missing, a part of another fit or under another name: each is refused by
/// name, and what to do is said; a folder of another fit, or of something else, before anything is made.
#[test]
fn spoilt_and_foreign_parts_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = &write(folder.path(), AxisOrder::NTCHW, "periodic");
    let settings = settings(LOW_RANK, NormalizerKind::Channel);
    let parts = folder.path().join("parts");
    let own = share(&parts, 1, 1);
    shared(path, &settings, &own).unwrap();
    let message = || shared(path, &settings, &own).unwrap_err().to_string();
    let progress = SharedProgress::of(&parts).unwrap().unwrap();
    assert_eq!((progress.done.len(), progress.total), (5, 5));
    for name in ["look-02-of-02", "modes-01-of-02", "checksum"] {
        let at = parts.join(name);
        let whole = fs::read(&at).unwrap();
        let line = whole.iter().position(|byte| *byte == b'\n').unwrap();
        for flipped in [3, line - 2, line + 5, whole.len() / 2, whole.len() - 1] {
            let mut spoilt = whole.clone();
            spoilt[flipped] ^= 4;
            fs::write(&at, spoilt).unwrap();
            let text = message();
            assert!(text.contains(name) && text.contains("remove the file"), "{flipped}: {text}");
        }
        for end in [0, line, whole.len() - 1] {
            fs::write(&at, &whole[..end]).unwrap();
            assert!(message().contains(name), "{end}: {}", message());
        }
        fs::write(&at, &whole).unwrap();
    }
    let other = folder.path().join("other");
    let wider = Settings { window: 4, ..settings };
    shared(path, &wider, &share(&other, 1, 1)).unwrap();
    let text = shared(path, &settings, &share(&other, 1, 1)).unwrap_err().to_string();
    assert!(
        text.contains("fit.json") && text.contains("`settings`") && text.contains("another fit"),
        "{text}"
    );
    for (from, to, field) in [
        (other.join("look-01-of-02"), "look-01-of-02", ", fit:"),
        (parts.join("look-01-of-02"), "look-02-of-02", ", part:"),
    ] {
        let kept = fs::read(parts.join(to)).unwrap();
        fs::copy(from, parts.join(to)).unwrap();
        let text = message();
        assert!(text.contains(to) && text.contains(field), "{text}");
        fs::write(parts.join(to), kept).unwrap();
    }
    let text = shared(path, &settings, &share(folder.path(), 1, 1)).unwrap_err().to_string();
    assert!(text.contains("and no `fit.json`") && text.contains("an empty folder"), "{text}");
    assert!(shared(path, &settings, &own).unwrap().is_some());
}

/// Numbers of the training file that change between two calls.
#[test]
fn other_data_under_the_same_name_are_another_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), AxisOrder::NTCHW, "periodic");
    let settings = settings(LOW_RANK, NormalizerKind::Channel);
    let own = share(&folder.path().join("parts"), 1, 1);
    shared(&path, &settings, &own).unwrap();
    let file = hdf5::File::open_rw(&path).unwrap();
    let x = file.dataset("x").unwrap();
    let values: Vec<f32> = x.read_raw::<f32>().unwrap().iter().map(|x| 1.5 * x).collect();
    x.write_raw(&values).unwrap();
    drop((x, file));
    let text = shared(&path, &settings, &own).unwrap_err().to_string();
    assert!(text.contains("`sampled`") && text.contains("another fit"), "{text}");
}

#[test]
fn what_is_not_shared_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), AxisOrder::NTCHW, "periodic");
    let own = share(&folder.path().join("parts"), 1, 1);
    let text = shared(&path, &settings(Model::Dense, NormalizerKind::Channel), &own).unwrap_err().to_string();
    assert!(text.contains("found a dense covariance, expected low_rank or stationary"), "{text}");
    assert!(!own.folder.exists());
    assert_eq!(SharedProgress::of(folder.path()).unwrap(), None);
}
