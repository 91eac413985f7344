//! `equipoise judge`: whether an ensemble can be trusted, whoever made it.

mod asked;
mod prior;
mod said;

use crate::comparison::Output;
use crate::destination;
use crate::failure::usage;
use crate::loading::Loading;
use crate::number::{count, fraction, positive};
use crate::progress::Tally;
use crate::threads::use_threads;
use asked::FailOn;
use clap::ValueEnum;
use equipoise_data::DataError;
use equipoise_data::sensors::Outside;
use equipoise_operator::TimeRule;
use equipoise_referee::{Cases, FILES, Files, Finding, Heard, Judgement, Members, Reading, Verdict};
use equipoise_referee::{distinct, fold_files, hear, write, write_folds};
use equipoise_stream::Stream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The exit status where something fails that --fail-on names.
const FAILED: u8 = 3;

/// Judge an ensemble: can its members be trusted?
///
/// Members are any file of trajectories, each trajectory a member, or an ensemble.h5 of `reconstruct` (its `members`,
/// with their `weights`). They are judged by readings that they were not made with (--withheld), by the truth
/// (--truth), or by both. Each member takes the truth's place in turn, with noise of its own: if members are draws of
/// the posterior, the truth has a uniform rank among M + 1 by any statistic, whatever the correlations between sensors
/// or cells. Bands come from that alone.
///
/// One case of M members reaches no level below 1/(M + 1): several independent cases reach more. Give one file a case
/// after each flag, in the same order; a truth may be one file with a trajectory a case. Cases that share a truth are
/// no independent ones: say --same-truth.
///
/// With --used alone, sensors to leave out are chosen, and the tables of --folds folds are written for runs of your
/// own: members made with fold_1_used.csv are judged by fold_1_withheld.csv.
///
/// χ of used readings is told for what it is: it has a band under a prior (--prior-file) only.
///
/// Results: judge.json, statistics.csv, sensors.csv, readings.csv and judge.html. With --fail-on the exit status is 3
/// where that fails.
///
/// Units and space: fields in the physical units of the members' file, to which a truth's are brought; readings in units
/// of their noise; scores in standard deviations.
#[derive(clap::Args)]
#[command(mut_arg("out", |out| out.default_value("judge")))]
pub(crate) struct Arguments {
    /// The members, one file a case
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    members: Vec<PathBuf>,

    /// Readings that they were not made with, CSV or HDF5
    #[arg(long, value_name = "FILE", num_args = 1..)]
    withheld: Vec<PathBuf>,

    /// Readings that they were made with
    #[arg(long, value_name = "FILE", num_args = 1..)]
    used: Vec<PathBuf>,

    /// The truth: a file whose first trajectory begins with the members' frames
    ///
    /// One a case, or one with a trajectory a case; brought to the orientation and the units of the members, and refused
    /// where it states another grid or time step.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    truth: Vec<PathBuf>,

    /// Weights of members, a number a line, where their file has none
    #[arg(long, value_name = "FILE", num_args = 1..)]
    weights: Vec<PathBuf>,

    /// A prior that `fit` saved: χ of used readings has a band under it
    #[arg(long, value_name = "FILE", requires = "used")]
    prior_file: Option<PathBuf>,

    #[command(flatten)]
    reading: Read,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    output: Output,
}

/// How files are read.
#[derive(clap::Args)]
#[command(next_help_heading = "Readings")]
struct Read {
    #[command(flatten)]
    loading: Loading,

    /// Noise where a table states none: a std in physical units
    #[arg(long, value_name = "STD", value_parser = positive, allow_negative_numbers = true)]
    noise: Option<f64>,

    /// Time of the first frame, in the tables' unit [default: see --help]
    ///
    /// Without it the attribute `t_first` of the members, else 0.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    start_time: Option<f64>,

    /// Between two frames: nearest or linear
    #[arg(long, value_enum, default_value_t = Times::Nearest)]
    times: Times,

    /// Leave out readings outside the domain, the frames or the fluid
    #[arg(long)]
    drop_outside: bool,
}

/// What is held for a fault.
#[derive(clap::Args)]
#[command(next_help_heading = "Verdict")]
struct Judging {
    /// How often exact members may fail
    #[arg(long, value_name = "P", default_value_t = 0.01, value_parser = fraction, allow_negative_numbers = true)]
    level: f64,

    /// All cases have one truth, as folds have: they are no independent cases
    #[arg(long)]
    same_truth: bool,

    /// Exit with status 3 where this fails: a level, a statistic, or a fact
    ///
    /// A number: p of all statistics together is at most that, or a fact stands against the members. A name, as
    /// withheld.crps, crps, bias.u, copies or copy_of_truth: that one fails at --level. May be given several times.
    #[arg(long, value_name = "LEVEL|NAME", allow_negative_numbers = true)]
    fail_on: Vec<FailOn>,

    /// Folds of sensors, with --used alone
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = folds, allow_negative_numbers = true)]
    folds: usize,

    /// Seed of noise, ties and choices
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn folds(text: &str) -> Result<usize, String> {
    count(text).ok().filter(|k| *k > 1).ok_or_else(|| "expected a whole number of at least 2".into())
}

/// A rule for times by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Times {
    Nearest,
    Linear,
}

impl Arguments {
    fn reading(&self) -> Reading {
        let Read { loading, noise, start_time, times, drop_outside } = &self.reading;
        Reading {
            options: loading.options(),
            noise: *noise,
            start: *start_time,
            times: if *times == Times::Nearest { TimeRule::Nearest } else { TimeRule::Linear },
            outside: if *drop_outside { Outside::Drop } else { Outside::Refuse },
        }
    }

    fn draws(&self) -> Stream {
        Stream::new("judge").number(self.judging.seed)
    }

    fn written(&self) -> Vec<String> {
        match self.is_protocol() {
            true => fold_files(self.judging.folds),
            false => FILES.map(String::from).to_vec(),
        }
    }

    /// Whether there is nothing to judge by, and sensors to withhold are asked for.
    fn is_protocol(&self) -> bool {
        self.withheld.is_empty() && self.truth.is_empty()
    }

    fn prepare(&self) -> anyhow::Result<()> {
        let Output { out, force, threads, .. } = &self.output;
        destination::folder(out)?;
        let read = [&self.members, &self.withheld, &self.used, &self.truth, &self.weights];
        let read: Vec<&Path> =
            read.into_iter().flatten().chain(&self.prior_file).map(PathBuf::as_path).collect();
        let names = self.written();
        destination::apart(&read, out, Some(&names.iter().map(String::as_str).collect::<Vec<_>>()))?;
        force.check(names.iter().map(|name| out.join(name)))?;
        use_threads(*threads)
    }
}

/// Judges, writes everything and prints the verdict.
///
/// # Errors
/// A file that cannot be used, files that do not belong together, or results that may not be overwritten; then nothing
/// is written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let cases = asked::cases(arguments)?;
    arguments.prepare()?;
    if arguments.is_protocol() {
        return protocol(arguments);
    }
    let (reading, draws) = (arguments.reading(), arguments.draws());
    let mut heard: Vec<(String, Heard)> = Vec::new();
    let told = Tally::new(cases.len(), "cases");
    for (k, files) in cases.iter().enumerate() {
        told.tell(k, None, files.members.display());
        detail!("case {} of {}: {}", k + 1, cases.len(), files.members.display());
        let mut one = hear(files, &reading, draws.number(k as u64))?;
        if let (Some(prior), Some(used)) = (&arguments.prior_file, &files.used) {
            prior::check(prior, used, &reading, &mut one)?;
        }
        heard.push((files.members.display().to_string(), one));
    }
    let standing = if arguments.judging.same_truth { Cases::SameTruth } else { Cases::Independent };
    distinct(&heard, standing)?;
    let level = arguments.judging.level;
    let all: Vec<_> = heard.iter().map(|(_, one)| one.case.clone()).collect();
    told.tell(cases.len(), None, "the verdict");
    let finding = Finding::new(Judgement::of(&all, standing, level, draws)?, &heard);
    drop(told);
    finding.notes.iter().for_each(|text| note!("note: {text}"));
    finding.warnings.iter().for_each(|text| note!("warning: {text}"));
    let out = &arguments.output.out;
    std::fs::create_dir_all(out)?;
    write(out, &finding, &heard, arguments.output.facts(arguments.judging.seed))?;
    said::print(&finding, arguments.output.format, out)?;
    failed(&finding, &arguments.judging)
}

/// The exit status that --fail-on asks for.
fn failed(finding: &Finding, judging: &Judging) -> anyhow::Result<ExitCode> {
    let mut fails = false;
    for on in &judging.fail_on {
        let Judgement { p, least_p, .. } = &finding.judgement;
        fails |= match on {
            FailOn::Level(level) if !finding.facts.is_empty() || p <= level => true,
            FailOn::Level(level) if least_p > level => {
                anyhow::bail!(
                    "--fail-on {level}: cannot be told, since the smallest p-value of these cases is {least_p:.2}; more \
                     members or more independent cases reach it"
                )
            }
            FailOn::Level(_) => false,
            FailOn::Name(name) => {
                let fails = finding.fails_on(name)?;
                if !fails && finding.judgement.verdict == Verdict::Undecided && !FailOn::is_fact(name) {
                    anyhow::bail!("--fail-on {name}: cannot be told at the level of {}", judging.level);
                }
                fails
            }
        };
    }
    Ok(if fails { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

/// Writes the tables of folds and says what to do with them.
fn protocol(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let [used] = &arguments.used[..] else {
        return Err(usage(
            "judge: found neither --withheld nor --truth, expected one of them, or --used with one table, of which \
             sensors to leave out are chosen",
        ));
    };
    let Output { out, format, .. } = &arguments.output;
    let (reading, draws) = (arguments.reading(), arguments.draws());
    let members = arguments.reading.loading.of(&arguments.members[0])?;
    let members = Members::open(&members, &reading.options, None, draws)?;
    let components = members.described.particulars.components(members.described.frame.channels);
    std::fs::create_dir_all(out)?;
    let folds = write_folds(used, reading.noise, &components, (out, arguments.judging.folds), draws)?;
    said::print_folds(&folds, arguments.judging.level, *format)?;
    Ok(ExitCode::SUCCESS)
}

/// One case with all that was given for it.
///
/// # Errors
/// A field that names another plane than --slice.
fn files(arguments: &Arguments, k: usize) -> anyhow::Result<Files> {
    let plane = |path: &PathBuf| arguments.reading.loading.of(path);
    let nth = |files: &[PathBuf]| files.get(k).cloned();
    let truth = match &arguments.truth[..] {
        [one] if arguments.members.len() > 1 && !arguments.judging.same_truth => Some((one, k)),
        [one] => Some((one, 0)),
        several => several.get(k).map(|file| (file, 0)),
    };
    let truth = truth.map(|(file, which)| Ok::<_, DataError>((plane(file)?, which))).transpose()?;
    Ok(Files {
        members: plane(&arguments.members[k])?,
        weights: nth(&arguments.weights),
        used: nth(&arguments.used),
        withheld: nth(&arguments.withheld),
        truth,
    })
}
