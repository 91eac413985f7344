//! Passes through a graph: forwards, J v, Jᵀv, and the gradient of the parameters. What comes in and goes out has
//! planes; in between stand pixels.

use crate::graph::{Graph, Node, Register, Source};
use crate::operation::{At, Extent, MOST, Scratch};
use crate::plan::{Course, Place, Plan};
use equipoise_convolution::pixels::{of_planes, to_planes};
use equipoise_field::Real;
use equipoise_field::each::entry;
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
    changes: Changes<R>,
    /// The state and the context as pixels.
    given: [Vec<R>; 2],
    pub(crate) scratch: Scratch<R>,
}

/// Changes of a member's registers on the way through.
#[derive(Debug, Default)]
pub(crate) struct Changes<R> {
    buffers: Vec<Vec<R>>,
    begun: Vec<bool>,
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
    /// The value of a register; nothing while its buffer is written.
    fn at(self, register: Register, places: &[Place]) -> &'a [R] {
        match places[register.0] {
            Place::Source(Source::State) => self.handed.state,
            Place::Source(Source::Context) => self.handed.context,
            Place::Source(Source::Features) => self.handed.features,
            Place::Source(Source::Leaf(leaf)) => self.graph.leaves()[leaf].read(),
            Place::Kept(buffer) => &self.kept[buffer],
            Place::Passing(buffer) => {
                self.passing[buffer].get(..self.plan.extents[register.0].len()).unwrap_or_default()
            }
            Place::Source(Source::Node(_)) | Place::Gone => &[],
        }
    }

    /// What an operation reads.
    fn around(self, node: &'a Node<R>, places: &[Place]) -> At<'a, R> {
        let (mut values, mut extents) = ([&[][..]; MOST], [Extent::default(); MOST]);
        for (k, input) in node.inputs.iter().enumerate() {
            values[k] = self.at(*input, places);
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
    let [mut state, mut context] = take(&mut lane.given);
    let handed = Handed {
        state: as_pixels(handed.state, plan.grid, &mut state),
        context: as_pixels(handed.context, plan.grid, &mut context),
        ..handed
    };
    for node in &graph.nodes[..plan.count] {
        let mut written = match plan.first[node.output.0] {
            Place::Kept(buffer) => take(&mut kept[buffer]),
            Place::Passing(buffer) => take(&mut lane.passing[buffer]),
            _ => continue,
        };
        let values = Values { graph, plan, handed, kept, passing: &lane.passing };
        let y = &mut written[..plan.extents[node.output.0].len()];
        let stays = plan.first[node.inputs[0].0] == plan.first[node.output.0];
        if node.operation.in_place() && !stays {
            y.copy_from_slice(values.at(node.inputs[0], &plan.first));
        }
        node.operation.forward(values.around(node, &plan.first), &mut lane.scratch, y);
        match plan.first[node.output.0] {
            Place::Kept(buffer) => kept[buffer] = written,
            Place::Passing(buffer) => lane.passing[buffer] = written,
            _ => {}
        }
    }
    let values = Values { graph, plan, handed, kept: &[], passing: &[] };
    for register in (0..graph.sources.len()).map(Register) {
        if let (Place::Source(_), Place::Kept(buffer)) = (plan.first[register.0], plan.later[register.0]) {
            kept[buffer].copy_from_slice(values.at(register, &plan.first));
        }
    }
    let made = Values { kept, passing: &lane.passing, ..values }.at(plan.output, &plan.first);
    to_planes(made, plan.extents[plan.output.0].channels, out);
    lane.given = [state, context];
}

/// Planes as pixels, in a buffer.
fn as_pixels<'a, R: Real>(planes: &[R], [height, width]: [usize; 2], buffer: &'a mut Vec<R>) -> &'a [R] {
    buffer.resize(planes.len(), R::zero());
    of_planes(planes, planes.len() / (height * width).max(1), buffer);
    buffer
}

/// A member after its forward pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past<'a, R> {
    pub(crate) graph: &'a Graph<R>,
    pub(crate) plan: &'a Plan,
    pub(crate) kept: &'a [Vec<R>],
}

impl<'a, R: Real> Past<'a, R> {
    fn around(&self, node: &'a Node<R>) -> At<'a, R> {
        let handed = Handed { state: &[], context: &[], features: &[] };
        let values = Values { graph: self.graph, plan: self.plan, handed, kept: self.kept, passing: &[] };
        values.around(node, &self.plan.later)
    }

    fn len(&self, register: Register) -> usize {
        self.plan.extents[register.0].len()
    }

    fn nodes(&self, course: &Course) -> impl DoubleEndedIterator<Item = &'a Node<R>> {
        active(self.graph, self.plan, course)
    }

    /// J v. Overwrites `out`.
    pub(crate) fn jvp(&self, v: &[R], lane: &mut Lane<R>, out: &mut [R]) {
        let course = &self.plan.with_state;
        let Lane { changes: Changes { buffers, .. }, scratch, .. } = lane;
        lay(buffers, &course.buffers);
        for (register, source) in self.graph.sources.iter().enumerate() {
            if let (Source::State, Some(buffer)) = (source, buffers.get_mut(course.forward[register])) {
                of_planes(v, self.plan.extents[register].channels, &mut buffer[..v.len()]);
            }
        }
        for node in self.nodes(course) {
            let mut written = take(&mut buffers[course.forward[node.output.0]]);
            let y = &mut written[..self.len(node.output)];
            y.fill(R::zero());
            for (k, input) in node.inputs.iter().enumerate().filter(|(_, input)| course.active[input.0]) {
                let change = &buffers[course.forward[input.0]][..self.len(*input)];
                node.operation.jvp(self.around(node), k, change, scratch, y);
            }
            buffers[course.forward[node.output.0]] = written;
        }
        let made = &buffers[course.forward[self.plan.output.0]][..out.len()];
        to_planes(made, self.plan.extents[self.plan.output.0].channels, out);
    }

    /// Jᵀv. Overwrites `out`.
    pub(crate) fn vjp(&self, v: &[R], lane: &mut Lane<R>, out: &mut [R]) {
        let course = &self.plan.with_state;
        self.begin(course, v, &mut lane.changes);
        for node in self.nodes(course).rev() {
            self.back(course, node, &mut lane.changes, &mut lane.scratch);
        }
        for (register, source) in self.graph.sources.iter().enumerate() {
            if let (Source::State, Some(buffer)) = (source, lane.changes.buffers.get(course.back[register])) {
                to_planes(&buffer[..out.len()], self.plan.extents[register].channels, out);
            }
        }
    }

    /// The end of the graph, where the way back begins.
    fn begin(&self, course: &Course, v: &[R], changes: &mut Changes<R>) {
        lay(&mut changes.buffers, &course.buffers);
        changes.begun.clear();
        changes.begun.resize(self.graph.sources.len(), false);
        let output = self.plan.output.0;
        let change = &mut changes.buffers[course.back[output]][..v.len()];
        of_planes(v, self.plan.extents[output].channels, change);
        changes.begun[output] = true;
    }

    /// The way back through one operation, to its inputs that are no leaves.
    fn back(&self, course: &Course, node: &'a Node<R>, changes: &mut Changes<R>, scratch: &mut Scratch<R>) {
        let Changes { buffers, begun } = changes;
        if !begun[node.output.0] {
            return;
        }
        let slope = take(&mut buffers[course.back[node.output.0]]);
        for (k, input) in node.inputs.iter().enumerate().filter(|(_, input)| course.active[input.0]) {
            if leaf(self.graph, *input).is_some() {
                continue;
            }
            let mut into = take(&mut buffers[course.back[input.0]]);
            let x = &mut into[..self.len(*input)];
            if !std::mem::replace(&mut begun[input.0], true) {
                x.fill(R::zero());
            }
            let v = &slope[..self.len(node.output)];
            node.operation.vjp(self.around(node), k, v, scratch, x);
            buffers[course.back[input.0]] = into;
        }
        buffers[course.back[node.output.0]] = slope;
    }
}

fn leaf<R>(graph: &Graph<R>, register: Register) -> Option<usize> {
    match graph.sources[register.0] {
        Source::Leaf(leaf) => Some(leaf),
        _ => None,
    }
}

fn active<'a, R>(
    graph: &'a Graph<R>,
    plan: &Plan,
    course: &Course,
) -> impl DoubleEndedIterator<Item = &'a Node<R>> {
    let nodes = graph.nodes[..plan.count].iter();
    nodes.filter(|node| course.active[node.output.0])
}

/// The gradient of Σ⟨v, out⟩ over all members with respect to the leaves: all members come back through an operation
/// before any comes to the one before it, so that its weights are added to in the order of the members.
pub(crate) struct Back<'a, R> {
    pub(crate) graph: &'a Graph<R>,
    pub(crate) plan: &'a Plan,
    /// What was kept of each member.
    pub(crate) members: &'a [Vec<Vec<R>>],
    /// Where each leaf begins in the gradient.
    pub(crate) starts: &'a [usize],
}

impl<'a, R: Real> Back<'a, R> {
    fn past(&self, member: usize) -> Past<'a, R> {
        Past { graph: self.graph, plan: self.plan, kept: &self.members[member] }
    }

    /// Adds the gradient to `out`; `each` members to a lane, changes for each member.
    pub(crate) fn run(&self, v: &[R], changes: &mut [Changes<R>], lanes: &mut [Lane<R>], out: &mut [R]) {
        let course = &self.plan.with_leaves;
        let outer = v.len() / changes.len().max(1);
        let each = changes.len().div_ceil(lanes.len().max(1)).max(1);
        entry(changes, |m, changes| self.past(m).begin(course, &v[m * outer..][..outer], changes));
        for node in active(self.graph, self.plan, course).rev() {
            self.weights(node, changes, &mut lanes[0].scratch, out);
            let mut shares: Vec<_> = changes.chunks_mut(each).zip(&mut *lanes).collect();
            entry(&mut shares, |share, (changes, lane)| {
                for (m, changes) in changes.iter_mut().enumerate() {
                    self.past(share * each + m).back(course, node, changes, &mut lane.scratch);
                }
            });
        }
    }

    /// What an operation's leaves get of all members.
    fn weights(&self, node: &'a Node<R>, changes: &[Changes<R>], scratch: &mut Scratch<R>, out: &mut [R]) {
        let course = &self.plan.with_leaves;
        let pasts: Vec<_> = (0..changes.len()).map(|m| self.past(m)).collect();
        let begun = pasts.iter().zip(changes).filter(|(_, changes)| changes.begun[node.output.0]);
        let members: Vec<_> = begun
            .map(|(past, changes)| {
                let slope = &changes.buffers[course.back[node.output.0]];
                (past.around(node), &slope[..past.len(node.output)])
            })
            .collect();
        for (k, input) in node.inputs.iter().enumerate().filter(|(_, input)| course.active[input.0]) {
            if let Some(leaf) = leaf(self.graph, *input) {
                let into = &mut out[self.starts[leaf]..][..self.plan.extents[input.0].len()];
                node.operation.gradient(&members, k, scratch, into);
            }
        }
    }
}
