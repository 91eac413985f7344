//! The `equipoise` command: reads the arguments, calls one verb, turns its outcome into an exit code.

mod blas;
mod failure;
mod format;
mod inspect;
mod output;
mod table;
mod tables;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Reconstructs flows from sparse noisy velocities with diffusion posteriors, and judges the result.
///
/// Exit status: 0 success, 1 bad input (one message on standard error), 2 bad usage.
#[derive(Parser)]
#[command(name = "equipoise", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Inspect(inspect::Arguments),
    Tables(tables::Arguments),
}

fn main() -> ExitCode {
    match blas::pin_to_one_thread().and_then(|()| run(&Arguments::parse().verb)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", failure::message(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(verb: &Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Inspect(arguments) => inspect::run(arguments),
        Verb::Tables(arguments) => tables::run(arguments),
    }
}
