//! Flows opened side by side, with what trials on them share.

use crate::{Boxed, Error, Flow, Problem, Result, Shared};
use equipoise_wiener::Wiener;
use std::fmt;
use std::sync::Arc;

/// Opened flows, the denoisers of their Gaussians, and their problems, each made for whoever asks first.
pub struct Flows<'a> {
    flows: &'a [Flow],
    denoisers: Vec<Arc<Wiener<f32>>>,
    problems: Shared<Problem>,
}

impl fmt::Debug for Flows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.flows.iter().map(Flow::name)).finish()
    }
}

impl<'a> Flows<'a> {
    /// These flows.
    ///
    /// # Errors
    /// [`Error::Flow`] when a prior's mean and covariance do not fit each other.
    pub fn new(flows: &'a [Flow]) -> Result<Self> {
        let denoiser = |flow: &Flow| flow.prior().denoiser().map(Arc::new).map_err(Error::flow(flow.name()));
        let denoisers = flows.iter().map(denoiser).collect::<Result<_>>()?;
        Ok(Self { flows, denoisers, problems: Shared::default() })
    }

    /// The flow of this name.
    ///
    /// # Errors
    /// [`Error::UnknownDataset`].
    pub fn get(&self, dataset: &str) -> Result<&'a Flow> {
        self.place(dataset).map(|place| &self.flows[place])
    }

    fn place(&self, dataset: &str) -> Result<usize> {
        let found = self.flows.iter().position(|flow| flow.name() == dataset);
        found.ok_or_else(|| Error::UnknownDataset { dataset: dataset.to_owned() })
    }

    /// The flow of this name at every `sub`-th row and column.
    ///
    /// # Errors
    /// [`Error::UnknownDataset`], those of [`Problem::new`].
    pub fn problem(&self, dataset: &str, sub: usize) -> Boxed<Arc<Problem>> {
        let place = self.place(dataset)?;
        self.problems.get(format!("{dataset} {sub}"), || {
            Ok(Arc::new(Problem::new(&self.flows[place], Arc::clone(&self.denoisers[place]), sub)?))
        })
    }
}
