//! Which registers of a graph are kept on a grid, and which buffers the others share.

use crate::graph::{Graph, Node, Register, Source};
use crate::operation::Extent;
use crate::{NetworkError, Result};
use equipoise_field::Real;

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

impl Keep {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Output => "the output alone",
            Self::Products => "what products need",
            Self::Gradients => "what gradients need",
        }
    }
}

/// Where a register's value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In what the caller handed in, or in the file.
    Source(Source),
    /// In this buffer of the member.
    Kept(usize),
    /// In this buffer of whoever runs the member, for a while.
    Passing(usize),
    /// Nowhere any more.
    Gone,
}

/// Extents of what is handed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given {
    pub(crate) grid: [usize; 2],
    pub(crate) channels: usize,
    pub(crate) context: usize,
    pub(crate) features: usize,
}

/// The registers that change with something, and the buffers that their changes pass through, forwards or back.
#[derive(Debug, Default)]
pub(crate) struct Course {
    pub(crate) active: Vec<bool>,
    pub(crate) forward: Vec<usize>,
    pub(crate) back: Vec<usize>,
    pub(crate) buffers: Vec<usize>,
}

/// A graph on a grid.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) grid: [usize; 2],
    pub(crate) extents: Vec<Extent>,
    /// Where values stand in the forward pass.
    pub(crate) first: Vec<Place>,
    /// Where they stand after it.
    pub(crate) later: Vec<Place>,
    /// Lengths of the kept buffers, and of the passing ones, which hold registers of this length at most.
    pub(crate) kept: Vec<usize>,
    pub(crate) passing: Vec<usize>,
    /// What changes with the state.
    pub(crate) with_state: Course,
    /// What changes with the parameters.
    pub(crate) with_leaves: Course,
    /// The first operations of the graph that are run, and the register that they end in.
    pub(crate) count: usize,
    pub(crate) output: Register,
}

impl Plan {
    /// The whole graph on a grid.
    pub(crate) fn new<R: Real>(graph: &Graph<R>, given: Given, keep: Keep) -> Result<Self> {
        Self::of(graph, given, keep, graph.output, graph.nodes.len())
    }

    /// The first `count` operations, which end in `output`.
    pub(crate) fn of<R: Real>(
        graph: &Graph<R>,
        given: Given,
        keep: Keep,
        output: Register,
        count: usize,
    ) -> Result<Self> {
        let extents = extents(graph, given, count)?;
        let course = |starts: &dyn Fn(Source) -> bool| active(graph, starts, count);
        let with_state = course(&|source| source == Source::State);
        let trained = |source| matches!(source, Source::Leaf(leaf) if graph.leaves()[leaf].trained);
        let with_leaves = course(&trained);
        let mut needed = vec![false; extents.len()];
        for (wanted, active) in [(keep != Keep::Output, &with_state), (keep == Keep::Gradients, &with_leaves)]
        {
            if wanted {
                mark_needed(graph, active, count, &mut needed);
            }
        }
        let mut plan = Self {
            grid: given.grid,
            first: graph.sources.iter().map(|source| Place::Source(*source)).collect(),
            later: Vec::new(),
            kept: Vec::new(),
            passing: Vec::new(),
            with_state: Course { active: with_state, ..Course::default() },
            with_leaves: Course { active: with_leaves, ..Course::default() },
            extents,
            count,
            output,
        };
        plan.place(graph, &needed);
        plan.with_state.lay(graph, &plan.extents, count, output);
        plan.with_leaves.lay(graph, &plan.extents, count, output);
        Ok(plan)
    }

    /// Places of all values. Registers that are handed in and needed later are kept as copies.
    fn place<R: Real>(&mut self, graph: &Graph<R>, needed: &[bool]) {
        let last = last_uses(graph, self.count, self.output);
        let mut pool = Pool::default();
        for node in &graph.nodes[..self.count] {
            let output = node.output.0;
            let len = self.extents[output].len();
            self.first[output] = match self.over(node, &last) {
                _ if needed[output] => self.keep(len),
                Some(place) => place,
                None => Place::Passing(pool.get(len)),
            };
            for used in ended(node, &last) {
                let goes_on = used != node.output && self.first[used.0] == self.first[output];
                if let (Place::Passing(buffer), false) = (self.first[used.0], goes_on) {
                    pool.put(buffer);
                }
            }
        }
        self.passing = pool.lens;
        self.later = self.first.clone();
        for (register, source) in graph.sources.iter().enumerate() {
            self.later[register] = match (source, self.first[register]) {
                (Source::Leaf(_), place) | (_, place @ Place::Kept(_)) => place,
                (Source::State | Source::Context | Source::Features, _) if needed[register] => {
                    self.keep(self.extents[register].len())
                }
                _ => Place::Gone,
            };
        }
    }

    /// Where x_0 of an operation stands, if y may take its place: nothing else reads it any more.
    fn over<R: Real>(&self, node: &Node<R>, last: &[usize]) -> Option<Place> {
        let (x, others) = node.inputs.split_first()?;
        let is_free = last[x.0] == node.output.0 && !others.contains(x);
        let place = self.first[x.0];
        (is_free && node.operation.in_place() && matches!(place, Place::Passing(_))).then_some(place)
    }

    fn keep(&mut self, len: usize) -> Place {
        self.kept.push(len);
        Place::Kept(self.kept.len() - 1)
    }
}

impl Course {
    /// Buffers for the changes of active registers, first forwards (J v), then back (Jᵀv), from one pool.
    fn lay<R: Real>(&mut self, graph: &Graph<R>, extents: &[Extent], count: usize, output: Register) {
        let nodes = &graph.nodes[..count];
        let held = |register: Register| {
            self.active[register.0] && !matches!(graph.sources[register.0], Source::Leaf(_))
        };
        let mut pool = Pool::default();
        let mut forward = vec![usize::MAX; extents.len()];
        for (register, source) in graph.sources.iter().enumerate() {
            if *source == Source::State && self.active[register] {
                forward[register] = pool.get(extents[register].len());
            }
        }
        let last = last_uses(graph, count, output);
        for node in nodes.iter().filter(|node| held(node.output)) {
            forward[node.output.0] = pool.get(extents[node.output.0].len());
            ended(node, &last).filter(|used| held(*used)).for_each(|used| pool.put(forward[used.0]));
        }
        let mut pool = Pool { free: (0..pool.lens.len()).collect(), ..pool };
        let mut back = vec![usize::MAX; extents.len()];
        back[output.0] = pool.get(extents[output.0].len());
        for node in nodes.iter().rev().filter(|node| held(node.output)) {
            if back[node.output.0] == usize::MAX {
                continue;
            }
            for input in node.inputs.iter().filter(|input| held(**input)) {
                if back[input.0] == usize::MAX {
                    back[input.0] = pool.get(extents[input.0].len());
                }
            }
            pool.put(back[node.output.0]);
        }
        (self.forward, self.back, self.buffers) = (forward, back, pool.lens);
    }
}

/// Buffers that are used again when they are free.
#[derive(Debug, Default)]
struct Pool {
    lens: Vec<usize>,
    free: Vec<usize>,
}

impl Pool {
    /// The shortest free buffer that is long enough, else the longest, which grows, else another.
    fn get(&mut self, len: usize) -> usize {
        let fit = |&at: &usize| {
            let held = self.lens[self.free[at]];
            (held < len, held.abs_diff(len))
        };
        let Some(at) = (0..self.free.len()).min_by_key(fit) else {
            self.lens.push(len);
            return self.lens.len() - 1;
        };
        let buffer = self.free.swap_remove(at);
        self.lens[buffer] = self.lens[buffer].max(len);
        buffer
    }

    fn put(&mut self, buffer: usize) {
        self.free.push(buffer);
    }
}

/// The shapes of all registers; those that no operation up to `count` writes are empty.
fn extents<R: Real>(graph: &Graph<R>, given: Given, count: usize) -> Result<Vec<Extent>> {
    let [height, width] = given.grid;
    let map = |channels| Extent { channels, height, width };
    let start = |source: &Source| match *source {
        Source::State => map(given.channels),
        Source::Context => map(given.context),
        Source::Features => Extent::vector(given.features),
        Source::Leaf(leaf) => match graph.leaves()[leaf].shape[..] {
            [channels, height, width] => Extent { channels, height, width },
            _ => Extent::vector(graph.leaves()[leaf].values.len()),
        },
        Source::Node(_) => Extent::default(),
    };
    let mut extents: Vec<Extent> = graph.sources.iter().map(start).collect();
    for node in &graph.nodes[..count] {
        let inputs: Vec<Extent> = node.inputs.iter().map(|input| extents[input.0]).collect();
        let extent = node.operation.extent(&inputs);
        extents[node.output.0] =
            extent.map_err(|expected| NetworkError::Grid { found: given.grid, expected })?;
    }
    Ok(extents)
}

/// The registers that change with those whose sources `starts` names.
fn active<R: Real>(graph: &Graph<R>, starts: &dyn Fn(Source) -> bool, count: usize) -> Vec<bool> {
    let mut active: Vec<bool> = graph.sources.iter().map(|source| starts(*source)).collect();
    for node in &graph.nodes[..count] {
        active[node.output.0] = node.inputs.iter().any(|input| active[input.0]);
    }
    active
}

/// Marks the registers whose values the products with what is active read.
fn mark_needed<R: Real>(graph: &Graph<R>, active: &[bool], count: usize, needed: &mut [bool]) {
    for node in &graph.nodes[..count] {
        for (k, _) in node.inputs.iter().enumerate().filter(|(_, input)| active[input.0]) {
            node.operation.needs(k).iter().for_each(|&i| needed[node.inputs[i].0] = true);
        }
    }
}

/// The register that the last operation to read each register writes; its own number where none reads it, beyond
/// all numbers for the output.
fn last_uses<R: Real>(graph: &Graph<R>, count: usize, output: Register) -> Vec<usize> {
    let mut last: Vec<usize> = (0..graph.sources.len()).collect();
    for node in &graph.nodes[..count] {
        node.inputs.iter().for_each(|input| last[input.0] = node.output.0);
    }
    last[output.0] = usize::MAX;
    last
}

/// The registers around an operation that nothing after it reads, each once.
fn ended<R: Real>(node: &Node<R>, last: &[usize]) -> impl Iterator<Item = Register> {
    let around = node.inputs.iter().chain([&node.output]).copied().enumerate();
    around
        .filter(|&(k, used)| last[used.0] <= node.output.0 && !node.inputs[..k].contains(&used))
        .map(|(_, used)| used)
}
