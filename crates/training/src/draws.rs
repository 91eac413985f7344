//! What a step draws: windows, moves, noise and levels, each by seed, step and member.

use crate::windows::Windows;
use crate::{Levels, Result};
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// A batch in its own memory.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) x: Vec<f32>,
    pub(crate) noise: Vec<f32>,
    pub(crate) levels: Vec<Level>,
}

impl Drawn {
    /// The batch of a step: that of one member changes with no other.
    pub(crate) fn fill(
        &mut self,
        windows: &Windows,
        levels: &Levels,
        (seed, step): (u64, u64),
        count: usize,
    ) -> Result<()> {
        let dim = windows.shape().len();
        self.x.resize(count * dim, 0.0);
        self.noise.resize(count * dim, 0.0);
        self.levels.clear();
        let stream = Stream::new("training").number(seed).number(step);
        for (member, (x, noise)) in
            self.x.chunks_exact_mut(dim).zip(self.noise.chunks_exact_mut(dim)).enumerate()
        {
            let draw = member as u64;
            windows.draw(stream, draw, x)?;
            stream.text("noise").fill_normal(draw, noise);
            self.levels.push(levels.draw(stream.text("level"), draw));
        }
        Ok(())
    }
}
