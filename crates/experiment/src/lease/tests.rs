//! Who gets a folder, and who loses it.

use super::*;
use serde_json::{Value, json};
use std::fs::File;
use std::sync::atomic::AtomicUsize;

/// Leaves the lease of another process, which gave its last sign so long ago.
fn left(folder: &Path, number: u64, change: &[(&str, Value)], silence: Duration) {
    let process = serde_json::to_value(Process::here()).unwrap();
    let mut text = process.as_object().unwrap().clone();
    text.insert("since".into(), "2000-01-01T00:00:00Z".into());
    text.extend(change.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    // There at once as a whole, in the place of whatever had the name.
    let beside = folder.join(format!(".left.{number}"));
    fs::write(&beside, serde_json::to_vec(&text).unwrap()).unwrap();
    let file = File::options().write(true).open(&beside).unwrap();
    file.set_modified(SystemTime::now() - silence).unwrap();
    fs::rename(&beside, folder.join(format!("lease.{number}"))).unwrap();
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn told(folder: &Path, error: &Error) -> String {
    error.to_string().replace(folder.to_str().unwrap(), "out")
}

#[test]
fn a_folder_is_had_by_one_and_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = Lease::take(folder).unwrap();
    assert_eq!(count(folder), 1, "nothing beside it");
    let refused = Lease::take(folder).unwrap_err();
    assert!(matches!(refused, Error::Leased { .. }), "{refused}");
    let holders = || holders(folder).unwrap();
    assert_eq!((holders().len(), &holders()[0].process), (1, &Process::here()));
    assert_eq!((holders()[0].standing(), holders()[0].word()), (Standing::Runs, None));
    first.check().unwrap();
    drop(first);
    assert_eq!((count(folder), holders().len()), (0, 0));
    assert!(Lease::take(folder).unwrap().ended().is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_that_died_is_followed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    left(folder.path(), 7, &[("started", json!(1))], Duration::ZERO);
    let lease = Lease::take(folder.path()).unwrap();
    assert_eq!((lease.ended().len(), count(folder.path())), (1, 1));
    assert_eq!(lease.held.number, 8, "no number is given again while it stands");
}

/// It was killed between writing its lease and giving it a name.
#[test]
#[cfg(target_os = "linux")]
fn a_lease_that_never_had_a_number_goes_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let unnamed = |number, change: &[_], token: &str| {
        left(folder.path(), number, change, Duration::ZERO);
        let path = folder.path().join(format!("lease.{token}.partial"));
        fs::rename(folder.path().join(format!("lease.{number}")), &path).unwrap();
        path
    };
    let died = unnamed(7, &[("started", json!(1))], "died");
    let runs = unnamed(8, &[], "runs");
    let lease = Lease::take(folder.path()).unwrap();
    assert_eq!((died.exists(), runs.exists(), lease.ended().len()), (false, true, 0));
}

/// It cannot be seen, so that its silence has to tell.
#[test]
fn a_process_of_another_machine_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let elsewhere = [("host", json!("n12")), ("pid", json!(34))];
    left(folder, 1, &elsewhere, Duration::from_secs(60));
    let refused = told(folder, &Lease::take(folder).unwrap_err());
    // To the clock of the file system, which is coarse.
    let refused = ["59 s", "61 s"].iter().fold(refused, |text, near| text.replace(near, "60 s"));
    insta::assert_snapshot!(refused, @"out/lease.1: found process 34 on n12 since 2000-01-01T00:00:00Z, last sign of life 60 s ago, expected none; wait for its end or write to another folder; where it has surely ended, remove this file");
    assert_eq!(count(folder), 1);
    left(folder, 1, &elsewhere, Duration::from_secs(130));
    let lease = Lease::take(folder).unwrap();
    let before = lease.ended()[0].to_string();
    assert!(
        before.starts_with("process 34 on n12 since 2000-01-01T00:00:00Z, last sign of life 1"),
        "{before}"
    );
}

#[test]
fn a_lease_that_cannot_be_read_ends_with_its_silence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lease.1");
    fs::write(&path, "{\"host\":").unwrap();
    assert!(matches!(Lease::take(folder.path()), Err(Error::Leased { .. })));
    let past = SystemTime::now() - Duration::from_secs(1000);
    File::options().write(true).open(&path).unwrap().set_modified(past).unwrap();
    Lease::take(folder.path()).unwrap();
}

/// Whoever was silent for too long finds the folder taken, and leaves the other's lease alone.
#[test]
fn a_lease_that_another_took_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for taken in [true, false] {
        let lease = Lease::take(folder).unwrap();
        if taken {
            left(folder, lease.held.number + 1, &[], Duration::ZERO);
        } else {
            fs::remove_file(&lease.held.path).unwrap();
        }
        lease.check().unwrap();
        lease.held.sign.store(0, Ordering::Relaxed);
        let lost = lease.check().unwrap_err();
        assert!(matches!(lost, Error::LeaseLost { .. }), "{lost}");
        drop(lease);
        assert_eq!(count(folder), usize::from(taken));
        fs::remove_dir_all(folder).and_then(|()| fs::create_dir(folder)).unwrap();
    }
}

#[test]
fn a_sign_of_life_changes_the_time_of_the_file_and_a_word_its_second_line() {
    let folder = tempfile::tempdir().unwrap();
    let lease = Lease::take(folder.path()).unwrap();
    let path = &lease.held.path;
    let bytes = fs::read(path).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(UNIX_EPOCH).unwrap();
    lease.held.renew();
    assert!(fs::metadata(path).unwrap().modified().unwrap() > UNIX_EPOCH + SILENCE);
    assert_eq!(fs::read(path).unwrap(), bytes);
    let word = Word { done: 3, total: 9, units: "trials".into(), ..Word::default() };
    lease.voice().say(word.clone());
    let said = fs::read(path).unwrap();
    assert!(said.len() == bytes.len() && said.starts_with(&lease.held.head) && said != bytes);
    assert_eq!(holders(folder.path()).unwrap()[0].word(), Some(&word));
    lease.held.renew();
    assert_eq!(fs::read(path).unwrap(), said, "a sign of life says it again");
}

/// Several share a folder, each with a lease that says what it does; none of them may have it alone meanwhile.
#[test]
fn a_folder_is_shared_by_those_who_share() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let all: Vec<Lease> = std::thread::scope(|scope| {
        let begun: Vec<_> = (0..16).map(|_| scope.spawn(|| Lease::share(folder))).collect();
        begun.into_iter().map(|one| one.join().unwrap().unwrap()).collect()
    });
    assert_eq!((count(folder), holders(folder).unwrap().len()), (16, 16));
    for (done, lease) in all.iter().enumerate() {
        lease.voice().say(Word { done, ..Word::default() });
    }
    let mut done: Vec<_> = holders(folder).unwrap().iter().map(|one| one.word().unwrap().done).collect();
    done.sort_unstable();
    assert_eq!(done, (0..16).collect::<Vec<_>>());
    assert!(matches!(Lease::take(folder), Err(Error::Leased { .. })));
    all[0].held.sign.store(0, Ordering::Relaxed);
    all[0].check().unwrap();
    drop(all);
    let alone = Lease::take(folder).unwrap();
    assert!(matches!(Lease::share(folder), Err(Error::Leased { .. })));
    drop(alone);
    assert_eq!(count(folder), 0);
}

/// Two fits to one file, and one to another file beside it.
#[test]
fn a_file_is_had_by_one_and_its_folder_by_all() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let first = Lease::take_file(&at("prior.h5")).unwrap();
    let refused = told(folder.path(), &Lease::take_file(&at("prior.h5")).unwrap_err());
    assert!(refused.starts_with("out/.prior.h5.lease.1: found process "), "{refused}");
    let others = (Lease::take_file(&at("other.h5")).unwrap(), Lease::take(folder.path()).unwrap());
    drop((first, others));
    assert_eq!(count(folder.path()), 0);
}

/// Of many that try again and again, over the leases of dead ones, never two have it.
#[test]
#[cfg(target_os = "linux")]
fn never_two_have_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (having, had) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..40 {
                    let Ok(lease) = Lease::take(folder) else { continue };
                    assert_eq!(having.fetch_add(1, Ordering::SeqCst), 0);
                    had.fetch_add(1, Ordering::Relaxed);
                    std::thread::yield_now();
                    having.fetch_sub(1, Ordering::SeqCst);
                    if lease.held.number % 3 > 0 {
                        // As a process that dies leaves it.
                        left(folder, lease.held.number, &[("started", json!(1))], Duration::ZERO);
                    }
                }
            });
        }
    });
    assert!(
        had.into_inner() > 0 && holders(folder).unwrap().iter().all(|one| one.standing() == Standing::Gone)
    );
}
