//! Which flows are looked at, and by which denoisers.

use crate::fitting::{Fitting, announce};
use crate::messages;
use crate::number::count;
use crate::priors::{names, told};
use crate::sweep::Embedded;
use equipoise_data::{LoadOptions, load, load_beside};
use equipoise_denoising::{Flow, Named};
use equipoise_experiment::{EMBEDDED, FlowRequest, SettingsChange};
use equipoise_field::Boundary;
use equipoise_prior::{DenoiserName, Fields, NameError, Received, Settings};
use std::path::{Path, PathBuf};

/// The data, the priors fitted to them, and the denoisers over both.
#[derive(clap::Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct Source {
    /// The file whose windows are held out [default: the embedded samples]
    ///
    /// HDF5 with a dataset `x` or `velocity`; needs --train; its name without the ending names the dataset.
    #[arg(long, value_name = "FILE", requires = "train")]
    data: Option<PathBuf>,

    /// The training file that priors and denoisers are made from
    #[arg(long, value_name = "FILE", requires = "data")]
    train: Option<PathBuf>,

    /// Embedded samples, ibpm or kolmogorov [default: both]
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with = "data")]
    dataset: Vec<Embedded>,

    /// Held-out windows, evenly spaced [default: see --help]
    ///
    /// Of those of the file; how many without it is said above.
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    held_out: Option<usize>,

    #[arg(
        long, value_name = "NAME", help = "Denoisers by name [default: see --help]",
        long_help = told("Denoisers by name; which ones without it is said above:")
    )]
    prior: Vec<String>,

    /// Seed of all streams
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    #[command(flatten)]
    fitting: Fitting,
}

/// A flow with its denoisers.
pub(crate) struct Opened {
    pub(crate) flow: Flow,
    pub(crate) denoisers: Vec<Named>,
}

/// What a verb takes where nothing else is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Defaults {
    pub(crate) held_out: usize,
    /// Whether `equivariant_local` is among the denoisers of a periodic grid.
    pub(crate) equivariant: bool,
}

impl Source {
    /// The files that were named.
    pub(crate) fn named(&self) -> Vec<&Path> {
        self.data.iter().chain(&self.train).map(PathBuf::as_path).collect()
    }

    /// Fits the priors, makes the denoisers, and says what they are on standard error.
    ///
    /// # Errors
    /// Bad usage, or a file that cannot be used.
    pub(crate) fn open(&self, defaults: Defaults) -> anyhow::Result<Vec<Opened>> {
        let change = self.fitting.change()?;
        let names = names(&self.prior)?;
        self.files()?.into_iter().map(|files| self.open_one(files, change, defaults, &names)).collect()
    }

    fn open_one(
        &self,
        [name, train, data]: [PathBuf; 3],
        change: SettingsChange,
        defaults: Defaults,
        names: &[DenoiserName],
    ) -> anyhow::Result<Opened> {
        let name = name.to_string_lossy();
        detail!("{name}: training {}, held out {}", train.display(), data.display());
        let options: LoadOptions = self.fitting.loading.options();
        let train = load(&train, &options)?;
        let data = load_beside(&data, &options, train.kind())?;
        [&train, &data].into_iter().for_each(|file| messages::warnings(file.path(), file.warnings()));
        let single = |kind, grid| Settings { window: 1, ..Settings::of(kind, grid) };
        let received = Fields::received(names, train, change.normalizer, single)?;
        let (settings, units) = (change.apply(received.defaults), received.units().cloned());
        let Received { train, remarks: turned, .. } = received;
        let boundary = train.grid().boundary;
        announce(&settings, train.shape(settings.window));
        let count = self.held_out.unwrap_or(defaults.held_out);
        let flow = Flow::new(&name, [train, data], (&settings, units.as_ref()), count)?;
        let defaults = if names.is_empty() { defaults.names(boundary)? } else { Vec::new() };
        let denoisers = flow.denoisers(if names.is_empty() { &defaults } else { names })?;
        turned.iter().chain(flow.remarks()).for_each(messages::remark);
        note!("{name}: {}, T = {}, {}", settings.model.name(), settings.window, flow.counts());
        Ok(Opened { flow, denoisers })
    }

    /// Name, training file and held-out file of every flow.
    fn files(&self) -> anyhow::Result<Vec<[PathBuf; 3]>> {
        if let (Some(data), Some(train)) = (&self.data, &self.train) {
            let [train, data] = [self.fitting.loading.of(train)?, self.fitting.loading.of(data)?];
            return Ok(vec![[FlowRequest::name_of(&data).into(), train, data]]);
        }
        let asked = |name: &str| self.dataset.is_empty() || self.dataset.iter().any(|of| of.name() == name);
        let embedded = EMBEDDED.into_iter().filter(|(name, _)| asked(name));
        embedded.map(|(name, [train, data])| Ok([name.into(), train.path()?, data.path()?])).collect()
    }
}

impl Defaults {
    /// All denoisers, without shifts; patches of all positions only where the grid wraps, at every
    /// 16th position.
    fn names(self, boundary: Boundary) -> Result<Vec<DenoiserName>, NameError> {
        let equivariant = self.equivariant && boundary == Boundary::Periodic;
        let names = ["wiener", "optimal", "local:4", "equivariant_local:4:16", "locality"];
        let taken = |name: &&str| equivariant || !name.starts_with("equivariant");
        names.into_iter().filter(taken).map(str::parse).collect()
    }
}
