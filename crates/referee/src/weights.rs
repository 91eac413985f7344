//! Weights of members: as files have them, and which members stay so that all count the same.

use crate::{RefereeError, Result};
use equipoise_stream::Stream;
use std::path::Path;

/// One weight a line, or a cell, of a text file.
pub(crate) fn read(path: &Path, members: usize) -> Result<Vec<f64>> {
    let fault = |detail: String| RefereeError::Weights { path: path.into(), detail: detail.into() };
    let text = std::fs::read_to_string(path).map_err(|source| fault(source.to_string()))?;
    let cells =
        text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|cell| !cell.is_empty());
    let number = |cell: &str| cell.parse().map_err(|_| fault(format!("found {cell:?}, expected a number")));
    checked(path, cells.map(number).collect::<Result<_>>()?, members)
}

/// Weights that can be used: one a member, finite, none negative, one above 0.
pub(crate) fn checked(path: &Path, weights: Vec<f64>, members: usize) -> Result<Vec<f64>> {
    let fault = |detail: String| Err(RefereeError::Weights { path: path.into(), detail: detail.into() });
    if weights.len() != members {
        return fault(format!("found {} numbers, expected {members}, one a member", weights.len()));
    }
    if let Some(m) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        return fault(format!(
            "member {m}: found {}, expected a finite number that is not negative",
            weights[m]
        ));
    }
    if weights.iter().all(|w| *w == 0.0) {
        return fault("all are 0, expected one above".into());
    }
    Ok(weights)
}

/// The members that stay, and 1/Σ w² where weights differ.
pub(crate) fn kept(weights: Option<&[f64]>, members: usize, draws: Stream) -> (Vec<usize>, Option<f64>) {
    let Some(weights) = weights else { return ((0..members).collect(), None) };
    let most = weights.iter().copied().fold(0.0, f64::max);
    if weights.iter().all(|w| w.to_bits() == most.to_bits()) {
        return ((0..members).collect(), None);
    }
    let draws = draws.text("weights").uniform(0, members);
    let kept = (0..members).filter(|m| draws[*m] < weights[*m] / most).collect();
    let (sum, squares) = weights.iter().map(|w| w / most).fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
    (kept, Some(sum * sum / squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members of N(0, 1) weighted to N(½, 1): those that stay have mean ½ to within five deviations, the weights'
    /// bound being that of the largest of 4000.
    #[test]
    fn members_that_stay_have_the_weighted_law() {
        let x: Vec<f64> = Stream::new("members").normal(0, 4000);
        let weights: Vec<f64> = x.iter().map(|x| (0.5 * x).exp()).collect();
        let (kept, effective) = kept(Some(&weights), x.len(), Stream::new("draws"));
        let mean = kept.iter().map(|m| x[*m]).sum::<f64>() / kept.len() as f64;
        assert!((mean - 0.5).abs() < 5.0 / (kept.len() as f64).sqrt(), "{mean}, {} left", kept.len());
        // E w² over (E w)² is e^¼.
        let expected = 4000.0 * (-0.25f64).exp();
        assert!((effective.unwrap() / expected - 1.0).abs() < 0.1, "{effective:?}");
        assert!((kept.len() as f64) < effective.unwrap());
    }

    #[test]
    fn equal_weights_keep_all_and_no_weights_are_refused() {
        assert_eq!(kept(Some(&[2.0, 2.0]), 2, Stream::new("draws")), (vec![0, 1], None));
        let told = |weights: Vec<f64>| checked(Path::new("w.csv"), weights, 2).unwrap_err().to_string();
        assert_eq!(told(vec![1.0]), "w.csv: weights: found 1 numbers, expected 2, one a member");
        assert!(told(vec![1.0, f64::NAN]).contains("member 1: found NaN"));
        assert!(told(vec![0.0, 0.0]).contains("all are 0"));
    }
}
