//! The `equipoise` command: reads the arguments, calls one verb, turns its outcome into an exit code.

#[macro_use]
mod messages;

mod also;
mod apart;
mod benchmark;
mod blas;
mod comparison;
mod completions;
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
mod held;
mod help;
mod inspect;
mod interrupt;
mod judge;
mod loading;
mod man;
mod memory;
mod merge;
mod network;
mod number;
mod output;
mod planned;
mod priors;
mod progress;
mod provenance;
mod reconstruct;
mod renamed;
mod running;
mod sample;
mod sensitivity;
mod slurm;
mod spectrum;
mod stability;
mod status;
mod sweep;
mod threads;
mod traced;
mod train;
mod windows;

use clap::{FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;
use std::time::Instant;

/// Reconstruct flows from sparse noisy velocities with diffusion posteriors, and judge the result.
#[derive(Parser)]
#[command(name = "equipoise", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    volume: messages::Volume,
}

#[derive(Subcommand)]
enum Verb {
    Sweep(Box<sweep::Arguments>),
    Stability(Box<stability::Arguments>),
    Benchmark(Box<benchmark::Arguments>),
    Fit(fit::Arguments),
    Train(train::Arguments),
    Merge(merge::Arguments),
    Slurm(slurm::Arguments),
    Reconstruct(Box<reconstruct::Arguments>),
    Judge(Box<judge::Arguments>),
    Denoise(Box<denoise::Arguments>),
    Sensitivity(Box<sensitivity::Arguments>),
    Sample(Box<sample::Arguments>),
    Network(network::Arguments),
    Inspect(inspect::Arguments),
    Windows(Box<windows::Arguments>),
    Status(status::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

fn main() -> ExitCode {
    let ended =
        if apart::is_asked() { apart::answer() } else { blas::hold_to_one_thread().and_then(|()| call()) };
    match ended {
        Ok(code) => code,
        Err(error) => {
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                usage.exit();
            }
            caution!("error: {}", failure::message(&error));
            ExitCode::FAILURE
        }
    }
}

/// Reads the arguments and calls their verb.
fn call() -> anyhow::Result<ExitCode> {
    let clock = Instant::now();
    let (words, notes) = renamed::current(std::env::args_os());
    let asked = help::command().get_matches_from(words);
    let arguments = Arguments::from_arg_matches(&asked)?;
    arguments.volume.set();
    traced::listen();
    let span = tracing::info_span!("verb", name = asked.subcommand_name().unwrap_or_default());
    let _within = span.entered();
    notes.iter().for_each(|text| note!("{text}"));
    let revision = option_env!("EQUIPOISE_REVISION").unwrap_or("unknown");
    detail!("equipoise {}, revision {revision}, BLAS {}", env!("CARGO_PKG_VERSION"), equipoise_blas::core());
    let ended = run(&arguments.verb);
    detail!("{:.2} s", clock.elapsed().as_secs_f64());
    ended
}

fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    if let Verb::Inspect(_) | Verb::Fit(_) | Verb::Judge(_) = verb {
        apart::guard()?;
    }
    match verb {
        Verb::Sweep(arguments) => return sweep::run(arguments),
        Verb::Benchmark(arguments) => return benchmark::run(arguments),
        Verb::Merge(arguments) => return merge::run(arguments),
        Verb::Reconstruct(arguments) => return reconstruct::run(arguments),
        Verb::Judge(arguments) => return judge::run(arguments),
        Verb::Fit(arguments) => return fit::run(arguments),
        Verb::Train(arguments) => return train::run(arguments),
        Verb::Network(arguments) => return network::run(arguments),
        Verb::Denoise(arguments) => return denoise::run(arguments),
        Verb::Sensitivity(arguments) => return sensitivity::run(arguments),
        Verb::Sample(arguments) => return sample::run(arguments),
        Verb::Stability(arguments) => stability::run(arguments),
        Verb::Slurm(arguments) => slurm::run(arguments),
        Verb::Inspect(arguments) => inspect::run(arguments),
        Verb::Windows(arguments) => windows::run(arguments),
        Verb::Status(arguments) => status::run(arguments),
        Verb::Completions(arguments) => completions::run(arguments),
        Verb::Man(arguments) => man::run(arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}
