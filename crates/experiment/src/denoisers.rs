//! The priors of a flow beyond its Gaussian, by their denoisers.

use crate::{Boxed, Error};
use equipoise_data::{Dataset, Remark, checksum};
use equipoise_prior::{DenoiserName, Prior, PriorDenoiser};
use equipoise_solver::ProbedRatios;
use std::path::Path;
use std::sync::Arc;

/// Denoisers by name, `None` for `wiener`.
#[derive(Clone)]
pub(crate) struct Denoisers {
    named: Vec<(DenoiserName, Option<PriorDenoiser>)>,
    /// Normalised training windows, equally spaced in the training file; none where only `wiener` is
    /// asked for.
    pub(crate) windows: Arc<[Vec<f32>]>,
    /// What is to be said of priors under whose names rows are kept.
    pub(crate) remarks: Vec<Remark>,
}

impl Denoisers {
    /// Over a prior that `file` holds or was fitted to, and its training file.
    pub(crate) fn open(
        names: &[DenoiserName],
        prior: &Prior,
        file: &Path,
        train: Option<&Dataset>,
    ) -> Boxed<Self> {
        let names = names.iter().cloned().map(DenoiserName::pinned).collect::<Result<Vec<_>, _>>()?;
        let others: Vec<DenoiserName> = names.iter().filter(|n| !n.is_gaussian()).cloned().collect();
        let mut remarks = Vec::new();
        for name in &names {
            remarks.extend(name.remark()?.map(|remark| Remark::Warning(format!("{name}: {remark}"))));
        }
        let (mut made, mut windows) = (Vec::new().into_iter(), Vec::new());
        if let Some(first) = others.first() {
            let missing = || Error::NoWindows { prior: first.to_string(), path: file.into() };
            let train = train.ok_or_else(missing)?;
            fitted_to(prior, file, train)?;
            made = prior.denoisers_of(&others, train)?.into_iter();
            windows = prior.some_windows(train, ProbedRatios::COUNT)?;
        }
        let named = |name: &DenoiserName| {
            let denoiser = if name.is_gaussian() { None } else { made.next() };
            (name.clone(), denoiser)
        };
        Ok(Self { named: names.iter().map(named).collect(), windows: windows.into(), remarks })
    }

    /// The names, in the order asked for.
    pub(crate) fn names(&self) -> Vec<DenoiserName> {
        self.named.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The denoiser of a name that was asked for.
    pub(crate) fn get(&self, name: &DenoiserName) -> Option<Option<&PriorDenoiser>> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, denoiser)| denoiser.as_ref())
    }
}

/// Rows know a training file by the prior's: another one would not be told from it.
fn fitted_to(prior: &Prior, file: &Path, train: &Dataset) -> Boxed<()> {
    let (found, expected) = (checksum(train.path())?, &prior.provenance().sha256);
    if found == *expected {
        return Ok(());
    }
    let (path, expected) = (train.path().into(), expected.clone());
    let (found, expected) = (found.into(), expected.into());
    Err(Error::Mismatch { path, field: "sha256", found, expected, reference: file.into() }.into())
}
