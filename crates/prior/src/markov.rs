//! The Gauss–Markov prior of long trajectories that belongs to a fitted prior of windows.

use crate::fit::DEFAULT_RANK;
use crate::hidden::Hidden;
use crate::{Model, Prior, PriorError, Result};
use equipoise_data::{Dataset, Particulars};
use equipoise_field::Boundary;
use equipoise_markov::{Clipped, Markov};

impl Prior {
    /// How frames follow each other by this prior's windows, T ≥ 2, in its units: C₀ and C₁ are the averages of its
    /// blocks of one frame and of neighbouring frames, and the mean that of its frames.
    ///
    /// A stationary prior gives one chain a wavenumber and takes no rank; explicit modes give `rank` of them, or as many
    /// as the window has, and white noise. Singular values of K are clipped at 1 − 1/n for n windows that were fitted, at least two.
    ///
    /// # Errors
    /// [`PriorError::Markov`] for windows of one frame or a rank that there is not.
    pub fn markov(&self, rank: Option<usize>) -> Result<(Markov, Clipped)> {
        let limit = 1.0 - 1.0 / self.provenance.windows.max(2) as f64;
        let covariance = self.covariance();
        Ok(Markov::of_window(self.shape, &self.mean, covariance.as_ref(), rank, limit)?)
    }

    /// How frames follow each other in a file, in the units of this prior: `rank` modes and white noise; without a rank
    /// one chain a wavenumber for a stationary prior, with its ridge, and as many modes as were fitted for another one.
    ///
    /// Windows of a few frames know fewer pairs of frames than the file. Clipped at 1 − 1/T for T frames of the file.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for a file of another grid or orientation, [`PriorError::Refused`] for wavenumbers of a grid
    /// that is open, [`PriorError::Markov`] for series of one frame or a rank that there is not.
    pub fn markov_of(&self, train: &Dataset, rank: Option<usize>) -> Result<(Markov, Clipped)> {
        let (mut values, shape) = self.normalised(train)?;
        if rank.is_none() && self.normalizer.mask().is_some() {
            let moments = Particulars::without_frames(train)?.moments;
            let hidden = Hidden::of(self.settings.model, &self.normalizer, shape, &moments)?;
            // Of chains one number a channel is the mean: s, which stays.
            hidden.iter().for_each(|hidden| hidden.fill(&mut values));
        }
        let series: Vec<&[f32]> = values.chunks(shape.len()).collect();
        let fitted = match (rank, self.settings.model) {
            (None, Model::Stationary) if train.grid().boundary != Boundary::Periodic => {
                return Err(PriorError::not_periodic(train.path()));
            }
            (None, Model::Stationary) => Markov::fit_wavenumbers(self.shape, &series, self.settings.ridge),
            (Some(rank), _) | (None, Model::LowRank { rank: Some(rank) }) => {
                Markov::fit_modes(self.shape, &series, rank)
            }
            (None, _) => Markov::fit_modes(self.shape, &series, DEFAULT_RANK),
        };
        Ok(fitted?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use equipoise_data::Kind;
    use equipoise_field::{Axis, Grid, Shape};
    use equipoise_stream::Stream;

    /// Three series whose frames correlate by 0.8.
    fn dataset(boundary: Boundary) -> Dataset {
        let grid = Grid { x_axis: Axis::W, dx: 0.1, dy: 0.1, boundary };
        let series = Shape::new(12, 2, 4, 6);
        let mut values: Vec<f32> = Stream::new("data").normal(0, 3 * series.len());
        for series in values.chunks_mut(series.len()) {
            for i in 48..series.len() {
                series[i] = 0.8 * series[i - 48] + 0.6 * series[i];
            }
        }
        Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap()
    }

    fn prior(data: &Dataset, window: usize, model: Model) -> Prior {
        let settings = Settings::of(data.kind(), data.grid());
        Prior::fit(data, &Settings { window, model, ..settings }).unwrap()
    }

    /// The blocks of a window of two frames come back but for what was clipped.
    #[test]
    fn a_window_of_two_frames_is_one_of_its_chain() {
        let data = dataset(Boundary::Periodic);
        for model in [Model::Stationary, Model::LowRank { rank: Some(5) }] {
            let prior = prior(&data, 2, model);
            let (markov, clip) = prior.markov(None).unwrap();
            assert!((clip.limit - (1.0 - 1.0 / 33.0)).abs() < 1e-12);
            let (window, own) = (markov.window::<f32>(2).unwrap(), prior.covariance());
            let trace = |c: &dyn equipoise_covariance::Covariance<f32>| c.trace(&|l| l);
            assert!((trace(window.as_ref()) / trace(own.as_ref()) - 1.0).abs() < 1e-5, "{model:?}");
            if clip.count == 0 && model == Model::Stationary {
                let mut unit = vec![0.0f32; own.dim()];
                unit[7] = 1.0;
                let column = |c: &dyn equipoise_covariance::Covariance<f32>| {
                    let mut out = vec![0.0; unit.len()];
                    c.apply(&c.weights(&|l| l), &unit, &mut out);
                    out
                };
                let (a, b) = (column(window.as_ref()), column(own.as_ref()));
                assert!(a[48..].iter().zip(&b[48..]).all(|(a, b)| (a - b).abs() < 1e-4));
            }
        }
        let single = prior(&data, 1, Model::Stationary).markov(None).unwrap_err().to_string();
        assert!(single.contains("expected at least 2"), "{single}");
        let ranked = prior(&data, 2, Model::Stationary).markov(Some(3)).unwrap_err().to_string();
        assert!(ranked.starts_with("rank: found 3"), "{ranked}");
    }

    /// One number in two directions of the grid: what comes is 0.8 of what is there.
    #[test]
    fn a_file_gives_chains_that_foretell_it() {
        let data = dataset(Boundary::Periodic);
        let prior = prior(&data, 2, Model::Stationary);
        let (waves, clip) = prior.markov_of(&data, None).unwrap();
        assert!((clip.limit - (1.0 - 1.0 / 36.0)).abs() < 1e-12);
        let trace = |lag: usize| -> f64 {
            let each = waves.parts().unwrap().into_iter();
            each.map(|part| part.copies as f64 * part.lagged(lag).unwrap().diag().sum()).sum()
        };
        assert!((trace(1) / trace(0) - 0.8).abs() < 0.1, "{}", trace(1) / trace(0));
        let (modes, _) = prior.markov_of(&data, Some(4)).unwrap();
        assert_eq!(modes.parts().unwrap()[0].chain.dim(), 4);
        let open = prior.markov_of(&dataset(Boundary::Open), None).unwrap_err().to_string();
        assert!(open.contains("open borders"), "{open}");
    }
}
