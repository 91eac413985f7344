//! What the run asks of a reduced space: the estimate at a state, and the state's own arithmetic.

use crate::ReducedError;
use crate::Weighing;
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// The noise estimate ε_y = ε̂ − f σg of one member before its factor f.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Norms {
    /// ‖ε̂‖².
    pub(crate) prior: f64,
    /// ‖σg‖².
    pub(crate) pull: f64,
    /// ⟨ε̂, σg⟩.
    pub(crate) product: f64,
}

impl Norms {
    /// ‖ε_y‖².
    pub(crate) fn guided(&self, factor: f64) -> f64 {
        self.prior - 2.0 * factor * self.product + factor * factor * self.pull
    }
}

impl std::ops::AddAssign for Norms {
    fn add_assign(&mut self, other: Self) {
        self.prior += other.prior;
        self.pull += other.pull;
        self.product += other.product;
    }
}

/// x ← keep · x + along · (ε̂ − factor · σg).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) keep: f64,
    pub(crate) along: f64,
    pub(crate) factor: f64,
}

/// A predictor step that asks for no norm.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) level: Level,
    pub(crate) weighing: Weighing,
    pub(crate) movement: Move,
}

/// The norms of an estimate, and ‖x − μm‖² after the step along it.
pub(crate) type Seen = (Norms, f64);

/// The centred states x − μm of several members in a space of their own.
pub(crate) trait Dynamics {
    /// ε̂ and σg at the states; kept for the next [`advance`](Self::advance).
    fn evaluate(&mut self, level: Level, weighing: &Weighing) -> Result<Vec<Norms>, ReducedError>;

    /// Moves every member along its last estimate.
    fn advance(&mut self, moves: &[Move]);

    /// Evaluates and advances all members along the same steps; what each step saw of every member.
    fn walk(&mut self, steps: &[Step]) -> Result<Vec<Vec<Seen>>, ReducedError> {
        let one = |step: &Step| {
            let norms = self.evaluate(step.level, &step.weighing)?;
            self.advance(&vec![step.movement; norms.len()]);
            Ok(norms.into_iter().zip(self.squared_norms()).collect())
        };
        steps.iter().map(one).collect()
    }

    /// x ← x + scale · z for every member, z standard normal: draw number `draw` of its stream.
    fn kick(&mut self, scales: &[f64], draw: u64, streams: &[Stream]);

    /// ‖x − μm‖² of every member.
    fn squared_norms(&self) -> Vec<f64>;

    /// Takes a member out of the account.
    fn clear(&mut self, member: usize);
}
