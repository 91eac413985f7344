//! `cargo xtask networks`: makes the trained networks of `data/networks` anew, data first.

use crate::call::finish;
use crate::{python, setup, workspace};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What makes the runs, at the versions that were tested.
const PACKAGES: [&str; 4] = ["numpy==2.4.6", "h5py==3.16.0", "pyfftw==0.15.1", "numba==0.68.1"];
/// Their modules.
const MODULES: &str = "import numpy, h5py, pyfftw, numba";
/// The first seed of the runs, their number, the step that their frames begin at, and the frames of each.
const RUNS: [&str; 4] = ["1000", "76", "65", "64"];

/// A network that is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// Turbulence: the embedded training file and runs of another solver.
    Kolmogorov,
    /// The wake at every second point: an embedded file.
    Ibpm,
}

impl Network {
    /// The folder in `data/networks`, and the name of the configuration beside it.
    fn name(self) -> &'static str {
        match self {
            Self::Kolmogorov => "kolmogorov",
            Self::Ibpm => "ibpm",
        }
    }

    /// The networks that are named, both without a name.
    ///
    /// # Errors
    /// A name that is none of them.
    pub(crate) fn parse(args: &[OsString]) -> Result<Vec<Self>, String> {
        let all = [Self::Kolmogorov, Self::Ibpm];
        let named = |arg: &OsString| {
            all.into_iter().find(|network| arg == network.name()).ok_or_else(|| {
                format!("`networks` makes kolmogorov and ibpm, found `{}`", arg.to_string_lossy())
            })
        };
        if args.is_empty() { Ok(all.to_vec()) } else { args.iter().map(named).collect() }
    }

    /// The training file, which is made where it is not in `data`.
    fn data(self, folder: &Path) -> anyhow::Result<PathBuf> {
        match self {
            Self::Kolmogorov => turbulence(folder),
            Self::Ibpm => Ok(workspace::root().join("data/ibpm/long_train.h5")),
        }
    }
}

/// `cargo xtask networks`: what was begun goes on, from runs that are there and the last checkpoint.
pub(crate) fn run(networks: &[Network]) -> anyhow::Result<()> {
    setup::ensure_native()?;
    let folder = workspace::root().join("target/networks");
    std::fs::create_dir_all(&folder)?;
    for network in networks {
        let (data, out) = (network.data(&folder)?, folder.join(network.name()));
        let config = workspace::root().join(format!("data/networks/{}.toml", network.name()));
        let mut cargo = workspace::cargo_here(["run", "--release", "--", "train", "--train"]);
        cargo.arg(&data).arg("--config").arg(&config).arg("--out").arg(&out);
        let begun = out.join("training.json").is_file();
        finish(cargo.args(begun.then_some("--resume")))?;
        println!("{}: the network, to be held to data/networks/{}", out.display(), network.name());
    }
    Ok(())
}

/// The embedded training file and runs of the spectral solver in one file.
fn turbulence(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("kolmogorov_train.h5");
    if path.is_file() {
        return Ok(path);
    }
    let interpreter = python::environment(&PACKAGES, MODULES)?;
    let script = workspace::root().join("xtask/networks/make_turbulence.py");
    let call = |words: &[&str], paths: &[&Path]| {
        let mut python = python::python(&interpreter);
        python.arg(&script).arg(words[0]).args(paths).args(&words[1..]);
        finish(&mut python)
    };
    let [first, count, start, frames] = RUNS;
    let (runs, packed) = (folder.join("runs"), folder.join("runs.h5"));
    call(&["run", first, count], &[&runs])?;
    call(&["pack", first, count, start, frames], &[&runs, &packed])?;
    call(&["join"], &[&workspace::root().join("data/kolmogorov/train.h5"), &packed, &path])?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_named_or_all_of_them() {
        let parse = |args: &[&str]| Network::parse(&args.iter().map(Into::into).collect::<Vec<_>>());
        assert_eq!(parse(&[]).unwrap().len(), 2);
        assert_eq!(parse(&["ibpm"]).unwrap(), [Network::Ibpm]);
        assert!(parse(&["wake"]).unwrap_err().contains("found `wake`"));
    }

    #[test]
    fn every_network_has_its_configuration() {
        for network in Network::parse(&[]).unwrap() {
            let path = workspace::root().join(format!("data/networks/{}.toml", network.name()));
            assert!(path.is_file(), "{}", path.display());
        }
    }
}
