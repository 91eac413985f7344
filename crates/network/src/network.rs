//! A network with its weights.

use crate::encoding::Encoding;
use crate::error::length;
use crate::graph::{Graph, Leaf};
use crate::parameters::tensor;
use crate::pass::{Handed, Lane, forward};
use crate::plan::{Given, Plan};
use crate::{Architecture, Input, Keep, NetworkError, Result, Room, Run};
use equipoise_field::Real;
use equipoise_weights::{State, Tensor};

/// No axis of a grid has more points.
const LONGEST: usize = 1 << 16;

/// A trained network in precision `R`.
#[derive(Debug)]
pub struct Network<R> {
    architecture: Architecture,
    graph: Graph<R>,
    encoding: Encoding,
    grid: Option<[usize; 2]>,
}

/// What a description makes of a file.
#[derive(Debug)]
pub(crate) struct Built<R> {
    pub(crate) graph: Graph<R>,
    pub(crate) encoding: Encoding,
    /// The grid of a buffer.
    pub(crate) grid: Option<[usize; 2]>,
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
    /// [`NetworkError::Weight`] for a weight that is no finite number; [`NetworkError::Blas`] for a BLAS with several
    /// threads.
    pub fn new(architecture: &Architecture, state: State) -> Result<Self> {
        equipoise_blas::require_single_thread()?;
        architecture.check()?;
        let Built { graph, encoding, grid } = match architecture {
            Architecture::Sda(sda) => sda.build(state)?,
            Architecture::Azula(azula) => azula.build(state)?,
        };
        Ok(Self { architecture: architecture.clone(), graph, encoding, grid })
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
        self.grid
    }

    /// That the network runs on a grid of H × W points.
    ///
    /// # Errors
    /// [`NetworkError::Grid`].
    pub fn check_grid(&self, grid: [usize; 2]) -> Result<()> {
        self.plan(grid, Keep::Output).map(|_| ())
    }

    /// Numbers that a run on this grid keeps of each member.
    ///
    /// # Errors
    /// [`NetworkError::Grid`].
    pub fn kept(&self, grid: [usize; 2], keep: Keep) -> Result<usize> {
        Ok(self.plan(grid, keep)?.kept.iter().sum())
    }

    /// The parameters, in PyTorch's order. Gradients are in this order, one parameter after the other.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'_, R>> {
        let trained = self.graph.leaves().iter().filter(|leaf| leaf.trained);
        trained.map(|Leaf { name, shape, values, .. }| Parameter { name, shape, values })
    }

    /// Numbers of all parameters together.
    pub fn parameter_count(&self) -> usize {
        self.parameters().map(|parameter| parameter.values.len()).sum()
    }

    /// The embedded time as the blocks see it: SDA's E features; azula's sine encoding, none where `mod_features`
    /// is 0.
    ///
    /// # Errors
    /// [`NetworkError::Time`].
    pub fn embedding(&self, c_time: f64) -> Result<Vec<R>> {
        check_times(&[c_time])?;
        let mut features = Vec::new();
        self.encode(c_time, &mut features);
        let Some((output, count)) = self.graph.embedded.filter(|(_, count)| *count > 0) else {
            return Ok(features);
        };
        let plan = Plan::of(&self.graph, self.given([0, 0]), Keep::Output, output, count)?;
        let mut embedded = vec![R::zero(); plan.extents[output.0].len()];
        let handed = Handed { state: &[], context: &[], features: &features };
        forward(&self.graph, &plan, handed, &mut Vec::new(), &mut Lane::default(), &mut embedded);
        Ok(embedded)
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
    ) -> Result<Run<'a, R>> {
        let plan = self.plan(input.grid, keep)?;
        let pixels = input.grid[0] * input.grid[1];
        let inner = self.channels() * pixels;
        let count = input.x.len() / inner;
        if count * inner != input.x.len() {
            return Err(lengths("x", input.x.len(), format!("a multiple of {inner}")));
        }
        if ![1, count].contains(&input.c_time.len()) {
            return Err(lengths("c_time", input.c_time.len(), format!("1 or {count}")));
        }
        check_times(input.c_time)?;
        let context = self.context() * pixels;
        if ![context, count * context].contains(&input.context.len()) {
            return Err(lengths("context", input.context.len(), format!("{context} or {}", count * context)));
        }
        length("out", out.len(), count * self.outputs() * pixels)?;
        Ok(Run::new(self, plan, input, keep, out, room))
    }

    pub(crate) fn graph(&self) -> &Graph<R> {
        &self.graph
    }

    pub(crate) fn graph_mut(&mut self) -> &mut Graph<R> {
        &mut self.graph
    }

    /// The tensors that training leaves alone.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        let leaves = self.graph.leaves().iter().filter(|leaf| !leaf.trained);
        let mut buffers: Vec<_> =
            leaves.map(|leaf| (leaf.name.clone(), tensor(&leaf.shape, &leaf.values))).collect();
        if let Encoding::Waves(waves) = &self.encoding {
            let known = self.parameters().find_map(|p| p.name.strip_suffix("network.heads.0.weight"));
            let name = format!("{}embedding.freqs", known.unwrap_or_default());
            buffers.push((name, tensor(&[waves.len()], waves)));
        }
        buffers
    }

    /// Appends the features of a time.
    pub(crate) fn encode(&self, time: f64, features: &mut Vec<R>) {
        self.encoding.encode(time, features);
    }

    /// Where each leaf begins among the parameters, and how many numbers these are.
    pub(crate) fn starts(&self) -> (Vec<usize>, usize) {
        let mut end = 0;
        let mut begin = |leaf: &Leaf<R>| {
            let start = end;
            end += if leaf.trained { leaf.values.len() } else { 0 };
            start
        };
        let starts = self.graph.leaves().iter().map(&mut begin).collect();
        (starts, end)
    }

    fn given(&self, grid: [usize; 2]) -> Given {
        Given { grid, channels: self.channels(), context: self.context(), features: self.encoding.len() }
    }

    fn plan(&self, grid: [usize; 2], keep: Keep) -> Result<Plan> {
        match self.grid {
            Some([height, width]) if grid != [height, width] => {
                let expected = format!("{height} x {width}, the grid of the forcing in the file");
                return Err(NetworkError::Grid { found: grid, expected });
            }
            _ => {}
        }
        if grid.iter().any(|points| !(1..=LONGEST).contains(points)) {
            return Err(NetworkError::Grid {
                found: grid,
                expected: format!("1 to {LONGEST} points along an axis"),
            });
        }
        if let Architecture::Sda(sda) = &self.architecture {
            sda.check_grid(grid)?;
        }
        Plan::new(&self.graph, self.given(grid), keep)
    }
}

fn lengths(what: &'static str, found: usize, expected: String) -> NetworkError {
    NetworkError::Length { what, found, expected }
}

fn check_times(c_time: &[f64]) -> Result<()> {
    match c_time.iter().enumerate().find(|(_, time)| !time.is_finite()) {
        Some((index, &found)) => Err(NetworkError::Time { index, found }),
        None => Ok(()),
    }
}
