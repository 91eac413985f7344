//! Whose windows are composed: AR(1) sequences, or the Gauss–Markov prior of a flow.

use super::tables::Numbers;
use crate::failure::usage;
use crate::fitting::{Fitting, announce};
use crate::messages;
use crate::number::count;
use anyhow::Context;
use equipoise_data::load;
use equipoise_experiment::FlowRequest;
use equipoise_field::Shape;
use equipoise_markov::{Clipped, Markov, Part};
use equipoise_prior::{Model, Prior, Settings};
use equipoise_report::significant;
use equipoise_windows::{Lattice, Series, Subject, choose};
use std::path::{Path, PathBuf};

/// Frames of a trajectory of AR(1), and of a flow.
const FRAMES: [usize; 2] = [40, 32];
/// k of AR(1), and of a flow.
const ORDERS: [&[usize]; 2] = [&[1, 2, 4, 8], &[1, 2, 4]];
/// Frames of the windows that a flow is fitted to: neighbours are all that the prior takes.
const NEIGHBOURS: usize = 2;

/// The prior.
#[derive(clap::Args)]
#[command(next_help_heading = "Prior")]
pub(super) struct Source {
    /// Correlations of neighbouring frames of AR(1) [default: 0.9,0.99]
    ///
    /// Of scalar sequences, −1 to 1.
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, value_parser = correlation)]
    rho: Vec<f64>,

    /// Points of a ring, each an AR(1) sequence
    #[arg(long, default_value_t = 1, value_parser = count, allow_negative_numbers = true)]
    points: usize,

    /// Correlation of neighbouring points of the ring
    ///
    /// It falls by as much a point.
    #[arg(long, default_value_t = 0.9, allow_negative_numbers = true, value_parser = correlation)]
    space: f64,

    /// Every so many-th point of the ring is read
    ///
    /// A flow is read in full.
    #[arg(long, value_delimiter = ',', value_parser = count, allow_negative_numbers = true, default_value = "1")]
    sub: Vec<usize>,

    /// A training file: the prior of its flow
    ///
    /// HDF5 with a dataset `x` or `velocity`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rho", "prior_file"])]
    train: Option<PathBuf>,

    /// A prior of at least two frames that `fit` saved
    #[arg(long, value_name = "FILE", conflicts_with = "rho")]
    prior_file: Option<PathBuf>,

    /// L, frames of a trajectory [default: 40; of a flow 32]
    #[arg(long, value_name = "L", value_parser = count, allow_negative_numbers = true)]
    frames: Option<usize>,

    /// Modes of a frame, of a low-rank prior
    #[arg(long, default_value_t = 6, value_parser = count, allow_negative_numbers = true)]
    modes: usize,

    /// Parts of the prior that stand for all, at most
    ///
    /// For x̂ and J, and for whole runs: few of its independent parts stand for many.
    #[arg(long, value_name = "N,N", value_delimiter = ',', num_args = 1, value_parser = count,
          allow_negative_numbers = true, default_value = "64,3")]
    parts: Vec<usize>,

    #[command(flatten)]
    fitting: Fitting,
}

fn correlation(text: &str) -> Result<f64, String> {
    let found: Option<f64> = text.parse().ok();
    found.filter(|rho| rho.abs() < 1.0).ok_or_else(|| "expected a number between −1 and 1".into())
}

/// Name and value of what numbers rest on.
type Facts = Vec<(String, String)>;

/// The priors, what they rest on, and what their series are numbers of.
type Opened = (Vec<Subject>, Facts, Numbers);

impl Source {
    /// The files that were named.
    pub(super) fn named(&self) -> Vec<&Path> {
        self.train.iter().chain(&self.prior_file).map(PathBuf::as_path).collect()
    }

    fn is_flow(&self) -> bool {
        self.train.is_some() || self.prior_file.is_some()
    }

    /// L.
    pub(super) fn frames(&self) -> usize {
        self.frames.unwrap_or(FRAMES[usize::from(self.is_flow())])
    }

    /// k where none is asked for.
    pub(super) fn orders(&self) -> Vec<usize> {
        ORDERS[usize::from(self.is_flow())].to_vec()
    }

    /// The priors, and what they rest on by name.
    ///
    /// # Errors
    /// Bad usage, or a file that cannot be used.
    pub(super) fn open(&self) -> anyhow::Result<Opened> {
        let file = self.train.as_ref().or(self.prior_file.as_ref());
        if file.is_some() && (self.points > 1 || self.sub != [1]) {
            return Err(usage(
                "--points, --sub: found with a flow, whose parts are read in full; expected --rho",
            ));
        }
        let (Some(path), [for_costs, for_runs]) = (file, self.counts()?) else {
            return Ok((
                self.scalars()?,
                vec![("prior".into(), "scalar AR(1) sequences of variance 1".into())],
                Numbers::Points,
            ));
        };
        self.flow(path, [for_costs, for_runs])
    }

    fn flow(&self, path: &Path, [for_costs, for_runs]: [usize; 2]) -> anyhow::Result<Opened> {
        let (prior, markov, clipped) = self.markov(path)?;
        let (mut parts, name) = (markov.parts()?, format!("{} {}", prior.kind(), FlowRequest::name_of(path)));
        parts.retain(|part| part.copies > 0);
        let of = format!("Gauss–Markov, {} of {}", prior.settings().model.name(), path.display());
        let mut facts = vec![("prior".to_owned(), of), ("clipped".to_owned(), told(&clipped))];
        if prior.settings().model != Model::Stationary {
            let title = format!("{name}, {} modes", parts.first().map_or(0, |part| part.chain.dim()));
            let modes = self.series(&parts[..1], 1, "of the modes alone", None, &mut facts)?;
            let all = self.series(&parts, parts.len(), "of x̂ and J and of runs", None, &mut facts)?;
            let whole = Lattice::strided(all.clone(), 1);
            let both = format!("{title} and the rest");
            let modes = Subject { name: title, series: modes, lattices: Vec::new() };
            let both = Subject { name: both, series: all, lattices: vec![whole] };
            return Ok((vec![modes, both], facts, Numbers::Modes));
        }
        let channels = Some(markov.shape().channels);
        let series = self.series(&parts, for_costs, "of x̂ and J", channels, &mut facts)?;
        let in_runs = self.series(&parts, for_runs, "of runs", channels, &mut facts)?;
        let lattices = vec![Lattice::strided(in_runs, 1)];
        Ok((vec![Subject { name, series, lattices }], facts, Numbers::Wavenumbers))
    }

    fn counts(&self) -> anyhow::Result<[usize; 2]> {
        let counts: Result<[usize; 2], _> = self.parts.clone().try_into();
        counts.map_err(|found| {
            usage(&format!("--parts: found {} numbers, expected two: for x̂ and J, and for runs", found.len()))
        })
    }

    fn scalars(&self) -> anyhow::Result<Vec<Subject>> {
        let flag = [("--modes", self.modes != 6)].into_iter().find(|flag| flag.1).map(|flag| flag.0);
        if let Some(flag) = self.fitting.given().or(flag) {
            return Err(usage(&format!(
                "{flag}: found without a flow, expected --train or --prior-file beside it"
            )));
        }
        let rho = if self.rho.is_empty() { &[0.9, 0.99][..] } else { &self.rho };
        let scalar = |rho: &f64| {
            let series = vec![Series::ring(*rho, self.points, self.space, self.frames())?];
            let lattice = |sub: &usize| Lattice::strided(series.clone(), *sub);
            let lattices = self.sub.iter().map(lattice).collect();
            Ok(Subject { name: format!("AR(1) ρ = {rho}"), series, lattices })
        };
        rho.iter().map(scalar).collect()
    }

    /// The Gauss–Markov prior, and that of windows whose units it has.
    fn markov(&self, path: &Path) -> anyhow::Result<(Prior, Markov, Clipped)> {
        let rank = |prior: &Prior| (prior.settings().model != Model::Stationary).then_some(self.modes);
        if self.prior_file.is_some() {
            if let Some(flag) = self.fitting.given() {
                return Err(usage(&format!(
                    "{flag}: found with --prior-file, which says it; expected --train"
                )));
            }
            let prior = Prior::load(path)?;
            let (markov, clipped) = prior.markov(rank(&prior)).with_context(|| path.display().to_string())?;
            return Ok((prior, markov, clipped));
        }
        let change = self.fitting.change()?;
        let train = load(&self.fitting.loading.of(path)?, &self.fitting.loading.options())?;
        messages::warnings(train.path(), train.warnings());
        let of_kind = Settings { window: NEIGHBOURS, ..Settings::of(train.kind(), train.grid()) };
        let settings = change.apply(of_kind);
        announce(&settings, Shape { frames: settings.window, ..train.shape(1) });
        let prior = Prior::fit(&train, &settings)?;
        let (markov, clipped) = prior.markov_of(&train, rank(&prior))?;
        Ok((prior, markov, clipped))
    }

    /// At most `count` of the parts, by their weight; says what they stand for.
    fn series(
        &self,
        parts: &[Part],
        count: usize,
        used: &str,
        channels: Option<usize>,
        facts: &mut Facts,
    ) -> anyhow::Result<Vec<Series>> {
        let dim = |part: &Part| part.chain.dim() as f64;
        let variance = |part: &Part| part.chain.c0().diag().sum() / dim(part) + part.white;
        let all: Vec<(f64, f64)> =
            parts.iter().map(|part| (variance(part), dim(part) * part.copies as f64)).collect();
        let chosen = choose(&all, count);
        let total: f64 = all.iter().map(|of| of.0 * of.1).sum();
        let held: f64 = chosen.iter().map(|of| all[of.index].0 * of.weight).sum();
        let held = significant(100.0 * held / total, 4);
        let (found, of) = (chosen.len(), parts.len());
        facts.push((
            format!("parts {used}"),
            format!("{found} stand for {of}, with {held} % of the variance"),
        ));
        let of = |one: &equipoise_windows::Chosen| {
            let part = &parts[one.index];
            let weight = one.weight / dim(part);
            let series = Series::of_chain(&part.chain, part.white, self.frames(), weight)?;
            Ok(match channels {
                Some(channels) => series.spread(channels)?,
                None => series,
            })
        };
        chosen.iter().map(of).collect()
    }
}

fn told(clipped: &Clipped) -> String {
    let Clipped { limit, count, of, largest, .. } = clipped;
    format!(
        "{count} of {of} singular values of the whitened lag-1 correlation at {}, the largest {}",
        significant(*limit, 6),
        significant(*largest, 6)
    )
}
