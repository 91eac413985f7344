//! RED-diff (Mardani et al. 2024, arXiv 2305.04391).

use super::annealing::Step;
use super::batch::Batch;
use super::normal::Normal;
use super::walk::{CLEAN, Walk};
use super::{Annealing, Loop};
use crate::{JacobianUse, Parameter, Recipe, Result, Spec};
use equipoise_field::{Real, each, sum};
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[
        Parameter::positive(
            ["rate", "α", "length of a step of Adam, in units of the field"],
            0.1,
            &[0.01, 0.03, 0.1, 0.3, 1.0],
        ),
        Parameter::positive(["lambda", "λ", "weight of the regularisation"], 0.25, &[]),
    ],
    point_estimate: true,
    jacobian: JacobianUse::Nothing,
    ..Spec::new([
        "red_diff",
        "a point estimate by stochastic gradient descent",
        "Mardani et al. 2024, arXiv 2305.04391",
    ])
};

/// The published decay rates of Adam's two moments, and its guard against division by zero.
const DECAY: [f64; 2] = [0.9, 0.99];
const GUARD: f64 = 1e-8;

/// A point estimate m by Adam on the data misfit and the denoiser's regularisation:
///
/// > ‖y − A(m)‖²/(2s²) + λρ⟨sg[ε̂(x_t) − ε], m⟩, x_t = μm + σε, ρ = σ/μ,
///
/// one step for every time of the grid but the last. Since ε̂ − ε = (m − x̂(x_t))/ρ the gradient is
/// −A′ᵀ(y − A(m))/s² + λ(m − x̂(x_t)). λ = 0.25, its weight ρ, the rate 0.1 and the moments 0.9 and 0.99
/// are those of the published code, which however averages ‖·‖² over N and ⟨·,·⟩ over D and leaves out
/// s². m starts at Aᵀ(A Aᵀ + s²I)⁻¹y, for the paper's A⁺y, and at
/// zero where A is not linear. A may be nonlinear, s² must be above 0. Step
/// i takes draw i for ε; one evaluation a step.
#[derive(Debug)]
pub(crate) struct RedDiff<R: Real> {
    lambda: f64,
    rate: f64,
    first: Vec<R>,
}

/// m with the two moments of its gradient.
#[derive(Default)]
pub(crate) struct Adam<R> {
    m: Vec<R>,
    first: Vec<R>,
    second: Vec<R>,
}

impl<R: Real> Adam<R> {
    fn new(m: Vec<R>) -> Self {
        let zero = vec![R::zero(); m.len()];
        Self { m, first: zero.clone(), second: zero }
    }

    /// Step number `index`, from 0, along −gradient.
    fn step(&mut self, gradient: &[R], rate: f64, index: usize) {
        let [keep, keep_square] = DECAY.map(R::narrow);
        let one = R::one();
        each::update1(&mut self.first, gradient, |a, g| keep * a + (one - keep) * g);
        each::update1(&mut self.second, gradient, |a, g| keep_square * a + (one - keep_square) * (g * g));
        let [of_first, of_second] =
            DECAY.map(|decay| R::narrow(1.0 / (1.0 - decay.powf(index as f64 + 1.0))));
        let (rate, guard) = (R::narrow(rate), R::narrow(GUARD));
        each::update2(&mut self.m, &self.first, &self.second, |m, a, b| {
            m - rate * (a * of_first) / ((b * of_second).sqrt() + guard)
        });
    }
}

impl<R: Real> Loop<R> for RedDiff<R> {
    type Own = Adam<R>;

    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        on.needs_noise("red_diff")?;
        Ok(Self { lambda: recipe.real("lambda"), rate: recipe.real("rate"), first: first(on) })
    }

    fn own(&self, _: &Annealing<R>) -> Adam<R> {
        Adam::new(self.first.clone())
    }

    fn step(&self, batch: &mut Batch<'_, R, Adam<R>>, Step { index, t, .. }: Step) -> Result<Level> {
        batch.each(|walk| walk.draw(index));
        self.gradients(batch, t)?;
        batch.each(|walk| {
            walk.own.step(&walk.field, self.rate, index);
            walk.x.copy_from_slice(&walk.own.m);
        });
        Ok(CLEAN)
    }
}

/// Aᵀ(A Aᵀ + s²I)⁻¹y, or zero where A is not linear.
fn first<R: Real>(on: &Annealing<R>) -> Vec<R> {
    let (observation, dim) = (&on.observation, on.dim());
    let mut m = vec![R::zero(); dim];
    if let Ok(operator) = observation.linear("red_diff") {
        let normal = Normal { operator: &**operator, noise: observation.noise(), gain: 1.0 };
        normal.correct(&mut observation.values().to_vec(), &mut m, &mut vec![R::zero(); dim]);
    }
    m
}

impl<R: Real> RedDiff<R> {
    /// field ← the gradient at m of every member, with z for ε.
    fn gradients(&self, batch: &mut Batch<'_, R, Adam<R>>, t: f64) -> Result<()> {
        let level = batch.level(t);
        let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
        batch.each(|walk| each::map2(&mut walk.x, &walk.own.m, &walk.z, |m, z| mu * m + sigma * z));
        batch.denoise(t)?;
        batch.each(|walk| self.gradient(walk));
        Ok(())
    }

    /// The same of one member, from x̂.
    fn gradient(&self, walk: &mut Walk<'_, R, Adam<R>>) {
        let (m, observation) = (&walk.own.m, walk.observation);
        observation.residual(m, &mut walk.residual);
        for (i, r) in walk.residual.iter_mut().enumerate() {
            *r = R::narrow(-r.wide() / observation.noise().at(i));
        }
        observation.pull_back(m, &walk.residual, &mut walk.field);
        walk.trace.guidance_norm = sum::norm(&walk.field);
        let lambda = R::narrow(self.lambda);
        each::update2(&mut walk.field, m, &walk.x_hat, |g, m, h| g + lambda * (m - h));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::problem::{
        Constant, DIM, EIGENVALUES, NOISE, annealing, bound, mask, member, observed, operators,
        posterior_mean,
    };
    use super::*;
    use std::sync::Arc;

    const MU: f64 = 0.6;

    fn at(sigma: f64, observation: equipoise_observation::Observed<f64>, steps: usize) -> Annealing<f64> {
        annealing(observation, Arc::new(Constant(Level { mu: MU, sigma })), steps)
    }

    /// Where the mean gradient vanishes: m − E x̂(μm + σε) = ρ²(Σ + ρ²I)⁻¹(m − m₀), the pull of a prior of
    /// covariance (Σ + ρ²I)/(λρ²).
    fn stationary(sigma: f64, operator: Arc<dyn equipoise_operator::LinearOperator<f64>>) -> Vec<f64> {
        let square = (sigma / MU).powi(2);
        posterior_mean(EIGENVALUES.map(|l| (l + square) / (0.25 * square)), operator)
    }

    /// A Gaussian prior's x̂ is affine, so ε and −ε give the mean gradient together.
    #[test]
    fn the_mean_gradient_vanishes_at_the_stationary_point() {
        for operator in operators() {
            let (sigma, t) = (0.9, 0.5);
            let on = at(sigma, observed(operator.clone(), NOISE), 4);
            let red_diff = RedDiff::of(&on, &"red_diff".parse().unwrap()).unwrap();
            let m = stationary(sigma, operator);
            let walk = Walk::new(&on, vec![0.0; DIM], member(0).langevin, Adam::new(m));
            let mut batch = Batch::of(&on, vec![walk]);
            batch.only().draw(0);
            red_diff.gradients(&mut batch, t).unwrap();
            let ahead = batch.only().field.clone();
            each::update(&mut batch.only().z, |z| -z);
            red_diff.gradients(&mut batch, t).unwrap();
            let walk = batch.only();
            for i in 0..DIM {
                // Terms of r/s², about ten, and of the solve for m.
                assert!((ahead[i] + walk.field[i]).abs() < 1e-11, "{i}: {} {}", ahead[i], walk.field[i]);
            }
            assert!(sum::norm(&ahead) > 0.1, "ε moves the gradient");
        }
    }

    /// At ρ = 1e4 x̂ hardly depends on ε, and Adam ends within its rate of the minimum, from a start
    /// that is ten rates away from it.
    #[test]
    fn descent_ends_near_the_stationary_point() {
        let sigma = 1e4 * MU;
        let on = at(sigma, observed(mask(), NOISE), 2000);
        let expected = stationary(sigma, mask());
        let distance = sum::squared_distance(&first(&on), &expected).sqrt();
        assert!(distance > 10.0 * 0.01, "{distance}");
        let outcome = bound(on, "red_diff:rate=0.01").unwrap().sample(&member(0)).unwrap();
        let error = sum::squared_distance(outcome.x(), &expected).sqrt();
        assert!(error < 0.01 * (DIM as f64).sqrt(), "{error}");
    }
}
