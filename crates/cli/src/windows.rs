//! `equipoise windows`: what composing short windows costs under a prior, in closed form.

mod page;
mod source;
mod tables;

use crate::destination;
use crate::diffusion::StartName;
use crate::existing::Force;
use crate::failure::usage;
use crate::format::Format;
use crate::number::{count, fraction, non_negative, positive};
use crate::output;
use crate::progress::Tally;
use crate::threads::use_threads;
use equipoise_composition::Fold;
use equipoise_denoising::check_free;
use equipoise_scaling::{Base, Law};
use equipoise_schedule::ScheduleName;
use equipoise_windows::{Course, Sampling, Survey, Surveyed};
use page::Told;
use source::Source;
use std::path::PathBuf;
use std::time::Instant;

/// State what composed short windows miss of the exact denoiser of a long trajectory.
///
/// Under a Gauss–Markov prior both are closed form. Printed for windows of 2k + 1 frames: the excess mean square
/// error of x̂ over the posterior variance, how far J is from the exact one and from a symmetric one, and its lowest
/// eigenvalue, by σ/μ; the least k whose excess stays within --target, by σ/μ and at every level of a run; at how
/// many levels of a run moment matching is ill posed, and what a V that is positive by construction gives; whole
/// runs of the predictor by law, as W2 to the exact posterior and CRPS; by how much a γ calibrated on one window is
/// off, and what of that composing does. Without --train and --prior-file the prior is the scalar AR(1) sequence.
///
/// With --train or --prior-file it is the Gauss–Markov prior of that flow, as its independent parts, each by its number
/// of copies; where there are many, a few stand for all (--parts), the one of the largest variance among them, and
/// maxima (σ_W, verdict, lowest eigenvalues, shares of levels) are over those few. `adaptive`, and every law with --corrections,
/// are drawn, with standard errors.
///
/// Units and space: W2 is per number of a frame, in normalised units (of AR(1): its standard deviation is 1). So is
/// CRPS, of what the column crps_of names: a grid value of wavenumbers, a coefficient of modes or of drawn wavenumbers;
/// excess, eigenvalues of μJ, σ_W and ratios of γ are pure numbers. N is the operator's own.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    grid: Grid,

    #[command(flatten)]
    runs: Runs,

    /// Write tables as CSV and a page with curves into this folder
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,

    #[command(flatten)]
    force: Force,

    /// Threads, which no number depends on [default: all of the machine]
    #[arg(long, value_parser = count, allow_negative_numbers = true, help_heading = "Output")]
    threads: Option<usize>,

    /// How to print
    ///
    /// csv is the table of x̂ and J alone, of which --out writes all.
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    format: Format,
}

/// Windows and levels.
#[derive(clap::Args)]
#[command(next_help_heading = "Windows")]
struct Grid {
    /// k of windows of 2k + 1 frames [default: 1,2,4,8; of a flow 1,2,4]
    #[arg(long, value_name = "K", value_delimiter = ',', allow_negative_numbers = true)]
    order: Vec<usize>,

    /// How windows are folded
    ///
    /// centre, symmetrical:STRIDE, causal:STRIDE or average:STRIDE.
    #[arg(long, value_delimiter = ',', default_value = "centre")]
    fold: Vec<Fold>,

    /// Noise levels σ/μ
    #[arg(
        long, value_name = "RATIO", value_delimiter = ',', value_parser = positive,
        allow_negative_numbers = true, default_value = "0.1,0.3,1,3,10"
    )]
    levels: Vec<f64>,

    /// The excess that windows needed must stay within
    #[arg(long, default_value = "0.05", value_parser = positive, allow_negative_numbers = true)]
    target: f64,
}

/// Whole runs.
#[derive(clap::Args)]
#[command(next_help_heading = "Runs")]
struct Runs {
    /// Every so many-th frame is read, in full
    #[arg(long, value_name = "FRAMES", value_delimiter = ',', value_parser = count, allow_negative_numbers = true,
          default_value = "1,4")]
    every: Vec<usize>,

    /// Std of readings and laws, normalised units
    ///
    /// s, the standard deviation of the readings and the base of the laws.
    #[arg(long, default_value = "0.1", value_parser = positive, allow_negative_numbers = true)]
    std: f64,

    /// Base γ of the laws
    #[arg(long, default_value = "0.01", value_parser = non_negative, allow_negative_numbers = true)]
    gamma: f64,

    /// Scaling laws [default: all]
    ///
    /// N_ref is the N of every 4th frame.
    #[arg(long, value_delimiter = ',')]
    law: Vec<Law>,

    /// Predictor steps
    #[arg(long, default_value_t = 32, value_parser = count, allow_negative_numbers = true)]
    steps: usize,

    /// The schedule
    #[arg(long, default_value = "cos")]
    schedule: ScheduleName,

    /// η, the noise left at t = 0, normalised units
    #[arg(long, default_value = "0.01", value_parser = fraction, allow_negative_numbers = true)]
    eta: f64,

    /// The law of x at t = 1: normal or prior
    ///
    /// N(0, I), or the prior's exact marginal.
    #[arg(long, value_enum, default_value_t = StartName::Normal)]
    start: StartName,

    /// Corrector steps a level; above 0 runs are drawn
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    corrections: usize,

    /// τ of the corrector
    #[arg(long, default_value = "0.5", value_parser = positive, allow_negative_numbers = true)]
    tau: f64,

    /// Truths of drawn runs, two runs each; at least 2
    #[arg(long, default_value_t = 64, value_parser = count, allow_negative_numbers = true)]
    draws: usize,

    /// Seed of all streams
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Leave out the γ of one window
    #[arg(long)]
    no_calibration: bool,
}

/// Surveys every prior, writes and prints.
///
/// # Errors
/// Bad usage, a file that cannot be used, windows none of which fits, or a folder that may not be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let clock = Instant::now();
    let survey = arguments.survey()?;
    if let Some(out) = &arguments.out {
        destination::folder(out)?;
        destination::apart(&arguments.source.named(), out, None)?;
        check_free(out, arguments.force.given())?;
    }
    use_threads(arguments.threads)?;
    let (subjects, facts, numbers) = arguments.source.open()?;
    let mut found = Surveyed::default();
    let told = Tally::new(subjects.len(), "priors");
    for (done, subject) in subjects.iter().enumerate() {
        told.tell(done, None, &subject.name);
        survey.take(subject, &mut found)?;
    }
    drop(told);
    found.left_out.iter().for_each(|why| caution!("left out: {why}"));
    if found.costs.is_empty() {
        return Err(usage("--order: no window fits the trajectory with any fold given; see above"));
    }
    let [crps_of, drawn_crps_of] = numbers.scored();
    let (space, frames, std) = (tables::SPACE, arguments.source.frames(), survey.base.std);
    let seconds = clock.elapsed().as_secs_f64();
    let told = Told { space, crps_of, drawn_crps_of, frames, std, facts, found, seconds, survey };
    if let Some(out) = &arguments.out {
        told.results().write(out)?;
        note!("{}", out.join("windows.html").display());
    }
    let costs = || tables::costs(&told.found);
    output::print_as(arguments.format, |to| told.write_text(to), &told, costs)
}

impl Arguments {
    fn survey(&self) -> anyhow::Result<Survey> {
        let Runs { every, std, gamma, law, steps, eta, corrections, tau, draws, seed, .. } = &self.runs;
        if *draws < 2 {
            return Err(usage("--draws: found 1, expected at least 2: a standard error needs two"));
        }
        let schedule = self.runs.schedule.build(*eta)?;
        let start = self.runs.start.into();
        let orders = if self.grid.order.is_empty() { self.source.orders() } else { self.grid.order.clone() };
        Ok(Survey {
            orders,
            folds: self.grid.fold.clone(),
            ratios: self.grid.levels.clone(),
            every: every.clone(),
            base: Base { std: *std, gamma: *gamma },
            laws: if law.is_empty() { Law::ALL.to_vec() } else { law.clone() },
            course: Course::uniform(&*schedule, *steps, start)?,
            target: self.grid.target,
            calibrated: !self.runs.no_calibration,
            sampling: Sampling { replicates: *draws, corrections: *corrections, tau: *tau, seed: *seed },
        })
    }
}
