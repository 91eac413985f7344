//! Exact guidance is one thing, whichever way its innovation covariance is solved.

use crate::problem::{NOISE, Problem, explicit, lattice, schedule, stationary};
use equipoise_covariance::Covariance;
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_field::Shape;
use equipoise_guidance::{Evidence, Guidance, Scratch, States};
use equipoise_innovation::Method;
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_schedule::Schedule;
use equipoise_stream::Stream;
use equipoise_tests::relative_error;
use std::sync::Arc;

const TIMES: [f64; 5] = [0.05, 0.3, 0.6, 0.9, 1.0];

/// A lattice that does not say it is one.
struct Unstructured(Arc<Subsample>);

impl LinearOperator<f64> for Unstructured {
    fn len_in(&self) -> usize {
        self.0.shape().len()
    }
    fn len_out(&self) -> usize {
        self.0.count()
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) {
        self.0.apply(x, y);
    }
    fn adjoint(&self, r: &[f64], x: &mut [f64]) {
        self.0.adjoint(r, x);
    }
}

/// g at one state and every time, with m for x̂, solved by `method`.
fn gradients(problem: &Problem, method: Method) -> Vec<Vec<f64>> {
    assert_eq!(problem.observed().method(), method);
    let exact = problem.exact(&TIMES);
    let x_t: Vec<f64> = Stream::new("x_t").normal(0, problem.mean.len());
    let gradient = |t: f64| {
        let mut g = vec![f64::NAN; x_t.len()];
        let (level, mut x_hat, mut tape) = (schedule().level(t), vec![f64::NAN; x_t.len()], Tape::new());
        let mut local = problem.wiener.linearise(&x_t, level, &mut x_hat, &mut tape).unwrap();
        let mut at = States { x_t: &x_t, level, x_hat: &problem.mean, local: &mut *local };
        let mut evidence = [Evidence::default()];
        exact.gradients(&mut at, &mut g, &mut evidence, &mut Scratch::new()).unwrap();
        assert_eq!(evidence[0].residual.is_some(), method == Method::Iterative);
        g
    };
    TIMES.into_iter().map(gradient).collect()
}

#[test]
fn modes_blocks_and_conjugate_gradients_agree() {
    let shape = Shape::new(2, 2, 6, 6);
    let prior = stationary(shape);
    // Of s²I + A V Aᵀ, since V is at most Σ.
    let condition = 1.0 + prior.eigenvalues().iter().fold(0.0f64, |a, &b| a.max(b)) / NOISE.powi(2);
    for stride in [1, 2, 3] {
        let (prior, lattice) = (prior.clone(), lattice(shape, stride));
        let blocks = Problem::new(prior.clone(), lattice.clone());
        let modes = Problem::new(explicit(&*prior), lattice.clone());
        let iterated = Problem::new(prior, Arc::new(Unstructured(lattice)));
        let blocks = gradients(&blocks, Method::Lattice);
        let modes = gradients(&modes, Method::Modes);
        let iterated = gradients(&iterated, Method::Iterative);
        for ((t, blocks), (modes, iterated)) in TIMES.iter().zip(&blocks).zip(modes.iter().zip(&iterated)) {
            let at = format!("stride {stride}, t = {t}");
            // Woodbury's difference cancels as much as the solve before it magnifies.
            let error = relative_error(modes, blocks);
            assert!(error < condition * condition * f64::EPSILON, "modes, {at}: {error:e}");
            // Conjugate gradients stop at a residual of 1e-10, which S⁻¹ may magnify.
            let error = relative_error(iterated, blocks);
            assert!(error < condition * 1e-10, "conjugate gradients, {at}: {error:e}");
        }
    }
}
