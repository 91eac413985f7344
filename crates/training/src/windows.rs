//! The windows of a flow: those that are trained on, and those that are held out.

use crate::error::fault;
use crate::{Moves, Result, WindowsPart};
use equipoise_data::{Dataset, Normalizer};
use equipoise_field::Shape;
use equipoise_stream::Stream;

/// One in so many is held out where nothing is said.
const HELD: usize = 10;

/// A file in two parts.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) train: Dataset,
    pub(crate) held: Dataset,
}

impl Parts {
    /// The last trajectories are held out, or the last frames of one.
    ///
    /// # Errors
    /// [`crate::TrainingError::Config`] where nothing would be left to train on, [`crate::TrainingError::Data`].
    pub(crate) fn of(data: &Dataset, part: &WindowsPart, window: usize) -> Result<Self> {
        let (trajectories, frames) = (data.trajectories(), data.frames());
        if trajectories > 1 {
            let held = if part.held_out > 0 { part.held_out } else { (trajectories / HELD).max(1) };
            if held >= trajectories {
                let expected = format!("fewer than the {trajectories} trajectories of the file");
                return Err(fault("windows.held_out", held, expected));
            }
            let train = data.part(0..trajectories - held, 0..frames)?;
            let held = data.part(trajectories - held..trajectories, 0..frames)?;
            return Ok(Self { train, held });
        }
        let held = if part.held_out > 0 { part.held_out } else { (frames / HELD).max(window) };
        if held < window || held + window > frames {
            let expected = format!(
                "at least the {window} frames of a window, and as many left of the {frames} of the file"
            );
            return Err(fault("windows.held_out", held, expected));
        }
        let train = data.part(0..1, 0..frames - held)?;
        Ok(Self { train, held: data.part(0..1, frames - held..frames)? })
    }
}

/// Windows in the units of a normalizer.
#[derive(Debug)]
pub(crate) struct Windows {
    train: Dataset,
    normalizer: Normalizer,
    moves: Moves,
    shape: Shape,
}

impl Windows {
    /// # Errors
    /// [`crate::TrainingError::Data`] for a window longer than the file's trajectories.
    pub(crate) fn new(train: Dataset, normalizer: Normalizer, moves: Moves, frames: usize) -> Result<Self> {
        train.windows(frames).map(drop)?;
        let shape = train.shape(frames);
        Ok(Self { train, normalizer, moves, shape })
    }

    /// Of a window.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn moves(&self) -> &Moves {
        &self.moves
    }

    /// Draw number `draw` of the stream: any window, moved, in normalised units. Overwrites `out`.
    pub(crate) fn draw(&self, stream: Stream, draw: u64, out: &mut [f32]) -> Result<()> {
        let starts = self.train.frames() - self.shape.frames + 1;
        let count = self.train.trajectories() * starts;
        let u = stream.text("window").uniform(draw, 1);
        let at = ((u[0] * count as f64) as usize).min(count - 1);
        let window = self.train.window(at / starts, at % starts, self.shape.frames)?;
        if self.moves.symmetries().is_empty() {
            out.copy_from_slice(window);
        } else {
            self.moves.apply(self.moves.draw(stream.text("move"), draw), self.shape, window, out);
        }
        Ok(self.normalizer.normalise(self.shape, out)?)
    }
}

/// `count` held-out windows or all there are, evenly spread, in normalised units.
///
/// # Errors
/// [`crate::TrainingError::Data`].
pub(crate) fn spread(
    held: &Dataset,
    normalizer: &Normalizer,
    shape: Shape,
    count: usize,
) -> Result<Vec<f32>> {
    let all = held.windows(shape.frames)?;
    let many = all.clone().count();
    let count = count.min(many);
    let mut values = Vec::with_capacity(count * shape.len());
    let chosen: Vec<usize> = (0..count).map(|k| (2 * k + 1) * many / (2 * count)).collect();
    for (_, window) in all.enumerate().filter(|(place, _)| chosen.contains(place)) {
        values.extend_from_slice(window.values);
    }
    for window in values.chunks_exact_mut(shape.len()) {
        normalizer.normalise(shape, window)?;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_data::Kind;
    use equipoise_field::{Axis, Boundary, Grid};

    fn data(trajectories: usize, frames: usize) -> Dataset {
        let grid = Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary: Boundary::Open };
        let series = Shape::new(frames, 1, 2, 3);
        let values = (0..trajectories * series.len()).map(|k| (k / 6) as f32).collect();
        Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap()
    }

    #[test]
    fn what_is_held_out_is_never_drawn() {
        for (trajectories, frames, held_out, expected) in
            [(20, 4, 0, 2), (3, 4, 0, 1), (3, 4, 2, 2), (1, 40, 0, 4), (1, 9, 0, 3), (1, 9, 5, 5)]
        {
            let (data, part) =
                (data(trajectories, frames), WindowsPart { held_out, ..WindowsPart::default() });
            let Parts { train, held } = Parts::of(&data, &part, 3).unwrap();
            let [a, b] = [&train, &held].map(|part| part.trajectories() * part.frames());
            assert_eq!(a + b, trajectories * frames);
            let found = if trajectories > 1 { held.trajectories() } else { held.frames() };
            assert_eq!(found, expected);
            let first = held.values()[0];
            let normalizer = Normalizer::given(vec![0.0], vec![1.0]).unwrap();
            let windows = Windows::new(train.clone(), normalizer.clone(), Moves::none(&train), 3).unwrap();
            let mut out = vec![f32::NAN; windows.shape().len()];
            for draw in 0..200 {
                windows.draw(Stream::new("draw"), draw, &mut out).unwrap();
                assert!(out.iter().all(|x| *x < first));
                // Consecutive frames.
                assert!((out[6] - out[0] - 1.0).abs() < 1e-6 && (out[12] - out[0] - 2.0).abs() < 1e-6);
            }
            let kept = spread(&held, &normalizer, windows.shape(), 2).unwrap();
            assert!(kept.len() <= 2 * out.len() && kept.iter().all(|x| *x >= first));
        }
    }

    #[test]
    fn nothing_left_is_refused() {
        let refused = |trajectories, frames, held_out| {
            let part = WindowsPart { held_out, ..WindowsPart::default() };
            Parts::of(&data(trajectories, frames), &part, 3).unwrap_err().to_string()
        };
        assert!(refused(3, 4, 3).contains("fewer than the 3 trajectories"));
        assert!(
            refused(1, 9, 7).contains("windows.held_out") && refused(1, 5, 0).contains("windows.held_out")
        );
        assert!(refused(1, 9, 2).contains("at least the 3 frames"));
        // Longer than the trajectories.
        let (data, part) = (data(3, 2), WindowsPart::default());
        let Parts { train, .. } = Parts::of(&data, &part, 3).unwrap();
        let normalizer = Normalizer::given(vec![0.0], vec![1.0]).unwrap();
        assert!(Windows::new(train.clone(), normalizer, Moves::none(&train), 3).is_err());
    }
}
