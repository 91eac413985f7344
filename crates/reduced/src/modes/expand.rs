//! From the rows of every class back to a field.

use super::{BEYOND, ModesData, ModesSpace};
use crate::{ReducedError, Start, error};
use equipoise_field::{Real, each, sum};
use equipoise_schedule::Level;
use equipoise_stream::{Abreast, BLOCK, LANES, Stream};
use ndarray::aview1;
use rayon::prelude::*;

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

/// Standard normal deviates, eight streams to a block: in vectors, and the same on any number of threads.
fn white<R: Real>(stream: Stream, dim: usize) -> Vec<R> {
    let mut field = vec![R::zero(); dim];
    field.par_chunks_mut(BLOCK).enumerate().for_each(|(block, out)| {
        let lane = |l: usize| stream.number((block * LANES + l) as u64);
        let mut rows = [[0.0; LANES]; BLOCK / LANES];
        Abreast::new(std::array::from_fn(lane)).fill_normal(0, &mut rows);
        out.iter_mut().zip(rows.as_flattened()).for_each(|(out, z)| *out = R::narrow(*z));
    });
    field
}

/// A field with its observations.
struct Pair<R> {
    field: Vec<R>,
    seen: Vec<R>,
}

impl<R: Real> ModesSpace<R> {
    /// out = x at `level`, for a run that began at `first`. Two passes over the modes, one more where
    /// noise was drawn.
    pub(crate) fn expand(
        &self,
        data: &ModesData<R>,
        start: Start<'_, R>,
        end: &ModesEnd,
        [first, level]: [Level; 2],
        out: &mut [R],
    ) -> Result<(), ReducedError> {
        error::expect("classes of the coefficients", end.rows.len(), self.classes.len())?;
        for (class, rows) in self.classes.iter().zip(&end.rows) {
            error::expect("rows of a class", rows.len(), class.width() + BEYOND)?;
        }
        let origin = match start {
            Start::Field(field) => {
                error::expect("start", field.len(), self.dim())?;
                let (field, seen) = self.centred(field, first.mu);
                Some(Pair { field, seen })
            }
            Start::Normal(_) => {
                Some(Pair { field: self.wiener.mean().to_vec(), seen: self.observed_mean.clone() })
            }
            Start::Prior(_) => None,
        };
        let white = end.rows.iter().any(|rows| rows[rows.len() - 1].abs() > 0.0).then(|| {
            let field: Vec<R> = white(end.rest, self.dim());
            let mut seen = vec![R::zero(); self.observed.count()];
            self.observed.operator().apply(&field, &mut seen);
            Pair { field, seen }
        });
        let parts = self.combinations(data, end, origin.as_ref(), white.as_ref());
        self.assemble(data, &parts, origin.as_ref(), white.as_ref(), out);
        let mu = R::narrow(level.mu);
        each::update1(out, self.wiener.mean(), |x, m| x + mu * m);
        Ok(())
    }

    /// Every class in terms of fields instead of orthonormal directions.
    fn combinations(
        &self,
        data: &ModesData<R>,
        end: &ModesEnd,
        origin: Option<&Pair<R>>,
        white: Option<&Pair<R>>,
    ) -> Vec<Combination> {
        let shadows = white.map(|n| self.shadows(&n.field, &n.seen, &data.values));
        let met = self.met(origin, white);
        (0..self.classes.len())
            .map(|k| {
                let (class, width) = (&self.classes[k], self.classes[k].width());
                let (eta, f, mut rows) = (&data.rows[k], &end.origin[k], end.rows[k].clone());
                let mut scale = 0.0;
                if let Some(shadow) = shadows.as_ref().map(|s| &s[k]).filter(|_| rows[width + 2].abs() > 0.0)
                {
                    // n less its share of the other directions, brought to the norm of the rest.
                    let mut n = class.coordinates(&shadow.modes);
                    n.push(ratio(shadow.data - dot(&n, eta), eta[width]));
                    n.push(ratio(met[k] - dot(&n, f), f[width + 1]));
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

    /// ⟨P_κn, f⟩ of every class.
    fn met(&self, origin: Option<&Pair<R>>, white: Option<&Pair<R>>) -> Vec<f64> {
        let (Some(f), Some(n)) = (origin, white) else { return vec![0.0; self.classes.len()] };
        let mut met: Vec<f64> =
            (1..self.classes.len()).map(|k| self.seen_product(k, &n.seen, &f.seen)).collect();
        met.insert(0, sum::dot(&n.field, &f.field) - met.iter().sum::<f64>());
        met
    }

    /// The combination of P_0 everywhere, and what the others differ by through Aᵀ/c.
    fn assemble(
        &self,
        data: &ModesData<R>,
        parts: &[Combination],
        origin: Option<&Pair<R>>,
        white: Option<&Pair<R>>,
        out: &mut [R],
    ) {
        let narrow = |c: &[f64]| -> Vec<R> { c.iter().map(|&c| R::narrow(c)).collect() };
        let unseen = &parts[0];
        self.observed.covariance().synthesise(&narrow(&unseen.modes), out);
        for (pair, scale) in [(origin, unseen.origin), (white, unseen.white)] {
            let Some(pair) = pair else { continue };
            let scale = R::narrow(scale);
            each::update1(out, &pair.field, |o, v| o + scale * v);
        }
        let basis = self.observed.observed_basis().unwrap_or_default();
        let count = data.values.len();
        let mut seen = vec![R::zero(); count];
        for (k, part) in parts.iter().enumerate().skip(1) {
            let differ: Vec<f64> = part.modes.iter().zip(&unseen.modes).map(|(a, b)| a - b).collect();
            let mut terms: Vec<(R, &[R])> =
                narrow(&differ).into_iter().zip(basis.chunks(count.max(1))).collect();
            terms.push((R::narrow(part.data), &data.values));
            for (pair, differ) in [(origin, part.origin - unseen.origin), (white, part.white - unseen.white)]
            {
                terms.extend(pair.map(|pair| (R::narrow(differ), &pair.seen[..])));
            }
            for (scale, values) in terms {
                if self.plane == 0 {
                    each::update1(&mut seen, values, |s, v| s + scale * v);
                } else {
                    let own = seen.iter_mut().zip(values).enumerate().filter(|(i, _)| self.class(*i) == k);
                    own.for_each(|(_, (s, &v))| *s += scale * v);
                }
            }
        }
        let mut spread = vec![R::zero(); out.len()];
        self.observed.operator().adjoint(&seen, &mut spread);
        let scale = R::narrow(1.0 / self.scale);
        each::update1(out, &spread, |o, s| o + scale * s);
    }
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Σ aᵢbᵢ over the shorter of the two.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
