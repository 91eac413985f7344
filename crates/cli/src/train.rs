//! `equipoise train`: a network trained as the denoiser of a flow.

mod page;

use crate::destination;
use crate::format::Format;
use crate::held::Held;
use crate::interrupt::INTERRUPTED;
use crate::loading::Loading;
use crate::number::count;
use crate::output;
use crate::progress::Progress;
use crate::threads::use_threads;
use equipoise_data::{checksum, load};
use equipoise_report::write_atomically;
use equipoise_training::{Config, Ended, Row, Step, Training};
use page::Told;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// The page in the folder.
const PAGE: &str = "report.html";

/// Train a network as a denoiser of a flow; its folder is then the prior network:DIR.
///
/// NET.toml says what the network is, what stands around it, and how it is trained (docs/training.md); what it leaves
/// out has defaults, which the record in the folder states. A part of the data is held out: on its windows the running
/// average of the network stands beside the Wiener filter of the Gaussian that is fitted to the rest, level by level.
/// Ctrl-C keeps the state; --resume goes on from it, to the bits of a training that nobody stopped.
///
/// Units and space: errors are root mean squares in normalised units, those of the Gaussian's normalizer; losses are
/// pure numbers; levels are σ/μ in those units.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The training file, HDF5 with a dataset `x` or `velocity`
    #[arg(long, value_name = "FILE")]
    train: PathBuf,

    /// What is trained, and how
    #[arg(long, value_name = "NET.toml")]
    config: PathBuf,

    /// The folder of the network, new or empty
    ///
    /// It then holds the weights, network.json, the Gaussian, checkpoint, curves (CSV) and a page.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: PathBuf,

    /// Go on with the training in the folder
    ///
    /// Of another configuration, or other data, it is refused.
    #[arg(long, help_heading = "Output")]
    resume: bool,

    #[command(flatten)]
    loading: Loading,

    /// Threads, which no number depends on [default: all of the machine]
    #[arg(long, value_parser = count, allow_negative_numbers = true, help_heading = "Output")]
    threads: Option<usize>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    format: Format,
}

/// Trains, and prints the last validation.
///
/// # Errors
/// If configuration, data and folder do not go together, or the training diverges.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let clock = Instant::now();
    let config = Config::read(&arguments.config)?;
    destination::folder(&arguments.out)?;
    use_threads(arguments.threads)?;
    let held = Held::folder(&arguments.out)?;
    let train = arguments.loading.of(&arguments.train)?;
    let data = load(&train, &arguments.loading.options())?;
    data.notes().iter().for_each(|text| detail!("{}: {text}", data.path().display()));
    crate::messages::warnings(data.path(), data.warnings());
    let sha256 = checksum(&train)?;
    let mut training = if arguments.resume {
        Training::resume(&config, &data, &sha256, &arguments.out)?
    } else {
        Training::begin(&config, &data, &sha256, &arguments.out)?
    };
    drop(data);
    training.remarks().iter().for_each(crate::messages::remark);
    announce(&training);
    let ended = take(&mut training, &config, &held)?;
    let told = Told::of(&training, &config, &train, &sha256);
    write_atomically(&arguments.out.join(PAGE), equipoise_report::page(&told.page()).as_bytes())?;
    note!("{:.1} s; {}", clock.elapsed().as_secs_f64(), arguments.out.join(PAGE).display());
    let table = page::last(training.rows());
    output::print_as(arguments.format, |to| table.write_text(to, ""), &table, || table.clone())?;
    if ended == Ended::Stopped {
        caution!(
            "stopped after step {} of {}: --resume goes on from there",
            training.steps(),
            config.optimiser.steps
        );
        return Ok(INTERRUPTED.into());
    }
    Ok(ExitCode::SUCCESS)
}

/// What is trained.
fn announce(training: &Training) {
    let names: Vec<&str> = training.symmetries().iter().map(|symmetry| symmetry.name()).collect();
    let moved =
        if names.is_empty() { "as they are".to_owned() } else { format!("moved by {}", names.join(", ")) };
    note!("{} parameters; windows {moved}", training.parameter_count());
    if training.steps() > 0 {
        note!("goes on after step {}", training.steps());
    }
}

/// Takes the steps that are left, while the folder is this process' own.
fn take(training: &mut Training, config: &Config, held: &Held) -> anyhow::Result<Ended> {
    let total = usize::try_from(config.optimiser.steps).unwrap_or(usize::MAX);
    let progress = Progress::said(total, "steps", held.voice())?;
    progress.begin_at(usize::try_from(training.steps()).unwrap_or(total));
    let (begun, clock) = (training.steps(), Instant::now());
    let ended = training.run(&mut |step: Step<'_>| {
        if step.step == 0 {
            note!("ahead of the first step: {}", words(step.validated));
        } else if !step.validated.is_empty() {
            let pace = clock.elapsed().as_secs_f64() / (step.step - begun).max(1) as f64;
            note!("step {}, loss {:.4}, {pace:.2} s a step; {}", step.step, step.loss, words(step.validated));
        }
        progress.tell(usize::try_from(step.step).unwrap_or(total)) && held.check().is_ok()
    });
    progress.close();
    held.check()?;
    Ok(ended?)
}

/// The network's error over the filter's, by level.
fn words(rows: &[Row]) -> String {
    let one = |row: &Row| {
        format!("{} at {}", equipoise_report::significant(row.network / row.wiener, 3), row.ratio)
    };
    format!("error over the Wiener filter's: {}", rows.iter().map(one).collect::<Vec<_>>().join(", "))
}
