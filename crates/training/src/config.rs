//! The configuration of a training, as a file of TOML states it: docs/training.md.

mod known;
mod limits;
mod parts;

pub(crate) use limits::held;

pub use parts::{
    Errors, GaussianPart, Laws, LossPart, NetworkPart, NoisePart, OptimiserPart, OutputPart, Rates,
    ValidationPart, Weightings, WindowsPart,
};

use crate::error::fault;
use crate::{Result, TrainingError};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// All that a training is told beside its data. Whatever is left out has the value of `Config::default()`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The network and what stands around it.
    pub network: NetworkPart,
    /// The Gaussian: the skip of the wrapper `wiener`, and what validation stands beside.
    pub gaussian: GaussianPart,
    /// The noise levels.
    pub noise: NoisePart,
    /// The loss.
    pub loss: LossPart,
    /// The steps.
    pub optimiser: OptimiserPart,
    /// The windows of the data.
    pub windows: WindowsPart,
    /// Validation.
    pub validation: ValidationPart,
    /// What is written, and when.
    pub output: OutputPart,
}

impl Config {
    /// Reads a configuration and holds its entries to each other.
    ///
    /// # Errors
    /// [`TrainingError::File`], [`TrainingError::Toml`]; [`TrainingError::Config`] with the entry, for an unknown one
    /// with the known one that is nearest.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TrainingError::File { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// As [`read`](Self::read), from the text of a file.
    ///
    /// # Errors
    /// As [`read`](Self::read), but for files.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let toml = |source| TrainingError::Toml { path: path.to_owned(), source: Box::new(source) };
        let table: toml::Table = toml::from_str(text).map_err(toml)?;
        known::check(&table)?;
        let mut config: Self = toml::from_str(text).map_err(toml)?;
        known::of_family(&config.network.family, &table)?;
        config.gaussian.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        config.check().map(|()| config)
    }

    /// That the entries make a training, as far as they say so without data.
    ///
    /// # Errors
    /// [`TrainingError::Config`].
    pub fn check(&self) -> Result<()> {
        self.optimiser.check()?;
        self.noise.check()?;
        self.loss.check()?;
        self.gaussian.check()?;
        let Self { validation, output, network, .. } = self;
        network.check()?;
        for (field, found, expected) in [
            ("network.window", network.window, "at least 1 frame"),
            ("windows.stride", self.windows.stride, "at least 1, for every point"),
        ] {
            if found == 0 {
                return Err(fault(field, 0, expected));
            }
        }
        for (field, found) in [("validation.every", validation.every), ("output.every", output.every)] {
            if found == 0 {
                return Err(fault(field, 0, "a number of steps, at least 1"));
            }
        }
        if validation.windows == 0 {
            return Err(fault("validation.windows", 0, "at least 1"));
        }
        let [low, high] = [self.noise.low, self.noise.high];
        match validation.ratios.iter().find(|ratio| !(**ratio >= low && **ratio <= high)) {
            Some(ratio) => {
                let expected = format!("{low} to {high}, the levels of `noise.low` and `noise.high`");
                Err(fault("validation.ratios", ratio, expected))
            }
            None if validation.ratios.is_empty() => {
                Err(fault("validation.ratios", "none", "at least one sigma/mu"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Config::parse(text, Path::new("net.toml")).unwrap_err().to_string()
    }

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_said_is_taken() {
        assert_eq!(Config::parse("", Path::new("net.toml")).unwrap(), Config::default());
        let text = "[optimiser]\nrate = 1e-3\n[network]\nwidths = [8, 16]\nblocks = [1, 1]\n";
        let config = Config::parse(text, Path::new("net.toml")).unwrap();
        assert_eq!((config.optimiser.rate, config.network.widths), (1e-3, vec![8, 16]));
    }

    #[test]
    fn unknown_entries_are_refused_with_the_nearest() {
        for (text, found, nearest) in [
            ("[optimizer]\nrate = 1.0\n", "optimizer", "optimiser"),
            ("[optimiser]\nrates = 1.0\n", "optimiser.rates", "optimiser.rate"),
            ("[network]\nhidden = [1]\nwidhts = [1]\n", "network.hidden", "network."),
            ("steps = 3\n", "steps", "optimiser.steps"),
            ("[validation]\nlevels = [1.0]\n", "validation.levels", "validation."),
        ] {
            let message = refused(text);
            assert!(message.contains(found) && message.contains(nearest), "{message}");
        }
    }

    #[test]
    fn entries_that_make_no_training_are_named() {
        for (text, named) in [
            ("[optimiser]\nsteps = 0\n", "optimiser.steps"),
            ("[optimiser]\nbatch = 0\n", "optimiser.batch"),
            ("[optimiser]\nrate = -1.0\n", "optimiser.rate"),
            ("[optimiser]\nbeta2 = 1.0\n", "optimiser.beta2"),
            ("[optimiser]\nclip = -1.0\n", "optimiser.clip"),
            ("[optimiser]\nema = 1.5\n", "optimiser.ema"),
            ("[optimiser]\nwarm_up = 100000000\n", "optimiser.warm_up"),
            ("[optimiser]\nbatch = 1000000000000\n", "optimiser.batch"),
            ("[optimiser]\nepsilon = 0.0\n", "optimiser.epsilon"),
            ("[network]\nwidths = []\n", "network.widths"),
            ("[network]\nblocks = [1]\n", "network.blocks"),
            ("[noise]\nlow = 1e-300\n", "noise.low"),
            ("[noise]\nhigh = 1e300\n", "noise.high"),
            ("[noise]\nmean = 1e30\n", "noise.mean"),
            ("[noise]\nmean = -30.0\n", "noise.mean"),
            ("[noise]\nlow = 0.0\n", "noise.low"),
            ("[noise]\nhigh = 1e-4\n", "noise.high"),
            ("[noise]\ndeviation = 0.0\n", "noise.deviation"),
            ("[noise]\nshare = 2.0\n", "noise.share"),
            ("[loss]\ngamma = 0.0\n", "loss.gamma"),
            ("[gaussian]\nridge = 1e300\n", "gaussian.ridge: found 1e300, expected 0 to 1e12"),
            ("[gaussian]\nridge = -1.0\n", "gaussian.ridge"),
            ("[gaussian]\nfile = \"prior.h5\"\nrank = 3\n", "gaussian.rank: found 3, expected none"),
            ("[gaussian]\nfile = \"prior.h5\"\nridge = 0.0\n", "gaussian.ridge: found 0.0, expected none"),
            ("[gaussian]\nfile = \"p\"\nmodel = \"dense\"\n", "gaussian.model: found \"dense\""),
            ("[windows]\nstride = 0\n", "windows.stride"),
            (
                "[network]\nnorm = \"layer\"\n",
                "network.norm: found \"layer\", expected none: it is of `azula`",
            ),
            ("[network]\nmod_features = 8\n", "network.mod_features"),
            ("[network]\nfamily = \"azula\"\nembedding = 64\n", "network.embedding: found 64, expected none"),
            ("[network]\nfamily = \"azula\"\nactivation = \"ReLU\"\n", "network.activation"),
            ("[validation]\nratios = [1e9]\n", "validation.ratios"),
            ("[validation]\nratios = [nan]\n", "validation.ratios"),
            ("[validation]\nevery = 0\n", "validation.every"),
        ] {
            let message = refused(text);
            assert!(message.contains(named), "{text}: {message}");
        }
        let error = Config::parse("[optimiser]\nrate = \"fast\"\n", Path::new("net.toml")).unwrap_err();
        assert!(matches!(error, TrainingError::Toml { .. }), "{error:?}");
    }
}
