//! Fields with masked cells, as a fit takes them whose numbers stand for all cells alike.

use crate::Model;
use equipoise_data::{DataError, Mask, Moments, Normalizer};
use equipoise_field::{Real, Shape};
use std::iter::repeat_n;

/// What is done to normalised fields before every wavenumber takes its part of all cells.
///
/// Masked cells take s, the mean of the others, one number a channel, so that a step at the mask is none of the
/// flow's; the others x become s + w(x − s) with w = (cells / cells without a mask)^½, so that the mean variance over
/// all cells becomes that over the others, as the power spectrum of a part of the sky is made up for (Hivon et al.
/// 2002, ApJ 567).
pub(crate) struct Hidden<'a> {
    mask: &'a Mask,
    weight: f64,
    /// s, (C).
    centre: Vec<f64>,
}

impl<'a> Hidden<'a> {
    /// For frames of `shape` (C, H, W) whose cells without a mask have these means, physical units. `None` without a
    /// mask, and for modes, which hold nothing in masked cells.
    ///
    /// # Errors
    /// [`DataError::Length`] for a normalizer of another frame.
    pub(crate) fn of(
        model: Model,
        normalizer: &'a Normalizer,
        shape: Shape,
        moments: &[Moments],
    ) -> Result<Option<Self>, DataError> {
        let mask = normalizer.mask().filter(|_| model == Model::Stationary);
        let Some(mask) = mask else { return Ok(None) };
        let (cells, open) = (shape.plane(), mask.cells().len() - mask.count());
        // The mean in normalised units is that of the mean everywhere: an offset need not be one number.
        let mut planes: Vec<f64> = moments.iter().flat_map(|of| repeat_n(of.mean, cells)).collect();
        normalizer.normalise(Shape { frames: 1, ..shape }, &mut planes)?;
        let centre =
            planes.chunks_exact(cells).map(|plane| plane.iter().sum::<f64>() / open as f64).collect();
        Ok(Some(Self { mask, weight: (cells as f64 / open as f64).sqrt(), centre }))
    }

    /// Frames (…, C, H, W) in normalised units, in place.
    pub(crate) fn fill(&self, values: &mut [f32]) {
        let cells = self.mask.cells();
        for (plane, s) in values.chunks_exact_mut(cells.len()).zip(self.centre.iter().cycle()) {
            for (x, hidden) in plane.iter_mut().zip(cells) {
                let about = if *hidden { 0.0 } else { x.wide() - s };
                *x = f32::narrow(s + self.weight * about);
            }
        }
    }

    /// The mean of such frames, (…, C, H, W), becomes that of cells without a mask.
    pub(crate) fn restore(&self, mean: &mut [f32]) {
        // The mean over all cells is s + w·(open / cells)·(m − s), and w²·open/cells = 1.
        for (plane, s) in mean.chunks_exact_mut(self.mask.cells().len()).zip(self.centre.iter().cycle()) {
            plane.iter_mut().for_each(|m| *m = f32::narrow(s + self.weight * (m.wide() - s)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Model, Prior, Settings};
    use equipoise_data::{Dataset, Kind, Mask, NormalizerKind};
    use equipoise_field::{Axis, Boundary, Grid, Shape};
    use equipoise_stream::Stream;

    /// Frames that follow each other by 0.8, about 5 and 7, with a spread of 0.1; half of the cells masked.
    fn masked() -> Dataset {
        let grid = Grid { x_axis: Axis::W, dx: 0.5, dy: 0.25, boundary: Boundary::Periodic };
        let series = Shape::new(300, 2, 4, 6);
        let mut values: Vec<f32> = Stream::new("data").normal(0, 2 * series.len());
        for series in values.chunks_mut(series.len()) {
            (48..series.len()).for_each(|i| series[i] = 0.8 * series[i - 48] + 0.6 * series[i]);
        }
        values.iter_mut().enumerate().for_each(|(i, x)| *x = 5.0 + 2.0 * (i / 24 % 2) as f32 + 0.1 * *x);
        let data = Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap();
        data.masked(Mask::new(6, (0..24).map(|i| i % 6 < 3).collect()).unwrap()).unwrap()
    }

    /// The covariance is that of the flow, not of its mean against the zeros of masked cells: in physical units it
    /// is 0.01 in every cell, whatever is normalised, and the chains of frames agree.
    #[test]
    fn a_mean_that_is_not_zero_makes_no_variance() {
        let data = masked();
        for normalizer in [NormalizerKind::Identity, NormalizerKind::Channel, NormalizerKind::Profile] {
            let settings = Settings { window: 2, model: Model::Stationary, normalizer, ridge: 0.0 };
            let prior = Prior::fit(&data, &settings).unwrap();
            let scale = prior.normalizer().scale();
            let variance = (scale[0] * scale[0] + scale[1] * scale[1]) / 2.0;
            let trace = prior.spectrum().0.iter().sum::<f64>() / prior.shape().len() as f64;
            // 600 frames of 12 cells that know of each other: some 1600 numbers, 3.5 %.
            assert!((trace * variance / 0.01 - 1.0).abs() < 0.1, "{normalizer}: {trace}");
            let mut mean = prior.mean().to_vec();
            prior.normalizer().clone().masked(None).restore(prior.shape(), &mut mean).unwrap();
            let off = |(i, m): (usize, &f32)| (f64::from(*m) - 5.0 - 2.0 * (i / 24 % 2) as f64).abs();
            assert!(mean.iter().enumerate().all(|at| off(at) < 0.02), "{normalizer}: {mean:?}");
            let (chains, _) = prior.markov_of(&data, None).unwrap();
            let own: f64 = chains.variance().iter().sum::<f64>() / 48.0;
            assert!((own / trace - 1.0).abs() < 0.02, "{normalizer}: {own} {trace}");
            let apart = |(a, b): (&f64, &f32)| (a - f64::from(*b)).abs() * scale[0];
            assert!(chains.mean().iter().zip(prior.mean()).all(|at| apart(at) < 0.002), "{normalizer}");
        }
    }
}
