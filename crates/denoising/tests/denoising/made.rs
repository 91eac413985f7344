//! Flows made of draws of a known Gaussian.

use equipoise_data::{Dataset, Kind, NormalizerKind};
use equipoise_denoising::Flow;
use equipoise_field::{Axis, Boundary, Grid, Shape};
use equipoise_prior::{Model, Settings};
use equipoise_stream::Stream;

/// Independent frames of a smooth periodic field, 2 × 8 × 8 numbers: white noise under a cyclic filter.
pub(crate) fn frames(label: &str, count: usize) -> Dataset {
    let shape = Shape::new(1, 2, 8, 8);
    let grid = Grid { x_axis: Axis::W, dx: 0.1, dy: 0.1, boundary: Boundary::Periodic };
    let white: Vec<f64> = Stream::new(label).normal(0, count * shape.len());
    let smooth = |plane: &[f64]| -> Vec<f32> {
        let at = |h: usize, w: usize| plane[h % 8 * 8 + w % 8];
        (0..64)
            .map(|i| {
                let (h, w) = (i / 8, i % 8);
                (at(h, w) + 0.8 * (at(h, w + 1) + at(h, w + 7) + at(h + 1, w) + at(h + 7, w))) as f32
            })
            .collect()
    };
    let values = white.chunks(64).flat_map(smooth).collect();
    Dataset::in_memory(Kind::GENERIC, grid, shape, values).unwrap()
}

/// Single frames, a stationary covariance, no normalizer.
pub(crate) fn settings() -> Settings {
    Settings { window: 1, normalizer: NormalizerKind::Identity, model: Model::Stationary, ridge: 1e-4 }
}

/// `train` training frames and `held_out` fresh ones.
pub(crate) fn flow(train: usize, held_out: usize) -> Flow {
    Flow::new("made", [frames("train", train), frames("held out", held_out)], (&settings(), None), held_out)
        .unwrap()
}

/// Goes on before this many parts are done.
pub(crate) fn before(parts: usize) -> impl FnMut() -> bool {
    let mut done = 0;
    move || {
        done += 1;
        done < parts
    }
}
