//! From the rows of every class back to a field.

use super::classes::BEYOND;
use super::coordinates::Coordinates;
use super::shadows::{Shadow, View, combine};
use super::{ModesData, ModesSpace};
use crate::{Result, Start, error};
use equipoise_field::{Real, each};
use equipoise_operator::Adjoint;
use equipoise_schedule::Level;
use equipoise_stream::{Abreast, BLOCK, LANES, Stream};
use ndarray::aview1;
use std::borrow::Cow;

/// The state of a member in every class.
#[derive(Clone, Debug)]
pub(crate) struct ModesEnd {
    pub(crate) rows: Vec<Vec<f64>>,
    /// Rows of f.
    pub(crate) origin: Vec<Vec<f64>>,
    /// Names the direction of the rests.
    pub(crate) rest: Stream,
}

/// A class of the state as a combination of what is at hand: U c + data · Aᵀỹ/c + origin · f + white · n.
struct Combination {
    modes: Vec<f64>,
    data: f64,
    origin: f64,
    white: f64,
}

/// out = standard normal deviates, eight streams to a block: in vectors, and the same on any number of
/// threads.
fn white<R: Real>(stream: Stream, out: &mut [R]) {
    each::chunk(out, BLOCK, |block, out| {
        let lane = |l: usize| stream.number((block * LANES + l) as u64);
        let mut rows = [[0.0; LANES]; BLOCK / LANES];
        Abreast::new(std::array::from_fn(lane)).fill_normal(0, &mut rows);
        out.iter_mut().zip(rows.as_flattened()).for_each(|(out, z)| *out = R::narrow(*z));
    });
}

impl<R: Real> ModesSpace<R> {
    /// out = x at `level`, for a run that began at `first`. Two passes over the modes, one where no noise
    /// was drawn; over the observed modes alone where nothing is left unseen.
    pub(crate) fn expand(
        &self,
        data: &ModesData<R>,
        start: Start<'_, R>,
        end: &ModesEnd,
        [first, level]: [Level; 2],
        out: &mut [R],
    ) -> Result<()> {
        error::expect("classes of the coefficients", end.rows.len(), self.coordinates.classes.len())?;
        for (class, rows) in self.coordinates.classes.iter().zip(&end.rows) {
            error::expect("rows of a class", rows.len(), class.width() + BEYOND)?;
        }
        let origin = match start {
            Start::Field(field) => Some(self.centred(field, first.mu)?),
            Start::Normal(_) => Some(self.mean()),
            Start::Prior(_) => None,
        };
        let noisy = end.rows.iter().any(|rows| rows[rows.len() - 1].abs() > 0.0);
        let mut seen = vec![R::zero(); self.observed.count()];
        // The noise lies where x comes to lie.
        let shadows = noisy.then(|| {
            white(end.rest, out);
            self.observed.operator().apply(out, &mut seen);
            let white = View { terms: vec![(1.0, &*out)], seen: Cow::Borrowed(&seen) };
            self.shadows(&white, &data.values, origin.as_ref())
        });
        let parts = self.coordinates.combinations(&data.rows, end, shadows.as_deref());
        self.assemble_seen(data, &parts, origin.as_ref(), &mut seen);
        self.assemble(&parts[0], origin.as_ref(), level.mu, &seen, out);
        Ok(())
    }

    /// seen ← c A x less what P_0's combination, taken everywhere, gives of it, from A n.
    fn assemble_seen(
        &self,
        data: &ModesData<R>,
        parts: &[Combination],
        origin: Option<&View<'_, R>>,
        seen: &mut [R],
    ) {
        let unseen = &parts[0];
        for (class, at) in self.stretches() {
            let part = &parts[class];
            let differ = part.modes.iter().zip(&unseen.modes);
            let modes: Vec<R> = differ.map(|(a, b)| R::narrow(a - b)).collect();
            let mut terms = vec![(part.data, &data.values[at.clone()])];
            terms.extend(origin.map(|f| (part.origin - unseen.origin, &f.seen[at.clone()])));
            let white = part.white - unseen.white;
            let make = |start: usize, block: &mut [R]| combine(block, white, start, &terms);
            self.observed_modes().columns(at.clone()).synthesise_made(&modes, &mut seen[at], make);
        }
    }

    /// out ← P_0's combination everywhere, from n, Aᵀ/c of what the others differ by, and μm.
    fn assemble(
        &self,
        unseen: &Combination,
        origin: Option<&View<'_, R>>,
        mu: f64,
        seen: &[R],
        out: &mut [R],
    ) {
        let mut terms = vec![(mu, self.wiener.mean())];
        let scaled = |(scale, values): &(f64, _)| (unseen.origin * scale, *values);
        terms.extend(origin.iter().flat_map(|f| f.terms.iter().map(scaled)));
        let mut field = Vec::new();
        let differ = Adjoint::new(self.observed.operator().as_ref(), seen, &mut field);
        let share = R::narrow(1.0 / self.coordinates.scale);
        let make = |start: usize, block: &mut [R]| {
            combine(block, unseen.white, start, &terms);
            differ.add(share, start, block);
        };
        if self.coordinates.classes[0].dim == 0 {
            each::chunk(out, BLOCK, |b, block| make(b * BLOCK, block));
        } else {
            let modes: Vec<R> = unseen.modes.iter().map(|&c| R::narrow(c)).collect();
            let make = |start: usize, block: &mut [R]| {
                make(start, block);
                0.0
            };
            self.modes().synthesise_made(&modes, out, make, |_, _| {});
        }
    }
}

impl Coordinates {
    /// Every class in terms of fields instead of orthonormal directions.
    fn combinations(
        &self,
        data: &[Vec<f64>],
        end: &ModesEnd,
        shadows: Option<&[Shadow]>,
    ) -> Vec<Combination> {
        (0..self.classes.len())
            .map(|k| {
                let (class, width) = (&self.classes[k], self.classes[k].width());
                let (eta, f, mut rows) = (&data[k], &end.origin[k], end.rows[k].clone());
                let mut scale = 0.0;
                if let Some(shadow) = shadows.map(|s| &s[k]).filter(|_| rows[width + 2].abs() > 0.0) {
                    // n less its share of the other directions, brought to the norm of the rest.
                    let mut n = class.coordinates(&shadow.modes);
                    n.push(ratio(shadow.data - dot(&n, eta), eta[width]));
                    n.push(ratio(shadow.origin - dot(&n, f), f[width + 1]));
                    let left = (shadow.square - dot(&n, &n)).max(0.0).sqrt();
                    scale = ratio(rows[width + 2], left);
                    rows.iter_mut().zip(&n).for_each(|(r, n)| *r -= scale * n);
                }
                let along = ratio(rows[width + 1], f[width + 1]);
                rows[..=width].iter_mut().zip(f).for_each(|(r, f)| *r -= along * f);
                let seen = ratio(rows[width], eta[width]);
                rows[..width].iter_mut().zip(eta).for_each(|(r, y)| *r -= seen * y);
                let modes = class.raw.dot(&aview1(&rows[..width])).to_vec();
                Combination { modes, data: seen, origin: along, white: scale }
            })
            .collect()
    }
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Σ aᵢbᵢ over the shorter of the two.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
