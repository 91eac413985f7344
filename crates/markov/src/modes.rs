//! The posterior of modes and white noise: the model of each frame, and frames from its states.
//!
//! The state is b = (a, f): the r numbers of the modes, and for every reading that some later frame completes the sum of
//! what it has seen so far, white noise included. That is exact for rows over any number of frames. Readings of one frame
//! alone have white noise of their own, B = λ_⊥ W Wᵀ + diag(s²), by groups that share points; more of them than
//! modes are brought down to r readings of unit noise with the same Eᵀ B⁻¹ E, E = W U.

use crate::Result;
use crate::filter::{Frame, Model, Smoothed, Spread};
use crate::groups::{Groups, loadings, shared};
use crate::matrix::{Linear, cholesky, eigen, hermitian, log_determinant, put, solve_lower, solve_upper};
use crate::prior::ModeChain;
use crate::readings::Readings;
use equipoise_field::{Real, each};
use ndarray::{Array1, Array2, Axis, concatenate};
use std::sync::Arc;

/// Points of a frame whose variances are computed together.
const POINTS: usize = 512;

/// Modes, readings, and columns of y − A m.
pub(crate) struct ModeModel<'a, R: Real> {
    pub(crate) form: &'a ModeChain,
    pub(crate) readings: &'a Readings<R>,
    pub(crate) columns: &'a [Vec<f64>],
    constant: [Linear<f64>; 3],
}

impl<'a, R: Real> ModeModel<'a, R> {
    pub(crate) fn new(form: &'a ModeChain, readings: &'a Readings<R>, columns: &'a [Vec<f64>]) -> Self {
        let dense = |m: &Array2<f64>| Linear::Dense(Arc::new(m.clone()));
        let chain = &form.chain;
        let constant = [chain.transition(), chain.innovation(), chain.c0()].map(dense);
        Self { form, readings, columns, constant }
    }

    fn values(&self, rows: impl ExactSizeIterator<Item = usize> + Clone) -> Array2<f64> {
        let rows: Vec<usize> = rows.collect();
        Array2::from_shape_fn((rows.len(), self.columns.len()), |(i, c)| self.columns[c][rows[i]])
    }

    /// The readings of one frame alone, of unit noise: Z over the modes, y, ln det B.
    fn whitened(&self, here: &Groups) -> (Array2<f64>, Array2<f64>, f64) {
        let basis = &self.form.basis;
        let count = here.alone.len() + here.groups.iter().map(|g| g.rows.len()).sum::<usize>();
        let mut z = Array2::zeros((count, basis.ncols()));
        let mut y = Array2::zeros((count, self.columns.len()));
        let mut determinant = 0.0;
        for (i, reading) in here.alone.iter().enumerate() {
            let scale = 1.0 / reading.variance.sqrt();
            z.row_mut(i).scaled_add(scale * reading.weight, &basis.row(reading.point));
            (0..self.columns.len()).for_each(|c| y[[i, c]] = scale * self.columns[c][reading.row]);
            determinant += reading.variance.ln();
        }
        let mut first = here.alone.len();
        for group in &here.groups {
            let mut loading = group.weights.dot(&basis.select(Axis(0), &group.points));
            let mut values = self.values(group.rows.iter().copied());
            solve_lower(&group.factor, &mut loading);
            solve_lower(&group.factor, &mut values);
            put(&mut z, [first, 0], &loading);
            put(&mut y, [first, 0], &values);
            determinant += log_determinant(&group.factor);
            first += group.rows.len();
        }
        (z, y, determinant)
    }

    /// T and the noise of frame t, whose carried rows are given.
    fn dynamics(&self, t: usize, here: &Groups) -> Result<(Option<Linear<f64>>, Linear<f64>)> {
        let before = match t {
            0 => None,
            _ => Some(Groups::new(self.readings, t - 1, self.form.white)?.carried),
        };
        let [a, q, c0] = &self.constant;
        let enters = if t == 0 { c0 } else { q };
        if here.carried.is_empty() && before.as_ref().is_none_or(Vec::is_empty) {
            return Ok((before.is_some().then(|| a.clone()), enters.clone()));
        }
        let (r, count) = (self.form.chain.dim(), here.carried.len());
        let entries = here.carried.iter().map(|c| &c.entries[..]);
        let seen = concatenate![Axis(0), Array2::eye(r), loadings(&self.form.basis, entries)];
        let mut noise = enters.congruence_by(&seen);
        let gram = shared(&here.carried, self.form.white);
        gram.indexed_iter().for_each(|((i, j), g)| noise[[r + i, r + j]] += g);
        let transition = before.map(|before| {
            let mut transition = Array2::zeros((r + count, r + before.len()));
            put(&mut transition, [0, 0], &seen.dot(self.form.chain.transition()));
            for (i, carried) in here.carried.iter().enumerate() {
                if let Some(j) = before.iter().position(|b| b.row == carried.row) {
                    transition[[r + i, r + j]] = 1.0;
                }
            }
            Linear::Dense(Arc::new(transition))
        });
        Ok((transition, Linear::Dense(Arc::new(noise))))
    }
}

impl<R: Real> Model<f64> for ModeModel<'_, R> {
    type Detail = Groups;

    fn frames(&self) -> usize {
        self.readings.frames()
    }

    fn frame(&self, t: usize) -> Result<Frame<f64, Groups>> {
        let here = Groups::new(self.readings, t, self.form.white)?;
        let (transition, noise) = self.dynamics(t, &here)?;
        let (z, y, mut determinant) = self.whitened(&here);
        let (z, y, leftover) = compressed(z, y)?;
        let (d, n, r) = (noise.rows(), z.nrows(), z.ncols());
        let closing: Vec<(usize, usize)> =
            here.carried.iter().enumerate().filter(|(_, c)| c.closes).map(|(i, c)| (i, c.row)).collect();
        let mut readings = Array2::zeros((n + closing.len(), d));
        let mut values = Array2::zeros((n + closing.len(), self.columns.len()));
        put(&mut readings, [0, 0], &z);
        put(&mut values, [0, 0], &y);
        for (at, &(i, row)) in closing.iter().enumerate() {
            let variance = self.readings.noise(row);
            readings[[n + at, r + i]] = 1.0 / variance.sqrt();
            (0..self.columns.len())
                .for_each(|c| values[[n + at, c]] = self.columns[c][row] / variance.sqrt());
            determinant += variance.ln();
        }
        Ok(Frame {
            transition,
            noise,
            readings,
            values,
            log_determinant: determinant,
            leftover,
            detail: here,
        })
    }
}

/// Z, y, and of every column the squares left out.
type Compressed = (Array2<f64>, Array2<f64>, Vec<f64>);

/// At most as many readings of unit noise as numbers they are of, with the same Zᵀ Z and Zᵀ y, and the squares ‖y‖²
/// that they leave out.
fn compressed(z: Array2<f64>, y: Array2<f64>) -> Result<Compressed> {
    if z.nrows() <= z.ncols() {
        let none = vec![0.0; y.ncols()];
        return Ok((z, y, none));
    }
    let gram = hermitian(&z.t().dot(&z));
    let mut kept = z.t().dot(&y);
    let root = match cholesky(&gram, "the information of a frame") {
        Ok(l) => {
            solve_lower(&l, &mut kept);
            l.t().to_owned()
        }
        // Fewer directions are seen than there are: √Λ Vᵀ of those that are.
        Err(_) => {
            let (values, vectors) = eigen(&gram, "the information of a frame")?;
            let largest = values.iter().fold(0.0f64, |a, &b| a.max(b));
            let least = values.len() as f64 * f64::EPSILON * largest;
            let seen: Vec<usize> = (0..values.len()).filter(|&i| values[i] > least).collect();
            let vectors = vectors.select(Axis(1), &seen);
            let values: Array1<f64> = seen.iter().map(|&i| values[i].sqrt()).collect();
            let scaled = |m: Array2<f64>, f: fn(f64) -> f64| {
                Array2::from_shape_fn(m.dim(), |(i, j)| m[[i, j]] * f(values[i]))
            };
            kept = scaled(vectors.t().dot(&kept), |s| 1.0 / s);
            scaled(vectors.t().to_owned(), |s| s)
        }
    };
    let squares = |m: &Array2<f64>, c: usize| m.column(c).iter().map(|v| v * v).sum::<f64>();
    let leftover = (0..y.ncols()).map(|c| squares(&y, c) - squares(&kept, c)).collect();
    Ok((root, kept, leftover))
}

impl<R: Real> ModeModel<'_, R> {
    /// E[x_τ | y] − m, frame × k: U â + λ_⊥ Wᵀ z, z the reading's part of S⁻¹(y − A m).
    pub(crate) fn update(&self, known: &Smoothed<'_, f64, Groups>) -> Array2<f64> {
        let (form, here) = (self.form, &known.frame.detail);
        let r = form.chain.dim();
        let a = known.mean.slice_axis(Axis(0), (0..r).into()).to_owned();
        let mut x = form.basis.dot(&a);
        for reading in &here.alone {
            let gain = form.white * reading.weight / reading.variance;
            let seen = x.row(reading.point).to_owned();
            for (c, value) in seen.iter().enumerate() {
                x[[reading.point, c]] += gain * (self.columns[c][reading.row] - reading.weight * value);
            }
        }
        for group in &here.groups {
            let seen = group.weights.dot(&x.select(Axis(0), &group.points));
            let mut z = self.values(group.rows.iter().copied()) - seen;
            solve_lower(&group.factor, &mut z);
            solve_upper(&group.factor, &mut z);
            let spread = group.weights.t().dot(&z);
            for (i, &point) in group.points.iter().enumerate() {
                x.row_mut(point).scaled_add(form.white, &spread.row(i));
            }
        }
        for (i, carried) in here.carried.iter().enumerate() {
            for (point, weight) in &carried.entries {
                x.row_mut(*point).scaled_add(form.white * weight, &known.dual.row(r + i));
            }
        }
        x
    }

    /// Var[x_τ | y] of every number of a frame.
    pub(crate) fn variance(&self, here: &Groups, spread: &Spread<'_, f64>) -> Vec<f64> {
        let (form, r) = (self.form, self.form.chain.dim());
        let known = part(&spread.covariance, r);
        let mut out = vec![0.0; form.basis.nrows()];
        each::chunk(&mut out, POINTS, |i, out| {
            let rows = form.basis.slice_axis(Axis(0), (i * POINTS..i * POINTS + out.len()).into());
            let through = rows.dot(&known);
            let rows = rows.rows().into_iter().zip(through.rows());
            out.iter_mut().zip(rows).for_each(|(out, (u, v))| *out = u.dot(&v) + form.white);
        });
        for reading in &here.alone {
            // What the reading leaves of u a + e: u a shrinks by s²/(λ w² + s²), and so does e's variance.
            let left = self.readings.noise(reading.row) / reading.variance;
            let modes = out[reading.point] - form.white;
            out[reading.point] = left * (left * modes + form.white);
        }
        for group in &here.groups {
            self.group_variance(group, &known, &mut out);
        }
        self.carried_variance(here, spread, &mut out);
        out
    }

    /// Var of U a + e over the points of a group, given a's: e given a and y has mean −λ Wᵀ B⁻¹ W U a + …, and variance
    /// λ I − λ² Wᵀ B⁻¹ W.
    fn group_variance(&self, group: &crate::groups::Group, known: &Array2<f64>, out: &mut [f64]) {
        let white = self.form.white;
        let modes = self.form.basis.select(Axis(0), &group.points);
        let mut half = group.weights.clone();
        solve_lower(&group.factor, &mut half);
        let gram = half.t().dot(&half);
        let moved = &modes - &gram.dot(&modes).mapv(|v| v * white);
        let through = moved.dot(known);
        for (i, &point) in group.points.iter().enumerate() {
            let rest = white - white * white * gram[[i, i]];
            out[point] = moved.row(i).dot(&through.row(i)) + rest;
        }
    }

    /// Var of u a + e at points of carried rows: of both given the frames before, λ + uᵀP⁻u, less cᵀN⁻c with
    /// c = P⁻u + λ w their covariance with the state.
    fn carried_variance(&self, here: &Groups, spread: &Spread<'_, f64>, out: &mut [f64]) {
        let (white, r) = (self.form.white, self.form.chain.dim());
        let entries = here.carried.iter().enumerate();
        let mut touched: Vec<(usize, usize, f64)> =
            entries.flat_map(|(i, c)| c.entries.iter().map(move |e| (e.0, i, e.1))).collect();
        touched.sort_unstable_by_key(|(point, i, _)| (*point, *i));
        for rows in touched.chunk_by(|a, b| a.0 == b.0) {
            let u = self.form.basis.row(rows[0].0);
            let modes = spread.before.slice_axis(Axis(1), (0..r).into());
            let mut c = modes.dot(&u);
            let before = c.slice_axis(Axis(0), (0..r).into()).dot(&u);
            rows.iter().for_each(|(_, i, w)| c[r + i] += white * w);
            out[rows[0].0] = white + before - c.dot(&spread.information.dot(&c));
        }
    }
}

fn part(m: &Array2<f64>, r: usize) -> Array2<f64> {
    m.slice_axis(Axis(0), (0..r).into()).slice_axis(Axis(1), (0..r).into()).to_owned()
}
