//! Members of an ensemble, side by side, in the rows of every class.

use super::{BEYOND, ModesData, ModesEnd, ModesSpace, scaled};
use crate::dynamics::{Dynamics, Move, Norms};
use crate::likelihood::Weighing;
use crate::{Draws, ReducedError, Start, error};
use equipoise_field::Real;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::gain;
use ndarray::{Array2, ArrayView2, Axis, Slice, Zip, aview1};
use ndarray_linalg::Inverse;

/// The states of all members: for every class its rows, one column a member.
pub(crate) struct ModesRun<'a, R: Real> {
    space: &'a ModesSpace<R>,
    data: &'a ModesData<R>,
    rows: Vec<Array2<f64>>,
    /// ε̂ at the last evaluation.
    prior: Vec<Array2<f64>>,
    /// σg there.
    pull: Vec<Array2<f64>>,
    /// Rows of the field f of every member.
    origins: Vec<Vec<Vec<f64>>>,
    /// (I + G diag(v − v_⊥))⁻¹ of the last level.
    core: Option<(Level, Array2<f64>)>,
}

/// a·x, as a matrix times a vector where there is one member.
fn product(a: ArrayView2<'_, f64>, x: ArrayView2<'_, f64>) -> Array2<f64> {
    if x.ncols() == 1 { a.dot(&x.column(0)).insert_axis(Axis(1)) } else { a.dot(&x) }
}

impl<'a, R: Real> ModesRun<'a, R> {
    /// Members at `level`, the first of the run.
    pub(crate) fn new(
        space: &'a ModesSpace<R>,
        data: &'a ModesData<R>,
        members: &[Draws<'_, R>],
        level: Level,
    ) -> Result<Self, ReducedError> {
        let none = |space: &ModesSpace<R>| -> Vec<Vec<f64>> {
            space.classes.iter().map(|class| vec![0.0; class.width() + BEYOND]).collect()
        };
        let origin = |draws: &Draws<'_, R>| {
            Ok(match draws.start {
                Start::Field(field) => {
                    error::expect("start", field.len(), space.dim())?;
                    let (centred, seen) = space.centred(field, level.mu);
                    space.rows_of(&space.shadows(&centred, &seen, &data.values), &data.rows)
                }
                Start::Normal(_) => data.mean.clone(),
                Start::Prior(_) => none(space),
            })
        };
        let origins = members.iter().map(origin).collect::<Result<Vec<_>, ReducedError>>()?;
        let blank = |class: &super::Class| Array2::zeros((class.width() + BEYOND, members.len()));
        let mut run = Self {
            space,
            data,
            rows: space.classes.iter().map(blank).collect(),
            prior: Vec::new(),
            pull: Vec::new(),
            origins,
            core: None,
        };
        run.draw_starts(members, level);
        Ok(run)
    }

    /// x_1 − μm.
    fn draw_starts(&mut self, members: &[Draws<'_, R>], level: Level) {
        let white = |draws: &Draws<'_, R>| match draws.start {
            Start::Field(_) => (0.0, draws.langevin),
            Start::Normal(stream) | Start::Prior(stream) => (1.0, stream),
        };
        let (scales, streams): (Vec<f64>, Vec<Stream>) = members.iter().map(white).unzip();
        self.kick(&scales, 0, &streams);
        // Under a start from the prior the white state becomes (μ²Σ + σ²)^½ of itself.
        let marginal = |l: f64| (level.mu * level.mu * l + level.sigma * level.sigma).sqrt();
        let (excess, floor) = self.space.split(marginal);
        let seen = scaled(self.project(&self.rows, 0), &excess);
        let coloured: Vec<Array2<f64>> =
            (0..self.rows.len()).map(|k| self.spread(k, &seen, floor, &self.rows[k])).collect();
        for (m, draws) in members.iter().enumerate() {
            for (k, rows) in self.rows.iter_mut().enumerate() {
                let origin = aview1(&self.origins[m][k]);
                match draws.start {
                    Start::Field(_) => rows.column_mut(m).assign(&origin),
                    Start::Normal(_) => rows.column_mut(m).scaled_add(-level.mu, &origin),
                    Start::Prior(_) => rows.column_mut(m).assign(&coloured[k].column(m)),
                }
            }
        }
    }

    /// Σ M_κ s_κ over the classes from `first` on.
    fn project(&self, rows: &[Array2<f64>], first: usize) -> Array2<f64> {
        let members = self.origins.len();
        let mut sum = Array2::zeros((self.space.modes().rank(), members));
        for (class, rows) in self.space.classes.iter().zip(rows).skip(first) {
            sum += &product(class.seen.view(), rows.slice_axis(Axis(0), Slice::from(..class.width())));
        }
        sum
    }

    /// M_κᵀ coefficients + floor · rows of class `k`.
    fn spread(&self, k: usize, coefficients: &Array2<f64>, floor: f64, rows: &Array2<f64>) -> Array2<f64> {
        let class = &self.space.classes[k];
        let mut out = rows * floor;
        let mut along = out.slice_axis_mut(Axis(0), Slice::from(..class.width()));
        along += &product(class.seen.t(), coefficients.view());
        out
    }

    /// (s²I + A V Aᵀ)⁻¹ in the place of W: Aᵀ W r in the rows of the observed classes, and UᵀAᵀ W r.
    fn solve(
        &mut self,
        level: Level,
        residual: &[Array2<f64>],
    ) -> Result<(Vec<Array2<f64>>, Array2<f64>), ReducedError> {
        let (excess, floor) = self.space.split(|l| gain::covariance(level, l));
        let noise = self.space.by_class(self.space.observed.noise())?;
        let across: Vec<f64> = noise.iter().map(|s2| s2 / self.space.scale + floor).collect();
        let core = match self.core.take() {
            Some((at, core)) if at == level => core,
            _ => self.core_of(&across, &excess)?,
        };
        let mut weighed = vec![residual[0].clone()];
        weighed.extend(residual[1..].iter().zip(&across).map(|(r, a)| r / *a));
        let seen = product(core.view(), self.project(&weighed, 1).view());
        let inner = scaled(seen.clone(), &excess);
        for (k, (weighed, a)) in weighed.iter_mut().skip(1).zip(&across).enumerate() {
            let class = &self.space.classes[k + 1];
            let mut along = weighed.slice_axis_mut(Axis(0), Slice::from(..class.width()));
            along.scaled_add(-1.0 / a, &product(class.seen.t(), inner.view()));
        }
        self.core = Some((level, core));
        Ok((weighed, seen))
    }

    fn core_of(&self, across: &[f64], excess: &[f64]) -> Result<Array2<f64>, ReducedError> {
        let mut system = Array2::eye(excess.len());
        for (class, a) in self.space.classes[1..].iter().zip(across) {
            system += &(class.seen.dot(&class.seen.t()) / *a * aview1(excess));
        }
        if system.is_empty() {
            return Ok(system);
        }
        system.inv().map_err(|source| ReducedError::Factor { what: "the Woodbury core", source })
    }

    /// The rows of one member at the end.
    pub(crate) fn end(&self, member: usize, langevin: Stream) -> ModesEnd {
        let column = |rows: &Array2<f64>| rows.column(member).to_vec();
        ModesEnd {
            rows: self.rows.iter().map(column).collect(),
            origin: self.origins[member].clone(),
            rest: langevin.text("rest"),
        }
    }

    /// Directions of class `k` that only the rest of a member holds.
    fn freedom(&self, k: usize, member: usize) -> f64 {
        let class = &self.space.classes[k];
        let width = class.width();
        let origin = self.origins[member][k][width + 1] > 0.0;
        class.free(self.data.rows[k][width] > 0.0) - f64::from(u8::from(origin))
    }
}

impl<R: Real> Dynamics for ModesRun<'_, R> {
    fn evaluate(&mut self, level: Level, weighing: &Weighing) -> Result<Vec<Norms>, ReducedError> {
        let (mu, sigma) = (level.mu, level.sigma);
        let (excess, floor) = self.space.split(|l| gain::jacobian(level, l));
        let seen = scaled(self.project(&self.rows, 0), &excess);
        let classes = self.rows.len();
        let mut residual: Vec<Array2<f64>> =
            (0..classes).map(|k| self.spread(k, &seen, floor, &self.rows[k])).collect();
        self.prior = self.rows.iter().zip(&residual).map(|(w, jw)| (w - &(jw * mu)) / sigma).collect();
        for (k, jw) in residual.iter_mut().enumerate() {
            let data = aview1(&self.data.rows[k]).insert_axis(Axis(1));
            if k == 0 {
                jw.fill(0.0)
            } else {
                Zip::from(jw).and_broadcast(&data).for_each(|r, y| *r = y - *r)
            }
        }
        let (weighed, pulled) = match weighing {
            Weighing::Diagonal(v) => {
                for (r, v) in residual.iter_mut().skip(1).zip(self.space.by_class(v)?) {
                    *r *= self.space.scale / v;
                }
                let pulled = self.project(&residual, 1);
                (residual, pulled)
            }
            Weighing::Innovation => self.solve(level, &residual)?,
        };
        let pulled = scaled(pulled, &excess);
        self.pull = (0..classes).map(|k| self.spread(k, &pulled, floor, &weighed[k]) * sigma).collect();
        Ok((0..self.origins.len()).map(|m| self.norms(m)).collect())
    }

    fn advance(&mut self, moves: &[Move]) {
        for ((rows, prior), pull) in self.rows.iter_mut().zip(&self.prior).zip(&self.pull) {
            for ((mut x, p), g) in rows.outer_iter_mut().zip(prior.outer_iter()).zip(pull.outer_iter()) {
                for (m, step) in moves.iter().enumerate() {
                    x[m] = step.keep * x[m] + step.along * (p[m] - step.factor * g[m]);
                }
            }
        }
    }

    fn kick(&mut self, scales: &[f64], draw: u64, streams: &[Stream]) {
        let length: usize = self.rows.iter().map(Array2::nrows).sum();
        let mut normal = vec![0.0; length];
        for (m, (&scale, stream)) in scales.iter().zip(streams).enumerate() {
            if scale <= 0.0 {
                continue;
            }
            stream.fill_normal(draw, &mut normal);
            let mut drawn = normal.iter();
            for k in 0..self.rows.len() {
                let (width, freedom) = (self.space.classes[k].width(), self.freedom(k, m));
                let present = [self.data.rows[k][width] > 0.0, self.origins[m][k][width + 1] > 0.0];
                for (i, z) in drawn.by_ref().take(width + BEYOND).enumerate() {
                    let x = &mut self.rows[k][[i, m]];
                    if i < width || (i < width + 2 && present[i - width]) {
                        *x += scale * z;
                    } else if i == width + 2 && freedom > 0.0 {
                        let across = stream.number(k as u64).chi_squared(draw, freedom - 1.0);
                        *x = ((*x + scale * z).powi(2) + scale * scale * across).sqrt();
                    }
                }
            }
        }
    }

    fn squared_norms(&self) -> Vec<f64> {
        let of = |m: usize| self.rows.iter().map(|rows| rows.column(m).dot(&rows.column(m))).sum();
        (0..self.origins.len()).map(of).collect()
    }

    fn clear(&mut self, member: usize) {
        self.rows.iter_mut().for_each(|rows| rows.column_mut(member).fill(0.0));
    }
}

impl<R: Real> ModesRun<'_, R> {
    fn norms(&self, m: usize) -> Norms {
        let mut norms = Norms::default();
        for (prior, pull) in self.prior.iter().zip(&self.pull) {
            for (p, g) in prior.column(m).iter().zip(pull.column(m)) {
                norms.prior += p * p;
                norms.pull += g * g;
                norms.product += p * g;
            }
        }
        norms
    }
}
