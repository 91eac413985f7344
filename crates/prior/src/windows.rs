//! The denoisers over a prior and the windows that it was fitted to.

use crate::entries::Making;
use crate::{DenoiserName, Prior, PriorDenoiser, PriorError, Result};
use equipoise_data::Dataset;
use equipoise_field::{Boundary, Shape};
use equipoise_locality::{LocalityError, Memory, Training};
use std::sync::Arc;

impl Prior {
    /// All overlapping windows of a file in the prior's normalised units: the training set of the
    /// denoisers that stand on samples, or held-out windows.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for a file of another grid or orientation, [`PriorError::Data`] when it
    /// holds no window.
    pub fn windows(&self, data: &Dataset) -> Result<Memory<f32>> {
        let (values, series) = self.normalised(data)?;
        let _ = data.windows(self.shape.frames)?;
        Memory::windows(values, series, self.shape.frames).map_err(|source| self.fault(data, source))
    }

    /// All series of a file in the prior's normalised units, and the shape of one.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for a file of another grid or orientation, [`PriorError::Data`].
    pub fn normalised(&self, data: &Dataset) -> Result<(Vec<f32>, Shape)> {
        let (found, expected) = (data.shape(1), Shape { frames: 1, ..self.shape });
        if found != expected || data.grid().x_axis != self.about.grid.x_axis || data.kind() != self.about.kind
        {
            let of = |kind, shape, axis| format!("{kind}, (T, C, H, W) = {shape}, x along {axis:?}");
            let expected = of(self.about.kind, expected, self.about.grid.x_axis);
            return Err(PriorError::refused(
                data.path().display(),
                "grid",
                of(data.kind(), found, data.grid().x_axis),
                format!("{expected} as the prior has"),
            ));
        }
        let (mut values, series) = (data.values().to_vec(), data.shape(data.frames()));
        for trajectory in values.chunks_mut(series.len()) {
            self.normalizer.normalise(series, trajectory)?;
        }
        Ok((values, series))
    }

    /// At most `count` of the windows of a file, equally spaced among them, in normalised units: fields
    /// to noise where a denoiser is probed.
    ///
    /// # Errors
    /// As [`windows`](Self::windows).
    pub fn some_windows(&self, data: &Dataset, count: usize) -> Result<Vec<Vec<f32>>> {
        let all: Vec<_> = data.windows(self.shape.frames)?.collect();
        let count = count.min(all.len());
        let normalised = |k: usize| {
            let mut x = all[k * all.len() / count].values.to_vec();
            self.normalizer.normalise(self.shape, &mut x)?;
            Ok(x)
        };
        (0..count).map(normalised).collect()
    }

    /// The training set of [`windows`](Self::windows), with `shifts` cyclic shifts of every window along x.
    ///
    /// # Errors
    /// As [`windows`](Self::windows); [`PriorError::Refused`] for shifts of a grid with open borders,
    /// [`PriorError::Training`] for shifts that do not divide the axis.
    pub fn training(&self, train: &Dataset, shifts: usize) -> Result<Training<f32>> {
        self.shifted(Training::new(self.shape, Arc::new(self.windows(train)?)), train, shifts)
    }

    pub(crate) fn shifted(
        &self,
        stored: Result<Training<f32>, LocalityError>,
        train: &Dataset,
        shifts: usize,
    ) -> Result<Training<f32>> {
        if shifts != 1 && self.about.grid.boundary == Boundary::Open {
            let (of, found) = (train.path().display(), format!("{shifts} on a grid with open borders"));
            return Err(PriorError::refused(of, "shifts of the training windows", found, 1));
        }
        let shifted = stored.and_then(|set| set.shifted(self.about.grid.x_axis, shifts));
        shifted.map_err(|source| self.fault(train, source))
    }

    /// The denoiser of a name; `train` is the file that the prior was fitted to.
    ///
    /// # Errors
    /// As [`training`](Self::training); [`PriorError::Training`] for a mask that cannot be made.
    pub fn denoiser_of(&self, name: &DenoiserName, train: &Dataset) -> Result<PriorDenoiser> {
        name.chosen().make(&Making { prior: self, train, stored: None, shifts: name.shifts() })
    }

    /// The denoiser of a learned prior, which stands on no training file.
    ///
    /// # Errors
    /// [`PriorError::Untrained`] for another one, and those of the prior.
    pub fn learned(&self, name: &DenoiserName) -> Result<PriorDenoiser> {
        match name.chosen().learned(self) {
            Some(made) => made,
            None => Err(PriorError::Untrained { name: name.to_string() }),
        }
    }

    /// The denoisers of several names, in their order, over one copy of the training windows.
    ///
    /// # Errors
    /// As [`denoiser_of`](Self::denoiser_of).
    pub fn denoisers_of(&self, names: &[DenoiserName], train: &Dataset) -> Result<Vec<PriorDenoiser>> {
        let stored = match names.iter().any(DenoiserName::needs_windows) {
            true => Some(self.training(train, 1)?),
            false => None,
        };
        let make = |name: &DenoiserName| {
            let stored = stored.as_ref();
            name.chosen().make(&Making { prior: self, train, stored, shifts: name.shifts() })
        };
        names.iter().map(make).collect()
    }

    pub(crate) fn fault(&self, data: &Dataset, source: LocalityError) -> PriorError {
        PriorError::Training { path: data.path().into(), source: Box::new(source) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;
    use crate::{Model, Settings};
    use equipoise_data::Kind;
    use equipoise_field::{Axis, Grid, sum};
    use equipoise_schedule::Level;
    use equipoise_stream::Stream;

    fn dataset(boundary: Boundary, width: usize) -> Dataset {
        let grid = Grid { x_axis: Axis::W, dx: 0.1, dy: 0.1, boundary };
        let series = Shape::new(4, 2, 6, width);
        let values = Stream::new("data").normal(0, 2 * series.len());
        Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap()
    }

    fn prior(data: &Dataset) -> Prior {
        let settings = Settings::of(data.kind(), data.grid());
        let model = Model::LowRank { rank: Some(4) };
        Prior::fit(data, &Settings { window: 2, model, ..settings }).unwrap()
    }

    /// As σ/μ grows every denoiser tends to the mean of the windows,
    /// which the fit took for the prior's: the logits vanish as 1/σ.
    #[test]
    fn every_name_stands_on_the_windows_that_were_fitted() {
        for (boundary, names) in [
            (
                Boundary::Open,
                &["wiener", "optimal", "local:1", "equivariant_local:1:6", "locality", "locality:0"][..],
            ),
            (Boundary::Periodic, &["optimal", "local:1", "locality", "locality:0", "locality:0.1"][..]),
        ] {
            let data = dataset(boundary, 6);
            let prior = prior(&data);
            let level = Level { mu: 1.0, sigma: 1e4 };
            let x_t: Vec<f32> = Stream::new("x_t").normal(0, prior.shape().len());
            let x_t: Vec<f32> = x_t.iter().map(|x| 1e4 * x).collect();
            for name in names {
                let made = prior.denoiser_of(&name.parse().unwrap(), &data).unwrap();
                let mut x_hat = vec![f32::NAN; x_t.len()];
                made.denoiser().denoise(&x_t, level, &mut x_hat).unwrap();
                let error = sum::squared_distance(&x_hat, prior.mean()).sqrt() / sum::norm(prior.mean());
                // Logits of some √D/σ = 1e-3.
                assert!(error < 1e-2, "{boundary:?} {name}: {error:e}");
                assert_eq!(made.training().map_or(6, Training::count), 6, "{name}");
                assert_eq!(made.exact().is_some(), matches!(*name, "wiener" | "optimal"));
                assert!(made.probe(&x_t, level).is_ok());
            }
        }
    }

    #[test]
    fn shifts_run_along_x_and_are_refused_where_they_mean_nothing() {
        let message = |boundary, name: &str| {
            let data = dataset(boundary, 6);
            chain(&prior(&data).denoiser_of(&name.parse().unwrap(), &data).unwrap_err())
        };
        let open =
            "(memory), shifts of the training windows: found 2 on a grid with open borders, expected 1";
        assert_eq!(message(Boundary::Open, "optimal@2"), open);
        let divisor =
            "training windows of (memory): shifts along W: found 4, expected a divisor of the axis' length 6";
        assert_eq!(message(Boundary::Periodic, "local@4"), divisor);
        let data = dataset(Boundary::Periodic, 6);
        let training = prior(&data).training(&data, 3).unwrap();
        assert_eq!(training.shifts(), [[0, 0], [0, 2], [0, 4]]);
    }

    #[test]
    fn windows_of_another_grid_are_refused() {
        let prior = prior(&dataset(Boundary::Open, 6));
        let message = prior.windows(&dataset(Boundary::Open, 5)).err().unwrap().to_string();
        let expected = "(memory), grid: found generic, (T, C, H, W) = (1, 2, 6, 5), x along W, expected generic, \
                        (T, C, H, W) = (1, 2, 6, 6), x along W as the prior has";
        assert_eq!(message, expected);
    }
}
