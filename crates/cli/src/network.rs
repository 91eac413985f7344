//! `equipoise network`: what concerns a trained network alone.

mod check;
mod describe;

use clap::Subcommand;
use std::process::ExitCode;

/// Describe a trained network, or check that it was read right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Describe(Box<describe::Arguments>),
    Check(check::Arguments),
}

/// Runs one of them.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.verb {
        Verb::Describe(arguments) => describe::run(arguments).map(|()| ExitCode::SUCCESS),
        Verb::Check(arguments) => check::run(arguments),
    }
}
