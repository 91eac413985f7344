//! A network that has run on a batch, and the products with its Jacobian there.

use crate::{Network, NetworkError};
use equipoise_field::Real;

/// What a network is run on: n members of channels·H·W numbers each, in C order (channel, i, j).
#[derive(Clone, Copy, Debug)]
pub struct Input<'a, R> {
    /// H and W.
    pub grid: [usize; 2],
    /// The state, n·channels·H·W numbers. SDA's channel of component c in frame τ is τ·C + c.
    pub x: &'a [R],
    /// What the network is told of the time: one for all members, or n.
    pub c_time: &'a [f64],
    /// The context, context·H·W numbers for all members, or n times as many.
    pub context: &'a [R],
}

/// What a run keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The output alone.
    Output,
    /// What Jᵀv and J v need.
    Products,
    /// What they and the gradient of the parameters need.
    Gradients,
}

/// Buffers of runs, used again and again. One room serves one run at a time, of any network.
#[derive(Debug, Default)]
pub struct Room<R> {
    kept: Vec<Vec<R>>,
}

/// A network that has run on n members.
#[derive(Debug)]
pub struct Run<'a, R> {
    network: &'a Network<R>,
    room: &'a mut Room<R>,
}

impl<R: Real> Run<'_, R> {
    /// Jᵀv of every member: `v` of n·outputs·H·W numbers, `out` of n·channels·H·W. Overwrites `out`.
    ///
    /// # Errors
    /// [`NetworkError::Length`]; [`NetworkError::Kept`] after [`Keep::Output`].
    pub fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), NetworkError> {
        let _ = (v, out);
        todo!()
    }

    /// J v of every member: `v` of n·channels·H·W numbers, `out` of n·outputs·H·W. Overwrites `out`.
    ///
    /// # Errors
    /// [`NetworkError::Length`]; [`NetworkError::Kept`] after [`Keep::Output`].
    pub fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), NetworkError> {
        let _ = (v, out);
        todo!()
    }

    /// The gradient of Σ⟨v, out⟩ over all members with respect to the parameters, in the order of
    /// [`Network::parameters`]: `v` of n·outputs·H·W numbers. Overwrites `out`.
    ///
    /// # Errors
    /// [`NetworkError::Length`]; [`NetworkError::Kept`] unless the run kept [`Keep::Gradients`].
    pub fn gradients(&mut self, v: &[R], out: &mut [R]) -> Result<(), NetworkError> {
        let _ = (v, out, &self.network, &mut self.room.kept);
        todo!()
    }
}
