//! A machine beside the CPU that the runs of some trials take place on.

use crate::Boxed;
use equipoise_guidance::Strength;
use equipoise_scaling::Law;
use equipoise_solver::{Inference, PosteriorSampler, Recipe};

/// A machine with steps of its own for some problems. Its runs say when they left their bound, as
/// [`Trace::excursion`](equipoise_sampler::Trace) does.
pub trait Accelerator: Sync {
    /// Its name, as trials bear it that it takes.
    fn name(&self) -> &'static str;

    /// Whether it has steps for a method, one that takes a law under `law`: known before a trial runs, since the trial's
    /// identity depends on it.
    fn takes(&self, inference: &Inference<f32>, recipe: &Recipe, law: Option<Law>) -> bool;

    /// A method bound to a problem on this machine, one that takes a law under that of `strength`, in which
    /// the settings of the recipe are already; `None` for exactly what it does not [take](Self::takes).
    ///
    /// # Errors
    /// Whatever the machine fails at.
    fn bind(
        &self,
        inference: &Inference<f32>,
        recipe: &Recipe,
        strength: Option<&Strength>,
    ) -> Boxed<Option<Box<dyn PosteriorSampler<f32>>>>;
}

/// Trials that ran, by the machine that their runs took place on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// On the accelerator.
    pub accelerator: usize,
    /// On the CPU.
    pub cpu: usize,
}
