//! Processes killed at random moments, disks that fill, folders that may not be written, files that are damaged.
#![cfg(unix)]

use crate::ran::{Ran, command, project, run};
use crate::swept::{Swept, content, sweep};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Ten trials in half a second, fit and pictures included.
const SWEEP: &str = "--data data/kolmogorov/test.h5 --train data/kolmogorov/test.h5 --window 1 --steps 4 --sub 16 \
                     --law sum,linear,matched,active --method sda,exact --seeds 0,1 --members 1 -q";

/// The words of the sweep.
fn words(further: &[&'static str]) -> Vec<&'static str> {
    SWEEP.split_whitespace().chain(further.iter().copied()).collect()
}

fn swept(further: &[&'static str], folder: &Path) -> Swept {
    sweep(&words(further), folder)
}

/// Its line.
fn line<'a>(out: &'a Path, further: &[&'static str]) -> Vec<&'a str> {
    [&["sweep", "--out", out.to_str().unwrap()], &words(further)[..]].concat()
}

/// Numbers below 1 from a seed, by SplitMix64.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Whether SIGKILL met the process, sent at a moment of its life.
fn killed(arguments: &[&str], after: Duration) -> bool {
    let mut child = command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "{arguments:?}: {status}");
    !status.success()
}

/// The whole lines of a journal: what it is, and its rows.
fn rows(out: &Path) -> String {
    let text = fs::read_to_string(out.join("journal.log")).unwrap_or_default();
    text[..text.rfind('\n').map_or(0, |end| end + 1)].to_owned()
}

/// Kills a verb with a folder of results so often, resumes it after each, and holds what it leaves in the end to what
/// it leaves undisturbed.
fn survives(arguments: &[&str], tables: &[&str], kills: usize) {
    let folder = tempfile::tempdir().unwrap();
    let [whole, out] = ["whole", "out"].map(|name| folder.path().join(name));
    let asked = |out: &Path, further: &[&str]| -> Vec<String> {
        let at = ["--out", out.to_str().unwrap()];
        [arguments, &at, further].concat().into_iter().map(str::to_owned).collect()
    };
    let words = |line: &[String]| -> Ran {
        let ran = run(&line.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran
    };
    let begun = Instant::now();
    words(&asked(&whole, &[]));
    let took = begun.elapsed();
    let text = |out: &Path| tables.iter().map(|name| fs::read_to_string(out.join(name)).unwrap()).collect();
    let expected: Vec<String> = text(&whole);
    let again = asked(&out, &["--resume"]);
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let (mut draws, mut met, mut rounds) = (Draws(7), 0, 0);
    while met < kills {
        let before = rows(&out);
        met += usize::from(killed(&again, took.mul_f64(draws.next())));
        let now = rows(&out);
        assert!(now.starts_with(&before), "a finished row is lost");
        let lines: HashSet<&str> = now.lines().collect();
        assert_eq!(lines.len(), now.lines().count(), "a row is doubled");
        if now.lines().count() == rows(&whole).lines().count() {
            // It is finished but for its tables at most.
            words(&asked(&out, &["--resume"]));
            assert_eq!(text(&out), expected);
            fs::remove_dir_all(&out).unwrap();
            rounds += 1;
        }
    }
    println!("{kills} kills over {rounds} rounds of {took:?}: {:?}", begun.elapsed());
    words(&asked(&out, &["--resume"]));
    assert_eq!(text(&out), expected);
    assert!(!content(&out).keys().any(|path| path.to_str().unwrap().contains("lease")), "a lease is left");
}

#[test]
fn a_sweep_survives_fifty_kills() {
    survives(&[&["sweep"], &words(&[])[..]].concat(), &["results.csv", "results.jsonl"], 50);
}

#[test]
fn a_benchmark_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.toml");
    let file = project().join("data/kolmogorov/test.h5");
    let text = format!(
        "members = 2\nsubset = 'kills'\napproaches = ['exact', 'mmps']\ncases = [{{ sub = 16, noise = 0.5, steps = 2 }}]\n\
         seeds = [0, 1]\n[[datasets]]\ndata = '{0}'\ntrain = '{0}'\nwindow = 1\n",
        file.display()
    );
    fs::write(&plan, text).unwrap();
    let tables = ["leaderboard.csv", "scores.csv", "tuning.csv", "results.jsonl"];
    survives(&["benchmark", "--plan", plan.to_str().unwrap()], &tables, 8);
}

/// The destination holds what stood there, or the whole prior.
#[test]
fn a_fit_that_is_killed_leaves_the_old_file_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("prior.h5");
    let fit = ["fit", "--train", "data/kolmogorov/test.h5", "--window", "1", "--force", "--out"];
    let fit = [&fit[..], &[out.to_str().unwrap()]].concat();
    let begun = Instant::now();
    assert_eq!(run(&fit).code, Some(0));
    let (took, whole) = (begun.elapsed(), fs::read(&out).unwrap());
    let mut draws = Draws(11);
    for _ in 0..10 {
        fs::write(&out, "precious").unwrap();
        killed(&fit, took.mul_f64(0.5 + 0.6 * draws.next()));
        let found = fs::read(&out).unwrap();
        assert!(found == b"precious" || found == whole, "{} bytes", found.len());
    }
}

const NET: &str = "[network]\nwindow = 1\nwidths = [4, 6]\nblocks = [0, 1]\nembedding = 4\ncontext = [\"forcing\"]\n\
                   [optimiser]\nsteps = 30\nbatch = 2\nwarm_up = 0\n[validation]\nwindows = 1\nratios = [1.0]\n\
                   every = 5\n";

/// A training that was killed ends with the bits of one that was not.
#[test]
fn a_training_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (config, whole, out) = (at("net.toml"), at("whole"), at("out"));
    fs::write(&config, NET).unwrap();
    let train = ["train", "--train", "data/kolmogorov/test.h5", "--config", &config, "--out"];
    let begun = Instant::now();
    let ran = run(&[&train[..], &[&whole]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let took = begun.elapsed();
    let line = || {
        // A start that died is begun anew.
        let begun = Path::new(&out).join("training.json").exists();
        [&train[..], &[out.as_str()], if begun { &["--resume"] } else { &[] }].concat()
    };
    let mut draws = Draws(13);
    for _ in 0..8 {
        killed(&line(), took.mul_f64(draws.next()));
    }
    let ran = run(&line());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for name in ["weights.safetensors", "validation.csv", "network.json"] {
        let of = |folder: &str| fs::read(Path::new(folder).join(name)).unwrap();
        assert_eq!(of(&out), of(&whole), "{name}");
    }
}

/// One bit, or a journal that is shorter: it is told, nothing is changed, and mending leads to the same tables.
#[test]
fn a_damaged_journal_is_told_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let whole = swept(&[], &out);
    let tables = || ["results.csv", "results.jsonl"].map(|name| whole.text(name));
    let (expected, journal) = (tables(), fs::read(out.join("journal.log")).unwrap());
    let mut draws = Draws(17);
    for case in 0..4 {
        let at = (journal.len() as f64 * draws.next()) as usize;
        let mut bytes = journal.clone();
        if case % 2 == 0 {
            bytes[at] ^= 1 << case;
        } else {
            bytes.truncate(at);
        }
        fs::write(out.join("journal.log"), &bytes).unwrap();
        if case % 2 == 0 {
            let before = content(&out);
            let ran = run(&line(&out, &["--resume"]));
            assert_eq!((ran.code, ran.stderr.matches("error: ").count()), (Some(1), 1), "{}", ran.stderr);
            let parts = ["journal.log: line ", ", byte ", "--resume=mend"];
            assert!(parts.iter().all(|part| ran.stderr.contains(part)), "{}", ran.stderr);
            assert_eq!(content(&out), before);
            let mended = swept(&["--resume=mend"], &out);
            let name = format!("journal.damaged-{}.log", 1 + case / 2);
            assert!(mended.ran.stderr.contains(&name), "{}", mended.ran.stderr);
            assert_eq!(fs::read(out.join(name)).unwrap(), bytes);
        } else {
            swept(&["--resume"], &out);
        }
        assert_eq!(tables(), expected, "case {case}, byte {at}");
    }
}

/// A file can grow to so many bytes, and every further write fails, as on a full disk.
fn confined(bytes: usize, arguments: &[&str]) -> Ran {
    let built = command(arguments);
    let mut shell = Command::new("sh");
    // A unit of 512 bytes.
    let script = format!("ulimit -f {}; trap '' XFSZ; exec \"$0\" \"$@\"", bytes / 512);
    shell.args(["-c", &script]).arg(built.get_program()).args(built.get_args()).current_dir(project());
    shell.env_remove("EQUIPOISE_RESTARTED").env("HDF5_USE_FILE_LOCKING", "FALSE");
    shell.output().unwrap().into()
}

/// One error that names a file, and the same tables once there is room.
#[test]
fn a_full_disk_stops_a_sweep_that_then_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let whole = swept(&[], &folder.path().join("whole"));
    for (case, bytes) in [1 << 9, 1 << 11, 1 << 12, 1 << 13, 1 << 14].into_iter().enumerate() {
        let out = folder.path().join(case.to_string());
        let ran = confined(bytes, &line(&out, &["--resume"]));
        assert_eq!(
            (ran.code, ran.stderr.matches("error: ").count()),
            (Some(1), 1),
            "{bytes}: {}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains(out.to_str().unwrap()) && ran.stderr.contains("too large"),
            "{}",
            ran.stderr
        );
        let kept = rows(&out);
        let resumed = swept(&["--resume"], &out);
        assert!(rows(&out).starts_with(&kept));
        for name in ["results.csv", "results.jsonl"] {
            assert_eq!(resumed.text(name), whole.text(name), "{bytes}: {name}");
        }
        assert!(!content(&out).keys().any(|path| path.to_str().unwrap().contains("partial")), "{bytes}");
    }
}

/// A command of one who may not write there; as root it would be of one who may write everywhere.
fn unprivileged(arguments: &[&str]) -> Ran {
    let id = Command::new("id").arg("-u").output().unwrap();
    let built = command(arguments);
    let mut other = match String::from_utf8(id.stdout).unwrap().trim() {
        "0" => {
            let mut other = Command::new("setpriv");
            other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(built.get_program());
            other
        }
        _ => Command::new(built.get_program()),
    };
    other.args(built.get_args()).current_dir(project()).env_remove("EQUIPOISE_RESTARTED");
    other
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .output()
        .expect("setpriv (util-linux) is needed by root")
        .into()
}

#[test]
fn a_folder_that_may_not_be_written_is_one_error_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    swept(&[], &out);
    let config = folder.path().join("net.toml");
    fs::write(&config, NET).unwrap();
    let closed = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    closed(&out, 0o555);
    closed(folder.path(), 0o555);
    let before = content(folder.path());
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (new, old, net) = (folder.path().join("new"), at("out"), at("net.toml"));
    let [prior, trained] = ["prior.h5", "net"].map(at);
    for line in [
        line(&new, &[]),
        line(Path::new(&old), &["--resume"]),
        line(Path::new(&old), &["--force"]),
        vec!["fit", "--train", "data/kolmogorov/test.h5", "--window", "1", "--out", &prior],
        vec!["train", "--train", "data/kolmogorov/test.h5", "--config", &net, "--out", &trained],
    ] {
        let Ran { code, stderr, .. } = unprivileged(&line);
        assert_eq!((code, stderr.matches("error: ").count()), (Some(1), 1), "{line:?}: {stderr}");
        let told = stderr.contains(folder.path().to_str().unwrap()) && stderr.contains("ermission denied");
        assert!(told, "{line:?}: {stderr}");
    }
    assert_eq!(content(folder.path()), before);
    closed(&out, 0o755);
    closed(folder.path(), 0o755);
}

/// The second of two processes is told who has the folder; when the first is killed, it has it.
#[test]
fn two_processes_never_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let long = "--data data/kolmogorov/test.h5 --train data/kolmogorov/test.h5 --window 1 --steps 64 --sub 16 --law sum,matched \
                --method sda,exact --members 2 -q --seeds 0,1,2,3,4,5,6,7";
    let at = ["sweep", "--resume", "--out", out.to_str().unwrap()];
    let line = [&at[..], &long.split_whitespace().collect::<Vec<_>>()].concat();
    let mut first = command(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while rows(&out).lines().count() < 2 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = run(&line);
    assert_eq!((second.code, second.stdout.as_str()), (Some(1), ""), "{}", second.stderr);
    let parts = [format!("process {} on ", first.id()), "lease.1".into(), "expected none".into()];
    assert!(parts.iter().all(|part| second.stderr.contains(part)), "{}", second.stderr);
    assert!(first.try_wait().unwrap().is_none(), "it was still running");
    first.kill().unwrap();
    first.wait().unwrap();
    let third = run(&line);
    assert_eq!(third.code, Some(0), "{}", third.stderr);
    let lines = rows(&out);
    assert_eq!(lines.lines().count(), lines.lines().collect::<HashSet<_>>().len());
}
