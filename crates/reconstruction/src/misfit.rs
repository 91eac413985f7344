//! Whether the readings are as far from the posterior mean as prior and stated noise say.
//!
//! With d = y − A m, S = A Σ Aᵀ + R and R = diag(s²), the residual of the posterior mean is
//! y − A x̂ = R S⁻¹ d, and in units of the noise it has the law
//!
//! > e = R^{−½}(y − A x̂) ~ N(0, B), B = R^{½} S⁻¹ R^{½},
//!
//! exactly, if prior and noise are right. Σ e² over all readings, or over those of one sensor, is
//! compared with tr B of the same ([`Score`]). B is near I where a reading says little that the others
//! do not say, and near 0 where it alone determines the field: there no noise can be told from flow.
//! dᵀS⁻¹d ~ χ²_N is a check of the prior as much as of the noise. (Desroziers et al. 2005,
//! Q. J. R. Meteorol. Soc. 131, use E[e eᵀ] = B in data assimilation.)

use crate::{Problem, ReconstructionError, Result, Score};
use equipoise_field::{Length, Real, sum};
use equipoise_innovation::InnovationError;
use ndarray::Array2;
use serde::Serialize;
use std::collections::BTreeMap;

/// The deviate of a band of 99 %.
const BAND: f64 = 2.575_829;

/// Residuals against their law.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// All readings.
    pub overall: Score,
    /// dᵀS⁻¹d: prior and noise together.
    pub prior: Score,
    /// Every place, in order of x and y.
    pub sensors: Vec<SensorMisfit>,
    /// e_i = (value − mean)/noise.
    pub residuals: Vec<f64>,
    /// √B_ii, the standard deviation that e_i should have.
    pub expected: Vec<f64>,
    /// √((Σ e² + tr(I − B))/N), the χ = ‖R^{−½}(y − A x)‖/√N of exact members, given y.
    pub exact_members: f64,
    /// The variance of χ² of one exact member, given y: (2 tr (I − B)² + 4 eᵀ(I − B)e)/N², its residuals being
    /// N(e, I − B) in units of the noise.
    pub exact_variance: f64,
}

/// The readings at one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SensorMisfit {
    /// Where.
    pub x: f64,
    /// Where.
    pub y: f64,
    /// Which entries of the placed readings.
    #[serde(skip)]
    pub entries: Vec<usize>,
    /// Against their law.
    pub score: Score,
}

impl Misfit {
    /// The band of the root mean square over `members` exact members of their χ, 99 % of the normal law that a mean of
    /// many squares has; independent of the members' method, by the prior alone.
    pub fn band_of_members(&self, members: usize) -> [f64; 2] {
        let half = BAND * (self.exact_variance / members as f64).sqrt();
        [-half, half].map(|by| (self.exact_members.powi(2) + by).max(0.0).sqrt())
    }

    /// Of the exact posterior mean, whatever method draws members: it judges the readings.
    ///
    /// # Errors
    /// [`ReconstructionError::Innovation`], [`ReconstructionError::Open`] of a composite.
    pub fn of(problem: &Problem) -> Result<Self> {
        let observed = problem.closed()?.gaussian.observed();
        let innovation = observed.innovation(&|l| l)?;
        let count = observed.count();
        let mut d = vec![0.0f32; count];
        observed.operator().apply(problem.prior.mean(), &mut d);
        d.iter_mut().zip(problem.observation().values()).for_each(|(a, y)| *a = y - *a);
        let inverse = innovation.inverse()?.ok_or_else(|| unwritten(count))?;
        let std: Vec<f64> = (0..count).map(|i| observed.noise().at(i).sqrt()).collect();
        let solved: Vec<f64> =
            (0..count).map(|i| sum::of(count, |j| inverse[[i, j]] * d[j].wide())).collect();
        let residuals: Vec<f64> = solved.iter().zip(&std).map(|(z, s)| s * z).collect();
        let b = Law { inverse, std };
        let everything: Vec<usize> = (0..count).collect();
        let sensors = places(problem)
            .into_iter()
            .map(|((x, y), entries)| {
                let score = b.score(&entries, &residuals);
                SensorMisfit { x: f64::from_bits(x), y: f64::from_bits(y), entries, score }
            })
            .collect();
        let n = count as f64;
        Ok(Self {
            overall: b.score(&everything, &residuals),
            prior: Score::new(sum::of(count, |i| d[i].wide() * solved[i]), n, n),
            sensors,
            expected: (0..count).map(|i| b.at(i, i).max(0.0).sqrt()).collect(),
            exact_variance: b.variance(&residuals),
            exact_members: (sum::of(count, |i| residuals[i].powi(2) + 1.0 - b.at(i, i)) / n).sqrt(),
            residuals,
        })
    }

    /// The places outside the 99 % band of the most unusual of them all, the most unusual first.
    pub fn suspects(&self) -> Vec<&SensorMisfit> {
        let mut unusual: Vec<&SensorMisfit> =
            self.sensors.iter().filter(|s| s.score.unusual(self.sensors.len())).collect();
        unusual.sort_by(|a, b| b.score.deviate.abs().total_cmp(&a.score.deviate.abs()));
        unusual
    }

    /// What is wrong, one sentence each; nothing where all lies inside its band.
    pub fn warnings(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.overall.unusual(1) {
            let (band, chi) = (self.overall.band(1), self.overall.chi);
            let word = if chi > 1.0 { "small" } else { "large" };
            all.push(format!(
                "χ of all readings: found {chi:.3}, expected {:.3} to {:.3} (99 %): the stated noise is too {word} \
                 ({:.2} times it would fit), or the prior does not hold for this flow",
                band.low, band.high, self.overall.noise_factor
            ));
        }
        if self.prior.unusual(1) && !self.overall.unusual(1) {
            let (band, chi) = (self.prior.band(1), self.prior.chi);
            all.push(format!(
                "χ of the readings under prior and noise: found {chi:.3}, expected {:.3} to {:.3} (99 %), with \
                 residuals as the noise lets expect: the prior's variance is off for this flow",
                band.low, band.high
            ));
        }
        let suspects = self.suspects();
        for SensorMisfit { x, y, entries, score } in suspects.iter().take(5) {
            let band = score.band(self.sensors.len());
            all.push(format!(
                "sensor at ({x}, {y}), {} numbers: χ found {:.3}, expected {:.3} to {:.3} (99 % over all {} sensors)",
                entries.len(),
                score.chi,
                band.low,
                band.high,
                self.sensors.len()
            ));
        }
        if suspects.len() > 5 {
            all.push(format!("{} further sensors outside their band", suspects.len() - 5));
        }
        all
    }
}

/// B, entry by entry.
struct Law {
    inverse: Array2<f64>,
    std: Vec<f64>,
}

impl Law {
    fn at(&self, i: usize, j: usize) -> f64 {
        self.std[i] * self.inverse[[i, j]] * self.std[j]
    }

    /// (2 tr (I − B)² + 4 eᵀ(I − B)e)/N².
    fn variance(&self, e: &[f64]) -> f64 {
        let n = e.len();
        let left = |i: usize, j: usize| f64::from(u8::from(i == j)) - self.at(i, j);
        let total = sum::of(n, |i| sum::of(n, |j| left(i, j) * (2.0 * left(i, j) + 4.0 * e[i] * e[j])));
        total / (n as f64).powi(2)
    }

    fn score(&self, entries: &[usize], residuals: &[f64]) -> Score {
        let n = entries.len();
        let q = sum::of(n, |k| residuals[entries[k]].powi(2));
        let trace = sum::of(n, |k| self.at(entries[k], entries[k]));
        let square = sum::of(n, |k| sum::of(n, |l| self.at(entries[k], entries[l]).powi(2)));
        Score::new(q, trace, square)
    }
}

/// The entries of every place, places by the bits of (x, y).
pub(crate) fn places(problem: &Problem) -> BTreeMap<(u64, u64), Vec<usize>> {
    let mut places: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
    for (i, entry) in problem.placed.entries.iter().enumerate() {
        places.entry((entry.x.to_bits(), entry.y.to_bits())).or_default().push(i);
    }
    places
}

fn unwritten(found: usize) -> ReconstructionError {
    let expected = equipoise_innovation::DENSE_LIMIT;
    InnovationError::from(Length { what: "S written out", found, expected }).into()
}
