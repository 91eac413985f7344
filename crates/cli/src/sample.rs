//! `equipoise sample`: unconditional samples of analytic denoisers.

use crate::also::Also;
use crate::comparison::{Defaults, Opened, Output, Source, tell_cost};
use crate::diffusion::{Diffusion, StartName};
use crate::number::count;
use crate::progress::Progress;
use equipoise_denoising::{Drawing, Drawn, check_samples, sample_results, spectra, write_samples};
use std::process::ExitCode;

/// Draw samples from denoisers, without observations.
///
/// Without --window single frames are drawn (T = 1). Defaults: the denoisers wiener, optimal, local:4
/// and locality, on periodic grids also equivariant_local:4:16; 16 held-out frames to compare with.
/// Written: an HDF5 file of every denoiser's samples, which inspect reads; sample.csv and members.csv
/// (distance to the nearest training window over that of held-out ones), spectrum.csv (periodic
/// grids), pictures, and sample.html. Interrupted with Ctrl-C, what is finished is written.
///
/// Units and space: distances, energies and spectra in normalised units, those that the prior's
/// normalizer leads to; the fields in the HDF5 files in the physical units of the training file; η in
/// the schedule's.
#[derive(clap::Args)]
#[command(
    mut_arg("out", |out| out.default_value("sample")),
    mut_arg("window", |window| window.help("Frames of a window [default: 1]"))
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    draw: Draw,

    #[command(flatten)]
    also: Also,

    #[command(flatten)]
    output: Output,
}

/// How samples are drawn.
#[derive(clap::Args)]
#[command(next_help_heading = "Samples")]
struct Draw {
    /// Samples of every denoiser
    #[arg(long, default_value_t = 4, value_parser = count, allow_negative_numbers = true)]
    members: usize,

    #[command(flatten)]
    diffusion: Diffusion,

    /// The law of x at t = 1: prior or normal
    ///
    /// The Gaussian prior's marginal N(μm, μ²Σ + σ²I), or N(0, I).
    #[arg(long, value_enum, default_value_t = StartName::Prior)]
    start: StartName,
}

const DEFAULTS: Defaults = Defaults { held_out: 16, equivariant: true };

/// Draws, writes everything and prints the tables.
///
/// # Errors
/// Bad usage, a file that cannot be used, or a folder that may not be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { source, also, output, .. } = arguments;
    let drawing = arguments.drawing();
    output.prepare(&source.named())?;
    let calls = drawing.calls()?;
    let opened = source.open(DEFAULTS)?;
    opened.iter().try_for_each(|one| tell_cost(one, calls * drawing.members))?;
    let progress =
        Progress::new(opened.iter().map(|o| o.denoisers.len() * drawing.members).sum(), "samples")?;
    let mut all = Vec::new();
    for Opened { flow, denoisers } in opened.iter().take_while(|_| !progress.stopped()) {
        let drawn = denoisers.iter().take_while(|_| !progress.stopped());
        let drawn = drawn.map(|named| drawing.draw(flow, named, &mut || progress.next()));
        let samples = drawn.collect::<Result<Vec<_>, _>>()?;
        let spectra = spectra(flow, &samples)?;
        all.push(Drawn { flow, samples, spectra });
    }
    progress.close();
    let facts = [vec![("samples".to_owned(), drawing.told())], output.facts(source.seed)].concat();
    let results = sample_results(&all, &drawing, facts.clone())?;
    let (to, formats) = ((output.folder(), output.existing()), also.formats());
    for Drawn { flow, samples, .. } in &all {
        samples.iter().try_for_each(|samples| check_samples(to, &formats, (flow, samples)))?;
    }
    for Drawn { flow, samples, .. } in &all {
        let facts = [flow.facts().to_vec(), facts.clone()].concat();
        for samples in samples {
            write_samples(to, &formats, (flow, samples), &facts)?;
        }
    }
    output.finish(&results, &["sample"], progress.stopped())
}

impl Arguments {
    fn drawing(&self) -> Drawing {
        Drawing {
            members: self.draw.members,
            seed: self.source.seed,
            setup: self.draw.diffusion.setup(),
            start: self.draw.start.into(),
        }
    }
}
