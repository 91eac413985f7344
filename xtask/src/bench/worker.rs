//! A process that times the case it is told: ours or a peer's.

use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Who times, and on how many threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    /// `equipoise`, or the peer's library.
    pub(crate) name: String,
    /// Threads of the parallel loops.
    pub(crate) threads: usize,
    /// Threads of BLAS.
    pub(crate) blas: usize,
}

impl Party {
    /// The variables that fix the threads of either kind of process.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("RAYON_NUM_THREADS", self.threads.to_string()),
            ("OMP_NUM_THREADS", self.blas.to_string()),
            ("MKL_NUM_THREADS", self.threads.to_string()),
            ("OPENBLAS_NUM_THREADS", self.blas.to_string()),
        ]
    }
}

/// A case as its process describes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    /// Its name, the same for ours and peers.
    pub(crate) id: String,
    /// What it does, in words.
    pub(crate) what: String,
    /// Bytes that must move, 0 where no traffic is unavoidable.
    pub(crate) bytes: f64,
    /// Bytes of its arrays.
    pub(crate) arrays: f64,
    /// Floating-point operations, where they decide.
    pub(crate) operations: Option<f64>,
    /// What a reader must know of its time.
    pub(crate) note: Option<String>,
}

/// What one call took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Call {
    /// Seconds by the clock.
    pub(crate) seconds: f64,
    /// Seconds of all processors, where the process tells.
    pub(crate) cpu: Option<f64>,
}

/// Something that times cases; tests put a scripted one in its place.
pub(crate) trait Timer {
    /// Who times.
    fn party(&self) -> &Party;
    /// The cases it knows.
    fn list(&mut self) -> anyhow::Result<Vec<Case>>;
    /// What one call took.
    fn time(&mut self, id: &str) -> anyhow::Result<Call>;
    /// Bytes of memory that its process took at most.
    fn peak(&mut self) -> Option<u64>;
}

/// A running process.
pub(crate) struct Worker {
    party: Party,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts `command`, which answers commands line by line, under the threads of `party`.
    pub(crate) fn start(mut command: Command, party: Party) -> anyhow::Result<Self> {
        command.envs(party.variables()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", party.name))?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("a worker without output")?);
        Ok(Self { party, child, input, output })
    }

    /// One command and its answer.
    fn ask(&mut self, command: &str) -> anyhow::Result<Value> {
        let input = self.input.as_mut().context("the worker's input is closed")?;
        writeln!(input, "{command}")?;
        input.flush()?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("{} ended while it was asked to `{command}`", self.party.name);
        }
        let answer: Value = serde_json::from_str(&line)
            .with_context(|| format!("{}: found `{}`, expected JSON", self.party.name, line.trim()))?;
        match answer["error"].as_str() {
            Some(error) => bail!("{}: {error}", self.party.name),
            None => Ok(answer),
        }
    }
}

impl Timer for Worker {
    fn party(&self) -> &Party {
        &self.party
    }

    /// A peer names and notes its cases and leaves the rest to ours.
    fn list(&mut self) -> anyhow::Result<Vec<Case>> {
        let answer = self.ask("list")?;
        let cases = answer["cases"].as_array().context("a list without cases")?;
        let case = |case: &Value| {
            Some(Case {
                id: case["id"].as_str()?.to_owned(),
                what: case["what"].as_str().unwrap_or_default().to_owned(),
                bytes: case["bytes"].as_f64().unwrap_or(0.0),
                arrays: case["arrays"].as_f64().unwrap_or(0.0),
                operations: case["operations"].as_f64(),
                note: case["note"].as_str().map(str::to_owned),
            })
        };
        cases.iter().map(|c| case(c).context("a case without a name")).collect()
    }

    fn time(&mut self, id: &str) -> anyhow::Result<Call> {
        let answer = self.ask(&format!("time {id}"))?;
        let seconds = answer["seconds"].as_f64().context("a time without seconds")?;
        Ok(Call { seconds, cpu: answer["cpu"].as_f64() })
    }

    fn peak(&mut self) -> Option<u64> {
        self.ask("peak").ok()?["peak"].as_u64()
    }
}

impl Drop for Worker {
    /// Closes the input, which ends the process, and waits for it.
    fn drop(&mut self) {
        self.input.take();
        // Nothing is left to do for a process that cannot be waited for.
        let _ = self.child.wait();
    }
}
