//! The guided step at full size, whole and in its parts, and at other sizes.

use crate::case::{Case, Work};
use crate::error::{Result, work};
use crate::wake::{NOISE, RANK, SHAPE, Wake, lattice, observation, schedule};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Shape, each};
use equipoise_guidance::{Evidence, GaussianPath, Guidance, Scratch, Sda, Strength};
use equipoise_likelihood::{Backend, Cpu, Gradient, Observation, Variance};
use equipoise_observation::NoiseVariance;
use equipoise_operator::Subsample;
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

/// The stride of the study's middle density.
const SUB: usize = 4;
/// Bytes of a field.
const FIELD: f64 = 4.0 * SHAPE.len() as f64;
/// Bytes of U.
const MODES: f64 = RANK as f64 * FIELD;

/// log₂ of the D of the curve at [`RANK`], even.
const POWERS: [u32; 7] = [12, 14, 16, 18, 20, 22, 24];
/// The ranks of the curve at D = 2^[`RANKED`].
const RANKS: [usize; 5] = [5, 10, 20, 40, 80];
const RANKED: u32 = 20;

type Shared = Rc<OnceCell<Wake>>;
type Make = fn(&Wake) -> Result<Work>;

/// One evaluation of ε_y by both ways, its four parts, and the predictor's update; where time is given,
/// evaluations over D and over the rank.
///
/// The least traffic of an evaluation reads U, x_t and m twice, because the coefficients of all of x_t
/// must be known before anything can be lifted, reads y, and writes ε_y.
pub(crate) fn cases(quick: bool) -> Vec<Case> {
    let curves = if quick { Vec::new() } else { curves() };
    full_size().into_iter().chain(curves).collect()
}

fn full_size() -> Vec<Case> {
    let wake = Shared::default();
    let readings = FIELD / (SUB * SUB) as f64;
    let evaluation = evaluation_bytes(FIELD, RANK);
    let case = |name: &str, what: &str, bytes: f64, make: Make| {
        let wake = Rc::clone(&wake);
        Case::new(format!("step/{name}"), what.to_owned(), [bytes, MODES + 4.0 * FIELD], move || {
            make(shared(&wake)?)
        })
    };
    vec![
        case("evaluation", "ε_y in the prior's coefficients, 2 passes over U", evaluation, along),
        case("evaluation-16-bit", "the same, U in 16 bits", evaluation - MODES, |wake| {
            along(&wake.rounded()?)
        }),
        case("evaluation-plain", "ε_y from x̂ and g, 4 passes over U", evaluation, plain),
        case("denoise", "x̂, 2 passes over U", 2.0 * MODES + 5.0 * FIELD, denoise),
        case("vjp", "Jᵀv, 2 passes over U", 2.0 * MODES + 3.0 * FIELD, vjp),
        case("likelihood", "Aᵀ((y − A x̂)/v) as a field", FIELD + 2.0 * readings, reduction),
        case("update", "x ← a x + b ε_y", 3.0 * FIELD, update),
    ]
}

/// U, x_t and m twice, y and ε_y once.
fn evaluation_bytes(field: f64, rank: usize) -> f64 {
    (2 * rank + 5) as f64 * field + field / (SUB * SUB) as f64
}

fn curves() -> Vec<Case> {
    let case = |id: String, power: u32, rank: usize| {
        let field = 4.0 * f64::from(1u32 << power);
        Case::new(
            id,
            format!("ε_y in the prior's coefficients, D = 2^{power}, rank {rank}, sub {SUB}"),
            [evaluation_bytes(field, rank), (rank + 4) as f64 * field],
            move || along(&Wake::walsh(power, rank)?),
        )
    };
    let over_dim = POWERS.map(|power| case(format!("step/D/2^{power}"), power, RANK));
    let over_rank = RANKS.map(|rank| case(format!("step/rank/{rank}"), RANKED, rank));
    over_dim.into_iter().chain(over_rank).collect()
}

fn shared(wake: &OnceCell<Wake>) -> Result<&Wake> {
    if wake.get().is_none() {
        // The cell is empty and this thread is its only user, so the value finds its place.
        let _ = wake.set(Wake::new()?);
    }
    Ok(wake.get().expect("set above"))
}

fn middle() -> Result<Level> {
    Ok(schedule()?.level(0.5))
}

fn normal(name: &str, shape: Shape) -> Vec<f32> {
    Stream::new(name).normal(0, shape.len())
}

fn guidance(wake: &Wake) -> Result<Sda<f32>> {
    let count = lattice(wake.shape, SUB)?.count();
    let noise = NoiseVariance::Uniform(NOISE);
    let strength = Strength::of_law(Law::Dual, &noise, 0.01, count, count).map_err(work)?;
    Ok(Sda::new(Arc::clone(&wake.wiener) as _, observation(wake.shape, SUB)?, strength))
}

fn along(wake: &Wake) -> Result<Work> {
    let path = GaussianPath::new(Arc::clone(&wake.wiener), wake.observed(SUB)?).map_err(work)?;
    let guidance = guidance(wake)?.along(Arc::new(path));
    let (x, level) = (normal("state", wake.shape), middle()?);
    let (mut eps, mut scratch) = (vec![0.0; x.len()], Scratch::new());
    Ok(Box::new(move || guidance.noise_estimate(&x, level, &mut eps, &mut scratch).map(drop).map_err(work)))
}

fn plain(wake: &Wake) -> Result<Work> {
    let (guidance, x, level) = (guidance(wake)?, normal("state", wake.shape), middle()?);
    let (mut eps, mut scratch) = (vec![0.0; x.len()], Scratch::new());
    Ok(Box::new(move || {
        let mut evidence = [Evidence::default()];
        guidance.plain_noise_estimates(&x, level, &mut eps, &mut evidence, &mut scratch).map_err(work)
    }))
}

fn denoise(wake: &Wake) -> Result<Work> {
    let (wiener, x, level) = (Arc::clone(&wake.wiener), normal("state", wake.shape), middle()?);
    let mut x_hat = vec![0.0; x.len()];
    Ok(Box::new(move || wiener.denoise(&x, level, &mut x_hat).map_err(work)))
}

fn vjp(wake: &Wake) -> Result<Work> {
    let (wiener, v, level) = (Arc::clone(&wake.wiener), normal("state", wake.shape), middle()?);
    let mut out = vec![0.0; v.len()];
    Ok(Box::new(move || wiener.vjp(&v, level, &v, &mut out).map_err(work)))
}

fn reduction(_: &Wake) -> Result<Work> {
    let lattice: Subsample = lattice(SHAPE, SUB)?;
    let (x_hat, y) = (normal("state", SHAPE), observation(SHAPE, SUB)?);
    let mut gradient = vec![0.0; x_hat.len()];
    Ok(Box::new(move || {
        let seen = Observation { values: y.values(), variance: Variance::Scalar(NOISE) };
        let gradient = Gradient::Field(&mut gradient);
        Cpu.strided(&x_hat, lattice, seen, None, gradient).map(drop).map_err(work)
    }))
}

fn update(_: &Wake) -> Result<Work> {
    let (mut x, eps) = (normal("state", SHAPE), normal("noise", SHAPE));
    Ok(Box::new(move || {
        each::update1(&mut x, &eps, |x, e| 0.999 * x + 0.001 * e);
        Ok(())
    }))
}
