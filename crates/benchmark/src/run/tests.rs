//! Whole benchmarks on the small scene.

use super::*;
use crate::Score;
use crate::tests::{plan, scene};
use crate::{leaderboard, records};
use equipoise_experiment::{Build, Existing, Progress, Provenance, Record as _, Resume};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

const METHODS: [&str; 5] = ["sum", "exact", "mmps", "dps", "red_diff"];

/// Raises the flag once so many jobs are done.
struct StopAfter<'a> {
    jobs: usize,
    done: AtomicUsize,
    stop: &'a AtomicBool,
}

impl Observer<Job> for StopAfter<'_> {
    fn started(&self, _: &Job, _: Progress) {}

    fn finished(&self, _: &Record, _: Progress) {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        self.stop.store(done >= self.jobs, Ordering::Relaxed);
    }
}

fn open(folder: &Path, existing: Existing) -> Results {
    let plan = plan(&METHODS, 4);
    let jobs = plan.jobs().unwrap();
    let provenance = Provenance {
        build: Build {
            version: "0".into(),
            revision: None,
            sources: Some("0".into()),
            blas_core: None,
            vectors: String::new(),
            backend: "cpu".into(),
        },
        arguments: vec![],
        data: BTreeMap::new(),
        threads: 1,
        blas_threads: None,
        shard: None,
    };
    Results::open(folder, (plan, jobs), provenance, existing).unwrap()
}

fn run_for(results: &Results, jobs: usize) -> Summary {
    let stop = AtomicBool::new(false);
    let observer = StopAfter { jobs, done: AtomicUsize::new(0), stop: &stop };
    run(results, &[scene()], &observer, &stop).unwrap()
}

/// Everything but the seconds, to the last bit: `Debug` prints floats so that they read back.
fn content(results: &Results) -> Vec<String> {
    let (scores, tunings) = records(results).unwrap();
    let scores = scores.into_iter().map(|score| format!("{:?}", Score { seconds: 0.0, ..score }));
    let tunings = tunings.into_iter().map(|tuned| format!("{:?}", Tuned { seconds: 0.0, ..tuned }));
    scores.chain(tunings).collect()
}

#[test]
fn a_resumed_benchmark_is_the_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let whole = open(&folder.path().join("whole"), Existing::Refuse);
    let ran = run_for(&whole, usize::MAX);
    // Published and tuned on two seeds and a tuning for four methods, published alone for `exact`.
    assert_eq!(ran, Summary { finished: 4 * 5 + 2, skipped: 0, interrupted: false });
    let expected = content(&whole);
    for jobs in [1, 3, 8] {
        let path = folder.path().join(jobs.to_string());
        assert!(run_for(&open(&path, Existing::Refuse), jobs).interrupted);
        let resumed = open(&path, Existing::Resume(Resume::default()));
        assert_eq!(
            run_for(&resumed, usize::MAX),
            Summary { finished: 22 - jobs, skipped: jobs, interrupted: false }
        );
        assert_eq!(content(&resumed), expected, "{jobs}");
        for table in [LEADERBOARD_CSV, SCORES_CSV, TUNING_CSV] {
            assert!(path.join(table).is_file(), "{table}");
        }
    }
}

/// A record that is entered once more says who drew it, whoever enters it.
#[test]
fn a_record_keeps_the_build_that_drew_it() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(folder.path(), Existing::Refuse);
    run_for(&results, usize::MAX);
    let drawn = results.rows().unwrap().remove(0);
    let built = |record: Record| match record {
        Record::Score(score) => score.build,
        Record::Tuned(tuned) => tuned.build,
    };
    assert_eq!(built(drawn.clone().by(3)), 0);
    let Record::Score(score) = drawn else { panic!("the first job scores") };
    let fresh = Score { build: crate::record::NEW, ..*score };
    assert_eq!(built(Record::Score(Box::new(fresh)).by(3)), 3);
}

#[test]
fn threads_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let on = |threads: usize| {
        let results = open(&folder.path().join(threads.to_string()), Existing::Refuse);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run_for(&results, usize::MAX));
        content(&results)
    };
    assert_eq!(on(1), on(3));
}

/// Calls are counted over the whole grid and all members; the value chosen is that of least score; a
/// published value that wins is not drawn again.
#[test]
fn tuning_counts_its_calls_and_its_value_enters() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(folder.path(), Existing::Refuse);
    run_for(&results, usize::MAX);
    let (scores, tunings) = records(&results).unwrap();
    assert_eq!(tunings.len(), 4);
    for tuned in &tunings {
        let calls = tuned.grid.len() * tuned.members * tuned.steps;
        assert_eq!(tuned.judged_by, if tuned.method.to_string() == "red_diff" { "mae" } else { "crps" });
        assert_eq!(tuned.denoiser_calls, calls, "{}: one call a step", tuned.identity);
        let least = tuned.scores.iter().flatten().copied().reduce(f64::min).unwrap();
        let place = tuned.grid.iter().position(|v| v.to_bits() == tuned.chosen.to_bits()).unwrap();
        assert_eq!(tuned.scores[place].map(f64::to_bits), Some(least.to_bits()), "{}", tuned.identity);
        let of = |choice| {
            let same = |s: &&Score| s.approach() == tuned.approach() && s.choice == choice && s.seed == 1;
            scores.iter().find(same).unwrap()
        };
        let (published, entered) = (of(Choice::Published), of(Choice::Tuned));
        assert_eq!((published.value, entered.value), (Some(tuned.published), Some(tuned.chosen)));
        if tuned.chosen.to_bits() == tuned.published.to_bits() {
            let seconds = (published.seconds.to_bits(), entered.seconds.to_bits());
            assert_eq!((published.rmse.to_bits(), seconds.0), (entered.rmse.to_bits(), seconds.1));
        }
    }
}

#[test]
fn the_leaderboard_ranks_by_score_and_point_estimates_apart() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(folder.path(), Existing::Refuse);
    run_for(&results, usize::MAX);
    let board = leaderboard(&results).unwrap();
    assert_eq!(board.len(), 4 * 2 + 1);
    for kind in board.chunk_by(|a, b| a.point_estimate == b.point_estimate) {
        assert_eq!((kind.len(), kind[0].rank), if kind[0].point_estimate { (2, 1) } else { (7, 1) });
        assert!(kind.is_sorted_by(|a, b| a.score().mean <= b.score().mean && a.rank <= b.rank));
    }
    for standing in &board {
        let point = standing.approach.method() == "red_diff";
        let known = |metric| standing.measured.get(metric).is_some();
        assert_eq!((standing.point_estimate, !known("spread_ratio")), (point, point));
        assert_eq!((known("mae"), !known("crps")), (point, point));
        assert!(standing.measure() == "crps_ratio" && standing.exact_error.is_some());
        let finite = standing.exploded_seeds() == 0;
        assert_eq!(
            (standing.measured.get("excess").unwrap().half_width.is_some(), standing.seeds),
            (finite, 2)
        );
        assert_eq!(standing.tuning_calls > 0, standing.choice == Choice::Tuned);
    }
}

#[test]
fn faults_of_the_plan_are_named() {
    let message = |change: fn(&mut Plan)| {
        let mut plan = plan(&METHODS, 4);
        change(&mut plan);
        plan.jobs().unwrap_err().to_string()
    };
    let messages = [
        message(|p| p.datasets[0].cases[0].sub = 0),
        message(|p| p.datasets[0].cases[0].noise = 0.0),
        message(|p| p.datasets[0].seeds = vec![1, 1]),
        message(|p| p.members = 1),
        message(|p| p.approaches.clear()),
        message(|p| p.approaches[0] = "dual".parse().unwrap()),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r"
    plan, sub: found 0, expected a stride of at least 1
    plan, noise: found 0, expected a number above 0
    plan: small, sub 2, noise 0.1, 4 steps, sda sum, published, seed 1 occurs twice; a list of the plan repeats an entry
    plan, members: found 1, expected at least 2 members
    plan, methods: found an empty list, expected at least one entry
    plan, method: found sda dual, expected sda with sum, matched or active
    ");
}

/// A job is named by its own words.
#[test]
fn a_job_that_fails_is_told_as_a_job() {
    let job = plan(&METHODS, 4).jobs().unwrap().remove(0);
    assert_eq!(job.told(), job.to_string());
}
