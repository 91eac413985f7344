//! What is measured of an entrant, each said once: of an ensemble, over seeds, over cases.

use crate::Score;
use equipoise_experiment::exploded;
use serde::{Serialize, Serializer};

/// One measure of an entrant.
pub(crate) struct Metric {
    /// Its column in files.
    pub(crate) name: &'static str,
    /// What readers are shown.
    pub(crate) title: &'static str,
    /// What it is over seeds.
    pub(crate) meaning: &'static str,
    /// Of one ensemble; `None` where undefined or not judged.
    of: Of,
    /// Whether it measures a distance from the truth or the posterior: infinite where a member exploded.
    is_distance: bool,
    /// Its mean over cases and what that is, where it is taken.
    pub(crate) over_cases: Option<(Mean, &'static str)>,
}

/// A mean over cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mean {
    Arithmetic,
    /// exp(mean(ln x)) of numbers from 0 on, so that no case weighs more than another by being harder; infinite with
    /// one that is not finite, also beside a zero.
    Geometric,
    /// b with 1 + b² the geometric mean of 1 + x²: one case without bias does not hide the others.
    Bias,
}

/// All, in the order of their columns.
pub(crate) static METRICS: [Metric; 13] = [
    distance(
        "crps_ratio",
        "CRPS ratio",
        "fair CRPS, of point estimates the MAE, over the CRPS that exact samples expect; 1 is exact",
        |row| Some(row.crps.or(row.mae)? / row.crps_exact?),
    )
    .over(Mean::Geometric, "to exact samples, of point estimates that of the MAE; 1 is exact"),
    distance(
        "sliced_w2_ratio",
        "SW₂ ratio",
        "sliced Wasserstein-2 to exact samples, over that between exact ensembles; 1 is exact",
        sliced_w2_ratio,
    )
    .over(Mean::Geometric, "1 is exact"),
    // Narrow and wide ensembles raise it alike.
    distance("log_excess", "|ln(RMSE/floor)|", "near 0 is exact, by the number of members", |row| {
        Some(row.excess?.ln().abs())
    })
    .over(Mean::Arithmetic, "mean over cases; near 0 is exact, by the number of members"),
    distance("excess", "RMSE/floor", "1 is exact", |row| row.excess).over(Mean::Geometric, "1 is exact"),
    distance("rmse", "RMSE", "against the truth", |row| Some(row.rmse)),
    distance("bias", "bias", "of the ensemble mean, in posterior standard deviations; 0 is exact", |row| {
        row.bias
    })
    .over(Mean::Bias, "b with 1 + b² the geometric mean of 1 + bias², in posterior standard deviations"),
    distance("spread_ratio", "spread ratio", "ensemble spread over the posterior's; 1 is exact", |row| {
        row.spread_ratio
    })
    .over(Mean::Geometric, "1 is exact"),
    share("coverage_error", "coverage error", "largest over 50 % and 90 % intervals; 0 is exact", |row| {
        row.coverage_error
    })
    .over(Mean::Arithmetic, "mean over cases"),
    distance("crps", "CRPS", "fair CRPS on the truth", |row| row.crps).over(Mean::Geometric, "on the truth"),
    distance("mae", "MAE", "mean absolute error of point estimates", |row| row.mae)
        .over(Mean::Geometric, "of point estimates"),
    share("coverage_50", "coverage 50 %", "of the truth", |row| row.coverage_50),
    share("coverage_90", "coverage 90 %", "of the truth", |row| row.coverage_90)
        .over(Mean::Arithmetic, "of the truth, mean over cases"),
    share("misfit", "χ", "misfit to the observations; about 1 for exact samples", |row| Some(row.misfit)),
];

type Of = fn(&Score) -> Option<f64>;

const fn distance(name: &'static str, title: &'static str, meaning: &'static str, of: Of) -> Metric {
    Metric { name, title, meaning, of, is_distance: true, over_cases: None }
}

/// What explosions leave as it was measured: a share, or what does not see the truth.
const fn share(name: &'static str, title: &'static str, meaning: &'static str, of: Of) -> Metric {
    Metric { is_distance: false, ..distance(name, title, meaning, of) }
}

impl Metric {
    const fn over(self, mean: Mean, meaning: &'static str) -> Self {
        Self { over_cases: Some((mean, meaning)), ..self }
    }

    /// Of one ensemble, as it enters means.
    pub(crate) fn of(&self, row: &Score) -> Option<f64> {
        let event = self.is_distance && exploded(&row.state);
        (self.of)(row).map(|found| if event { f64::INFINITY } else { found })
    }
}

/// Of an ensemble with a NaN no distance is taken.
fn sliced_w2_ratio(row: &Score) -> Option<f64> {
    match row.sliced_w2.zip(row.sliced_w2_floor) {
        Some((found, floor)) => Some(found / floor),
        None => row.crps.zip(row.crps_exact).map(|_| f64::INFINITY),
    }
}

impl Mean {
    pub(crate) fn of(self, values: &[f64]) -> f64 {
        let mean = |of: fn(f64) -> f64| values.iter().map(|x| of(*x)).sum::<f64>() / values.len() as f64;
        match self {
            Self::Arithmetic => mean(|x| x),
            Self::Bias => mean(|x| (x * x).ln_1p()).exp_m1().sqrt(),
            Self::Geometric if values.is_empty() || values.iter().any(|x| !x.is_finite()) => f64::INFINITY,
            Self::Geometric => mean(f64::ln).exp(),
        }
    }
}

/// A number of each measure by the name of its column; `None` where undefined or not judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured<T>(Vec<(&'static str, Option<T>)>);

impl<T: Copy> Measured<T> {
    /// Of those measures of which `of` makes something.
    pub(crate) fn new(of: impl Fn(&Metric) -> Option<Option<T>>) -> Self {
        Self(METRICS.iter().filter_map(|metric| Some((metric.name, of(metric)?))).collect())
    }

    /// That of the column `name`; `None` also where there is no such column.
    pub fn get(&self, name: &str) -> Option<T> {
        self.0.iter().find(|(known, _)| *known == name).and_then(|(_, found)| *found)
    }
}

impl<T: Serialize> Serialize for Measured<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, found)| (name, found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked for by name elsewhere.
    #[test]
    fn measures_that_are_named_are_there() {
        for name in ["crps_ratio", "crps", "mae", "excess", "bias", "spread_ratio", "coverage_error"] {
            assert!(METRICS.iter().any(|metric| metric.name == name), "{name}");
        }
    }

    /// √(2·8) is 4; a zero stays, an infinite value beside it is not lost, and neither is a NaN.
    #[test]
    fn geometric_means_keep_zeros_and_explosions() {
        let geometric = |values: &[f64]| Mean::Geometric.of(values);
        assert!((geometric(&[2.0, 8.0]) / 4.0 - 1.0).abs() < 1e-15);
        assert_eq!(geometric(&[0.0, 8.0]).to_bits(), 0f64.to_bits());
        for values in [&[0.0, f64::INFINITY][..], &[1.0, f64::NAN], &[]] {
            assert_eq!(geometric(values).to_bits(), f64::INFINITY.to_bits());
        }
    }
}
