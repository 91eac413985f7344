//! What a benchmark varies: datasets, cases, methods, seeds.

use crate::diffusion::StartName;
use crate::failure::usage;
use crate::number::{count, positive};
use crate::priors::{Priors, refuse_unknown, told};
use crate::sweep::{Embedded, Methods, methods_help};
use equipoise_benchmark::{Axes, BenchmarkFile, Subset, WAKE, approaches, product};
use equipoise_experiment::{FlowFile, Label, Seed};

/// The lists that a benchmark multiplies.
#[derive(clap::Args)]
#[command(next_help_heading = "Cases")]
pub(super) struct Design {
    /// Every sub, noise and number of steps, instead of the subset `core`
    #[arg(long)]
    full: bool,

    /// Posterior methods with their settings [default: all but daps]
    #[arg(long, value_name = "METHOD", long_help = methods_help(METHODS))]
    method: Vec<Methods>,

    /// Embedded samples, ibpm or kolmogorov [default: both]
    #[arg(long, value_enum, value_delimiter = ',')]
    dataset: Vec<Embedded>,

    #[arg(long, value_name = "NAME", help = "Priors by name, each ranked on its own [default: wiener]", long_help = told(PRIORS))]
    prior: Vec<String>,

    /// Strides of the observed lattice, as subset `custom`
    ///
    /// Without it 2,4,8,16 there, for ibpm 4,16.
    #[arg(long, value_delimiter = ',', value_parser = count, allow_negative_numbers = true)]
    sub: Vec<usize>,

    /// Std of the noise, normalised units, likewise [default there: 0.1]
    #[arg(long, value_name = "S", value_delimiter = ',', value_parser = positive, allow_negative_numbers = true)]
    noise: Vec<f64>,

    /// Steps of the samplers, likewise [default there: 16]
    #[arg(long, value_delimiter = ',', value_parser = count, allow_negative_numbers = true)]
    steps: Vec<usize>,

    /// Posterior samples an ensemble
    #[arg(long, default_value = "16", value_parser = count, allow_negative_numbers = true)]
    members: usize,

    /// Seeds, over which intervals are taken [default: 0,1,2]
    #[arg(long = "seeds", value_name = "SEED", value_delimiter = ',', allow_negative_numbers = true)]
    seed: Vec<u64>,

    /// The law of x at t = 1: normal or prior
    ///
    /// N(0, I), or the prior's exact marginal.
    #[arg(long, value_enum, default_value_t = StartName::Normal)]
    start: StartName,
}

const PRIORS: &str = "Priors by name, each ranked on its own on the same observations [default: wiener]:";

/// What is said of `--method` before the methods.
const METHODS: &str = "Posterior methods; sda runs under its published law and those without a parameter, and a \
                       parameter that is given is not tuned [default: all but daps, with --full all]";

impl Design {
    /// What is asked of the benchmark: the embedded samples, the turbulence first.
    ///
    /// # Errors
    /// Bad usage: a name that no prior bears.
    pub(super) fn asked(&self) -> anyhow::Result<BenchmarkFile> {
        let priors = Priors::of(&self.prior, None)?;
        if priors.file.is_some() {
            return Err(usage("--prior: found a file, expected names: the embedded flows are fitted"));
        }
        let subset = if self.full { Subset::Full } else { Subset::Core };
        let custom = !(self.sub.is_empty() && self.noise.is_empty() && self.steps.is_empty());
        let dataset = |embedded: Embedded| {
            let Axes { subs, noises, steps } = subset.axes(embedded.name() == WAKE);
            let (subs, steps) = (asked(&self.sub, subs), asked(&self.steps, steps));
            FlowFile {
                priors: Some(priors.names.clone()),
                cases: custom.then(|| product(&subs, &asked(&self.noise, noises), &steps)),
                ..FlowFile::embedded(embedded.name())
            }
        };
        let named = |embedded: &Embedded| self.dataset.is_empty() || self.dataset.contains(embedded);
        let datasets = [Embedded::Kolmogorov, Embedded::Ibpm].into_iter().filter(named).map(dataset);
        let methods = Methods::flatten(&self.method);
        let approaches = if methods.is_empty() { subset.approaches() } else { approaches(&methods) };
        if !methods.is_empty() {
            refuse_unknown(priors.names.iter(), &approaches)?;
        }
        Ok(BenchmarkFile {
            subset: (!custom).then(|| subset.to_string()),
            approaches: Some(approaches.into_iter().map(Label).collect()),
            members: Some(self.members),
            start: Some(self.start.into()),
            seeds: (!self.seed.is_empty()).then(|| self.seed.iter().copied().map(Seed).collect()),
            datasets: datasets.collect(),
            ..BenchmarkFile::default()
        })
    }
}

/// The list that was asked for, or the default.
fn asked<T: Clone>(asked: &[T], default: Vec<T>) -> Vec<T> {
    if asked.is_empty() { default } else { asked.to_vec() }
}
