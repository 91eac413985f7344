//! Passes of one member through a graph: forwards, J v, Jᵀv, and the gradient of the parameters.

use crate::graph::{Graph, Node, Register, Source};
use crate::operation::{At, Extent, MOST, Scratch};
use crate::plan::{Course, Place, Plan};
use equipoise_field::Real;
use std::mem::take;

/// What is handed in for one member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handed<'a, R> {
    pub(crate) state: &'a [R],
    pub(crate) context: &'a [R],
    pub(crate) features: &'a [R],
}

/// Buffers of whoever runs members, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Lane<R> {
    passing: Vec<Vec<R>>,
    changes: Vec<Vec<R>>,
    begun: Vec<bool>,
    scratch: Scratch<R>,
    pub(crate) gradient: Vec<R>,
}

/// Where values stand.
#[derive(Clone, Copy, Debug)]
struct Values<'a, R> {
    graph: &'a Graph<R>,
    plan: &'a Plan,
    handed: Handed<'a, R>,
    kept: &'a [Vec<R>],
    passing: &'a [Vec<R>],
}

impl<'a, R: Real> Values<'a, R> {
    fn at(self, place: Place) -> &'a [R] {
        match place {
            Place::Source(Source::State) => self.handed.state,
            Place::Source(Source::Context) => self.handed.context,
            Place::Source(Source::Features) => self.handed.features,
            Place::Source(Source::Leaf(leaf)) => &self.graph.leaves[leaf].values,
            Place::Kept(buffer) => &self.kept[buffer],
            Place::Passing(buffer) => &self.passing[buffer],
            Place::Source(Source::Node(_)) | Place::Gone => &[],
        }
    }

    /// What an operation reads.
    fn around(self, node: &Node<R>, places: &[Place]) -> At<'a, R> {
        let (mut values, mut extents) = ([&[][..]; MOST], [Extent::default(); MOST]);
        for (k, input) in node.inputs.iter().enumerate() {
            values[k] = self.at(places[input.0]);
            extents[k] = self.plan.extents[input.0];
        }
        At { values, extents, output: self.plan.extents[node.output.0] }
    }
}

/// As many buffers of these lengths; what stands in them is not to be read.
fn lay<R: Real>(buffers: &mut Vec<Vec<R>>, lens: &[usize]) {
    buffers.resize_with(lens.len().max(buffers.len()), Vec::new);
    buffers.iter_mut().zip(lens).for_each(|(buffer, &len)| buffer.resize(len, R::zero()));
}

/// The output of one member. Overwrites `out` and what is kept.
pub(crate) fn forward<R: Real>(
    graph: &Graph<R>,
    plan: &Plan,
    handed: Handed<'_, R>,
    kept: &mut Vec<Vec<R>>,
    lane: &mut Lane<R>,
    out: &mut [R],
) {
    lay(kept, &plan.kept);
    lay(&mut lane.passing, &plan.passing);
    for node in &graph.nodes[..plan.count] {
        let mut written = match plan.first[node.output.0] {
            Place::Kept(buffer) => take(&mut kept[buffer]),
            Place::Passing(buffer) => take(&mut lane.passing[buffer]),
            _ => continue,
        };
        let values = Values { graph, plan, handed, kept, passing: &lane.passing };
        node.operation.forward(values.around(node, &plan.first), &mut lane.scratch, &mut written);
        match plan.first[node.output.0] {
            Place::Kept(buffer) => kept[buffer] = written,
            Place::Passing(buffer) => lane.passing[buffer] = written,
            _ => {}
        }
    }
    let values = Values { graph, plan, handed, kept: &[], passing: &[] };
    for (register, source) in graph.sources.iter().enumerate() {
        if let (Place::Source(_), Place::Kept(buffer)) = (plan.first[register], plan.later[register]) {
            kept[buffer].copy_from_slice(values.at(Place::Source(*source)));
        }
    }
    out.copy_from_slice(Values { kept, passing: &lane.passing, ..values }.at(plan.first[plan.output.0]));
}

/// A member after its forward pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past<'a, R> {
    pub(crate) graph: &'a Graph<R>,
    pub(crate) plan: &'a Plan,
    pub(crate) kept: &'a [Vec<R>],
}

impl<R: Real> Past<'_, R> {
    fn around(&self, node: &Node<R>) -> At<'_, R> {
        let handed = Handed { state: &[], context: &[], features: &[] };
        let values = Values { graph: self.graph, plan: self.plan, handed, kept: self.kept, passing: &[] };
        values.around(node, &self.plan.later)
    }

    fn nodes(&self, course: &Course) -> impl DoubleEndedIterator<Item = &Node<R>> {
        let nodes = self.graph.nodes[..self.plan.count].iter();
        nodes.filter(|node| course.active[node.output.0])
    }

    fn leaf(&self, register: Register) -> Option<usize> {
        match self.graph.sources[register.0] {
            Source::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }

    /// J v. Overwrites `out`.
    pub(crate) fn jvp(&self, v: &[R], lane: &mut Lane<R>, out: &mut [R]) {
        let course = &self.plan.with_state;
        lay(&mut lane.changes, &course.buffers);
        for (register, source) in self.graph.sources.iter().enumerate() {
            if let (Source::State, Some(buffer)) = (source, lane.changes.get_mut(course.forward[register])) {
                buffer.copy_from_slice(v);
            }
        }
        for node in self.nodes(course) {
            let mut written = take(&mut lane.changes[course.forward[node.output.0]]);
            written.fill(R::zero());
            for (k, input) in node.inputs.iter().enumerate().filter(|(_, input)| course.active[input.0]) {
                let change = &lane.changes[course.forward[input.0]];
                node.operation.jvp(self.around(node), k, change, &mut lane.scratch, &mut written);
            }
            lane.changes[course.forward[node.output.0]] = written;
        }
        out.copy_from_slice(&lane.changes[course.forward[self.plan.output.0]]);
    }

    /// Jᵀv. Overwrites `out`.
    pub(crate) fn vjp(&self, v: &[R], lane: &mut Lane<R>, out: &mut [R]) {
        let course = &self.plan.with_state;
        self.back(course, v, lane, &[]);
        for (register, source) in self.graph.sources.iter().enumerate() {
            if let (Source::State, Some(buffer)) = (source, lane.changes.get(course.back[register])) {
                out.copy_from_slice(buffer);
            }
        }
    }

    /// Adds the gradient of ⟨v, out⟩ to the lane's, in which leaf l begins at `starts[l]`.
    pub(crate) fn gradient(&self, v: &[R], lane: &mut Lane<R>, starts: &[usize]) {
        self.back(&self.plan.with_leaves, v, lane, starts);
    }

    /// The backward pass through what is active.
    fn back(&self, course: &Course, v: &[R], lane: &mut Lane<R>, starts: &[usize]) {
        lay(&mut lane.changes, &course.buffers);
        lane.begun.clear();
        lane.begun.resize(self.graph.sources.len(), false);
        lane.changes[course.back[self.plan.output.0]].copy_from_slice(v);
        lane.begun[self.plan.output.0] = true;
        for node in self.nodes(course).rev() {
            if !lane.begun[node.output.0] {
                continue;
            }
            let slope = take(&mut lane.changes[course.back[node.output.0]]);
            for (k, input) in node.inputs.iter().enumerate().filter(|(_, input)| course.active[input.0]) {
                if let Some(leaf) = self.leaf(*input) {
                    let len = self.plan.extents[input.0].len();
                    let into = &mut lane.gradient[starts[leaf]..starts[leaf] + len];
                    node.operation.vjp(self.around(node), k, &slope, &mut lane.scratch, into);
                    continue;
                }
                let mut into = take(&mut lane.changes[course.back[input.0]]);
                if !std::mem::replace(&mut lane.begun[input.0], true) {
                    into.fill(R::zero());
                }
                node.operation.vjp(self.around(node), k, &slope, &mut lane.scratch, &mut into);
                lane.changes[course.back[input.0]] = into;
            }
            lane.changes[course.back[node.output.0]] = slope;
        }
    }
}
