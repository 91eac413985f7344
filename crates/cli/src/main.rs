//! The `equipoise` command: reads the arguments, calls one verb, turns its outcome into an exit code.

mod benchmark;
mod blas;
mod comparison;
mod denoise;
mod destination;
mod diffusion;
#[cfg(test)]
mod documented;
mod existing;
mod failure;
mod fit;
mod fitting;
mod format;
mod inspect;
mod interrupt;
mod memory;
mod network;
mod number;
mod output;
mod priors;
mod progress;
mod provenance;
mod reconstruct;
mod sample;
mod sensitivity;
mod spectrum;
mod stability;
mod sweep;
mod table;
mod tables;
mod threads;
mod warnings;
mod windows;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Reconstructs flows from sparse noisy velocities with diffusion posteriors, and judges the result.
///
/// Exit status: 0 success, 1 bad input (one message on standard error), 2 bad usage, 130 interrupted.
#[derive(Parser)]
#[command(name = "equipoise", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Sweep(Box<sweep::Arguments>),
    Stability(Box<stability::Arguments>),
    Benchmark(Box<benchmark::Arguments>),
    Fit(fit::Arguments),
    Reconstruct(Box<reconstruct::Arguments>),
    Denoise(Box<denoise::Arguments>),
    Sensitivity(Box<sensitivity::Arguments>),
    Sample(Box<sample::Arguments>),
    Network(network::Arguments),
    Inspect(inspect::Arguments),
    Windows(Box<windows::Arguments>),
    Tables(tables::Arguments),
}

fn main() -> ExitCode {
    match blas::hold_to_one_thread().and_then(|()| run(&Arguments::parse().verb)) {
        Ok(code) => code,
        Err(error) => {
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                usage.exit();
            }
            eprintln!("error: {}", failure::message(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Sweep(arguments) => return sweep::run(arguments),
        Verb::Benchmark(arguments) => return benchmark::run(arguments),
        Verb::Reconstruct(arguments) => return reconstruct::run(arguments),
        Verb::Fit(arguments) => return fit::run(arguments),
        Verb::Network(arguments) => return network::run(arguments),
        Verb::Denoise(arguments) => return denoise::run(arguments),
        Verb::Sensitivity(arguments) => return sensitivity::run(arguments),
        Verb::Sample(arguments) => return sample::run(arguments),
        Verb::Stability(arguments) => stability::run(arguments),
        Verb::Inspect(arguments) => inspect::run(arguments),
        Verb::Windows(arguments) => windows::run(arguments),
        Verb::Tables(arguments) => tables::run(arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}
