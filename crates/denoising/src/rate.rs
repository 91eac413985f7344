//! The evidence lower bound and the rate–distortion curve of held-out windows under the Wiener denoiser.

use crate::{Flow, Result};
use equipoise_covariance::Covariance;
use equipoise_elbo::gaussian::{Modes, negative_log_density, terms};
use equipoise_elbo::{Point, ReverseVariance, Terms, rate_distortion};
use equipoise_field::{each, sum};
use equipoise_schedule::Ddpm;

/// The bound beside what it bounds, in bits per dimension of a density in normalised units; means over
/// the held-out windows, all cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// T.
    pub steps: usize,
    /// L_T + Σ L_{t−1} + L_0.
    pub negative_elbo: f64,
    /// −log₂ N(x; m, Σ)/D, which no bound of this model can undercut.
    pub exact: f64,
    /// The least of the gaps of single windows.
    pub least_gap: f64,
    /// Rate against distortion for t = T … 1.
    pub curve: Vec<Point>,
}

/// Term by term in closed form, variance β. Cost: T·D for each window.
///
/// # Errors
/// [`DenoisingError::Elbo`](crate::DenoisingError::Elbo) for an eigenvalue of 0.
pub fn bound(flow: &Flow, schedule: &Ddpm) -> Result<Bound> {
    let (prior, covariance) = (flow.prior(), flow.prior().covariance());
    let one = |x: &[f32]| -> Result<(Terms, f64)> {
        let spectrum = Coefficients::of(&*covariance, prior.mean(), x);
        let modes = spectrum.modes();
        Ok((terms(schedule, ReverseVariance::Forward, modes)?, negative_log_density(modes)?))
    };
    let held_out = flow.held_out();
    let all = each::made(held_out.len(), |i| one(&held_out[i].x)).into_iter().collect::<Result<Vec<_>>>()?;
    let count = all.len() as f64;
    let bits = |terms: &Terms, nats: f64| terms.bits_per_dimension(nats);
    let mean = mean(all.iter().map(|(terms, _)| terms));
    let exact = all.iter().map(|(terms, nats)| bits(terms, *nats)).sum::<f64>() / count;
    let gaps = all.iter().map(|(terms, nats)| bits(terms, terms.total() - nats));
    Ok(Bound {
        steps: schedule.steps(),
        negative_elbo: bits(&mean, mean.total()),
        exact,
        least_gap: gaps.fold(f64::INFINITY, f64::min),
        curve: rate_distortion(&mean),
    })
}

/// Terms are linear in the moments of x_0, so those of a mean are the mean of those.
fn mean<'a>(all: impl ExactSizeIterator<Item = &'a Terms> + Clone) -> Terms {
    let count = all.len() as f64;
    let average = |of: &dyn Fn(&Terms) -> f64| all.clone().map(of).sum::<f64>() / count;
    let (dim, transitions, steps) =
        all.clone().next().map_or((0, 0, 0), |t| (t.dim, t.transitions.len(), t.squared_errors.len()));
    Terms {
        dim,
        prior: average(&|t| t.prior),
        transitions: (0..transitions).map(|i| average(&|t| t.transitions[i])).collect(),
        reconstruction: average(&|t| t.reconstruction),
        squared_errors: (0..steps).map(|i| average(&|t| t.squared_errors[i])).collect(),
    }
}

/// A field in the eigenbasis of Σ. The complement is spanned by the field's own part in it, by what is
/// left of the mean's, and by directions in which both are 0.
struct Coefficients {
    eigenvalues: Vec<f64>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Coefficients {
    fn of(covariance: &dyn Covariance<f32>, mean: &[f32], x: &[f32]) -> Self {
        let mut away = x.to_vec();
        each::update1(&mut away, mean, |x, m| x - m);
        let (mut deviation, away_rest) = split(covariance, &away);
        let (mut centre, mean_rest) = split(covariance, mean);
        let mut eigenvalues = covariance.eigenvalues().to_vec();
        if let Some(lambda) = covariance.complement() {
            let left = covariance.dim() - eigenvalues.len();
            eigenvalues.resize(covariance.dim(), lambda);
            let size = sum::norm(&away_rest);
            let along = if size > 0.0 { sum::dot(&mean_rest, &away_rest) / size } else { 0.0 };
            let across = (sum::squared_norm(&mean_rest) - along * along).max(0.0).sqrt();
            let padded = |first: f64, second: f64| {
                let both = [first, second].into_iter();
                both.chain(std::iter::repeat(0.0)).take(left)
            };
            deviation.extend(padded(size, 0.0));
            centre.extend(padded(along, across));
        }
        Self { eigenvalues, mean: centre, deviation }
    }

    fn modes(&self) -> Modes<'_> {
        Modes { eigenvalues: &self.eigenvalues, mean: &self.mean, deviation: Some(&self.deviation) }
    }
}

/// Uᵀv and v − UUᵀv.
fn split(covariance: &dyn Covariance<f32>, v: &[f32]) -> (Vec<f64>, Vec<f32>) {
    let mut coefficients = vec![0.0; covariance.eigenvalues().len()];
    covariance.analyse(v, &mut coefficients);
    let mut rest = vec![0.0; v.len()];
    covariance.synthesise(&coefficients, &mut rest);
    each::update1(&mut rest, v, |r, v| v - r);
    (coefficients.into_iter().map(f64::from).collect(), rest)
}
