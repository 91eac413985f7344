//! A network as a list of operations over registers.

use crate::operation::Operation;
use crate::{NetworkError, Result};
use equipoise_convolution::pixels::of_planes;
use equipoise_field::Real;
use equipoise_weights::State;
use std::fmt;
use std::path::PathBuf;

/// Where a register's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The state handed in.
    State,
    /// The context handed in.
    Context,
    /// The features of the time.
    Features,
    /// A tensor of the file.
    Leaf(usize),
    /// The operation of this number.
    Node(usize),
}

/// The number of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Register(pub(crate) usize);

/// One operation, the registers that it reads and the one that it writes.
#[derive(Debug)]
pub(crate) struct Node<R> {
    pub(crate) operation: Box<dyn Operation<R>>,
    pub(crate) inputs: Vec<Register>,
    pub(crate) output: Register,
}

/// A tensor of the file: a parameter, or a buffer that training leaves alone.
pub(crate) struct Leaf<R> {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// In the order of the file.
    pub(crate) values: Vec<R>,
    /// A field's values as pixels; none of all others.
    pixels: Vec<R>,
    pub(crate) trained: bool,
}

/// Without its numbers, which may be millions.
impl<R> fmt::Debug for Leaf<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.name, self.shape)
    }
}

/// The operations in the order that they run in.
#[derive(Debug)]
pub(crate) struct Graph<R> {
    pub(crate) sources: Vec<Source>,
    pub(crate) nodes: Vec<Node<R>>,
    leaves: Vec<Leaf<R>>,
    pub(crate) output: Register,
    /// The time as the blocks see it, and how many operations make it; they come first.
    pub(crate) embedded: Option<(Register, usize)>,
}

impl<R> Graph<R> {
    pub(crate) fn leaves(&self) -> &[Leaf<R>] {
        &self.leaves
    }

    pub(crate) fn leaves_mut(&mut self) -> &mut [Leaf<R>] {
        &mut self.leaves
    }
}

impl<R> Leaf<R> {
    /// The values as operations read them.
    pub(crate) fn read(&self) -> &[R] {
        if self.pixels.is_empty() { &self.values } else { &self.pixels }
    }
}

/// A graph in the making, from the tensors of a file.
#[derive(Debug)]
pub(crate) struct Builder<R> {
    state: State,
    prefix: String,
    file: PathBuf,
    fault: Option<NetworkError>,
    graph: Graph<R>,
}

impl<R: Real> Builder<R> {
    /// `prefix` stands before every name in the file.
    pub(crate) fn new(state: State, prefix: String) -> Self {
        let file = state.path().to_owned();
        let (sources, nodes, leaves) = (Vec::new(), Vec::new(), Vec::new());
        let graph = Graph { sources, nodes, leaves, output: Register(0), embedded: None };
        Self { state, prefix, file, fault: None, graph }
    }

    /// The shape of a tensor that was not taken yet.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.state.shape(&format!("{}{name}", self.prefix))
    }

    /// A register that is handed in.
    pub(crate) fn given(&mut self, source: Source) -> Register {
        self.graph.sources.push(source);
        Register(self.graph.sources.len() - 1)
    }

    /// A tensor of the file as a register.
    pub(crate) fn leaf(&mut self, name: &str, shape: &[usize], trained: bool) -> Register {
        let values: Vec<R> = self.take(name, shape);
        let mut pixels = Vec::new();
        if let &[channels, _, _] = shape {
            pixels.resize(values.len(), R::zero());
            of_planes(&values, channels, &mut pixels);
        }
        let name = format!("{}{name}", self.prefix);
        self.graph.leaves.push(Leaf { name, shape: shape.to_owned(), values, pixels, trained });
        self.given(Source::Leaf(self.graph.leaves.len() - 1))
    }

    /// `name.weight` and `name.bias`.
    pub(crate) fn pair(&mut self, name: &str, weight: &[usize]) -> [Register; 2] {
        let bias = weight.first().copied().unwrap_or_default();
        [("weight", weight), ("bias", &[bias])]
            .map(|(end, shape)| self.leaf(&format!("{name}.{end}"), shape, true))
    }

    /// The numbers of a tensor; none where it is missing, which [`finish`](Self::finish) tells.
    pub(crate) fn take<T: Real>(&mut self, name: &str, shape: &[usize]) -> Vec<T> {
        let key = format!("{}{name}", self.prefix);
        let values = self.state.take(&key, shape).map(|tensor| tensor.to::<T>()).unwrap_or_default();
        if let (None, Some(index)) = (&self.fault, values.iter().position(|value| !value.is_finite())) {
            let (file, found) = (self.file.clone(), values[index].wide());
            self.fault = Some(NetworkError::Weight { file, key, index, found });
        }
        values
    }

    /// The tensors that were asked for so far: name, shape, whether training changes it.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (&str, &[usize], bool)> {
        self.graph.leaves.iter().map(|leaf| (leaf.name.as_str(), leaf.shape.as_slice(), leaf.trained))
    }

    /// The register that `operation` writes.
    pub(crate) fn apply(&mut self, operation: impl Operation<R> + 'static, inputs: &[Register]) -> Register {
        let output = self.given(Source::Node(self.graph.nodes.len()));
        let operation = Box::new(operation);
        self.graph.nodes.push(Node { operation, inputs: inputs.to_owned(), output });
        output
    }

    /// That `register`, the last that was written, is the time as the blocks see it.
    pub(crate) fn embedded(&mut self, register: Register) {
        self.graph.embedded = Some((register, self.graph.nodes.len()));
    }

    /// The graph that ends in `output`.
    pub(crate) fn finish(mut self, output: Register) -> Result<Graph<R>> {
        self.state.finish()?;
        self.graph.output = output;
        self.fault.map_or(Ok(self.graph), Err)
    }
}
