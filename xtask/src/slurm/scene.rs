//! What happens to the tasks of one array, and what must be in its folder afterwards.

use super::cluster::{Cluster, MAX_ARRAY_SIZE, kill};
use crate::{call, workspace};
use anyhow::{Context, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A sweep of five seconds, in trials of a quarter of one: time enough to do something to a task in the middle of it.
const SWEEP: &str = "sweep --data data/kolmogorov/test.h5 --train data/kolmogorov/test.h5 --window 1 --sub 8,16 \
                     --law sum,matched --method sda,exact --steps 256 --seeds 0,1,2";

/// The tables that must be those of a single run, byte for byte.
const TABLES: [&str; 2] = ["results.csv", "results.jsonl"];

/// How long a job may take that others keep waiting, on a machine that has much else to do: alone it takes a tenth.
const LONG: Duration = Duration::from_secs(300);

/// The tables of a single run of the sweep.
pub(super) fn reference(program: &Path, out: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut command = Command::new(program);
    command.args(SWEEP.split_whitespace()).arg("--out").arg(out).stdout(Stdio::null()).arg("-q");
    command.current_dir(workspace::root());
    call::finish(&mut command)?;
    tables(out)
}

fn tables(out: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let read = |name: &str| fs::read(out.join(name)).with_context(|| out.join(name).display().to_string());
    TABLES.iter().map(|name| read(name)).collect()
}

/// One folder of results, and the Slurm that fills it.
pub(super) struct Scene<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) program: &'a Path,
    pub(super) out: PathBuf,
    pub(super) expected: &'a [Vec<u8>],
}

/// The jobs that a submission made: arrays, and the job that merges.
struct Jobs {
    arrays: Vec<String>,
    merge: String,
}

impl Scene<'_> {
    /// More shards than an array may have, some at a time; one task is told that its limit is near, one is put back by
    /// hand, both in the middle of their trials.
    pub(super) fn put_back(&self) -> anyhow::Result<()> {
        let shards = MAX_ARRAY_SIZE;
        let jobs = self.submit(shards, &["--at-once", "2"])?;
        ensure!(jobs.arrays.len() == 2, "found {} arrays, expected 2", jobs.arrays.len());
        let array = &jobs.arrays[0];
        self.row(1, shards)?;
        self.cluster.ask(&["scancel", "--batch", "--signal=TERM", &format!("{array}_1")])?;
        self.row(2, shards)?;
        self.cluster.ask(&["scontrol", "requeue", &format!("{array}_2")])?;
        self.ends(&jobs, "COMPLETED")?;
        for task in [1, 2] {
            let log = fs::read_to_string(self.out.join(format!("slurm/{array}_{task}.log")))?;
            ensure!(log.matches("trials have rows").count() >= 1, "task {task} says: {log}");
        }
        self.whole()
    }

    /// A task that fails and one that is cancelled are missing, in the merging job's words, until they are submitted
    /// again.
    pub(super) fn failed(&self) -> anyhow::Result<()> {
        let shards = 3;
        let broken = self.out.with_extension("broken");
        fs::write(&broken, "")?;
        let setup = format!("[ \"$SLURM_ARRAY_TASK_ID\" != 2 ] || [ ! -e '{}' ] || exit 7", broken.display());
        let jobs = self.submit(shards, &["--setup", &setup])?;
        self.row(3, shards)?;
        self.cluster.ask(&["scancel", &format!("{}_3", jobs.arrays[0])])?;
        self.ends(&jobs, "FAILED")?;
        let told = fs::read_to_string(self.out.join(format!("slurm/merge-{}.log", jobs.merge)))?;
        ensure!(
            told.contains("shard 2/3") && told.contains("shard 3/3") && told.contains("missing"),
            "it says: {told}"
        );
        ensure!(self.merge("--partial")?, "what is missing is no fault under --partial");
        fs::remove_file(&broken)?;
        let jobs = self.submitted()?;
        self.ends(&jobs, "COMPLETED")?;
        self.whole()
    }

    /// A task gives way to a job of another partition on its node, and comes back.
    pub(super) fn preempted(&self) -> anyhow::Result<()> {
        let jobs = self.submit(1, &["--sbatch=--partition=low"])?;
        self.row(1, 1)?;
        self.cluster.ask(&[
            "sbatch",
            "--partition=high",
            "--exclusive",
            "--output=/dev/null",
            "--wrap=sleep 1",
        ])?;
        self.ends(&jobs, "COMPLETED")?;
        let history = self.cluster.ask(&["scontrol", "show", "job", &jobs.arrays[0]])?;
        ensure!(history.contains("Restarts=1"), "found {history}, expected a task that was put back once");
        self.whole()
    }

    /// The node of a task is lost while the task lives on, so that Slurm runs it twice at once; then it returns.
    pub(super) fn lost(&self) -> anyhow::Result<()> {
        let jobs = self.submit(1, &["--sbatch=--partition=losing"])?;
        self.row(1, 1)?;
        let node = self.cluster.ask(&["squeue", "-h", "-j", &jobs.arrays[0], "-o", "%N"])?;
        let process = self.process(&node)?;
        self.cluster.kill_node(&node)?;
        // Its process is held up meanwhile, so that it is surely there when the second begins.
        kill("-STOP", &process)?;
        self.rows(1, 1, 2)?;
        kill("-CONT", &process)?;
        self.ends(&jobs, "COMPLETED")?;
        self.cluster.start_node(&node)?;
        self.cluster.wait("the first attempt ends", LONG, || {
            Ok((!Path::new("/proc").join(&process).exists()).then_some(()))
        })?;
        ensure!(self.merge("--quiet")?, "both attempts have all rows, and merge");
        self.whole()
    }

    fn submit(&self, shards: usize, flags: &[&str]) -> anyhow::Result<Jobs> {
        let mut command = Command::new(self.program);
        command.args(["slurm", "--shards", &shards.to_string(), "-q"]).args(flags).arg("--");
        command.args(SWEEP.split_whitespace()).arg("--out").arg(&self.out).current_dir(workspace::root());
        call::output(&mut command)?;
        self.submitted()
    }

    /// As from within a task of another array, whose variables Slurm hands down.
    fn submitted(&self) -> anyhow::Result<Jobs> {
        let mut submit = self.cluster.command("bash");
        submit.arg(self.out.join("slurm/submit.sh"));
        submit.envs([
            ("SLURM_ARRAY_TASK_ID", "9"),
            ("SLURM_ARRAY_TASK_COUNT", "99"),
            ("SLURM_ARRAY_JOB_ID", "1"),
        ]);
        let told = call::output(&mut submit)?;
        let parts = told.trim().strip_prefix("shards ").and_then(|told| told.split_once(", merge "));
        let (arrays, merge) = parts.with_context(|| format!("submit.sh says: {told}"))?;
        Ok(Jobs { arrays: arrays.split(':').map(str::to_owned).collect(), merge: merge.to_owned() })
    }

    /// Waits for the first row of a shard.
    fn row(&self, shard: usize, of: usize) -> anyhow::Result<()> {
        self.rows(shard, of, 1)
    }

    /// Waits until so many attempts at a shard have a row.
    fn rows(&self, shard: usize, of: usize, attempts: usize) -> anyhow::Result<()> {
        let lines = |attempt: PathBuf| {
            let text =
                fs::read(attempt.join(format!("shard-{shard}-of-{of}/journal.log"))).unwrap_or_default();
            text.iter().filter(|&&byte| byte == b'\n').count()
        };
        self.cluster.wait(&format!("a row of shard {shard} of {of}"), LONG, || {
            let Ok(folders) = fs::read_dir(&self.out) else { return Ok(None) };
            // The first line is the head.
            let begun = folders.filter_map(Result::ok).filter(|folder| lines(folder.path()) > 1).count();
            Ok((begun >= attempts).then_some(()))
        })
    }

    /// Waits for the job that merges, which must end so.
    fn ends(&self, jobs: &Jobs, state: &str) -> anyhow::Result<()> {
        let found = self.cluster.wait("the merging job ends", LONG, || {
            let told = self.cluster.ask(&["scontrol", "show", "job", &jobs.merge])?;
            let state = told.split_whitespace().find_map(|word| word.strip_prefix("JobState="));
            Ok(state.filter(|state| !["PENDING", "RUNNING", "COMPLETING"].contains(state)).map(str::to_owned))
        })?;
        ensure!(found == state, "the merging job ended as {found}, expected {state}");
        Ok(())
    }

    /// The process of the command in this folder.
    fn process(&self, node: &str) -> anyhow::Result<String> {
        let out = self.out.to_string_lossy().into_owned();
        let ours = |process: &PathBuf| {
            let words = fs::read(process.join("cmdline")).unwrap_or_default();
            let words = String::from_utf8_lossy(&words).into_owned();
            words.starts_with(&*self.program.to_string_lossy()) && words.contains(&format!("{out}/attempt-"))
        };
        let found = fs::read_dir("/proc")?.filter_map(|entry| Some(entry.ok()?.path())).find(ours);
        let name = found
            .as_ref()
            .and_then(|process| process.file_name())
            .with_context(|| format!("no process on {node}"))?;
        Ok(name.to_string_lossy().into_owned())
    }

    /// Whether merging by hand succeeds.
    fn merge(&self, flag: &str) -> anyhow::Result<bool> {
        let mut command = Command::new(self.program);
        command.args(["merge", flag]).arg(&self.out).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.status()?.success())
    }

    /// The tables are those of a single run.
    fn whole(&self) -> anyhow::Result<()> {
        for ((name, found), expected) in TABLES.iter().zip(tables(&self.out)?).zip(self.expected) {
            ensure!(found == *expected, "{}: other bytes than a single run's", self.out.join(name).display());
        }
        Ok(())
    }
}
