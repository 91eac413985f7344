//! `poly2`: the best quadratic in the innovation covariance, in the place of its inverse.

use crate::guide::sized;
use crate::probes::{Probes, Seen, Site};
use crate::{ConditionalCovariance, Evidence, Guidance, GuidanceError, LevelTable, Scratch};
use equipoise_observation::Observed;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, each, sum};
use equipoise_scaling::poly2::coefficients;
use equipoise_schedule::Level;
use std::sync::Arc;

/// g = JᵀAᵀ(c₀ + c₁M + c₂M²) r, M = s²I + A C Aᵀ: two products with M in the place of a solve.
///
/// c minimises E‖JᵀAᵀ(M⁻¹ − c₀ − c₁M − c₂M²)r‖² over r ~ N(0, M), as the scalar of `matched` does
/// among scalars. A nonlinear A is linearised at x̂, as in [`Mmps`](crate::Mmps).
pub struct Poly2<R: Real> {
    covariance: ConditionalCovariance<R>,
    observation: Arc<Observed<R>>,
    quadratics: Arc<LevelTable<Quadratic>>,
}

/// p(M) = c₀ + c₁M + c₂M² of one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quadratic {
    /// c.
    pub coefficients: [f64; 3],
    /// Standard errors of c, by leaving out one probe after the other; `None` where one cannot be left
    /// out.
    pub standard_error: Option<[f64; 3]>,
    /// Whether the moments were not those of a positive M, so that p is the scalar of `matched`.
    pub replaced: bool,
}

impl<R: Real> Poly2<R> {
    /// With the quadratics of [`Poly2::quadratics`].
    pub fn new(
        covariance: ConditionalCovariance<R>,
        observation: Arc<Observed<R>>,
        quadratics: Arc<LevelTable<Quadratic>>,
    ) -> Self {
        Self { covariance, observation, quadratics }
    }

    /// p at every level, from the moments tr(B Mᵏ) = E wᵀJ Aᵀ Mᵏ A J w, k = 0 … 5, B = A J Jᵀ Aᵀ and
    /// J for its own transpose, over random fields w.
    ///
    /// Costs a vjp and three products with M for each random field of a level.
    ///
    /// # Errors
    /// [`GuidanceError::Probes`], [`GuidanceError::Traces`] where not even `matched` has a variance, and
    /// those of the denoiser.
    pub fn quadratics(
        covariance: &ConditionalCovariance<R>,
        observation: &Observed<R>,
        levels: &[Level],
        probes: &Probes<'_, R>,
    ) -> Result<Arc<LevelTable<Quadratic>>, GuidanceError> {
        let seen = Seen { denoiser: covariance.denoiser(), observation };
        let make = |level: Level| {
            let sites = seen.sites(level, probes)?;
            let stream = probes.stream.real(level.mu).real(level.sigma).text("field");
            let at = |probe: usize| {
                let site = &sites[probe % sites.len()];
                let w = stream.normal(probe as u64, site.x_t.len());
                moments(covariance, observation, site, level, &w)
            };
            let moments = (0..probes.count).map(at).collect::<Result<Vec<_>, GuidanceError>>()?;
            quadratic(&moments, level)
        };
        Ok(Arc::new(LevelTable::build("quadratic in the innovation covariance", levels, make)?))
    }
}

/// out = M v with a field and a half of room.
fn innovation<R: Real>(
    covariance: &ConditionalCovariance<R>,
    observation: &Observed<R>,
    (x_t, x_hat, level): (&[R], &[R], Level),
    v: &[R],
    [spread, room]: [&mut [R]; 2],
    out: &mut [R],
) -> Result<(), GuidanceError> {
    observation.pull_back(x_hat, v, spread);
    covariance.apply(x_t, level, spread, room)?;
    observation.push_forward(x_hat, room, out);
    observation.add_noise(v, out);
    Ok(())
}

/// uᵀMᵏu, k = 0 … 5, of u = A Jᵀ w.
fn moments<R: Real>(
    covariance: &ConditionalCovariance<R>,
    observation: &Observed<R>,
    site: &Site<'_, R>,
    level: Level,
    w: &[R],
) -> Result<[f64; 6], GuidanceError> {
    let (mut spread, mut room) = (vec![R::zero(); w.len()], vec![R::zero(); w.len()]);
    let mut krylov = [const { Vec::new() }; 4].map(|_: Vec<R>| vec![R::zero(); observation.count()]);
    covariance.denoiser().vjp(&site.x_t, level, w, &mut room)?;
    observation.push_forward(&site.x_hat, &room, &mut krylov[0]);
    for k in 1..4 {
        let (known, next) = krylov.split_at_mut(k);
        let at = (&*site.x_t, &*site.x_hat, level);
        innovation(covariance, observation, at, &known[k - 1], [&mut spread, &mut room], &mut next[0])?;
    }
    Ok([0, 1, 2, 3, 4, 5].map(|k: usize| sum::dot(&krylov[k / 2], &krylov[k.div_ceil(2)])))
}

/// p from the mean of the moments.
fn quadratic(moments: &[[f64; 6]], level: Level) -> Result<Quadratic, GuidanceError> {
    let count = moments.len() as f64;
    let total = moments.iter().fold([0.0; 6], |t, m| [0, 1, 2, 3, 4, 5].map(|k| t[k] + m[k]));
    let Some(c) = coefficients(total) else {
        let product = total[1] / count;
        let matched = equipoise_scaling::matched::variance(0.0, product, total[0] / count);
        let fault = |source| GuidanceError::Traces { mu: level.mu, sigma: level.sigma, source };
        let scalar = 1.0 / matched.map_err(fault)?;
        return Ok(Quadratic { coefficients: [scalar, 0.0, 0.0], standard_error: None, replaced: true });
    };
    let without = |m: &[f64; 6]| coefficients([0, 1, 2, 3, 4, 5].map(|k| total[k] - m[k]));
    let standard_error = moments.iter().map(without).collect::<Option<Vec<_>>>().map(|left| {
        [0, 1, 2].map(|k| {
            let mean = left.iter().map(|c| c[k]).sum::<f64>() / count;
            (left.iter().map(|c| (c[k] - mean).powi(2)).sum::<f64>() * (count - 1.0) / count).sqrt()
        })
    });
    Ok(Quadratic { coefficients: c, standard_error, replaced: false })
}

impl<R: Real> Guidance<R> for Poly2<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        self.covariance.denoiser()
    }

    /// Two products with C and one vjp.
    fn gradient(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &[R],
        g: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError> {
        let (observation, count) = (&*self.observation, self.observation.count());
        let [c0, c1, c2] = self.quadratics.get(level)?.coefficients.map(R::narrow);
        let (residual, weighted) = (sized(&mut scratch.residual, count), sized(&mut scratch.weighted, count));
        let (image, spread) = (sized(&mut scratch.prediction, count), sized(&mut scratch.field, x_t.len()));
        observation.residual(x_hat, residual);
        each::map1(weighted, residual, |r| c2 * r);
        for c in [c1, c0] {
            innovation(&self.covariance, observation, (x_t, x_hat, level), weighted, [spread, g], image)?;
            each::map2(weighted, image, residual, |m, r| m + c * r);
        }
        observation.pull_back(x_hat, weighted, spread);
        self.denoiser().vjp(x_t, level, spread, g)?;
        Ok(Evidence { guidance_norm: sum::norm(g), ..Evidence::default() })
    }
}
