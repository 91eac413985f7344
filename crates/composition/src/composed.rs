//! The Jacobian of a composite, from those of its windows.

use crate::Composition;
use crate::flow::{Room, Sink, Source, Windows};
use crate::plan::{Inward, Outward, same};
use equipoise_denoiser::{Denoiser, DenoiserError, Give, Linearised, Take, Tape};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use rayon::prelude::*;

/// What a composite keeps in a tape.
pub(crate) struct Kept<R> {
    /// x_t of the windows that are kept.
    pub(crate) states: Vec<R>,
    /// One tape for each of their calls.
    pub(crate) tapes: Vec<Tape>,
    /// Room of a pass over the windows.
    pub(crate) room: Room<R>,
    pub(crate) again: Again<R>,
}

/// Room of windows that run forward once more.
pub(crate) struct Again<R> {
    states: Vec<R>,
    x_hat: Vec<R>,
    /// The tape of all of them, one call after the other.
    pub(crate) tape: Tape,
}

impl<R> Default for Kept<R> {
    fn default() -> Self {
        let again = Again { states: Vec::new(), x_hat: Vec::new(), tape: Tape::new() };
        Self { states: Vec::new(), tapes: Vec::new(), room: Room::default(), again }
    }
}

/// J of the composite at the states of a batch.
pub(crate) struct Composed<'a, R: Real> {
    pub(crate) composition: &'a Composition<R>,
    pub(crate) x_t: &'a [R],
    pub(crate) level: Level,
    /// J of the first windows, one of each call.
    pub(crate) locals: Vec<Box<dyn Linearised<R> + 'a>>,
    pub(crate) room: &'a mut Room<R>,
    pub(crate) again: &'a mut Again<R>,
}

/// A product with J of a window.
#[derive(Clone, Copy)]
enum Product {
    Vjp,
    Jvp,
}

impl Product {
    fn of<R: Real>(
        self,
        local: &mut (dyn Linearised<R> + '_),
        v: &[R],
        out: &mut [R],
    ) -> Result<(), DenoiserError> {
        match self {
            Self::Vjp => local.vjp(v, out),
            Self::Jvp => local.jvp(v, out),
        }
    }

    fn alone<R: Real>(
        self,
        denoiser: &dyn Denoiser<R>,
        (x_t, level): (&[R], Level),
        v: &[R],
        out: &mut [R],
    ) -> Result<(), DenoiserError> {
        match self {
            Self::Vjp => denoiser.vjp(x_t, level, v, out),
            Self::Jvp => denoiser.jvp(x_t, level, v, out),
        }
    }
}

impl<R: Real> Composed<'_, R> {
    /// `outward` of the products of all windows with `inward` of v.
    fn each(
        &mut self,
        (inward, product, outward): (Inward, Product, Outward),
        source: Source<'_, R>,
        sink: Sink<'_, R>,
    ) -> Result<(), DenoiserError> {
        let Self { composition, x_t, level, locals, room, again } = self;
        let pass = composition.pass(x_t.len() / composition.dim(), inward, outward);
        pass.run(room, source, sink, |v, out| match locals.get_mut(v.at.start / pass.at_once) {
            Some(local) => product.of(&mut **local, v.filled(), out),
            None => again.product(composition, (x_t, *level), product, v, out),
        })
    }

    fn whole(
        &mut self,
        how: (Inward, Product, Outward),
        v: &[R],
        out: &mut [R],
    ) -> Result<(), DenoiserError> {
        same(v, out, self.x_t.len())?;
        self.each(how, Source::Whole(v), Sink::Whole(out))
    }
}

impl<R: Real> Again<R> {
    /// The product of windows that are not kept. One at a time, they are shared among threads.
    fn product(
        &mut self,
        composition: &Composition<R>,
        (x_t, level): (&[R], Level),
        product: Product,
        v: Windows<'_, R>,
        out: &mut [R],
    ) -> Result<(), DenoiserError> {
        let (windows, v) = (v.at.clone(), v.filled());
        let (denoiser, plan) = (composition.window_denoiser(), composition.plan());
        let numbers = plan.numbers();
        if denoiser.batch() > 1 {
            plan.unfold(x_t, windows, &mut self.states);
            self.x_hat.resize(v.len(), R::zero());
            let mut local = denoiser.linearise(&self.states, level, &mut self.x_hat, &mut self.tape)?;
            return product.of(&mut *local, v, out);
        }
        let one = |(k, (v, out)): (usize, (&[R], &mut [R]))| {
            let first = plan.begin(windows.start + k) * plan.frame;
            product.alone(&**denoiser, (&x_t[first..first + numbers], level), v, out)
        };
        if windows.len() == 1 {
            return one((0, (v, out)));
        }
        let vectors = v.par_chunks_exact(numbers).zip(out.par_chunks_exact_mut(numbers));
        vectors.enumerate().try_for_each(one)
    }
}

impl<R: Real> Linearised<R> for Composed<'_, R> {
    /// Uᵀ diag(J_iᵀ) Fᵀ v.
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.whole((Inward::Shared, Product::Vjp, Outward::Sum), v, out)
    }

    /// With the frames of v and of the product that windows in flight hold.
    fn vjp_pieces(&mut self, len: usize, give: Give<'_, R>, take: Take<'_, R>) -> Result<(), DenoiserError> {
        Length::check("v", len, self.x_t.len())?;
        let how = (Inward::Shared, Product::Vjp, Outward::Sum);
        self.each(how, Source::Given(give), Sink::Taken(take))
    }

    /// F diag(J_i) U v.
    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.whole((Inward::Unfolded, Product::Jvp, Outward::Mean), v, out)
    }

    /// V⁺v, one vjp of each window.
    fn covariance(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let scale = self.level.sigma * self.level.sigma / self.level.mu;
        self.whole((Inward::Rooted, Product::Vjp, Outward::Rooted(scale)), v, out)
    }
}
