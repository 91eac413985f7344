//! Errors on held-out windows, beside those of the Wiener filter.

use crate::levels::preserving;
use crate::stepper::mean_square;
use crate::{Batch, Result, Stepper};
use equipoise_denoiser::Denoiser;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;

/// Windows that run together.
const TOGETHER: usize = 8;

/// The errors at one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Steps before it.
    pub step: u64,
    /// σ/μ.
    pub ratio: f64,
    /// The root of the mean of (x̂ − x)² over windows and cells of flow, of the network; normalised units.
    pub network: f64,
    /// Of the Wiener filter of the Gaussian beside it.
    pub wiener: f64,
}

/// Held-out windows with their noise, the same at every validation, and the filter's errors on them.
#[derive(Debug)]
pub struct Validation {
    x: Vec<f32>,
    dim: usize,
    open: Option<Vec<bool>>,
    ratios: Vec<f64>,
    wiener: Vec<f64>,
}

impl Validation {
    /// Of n·D numbers in normalised units; `open` says which of the H·W cells of a plane count.
    ///
    /// # Errors
    /// [`crate::TrainingError::Denoiser`].
    pub fn new(x: Vec<f32>, ratios: &[f64], filter: &Wiener<f32>, open: Option<Vec<bool>>) -> Result<Self> {
        let mut made = Self { x, dim: filter.dim(), open, ratios: ratios.to_owned(), wiener: Vec::new() };
        for (place, ratio) in ratios.iter().enumerate() {
            let (level, mut squares) = (preserving(*ratio), Vec::new());
            for (member, x) in made.x.chunks_exact(made.dim).enumerate() {
                let noise = made.noise(place, member);
                let x_t: Vec<f32> = x.iter().zip(&noise).map(|(x, e)| noisy(level, *x, *e)).collect();
                let mut x_hat = vec![0.0; made.dim];
                filter.denoise(&x_t, level, &mut x_hat)?;
                let errors: Vec<f64> =
                    x_hat.iter().zip(x).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
                squares.push(made.square(&errors));
            }
            made.wiener.push(root_of_mean(&squares));
        }
        Ok(made)
    }

    /// The rows after `step` steps, one a level, of the network as it stands.
    ///
    /// # Errors
    /// As [`Stepper::errors`].
    pub fn rows(&self, step: u64, stepper: &mut Stepper<f32>) -> Result<Vec<Row>> {
        let one = |(place, (ratio, wiener)): (usize, (&f64, &f64))| {
            let (mut squares, level) = (Vec::new(), preserving(*ratio));
            for (share, x) in self.x.chunks(TOGETHER * self.dim).enumerate() {
                let count = x.len() / self.dim;
                let noise: Vec<f32> =
                    (0..count).flat_map(|k| self.noise(place, share * TOGETHER + k)).collect();
                let errors = stepper.errors(Batch { x, noise: &noise, levels: &vec![level; count] })?;
                squares.extend(errors.chunks_exact(self.dim).map(|errors| self.square(errors)));
            }
            Ok(Row { step, ratio: *ratio, network: root_of_mean(&squares), wiener: *wiener })
        };
        self.ratios.iter().zip(&self.wiener).enumerate().map(one).collect()
    }

    /// How much of the network's correction of the filter is best at each level: with e the filter's error and d the
    /// correction, −Σ e d/Σ d² over windows and cells, between 0 and 1.
    ///
    /// # Errors
    /// As [`Stepper::errors`].
    pub fn shares(&self, ratios: &[f64], stepper: &mut Stepper<f32>) -> Result<Vec<[f64; 2]>> {
        let one = |(place, ratio): (usize, &f64)| {
            let (mut known, level) = ([0.0; 3], preserving(*ratio));
            for (share, x) in self.x.chunks(TOGETHER * self.dim).enumerate() {
                let count = x.len() / self.dim;
                let stream = Stream::new("validation").text("shares").number(place as u64);
                let noise: Vec<f32> =
                    (0..count).flat_map(|k| stream.normal((share * TOGETHER + k) as u64, self.dim)).collect();
                let levels = vec![level; count];
                let batch = Batch { x, noise: &noise, levels: &levels };
                let filtered = stepper.uncorrected(batch)?.to_vec();
                let errors = stepper.errors(batch)?;
                let members = filtered.chunks_exact(self.dim).zip(errors.chunks_exact(self.dim));
                for (filtered, errors) in members {
                    let correction: Vec<f64> = errors.iter().zip(filtered).map(|(e, w)| e - w).collect();
                    let squares = [filtered, errors, &correction].map(|of| self.square(of));
                    known.iter_mut().zip(squares).for_each(|(sum, square)| *sum += square);
                }
            }
            Ok([*ratio, least_squares(known)])
        };
        ratios.iter().enumerate().map(one).collect()
    }

    /// All windows, their noise and the level of the first row.
    #[cfg(test)]
    pub(crate) fn first(&self) -> (&[f32], Vec<f32>, Level) {
        let noise = (0..self.x.len() / self.dim).flat_map(|member| self.noise(0, member)).collect();
        (&self.x, noise, preserving(self.ratios[0]))
    }

    fn noise(&self, place: usize, member: usize) -> Vec<f32> {
        Stream::new("validation").number(place as u64).normal(member as u64, self.dim)
    }

    /// The mean square over the cells that count.
    fn square(&self, errors: &[f64]) -> f64 {
        let Some(open) = &self.open else { return mean_square(errors) };
        let planes = errors.chunks_exact(open.len());
        let counted: Vec<f64> = planes
            .flat_map(|plane| plane.iter().zip(open).filter(|(_, open)| **open).map(|(error, _)| *error))
            .collect();
        mean_square(&counted)
    }
}

fn noisy(level: Level, x: f32, noise: f32) -> f32 {
    (level.mu * f64::from(x) + level.sigma * f64::from(noise)) as f32
}

/// −⟨e, d⟩/‖d‖² from ‖e‖², ‖e + d‖² and ‖d‖², between 0 and 1; all of what is 0.
fn least_squares([filter, network, correction]: [f64; 3]) -> f64 {
    if correction > 0.0 {
        ((filter + correction - network) / (2.0 * correction)).clamp(0.0, 1.0)
    } else {
        1.0
    }
}

fn root_of_mean(squares: &[f64]) -> f64 {
    (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share makes the least error of all from 0 to 1, and is at the nearer end where the least is beyond.
    #[test]
    fn the_share_is_that_of_least_squares() {
        let stream = Stream::new("share");
        let error: Vec<f32> = stream.normal(0, 64);
        for (k, bent) in [-0.5_f64, -2.0, 0.5].into_iter().enumerate() {
            let other: Vec<f32> = stream.normal(k as u64 + 1, 64);
            let of = |share: f64| {
                let both = error.iter().zip(&other);
                let all: Vec<f64> = both
                    .map(|(e, o)| f64::from(*e) + share * (0.3 * f64::from(*o) + f64::from(*e) * bent))
                    .collect();
                mean_square(&all)
            };
            let correction: Vec<f64> =
                error.iter().zip(&other).map(|(e, o)| 0.3 * f64::from(*o) + f64::from(*e) * bent).collect();
            let share = least_squares([of(0.0), of(1.0), mean_square(&correction)]);
            let least = (0..=1000).map(|k| of(f64::from(k) / 1000.0)).fold(f64::INFINITY, f64::min);
            assert!(of(share) <= least + 1e-12 && (0.0..=1.0).contains(&share), "{bent}: {share}");
        }
        assert!(least_squares([1.0, 1.0, 0.0]) >= 1.0);
    }
}
