//! A network with its weights.

use crate::{Architecture, Input, Keep, NetworkError, Room, Run};
use equipoise_field::Real;
use equipoise_weights::State;

/// A trained network in precision `R`.
#[derive(Debug)]
pub struct Network<R> {
    architecture: Architecture,
    parameters: Vec<(String, Vec<usize>, Vec<R>)>,
}

/// A tensor that training changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter<'a, R> {
    /// Its name in the file, as PyTorch gives it.
    pub name: &'a str,
    /// Lengths of its axes.
    pub shape: &'a [usize],
    /// Its numbers in C order.
    pub values: &'a [R],
}

impl<R: Real> Network<R> {
    /// The network that `architecture` describes, with the weights of `state`. Whatever stands before the names of
    /// its tensors in the file (`kernel.`, `unet.`) is found by their ends. Buffers are read, not computed.
    ///
    /// # Errors
    /// [`NetworkError::Architecture`]; [`NetworkError::Family`] where the network does not stand in the file;
    /// [`NetworkError::Weights`] with all keys that are missing, left over or of another shape;
    /// [`NetworkError::Weight`] for a weight that is no finite number.
    pub fn new(architecture: &Architecture, state: State) -> Result<Self, NetworkError> {
        let _ = state;
        architecture.check()?;
        todo!()
    }

    /// The description.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Channels of the state that goes in, without context.
    pub fn channels(&self) -> usize {
        self.architecture.channels()
    }

    /// Channels that come out.
    pub fn outputs(&self) -> usize {
        self.architecture.outputs()
    }

    /// Channels of context that each run is handed; a buffer of the file is not among them.
    pub fn context(&self) -> usize {
        self.architecture.context()
    }

    /// The grid [H, W] of a buffer in the file, the only one the network runs on.
    pub fn grid(&self) -> Option<[usize; 2]> {
        todo!()
    }

    /// That the network runs on a grid of H × W points.
    ///
    /// # Errors
    /// [`NetworkError::Grid`].
    pub fn check_grid(&self, grid: [usize; 2]) -> Result<(), NetworkError> {
        let _ = grid;
        todo!()
    }

    /// Numbers that a run on this grid keeps of each member.
    ///
    /// # Errors
    /// [`NetworkError::Grid`].
    pub fn kept(&self, grid: [usize; 2], keep: Keep) -> Result<usize, NetworkError> {
        let _ = (grid, keep);
        todo!()
    }

    /// The parameters, in PyTorch's order. Gradients are in this order, one parameter after the other.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = Parameter<'_, R>> {
        self.parameters.iter().map(|(name, shape, values)| Parameter { name, shape, values })
    }

    /// Numbers of all parameters together.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|(_, _, values)| values.len()).sum()
    }

    /// The embedded time as the blocks see it: SDA's E features; azula's sine encoding, none where `mod_features`
    /// is 0.
    ///
    /// # Errors
    /// [`NetworkError::Time`].
    pub fn embedding(&self, c_time: f64) -> Result<Vec<R>, NetworkError> {
        let _ = c_time;
        todo!()
    }

    /// The network at the n members of `input`: overwrites `out`, n·outputs·H·W numbers, member by member in C
    /// order, and keeps in `room` what [`Run`]'s products need, as much as `keep` says. Members run side by side.
    /// Values that are no numbers pass through.
    ///
    /// # Errors
    /// [`NetworkError::Length`], [`NetworkError::Grid`], [`NetworkError::Time`].
    pub fn run<'a>(
        &'a self,
        input: Input<'_, R>,
        keep: Keep,
        out: &mut [R],
        room: &'a mut Room<R>,
    ) -> Result<Run<'a, R>, NetworkError> {
        let _ = (input, keep, out, room);
        todo!()
    }
}
