//! Rank histogram and interval coverage of an ensemble.

use crate::{Ensemble, Inclusion, MetricsError, Result};
use equipoise_field::{Length, Real};

/// How often the truth has each rank 0..=M among the M members.
///
/// The rank is the number of members strictly below the truth. Flat when the truth and the members
/// are exchangeable; piled up at the ends when the ensemble is too narrow.
///
/// # Errors
/// If a length differs or the mask does not fit; [`MetricsError::Weighted`]: members of unequal weight are
/// not exchangeable with a truth of the law they stand for, and no rank has a probability that does not
/// depend on that law.
///
/// Reference: Hamill 2001, "Interpretation of rank histograms", Mon. Weather Rev. 129.
pub fn rank_histogram<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    inclusion: Inclusion<'_>,
) -> Result<Vec<u64>> {
    Length::check("truth", truth.len(), ensemble.field_len())?;
    ensemble.equally_weighted("rank histogram")?;
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
/// The interval runs from the l-th smallest to the l-th largest member, l the whole number nearest
/// to (M + 1)(1 − level)/2, halves upwards. Whatever the law of the members, a truth exchangeable
/// with them lies there with the probability [`expected_coverage`], within 1/(M + 1) of `level`:
/// the **coverage error is the difference from that**, not from `level`. None when l = 0, fewer
/// members than reach so far out: 90 % needs 9 members, 50 % needs 2.
///
/// # Errors
/// If `level` lies outside (0, 1), a length differs, the mask does not fit or nothing is included;
/// [`MetricsError::Weighted`], for the reason of [`rank_histogram`]: intervals between weighted quantiles
/// hold too little by an amount that depends on the law.
pub fn coverage<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    level: f64,
    inclusion: Inclusion<'_>,
) -> Result<Option<f64>> {
    Length::check("truth", truth.len(), ensemble.field_len())?;
    ensemble.equally_weighted("coverage")?;
    let ends = interval(ensemble.size(), level)?;
    // x_(l) ≤ y when at least l members are at most y; y ≤ x_(M+1−l) when at most M − l are below.
    let covered = |l: usize, i: usize| {
        let y = truth[i].wide();
        let (upto, below) = ensemble
            .at(i)
            .fold((0, 0), |(upto, below), x| (upto + usize::from(x <= y), below + usize::from(x < y)));
        f64::from(u8::from(upto >= l && below + l <= ensemble.size()))
    };
    let share = inclusion.mean("coverage", truth.len(), |i| ends.map_or(0.0, |l| covered(l, i)))?;
    Ok(ends.map(|_| share))
}

/// 1 − 2l/(M + 1): the expectation of [`coverage`] for a truth exchangeable with the `members`
/// members, l the order of the interval's ends; None where [`coverage`] is none.
///
/// The rank of such a truth is uniform on 0..=M, and l..=M − l lie inside. 16 members: 15/17 =
/// 0.882 for 90 %, 9/17 = 0.529 for 50 %.
///
/// # Errors
/// If `level` lies outside (0, 1).
pub fn expected_coverage(members: usize, level: f64) -> Result<Option<f64>> {
    let places = (members + 1) as f64;
    Ok(interval(members, level)?.map(|l| 1.0 - 2.0 * l as f64 / places))
}

/// l: the interval runs from the l-th smallest to the l-th largest member.
pub(crate) fn interval(members: usize, level: f64) -> Result<Option<usize>> {
    if !(level > 0.0 && level < 1.0) {
        return Err(MetricsError::Level { found: level });
    }
    let places = (members + 1) as f64;
    // (1 − level)/2 is good to an ulp of 1, and so is its product to `places` ulps.
    let position = places * (1.0 - level) / 2.0 + places * f64::EPSILON;
    let nearest = (position + 0.5).floor() as usize;
    Ok((nearest > 0 && 2 * nearest <= members).then_some(nearest))
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

    /// The stated expectation, at sizes whose positions are whole and at others, whatever the law:
    /// normal members and their exponentials, truth alike.
    #[test]
    fn coverage_of_an_exchangeable_truth_is_the_expected_one() {
        for members in [9, 16, 19, 20] {
            for (level, skew) in [(0.5, false), (0.9, false), (0.5, true), (0.9, true)] {
                let law = |z: f64| if skew { z.exp() } else { z };
                let fields: Vec<Vec<f64>> =
                    fields(members, 1.0).into_iter().map(|f| f.into_iter().map(law).collect()).collect();
                let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
                let truth: Vec<f64> = truth().into_iter().map(law).collect();
                let ensemble = Ensemble::new(&slices).unwrap();
                let found = coverage(&ensemble, &truth, level, Inclusion::All).unwrap().unwrap();
                let expected = expected_coverage(members as usize, level).unwrap().unwrap();
                let bound = 5.0 * (expected * (1.0 - expected) / N as f64).sqrt();
                assert!((found - expected).abs() <= bound, "{members} {level}: {found} {expected}");
            }
        }
    }

    #[test]
    fn expected_coverages_by_hand() {
        let expected = |members, level| expected_coverage(members, level).unwrap();
        for (members, level, inside) in
            [(16, 0.9, 15.0), (16, 0.5, 9.0), (9, 0.9, 8.0), (19, 0.9, 18.0), (3, 0.5, 2.0)]
        {
            let share = inside / (members as f64 + 1.0);
            assert!(
                (expected(members, level).unwrap() - share).abs() < 2.0 * f64::EPSILON,
                "{members} {level}"
            );
        }
        assert_eq!((expected(8, 0.9), expected(1, 0.5), expected(0, 0.5)), (None, None, None));
        assert!(expected_coverage(16, 1.0).is_err());
    }

    #[test]
    fn ends_count_as_inside() {
        let members: [&[f64]; 3] = [&[0.0; 3], &[1.0; 3], &[2.0; 3]];
        let ensemble = Ensemble::new(&members).unwrap();
        let found = coverage(&ensemble, &[0.0, 2.0, 2.5], 0.5, Inclusion::All).unwrap().unwrap();
        assert!((found - 2.0 / 3.0).abs() < f64::EPSILON, "{found}");
    }

    #[test]
    fn ensembles_that_cannot_reach_the_quantile_have_no_coverage() {
        let fields = fields(8, 1.0);
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let ensemble = Ensemble::new(&slices).unwrap();
        assert_eq!(coverage(&ensemble, &truth(), 0.9, Inclusion::All), Ok(None));
        assert!(coverage(&ensemble, &truth(), 0.5, Inclusion::All).unwrap().is_some());
        assert!(coverage(&ensemble, &truth(), 1.0, Inclusion::All).is_err());
    }
}
