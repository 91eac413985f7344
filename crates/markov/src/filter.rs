//! The Kalman filter and the fixed-interval smoother of any linear model with readings of unit noise.
//!
//! Forward, with P = P⁻ before the readings y = Z b + η, η ~ N(0, I), of a frame:
//!
//! > F = Z P Zᴴ + I, K = P Zᴴ F⁻¹, b⁺ = b⁻ + K v, v = y − Z b⁻, P⁺ = (I − K Z) P (I − K Z)ᴴ + K Kᴴ
//!
//! (Kalman 1960; the last in Joseph's form, Bucy & Joseph 1968, which rounding does not make indefinite). Backward, the
//! smoother of Rauch, Tung & Striebel (1965) in the form of Bryson & Frazier (Bierman 1973), which inverts no
//! covariance of the state, so that exact relations between its numbers do no harm:
//!
//! > ρ⁻ = ρ⁺ + Zᴴ(F⁻¹v − Kᴴρ⁺), N⁻ = (I − K Z)ᴴ N⁺ (I − K Z) + Zᴴ F⁻¹ Z, ρ⁺ ← Tᴴρ⁻, N⁺ ← Tᴴ N⁻ T,
//! > E[b | all y] = b⁺ + P⁺ρ⁺, Cov(b | all y) = P⁺ − P⁺ N⁺ P⁺.
//!
//! What the backward pass needs of the forward one is kept for one of √L segments of frames at a time and computed
//! anew there: two forward passes, and O(√L d²) memory.

use crate::matrix::{Linear, adjoint, cholesky, hermitian, log_determinant, solve_lower, solve_upper};
use crate::{Number, Result};
use ndarray::Array2;

/// One frame of a model: b_τ = T b_{τ−1} + noise, y_τ = Z b_τ + η.
#[derive(Debug)]
pub(crate) struct Frame<S, D> {
    /// T, d_τ × d_{τ−1}; `None` at the first frame, whose noise is the prior covariance.
    pub(crate) transition: Option<Linear<S>>,
    pub(crate) noise: Linear<S>,
    /// Z, n × d_τ.
    pub(crate) readings: Array2<S>,
    /// y, n × k: as many columns as there are sets of readings.
    pub(crate) values: Array2<S>,
    /// What log p(y) has beside F and v: ln det of the noise, and of every column the squares that no state explains.
    pub(crate) log_determinant: f64,
    pub(crate) leftover: Vec<f64>,
    pub(crate) detail: D,
}

/// A model, frame by frame; a frame is asked for up to twice.
pub(crate) trait Model<S> {
    type Detail;

    fn frames(&self) -> usize;

    fn frame(&self, t: usize) -> Result<Frame<S, Self::Detail>>;
}

/// b⁺ (d × k) and P⁺.
#[derive(Clone, Debug)]
struct State<S> {
    mean: Array2<S>,
    covariance: Array2<S>,
}

/// A frame with what the filter made of it.
struct Step<S, D> {
    frame: Frame<S, D>,
    before: Array2<S>,
    gain: Array2<S>,
    factor: Array2<S>,
    innovation: Array2<S>,
    after: State<S>,
}

/// What is known of one frame from all readings.
#[derive(Debug)]
pub(crate) struct Smoothed<'a, S, D> {
    pub(crate) frame: &'a Frame<S, D>,
    /// E[b | y], d × k.
    pub(crate) mean: Array2<S>,
    /// ρ⁻, d × k.
    pub(crate) dual: &'a Array2<S>,
    pub(crate) spread: Option<Spread<'a, S>>,
}

/// Its covariances.
#[derive(Debug)]
pub(crate) struct Spread<'a, S> {
    /// Cov(b | y).
    pub(crate) covariance: Array2<S>,
    /// P⁻.
    pub(crate) before: &'a Array2<S>,
    /// N⁻.
    pub(crate) information: &'a Array2<S>,
}

/// rᴴS⁻¹r of the first column, and ln det S.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) quadratic: f64,
    pub(crate) log_determinant: f64,
}

/// The forward pass alone.
pub(crate) fn evidence<S: Number, M: Model<S>>(model: &M) -> Result<Evidence> {
    let (mut state, mut sum) = (None, Evidence::default());
    for t in 0..model.frames() {
        let step = advance(state.as_ref(), model.frame(t)?)?;
        let mut white = step.innovation.clone();
        solve_lower(&step.factor, &mut white);
        let explained = white.rows().into_iter().map(|row| row[0].square()).sum::<f64>();
        sum.quadratic += explained + step.frame.leftover[0];
        sum.log_determinant += log_determinant(&step.factor) + step.frame.log_determinant;
        state = Some(step.after);
    }
    Ok(sum)
}

/// Both passes: `visit` is told of every frame, the last one first.
pub(crate) fn smooth<S: Number, M: Model<S>>(
    model: &M,
    spread: bool,
    mut visit: impl FnMut(usize, Smoothed<'_, S, M::Detail>) -> Result<()>,
) -> Result<()> {
    let frames = model.frames();
    let length = frames.isqrt().max(1);
    let starts: Vec<usize> = (0..frames).step_by(length).collect();
    let mut kept: Vec<Option<State<S>>> = vec![None];
    for &start in starts.iter().take(starts.len().saturating_sub(1)) {
        let mut state = kept.last().cloned().flatten();
        for t in start..start + length {
            state = Some(advance(state.as_ref(), model.frame(t)?)?.after);
        }
        kept.push(state);
    }
    let mut future: Option<(Array2<S>, Option<Array2<S>>)> = None;
    for (&start, before) in starts.iter().zip(&kept).rev() {
        let mut steps: Vec<Step<S, M::Detail>> = Vec::with_capacity(length);
        for t in start..frames.min(start + length) {
            let state = steps.last().map(|step| &step.after).or(before.as_ref());
            let step = advance(state, model.frame(t)?)?;
            steps.push(step);
        }
        for (i, step) in steps.iter().enumerate().rev() {
            future = Some(backward(start + i, step, future.take(), spread, &mut visit)?);
        }
    }
    Ok(())
}

/// One frame of the forward pass.
fn advance<S: Number, D>(state: Option<&State<S>>, frame: Frame<S, D>) -> Result<Step<S, D>> {
    let (d, columns) = (frame.noise.rows(), frame.values.ncols());
    let (mean, mut before) = match (state, &frame.transition) {
        (Some(state), Some(t)) => (t.apply(&state.mean), t.congruence(&state.covariance)),
        _ => (Array2::zeros((d, columns)), Array2::zeros((d, d))),
    };
    frame.noise.add_to(&mut before);
    let (z, n) = (&frame.readings, frame.readings.nrows());
    if n == 0 {
        let after = State { mean, covariance: before.clone() };
        let (gain, factor) = (Array2::zeros((d, 0)), Array2::zeros((0, 0)));
        return Ok(Step { innovation: frame.values.clone(), frame, before, gain, factor, after });
    }
    let seen = before.dot(&adjoint(z));
    let mut f = hermitian(&z.dot(&seen));
    f.diag_mut().mapv_inplace(|x| x + S::one());
    let factor = cholesky(&f, "the innovation covariance of a frame")?;
    let mut gain = adjoint(&seen);
    solve_lower(&factor, &mut gain);
    solve_upper(&factor, &mut gain);
    let gain = adjoint(&gain);
    let innovation = &frame.values - &z.dot(&mean);
    let half = &before - &gain.dot(&adjoint(&seen));
    let rest = &gain - &half.dot(&adjoint(z));
    let covariance = hermitian(&(half + rest.dot(&adjoint(&gain))));
    let after = State { mean: mean + gain.dot(&innovation), covariance };
    Ok(Step { frame, before, gain, factor, innovation, after })
}

/// One frame of the backward pass: ρ⁺ and N⁺ of the frame before, `None` where no reading follows.
fn backward<S: Number, D>(
    t: usize,
    step: &Step<S, D>,
    future: Option<(Array2<S>, Option<Array2<S>>)>,
    spread: bool,
    visit: &mut impl FnMut(usize, Smoothed<'_, S, D>) -> Result<()>,
) -> Result<(Array2<S>, Option<Array2<S>>)> {
    let State { mean, covariance } = &step.after;
    let (d, frame, z) = (covariance.nrows(), &step.frame, &step.frame.readings);
    let none = || (Array2::zeros(mean.dim()), spread.then(|| Array2::zeros((d, d))));
    let (dual, information) = future.unwrap_or_else(none);
    let mean = mean + &covariance.dot(&dual);
    let smoothed = information.as_ref().map(|n| {
        let gained = covariance.dot(n).dot(covariance);
        hermitian(&(covariance - &gained))
    });
    let mut u = step.innovation.clone();
    solve_lower(&step.factor, &mut u);
    solve_upper(&step.factor, &mut u);
    let dual = &dual + &adjoint(z).dot(&(u - adjoint(&step.gain).dot(&dual)));
    let information = information.map(|n| {
        let half = &n - &n.dot(&step.gain).dot(z);
        let mut inner = z.clone();
        solve_lower(&step.factor, &mut inner);
        solve_upper(&step.factor, &mut inner);
        let inner = inner - adjoint(&step.gain).dot(&half);
        hermitian(&(half + adjoint(z).dot(&inner)))
    });
    let known = smoothed.zip(information.as_ref());
    let spread = known.map(|(covariance, n)| Spread { covariance, before: &step.before, information: n });
    visit(t, Smoothed { frame, mean, dual: &dual, spread })?;
    match &frame.transition {
        Some(transition) => {
            let information = information.map(|n| transition.congruence_adjoint(&n));
            Ok((transition.apply_adjoint(&dual), information))
        }
        None => Ok((dual, information)),
    }
}
