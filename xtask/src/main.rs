//! `cargo xtask`: set-up, checks and the main job. Reads the verb and hands over to its file.

mod bench;
mod cuda;
mod data;
mod setup;
mod singly;
mod spawn;
mod steps;
mod sweep;
mod test;
mod tidy;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask VERB [ARGS...]

  sweep [ARGS...]  set up, build `equipoise` in release and run `equipoise sweep ARGS...`
  test             every check: format, tidy, data, imported singly, lints, tests, docs
  bench [FLAGS]    timings beside the memory's speed: --out DIR, --force, --peers (installs and times
                   PyTorch, JAX, NumPy), --against REV (times another revision in turn with this tree),
                   --only likelihood,step,reduced,fit,denoiser,verbs,build, --quick
  tidy             the arrows between crates and the habits of files
  data             the embedded samples against data/SHA256SUMS
  cuda             every check of the CUDA kernels; needs no GPU, installs their toolchain in target/cuda
  cuda --emit      the PTX embedded in both crates of kernels, compiled anew
  cuda --time      bandwidth of the CUDA kernels; needs a GPU
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
    match run(&verb.to_string_lossy(), args.collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

fn run(verb: &str, args: Vec<OsString>) -> anyhow::Result<ExitCode> {
    if verb == "sweep" {
        return sweep::run(&args);
    }
    if verb == "spawn" {
        return spawn::run(&args).map(|()| ExitCode::SUCCESS);
    }
    if verb == "bench" {
        return match bench::Options::parse(&args) {
            Ok(options) => bench::run(&options).map(|()| ExitCode::SUCCESS),
            Err(reason) => Ok(refuse(&reason)),
        };
    }
    if verb == "cuda" {
        return match cuda::Task::parse(&args) {
            Ok(task) => cuda::run(task).map(|()| ExitCode::SUCCESS),
            Err(extra) => {
                Ok(refuse(&format!("`cuda` does not know the argument `{}`", extra.to_string_lossy())))
            }
        };
    }
    let plain: fn() -> anyhow::Result<()> = match verb {
        "test" => test::run,
        "tidy" => tidy::run,
        "data" => data::run,
        "setup" => setup::run,
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        _ => return Ok(refuse(&format!("unknown verb `{verb}`"))),
    };
    if let Some(extra) = args.first() {
        return Ok(refuse(&format!("`{verb}` takes no arguments, found `{}`", extra.to_string_lossy())));
    }
    plain().map(|()| ExitCode::SUCCESS)
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("error: {reason}\n\n{USAGE}");
    ExitCode::from(EXIT_USAGE)
}
