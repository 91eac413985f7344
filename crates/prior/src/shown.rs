//! What pictures show of a field: its vorticity, or its components.

use crate::{Prior, Result};
use equipoise_field::Shape;
use equipoise_metrics::vorticity;

/// One plane of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The component; empty for the vorticity.
    pub name: String,
    /// (H, W): the vorticity in physical units, a component in normalised ones, in which all have one scale.
    pub plane: Vec<f32>,
}

impl Prior {
    /// Whether pictures show vorticity: where there are two velocities.
    pub fn shows_vorticity(&self) -> bool {
        self.velocities().is_some()
    }

    /// What pictures show of one frame (C, H, W) in physical units.
    ///
    /// # Errors
    /// [`PriorError::Data`](crate::PriorError::Data) for a frame of another length,
    /// [`PriorError::Metrics`](crate::PriorError::Metrics) for a grid too small to
    /// differentiate on.
    pub fn shown(&self, frame: &[f32]) -> Result<Vec<Shown>> {
        let one = Shape { frames: 1, ..self.shape };
        if let Some([u, v]) = self.velocities().filter(|_| frame.len() == one.len()) {
            let both = [u, v].map(|c| &frame[c * one.plane()..(c + 1) * one.plane()]).concat();
            let plane = vorticity(&both, Shape { channels: 2, ..one }, &self.about.grid)?;
            return Ok(vec![Shown { name: String::new(), plane }]);
        }
        let mut normalised = frame.to_vec();
        self.normalizer.normalise(one, &mut normalised)?;
        let planes = self.components().into_iter().zip(normalised.chunks_exact(one.plane()));
        Ok(planes.map(|(name, plane)| Shown { name, plane: plane.to_vec() }).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Model, Prior, Settings};
    use equipoise_data::{Dataset, Kind, Mask, NormalizerKind};
    use equipoise_field::{Axis, Boundary, Grid, Shape, sum};
    use equipoise_stream::Stream;

    fn prior(channels: usize, boundary: Boundary, model: Model, hidden: &[usize]) -> Prior {
        let grid = Grid { x_axis: Axis::W, dx: 0.5, dy: 0.25, boundary };
        let series = Shape::new(200, channels, 4, 6);
        let mut values: Vec<f32> = Stream::new("data").normal(0, 3 * series.len());
        values.iter_mut().enumerate().for_each(|(i, x)| *x = 2.0 * *x + (i / 24 % channels) as f32);
        let data = Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap();
        let mask = Mask::new(6, (0..24).map(|i| hidden.contains(&i)).collect());
        let data = mask.map_or(data.clone(), |mask| data.masked(mask).unwrap());
        let normalizer = NormalizerKind::Channel;
        Prior::fit(&data, &Settings { window: 2, model, normalizer, ridge: 0.0 }).unwrap()
    }

    /// u = 2y, v = 3x turn by 3 − 2 everywhere; another number of components is shown as it is, normalised.
    #[test]
    fn two_velocities_are_shown_by_their_vorticity_and_anything_else_as_it_is() {
        let low = Model::LowRank { rank: Some(3) };
        let flow = prior(2, Boundary::Open, low, &[]);
        let linear = |i: usize| if i < 24 { 2.0 * 0.25 * (i / 6) as f32 } else { 3.0 * 0.5 * (i % 6) as f32 };
        let frame: Vec<f32> = (0..48).map(linear).collect();
        let [shown] = &flow.shown(&frame).unwrap()[..] else { panic!("one plane") };
        assert!(shown.plane.iter().all(|x| (x - 1.0).abs() < 1e-5), "{:?}", shown.plane);
        for channels in [1, 3, 4] {
            let prior = prior(channels, Boundary::Open, low, &[]);
            assert!(!prior.shows_vorticity());
            let frame: Vec<f32> = (0..24 * channels).map(|i| i as f32).collect();
            let shown = prior.shown(&frame).unwrap();
            assert_eq!(
                shown.iter().map(|s| &*s.name).collect::<Vec<_>>(),
                ["c0", "c1", "c2", "c3"][..channels]
            );
            let scale = prior.normalizer().scale()[channels - 1];
            let step = f64::from(shown[channels - 1].plane[1] - shown[channels - 1].plane[0]);
            assert!((step * scale - 1.0).abs() < 1e-5, "{step}");
        }
    }

    /// White noise of variance 1 in normalised units has that variance in the mean over all cells, whatever the
    /// mask hides, and modes hold nothing under it.
    #[test]
    fn masked_cells_do_not_enter_a_fit() {
        let hidden = [0, 1, 2, 7, 8, 13, 20, 23];
        let trace = |hidden: &[usize]| {
            let prior = prior(1, Boundary::Periodic, Model::Stationary, hidden);
            let (values, _) = prior.spectrum();
            values.iter().sum::<f64>() / prior.shape().len() as f64
        };
        // 600 frames of 16 cells: the variance is known to 1.5 %, and 0.67 without the weight.
        assert!((trace(&hidden) - 1.0).abs() < 0.03 && (trace(&[]) - 1.0).abs() < 0.03, "{}", trace(&hidden));
        let prior = prior(1, Boundary::Open, Model::LowRank { rank: Some(5) }, &hidden);
        assert!(hidden.iter().all(|i| prior.mean()[*i] == 0.0 && prior.mean()[24 + *i] == 0.0));
        let covariance = prior.covariance();
        let under: Vec<f32> = (0..48).map(|i| f32::from(u8::from(hidden.contains(&(i % 24))))).collect();
        let mut image = vec![0.0f32; 48];
        covariance.apply(&covariance.weights(&|x| x), &under, &mut image);
        let rest = prior.spectrum().1.unwrap().0;
        let expected: Vec<f32> = under.iter().map(|x| x * rest as f32).collect();
        assert!(sum::squared_distance(&image, &expected).sqrt() < 1e-5, "{image:?}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prior.h5");
        prior.save(&path, equipoise_data::store::Existing::Refuse).unwrap();
        let read = Prior::load(&path).unwrap();
        assert_eq!((read.normalizer(), read.solid()), (prior.normalizer(), prior.solid()));
        // A number is interpolated from the cells around it: (2, 1), (1, 1) and (0, 0) are masked.
        let solid = [(0.2, 1.4), (0.6, 0.4), (2.0, 0.5), (1.5, 0.9), (3.5, 0.0), (2.0, 5.5), (3.0, 4.5)];
        let fluid = [(1.0, 0.0), (1.5, 0.0), (2.5, 3.5), (1.0 + 1e-12, 0.0), (2.0, 0.0), (2.0 - 1e-12, 5.0)];
        assert_eq!(solid.map(|(h, w)| read.is_solid(h, w)), [true, true, true, true, true, false, true]);
        assert_eq!(fluid.map(|(h, w)| read.is_solid(h, w)), [false; 6]);
    }
}
