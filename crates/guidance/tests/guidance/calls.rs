//! How often the model runs.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_denoiser::{Denoiser, DenoiserError, Linearised, Pullback, Tape};
use equipoise_guidance::{
    ConditionalCovariance, DiffPir, Evidence, Guidance, GuidanceError, Mmps, Scratch, States, Strength,
    Unguided,
};
use equipoise_observation::{ConjugateGradients, NoiseVariance, Observed};
use equipoise_operator::Mask;
use equipoise_sampler::{Euler, Noise, Sampler};
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Level, Sda, Variance, uniform_grid};
use equipoise_stream::Stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const DIM: usize = 10;
const LEVEL: Level = Level { mu: 0.7, sigma: 0.6 };

#[derive(Default)]
struct Calls {
    forward: AtomicUsize,
    backward: AtomicUsize,
    linearised: AtomicUsize,
    estimated: AtomicUsize,
}

impl Calls {
    fn taken(&self) -> [usize; 4] {
        [&self.forward, &self.backward, &self.linearised, &self.estimated]
            .map(|calls| calls.swap(0, Ordering::Relaxed))
    }
}

/// A denoiser that counts how often it is linearised, and how often x̂ is made alone.
struct Counted<D>(D, Arc<Calls>);

impl<D: Denoiser<f64>> Denoiser<f64> for Counted<D> {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        self.0.denoise(x, level, out)
    }
    fn vjp(&self, x: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.0.vjp(x, level, v, out)
    }
    fn linearise<'a>(
        &'a self,
        x_t: &'a [f64],
        level: Level,
        x_hat: &mut [f64],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f64> + 'a>, DenoiserError> {
        self.1.linearised.fetch_add(1, Ordering::Relaxed);
        self.0.linearise(x_t, level, x_hat, tape)
    }
    fn estimates(
        &self,
        x_t: &[f64],
        level: Level,
        x_hat: &mut [f64],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.1.estimated.fetch_add(1, Ordering::Relaxed);
        self.0.estimates(x_t, level, x_hat, tape)
    }
}

/// x̂ = x_t scaled entry by entry, every forward and backward pass counted.
fn denoiser(calls: &Arc<Calls>) -> Arc<dyn Denoiser<f64>> {
    let counted = Arc::clone(calls);
    let forward = move |x_t: &[f64], _: Level, x_hat: &mut [f64]| {
        counted.forward.fetch_add(1, Ordering::Relaxed);
        let slope = |i: usize| 1.0 / (1.0 + i as f64);
        x_t.iter().enumerate().for_each(|(i, x)| x_hat[i] = slope(i) * x);
        let counted = Arc::clone(&counted);
        Ok(move |v: &[f64], out: &mut [f64]| {
            counted.backward.fetch_add(1, Ordering::Relaxed);
            v.iter().enumerate().for_each(|(i, v)| out[i] = slope(i) * v);
            Ok(())
        })
    };
    Arc::new(Counted(Pullback::new(DIM, forward), Arc::clone(calls)))
}

/// Of ten different eigenvalues, so that five iterations do not end the solve.
fn mmps(calls: &Arc<Calls>) -> Mmps<f64> {
    let operator = Mask::new(DIM, (0..DIM).collect()).unwrap();
    let seen = Observed::new(vec![1.0; DIM], operator, NoiseVariance::Uniform(1e-3)).unwrap();
    let five = ConjugateGradients { iterations: 5, tolerance: 0.0 };
    Mmps::new(ConditionalCovariance::Jacobian(denoiser(calls)), Arc::new(seen), five)
}

/// One forward pass, and a backward pass for each of five products with C and for g: where every product
/// runs the model anew, it is seven forward passes.
#[test]
fn mmps_runs_the_model_forward_once_a_step() {
    let calls = Arc::new(Calls::default());
    let (mut eps, x_t) = (vec![f64::NAN; DIM], Stream::new("x_t").normal(0, DIM));
    let evidence = mmps(&calls).noise_estimate(&x_t, LEVEL, &mut eps, &mut Scratch::new()).unwrap();
    assert_eq!(evidence.iterations, 5);
    assert_eq!(calls.taken(), [1, 6, 1, 0]);
}

#[test]
fn a_batch_is_linearised_at_once() {
    let calls = Arc::new(Calls::default());
    let (method, x_t) = (mmps(&calls), Stream::new("x_t").normal(0, 16 * DIM));
    let (mut eps, mut evidence) = (vec![f64::NAN; 16 * DIM], vec![Evidence::default(); 16]);
    method.noise_estimates(&x_t, LEVEL, &mut eps, &mut evidence, &mut Scratch::new()).unwrap();
    assert_eq!(calls.taken(), [16, 16 * 6, 1, 0]);

    let (schedule, streams) =
        (Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap(), [0, 1, 2].map(|k| Stream::new("z").number(k)));
    let noises = streams.each_ref().map(|s| s as &dyn Noise<f64>);
    let euler = Euler::new(uniform_grid(4).unwrap()).unwrap();
    let starts = Stream::new("start").normal(0, 3 * DIM);
    let outcomes = euler.run_batch(&method, &schedule, starts, &noises, 10.0).unwrap();
    assert!(outcomes.iter().all(|o| o.trace().evaluations == 4));
    assert_eq!(calls.taken(), [3 * 4, 3 * 4 * 6, 4, 0]);
}

/// A guidance that asks for a product in spite of what it says.
struct Greedy(Arc<dyn Denoiser<f64>>);

impl Guidance<f64> for Greedy {
    fn denoiser(&self) -> &dyn Denoiser<f64> {
        &*self.0
    }
    fn needs_jacobian(&self) -> bool {
        false
    }
    fn gradients(
        &self,
        at: &mut States<'_, '_, f64>,
        g: &mut [f64],
        _: &mut [Evidence],
        _: &mut Scratch<f64>,
    ) -> Result<(), GuidanceError> {
        Ok(at.local.vjp(at.x_hat, g)?)
    }
}

/// What takes no product with J is made of x̂ alone, in a batch, with the bits that it has where the model was
/// linearised; and who takes one all the same is refused in words.
#[test]
fn without_products_x_hat_is_made_alone() {
    let calls = Arc::new(Calls::default());
    let denoiser = denoiser(&calls);
    let operator = Mask::new(DIM, vec![0, 4, 5]).unwrap();
    let seen = Arc::new(Observed::new(vec![1.0, -0.3, 0.2], operator, NoiseVariance::Uniform(0.01)).unwrap());
    let strength = Strength::of_law(Law::Sum, seen.noise(), 0.01, 3, 3).unwrap();
    let sda = || equipoise_guidance::Sda::new(Arc::clone(&denoiser), Arc::clone(&seen), strength.clone());
    let methods: [(&dyn Guidance<f64>, bool); 4] = [
        (&Unguided(Arc::clone(&denoiser)), false),
        (&DiffPir::new(Arc::clone(&denoiser), Arc::clone(&seen)), false),
        (&sda().detached(), false),
        (&sda(), true),
    ];
    let x_t: Vec<f64> = Stream::new("x_t").normal(0, 2 * DIM);
    for (k, (method, needs)) in methods.into_iter().enumerate() {
        assert_eq!(method.needs_jacobian(), needs);
        let (mut eps, mut evidence) = (vec![f64::NAN; 2 * DIM], [Evidence::default(); 2]);
        method.noise_estimates(&x_t, LEVEL, &mut eps, &mut evidence, &mut Scratch::new()).unwrap();
        assert_eq!(calls.taken(), if needs { [2, 2, 1, 0] } else { [2, 0, 0, 1] }, "method {k}");

        let (mut x_hat, mut tape) = (vec![f64::NAN; 2 * DIM], Tape::new());
        let mut local = denoiser.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
        let mut at = States { x_t: &x_t, level: LEVEL, x_hat: &x_hat, local: &mut *local };
        let mut g = vec![f64::NAN; 2 * DIM];
        method.gradients(&mut at, &mut g, &mut evidence, &mut Scratch::new()).unwrap();
        let expected = |i: usize| (x_t[i] - LEVEL.mu * x_hat[i]) * (1.0 / LEVEL.sigma) - LEVEL.sigma * g[i];
        assert!((0..2 * DIM).all(|i| eps[i].to_bits() == expected(i).to_bits()), "method {k}");
        calls.taken();
    }
    let mut eps = vec![f64::NAN; DIM];
    let refused = Greedy(denoiser).noise_estimate(&x_t[..DIM], LEVEL, &mut eps, &mut Scratch::new());
    let expected = "Jᵀv: found x̂ without its Jacobian, expected a denoiser linearised there";
    assert_eq!(refused.unwrap_err().to_string(), expected);
}
