//! One trial: everything that determines the numbers of one row.

use crate::{Approach, CPU, CovarianceSettings, Source, Start};
use equipoise_experiment::{Base, Error, ModelName, Precision, Result, Units, text};
use equipoise_prior::DenoiserName;
use equipoise_sampler::{SamplerName, Steps};
use equipoise_schedule::{ScheduleName, Spacing};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Evaluations of a denoiser that a trial's curves, errors and pictures take as long as: 2.2 s against 0.16 s an
/// evaluation of the wake's 2.5 million entries, on one core.
const BESIDE: f64 = 14.0;

/// Bytes of JSON that a trial seldom exceeds.
const JSON: usize = 1 << 10;

/// One trial of a sweep. All numbers are finite; `None` means the law's or the data's default.
///
/// In files every name is a text, as it is printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The dataset, and where its numbers come from.
    #[serde(flatten)]
    pub source: Source,
    /// T, frames of a window.
    pub window: usize,
    /// The units of the prior.
    #[serde(with = "text")]
    pub normalizer: Units,
    /// How the prior covariance is modelled.
    pub covariance: CovarianceSettings,
    /// The prior's denoiser: `wiener` for the Gaussian itself.
    pub prior: DenoiserName,
    /// Name of the protocol.
    pub protocol: String,
    /// The schedule.
    pub schedule: ScheduleName,
    /// η, the noise left at t = 0.
    pub eta: f64,
    /// Law of the state at t = 1.
    pub start: Start,
    /// Predictor steps.
    pub steps: usize,
    /// Corrector steps after each predictor step.
    pub corrections: usize,
    /// τ, the size of a corrector step.
    pub tau: f64,
    /// The sampler of methods that leave it open.
    #[serde(with = "text")]
    pub sampler: SamplerName,
    /// How the times are spaced.
    pub spacing: Spacing,
    /// Posterior method with its settings, and the law of its likelihood term.
    #[serde(flatten)]
    pub approach: Approach,
    /// Subsampling stride along H and W.
    pub sub: usize,
    /// Noise standard deviation of each channel, normalised units.
    pub noise: Vec<f64>,
    /// What its law scales.
    #[serde(flatten)]
    pub base: Base,
    /// Seed of every stream.
    pub seed: u64,
    /// Posterior samples.
    pub members: usize,
    /// Element type of fields.
    pub precision: Precision,
    /// What runs it: [`CPU`](crate::CPU), or the name of the [`Accelerator`](crate::Accelerator) that takes
    /// it. Draws and last bits follow it.
    pub backend: String,
}

impl Trial {
    /// Sixteen hexadecimal digits of the SHA-256 of the trial's JSON: fields in the order of
    /// [`Trial`], numbers in the shortest form that reads back to the same bits.
    ///
    /// # Errors
    /// If the trial cannot be written as JSON.
    pub fn identity(&self) -> Result<String> {
        let mut json = Vec::with_capacity(JSON);
        serde_json::to_writer(&mut json, self).map_err(|source| Error::Encode { what: "trial", source })?;
        let digest = Sha256::digest(&json);
        let first = digest.iter().take(size_of::<u64>()).fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        Ok(format!("{first:016x}"))
    }

    /// Name of the dataset.
    pub fn dataset(&self) -> &str {
        &self.source.dataset
    }

    /// What it bears as its law: the law's name, or the method's own text where it takes none.
    pub fn law(&self) -> String {
        self.approach.label()
    }

    /// Whether both trials share data, prior and protocol.
    pub fn same_scene(&self, other: &Self) -> bool {
        self.dataset() == other.dataset() && self.protocol == other.protocol && self.prior == other.prior
    }

    /// Whether both run on the same problem in the same steps, whatever their method, law and seed.
    pub(crate) fn same_course(&self, other: &Self) -> bool {
        (self.sub, self.start, self.setup()) == (other.sub, other.start, other.setup())
            && self.dataset() == other.dataset()
            && self.prior == other.prior
    }

    /// What its sampler's steps are made of.
    pub(crate) fn steps_of_sampler(&self) -> Steps {
        self.sampler.steps(self.corrections, self.tau)
    }

    /// What its shard weighs it by, from what the plan says alone: numbers denoised, and `BESIDE` as many for what is
    /// made of them. A field has D entries. Runs in the coordinates of a prior of few components weigh nothing beside
    /// that.
    pub fn weight(&self, entries: usize) -> f64 {
        let few = matches!(self.covariance.model, ModelName::LowRank | ModelName::Dense);
        let evaluations = if few && self.is_gaussian() && self.backend != CPU {
            0
        } else {
            self.members * self.steps * (1 + self.corrections)
        };
        entries as f64 * (evaluations as f64 + BESIDE)
    }

    /// Whether its prior is the Gaussian, of which everything is known.
    pub fn is_gaussian(&self) -> bool {
        self.prior.is_gaussian()
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, sub, seed, .. } = self;
        let (dataset, law, method) = (self.dataset(), self.law(), self.approach.method());
        write!(f, "{dataset}, {protocol}, ")?;
        if !self.is_gaussian() {
            write!(f, "{}, ", self.prior)?;
        }
        write!(f, "sub {sub}, seed {seed}, {law}")?;
        if law == method { Ok(()) } else { write!(f, " ({method})") }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use equipoise_data::{AxisOrder, Kind, NormalizerKind};
    use equipoise_scaling::NConvention;
    use serde_json::Value;

    pub(crate) fn example() -> Trial {
        let text = |s: &str| s.to_owned();
        Trial {
            source: Source {
                dataset: text("kolmogorov"),
                data_checksum: text("aa"),
                train_checksum: text("bb"),
                kind: Kind::KOLMOGOROV,
                axes: Some(AxisOrder::NTCHW),
            },
            window: 8,
            normalizer: Units::Fitted(NormalizerKind::Profile),
            covariance: CovarianceSettings { model: ModelName::Stationary, rank: Some(3), ridge: 1e-4 },
            prior: DenoiserName::wiener(),
            protocol: text("fast"),
            schedule: "cos".parse().unwrap(),
            eta: 0.01,
            start: Start::Normal,
            steps: 32,
            corrections: 0,
            tau: 0.5,
            sampler: SamplerName::default(),
            spacing: Spacing::default(),
            approach: "dual".parse().unwrap(),
            sub: 4,
            noise: vec![0.1, 0.1],
            base: Base {
                std: Some(0.1),
                gamma: Some(0.01),
                n_ref: Some(4096),
                n_convention: NConvention::True,
            },
            seed: 0,
            members: 2,
            precision: Precision::F32,
            backend: text("cpu"),
        }
    }

    /// Another text that may stand in the place of one.
    fn another(path: &str, text: &str) -> String {
        let other = match path {
            ".kind" => "ibpm",
            ".axes" => "TNCHW",
            ".normalizer" => "channel",
            ".covariance.model" => "dense",
            ".prior" => "optimal",
            ".schedule" => "lin",
            ".start" => "prior",
            ".sampler" => "euler",
            ".spacing" => "edm",
            ".law" => "sum",
            ".method" => "sda:gamma=0.5",
            ".n_convention" => "floor",
            _ => return format!("{text}x"),
        };
        other.to_owned()
    }

    /// Every value that differs from `value` in one leaf, with the path of the leaf.
    fn changed_once(value: &Value, path: &str) -> Vec<(String, Value)> {
        match value {
            Value::Object(fields) => fields
                .iter()
                .flat_map(|(name, inner)| {
                    changed_once(inner, &format!("{path}.{name}")).into_iter().map(move |(at, new)| {
                        let mut fields = fields.clone();
                        fields[name] = new;
                        (at, Value::Object(fields))
                    })
                })
                .collect(),
            Value::Array(items) => (0..items.len())
                .flat_map(|i| {
                    changed_once(&items[i], &format!("{path}[{i}]")).into_iter().map(move |(at, new)| {
                        let mut items = items.clone();
                        items[i] = new;
                        (at, Value::Array(items))
                    })
                })
                .collect(),
            Value::String(s) => vec![(path.into(), another(path, s).into())],
            Value::Number(n) if n.is_f64() => {
                vec![(path.into(), n.as_f64().unwrap().next_up().into())]
            }
            Value::Number(n) => vec![(path.into(), (n.as_u64().unwrap() + 1).into())],
            other => panic!("{path}: no change is known for {other}"),
        }
    }

    #[test]
    fn one_last_bit_of_any_field_changes_the_identity() {
        let identity = example().identity().unwrap();
        let changed = changed_once(&serde_json::to_value(example()).unwrap(), "");
        // 30 fields, of which the covariance has three leaves and the noise two.
        assert_eq!(changed.len(), 30 + 2 + 1);
        // Of the precision there is one alone.
        for (path, value) in changed.into_iter().filter(|(path, _)| path != ".precision") {
            let trial: Trial = serde_json::from_value(value).unwrap();
            assert_ne!(trial.identity().unwrap(), identity, "{path}");
        }
    }

    #[test]
    fn an_absent_option_differs_from_every_value() {
        let with = |n_ref| Trial { base: Base { n_ref, ..example().base }, ..example() };
        let (trial, zero) = (with(None), with(Some(0)));
        assert_ne!(trial.identity().unwrap(), zero.identity().unwrap());
    }

    #[test]
    fn the_order_of_fields_in_a_file_does_not_change_the_identity() {
        let fields = serde_json::to_value(example()).unwrap();
        let mut lines: Vec<String> =
            fields.as_object().unwrap().iter().map(|(k, v)| format!("{k:?}: {v}")).collect();
        let identity = example().identity().unwrap();
        for turn in 0..lines.len() {
            lines.rotate_left(1);
            if turn % 2 == 0 {
                lines.reverse();
            }
            let read: Trial = serde_json::from_str(&format!("{{{}}}", lines.join(",\n"))).unwrap();
            assert_eq!(read.identity().unwrap(), identity);
        }
    }

    /// Sweeps begun by an earlier build can only be resumed while this stays as it is.
    #[test]
    fn the_identity_is_stable() {
        insta::assert_snapshot!(example().identity().unwrap(), @"54925b2e5deb6490");
    }
}
