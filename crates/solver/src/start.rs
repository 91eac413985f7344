//! The law of the state at the first time of a run.

use equipoise_covariance::Covariance;
use equipoise_field::{Real, each};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::fmt;
use std::sync::Arc;

/// How x_1 is drawn.
#[derive(Clone)]
pub enum Start<R: Real> {
    /// N(0, I), as published. It ignores the prior where μ²λ is not small.
    Normal,
    /// N(μm, μ²Σ + σ²I), the exact marginal of a Gaussian prior.
    Prior {
        /// m.
        mean: Arc<Vec<R>>,
        /// Σ.
        covariance: Arc<dyn Covariance<R>>,
    },
    /// The exact marginal of a Gaussian prior of windows, side by side from the first frame on, each drawn by itself:
    /// the spread of every window's span is the prior's, what two of them share is not. The last is cut off
    /// where the field ends.
    Windows {
        /// m of a window.
        mean: Arc<Vec<R>>,
        /// Σ of a window.
        covariance: Arc<dyn Covariance<R>>,
    },
}

impl<R: Real> Start<R> {
    /// The mean of x_1 at the first level of the grid.
    pub fn mean(&self, dim: usize, level: Level) -> Vec<R> {
        let mut x = vec![R::zero(); dim];
        if let Self::Prior { mean, .. } | Self::Windows { mean, .. } = self {
            let mu = R::narrow(level.mu);
            for x in x.chunks_mut(mean.len().max(1)) {
                let mean = &mean[..x.len()];
                each::map1(x, mean, |m| mu * m);
            }
        }
        x
    }

    /// x_1 of length `dim` at the first level of the grid, from draw 0 of the stream.
    pub fn draw(&self, dim: usize, level: Level, stream: Stream) -> Vec<R> {
        let mut white: Vec<R> = stream.normal(0, dim);
        match self {
            Self::Normal => white,
            Self::Prior { mean, covariance } => {
                let (mu2, sigma2) = (level.mu * level.mu, level.sigma * level.sigma);
                let root = covariance.weights(&|l| (mu2 * l + sigma2).sqrt());
                let mut x = vec![R::zero(); dim];
                covariance.apply(&root, &white, &mut x);
                let mu = R::narrow(level.mu);
                each::update1(&mut x, mean, |x, m| x + mu * m);
                x
            }
            Self::Windows { mean, covariance } => {
                let (mu2, sigma2) = (level.mu * level.mu, level.sigma * level.sigma);
                let root = covariance.weights(&|l| (mu2 * l + sigma2).sqrt());
                let (mu, window) = (R::narrow(level.mu), mean.len().max(1));
                // What the last window needs beyond the field's end.
                let beyond: Vec<R> = stream.normal(1, window);
                let (mut full, mut x) = (Vec::with_capacity(window), vec![R::zero(); window]);
                for own in white.chunks_mut(window) {
                    full.clear();
                    full.extend_from_slice(own);
                    full.extend_from_slice(&beyond[own.len()..]);
                    covariance.apply(&root, &full, &mut x);
                    each::update1(&mut x, mean, |x, m| x + mu * m);
                    own.copy_from_slice(&x[..own.len()]);
                }
                white
            }
        }
    }
}

impl<R: Real> fmt::Debug for Start<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("Normal"),
            Self::Prior { mean, .. } => {
                f.debug_struct("Prior").field("dim", &mean.len()).finish_non_exhaustive()
            }
            Self::Windows { mean, .. } => {
                f.debug_struct("Windows").field("dim", &mean.len()).finish_non_exhaustive()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_covariance::Modes;

    /// Windows of two numbers with λ = 4 and 1 over five numbers: all that is cut off is the end of the last, and
    /// each has the marginal's spread, √(μ²λ + σ²) of what was drawn.
    #[test]
    fn windows_stand_side_by_side() {
        let modes = Modes::new(2, vec![1.0, 0.0, 0.0, 1.0], vec![4.0, 1.0], None).unwrap();
        let covariance: Arc<dyn Covariance<f64>> = Arc::new(modes);
        let start = Start::Windows { mean: Arc::new(vec![3.0, -2.0]), covariance };
        let (level, stream) = (Level { mu: 0.5, sigma: 0.8 }, Stream::new("start"));
        let white: Vec<f64> = stream.normal(0, 5);
        let found = start.draw(5, level, stream);
        for (i, (found, white)) in found.iter().zip(&white).enumerate() {
            let (mean, lambda) = [(3.0, 4.0), (-2.0, 1.0)][i % 2];
            let expected = 0.5 * mean + (0.25f64 * lambda + 0.64).sqrt() * white;
            assert!((found - expected).abs() < 1e-14, "{i}: {found} {expected}");
        }
        assert_eq!(start.mean(5, level), [1.5, -1.0, 1.5, -1.0, 1.5]);
    }

    /// The number that is left of the last of three windows of two, whose numbers correlate, has the variance of a whole
    /// window's and knows nothing of the window before; to four standard errors.
    #[test]
    fn a_window_that_is_cut_keeps_its_marginal() {
        let h = std::f64::consts::FRAC_1_SQRT_2;
        let modes = Modes::new(2, vec![h, h, h, -h], vec![4.0, 1.0], None).unwrap();
        let covariance: Arc<dyn Covariance<f64>> = Arc::new(modes);
        let start = Start::Windows { mean: Arc::new(vec![0.0; 2]), covariance };
        let (level, count) = (Level { mu: 0.5, sigma: 0.4 }, 4000);
        let draws: Vec<Vec<f64>> =
            (0..count).map(|i| start.draw(5, level, Stream::new("cut").number(i))).collect();
        let expected = 0.25 * 2.5 + 0.16;
        let moment = |a: usize, b: usize| draws.iter().map(|x| x[a] * x[b]).sum::<f64>() / count as f64;
        let error = expected / (count as f64).sqrt();
        assert!((moment(4, 4) - expected).abs() < 4.0 * 2f64.sqrt() * error, "{}", moment(4, 4));
        assert!((moment(2, 3) - 0.25 * 1.5).abs() < 4.0 * 2f64.sqrt() * error, "{}", moment(2, 3));
        assert!(moment(3, 4).abs() < 4.0 * error, "{}", moment(3, 4));
    }
}
