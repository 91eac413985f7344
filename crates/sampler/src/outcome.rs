//! How a run ended, and what it passed through.

/// The end of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<R> {
    /// The state at the last time, and the way there. It may still be far too large: see
    /// [`Trace::excursion`].
    Finished {
        /// x at the last time of the grid.
        x: Vec<R>,
        /// The way there.
        trace: Trace,
    },
    /// The state stopped being finite.
    Diverged {
        /// The last state, with its entries that are not finite.
        x: Vec<R>,
        /// The time of that state.
        t: f64,
        /// How many of its entries are not finite.
        non_finite: usize,
        /// The way there.
        trace: Trace,
    },
}

impl<R> Outcome<R> {
    /// The last state.
    pub fn x(&self) -> &[R] {
        match self {
            Self::Finished { x, .. } | Self::Diverged { x, .. } => x,
        }
    }

    /// The way there.
    pub fn trace(&self) -> &Trace {
        match self {
            Self::Finished { trace, .. } | Self::Diverged { trace, .. } => trace,
        }
    }
}

/// What a run passed through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Evaluations of the guidance.
    pub evaluations: usize,
    /// The largest finite |x_t| on the way.
    pub peak: f64,
    /// The first time at which |x_t| left the bound that it was run with.
    pub excursion: Option<Excursion>,
    /// ‖g‖ of the last evaluation.
    pub guidance_norm: f64,
    /// Iterations of inner solvers, in all.
    pub iterations: usize,
    /// The largest relative residual that an inner solver ended with.
    pub residual: Option<f64>,
}

/// A state beyond the bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excursion {
    /// Its time.
    pub t: f64,
    /// max |x_t|; infinite when an entry is not finite.
    pub max_abs: f64,
    /// The bound it left.
    pub bound: f64,
}
