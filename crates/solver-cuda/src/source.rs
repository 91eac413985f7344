//! The kernels of the step: their source, the PTX that ships of it, and their names.

use equipoise_likelihood_cuda::variant::Storage;
use equipoise_likelihood_cuda::{Architecture, Source};

/// The kernels, the same text for device and host, for [`Storage::F32`] and [`Storage::F64`]. PTX ships for
/// 8.0: newer devices run it, and no kernel here gains by one of its own.
pub const STEP: Source = Source {
    name: "step",
    text: include_str!("../kernels/step.cu"),
    shipped: &[
        (Architecture::new(80), Storage::F32, include_bytes!("../ptx/sm_80/f32.ptx.gz")),
        (Architecture::new(80), Storage::F64, include_bytes!("../ptx/sm_80/f64.ptx.gz")),
    ],
};

/// One `extern "C"` entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// d from Uᵀx.
    Centre,
    /// The part of A x̂ that needs no modes.
    Observe,
    /// e from d and (A U)ᵀp.
    Weigh,
    /// x′.
    Advance,
}

impl Kernel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Centre, Self::Observe, Self::Weigh, Self::Advance];

    /// The symbol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Observe => "observe",
            Self::Weigh => "weigh",
            Self::Advance => "advance",
        }
    }
}
