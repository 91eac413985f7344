//! `equipoise reconstruct`: fields from scattered sensor readings, with their uncertainty.

mod asked;
mod folder;
mod identity;
mod length;
mod long;
mod made;
mod summary;
mod truth;

use crate::also::Also;
use crate::comparison::Output;
use crate::destination;
use crate::diffusion::Diffusion;
use crate::fitting::Fitting;
use crate::held::Held;
use crate::interrupt::INTERRUPTED;
use crate::number::{count, positive};
use crate::priors::told;
use crate::progress::Progress;
use crate::spectrum::Spectrum;
use crate::sweep::methods_help;
use crate::threads::use_threads;
use asked::{Asked, Opened, announce};
use clap::ValueEnum;
use equipoise_data::sensors::{Table, read_sensors};
use equipoise_operator::TimeRule;
use equipoise_reconstruction::{
    Check, Choice, Drawn, Ensemble, Outside, PlacingRule, Problem, Sampling, place,
};
use equipoise_solver::Watch;
use folder::names;
use length::Length;
use made::Made;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use summary::Summary;
use truth::Truth;

/// Reconstruct a flow from scattered sensor readings, and judge the readings.
///
/// A table of readings is CSV or HDF5 with the columns time, x, y, u and/or v, and noise (or noise_u,
/// noise_v), the standard deviation of each reading; others are ignored with a note. In CSV an empty cell
/// under u or v means not measured, lines that begin with # are comments, and semicolons (with decimal
/// commas or points), tabs or blanks may stand for commas; an HDF5 table has one dataset a column, in which NaN
/// and fill values mean not measured. Text of OpenPIV or DaVis is taken too (docs/formats.md).
///
/// x and y count from where the training file of the prior says (attributes x_first, y_first,
/// dx, dy; without them the first grid point is at 0 and lengths are in grid points), time from
/// --start-time, the first frame of the window, in steps of the attribute dt_frame or dt (without it in frames).
/// Fields between grid points are bilinear.
///
/// χ compares the distance of the readings from the posterior mean with the distance that prior and
/// stated noise let expect; outside its 99 % band there is a warning, for all readings and for
/// single sensors; it is the check of the Gaussian prior, also where members are drawn under another.
/// A trajectory of more frames than a window has (--frames) is composed of windows, which is an approximation: see
/// `equipoise windows`. χ is then that of the innovations of a filter under the Gauss–Markov prior of the same windows,
/// where its filter takes the readings; its posterior is --method posterior. The state of such a run is kept in the
/// folder of the results: after Ctrl-C or worse the same command goes on from there.
///
/// Results: ensemble.h5 (mean, standard deviation, members; --also adds formats of other programs), readings.csv (every number with its
/// residual), mean.png, uncertainty.png, misfit.png and reconstruction.html. Interrupted with Ctrl-C,
/// members under way are finished and written.
///
/// Units and space: readings, noise, coordinates, fields, RMSE and spread in the physical units of
/// the training file; χ, z and residuals in standard deviations; η and t in the schedule's.
#[derive(clap::Args)]
#[command(mut_arg("out", |out| out.default_value("reconstruction")))]
pub(crate) struct Arguments {
    /// The prior, a file that `fit` saved
    #[arg(long, value_name = "FILE")]
    prior_file: Option<PathBuf>,

    #[arg(
        long, value_name = "NAME", required_unless_present = "prior_file", conflicts_with = "prior_file",
        help = "The prior by name, of the flow in --train", long_help = told("The prior by name, of the flow in --train:")
    )]
    prior: Option<String>,

    /// The training file of a prior by name
    #[arg(long, value_name = "FILE")]
    train: Option<PathBuf>,

    /// The table of readings, CSV, HDF5 or text of PIV
    #[arg(long, value_name = "FILE")]
    obs: PathBuf,

    /// Noise where the table states none: a std in physical units
    #[arg(long, value_name = "STD", value_parser = positive, allow_negative_numbers = true, help_heading = "Readings")]
    noise: Option<f64>,

    /// Time of the first frame, in the table's unit
    #[arg(
        long,
        value_name = "TIME",
        default_value_t = 0.0,
        allow_negative_numbers = true,
        help_heading = "Readings"
    )]
    start_time: f64,

    /// Between two frames: nearest or linear
    ///
    /// The nearest frame, or linear interpolation.
    #[arg(long, value_enum, default_value_t = Times::Nearest, help_heading = "Readings")]
    times: Times,

    /// Leave out readings outside the domain, the window or the fluid
    ///
    /// Instead of refusing the table.
    #[arg(long, help_heading = "Readings")]
    drop_outside: bool,

    /// A file whose first trajectory begins with the true window
    ///
    /// To measure the error of the mean; brought to the orientation and the units of the prior, and refused
    /// where it states another grid or time step.
    #[arg(long, value_name = "FILE", help_heading = "Readings")]
    truth: Option<PathBuf>,

    #[command(flatten)]
    length: Length,

    #[command(flatten)]
    drawing: Drawing,

    #[command(flatten)]
    fitting: Fitting,

    #[command(flatten)]
    also: Also,

    #[command(flatten)]
    output: Output,
}

/// How members are drawn.
#[derive(clap::Args)]
#[command(next_help_heading = "Members")]
struct Drawing {
    /// Who draws: posterior, or a method with its settings
    #[arg(long, value_name = "METHOD", long_help = methods_help(CHOICES))]
    method: Option<Choice>,

    /// How many
    #[arg(long, default_value_t = 32, value_parser = count, allow_negative_numbers = true)]
    members: usize,

    /// Seed of all streams
    #[arg(long, default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    diffusion: Diffusion,
}

/// What is said of `--method` before the methods.
const CHOICES: &str = "Who draws: posterior, exact under the Gaussian and without diffusion; or a method, one that \
                       takes a law under matched [default: posterior; under another prior whose posterior is known \
                       exact; of a trajectory that is composed sda; else mmps]";

/// A rule for times by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Times {
    Nearest,
    Linear,
}

impl Arguments {
    fn rule(&self, frames: usize) -> PlacingRule {
        PlacingRule {
            frames,
            start: self.start_time,
            times: if self.times == Times::Nearest { TimeRule::Nearest } else { TimeRule::Linear },
            outside: if self.drop_outside { Outside::Drop } else { Outside::Refuse },
        }
    }

    /// How members are drawn, by `default` unless a method is asked for.
    fn sampling(&self, default: impl FnOnce() -> Choice) -> Sampling {
        let Drawing { method, members, seed, diffusion } = &self.drawing;
        let (choice, setup) = (method.clone().unwrap_or_else(default), diffusion.setup());
        Sampling { choice, members: *members, seed: *seed, setup }
    }
}

/// Reconstructs, writes everything and prints a summary.
///
/// # Errors
/// A file that cannot be used, readings that the prior cannot speak of, or results that may not be
/// overwritten; then nothing is written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let asked = Asked::of(arguments)?;
    let Output { out, threads, .. } = &arguments.output;
    destination::folder(out)?;
    let named = [&arguments.obs].into_iter().chain(&arguments.truth).chain(&arguments.train);
    let read: Vec<&Path> = asked.files().into_iter().chain(named.map(PathBuf::as_path)).collect();
    let names = names();
    destination::apart(&read, out, Some(&names.iter().map(String::as_str).collect::<Vec<_>>()))?;
    arguments.check_folder()?;
    use_threads(*threads)?;
    let held = Held::folder(out)?;
    let Opened { prior, other, composite } = asked.open(&arguments.fitting, &arguments.length)?;
    detail!("prior {}: {}", asked.path.display(), Spectrum::of(&prior));
    let frames = composite.map_or(prior.shape().frames, |composite| composite.frames);
    let open = |path| Truth::open(path, (&prior, frames), &asked, arguments);
    let truth = arguments.truth.as_deref().map(open).transpose()?;
    for remark in truth.iter().flat_map(|truth| &truth.remarks).filter(|remark| !remark.is_warning()) {
        note!("{remark}");
    }
    let mut table = read_sensors(&arguments.obs, arguments.noise, &prior.components())?;
    table.is_measured_in(&arguments.obs, &prior.described(&arguments.obs).particulars.units)?;
    table.notes.iter().for_each(|note| note!("note: {note}"));
    let (rule, readings) = (arguments.rule(frames), std::mem::take(&mut table.readings));
    let placed = place(&prior, &arguments.obs, &readings, &rule)?;
    drop(readings);
    let problem = match composite {
        Some(composite) => Problem::composed(prior, &arguments.obs, placed, rule.times, composite, other)?,
        None => Problem::new(prior, &arguments.obs, placed, rule.times)?.under(other)?,
    };
    let sampling = arguments.sampling(|| match composite {
        Some(_) => Choice::of_composite(&problem),
        None => Choice::of(&asked.name),
    });
    let caveat = sampling.caveat(&problem).map(|caveat| format!("{}: {caveat}", sampling.choice));
    caveat.iter().for_each(|caveat| note!("note: {caveat}"));
    table.notes.extend(caveat);
    detail!("{} members by {}, seed {}", sampling.members, sampling.choice, sampling.seed);
    let taken =
        Taken { arguments, asked: &asked, problem: &problem, rule, sampling: &sampling, truth, held: &held };
    match composite {
        Some(_) => long::run(&taken, table),
        None => {
            let check = Check::exact(&problem)?;
            if let Some(other) = &problem.other {
                announce(other, &sampling)?;
            }
            let progress = Progress::said(sampling.members, "members", held.voice())?;
            let drawn = sampling.draw(&problem, Watch { go_on: &|done| progress.tell(done) });
            progress.close();
            taken.finish(table, drawn?, &check)
        }
    }
}

/// A reconstruction before its members are drawn.
struct Taken<'a> {
    arguments: &'a Arguments,
    asked: &'a Asked,
    problem: &'a Problem,
    rule: PlacingRule,
    sampling: &'a Sampling,
    truth: Option<Truth>,
    held: &'a Held,
}

impl Taken<'_> {
    /// Writes everything that members and checks come to, and prints a summary.
    fn finish(&self, table: Table, drawn: Drawn, check: &Check) -> anyhow::Result<ExitCode> {
        let Self { arguments, asked, problem, sampling, truth, .. } = self;
        let composite = problem.composite.as_ref().map(|(composite, _)| *composite);
        // The posterior of the Gauss–Markov prior is composed of nothing.
        let (along, composite) = match sampling.choice {
            Choice::Posterior => (composite.and(check.chain()), None),
            Choice::Diffusion(_) => (None, composite),
        };
        let (diverged, skipped, count) = (drawn.diverged(), drawn.skipped(), drawn.len());
        let remarks = drawn.remarks();
        let ensemble = Ensemble::of(problem, &sampling.choice, drawn)?;
        let of_members = (&ensemble, count, remarks);
        let made = Made::new(asked, arguments, table, (sampling, composite, along), of_members)?;
        let summary = Summary::new(problem, check, &ensemble, truth.as_ref(), &made, [diverged, skipped])?;
        self.held.check()?;
        let kept = self.keep(check, &ensemble, &made, &summary);
        for warning in summary.warnings() {
            match &kept {
                Ok(()) => note!("warning: {warning}"),
                // No page says so.
                Err(_) => caution!("warning: {warning}"),
            }
        }
        kept?;
        summary.print(arguments.output.format)?;
        Ok(if skipped > 0 { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
    }
}
