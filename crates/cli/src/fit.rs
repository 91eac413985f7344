//! `equipoise fit`: a prior from training data, kept in a file.

use crate::destination;
use crate::existing::Force;
use crate::failure::usage;
use crate::fitting::{Fitting, announce};
use crate::format::Format;
use crate::held::Held;
use crate::interrupt::INTERRUPTED;
use crate::memory::{self, Memory};
use crate::output;
use crate::progress::{Progress, Tally};
use crate::spectrum::Spectrum;
use equipoise_data::{DataError, Location, Recording, load};
use equipoise_experiment::{Shard, host};
use equipoise_field::Shape;
use equipoise_prior::{FitMethod, Model, Prior, PriorError, Provenance, Resources, Sampled, Settings, Share};
use equipoise_report::Table;
use equipoise_report::significant;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bytes of values up to which a file is taken whole.
const WHOLE: usize = 1 << 30;

/// Fit a Gaussian prior to training data, for --prior-file of other verbs.
///
/// The prior is fitted to all overlapping windows of T frames of every trajectory. The file may be
/// larger than memory: past 1 GiB of values, or where memory is tight, it is read in portions, twice
/// where the Gram matrix or stationary blocks are formed and five times where modes are sampled, and
/// once for its checksum. A smaller file is taken whole, with the numbers of `sweep --train`; in
/// portions they differ by rounding. Ctrl-C leaves nothing.
///
/// Units and space: eigenvalues are variances in normalised units, those that the normalizer leads
/// to; so is the ridge.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The training file, HDF5 with a dataset `x` or `velocity`
    #[arg(long, value_name = "FILE")]
    train: PathBuf,

    /// The file of the prior
    #[arg(long, value_name = "FILE", default_value = "prior.h5", help_heading = "Output")]
    out: PathBuf,

    #[command(flatten)]
    force: Force,

    /// Memory that the fit may hold, such as 4GiB [default: half of the free]
    ///
    /// What it may come to hold, the prior included: bytes, or with KiB, MiB, GiB or TiB. Without it half of
    /// what the machine has free.
    #[arg(long, value_name = "SIZE", value_parser = memory::size)]
    memory: Option<usize>,

    /// How the modes of a low-rank covariance are found
    ///
    /// gram: from the Gram matrix of all windows; randomised: by randomised subspace iteration with a bound on
    /// what it missed; auto takes what needs fewer operations.
    #[arg(long, value_name = "HOW")]
    method: Option<FitMethod>,

    #[command(flatten)]
    fitting: Fitting,

    /// A folder through which several processes share the fit
    ///
    /// Each runs the same command, on one machine or on several that see the folder, with a `--shard` of its own; a
    /// fit has up to 16 parts a round. A process makes its own parts, waits about as long as they took, and makes what
    /// is missing: where others die or never start the prior is written all the same, and calls that were stopped are
    /// simply called again. The last one writes the prior, which has the same bits for any number of processes. A
    /// folder serves one fit and may be removed when the prior stands.
    #[arg(long, value_name = "DIR", help_heading = "Several processes")]
    parts: Option<PathBuf>,

    /// Which of how many processes this is, such as 2/5 [default: 1/1]
    #[arg(long, value_name = "K/N", requires = "parts", value_parser = shard, help_heading = "Several processes")]
    shard: Option<Shard>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    format: Format,
}

/// Fits, saves and prints a summary.
///
/// # Errors
/// If the training file cannot be used, or the prior's file exists and `--force` is not given.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let change = arguments.fitting.change()?;
    let existing = arguments.force.existing();
    // A prior that another process of the same fit has written is no fault.
    if arguments.parts.as_ref().is_none_or(|parts| !parts.exists()) {
        arguments.force.check([arguments.out.clone()].into_iter())?;
    }
    if let (Ok(from), Ok(to)) =
        (Location::of(&arguments.train).file.canonicalize(), arguments.out.canonicalize())
        && from == to
    {
        let path = arguments.out.display();
        return Err(usage(&format!("--out: found {path}, the training file; expected another")));
    }
    destination::file(&arguments.out)?;
    let train = Recording::open(
        &arguments.fitting.loading.of(&arguments.train)?,
        &arguments.fitting.loading.options(),
    )?;
    let settings = change.apply(Settings::of(train.kind(), train.grid()));
    if let (Some(method), model @ (Model::Dense | Model::Stationary)) = (arguments.method, settings.model) {
        let name = model.name();
        return Err(usage(&format!("--method: found {method} with a {name} covariance, expected low_rank")));
    }
    announce(&settings, Shape { frames: settings.window, ..train.frame() });
    let memory = arguments.memory.map_or_else(Memory::half_of_the_free, Memory::Given);
    if let Some(parts) = &arguments.parts {
        return shared(arguments, parts, &train, &settings, memory);
    }
    let held = Held::file(&arguments.out)?;
    let whole = arguments.method.is_none() && fits(&train, &settings, memory);
    let read = if whole { "taken whole" } else { "read in portions" };
    detail!("{}: {} bytes of values, {read}; memory {memory}", train.path().display(), train.bytes());
    let fitted = if whole {
        let _told = Tally::of(format!("fitting to {}", train.path().display()));
        Prior::fit(&load(train.path(), train.options())?, &settings)
    } else {
        in_portions(&train, &settings, arguments.method.unwrap_or_default(), memory)?
    };
    let prior = match fitted {
        Err(error @ PriorError::Interrupted { .. }) => {
            caution!("{error}");
            return Ok(INTERRUPTED.into());
        }
        fitted => fitted?,
    };
    held.check()?;
    prior.save(&arguments.out, existing)?;
    told(arguments, &prior, memory)
}

/// Says what was fitted.
fn told(arguments: &Arguments, prior: &Prior, memory: Memory) -> anyhow::Result<ExitCode> {
    // The prior's file keeps them.
    for warning in &prior.provenance().warnings {
        note!("warning: {}: {warning}", arguments.train.display());
    }
    let report = Report::new(&arguments.out, prior, memory);
    output::print_sections(arguments.format, &report.sections(), &report)?;
    Ok(ExitCode::SUCCESS)
}

/// This process' share of a fit, and the prior where it is the last.
fn shared(
    arguments: &Arguments,
    parts: &Path,
    train: &Recording,
    settings: &Settings,
    memory: Memory,
) -> anyhow::Result<ExitCode> {
    let resources = Resources { memory: memory.bytes(), method: arguments.method.unwrap_or_default() };
    let shard = arguments.shard.map_or((1, 1), |shard| (shard.index(), shard.of()));
    let held = Held::shared(parts)?;
    let share = Share { folder: parts.to_owned(), shard, by: format!("{}:{}", host(), std::process::id()) };
    let progress = Progress::said(1000, "‰ of the fit", held.voice())?;
    let watch = |share: f64| progress.tell((1000.0 * share) as usize);
    let stood = arguments.out.exists();
    let written = || !stood && arguments.out.exists();
    let fitted = Prior::fit_shared(train, settings, &resources, &share, &written, &watch);
    progress.close();
    let prior = match fitted {
        Err(PriorError::Interrupted { .. }) => {
            caution!(
                "interrupted: parts that are whole stay in {}; the same command goes on",
                parts.display()
            );
            return Ok(INTERRUPTED.into());
        }
        fitted => fitted?,
    };
    let Some(prior) = prior else { return told(arguments, &Prior::load(&arguments.out)?, memory) };
    match prior.save(&arguments.out, arguments.force.existing()) {
        Err(PriorError::Data(DataError::Exists { .. })) if same(&arguments.out, &prior) => {}
        saved => saved?,
    }
    told(arguments, &prior, memory)
}

/// Whether the prior of the same fit stands there.
fn same(path: &Path, prior: &Prior) -> bool {
    Prior::load(path).is_ok_and(|found| {
        found.settings() == prior.settings()
            && found.provenance() == prior.provenance()
            && found.mean() == prior.mean()
            && found.spectrum() == prior.spectrum()
    })
}

/// A shard of as many as can share a fit.
fn shard(text: &str) -> Result<Shard, String> {
    let most = Share::MOST;
    let shard = text.parse::<Shard>().ok().filter(|shard| shard.of() <= most);
    shard.ok_or_else(|| format!("expected K/N with K from 1 to N and N at most {most}, such as 2/5"))
}

/// Whether the file is taken whole.
fn fits(train: &Recording, settings: &Settings, memory: Memory) -> bool {
    train.bytes() <= WHOLE && Prior::bytes_of_whole(train, settings) <= memory.bytes()
}

fn in_portions(
    train: &Recording,
    settings: &Settings,
    method: FitMethod,
    memory: Memory,
) -> anyhow::Result<Result<Prior, PriorError>> {
    let progress = Progress::new(100, "% of the fit")?;
    let watch = |share: f64| progress.tell((100.0 * share) as usize);
    let resources = Resources { memory: memory.bytes(), method };
    let fitted = Prior::fit_recording(train, settings, &resources, &watch);
    progress.close();
    Ok(fitted)
}

/// What is said of a saved prior.
#[derive(Serialize)]
struct Report<'a> {
    path: &'a Path,
    /// Units and space of the numbers.
    space: &'static str,
    train: &'a Provenance,
    /// Bytes that the fit could take.
    memory: Memory,
    #[serde(flatten)]
    spectrum: Spectrum,
}

impl<'a> Report<'a> {
    fn new(path: &'a Path, prior: &'a Prior, memory: Memory) -> Self {
        let (train, spectrum) = (prior.provenance(), Spectrum::of(prior));
        Self { path, space: "normalised units", train, memory, spectrum }
    }

    fn sections(&self) -> [(&'static str, Table); 2] {
        let file = Table::facts([
            ("path", self.path.display().to_string().into()),
            ("trained on", self.train.file.as_str().into()),
            ("sha256", self.train.sha256.as_str().into()),
            ("axes", self.train.axes.as_str().into()),
            ("notes", (!self.train.notes.is_empty()).then(|| self.train.notes.join("; ")).into()),
            ("warnings", (!self.train.warnings.is_empty()).then(|| self.train.warnings.join("; ")).into()),
            ("memory", self.memory.to_string().into()),
            ("modes", self.train.sampled.as_ref().map(missed).into()),
            ("space", self.space.into()),
        ]);
        [("prior", file), ("spectrum", self.spectrum.table())]
    }
}

/// What a randomised fit did, and what it cannot have missed.
fn missed(Sampled { method, bound }: &Sampled) -> String {
    format!(
        "sampled with {} directions more and {} power passes; no direction outside has a variance above {} \
         (probability 1 − {:e})",
        method.oversampling,
        method.power,
        significant(bound.variance, 3),
        bound.failure
    )
}
