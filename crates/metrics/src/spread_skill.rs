//! Spread against skill: whether an ensemble is as far from the truth as it says.

use crate::{Ensemble, Inclusion, Result};
use equipoise_field::{Length, Real};
use serde::{Deserialize, Serialize};

/// Root mean squares over entries, in the field's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpreadSkill {
    /// √((M + 1)/M · mean unbiased variance).
    pub spread: f64,
    /// RMSE of the mean.
    pub skill: f64,
}

impl SpreadSkill {
    /// spread/skill: 1 in expectation of the squares where truth and members are exchangeable.
    pub fn ratio(self) -> f64 {
        self.spread / self.skill
    }
}

/// Spread and skill over the entries that count; none with one member.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included;
/// [`MetricsError::Weighted`](crate::MetricsError::Weighted): (M + 1)/M is that of
/// equal weights.
///
/// Reference: Fortin, Abaza, Anctil & Turcotte 2014, "Why should ensemble spread match the RMSE of the ensemble
/// mean?", J. Hydrometeorol. 15, equation 15.
pub fn spread_skill<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    inclusion: Inclusion<'_>,
) -> Result<Option<SpreadSkill>> {
    Length::check("truth", truth.len(), ensemble.field_len())?;
    ensemble.equally_weighted("spread and skill")?;
    let size = ensemble.size() as f64;
    let of = |term: &(dyn Fn(usize) -> f64 + Sync)| inclusion.mean("spread and skill", truth.len(), term);
    let skill = of(&|i| (truth[i].wide() - ensemble.mean_at(i)).powi(2))?.sqrt();
    let variance = of(&|i| ensemble.variance_at(i))?;
    let spread = (variance * (size + 1.0) / size).sqrt();
    Ok((ensemble.size() > 1).then_some(SpreadSkill { spread, skill }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    /// Exchangeable fields have ratio 1 at every size, 2 members too, without the factor √(3/2) too little.
    #[test]
    fn exchangeable_fields_have_ratio_one() {
        let n = 100_000;
        for members in [2, 7] {
            let fields: Vec<Vec<f64>> = (0..=members).map(|k| Stream::new("spread").normal(k, n)).collect();
            let slices: Vec<&[f64]> = fields[1..].iter().map(Vec::as_slice).collect();
            let found = spread_skill(&Ensemble::new(&slices).unwrap(), &fields[0], Inclusion::All);
            let ratio = found.unwrap().unwrap().ratio();
            // Means of n squares, of relative variance 2/n at most twice; half of it in the root; five errors.
            assert!((ratio - 1.0).abs() < 5.0 * (1.0 / n as f64).sqrt(), "{members}: {ratio}");
        }
    }
}
