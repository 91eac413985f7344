//! The methods, states and observations of the tests of batches.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::Modes;
use equipoise_denoiser::{Denoiser, Pullback};
use equipoise_field::Shape;
use equipoise_guidance::{
    ConditionalCovariance, Conditioned, DiffPir, Exact, GaussianPath, Guidance, Jfps, Mmps, PigdmScore,
    Poly2, Probes, Sda, Strength, Tmpd, Unguided,
};
use equipoise_innovation::ObservedPrior;
use equipoise_locality::{Memory, Optimal, Training};
use equipoise_observation::{ConjugateGradients, NoiseVariance, Observed};
use equipoise_operator::{Dense, LinearOperator, Saturation, Subsample};
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(1, 1, 4, 6);
pub(crate) const DIM: usize = SHAPE.len();
pub(crate) const MEMBERS: usize = 16;
pub(crate) const LEVEL: Level = Level { mu: 0.7, sigma: 0.6 };

pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) guidance: Box<dyn Guidance<f32>>,
}

/// x̂_i = sin(a x_i + x_{i+1}/4): a J that depends on x_t, is not symmetric, and has either sign.
pub(crate) fn curved() -> Arc<dyn Denoiser<f32>> {
    Arc::new(Pullback::new(DIM, |x_t: &[f32], level: Level, x_hat: &mut [f32]| {
        let a = level.mu as f32;
        let phase = |i: usize| a * x_t[i] + 0.25 * x_t[(i + 1) % DIM];
        let slopes: Vec<f32> = (0..DIM).map(|i| phase(i).cos()).collect();
        (0..DIM).for_each(|i| x_hat[i] = phase(i).sin());
        Ok(move |v: &[f32], out: &mut [f32]| {
            let pulled = |i: usize| slopes[i] * v[i];
            (0..DIM).for_each(|i| out[i] = a * pulled(i) + 0.25 * pulled((i + DIM - 1) % DIM));
            Ok(())
        })
    }))
}

/// Small ones, whose J is positive, large ones, whose J is not, one whose readings are met exactly, one with
/// an entry that is no number.
pub(crate) fn states() -> Vec<Vec<f32>> {
    let state = |k: usize| {
        let mut x: Vec<f32> = Stream::new("x_t").normal(k as u64, DIM);
        x.iter_mut().for_each(|x| *x *= 0.2 * (1 + k % 8) as f32);
        if k == 9 {
            x[2] = f32::NAN;
        }
        x
    };
    (0..MEMBERS).map(state).collect()
}

/// A of every second point or of seven mixtures.
fn lattice() -> Arc<dyn LinearOperator<f32>> {
    Arc::new(Subsample::new(SHAPE, 2).unwrap())
}

fn mixture() -> Arc<dyn LinearOperator<f32>> {
    Arc::new(Dense::new(7, DIM, Stream::new("A").normal(0, 7 * DIM)).unwrap())
}

/// What the x̂ of member 3 shows, so that it misses nothing.
fn readings(operator: &dyn LinearOperator<f32>) -> Vec<f32> {
    let (mut x_hat, mut y) = (vec![0.0; DIM], vec![0.0; operator.len_out()]);
    curved().denoise(&states()[3], LEVEL, &mut x_hat).unwrap();
    operator.apply(&x_hat, &mut y);
    y
}

fn noise(count: usize) -> NoiseVariance {
    NoiseVariance::PerObservation((1..=count).map(|i| 0.02 * i as f64).collect())
}

/// x ~ N(m, diag(λ)).
fn wiener() -> Arc<Wiener<f32>> {
    let identity = (0..DIM * DIM).map(|i| f32::from(u8::from(i % (DIM + 1) == 0))).collect();
    let modes = Modes::new(DIM, identity, (1..=DIM).map(|i| 3.0 / i as f64).collect(), None).unwrap();
    Arc::new(Wiener::new(Stream::new("mean").normal(0, DIM), Arc::new(modes)).unwrap())
}

fn optimal() -> Arc<Optimal<f32>> {
    let fields = Memory::new(Stream::new("fields").normal(0, 5 * DIM), DIM).unwrap();
    Arc::new(Optimal::new(Training::new(SHAPE, Arc::new(fields)).unwrap()))
}

/// Every method that takes what was seen.
pub(crate) fn methods() -> Vec<Named> {
    let shared = |operator: Arc<dyn LinearOperator<f32>>| {
        let count = operator.len_out();
        Arc::new(Observed::shared(readings(&*operator), operator, noise(count)).unwrap())
    };
    let y: Vec<f32> = readings(&*mixture()).iter().map(|u| 0.9 * u / (1.0 + u.abs())).collect();
    let saturated = Observed::nonlinear(y, Arc::new(Saturation(mixture())), noise(7)).unwrap();
    let linear = [("lattice", shared(lattice())), ("mixture", shared(mixture()))];
    let mut all = vec![Named { name: "unguided".into(), guidance: Box::new(Unguided(curved())) }];
    for (seen, observation) in linear.iter().chain([&("saturated", Arc::new(saturated))]) {
        let of_any = any(observation).into_iter();
        let of_linear = if observation.is_linear() { for_linear(observation) } else { Vec::new() };
        let named = |(name, guidance)| Named { name: format!("{name}, {seen}"), guidance };
        all.extend(of_any.chain(of_linear).map(named));
    }
    all
}

type Methods = Vec<(String, Box<dyn Guidance<f32>>)>;

fn strength(law: Law, observation: &Arc<Observed<f32>>) -> Strength {
    if matches!(law, Law::Matched | Law::Active) {
        let denoiser: Arc<dyn Denoiser<f32>> = wiener();
        return Strength::probed(law, &denoiser, observation, &[], &probes()).unwrap().strength;
    }
    Strength::of_law(law, observation.noise(), 0.01, observation.count(), 3).unwrap()
}

fn probes() -> Probes<f32> {
    Probes { states: Arc::new(|_| states()[..3].to_vec()), count: 7, stream: Stream::new("probes") }
}

/// Those that take any A.
fn any(observation: &Arc<Observed<f32>>) -> Methods {
    let jacobian = || ConditionalCovariance::Jacobian(curved());
    let exact = ConditionalCovariance::Exact(wiener());
    let few = ConjugateGradients { iterations: 4, tolerance: 1e-2 };
    let quadratics = Poly2::quadratics(&exact, observation, &[], &probes()).unwrap();
    let mut all: Methods = vec![
        ("mmps".into(), Box::new(Mmps::new(jacobian(), observation.clone(), few))),
        ("mmps of V".into(), Box::new(Mmps::new(exact.clone(), observation.clone(), few))),
        ("poly2".into(), Box::new(Poly2::new(jacobian(), observation.clone(), quadratics.clone()))),
        ("poly2 of V".into(), Box::new(Poly2::new(exact, observation.clone(), quadratics))),
        ("tmpd".into(), Box::new(Tmpd::new(jacobian(), observation.clone()))),
        ("pigdm_score".into(), Box::new(PigdmScore::new(curved(), observation.clone()))),
        ("conditioned".into(), Box::new(Conditioned::new(optimal(), observation).unwrap())),
    ];
    for law in Law::ALL {
        let sda = || Sda::new(curved(), observation.clone(), strength(law, observation));
        all.push((format!("sda {law}"), Box::new(sda())));
        all.push((format!("sda {law} detached"), Box::new(sda().detached())));
    }
    all
}

/// Those of a linear A.
fn for_linear(observation: &Arc<Observed<f32>>) -> Methods {
    let (wiener, operator) = (wiener(), Arc::clone(observation.linear("a test").unwrap()));
    let covariance = Arc::clone(wiener.prior_covariance());
    let prior = ObservedPrior::new(covariance.clone(), operator, observation.noise().clone()).unwrap();
    let innovations = Exact::innovations(&prior, &[]).unwrap();
    let path = Arc::new(GaussianPath::new(wiener.clone(), prior).unwrap());
    let exact = || Exact::new(wiener.clone(), observation.clone(), innovations.clone());
    let jfps = Jfps::new(curved(), observation.clone(), covariance, innovations.clone()).unwrap();
    let mut all: Methods = vec![
        ("exact".into(), Box::new(exact())),
        ("exact along".into(), Box::new(exact().along(path.clone()))),
        ("jfps".into(), Box::new(jfps)),
        ("diffpir".into(), Box::new(DiffPir::new(curved(), observation.clone()))),
    ];
    for law in [Law::Sum, Law::Adaptive, Law::Matched] {
        let sda = Sda::new(wiener.clone(), observation.clone(), strength(law, observation));
        all.push((format!("sda {law} along"), Box::new(sda.along(path.clone()))));
    }
    all
}
