//! `cargo xtask`: set-up, checks and the main job. Reads the verb and hands over to its file.

mod bench;
mod call;
#[cfg(test)]
mod commands;
mod cuda;
mod data;
mod files;
mod importer;
mod networks;
mod pages;
mod peers;
mod python;
mod setup;
mod singly;
#[cfg(unix)]
mod slurm;
mod spawn;
mod steps;
mod sweep;
mod test;
mod tidy;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask VERB [ARGS...]

  sweep [ARGS...]  set up, build `equipoise` in release and run `equipoise sweep ARGS...`
  test             every check: format, tidy, data, imported singly, lints, tests, docs
  bench [FLAGS]    timings beside the memory's speed: --out DIR, --force, --peers (installs and times
                   PyTorch, JAX, NumPy), --against REV (times another revision in turn with this tree),
                   --only likelihood,step,reduced,fit,denoiser,network,judge,verbs,build, --quick
  tidy             the arrows between crates and the habits of files; --lines: how many lines of each crate
                   are code, comments and tests
  data             the embedded samples against data/SHA256SUMS
  cuda             every check of the CUDA kernels; needs no GPU, installs their toolchain in target/cuda
  cuda --emit      the PTX embedded in both crates of kernels, compiled anew
  cuda --time      bandwidth of the CUDA kernels; needs a GPU
  peers [FOLDER]   a network of SDA's kind served by PyTorch and JAX against our own; installs both
  networks [NAME]  the trained networks of data/networks, kolmogorov or ibpm, made anew: hours; goes on where it stopped
  slurm            the scripts of `equipoise slurm` on a Slurm of this machine's own, if it has one; needs root
                   and the command, built
  setup            check for system packages, and install or name what is missing
  spawn LOG PROGRAM [ARGS...]
                   one whole process: seconds, processors' time and peak memory as JSON";

const EXIT_FAILURE: u8 = 1;
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let Some(verb) = args.next() else {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    };
    let verb = match Verb::parse(&verb.to_string_lossy(), args.collect()) {
        Ok(verb) => verb,
        Err(reason) => return refuse(&reason),
    };
    match verb.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

/// A verb with its arguments.
enum Verb {
    Sweep(Vec<OsString>),
    Spawn(Vec<OsString>),
    Bench(bench::Options),
    Cuda(cuda::Task),
    Peers(PathBuf),
    Networks(Vec<networks::Network>),
    Plain(fn() -> anyhow::Result<()>),
    Help,
}

impl Verb {
    /// # Errors
    /// What is wrong with the arguments, in words.
    fn parse(verb: &str, args: Vec<OsString>) -> Result<Self, String> {
        let plain: fn() -> anyhow::Result<()> = match verb {
            "sweep" => return Ok(Self::Sweep(args)),
            "spawn" => return Ok(Self::Spawn(args)),
            "bench" => return bench::Options::parse(&args).map(Self::Bench),
            "cuda" => {
                let unknown = |extra: OsString| {
                    format!("`cuda` does not know the argument `{}`", extra.to_string_lossy())
                };
                return cuda::Task::parse(&args).map(Self::Cuda).map_err(unknown);
            }
            "peers" => return peers::network(&args).map(Self::Peers),
            "networks" => return networks::Network::parse(&args).map(Self::Networks),
            "help" | "--help" | "-h" => return Ok(Self::Help),
            "test" => test::run,
            "tidy" if args == ["--lines"] => return Ok(Self::Plain(tidy::count)),
            "tidy" => tidy::run,
            "data" => data::run,
            "setup" => setup::run,
            #[cfg(unix)]
            "slurm" => slurm::run,
            _ => return Err(format!("unknown verb `{verb}`")),
        };
        match args.first() {
            Some(extra) => Err(format!("`{verb}` takes no arguments, found `{}`", extra.to_string_lossy())),
            None => Ok(Self::Plain(plain)),
        }
    }

    fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Sweep(args) => return sweep::run(&args),
            Self::Spawn(args) => spawn::run(&args)?,
            Self::Bench(options) => bench::run(&options)?,
            Self::Cuda(task) => cuda::run(task)?,
            Self::Peers(network) => peers::run(&network)?,
            Self::Networks(networks) => networks::run(&networks)?,
            Self::Plain(run) => run()?,
            Self::Help => println!("{USAGE}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("error: {reason}\n\n{USAGE}");
    ExitCode::from(EXIT_USAGE)
}

#[cfg(test)]
mod tests {
    use super::{Verb, workspace};
    use crate::commands::{commands, pages};
    use std::path::Path;

    /// What is wrong with a command of cargo that the pages name: an xtask verb that does not parse, or a
    /// package, example or test that is not there. The arguments of `equipoise` are the business of its own tests.
    fn fault(root: &Path, words: &[String]) -> Option<String> {
        let after = |flag: &str| words.iter().skip_while(|word| *word != flag).nth(1);
        if words[..2] == ["cargo", "xtask"] {
            let (verb, args) = words[2..].split_first()?;
            return Verb::parse(verb, args.iter().map(Into::into).collect()).err();
        }
        let package = after("-p")?;
        let folder = match package.strip_prefix("equipoise-")? {
            "tests" => root.join("tests"),
            name => root.join("crates").join(name),
        };
        let part = |flag: &str, within: &str| Some(folder.join(within).join(after(flag)?));
        let target = part("--example", "examples").or_else(|| part("--test", "tests"))?;
        let there = target.is_dir() || target.with_extension("rs").is_file();
        (!there).then(|| format!("no {}", target.display()))
    }

    fn faults(root: &Path, text: &str) -> Vec<String> {
        commands(text).iter().filter_map(|command| fault(root, &command.words)).collect()
    }

    #[test]
    fn every_command_of_the_pages_is_taken() {
        let root = workspace::root();
        let pages = pages(&root).unwrap();
        for (name, text) in &pages {
            assert_eq!(faults(&root, text), Vec::<String>::new(), "{name}");
        }
        let all: String = pages.into_iter().map(|(_, text)| text).collect();
        for (right, wrong) in [
            ("cargo xtask cuda ", "cargo xtask kuda "),
            ("cargo xtask bench --quick --only verbs", "cargo xtask bench --quick --only words"),
            ("--example own_denoiser", "--example no_denoiser"),
        ] {
            assert_eq!(faults(&root, &all.replacen(right, wrong, 1)).len(), 1, "{wrong}");
        }
    }
}
