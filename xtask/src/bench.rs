//! Timings: ours beside the memory's own speed, beside another revision, and beside peers.

mod comparison;
mod judge;
mod machine;
mod options;
mod peers;
mod processes;
mod programs;
mod record;
mod revision;
mod rounds;
mod statistics;
mod table;
mod worker;

pub(crate) use options::Options;

use crate::{setup, workspace};
use anyhow::{Context, bail};
use machine::Machine;
use options::{BUILD, JUDGE, VERBS};
use processes::Side;
use programs::{Package, Programs, THROUGHPUT};
use record::{OURS, Record};
use revision::Revision;
use rounds::{Outcome, measure};
use std::fs;
use std::path::{Path, PathBuf};
use worker::{Party, Worker};

/// The names of the two files.
const FILES: [&str; 2] = ["bench.json", "bench.md"];
/// Rounds of the stream, before and after.
const STREAM_ROUNDS: usize = 5;

/// `cargo xtask bench`. Both files are written anew after every group, so that an interrupt leaves
/// what is finished.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !options.force {
        refuse_earlier(&options.out)?;
    }
    let then =
        options.against.as_deref().map(|asked| Revision::find(asked, &workspace::root())).transpose()?;
    setup::ensure_native()?;
    let needed = programs::needed(&options.only);
    let then = then.map(|then| Ok::<_, anyhow::Error>((then.build(&needed)?, then))).transpose()?;
    let programs = build(&needed)?;
    let python = options.peers.then(|| peers::ensure(&options.only)).transpose()?;
    let mut record = Record { machine: Machine::here(), ..Record::default() };
    record.about = about(options, &programs, then.as_ref().map(|(_, then)| then), python.as_deref());
    record.against = then.as_ref().map(|(_, then)| then.name.clone());
    fs::create_dir_all(&options.out).with_context(|| format!("cannot make {}", options.out.display()))?;
    let session = Session { options, programs, then, python, cores: record.machine.cores };
    record.stream[0] = session.stream(&record.machine)?;
    for group in &options.only {
        record.groups.push(session.group(group)?);
        write(&options.out, &record)?;
    }
    record.stream[1] = session.stream(&record.machine)?;
    record.complete = true;
    write(&options.out, &record)?;
    println!("{}", markdown(&record));
    Ok(())
}

/// This tree's programs; the measuring end always, for the stream.
fn build(needed: &[&'static Package]) -> anyhow::Result<Programs> {
    let mut packages = needed.to_vec();
    if !packages.iter().any(|package| package.name == THROUGHPUT.name) {
        packages.push(&THROUGHPUT);
    }
    let mut cargo = workspace::cargo();
    cargo.current_dir(workspace::root());
    Programs::build(cargo, &packages)
}

fn refuse_earlier(out: &Path) -> anyhow::Result<()> {
    match FILES.iter().map(|name| out.join(name)).find(|path| path.exists()) {
        Some(path) => bail!("{} exists; name another folder with --out, or --force", path.display()),
        None => Ok(()),
    }
}

fn write(out: &Path, record: &Record) -> anyhow::Result<()> {
    let mut json = record.json();
    if let Some(then) = &record.against {
        json["against"] = comparison::json(record, then);
    }
    let json = serde_json::to_string_pretty(&json)? + "\n";
    for (name, text) in FILES.iter().zip([json, markdown(record)]) {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// What people read: the tables, then those against another revision.
fn markdown(record: &Record) -> String {
    let against = record.against.as_ref().map(|then| comparison::markdown(record, then));
    table::markdown(record) + &against.unwrap_or_default()
}

fn about(
    options: &Options,
    programs: &Programs,
    then: Option<&Revision>,
    python: Option<&Path>,
) -> Vec<(String, serde_json::Value)> {
    let mut about = vec![
        ("version".to_owned(), env!("CARGO_PKG_VERSION").into()),
        ("rounds".to_owned(), options.rounds().into()),
        ("quick".to_owned(), options.quick.into()),
    ];
    let known = [
        ("compiler", programs::compiler()),
        ("revision", programs::revision()),
        ("against_hash", then.map(|then| then.hash.clone())),
        ("caution", then.and_then(|then| then.caution(&workspace::root()))),
        ("openblas_core", programs.blas_core()),
        ("peers", python.and_then(|python| peers::versions(python, &options.only))),
    ];
    about.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    about
}

/// What every group needs.
struct Session<'a> {
    options: &'a Options,
    programs: Programs,
    then: Option<(Programs, Revision)>,
    python: Option<PathBuf>,
    cores: usize,
}

impl Session<'_> {
    /// 1 and all.
    fn threads(&self) -> Vec<usize> {
        if self.cores > 1 { vec![1, self.cores] } else { vec![1] }
    }

    fn ours(&self, threads: usize, blas: usize) -> Party {
        Party { name: OURS.to_owned(), threads, blas }
    }

    fn stream(&self, machine: &Machine) -> anyhow::Result<Outcome> {
        let arrays = machine.stream_array().to_string();
        let start = |threads: usize| {
            let mut command = self.programs.throughput("stream")?;
            command.args(["--arrays", &arrays]);
            Worker::start(command, self.ours(threads, 1))
        };
        let mut workers: Vec<Worker> =
            self.threads().into_iter().map(start).collect::<anyhow::Result<_>>()?;
        eprintln!("stream");
        measure("stream", &mut workers, STREAM_ROUNDS, |_| {})
    }

    /// This tree, and the other revision where there is one, on `threads`.
    fn sides(&self, party: Party) -> Vec<Side<'_>> {
        let then = self.then.as_ref().map(|(programs, then)| {
            let party = Party { name: then.name.clone(), ..party.clone() };
            Side { party, root: then.root(), programs }
        });
        let now = Side { party, root: workspace::root(), programs: &self.programs };
        [Some(now), then].into_iter().flatten().collect()
    }

    fn group(&self, group: &str) -> anyhow::Result<Outcome> {
        let sides = || self.sides(self.ours(self.cores, 1));
        match group {
            VERBS => return Ok(processes::measure_verbs(&sides(), self.options)),
            BUILD => return processes::measure_builds(&sides(), self.options),
            JUDGE => {
                let sides = self.threads().into_iter().flat_map(|k| self.sides(self.ours(k, 1))).collect();
                return judge::measure(&self.programs, sides, self.python.as_deref(), self.options);
            }
            _ => {}
        }
        let rounds = self.options.rounds();
        let say = |round: usize| eprintln!("{group}: round {} of {rounds}", round + 1);
        measure(group, &mut self.workers(group)?, rounds, say)
    }

    /// Ours on 1 and all threads, each followed by the other revision, in the fit also with threads in BLAS;
    /// then the peers.
    fn workers(&self, group: &str) -> anyhow::Result<Vec<Worker>> {
        let mut parties: Vec<Party> = self.threads().into_iter().map(|k| self.ours(k, 1)).collect();
        if group == "fit" && self.cores > 1 {
            parties.extend([self.ours(1, self.cores), self.ours(self.cores, self.cores)]);
        }
        let start = |Side { party, programs, .. }: Side<'_>| {
            let mut command = programs.throughput(group)?;
            command.args(self.options.quick.then_some("--quick"));
            Worker::start(command, party)
        };
        let sides = parties.into_iter().flat_map(|party| self.sides(party));
        let mut workers: Vec<Worker> = sides.map(start).collect::<anyhow::Result<_>>()?;
        if let Some(python) = &self.python {
            for (library, threads) in
                peers::libraries(group).iter().flat_map(|l| self.threads().into_iter().map(move |k| (l, k)))
            {
                workers.push(peers::start(python, group, library, threads)?);
            }
        }
        Ok(workers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_results_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refuse_earlier(folder.path()).is_ok());
        write(folder.path(), &record::tests::canned()).unwrap();
        let error = refuse_earlier(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("bench.json exists; name another folder with --out, or --force"), "{error}");
        let json: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.path().join(FILES[0])).unwrap()).unwrap();
        assert_eq!(json, record::tests::canned().json());
    }
}
