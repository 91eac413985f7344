//! How many entries of correlated fields count, and which to keep so that they count in full.

use crate::chi_square::pearson;
use crate::{Ensemble, Inclusion, MetricsError, Result};
use equipoise_field::{Real, Shape};

/// One entry in `points` along H and along W of one frame in `frames`, all channels, within
/// `inclusion`: flags for [`Inclusion::Entries`].
///
/// # Errors
/// [`MetricsError::Step`] for a step of zero, [`MetricsError::Mask`].
pub fn thinned(shape: Shape, frames: usize, points: usize, inclusion: Inclusion<'_>) -> Result<Vec<bool>> {
    if frames == 0 || points == 0 {
        return Err(MetricsError::Step { frames, points });
    }
    inclusion.count(shape.len())?;
    let kept = |i: usize| {
        let (t, _, h, w) = shape.position(i);
        t.is_multiple_of(frames) && h.is_multiple_of(points) && w.is_multiple_of(points) && inclusion.holds(i)
    };
    Ok((0..shape.len()).map(kept).collect())
}

/// How many independent entries the n entries of exact samples are worth in a rank histogram's χ².
///
/// Each of the M + 1 fields takes the truth's place among the other M in turn. All ranks are
/// exchangeable, so their statistics have mean M n/n_eff, which is solved for n_eff and capped at n:
/// the first-order correction of Rao & Scott (1981), which matches the mean of χ² under the
/// hypothesis and leaves its other moments. Takes M²/2 comparisons an entry.
///
/// `exact` holds one member more than the ensembles that are to be tested.
///
/// # Errors
/// [`MetricsError::Empty`] with fewer than two members or nothing included, [`MetricsError::Mask`],
/// [`MetricsError::Weighted`].
pub fn effective_entries<R: Real>(exact: &Ensemble<'_, R>, inclusion: Inclusion<'_>) -> Result<f64> {
    exact.equally_weighted("effective entries")?;
    let count = inclusion.count(exact.field_len())?;
    let size = exact.size();
    if count == 0 || size < 2 {
        return Err(MetricsError::Empty { what: "effective entries" });
    }
    let mut histograms = vec![vec![0u64; size]; size];
    let mut values = vec![0.0; size];
    for i in (0..exact.field_len()).filter(|i| inclusion.holds(*i)) {
        values.iter_mut().zip(exact.at(i)).for_each(|(v, x)| *v = x);
        for (histogram, y) in histograms.iter_mut().zip(&values) {
            histogram[values.iter().filter(|x| *x < y).count()] += 1;
        }
    }
    let mean = histograms.iter().map(|h| pearson(h)).sum::<f64>() / size as f64;
    Ok((count as f64 * (size as f64 - 1.0) / mean).min(count as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    #[test]
    fn keeps_the_corners_of_boxes_within_the_mask() {
        let shape = Shape::new(3, 2, 3, 4);
        let mut plane = [true; 12];
        plane[2] = false;
        let flags = thinned(shape, 2, 2, Inclusion::Plane(&plane)).unwrap();
        let kept: Vec<_> = (0..shape.len()).filter(|&i| flags[i]).map(|i| shape.position(i)).collect();
        // (h, w) = (0, 0), (2, 0), (2, 2) of both channels of frames 0 and 2.
        let corners = [(0, 0), (2, 0), (2, 2)];
        let expected: Vec<_> = [0, 2]
            .into_iter()
            .flat_map(|t| [0, 1].map(|c| (t, c)))
            .flat_map(|(t, c)| corners.map(|(h, w)| (t, c, h, w)))
            .collect();
        assert_eq!(kept, expected);
        assert!(matches!(
            thinned(shape, 0, 2, Inclusion::All),
            Err(MetricsError::Step { frames: 0, points: 2 })
        ));
    }

    /// Independent entries count in full, and entries repeated r times count once.
    #[test]
    fn repeated_entries_count_once() {
        let (n, size) = (3000, 41u64);
        let fields: Vec<Vec<f64>> = (0..size).map(|k| Stream::new("effective").normal(k, n)).collect();
        let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
        let found = effective_entries(&Ensemble::new(&slices).unwrap(), Inclusion::All).unwrap();
        // The summed statistics of K exchangeable truths are K/(K − 1) times a χ² with (K − 1)²
        // degrees, so their mean has the relative error √2/(K − 1); five of them.
        let bound = 5.0 * 2f64.sqrt() / (size as f64 - 1.0);
        assert!(found <= n as f64 && found > n as f64 / (1.0 + bound), "{found}");
        let repeated: Vec<Vec<f64>> =
            fields.iter().map(|f| f.iter().flat_map(|v| [*v; 4]).collect()).collect();
        let slices: Vec<&[f64]> = repeated.iter().map(Vec::as_slice).collect();
        let found = effective_entries(&Ensemble::new(&slices).unwrap(), Inclusion::All).unwrap();
        assert!((found / n as f64 - 1.0).abs() < bound, "{found}");
    }
}
