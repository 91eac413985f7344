//! The suite that every denoiser passes.

mod adjoint;
mod batch;
mod parts;
mod probe;

pub use adjoint::check_jvp;
pub use batch::check_batch;

use crate::{Denoiser, DenoiserError, Result};
use equipoise_field::{Length, Real, Shape, sum};
use equipoise_schedule::Level;
use parts::{Part, low_pass, white};
use probe::{Bench, Finding, Product};

/// White directions w that the whole product is tested along.
const FREE: u64 = 8;
/// Directions w in which weak slopes count like strong ones.
const EVENED: u64 = 8;
/// The share of the deviation of Jᵀv down to which they do.
const FAINT: f64 = 0.02;

/// What the suite saw of a denoiser that passed.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "parts may have been left untested"]
pub struct Conformance {
    /// Parts of the field on which x̂ has no slope that differences resolve, such as a mask.
    pub untested: Vec<String>,
    /// Calls of `denoise`.
    pub evaluations: usize,
    /// Calls of `vjp`.
    pub products: usize,
}

/// Checks a denoiser at one x_t: outputs overwrite their buffers and are finite, and Jᵀv is the slope of
/// ⟨v, x̂⟩. A product 2 % off in scale, in one channel, frame, border row or column of `shape`, or in one of
/// the 64ths of the field, in flat order or every 64th entry, fails in `f32` and `f64` alike, wherever x̂ has
/// a slope.
///
/// Any other 1/64 of the entries is found by keyed directions: 2 % off fails with odds of more than 1000 to 1
/// if the entries were not chosen by the key, their slopes (Jᵀv)_i are no less than a fiftieth of the root
/// mean square, and x̂ is about linear over the step. Curvature takes from what `f32` can tell: where slopes
/// spread fifty to one *and* saturate, up to a sixth of such sets passed at D = 256; in `f64` none did.
///
/// x̂ is taken for smooth over a step: kinks (ReLU), or slopes that saturate within it, may be told as faults of
/// a right product in `f32`; in `f64` steps are several hundred times shorter.
///
/// v is keyed white noise, a low-pass field, the sum of both, and signs. w is v and Jᵀv itself, along which
/// a slope is largest beside its rounding; for the sum also Jᵀv on each part alone, so that a small part is
/// not lost in the others, and white and low-pass fields, which take the parts that have no name; for
/// the signs it is white noise over Jᵀv, which takes the weak slopes among them.
///
/// ⟨v, (x̂(x_t + hw) − x̂(x_t − hw))/2h⟩ errs by rounding, r/h with r the deviation of ⟨v, x̂⟩, measured by moves
/// of x_t by its ulp, and by curvature, ∝ h². Both are known for each slope: the second from a difference over
/// 2h. The bound is 8 times the rounding and 4 times the change over 2h, with 8ε^{2/3} of the slope for the
/// product's own rounding: no tolerance is asked for. Slopes known to less than 0.5 % test nothing; parts
/// without a better one are named in [`Conformance::untested`], and are an error where they are all there is
/// (a constant x̂).
///
/// Up to 2(T + C + 163) calls of `denoise` where x̂ is linear. A curved slope takes 4 calls in place of 2
/// for each step, which shortens up to 8 times: at most 32(T + C + 155) + 16. 4 of `vjp`.
///
/// # Errors
/// [`DenoiserError::Slope`], [`DenoiserError::NotFinite`], [`DenoiserError::Untested`];
/// [`DenoiserError::Length`] when x_t or `shape` is not of the denoiser's length; what the denoiser returns.
pub fn check_denoiser<R: Real>(
    denoiser: &dyn Denoiser<R>,
    x_t: &[R],
    level: Level,
    shape: Shape,
) -> Result<Conformance> {
    let expected = denoiser.dim();
    Length::check("x_t", x_t.len(), expected)?;
    Length::check("shape", shape.len(), expected)?;
    let mut bench = Bench { denoiser, x_t, level, evaluations: 0, products: 0 };
    let (noise, smooth) = (white::<R>(shape, 0), low_pass::<R>(shape, 0));
    let both = noise.iter().zip(&smooth).map(|(a, b)| *a + *b).collect();
    let mut resolved = false;
    for (name, v) in [("white noise", noise), ("a low-pass field", smooth)] {
        let product = bench.product(v)?;
        resolved |= whole(&mut bench, &product, name)?;
    }
    let product = bench.product(both)?;
    resolved |= whole(&mut bench, &product, "white noise and a low-pass field")?;
    free(&mut bench, &product, shape)?;
    faint(&mut bench, shape)?;
    let untested = each_part(&mut bench, &product, shape)?;
    if !resolved {
        return Err(DenoiserError::Untested);
    }
    Ok(Conformance { untested, evaluations: bench.evaluations, products: bench.products })
}

/// w = Jᵀv, where they make an angle of 0, and w = v, which shows a product that vanishes. Whether one of
/// the slopes was resolved.
fn whole<R: Real>(bench: &mut Bench<'_, R>, product: &Product<R>, name: &str) -> Result<bool> {
    let mut resolved = false;
    for (what, w) in [("w = Jᵀv", &product.of_v), ("w = v", &product.v)] {
        let finding = bench.probe(product, w, 0.0)?;
        resolved |= passed(finding, || format!("the whole field, v {name}, {what}"))?;
    }
    Ok(resolved)
}

/// w of unit deviation, whose slope is of the size ‖Jᵀv‖ if it is of no particular direction.
fn free<R: Real>(bench: &mut Bench<'_, R>, product: &Product<R>, shape: Shape) -> Result<()> {
    let size = sum::norm(&product.of_v);
    for draw in 1..=FREE {
        let finding = bench.probe(product, &white(shape, draw), size)?;
        passed(finding, || format!("the whole field, w white noise {draw}"))?;
    }
    let finding = bench.probe(product, &low_pass(shape, 1), size)?;
    passed(finding, || "the whole field, w a low-pass field".to_owned())?;
    Ok(())
}

/// v of signs, w of white noise over Jᵀv, so that weak slopes count like strong ones.
fn faint<R: Real>(bench: &mut Bench<'_, R>, shape: Shape) -> Result<()> {
    let signs = white::<R>(shape, FREE + 1).into_iter().map(|z| z.signum()).collect();
    let product = bench.product(signs)?;
    let floor = FAINT * sum::norm(&product.of_v) / (shape.len() as f64).sqrt();
    if floor == 0.0 {
        return Ok(());
    }
    for draw in 1..=EVENED {
        let (w, size) = evened(&product, white(shape, FREE + 1 + draw), floor);
        let finding = bench.probe(&product, &w, size)?;
        passed(finding, || format!("the whole field, v signs, w white noise {draw} over Jᵀv"))?;
    }
    Ok(())
}

/// w_i = z_i φa/(a² + φ²) with a = (Jᵀv)_i and φ = `floor`, and ‖w ∘ Jᵀv‖: entries above φ give the slope
/// alike; those far below, such as masked ones, hardly move.
fn evened<R: Real>(product: &Product<R>, z: Vec<R>, floor: f64) -> (Vec<R>, f64) {
    let weight = |a: f64| R::narrow(a / (1.0 + a * a));
    let w: Vec<R> = z.iter().zip(&product.of_v).map(|(z, a)| *z * weight(a.wide() / floor)).collect();
    let size = sum::of(w.len(), |i| (w[i].wide() * product.of_v[i].wide()).powi(2)).sqrt();
    (w, size)
}

/// w = Jᵀv on one part after another, v where the product is zero there. The parts that were not resolved.
fn each_part<R: Real>(bench: &mut Bench<'_, R>, product: &Product<R>, shape: Shape) -> Result<Vec<String>> {
    let mut untested = Vec::new();
    for part in Part::all(shape) {
        let own = part.cut(shape, &product.of_v);
        let own_is_zero = own.iter().all(|w| w.is_zero());
        let w = if own_is_zero { part.cut(shape, &product.v) } else { own };
        let finding = bench.probe(product, &w, 0.0)?;
        if !passed(finding, || part.to_string())? {
            untested.push(part.to_string());
        }
    }
    Ok(untested)
}

/// Whether the slope was resolved, if it does not contradict the product.
fn passed(finding: Finding, part: impl FnOnce() -> String) -> Result<bool> {
    match finding {
        Finding::Agrees => Ok(true),
        Finding::Unresolved => Ok(false),
        Finding::Differs { found, expected, bound } => {
            Err(DenoiserError::Slope { part: part(), found, expected, bound })
        }
    }
}
