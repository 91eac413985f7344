//! The suite that every denoiser passes.

mod parts;
mod probe;

use crate::{Denoiser, DenoiserError};
use equipoise_field::{Real, Shape, sum};
use equipoise_schedule::Level;
use parts::{Part, low_pass, white};
use probe::{Bench, Finding, Product};

/// White directions w that the whole product is tested along.
const FREE: u64 = 8;

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
/// ⟨v, x̂⟩. A product 2 % off in scale, in one channel, frame, border row or column of `shape`, or in 1/64 of
/// the entries, fails in `f32` and `f64` alike, wherever x̂ has a slope.
///
/// v is keyed white noise, a low-pass field, and the sum of both. w is v and Jᵀv itself, along which a slope
/// is largest beside its rounding; for the sum also Jᵀv on each part alone, so that a small part is not lost
/// in the others, and [white](FREE) and low-pass fields, which take the parts that have no name.
///
/// ⟨v, (x̂(x_t + hw) − x̂(x_t − hw))/2h⟩ errs by rounding, r/h with r the deviation of ⟨v, x̂⟩, measured by moves
/// of x_t by its ulp, and by curvature, ∝ h². Both are known for each slope: the second from a difference over
/// 2h. The bound is their sum, with 8 times the rounding, and 8ε^{2/3} of the slope for the product's own
/// rounding: no tolerance is asked for. Slopes known to less than 0.5 % test nothing; they are named in
/// [`Conformance::untested`], and are an error where they are all there is (a constant x̂).
///
/// About 2(T + C + 153) calls of `denoise`, up to twice as many where x̂ is strongly curved; 3 of `vjp`.
///
/// # Errors
/// [`DenoiserError::Slope`], [`DenoiserError::NotFinite`], [`DenoiserError::Untested`];
/// [`DenoiserError::Length`] when x_t or `shape` is not of the denoiser's length; what the denoiser returns.
pub fn check_denoiser<R: Real>(
    denoiser: &dyn Denoiser<R>,
    x_t: &[R],
    level: Level,
    shape: Shape,
) -> Result<Conformance, DenoiserError> {
    let expected = denoiser.dim();
    for (what, found) in [("x_t", x_t.len()), ("shape", shape.len())] {
        if found != expected {
            return Err(DenoiserError::Length { what, found, expected });
        }
    }
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
    let untested = each_part(&mut bench, &product, shape)?;
    if !resolved {
        return Err(DenoiserError::Untested);
    }
    Ok(Conformance { untested, evaluations: bench.evaluations, products: bench.products })
}

/// w = Jᵀv, where they make an angle of 0, and w = v, which shows a product that vanishes. Whether one of
/// the slopes was resolved.
fn whole<R: Real>(bench: &mut Bench<'_, R>, product: &Product<R>, name: &str) -> Result<bool, DenoiserError> {
    let mut resolved = false;
    for (what, w) in [("w = Jᵀv", &product.of_v), ("w = v", &product.v)] {
        let finding = bench.probe(product, w, 0.0)?;
        resolved |= passed(finding, || format!("the whole field, v {name}, {what}"))?;
    }
    Ok(resolved)
}

/// w of unit deviation, whose slope is of the size ‖Jᵀv‖ if it is of no particular direction.
fn free<R: Real>(bench: &mut Bench<'_, R>, product: &Product<R>, shape: Shape) -> Result<(), DenoiserError> {
    let size = sum::norm(&product.of_v);
    for draw in 1..=FREE {
        let finding = bench.probe(product, &white(shape, draw), size)?;
        passed(finding, || format!("the whole field, w white noise {draw}"))?;
    }
    let finding = bench.probe(product, &low_pass(shape, 1), size)?;
    passed(finding, || "the whole field, w a low-pass field".to_owned())?;
    Ok(())
}

/// w = Jᵀv on one part after another, v where the product is zero there. The parts that were not resolved.
fn each_part<R: Real>(
    bench: &mut Bench<'_, R>,
    product: &Product<R>,
    shape: Shape,
) -> Result<Vec<String>, DenoiserError> {
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
fn passed(finding: Finding, part: impl FnOnce() -> String) -> Result<bool, DenoiserError> {
    match finding {
        Finding::Agrees => Ok(true),
        Finding::Unresolved => Ok(false),
        Finding::Differs { found, expected, bound } => {
            Err(DenoiserError::Slope { part: part(), found, expected, bound })
        }
    }
}
