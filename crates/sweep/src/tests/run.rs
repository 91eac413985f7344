//! Runs of a small plan with an executor that answers from the identity of a trial.

use super::output::{RESUME, content, opened};
use crate::plan::tests::standard;
use crate::{
    Boxed, Executor, Existing, JOURNAL, Observer, Output, Plan, Policy, Progress, RESULTS_CSV, RESULTS_JSONL,
    Row, Summary, TIMINGS_CSV, Torn, Trial, run,
};
use equipoise_experiment::Result;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Answers with numbers made of the trial's identity, NaN among them; the wake is a large field.
#[derive(Default)]
struct Oracle {
    executed: Mutex<Vec<Trial>>,
    under_way: Mutex<Vec<Trial>>,
    /// The most trials that were under way at one time.
    abreast: AtomicUsize,
    fails_at: Option<usize>,
    stops_at: Option<(usize, &'static AtomicBool)>,
}

impl Executor<Trial> for Oracle {
    fn execute(&self, trial: &Trial) -> Boxed<Row> {
        {
            let mut under_way = self.under_way.lock().unwrap();
            for other in under_way.iter() {
                assert!(trial.same_scene(other), "{trial} beside {other} of another scene");
                assert!(!self.parallel_inside(trial), "{trial} beside {other}");
            }
            under_way.push(trial.clone());
            self.abreast.fetch_max(under_way.len(), Ordering::Relaxed);
        }
        let count = {
            let mut executed = self.executed.lock().unwrap();
            executed.push(trial.clone());
            executed.len()
        };
        // The last trial of each scene is long enough to meet the next one, if it were not waited for.
        let pause = if trial.sub == 16 && trial.law() == "exact" { 20_000 } else { 200 };
        std::thread::sleep(Duration::from_micros(pause));
        self.under_way.lock().unwrap().retain(|other| other != trial);
        if self.fails_at.is_some_and(|at| count >= at) {
            return Err("the device is gone".into());
        }
        if let Some((at, stop)) = self.stops_at {
            stop.fetch_or(count >= at, Ordering::Relaxed);
        }
        let number = u64::from_str_radix(&trial.identity()?, 16)? as f64;
        let (rmse, state) = if number % 2.0 > 0.0 { (f64::NAN, "nan") } else { (number.sqrt(), "balanced") };
        Ok(Row { rmse, state: state.into(), seconds: count as f64, ..Row::of(trial)? })
    }

    fn parallel_inside(&self, trial: &Trial) -> bool {
        trial.source.kind == equipoise_data::Kind::IBPM
    }
}

impl Oracle {
    fn identities(&self) -> BTreeSet<String> {
        self.executed.lock().unwrap().iter().map(|t| t.identity().unwrap()).collect()
    }
}

/// An error with its causes, as the command prints it.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", told(cause)),
        None => error.to_string(),
    }
}

struct Silent;

impl Observer<Trial> for Silent {
    fn started(&self, _: &Trial, _: Progress) {}
    fn finished(&self, _: &Row, _: Progress) {}
}

/// Trials of the standard sweep at sub 4 and 16: in each protocol 20 of the wake and 40 of the turbulence.
const TRIALS: usize = 120;

fn open(folder: &Path, existing: Existing) -> Result<Output> {
    let plan = Plan { subs: vec![4, 16], ..standard() };
    opened(folder, plan, existing)
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn go(output: &Output, oracle: &Oracle) -> Result<Summary> {
    let stop = AtomicBool::new(false);
    let stop = oracle.stops_at.map_or(&stop, |(_, stop)| stop);
    on_threads(2, || run(output, oracle, &Silent, stop, Policy::default()))
}

/// The rows of a table.
fn table(folder: &Path, name: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(folder.join(name)).unwrap().records().map(|record| record.unwrap()).collect()
}

/// The results, which are in all forms the same from run to run, to the byte.
fn results(folder: &Path) -> [String; 2] {
    [RESULTS_CSV, RESULTS_JSONL].map(|name| fs::read_to_string(folder.join(name)).unwrap())
}

fn uninterrupted(folder: &Path, threads: usize) -> [String; 2] {
    let output = open(folder, Existing::Refuse).unwrap();
    let stop = AtomicBool::new(false);
    let oracle = Oracle::default();
    let summary = on_threads(threads, || run(&output, &oracle, &Silent, &stop, Policy::default())).unwrap();
    let abreast = oracle.abreast.into_inner();
    assert!((threads.min(2)..=threads).contains(&abreast), "{abreast} trials at a time on {threads} threads");
    assert_eq!(summary, Summary { finished: TRIALS, skipped: 0, interrupted: false });
    results(folder)
}

#[test]
fn the_table_is_in_plan_order_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let one = uninterrupted(&folder.path().join("1"), 1);
    assert_eq!(one, uninterrupted(&folder.path().join("2"), 2));
    assert_eq!(one, uninterrupted(&folder.path().join("5"), 5));
    let trials = open(&folder.path().join("1"), RESUME).unwrap().trials().to_vec();
    let expected: Vec<String> = trials.iter().map(|t| t.identity().unwrap()).collect();
    for (name, place) in [(RESULTS_CSV, 41), (TIMINGS_CSV, 0)] {
        let table = table(&folder.path().join("1"), name);
        assert_eq!(table.iter().map(|record| &record[place]).collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn a_stopped_sweep_resumes_with_exactly_the_rest() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let (cut, whole) = (folder.path().join("cut"), folder.path().join("whole"));
    let first = Oracle { stops_at: Some((77, &STOP)), ..Oracle::default() };
    let output = open(&cut, Existing::Refuse).unwrap();
    let summary = go(&output, &first).unwrap();
    // Trial 77 raises the flag; one more may be under way on the other thread.
    assert!(summary.interrupted && (77..=78).contains(&summary.finished), "{summary:?}");
    assert_eq!(table(&cut, RESULTS_CSV).len(), summary.finished);
    assert_eq!(output.manifest().finished, summary.finished);
    assert!(output.manifest().ended.is_some());
    drop(output);

    let second = Oracle::default();
    let output = open(&cut, RESUME).unwrap();
    let rest = go(&output, &second).unwrap();
    let left = TRIALS - summary.finished;
    assert_eq!(rest, Summary { finished: left, skipped: summary.finished, interrupted: false });
    assert!(first.identities().is_disjoint(&second.identities()));
    assert_eq!(second.identities().len(), left);
    assert_eq!(results(&cut), uninterrupted(&whole, 1));
}

#[test]
fn a_process_that_died_in_a_line_resumes_to_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let (cut, whole) = (folder.path().join("cut"), folder.path().join("whole"));
    let expected = uninterrupted(&whole, 2);
    uninterrupted(&cut, 2);
    let journal = cut.join(JOURNAL);
    let bytes = fs::read(&journal).unwrap();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let kept: usize = lines[..61].iter().map(|line| line.len()).sum();
    fs::write(&journal, &bytes[..kept + 30]).unwrap();

    let output = open(&cut, RESUME).unwrap();
    assert_eq!(output.reopened().torn, Some(Torn { line: 62, bytes: 30 }));
    let summary = go(&output, &Oracle::default()).unwrap();
    assert_eq!(summary, Summary { finished: TRIALS - 60, skipped: 60, interrupted: false });
    assert_eq!(results(&cut), expected);
}

#[test]
fn a_raised_flag_runs_nothing_and_leaves_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let output = open(folder.path(), Existing::Refuse).unwrap();
    let (oracle, stop) = (Oracle::default(), AtomicBool::new(true));
    let summary = run(&output, &oracle, &Silent, &stop, Policy::default()).unwrap();
    assert_eq!(summary, Summary { finished: 0, skipped: 0, interrupted: true });
    assert!(oracle.identities().is_empty() && table(folder.path(), RESULTS_CSV).is_empty());
}

#[test]
fn a_fault_ends_the_sweep_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    // Trial 10 runs alone, trial 65 beside another, which fails as well.
    for at in [10, 65] {
        let out = folder.path().join(at.to_string());
        let output = open(&out, Existing::Refuse).unwrap();
        let oracle = Oracle { fails_at: Some(at), ..Oracle::default() };
        let message = told(&go(&output, &oracle).unwrap_err());
        assert!(message.starts_with("trial `") && message.ends_with("the device is gone"), "{message}");
        assert_eq!(table(&out, RESULTS_CSV).len(), at - 1);
        assert!(oracle.identities().len() <= at + 1);
        drop(output);
        let rest = go(&open(&out, RESUME).unwrap(), &Oracle::default()).unwrap();
        assert_eq!((rest.skipped, rest.skipped + rest.finished), (at - 1, TRIALS));
    }
}

/// Checks what it is told against the disk: a finished row is in the journal, and the table is
/// never older than the policy allows.
struct Inspector<'a> {
    output: &'a Output,
    started: AtomicUsize,
    finished: AtomicUsize,
}

impl Observer<Trial> for Inspector<'_> {
    fn started(&self, _: &Trial, progress: Progress) {
        assert_eq!(progress.done, self.started.fetch_add(1, Ordering::Relaxed));
    }

    fn finished(&self, row: &Row, progress: Progress) {
        let count = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        assert_eq!(progress, Progress { done: count, skipped: 0, total: TRIALS });
        let lines = fs::read_to_string(self.output.folder().join(JOURNAL)).unwrap();
        assert_eq!(lines.lines().count(), 1 + count);
        assert!(lines.lines().last().unwrap().contains(&row.identity));
        // The table follows each seventh row, after the observer has heard of it.
        if count > 7 {
            assert_eq!(table(self.output.folder(), RESULTS_CSV).len(), (count - 1) / 7 * 7);
        }
    }
}

#[test]
fn the_observer_hears_of_rows_that_are_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let output = open(folder.path(), Existing::Refuse).unwrap();
    let inspector =
        Inspector { output: &output, started: AtomicUsize::new(0), finished: AtomicUsize::new(0) };
    let (oracle, stop) = (Oracle::default(), AtomicBool::new(false));
    let policy = Policy { rows: 7, interval: Duration::MAX, share: f64::MAX };
    on_threads(1, || run(&output, &oracle, &inspector, &stop, policy)).unwrap();
    assert_eq!(inspector.finished.into_inner(), TRIALS);
    assert!(content(folder.path()).keys().all(|path| path.extension().unwrap() != "partial"));
}
