//! Where the runs of a sweep take place.

use clap::ValueEnum;
use equipoise_experiment::{Accelerator, Boxed, Places};
use equipoise_guidance::Strength;
use equipoise_scaling::Law;
use equipoise_solver::{Inference, Method, PosteriorSampler, Recipe};
use equipoise_solver_cuda::{Cuda, Problem, Resident, StepError};
use equipoise_sweep::ReducedRuns;
use std::sync::Arc;

/// The device that is opened.
const ORDINAL: usize = 0;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Backend {
    /// The CPU, with a field at every step.
    Cpu,
    /// The CPU, without a field between start and end where the prior's coordinates allow it.
    Reduced,
    /// A CUDA device.
    Cuda,
    /// A CUDA device, or as `reduced` where there is none.
    Auto,
}

/// Where runs take place instead.
pub(super) struct Elsewhere {
    accelerator: Box<dyn Accelerator>,
    name: String,
}

impl Backend {
    /// Opens what is asked for; `auto` says once on standard error why there is no device.
    ///
    /// # Errors
    /// No driver, device or cuBLAS where a device is asked for.
    pub(super) fn open(self) -> anyhow::Result<Option<Elsewhere>> {
        match self {
            Self::Cpu => Ok(None),
            Self::Reduced => Ok(Some(reduced())),
            Self::Cuda => {
                device().map(Some).map_err(|error| anyhow::Error::new(error).context("--backend cuda"))
            }
            Self::Auto => Ok(Some(device().unwrap_or_else(|error| {
                note!("--backend auto: {error}; runs take place in reduced space");
                reduced()
            }))),
        }
    }
}

fn reduced() -> Elsewhere {
    Elsewhere { accelerator: Box::new(ReducedRuns::default()), name: "reduced".to_owned() }
}

fn device() -> Result<Elsewhere, StepError> {
    let cuda = Cuda::open(ORDINAL)?;
    cuda.prepare::<f32>()?;
    let name = format!("cuda ({})", cuda.device().name()?);
    Ok(Elsewhere { accelerator: Box::new(Gpu(Arc::new(cuda))), name })
}

impl Elsewhere {
    pub(super) fn accelerator(&self) -> &dyn Accelerator {
        &*self.accelerator
    }

    /// What opened, a device with its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What the manifest says of the trials of this run.
    pub(super) fn told(&self, places: Places) -> String {
        let Places { accelerator, cpu } = places;
        let name = &self.name;
        format!("backend {name}: {accelerator} trials ran there, {cpu} on the CPU as ever")
    }
}

/// An opened device.
struct Gpu(Arc<Cuda>);

impl Accelerator for Gpu {
    fn name(&self) -> &'static str {
        "cuda"
    }

    fn takes(&self, inference: &Inference<f32>, recipe: &Recipe, law: Option<Law>) -> bool {
        let known = |law| Problem::check(inference, law == Law::Adaptive).is_ok();
        recipe.method() == Method::SDA && law.is_some_and(known)
    }

    fn bind(
        &self,
        inference: &Inference<f32>,
        recipe: &Recipe,
        strength: Option<&Strength>,
    ) -> Boxed<Option<Box<dyn PosteriorSampler<f32>>>> {
        let Some(strength) = strength.filter(|_| recipe.method() == Method::SDA) else { return Ok(None) };
        match Problem::new(inference, strength) {
            Err(StepError::Refused { .. }) => Ok(None),
            problem => Ok(Some(Box::new(Resident::new(Arc::clone(&self.0), problem?)?))),
        }
    }
}
