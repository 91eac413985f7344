//! A network that has run on a batch, and the products with its Jacobian there.

use crate::error::length;
use crate::pass::{Back, Changes, Handed, Lane, Past, forward};
use crate::plan::Plan;
use crate::{Keep, Network, NetworkError, Result};
use equipoise_field::{Real, each::entry};

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

/// Buffers of runs, used again and again. One room serves one run at a time, of any network.
#[derive(Debug, Default)]
pub struct Room<R> {
    members: Vec<Vec<Vec<R>>>,
    lanes: Vec<Lane<R>>,
    changes: Vec<Changes<R>>,
    features: Vec<R>,
}

/// A network that has run on n members.
#[derive(Debug)]
pub struct Run<'a, R> {
    network: &'a Network<R>,
    room: &'a mut Room<R>,
    plan: Plan,
    keep: Keep,
    count: usize,
}

/// The members a thread takes, one after the other.
fn share(count: usize, shares: usize) -> usize {
    count.div_ceil(shares.max(1)).max(1)
}

impl<R: Real> Room<R> {
    /// Room for `count` members in as many shares as there are threads, which take the operations of a member apart
    /// where there are more of them.
    fn lay(&mut self, count: usize) {
        let threads = rayon::current_num_threads();
        let each = share(count, threads);
        self.members.resize_with(count.max(self.members.len()), Vec::new);
        self.lanes.resize_with(threads.max(self.lanes.len()), Lane::default);
        for lane in &mut self.lanes {
            lane.scratch.room.share(threads / count.div_ceil(each).max(1));
        }
    }
}

impl<'a, R: Real> Run<'a, R> {
    /// Runs the network on `count` members, with `features` of the time for all or for each.
    pub(crate) fn new(
        network: &'a Network<R>,
        plan: Plan,
        input: Input<'_, R>,
        keep: Keep,
        out: &mut [R],
        room: &'a mut Room<R>,
    ) -> Self {
        let [inner, outer] =
            [network.channels(), network.outputs()].map(|c| c * input.grid[0] * input.grid[1]);
        let count = input.x.len() / inner;
        let each = share(count, rayon::current_num_threads());
        room.lay(count);
        room.features.clear();
        input.c_time.iter().for_each(|&time| network.encode(time, &mut room.features));
        let (features, width) = (&room.features, room.features.len() / input.c_time.len().max(1));
        let members = room.members[..count].chunks_mut(each).zip(&mut room.lanes);
        let mut shares: Vec<_> = members.zip(out.chunks_mut(each * outer)).collect();
        entry(&mut shares, |chunk, ((members, lane), out)| {
            for (k, (kept, out)) in members.iter_mut().zip(out.chunks_exact_mut(outer)).enumerate() {
                let member = chunk * each + k;
                let context = network.context() * input.grid[0] * input.grid[1];
                let handed = Handed {
                    state: &input.x[member * inner..][..inner],
                    context: one(input.context, context, member),
                    features: one(features, width, member),
                };
                forward(network.graph(), &plan, handed, kept, lane, out);
            }
        });
        Self { network, room, plan, keep, count }
    }

    /// Jᵀv of every member: `v` of n·outputs·H·W numbers, `out` of n·channels·H·W. Overwrites `out`.
    ///
    /// # Errors
    /// [`NetworkError::Length`]; [`NetworkError::Kept`] after [`Keep::Output`].
    pub fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<()> {
        let (inner, outer) = (self.inner(), self.outer());
        self.check("Jᵀv", Keep::Products, (v.len(), outer), Some((out.len(), inner)))?;
        self.each(v, outer, out, inner, |past, v, lane, out| past.vjp(v, lane, out));
        Ok(())
    }

    /// J v of every member: `v` of n·channels·H·W numbers, `out` of n·outputs·H·W. Overwrites `out`.
    ///
    /// # Errors
    /// [`NetworkError::Length`]; [`NetworkError::Kept`] after [`Keep::Output`].
    pub fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<()> {
        let (inner, outer) = (self.inner(), self.outer());
        self.check("J v", Keep::Products, (v.len(), inner), Some((out.len(), outer)))?;
        self.each(v, inner, out, outer, |past, v, lane, out| past.jvp(v, lane, out));
        Ok(())
    }

    /// The gradient of Σ⟨v, out⟩ over all members with respect to the parameters, in the order of
    /// [`Network::parameters`]: `v` of n·outputs·H·W numbers. Overwrites `out`.
    ///
    /// # Errors
    /// [`NetworkError::Length`]; [`NetworkError::Kept`] unless the run kept [`Keep::Gradients`].
    pub fn gradients(&mut self, v: &[R], out: &mut [R]) -> Result<()> {
        let outer = self.outer();
        self.check("gradient of the parameters", Keep::Gradients, (v.len(), outer), None)?;
        let (starts, len) = self.network.starts();
        length("gradient", out.len(), len)?;
        let graph = self.network.graph();
        self.room.lay(self.count);
        let Room { members, lanes, changes, .. } = &mut *self.room;
        changes.resize_with(self.count.max(changes.len()), Changes::default);
        lanes[0].scratch.room.share(rayon::current_num_threads());
        let lanes = &mut lanes[..rayon::current_num_threads()];
        out.fill(R::zero());
        let back = Back { graph, plan: &self.plan, members: &members[..self.count], starts: &starts };
        back.run(v, &mut changes[..self.count], lanes, out);
        Ok(())
    }

    /// Numbers of one member that goes in.
    fn inner(&self) -> usize {
        self.network.channels() * self.plan.grid[0] * self.plan.grid[1]
    }

    /// Numbers of one member that comes out.
    fn outer(&self) -> usize {
        self.network.outputs() * self.plan.grid[0] * self.plan.grid[1]
    }

    /// Runs `product` for every member, whose parts of `v` and `out` are of these lengths.
    fn each(
        &mut self,
        v: &[R],
        length_v: usize,
        out: &mut [R],
        length_out: usize,
        product: impl Fn(Past<'_, R>, &[R], &mut Lane<R>, &mut [R]) + Sync,
    ) {
        let each = share(self.count, rayon::current_num_threads());
        self.room.lay(self.count);
        let (graph, plan) = (self.network.graph(), &self.plan);
        let members = self.room.members[..self.count].chunks(each).zip(&mut self.room.lanes);
        let vectors = v.chunks(each * length_v).zip(out.chunks_mut(each * length_out));
        entry(&mut members.zip(vectors).collect::<Vec<_>>(), |_, ((members, lane), (v, out))| {
            let vectors = v.chunks_exact(length_v).zip(out.chunks_exact_mut(length_out));
            for (kept, (v, out)) in members.iter().zip(vectors) {
                product(Past { graph, plan, kept }, v, lane, out);
            }
        });
    }

    /// That enough was kept, and that lengths (found, of a member) are of all members.
    fn check(
        &self,
        product: &'static str,
        expected: Keep,
        v: (usize, usize),
        out: Option<(usize, usize)>,
    ) -> Result<()> {
        if self.keep == Keep::Output || (expected == Keep::Gradients && self.keep != expected) {
            let (found, expected) = (self.keep.name(), expected.name());
            return Err(NetworkError::Kept { product, found, expected });
        }
        length("v", v.0, self.count * v.1)?;
        out.map_or(Ok(()), |(found, of)| length("out", found, self.count * of))
    }
}

/// The part of a member, of what stands once for all or once for each.
fn one<R>(all: &[R], len: usize, member: usize) -> &[R] {
    if all.len() > len { &all[member * len..][..len] } else { all }
}
