//! `equipoise sensitivity`: what an output pixel of an analytic denoiser takes from every input pixel.

use crate::comparison::{Defaults, Opened, Output, Source, tell_cost};
use crate::number::{non_negative, positive};
use crate::progress::Progress;
use equipoise_denoising::{Coarse, Pixel, Planting, Sensed, invariances, lines, rows, sensitivity_results};
use std::process::ExitCode;

/// Levels σ/μ at which planted correlations are looked for.
const PLANTED_AT: [f64; 2] = [0.3, 1.0];

/// Draw and measure the sensitivity of denoisers: rows of their Jacobian.
///
/// Without --window single frames are denoised (T = 1). Defaults: 8 held-out frames, the denoisers
/// wiener, optimal, local:4 and locality, three pixels: for a wake one upstream of the body, one in the
/// near wake, one far downstream. The output is the velocity along x. Written: sensitivity.csv (radius
/// of 90 % of the squared row, anisotropy, deviation from differences), invariance.csv (the row of the
/// first pixel, shifted, against those of the others: correlation and R²), a map over levels for every
/// denoiser and pixel, and sensitivity.html; with --plant also planted.csv and planted_lines.csv.
/// Interrupted with Ctrl-C, what is finished is written.
///
/// Units and space: rows are μJ = ∂x̂/∂(x_t/μ) of normalised fields; noise levels are σ/μ; radii are in
/// grid points.
#[derive(clap::Args)]
#[command(
    mut_arg("out", |out| out.default_value("sensitivity")),
    mut_arg("window", |window| window.help("Frames of a window [default: 1]"))
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    /// Noise levels σ/μ
    #[arg(
        long, value_name = "RATIO", value_delimiter = ',', value_parser = positive,
        allow_negative_numbers = true, default_value = "0.05,0.1,0.2,0.5,1,2,5"
    )]
    levels: Vec<f64>,

    /// An output pixel, row and column; may be given more than once
    #[arg(long, value_name = "H,W", value_parser = pixel)]
    pixel: Vec<Pixel>,

    /// Plant long-range correlations of these strengths, and measure
    ///
    /// In coarse copies of the data; the prior is refitted, and what the denoisers make of it is measured.
    #[arg(
        long, value_name = "STRENGTH", value_delimiter = ',', value_parser = non_negative,
        allow_negative_numbers = true
    )]
    plant: Vec<f64>,

    #[command(flatten)]
    output: Output,
}

const DEFAULTS: Defaults = Defaults { held_out: 8, equivariant: false };

fn pixel(text: &str) -> Result<Pixel, String> {
    let parsed = text
        .split_once(',')
        .and_then(|(h, w)| Some(Pixel { h: h.trim().parse().ok()?, w: w.trim().parse().ok()? }));
    parsed.ok_or_else(|| "expected H,W, a row and a column".into())
}

/// Measures, writes everything and prints the tables.
///
/// # Errors
/// Bad usage, a pixel outside the grid, a file that cannot be used, or a folder that may not be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { source, levels, plant, output, .. } = arguments;
    output.prepare(&source.named())?;
    let opened = source.open(DEFAULTS)?;
    let chosen = opened.iter().map(|one| pixels(arguments, one)).collect::<anyhow::Result<Vec<_>>>()?;
    for (one, pixels) in opened.iter().zip(&chosen) {
        let states = one.flow.held_out().len();
        tell_cost(one, levels.len() * (states * (2 * pixels.len() + 1) + 16))?;
    }
    let parts = levels.len() + plant.len();
    let progress = Progress::new(opened.iter().map(|one| one.denoisers.len() * parts).sum(), "parts")?;
    let (go_on, mut all) = (&mut || progress.next(), Vec::new());
    for (Opened { flow, denoisers }, pixels) in opened.iter().zip(chosen).take_while(|_| !progress.stopped())
    {
        let points = rows(flow, denoisers, &pixels, levels, source.seed, go_on)?;
        let planted = if progress.stopped() || plant.is_empty() {
            None
        } else {
            let planting =
                Planting { strengths: plant.clone(), ratios: PLANTED_AT.to_vec(), seed: source.seed };
            let coarse = Coarse::of(flow)?;
            note!("planted in {}", coarse.told());
            let names: Vec<_> = denoisers.iter().map(|named| named.name.clone()).collect();
            let responses = coarse.responses(&names, &planting, go_on)?;
            let lines = lines(&responses);
            Some((coarse.told(), responses, lines))
        };
        let invariances = invariances(flow, &points)?;
        all.push(Sensed { flow, denoisers, pixels, points, invariances, planted });
    }
    progress.close();
    let results = sensitivity_results(&all, output.facts(source.seed))?;
    output.finish(&results, &["sensitivity", "invariance", "planted_lines"], progress.stopped())
}

fn pixels(arguments: &Arguments, opened: &Opened) -> anyhow::Result<Vec<Pixel>> {
    let flow = &opened.flow;
    let pixels = if arguments.pixel.is_empty() { Pixel::defaults(flow) } else { arguments.pixel.clone() };
    pixels.iter().try_for_each(|pixel| pixel.index(flow.shape()).map(|_| ()))?;
    Ok(pixels)
}
