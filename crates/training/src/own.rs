//! A Gaussian of one's own, which `fit` saved, in the place of one that is fitted here.

use crate::error::fault;
use crate::{Result, TrainingError};
use equipoise_data::{Dataset, Remark};
use equipoise_prior::Prior;
use std::fs;
use std::path::{Path, PathBuf};

/// It, and its file.
#[derive(Debug)]
pub(crate) struct Own {
    path: PathBuf,
    pub(crate) prior: Prior,
}

impl Own {
    /// That of a file, if one is named.
    ///
    /// # Errors
    /// [`TrainingError::Prior`].
    pub(crate) fn read(path: Option<PathBuf>) -> Result<Option<Self>> {
        let read = |path: PathBuf| Ok(Self { prior: Prior::load(&path)?, path });
        path.map(read).transpose()
    }

    /// Data on its grid and in its units, and what is said of that.
    ///
    /// # Errors
    /// [`TrainingError::Config`] for other windows than those of `frames`, [`TrainingError::Data`] for other data.
    pub(crate) fn receive(&self, data: Dataset, frames: usize) -> Result<(Dataset, Vec<Remark>)> {
        let own = self.prior.shape().frames;
        if own != frames {
            let found = format!("{} over windows of {own} frames", self.path.display());
            return Err(fault("gaussian.file", found, format!("one over the {frames} of network.window")));
        }
        Ok(self.prior.described(&self.path).align(data, frames)?)
    }

    /// That it was fitted to frames that are held out: its errors there are smaller than on new ones.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub(crate) fn known(&self, held: &Dataset) -> Result<Option<Remark>> {
        let described = self.prior.described(&self.path);
        let (_, remarks) = described.receive(held.clone(), self.prior.shape().frames)?;
        let learnt = remarks.into_iter().rfind(Remark::is_warning);
        Ok(learnt.map(|remark| Remark::Warning(format!("held out of {}", remark.text()))))
    }

    /// Copies its file.
    ///
    /// # Errors
    /// [`TrainingError::File`].
    pub(crate) fn copy(&self, to: &Path) -> Result<()> {
        let failed = |source| TrainingError::File { path: self.path.clone(), source };
        fs::copy(&self.path, to).map(drop).map_err(failed)
    }
}
