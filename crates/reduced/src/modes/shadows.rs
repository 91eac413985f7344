//! What the classes hold of a field: one pass over U for what nothing sees, one over A U for the rest.

use super::ModesSpace;
use crate::{Result, error};
use equipoise_covariance::Panel;
use equipoise_field::{Real, each, sum};
use equipoise_operator::Adjoint;
use std::borrow::Cow;
use std::ops::Range;

/// What a class holds of a field v.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    /// UᵀP_κv.
    pub(crate) modes: Vec<f64>,
    /// ‖P_κv‖².
    pub(crate) square: f64,
    /// ⟨P_κv, Aᵀỹ/c⟩.
    pub(crate) data: f64,
    /// ⟨P_κv, f⟩.
    pub(crate) origin: f64,
}

impl Shadow {
    fn none(rank: usize) -> Self {
        Self { modes: vec![0.0; rank], square: 0.0, data: 0.0, origin: 0.0 }
    }
}

/// The field Σ scale · values and its observations.
pub(super) struct View<'a, R: Real> {
    pub(super) terms: Vec<(f64, &'a [R])>,
    pub(super) seen: Cow<'a, [R]>,
}

/// block ← keep · block + Σ scale · values, from `start` on; what is scaled by 0 is not read.
pub(super) fn combine<R: Real>(block: &mut [R], keep: f64, start: usize, terms: &[(f64, &[R])]) {
    match keep.abs() > 0.0 {
        true => each::update(block, |v| R::narrow(keep) * v),
        false => block.fill(R::zero()),
    }
    for (scale, values) in terms.iter().filter(|(scale, _)| scale.abs() > 0.0) {
        let scale = R::narrow(*scale);
        each::update1(block, &values[start..][..block.len()], |v, t| v + scale * t);
    }
}

impl<R: Real> ModesSpace<R> {
    /// m.
    pub(super) fn mean(&self) -> View<'_, R> {
        View { terms: vec![(1.0, self.wiener.mean())], seen: Cow::Borrowed(&self.observed_mean) }
    }

    /// x − μm.
    pub(super) fn centred<'a>(&'a self, x: &'a [R], mu: f64) -> Result<View<'a, R>> {
        error::expect("start", x.len(), self.dim())?;
        let mut seen = vec![R::zero(); self.observed.count()];
        self.observed.operator().apply(x, &mut seen);
        let scale = R::narrow(mu);
        each::update1(&mut seen, &self.observed_mean, |v, m| v - scale * m);
        Ok(View { terms: vec![(1.0, x), (-mu, self.wiener.mean())], seen: Cow::Owned(seen) })
    }

    /// Observations of one class that lie side by side, with its index, stretch by stretch.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let (count, plane, kinds) =
            (self.observed.count(), self.coordinates.kinds.plane, self.coordinates.kinds.noise.len());
        let stretch = move |first| (1 + first / plane % kinds, first..count.min(first + plane));
        (0..count).step_by(plane).map(stretch)
    }

    /// A U, r × N.
    pub(super) fn observed_modes(&self) -> Panel<'_, R> {
        let basis = self.observed.observed_basis().unwrap_or_default();
        Panel::new(basis, self.coordinates.rank(), self.observed.count())
    }

    /// What every class holds of v, beside ỹ and f.
    pub(super) fn shadows(&self, v: &View<'_, R>, data: &[R], f: Option<&View<'_, R>>) -> Vec<Shadow> {
        let mut shadows = self.seen_shadows(&v.seen, data, f.map_or(&[], |f| &f.seen));
        shadows[0] = self.unseen_shadow(v, f);
        shadows
    }

    /// What P_0 holds of v.
    fn unseen_shadow(&self, v: &View<'_, R>, f: Option<&View<'_, R>>) -> Shadow {
        if self.coordinates.classes[0].dim == 0 {
            return Shadow::none(self.coordinates.rank());
        }
        let mut field = Vec::new();
        let seen = Adjoint::new(self.observed.operator().as_ref(), &v.seen, &mut field);
        let share = R::narrow(-1.0 / self.coordinates.scale);
        let (modes, [square, origin]) = self.modes().project_made(|start, block| {
            combine(block, 0.0, start, &v.terms);
            seen.add(share, start, block);
            let along = |(scale, values): &(f64, &[R])| scale * dot(block, start, values);
            [sum::squared_norm(block), f.map_or(0.0, |f| f.terms.iter().map(along).sum())]
        });
        Shadow { modes, square, data: 0.0, origin }
    }

    /// What the classes of observations hold of a field that is seen as `seen`, beside ỹ and A f where they
    /// are given; nothing for P_0.
    pub(super) fn seen_shadows(&self, seen: &[R], data: &[R], f: &[R]) -> Vec<Shadow> {
        let mut shadows = vec![Shadow::none(self.coordinates.rank()); self.coordinates.classes.len()];
        for (class, at) in self.stretches() {
            let others = [data, f].map(|values| values.get(at.clone()));
            let seen = &seen[at.clone()];
            let (modes, [square, data, origin]) =
                self.observed_modes().columns(at).project_made(|start, block| {
                    block.copy_from_slice(&seen[start..][..block.len()]);
                    let [data, f] = others.map(|values| values.map_or(0.0, |v| dot(block, start, v)));
                    [sum::squared_norm(block), data, f]
                });
            let shadow = &mut shadows[class];
            shadow.modes.iter_mut().zip(modes).for_each(|(m, found)| *m += found / self.coordinates.scale);
            shadow.square += square / self.coordinates.scale;
            shadow.data += data / self.coordinates.scale;
            shadow.origin += origin / self.coordinates.scale;
        }
        shadows
    }
}

/// ⟨block, values⟩ from `start` on.
fn dot<R: Real>(block: &[R], start: usize, values: &[R]) -> f64 {
    sum::dot(block, &values[start..][..block.len()])
}
