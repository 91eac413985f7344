//! `equipoise denoise`: what analytic denoisers miss of held-out windows, against the noise level.

use crate::comparison::{Defaults, Opened, Output, Source, tell_cost};
use crate::number::positive;
use crate::progress::Progress;
use equipoise_denoising::{Denoised, bound, denoise_results, error_curve};
use equipoise_schedule::Ddpm;
use std::process::ExitCode;

/// Measure the denoising error of analytic denoisers on held-out windows.
///
/// Without --window single frames are denoised (T = 1). Defaults: 16 held-out frames, the denoisers
/// wiener, optimal, local:4 and locality, on periodic grids also equivariant_local:4:16. Written:
/// denoise.csv (error with its standard error; for wiener the error that its own model expects; how
/// often optimal recalls one training window), bound.csv and rate_distortion.csv (evidence lower bound
/// of the DDPM of the Wiener denoiser beside the exact density), pictures, and denoise.html.
/// Interrupted with Ctrl-C, what is finished is written.
///
/// Units and space: errors are squares of normalised units, those that the prior's normalizer leads
/// to; noise levels are σ/μ; bits per dimension are those of a density in normalised units. Cells inside
/// a body take no part in errors. Vorticity in pictures is in the data's units.
#[derive(clap::Args)]
#[command(
    mut_arg("out", |out| out.default_value("denoise")),
    mut_arg("window", |window| window.help("Frames of a window [default: 1]"))
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    /// Noise levels σ/μ
    #[arg(
        long, value_name = "RATIO", value_delimiter = ',', value_parser = positive,
        allow_negative_numbers = true, default_value = "0.02,0.05,0.1,0.2,0.5,1,2,5,10"
    )]
    levels: Vec<f64>,

    /// Leave out the bound and the rate–distortion curve
    #[arg(long)]
    no_bound: bool,

    #[command(flatten)]
    output: Output,
}

const DEFAULTS: Defaults = Defaults { held_out: 16, equivariant: true };

/// Measures, writes everything and prints the tables.
///
/// # Errors
/// Bad usage, a file that cannot be used, or a folder that may not be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { source, levels, output, .. } = arguments;
    output.prepare(&source.named())?;
    let opened = source.open(DEFAULTS)?;
    opened.iter().try_for_each(|one| tell_cost(one, levels.len() * one.flow.held_out().len()))?;
    let total: usize = opened.iter().map(|one| one.denoisers.len() * levels.len()).sum();
    let progress = Progress::new(total, "points")?;
    let mut all = Vec::new();
    for Opened { flow, denoisers } in opened.iter().take_while(|_| !progress.stopped()) {
        let points = error_curve(flow, denoisers, levels, source.seed, &mut || progress.next())?;
        let wanted = !(progress.stopped() || arguments.no_bound);
        let bound = wanted.then(|| bound(flow, &Ddpm::published())).transpose()?;
        all.push(Denoised { flow, denoisers, points, bound });
    }
    progress.close();
    let results = denoise_results(&all, source.seed, output.facts(source.seed))?;
    output.finish(&results, &["denoise", "bound"], progress.stopped())
}
