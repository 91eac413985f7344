//! How a reduced run ended.

use crate::modes::ModesEnd;
use equipoise_schedule::Level;

/// The end of a run.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The last time of the grid was reached.
    Finished {
        /// The state there, for [`Reduced::expand`](crate::Reduced::expand).
        end: Coefficients,
        /// The way there.
        trace: Trace,
    },
    /// The state left the range of the field's numbers.
    Diverged {
        /// The time of that state.
        t: f64,
        /// ‖x − μm‖/√D there.
        rms: f64,
        /// The way there.
        trace: Trace,
    },
}

impl Outcome {
    /// The way there.
    pub fn trace(&self) -> &Trace {
        match self {
            Self::Finished { trace, .. } | Self::Diverged { trace, .. } => trace,
        }
    }

    /// The last state, unless the run diverged.
    pub fn end(&self) -> Option<&Coefficients> {
        match self {
            Self::Finished { end, .. } => Some(end),
            Self::Diverged { .. } => None,
        }
    }
}

/// What a run passed through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Evaluations of the guidance.
    pub evaluations: usize,
    /// The largest ‖x − μm‖/√D on the way, a lower bound of max |x − μm|, and when.
    pub peak: Peak,
    /// ‖g‖ of the last evaluation.
    pub guidance_norm: f64,
    /// ‖ε_y‖/√D of the last evaluation.
    pub noise_rms: f64,
}

/// The largest state of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peak {
    /// Its time.
    pub t: f64,
    /// ‖x − μm‖/√D.
    pub rms: f64,
}

/// A state in reduced coordinates.
#[derive(Clone, Debug)]
pub struct Coefficients {
    /// Its level.
    pub(crate) level: Level,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Modes(ModesEnd),
    /// Uᵀ(x − μm), in the order of the covariance.
    Lattice(Vec<f64>),
}
