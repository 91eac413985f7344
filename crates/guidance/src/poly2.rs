//! `poly2`: the best quadratic in the innovation covariance, in the place of its inverse.

use crate::guide::{each_member, norms, sized};
use crate::innovation::Innovation;
use crate::probes::{Probes, Seen, Sites};
use crate::{ConditionalCovariance, Evidence, Guidance, GuidanceError, LevelTable, Result, Scratch, States};
use equipoise_denoiser::{Denoiser, Jacobian};
use equipoise_field::{Real, each, sum};
use equipoise_observation::Observed;
use equipoise_scaling::poly2::coefficients;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::ops::Range;
use std::sync::Arc;

/// g = JᵀAᵀ(c₀ + c₁M + c₂M²) r, M = s²I + A C Aᵀ: two products with M in the place of a solve.
///
/// c minimises E‖JᵀAᵀ(M⁻¹ − c₀ − c₁M − c₂M²)r‖² over r ~ N(0, M), as the scalar of `matched` does
/// among scalars. A nonlinear A is linearised at x̂, as in [`Mmps`](crate::Mmps).
#[derive(Debug)]
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
    /// Costs a vjp and three products with M for each random field of a level, and one linearisation of the
    /// denoiser at its states. A level beyond `levels` is made when it is met.
    ///
    /// # Errors
    /// [`GuidanceError::Asymmetric`] where C is a J that need not be symmetric, for the moments are those of a
    /// symmetric M; [`GuidanceError::Probes`], [`GuidanceError::Traces`] where not even `matched` has a variance, and
    /// those of the denoiser.
    pub fn quadratics(
        covariance: &ConditionalCovariance<R>,
        observation: &Arc<Observed<R>>,
        levels: &[Level],
        probes: &Probes<R>,
    ) -> Result<Arc<LevelTable<Quadratic>>> {
        if let ConditionalCovariance::Jacobian(denoiser) = covariance
            && denoiser.jacobian() == Jacobian::General
        {
            return Err(GuidanceError::Asymmetric { method: "poly2" });
        }
        let seen = Seen { denoiser: covariance.shared(), observation: Arc::clone(observation) };
        let (covariance, probes) = (covariance.clone(), probes.clone());
        let make = move |level: Level| {
            let stream = probes.stream.real(level.mu).real(level.sigma).text("field");
            let moments =
                seen.at_sites(level, &probes, |sites, range| moments(&covariance, sites, range, stream))?;
            quadratic(&moments, level)
        };
        Ok(Arc::new(LevelTable::new(make).prepared(levels)?))
    }
}

/// uᵀMᵏu, k = 0 … 5, of u = A Jᵀ w, for the random fields in `range`, one at each state.
fn moments<R: Real>(
    covariance: &ConditionalCovariance<R>,
    sites: &mut Sites<'_, R>,
    range: Range<usize>,
    stream: Stream,
) -> Result<Vec<[f64; 6]>> {
    let (seen, dim, count) = (sites.observation, sites.observation.dim(), sites.observation.count());
    let (states, probes) = (sites.count(), range.len());
    let (mut spread, mut room) = (vec![R::zero(); states * dim], vec![R::zero(); states * dim]);
    for (w, out) in range.zip(spread.chunks_exact_mut(dim)) {
        stream.fill_normal(w as u64, out);
    }
    let mut krylov = [const { Vec::new() }; 4].map(|_: Vec<R>| vec![R::zero(); states * count]);
    sites.local.vjp(&spread, &mut room)?;
    each_member(probes, [dim, count], |f, o| {
        seen.push_forward(&sites.x_hat[f.clone()], &room[f], &mut krylov[0][o]);
    });
    let mut innovation = Innovation {
        covariance,
        observation: seen,
        level: sites.level,
        x_hat: &sites.x_hat,
        spread: &mut spread,
        room: &mut room,
    };
    for k in 1..4 {
        let (known, next) = krylov.split_at_mut(k);
        innovation.apply(&mut *sites.local, &known[k - 1], &mut next[0])?;
    }
    let of = |k: usize, m: usize| &krylov[k][m * count..(m + 1) * count];
    let moments = |m: usize| [0, 1, 2, 3, 4, 5].map(|k: usize| sum::dot(of(k / 2, m), of(k.div_ceil(2), m)));
    Ok((0..probes).map(moments).collect())
}

/// p from the mean of the moments.
fn quadratic(moments: &[[f64; 6]], level: Level) -> Result<Quadratic> {
    let count = moments.len() as f64;
    let total = moments.iter().fold([0.0; 6], |t, m| [0, 1, 2, 3, 4, 5].map(|k| t[k] + m[k]));
    let Some(c) = coefficients(total) else {
        let product = total[1] / count;
        let matched = equipoise_scaling::matched::variance(0.0, product, total[0] / count);
        let fault = |cause| GuidanceError::Traces { mu: level.mu, sigma: level.sigma, cause };
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
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let (seen, dim, count) = (&*self.observation, self.observation.dim(), self.observation.count());
        at.check(dim, g, evidence)?;
        let members = evidence.len();
        let [c0, c1, c2] = self.quadratics.get(at.level)?.coefficients.map(R::narrow);
        let residual = sized(&mut scratch.residual, members * count);
        let weighted = sized(&mut scratch.weighted, members * count);
        let image = sized(&mut scratch.prediction, members * count);
        let spread = sized(&mut scratch.field, members * dim);
        each_member(members, [dim, count], |f, o| seen.residual(&at.x_hat[f], &mut residual[o]));
        each::map1(weighted, residual, |r| c2 * r);
        let (covariance, level, x_hat) = (&self.covariance, at.level, at.x_hat);
        let mut innovation =
            Innovation { covariance, observation: seen, level, x_hat, spread: &mut *spread, room: &mut *g };
        for c in [c1, c0] {
            innovation.apply(at.local, weighted, image)?;
            each::map2(weighted, image, residual, |m, r| m + c * r);
        }
        each_member(members, [dim, count], |f, o| {
            seen.pull_back(&x_hat[f.clone()], &weighted[o], &mut spread[f]);
        });
        at.local.vjp(spread, g)?;
        evidence.fill(Evidence::default());
        norms(evidence, g);
        Ok(())
    }
}
