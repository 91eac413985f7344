//! Rank histogram and interval coverage of an ensemble.

use crate::error::same_length;
use crate::{Ensemble, Inclusion, MetricsError};
use equipoise_field::Real;

/// How often the truth has each rank 0..=M among the M members.
///
/// The rank is the number of members strictly below the truth. Flat when the truth and the members
/// are exchangeable; piled up at the ends when the ensemble is too narrow.
///
/// # Errors
/// If a length differs or the mask does not fit.
///
/// Reference: Hamill 2001, "Interpretation of rank histograms", Mon. Weather Rev. 129.
pub fn rank_histogram<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    inclusion: Inclusion<'_>,
) -> Result<Vec<u64>, MetricsError> {
    same_length("truth", truth.len(), ensemble.field_len())?;
    inclusion.count(truth.len())?;
    let mut histogram = vec![0; ensemble.size() + 1];
    for i in (0..truth.len()).filter(|i| inclusion.holds(*i)) {
        let y = truth[i].wide();
        histogram[ensemble.at(i).filter(|x| *x < y).count()] += 1;
    }
    Ok(histogram)
}

/// The fraction of entries whose truth lies in the ensemble's central interval of probability
/// `level`.
///
/// The interval's ends are the quantiles at (1 ∓ level)/2; the quantile at p lies at position
/// (M + 1) p among the ordered members, linearly between two of them. For an exchangeable truth the
/// coverage is then `level` in expectation whenever that position is whole. None when the ensemble
/// is too small to reach the quantiles, (M + 1)(1 − level)/2 < 1: 90 % needs 19 members, 50 % needs 3.
///
/// # Errors
/// If `level` lies outside (0, 1), a length differs, the mask does not fit or nothing is included.
pub fn coverage<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    level: f64,
    inclusion: Inclusion<'_>,
) -> Result<Option<f64>, MetricsError> {
    same_length("truth", truth.len(), ensemble.field_len())?;
    if !(level > 0.0 && level < 1.0) {
        return Err(MetricsError::Level { found: level });
    }
    let count = inclusion.count(truth.len())?;
    if count == 0 {
        return Err(MetricsError::Empty { what: "coverage" });
    }
    let size = ensemble.size();
    let places = (size + 1) as f64;
    let low = places * (1.0 - level) / 2.0;
    // (1 − level)/2 is good to an ulp of 1, and so is its product to `places` ulps.
    let slack = places * f64::EPSILON;
    if low < 1.0 - slack {
        return Ok(None);
    }
    let low = low.max(1.0);
    let mut ordered = vec![0.0; size];
    let mut inside = 0usize;
    for i in (0..truth.len()).filter(|i| inclusion.holds(*i)) {
        ordered.iter_mut().zip(ensemble.at(i)).for_each(|(slot, x)| *slot = x);
        ordered.sort_unstable_by(f64::total_cmp);
        let y = truth[i].wide();
        inside += usize::from(quantile(&ordered, low) <= y && y <= quantile(&ordered, places - low));
    }
    Ok(Some(inside as f64 / count as f64))
}

/// The value at a position from 1 to M among the ordered members.
fn quantile(ordered: &[f64], position: f64) -> f64 {
    let whole = (position.floor() as usize).clamp(1, ordered.len());
    let (below, above) = (ordered[whole - 1], ordered[whole.min(ordered.len() - 1)]);
    below + (position - whole as f64) * (above - below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    const N: usize = 20_000;

    fn fields(count: u64, scale: f64) -> Vec<Vec<f64>> {
        let draw = |k| Stream::new("calibration").normal::<f64>(k, N);
        (0..count).map(|k| draw(k).into_iter().map(|z| scale * z).collect()).collect()
    }

    fn truth() -> Vec<f64> {
        Stream::new("truth").normal(0, N)
    }

    #[test]
    fn ranks_of_an_exchangeable_truth_are_uniform() {
        let fields = fields(4, 1.0);
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let histogram = rank_histogram(&Ensemble::new(&slices).unwrap(), &truth(), Inclusion::All).unwrap();
        assert_eq!(histogram.iter().sum::<u64>(), N as u64);
        // A bin is binomial with p = 1/5; five standard deviations.
        let bound = 5.0 * (N as f64 * 0.2 * 0.8).sqrt();
        for bin in histogram {
            assert!((bin as f64 - N as f64 / 5.0).abs() <= bound, "{bin}");
        }
    }

    #[test]
    fn intervals_of_an_exchangeable_truth_cover_their_level() {
        let fields = fields(19, 1.0);
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let ensemble = Ensemble::new(&slices).unwrap();
        for level in [0.5, 0.9] {
            let covered = coverage(&ensemble, &truth(), level, Inclusion::All).unwrap().unwrap();
            let bound = 5.0 * (level * (1.0 - level) / N as f64).sqrt();
            assert!((covered - level).abs() <= bound, "{level}: {covered}");
        }
    }

    #[test]
    fn a_narrow_ensemble_covers_less_and_piles_up_at_the_ends() {
        let fields = fields(19, 0.5);
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let ensemble = Ensemble::new(&slices).unwrap();
        assert!(coverage(&ensemble, &truth(), 0.9, Inclusion::All).unwrap().unwrap() < 0.7);
        let histogram = rank_histogram(&ensemble, &truth(), Inclusion::All).unwrap();
        assert!(histogram[0] > 3 * histogram[10] && histogram[19] > 3 * histogram[10]);
    }

    #[test]
    fn ensembles_that_cannot_reach_the_quantile_have_no_coverage() {
        let fields = fields(18, 1.0);
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        assert_eq!(coverage(&Ensemble::new(&slices).unwrap(), &truth(), 0.9, Inclusion::All), Ok(None));
        assert_eq!(coverage(&Ensemble::new(&slices[..2]).unwrap(), &truth(), 0.5, Inclusion::All), Ok(None));
        let three = Ensemble::new(&slices[..3]).unwrap();
        assert!(coverage(&three, &truth(), 0.5, Inclusion::All).unwrap().is_some());
        assert!(coverage(&three, &truth(), 1.0, Inclusion::All).is_err());
    }
}
