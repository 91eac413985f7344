//! The embedded samples: where they lie and what their bytes must be.

use crate::{DataError, Result, checksum};
use std::path::PathBuf;

/// The checksum list of the data folder, in the format of `sha256sum -c`.
const SHA256SUMS: &str = include_str!("../../../data/SHA256SUMS");

/// One of the embedded files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sample {
    /// Two segments of 32 frames of the cylinder wake at Re = 100.
    IbpmTrain,
    /// One later segment of 16 frames of the same run.
    IbpmTest,
    /// 42 windows of 16 frames of Kolmogorov turbulence at Re = 1000.
    KolmogorovTrain,
    /// 16 frames of two further trajectories.
    KolmogorovTest,
    /// 64 frames of the wake at half the resolution.
    IbpmLongTrain,
    /// 64 later frames of the same run.
    IbpmLongTest,
    /// 96 frames of two trajectories of the turbulence, by another solver.
    KolmogorovLongTest,
}

impl Sample {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::IbpmTrain,
        Self::IbpmTest,
        Self::KolmogorovTrain,
        Self::KolmogorovTest,
        Self::IbpmLongTrain,
        Self::IbpmLongTest,
        Self::KolmogorovLongTest,
    ];

    /// The path inside the data folder, as the checksum list spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IbpmTrain => "ibpm/train.h5",
            Self::IbpmTest => "ibpm/test.h5",
            Self::KolmogorovTrain => "kolmogorov/train.h5",
            Self::KolmogorovTest => "kolmogorov/test.h5",
            Self::IbpmLongTrain => "ibpm/long_train.h5",
            Self::IbpmLongTest => "ibpm/long_test.h5",
            Self::KolmogorovLongTest => "kolmogorov/long_test.h5",
        }
    }

    /// Where the file lies.
    ///
    /// # Errors
    /// [`DataError::SampleMissing`].
    pub fn path(self) -> Result<PathBuf> {
        existing(self.name())
    }
}

/// The data folder: the one that `EQUIPOISE_DATA` names, else `data` of the source tree that this
/// crate was built from.
pub fn folder() -> PathBuf {
    match std::env::var_os("EQUIPOISE_DATA") {
        Some(folder) => folder.into(),
        None => {
            let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "data"].iter().collect();
            folder.canonicalize().unwrap_or(folder)
        }
    }
}

/// The known files as (path inside the data folder, SHA-256).
pub fn checksums() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHA256SUMS.lines().filter_map(|line| line.split_once("  ")).map(|(digest, name)| (name, digest))
}

/// Compares every file of the checksum list with its digest and returns how many there are.
///
/// # Errors
/// [`DataError::SampleMissing`] or [`DataError::Checksum`] for the first that is missing or differs.
pub fn verify() -> Result<usize> {
    let mut count = 0;
    for (name, expected) in checksums() {
        let path = existing(name)?;
        let found = checksum(&path)?;
        if found != expected {
            return Err(DataError::Checksum { path, found, expected: expected.into() });
        }
        count += 1;
    }
    Ok(count)
}

fn existing(name: &str) -> Result<PathBuf> {
    let path = folder().join(name);
    if path.is_file() { Ok(path) } else { Err(DataError::SampleMissing { path }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_sample_and_the_readme_repeats_it() {
        let readme = include_str!("../../../data/README.md");
        for sample in Sample::ALL {
            assert!(checksums().any(|(name, _)| name == sample.name()), "{}", sample.name());
        }
        for (name, digest) in checksums() {
            assert!(readme.contains(&format!("{digest}  {name}")), "{name}");
        }
    }

    #[test]
    fn a_missing_sample_names_its_path() {
        let message = existing("nowhere/train.h5").unwrap_err().to_string();
        assert!(message.contains("nowhere/train.h5") && message.contains("EQUIPOISE_DATA"), "{message}");
    }
}
