//! Where the runs of a sweep take place.

use clap::ValueEnum;
use equipoise_guidance::Strength;
use equipoise_solver::{Inference, PosteriorSampler};
use equipoise_solver_cuda::{Cuda, Problem, Resident, StepError};
use equipoise_sweep::{Accelerator, BoxError, Places};
use std::sync::Arc;

/// The device that is opened.
const ORDINAL: usize = 0;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Backend {
    /// The CPU.
    Cpu,
    /// A CUDA device.
    Cuda,
    /// A CUDA device, or the CPU where there is none.
    Auto,
}

impl Backend {
    /// Opens the device that is asked for; `auto` says once on standard error why there is none.
    ///
    /// # Errors
    /// No driver, device or cuBLAS where a device is asked for.
    pub(super) fn open(self) -> anyhow::Result<Option<Gpu>> {
        match self {
            Self::Cpu => Ok(None),
            Self::Cuda => {
                Gpu::open().map(Some).map_err(|error| anyhow::Error::new(error).context("--backend cuda"))
            }
            Self::Auto => Ok(Gpu::open()
                .inspect_err(|error| eprintln!("--backend auto: {error}; all runs take place on the CPU"))
                .ok()),
        }
    }
}

/// An opened device.
pub(super) struct Gpu {
    cuda: Arc<Cuda>,
    name: String,
}

impl Gpu {
    fn open() -> Result<Self, StepError> {
        let cuda = Cuda::open(ORDINAL)?;
        cuda.prepare::<f32>()?;
        let name = cuda.device().name()?;
        Ok(Self { cuda: Arc::new(cuda), name })
    }

    /// What the manifest says of the trials of this run.
    pub(super) fn told(&self, places: Places) -> String {
        let Places { accelerator, cpu } = places;
        let name = &self.name;
        format!(
            "backend cuda ({name}): {accelerator} trials ran on it, {cpu} on the CPU, for which it has no steps"
        )
    }
}

impl Accelerator for Gpu {
    fn name(&self) -> &'static str {
        "cuda"
    }

    fn bind(
        &self,
        inference: &Inference<f32>,
        strength: &Strength,
    ) -> Result<Option<Box<dyn PosteriorSampler<f32>>>, BoxError> {
        match Problem::new(inference, strength) {
            Err(StepError::Refused { .. }) => Ok(None),
            problem => Ok(Some(Box::new(Resident::new(Arc::clone(&self.cuda), problem?)?))),
        }
    }
}
