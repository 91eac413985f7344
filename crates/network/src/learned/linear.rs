//! A network's run on a batch, with what stands around it.

use super::model;
use crate::{Coefficients, Input, Keep, Network, Room, Run};
use equipoise_denoiser::{Denoiser, DenoiserError, Linearised};
use equipoise_field::{Length, Real, Shape};
use equipoise_schedule::Level;

/// Inputs of a network up to here are ordinary: what it makes no number of is its own fault. Beyond, a run has
/// diverged, and whoever drives it judges.
const ORDINARY: f64 = 1e6;

/// A network on a grid.
#[derive(Clone, Copy, Debug)]
pub struct OnGrid<'a, R> {
    /// The network.
    pub network: &'a Network<R>,
    /// (T, C, H, W) of a member.
    pub shape: Shape,
    /// For each channel of the network, the plane of a member that it takes; empty where they are in one order.
    pub planes: &'a [usize],
    /// The context of every member, or of all.
    pub context: &'a [R],
}

/// What a linearisation keeps in a tape.
#[derive(Debug, Default)]
pub struct Kept<R> {
    room: Room<R>,
    into: Vec<R>,
    from: Vec<R>,
}

/// x̂ linearised at n states.
#[derive(Debug)]
pub struct Linear<'a, R: Real> {
    /// None where c_out is 0.
    run: Option<Run<'a, R>>,
    into: &'a mut Vec<R>,
    from: &'a mut Vec<R>,
    planes: &'a [usize],
    shape: Shape,
    at: Coefficients,
    len: usize,
    /// W of a filter, and its level.
    filter: Option<(&'a dyn Denoiser<R>, Level)>,
}

impl<'a, R: Real> OnGrid<'a, R> {
    /// Runs the network at `x_t` of n members, and puts x̂ = c_skip·x_t + c_out·F(c_in·x_t, c_time) together. Where c_out
    /// is 0, as at a level of which [`Shares`](crate::Shares) take nothing, F counts for nothing and is not run.
    ///
    /// # Errors
    /// [`DenoiserError::Length`] of a buffer; [`DenoiserError::Model`] with what the network refuses;
    /// [`DenoiserError::NotFinite`] where it makes no number of ordinary ones.
    pub fn linearise(
        self,
        x_t: &[R],
        at: Coefficients,
        x_hat: &mut [R],
        keep: Keep,
        kept: &'a mut Kept<R>,
    ) -> Result<Linear<'a, R>, DenoiserError> {
        let Kept { room, into, from } = kept;
        let Self { network, shape, planes, context } = self;
        Length::members("x_t", x_t.len(), shape.len())?;
        Length::check("x_hat", x_hat.len(), x_t.len())?;
        into.resize(x_t.len(), R::zero());
        from.resize(x_t.len(), R::zero());
        let run = if at.out == 0.0 {
            from.fill(R::zero());
            None
        } else {
            ordered(shape, planes, x_t, into, |x| x * at.scale);
            let input = Input { grid: [shape.height, shape.width], x: into, c_time: &[at.time], context };
            let run = network.run(input, keep, from, room).map_err(model)?;
            numbers(shape.len(), into, from)?;
            Some(run)
        };
        put_together(shape, planes, [x_t, from], [at.skip, at.out], x_hat);
        Ok(Linear { run, into, from, planes, shape, at, len: x_t.len(), filter: None })
    }
}

impl<'a, R: Real> Linear<'a, R> {
    /// Adds x̂ of a filter, whose J is its own adjoint, to x̂, and its J to J.
    pub(super) fn beside(
        self,
        filter: &'a dyn Denoiser<R>,
        level: Level,
        x_t: &[R],
        x_hat: &mut [R],
    ) -> Result<Self, DenoiserError> {
        self.members(x_t, x_hat, |x_t, w| filter.denoise(x_t, level, w))?;
        Ok(Self { filter: Some((filter, level)), ..self })
    }

    /// Adds W v of every member.
    fn filtered(&self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let Some((filter, level)) = self.filter else { return Ok(()) };
        self.members(v, out, |v, w| filter.vjp(v, level, v, w))
    }

    fn members(
        &self,
        v: &[R],
        out: &mut [R],
        of: impl Fn(&[R], &mut [R]) -> Result<(), DenoiserError>,
    ) -> Result<(), DenoiserError> {
        let dim = self.shape.len();
        let mut made = vec![R::zero(); dim];
        for (v, out) in v.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
            of(v, &mut made)?;
            out.iter_mut().zip(&made).for_each(|(out, &w)| *out += w);
        }
        Ok(())
    }

    fn lengths(&self, v: &[R], out: &[R]) -> Result<(), DenoiserError> {
        Length::check("v", v.len(), self.len)?;
        Ok(Length::check("out", out.len(), self.len)?)
    }
}

impl<R: Real> Linearised<R> for Linear<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.lengths(v, out)?;
        match &mut self.run {
            Some(run) => {
                ordered(self.shape, self.planes, v, self.from, |v| v * self.at.out);
                run.vjp(self.from, self.into).map_err(model)?;
            }
            None => self.into.fill(R::zero()),
        }
        put_together(self.shape, self.planes, [v, self.into], [self.at.skip, self.at.scale], out);
        self.filtered(v, out)
    }

    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.lengths(v, out)?;
        match &mut self.run {
            Some(run) => {
                ordered(self.shape, self.planes, v, self.into, |v| v * self.at.scale);
                run.jvp(self.into, self.from).map_err(model)?;
            }
            None => self.from.fill(R::zero()),
        }
        put_together(self.shape, self.planes, [v, self.from], [self.at.skip, self.at.out], out);
        self.filtered(v, out)
    }
}

/// `of` every number, the planes of each window in the network's order.
fn ordered<R: Real>(shape: Shape, planes: &[usize], x: &[R], into: &mut [R], of: impl Fn(f64) -> f64) {
    let plane = shape.height * shape.width;
    let windows = x.chunks_exact(shape.len()).zip(into.chunks_exact_mut(shape.len()));
    for (x, into) in windows {
        for (channel, into) in into.chunks_exact_mut(plane).enumerate() {
            let from = planes.get(channel).copied().unwrap_or(channel);
            let x = &x[from * plane..][..plane];
            into.iter_mut().zip(x).for_each(|(into, x)| *into = R::narrow(of(x.wide())));
        }
    }
}

/// out = a·x + b·y, with `y` in the network's order of planes.
fn put_together<R: Real>(shape: Shape, planes: &[usize], [x, y]: [&[R]; 2], [a, b]: [f64; 2], out: &mut [R]) {
    let plane = shape.height * shape.width;
    let windows = x.chunks_exact(shape.len()).zip(y.chunks_exact(shape.len()));
    for ((x, y), out) in windows.zip(out.chunks_exact_mut(shape.len())) {
        for (channel, y) in y.chunks_exact(plane).enumerate() {
            let to = planes.get(channel).copied().unwrap_or(channel) * plane;
            let parts = x[to..][..plane].iter().zip(y).zip(&mut out[to..][..plane]);
            parts.for_each(|((x, y), out)| *out = R::narrow(a * x.wide() + b * y.wide()));
        }
    }
}

/// That a network made numbers of ordinary ones, member by member.
fn numbers<R: Real>(dim: usize, into: &[R], from: &[R]) -> Result<(), DenoiserError> {
    for (into, from) in into.chunks_exact(dim).zip(from.chunks_exact(dim)) {
        let Some(index) = from.iter().position(|value| !value.is_finite()) else { continue };
        if into.iter().all(|x| x.wide().abs() <= ORDINARY) {
            let found = from[index].wide();
            return Err(DenoiserError::NotFinite { what: "output of the network", index, found });
        }
    }
    Ok(())
}
