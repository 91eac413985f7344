//! One slope of x̂ by differences, with its own error, against one product.

use crate::error::finite;
use crate::{Denoiser, Result};
use equipoise_field::{Real, sum};
use equipoise_schedule::Level;

/// The largest error of a difference, relative to the size of the slope, with which it counts as a test.
const SHARP: f64 = 5e-3;
/// Rounding errors of a difference that it is granted.
const ROUNDINGS: f64 = 8.0;
/// Changes of the defect over twice the step that it is granted: a third were enough for a defect ∝ h²; moves
/// beyond a saturation change less.
const CURVATURES: f64 = 4.0;
/// By how much a step shortens when curvature blurs the slope, and how often at most.
const SHORTER: f64 = 0.25;
const STEPS: usize = 8;
/// Moves of a few ulp by which the rounding of x̂ is measured.
const JITTERS: u64 = 3;

/// A denoiser at x_t, and how often it was called.
pub(super) struct Bench<'a, R: Real> {
    pub(super) denoiser: &'a dyn Denoiser<R>,
    pub(super) x_t: &'a [R],
    pub(super) level: Level,
    pub(super) evaluations: usize,
    pub(super) products: usize,
}

/// v, Jᵀv as the denoiser makes it, and the deviation of ⟨v, x̂⟩ by rounding.
pub(super) struct Product<R> {
    pub(super) v: Vec<R>,
    pub(super) of_v: Vec<R>,
    rounding: f64,
}

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Finding {
    /// The product is the slope, to [`SHARP`] of its size.
    Agrees,
    /// The difference is not sharp enough to tell.
    Unresolved,
    /// It is not.
    Differs { found: f64, expected: f64, bound: f64 },
}

/// A difference over a step h: the slope, that of the product over the same move, both per unit of h.
struct Difference {
    expected: f64,
    found: f64,
}

impl<R: Real> Bench<'_, R> {
    fn denoise(&mut self, x: &[R]) -> Result<Vec<R>> {
        let mut out = vec![R::nan(); x.len()];
        self.denoiser.denoise(x, self.level, &mut out)?;
        self.evaluations += 1;
        finite("x_hat", &out)?;
        Ok(out)
    }

    /// Jᵀv, and the rounding of ⟨v, x̂⟩: ε‖v ∘ x̂‖, or what moves of x_t by its ulp show where that is more.
    pub(super) fn product(&mut self, v: Vec<R>) -> Result<Product<R>> {
        let mut of_v = vec![R::nan(); v.len()];
        self.denoiser.vjp(self.x_t, self.level, &v, &mut of_v)?;
        self.products += 1;
        finite("product", &of_v)?;
        let x_hat = self.denoise(self.x_t)?;
        let own = sum::of(v.len(), |i| (v[i].wide() * x_hat[i].wide()).powi(2)).sqrt();
        let mut rounding = R::epsilon().wide() * own;
        for jitter in 0..JITTERS {
            let sign = |i: usize| if (i as u64 >> jitter) & 1 == 0 { R::one() } else { -R::one() };
            let moved: Vec<R> =
                (0..v.len()).map(|i| self.x_t[i] + sign(i) * R::epsilon() * self.x_t[i]).collect();
            let there = self.denoise(&moved)?;
            let by_move = |i: usize| of_v[i].wide() * (moved[i].wide() - self.x_t[i].wide());
            let by_output = |i: usize| v[i].wide() * (there[i].wide() - x_hat[i].wide());
            let defect = sum::of(v.len(), by_output) - sum::of(v.len(), by_move);
            rounding = rounding.max(defect.abs());
        }
        Ok(Product { v, of_v, rounding })
    }

    /// Central difference over the step h along w. x_t ± hw is rounded to `R`, so that ⟨Jᵀv, ·⟩ is taken
    /// with the move that was made.
    fn difference(&mut self, product: &Product<R>, w: &[R], h: f64) -> Result<Difference> {
        let moved = |h: f64| -> Vec<R> {
            self.x_t.iter().zip(w).map(|(x, w)| R::narrow(x.wide() + h * w.wide())).collect()
        };
        let (ahead, behind) = (moved(h), moved(-h));
        let along = |f: &[R], ahead: &[R], behind: &[R]| {
            sum::of(f.len(), |i| f[i].wide() * (ahead[i].wide() - behind[i].wide())) / (2.0 * h)
        };
        let found = along(&product.of_v, &ahead, &behind);
        let (ahead, behind) = (self.denoise(&ahead)?, self.denoise(&behind)?);
        Ok(Difference { expected: along(&product.v, &ahead, &behind), found })
    }

    /// Whether ⟨Jᵀv, w⟩ is the slope of ⟨v, x̂⟩ along w. `least` is the least size that errors are taken
    /// relative to, beside the product's own ⟨Jᵀv, w⟩.
    ///
    /// The first step makes rounding ε^{2/3} of the slope, where central differences are at their best for
    /// curvature of order one. Agreement within rounding alone is agreement; else a step of twice the length
    /// shows the curvature, h²x̂‴/6, in how far the two defects lie apart, four to one. The step shortens as
    /// long as the slope is blurred or contradicted and rounding leaves room, since a curved slope comes
    /// right then and a wrong product does not.
    pub(super) fn probe(&mut self, product: &Product<R>, w: &[R], least: f64) -> Result<Finding> {
        if w.iter().all(|w| w.is_zero()) {
            return Ok(Finding::Unresolved);
        }
        let size = sum::dot(&product.of_v, w).abs().max(least);
        let mut h = self.first_step(product, w, size);
        let mut finding = Finding::Unresolved;
        for _ in 0..STEPS {
            let (found, shorter_resolves) = self.compare(product, w, h, size)?;
            finding = found;
            if finding == Finding::Agrees || !shorter_resolves {
                break;
            }
            h *= SHORTER;
        }
        Ok(finding)
    }

    /// h with which rounding is ε^{2/3} of a slope of this size, but no more than moves the entries that w has
    /// by their own size, and no less than 16 ulp.
    fn first_step(&self, product: &Product<R>, w: &[R], size: f64) -> f64 {
        let support = w.iter().filter(|w| !w.is_zero()).count() as f64;
        let of_x = (sum::norm(self.x_t) / (w.len() as f64).sqrt()).max(self.level.sigma);
        let unit = of_x * support.sqrt() / sum::norm(w);
        let epsilon = R::epsilon().wide();
        if size > 0.0 {
            let best = product.rounding / (2.0 * epsilon.powf(2.0 / 3.0) * size);
            return best.clamp(16.0 * epsilon * unit, unit);
        }
        unit
    }

    /// The finding with step h, and whether a shorter step has a chance to resolve the slope and, if it
    /// differs, the contradiction.
    fn compare(&mut self, product: &Product<R>, w: &[R], h: f64, size: f64) -> Result<(Finding, bool)> {
        let Difference { expected, found } = self.difference(product, w, h)?;
        let (defect, size) = (found - expected, size.max(expected.abs()));
        let of_product = R::epsilon().wide().powf(2.0 / 3.0) * size;
        let rounding = ROUNDINGS * (product.rounding / (2.0 * h) + of_product);
        let sharp = SHARP * size;
        if defect.abs() <= rounding && rounding <= sharp {
            return Ok((Finding::Agrees, false));
        }
        let long = self.difference(product, w, 2.0 * h)?;
        let bound = rounding + CURVATURES * (long.found - long.expected - defect).abs();
        let (finding, to_resolve) = match (defect.abs() <= bound, bound <= sharp) {
            (true, true) => (Finding::Agrees, sharp),
            (true, false) => (Finding::Unresolved, sharp),
            (false, _) => (Finding::Differs { found, expected, bound }, sharp.min(0.5 * defect.abs())),
        };
        Ok((finding, rounding / SHORTER <= to_resolve))
    }
}
