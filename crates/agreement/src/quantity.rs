//! What a dataset of a file of values can hold.

use equipoise_network::Preconditioning;
use equipoise_schedule::{Alpha, Variance};
use serde::Serialize;

/// The precision in which a value was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Double.
    F64,
    /// Single.
    F32,
}

/// A value that can be computed again. Paths are those of the groups that its inputs stand in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Quantity {
    /// μ or σ of one of SDA's nine schedules at the times of the file.
    Schedule(Alpha, Variance, Scale),
    /// μ or σ of azula's schedule.
    NamedSchedule(Scale),
    /// The time embedding of SDA's network.
    Embedding,
    /// One window through SDA's network.
    Kernel(Product),
    /// One window at one time each.
    KernelEach,
    /// SDA's network composed over a trajectory.
    Composed { group: String, product: Product },
    /// SDA's Gaussian score.
    Guided { detach: bool },
    /// SDA's form of diffusion posterior sampling.
    GuidedDps,
    /// A run of SDA's sampler.
    Run { group: String, what: RunPart },
    /// azula's backbone alone.
    Backbone(BackbonePart),
    /// azula's backbone behind one of its wrappers.
    Wrapped { wrapper: Preconditioning, what: WrappedPart },
    /// SDA's training.
    Training(TrainingPart),
}

/// Which scale of a schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    Mu,
    Sigma,
}

/// Which product of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Product {
    /// The output itself.
    Output,
    /// Jᵀv.
    Vjp,
    /// J v.
    Jvp,
}

/// Which record of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RunPart {
    /// The last state.
    End,
    /// The first states handed to the noise estimator.
    States,
    /// The times handed to it.
    Times,
}

/// Which output of azula's backbone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BackbonePart {
    Output,
    TimeEncoding,
}

/// azula's wrappers.
pub(crate) const WRAPPERS: [Preconditioning; 2] = [Preconditioning::Karras, Preconditioning::Simple];

/// Which value of a wrapper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum WrappedPart {
    Mean,
    Vjp,
    Ddim,
    Heun,
    Loss,
}

/// Which record of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TrainingPart {
    Noised,
    Output,
    Losses,
}

impl Precision {
    /// `f64` or `f32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
        }
    }
}
