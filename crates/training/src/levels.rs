//! The noise levels that a training draws.

use crate::error::fault;
use crate::{Laws, NoisePart, Result};
use equipoise_network::TrainedOn;
use equipoise_schedule::{Level, Schedule};
use equipoise_stream::Stream;

/// Draws of a level out of its range after which the range's nearer end is taken.
const TRIES: usize = 64;

/// The law of σ/μ. Levels have μ² + σ² = 1, but those of a schedule, which are its own.
#[derive(Debug)]
pub struct Levels {
    part: NoisePart,
    schedule: Option<Box<dyn Schedule>>,
}

/// The level of ratio ρ with μ² + σ² = 1.
pub(crate) fn preserving(rho: f64) -> Level {
    let mu = rho.hypot(1.0).recip();
    Level { mu, sigma: rho * mu }
}

impl Levels {
    /// The law of a configuration.
    ///
    /// # Errors
    /// [`crate::TrainingError::Config`] for `uniform_t` without a schedule, or one that cannot be built.
    pub fn new(part: &NoisePart, schedule: Option<TrainedOn>) -> Result<Self> {
        if part.law == Laws::UniformT && schedule.is_none() {
            return Err(fault("network.schedule", "none", "one, whose t noise.law = \"uniform_t\" draws"));
        }
        let built = schedule.map(|it| it.schedule.build(it.eta)).transpose();
        let schedule = built.map_err(|error| fault("network.schedule", error, "one that can be built"))?;
        Ok(Self { part: part.clone(), schedule })
    }

    /// Draw number `draw` of the stream.
    pub fn draw(&self, stream: Stream, draw: u64) -> Level {
        let part = &self.part;
        let uniform = stream.uniform(draw, 1 + TRIES);
        let normal = stream.normal::<f64>(draw, TRIES);
        let is_spread = uniform[0] < part.share || part.law == Laws::LogUniform;
        let (low, high) = (part.low.ln(), part.high.ln());
        if is_spread {
            return preserving((low + uniform[1] * (high - low)).exp().clamp(part.low, part.high));
        }
        let mut last = part.low;
        for k in 0..TRIES {
            let level = match (&self.schedule, part.law) {
                (Some(schedule), Laws::UniformT) => schedule.level(uniform[1 + k]),
                _ => {
                    let rho = (part.mean + part.deviation * normal[k]).exp();
                    preserving(rho.clamp(f64::MIN_POSITIVE, f64::MAX))
                }
            };
            last = level.ratio();
            if (part.low..=part.high).contains(&last) {
                return level;
            }
        }
        preserving(last.clamp(part.low, part.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws by the distribution function of their law, within 1.95/√n of the uniform law: the 0.1 % point of
    /// Kolmogorov's statistic.
    #[test]
    fn levels_have_their_laws_and_stay_in_range() {
        let n = 4000u32;
        let normal = |part: &NoisePart, rho: f64| {
            0.5 * (1.0 + erf((rho.ln() - part.mean) / (part.deviation * 2f64.sqrt())))
        };
        let spread = |part: &NoisePart, rho: f64| (rho / part.low).ln() / (part.high / part.low).ln();
        let of = NoisePart { low: 0.02, high: 50.0, share: 0.0, ..NoisePart::default() };
        for (law, share) in [(Laws::LogNormal, 0.0), (Laws::LogUniform, 0.0), (Laws::LogNormal, 0.3)] {
            let part = NoisePart { law, share, ..of.clone() };
            let levels = Levels::new(&part, None).unwrap();
            let mut drawn: Vec<f64> =
                (0..n).map(|k| levels.draw(Stream::new("levels"), u64::from(k)).ratio()).collect();
            drawn.sort_by(f64::total_cmp);
            let ends = [part.low, part.high].map(|rho| normal(&part, rho));
            let cdf = |rho: f64| {
                let drawn = (normal(&part, rho) - ends[0]) / (ends[1] - ends[0]);
                match law {
                    Laws::LogUniform => spread(&part, rho),
                    _ => share * spread(&part, rho) + (1.0 - share) * drawn,
                }
            };
            let far = drawn.iter().enumerate().map(|(k, &rho)| {
                assert!((part.low..=part.high).contains(&rho), "{rho}");
                (cdf(rho) - (k as f64 + 0.5) / f64::from(n)).abs()
            });
            let far = far.fold(0.0, f64::max);
            assert!(far < 1.95 / f64::from(n).sqrt(), "{law:?} {share}: {far}");
        }
    }

    /// However wide the law, a level is one of the range.
    #[test]
    fn a_law_far_wider_than_the_range_has_levels_in_it() {
        let part = NoisePart { deviation: 1e30, share: 0.0, ..NoisePart::default() };
        let levels = Levels::new(&part, None).unwrap();
        for k in 0..20 {
            let rho = levels.draw(Stream::new("levels"), k).ratio();
            assert!((part.low * 0.999..=part.high * 1.001).contains(&rho), "{rho}");
        }
    }

    #[test]
    fn a_schedules_levels_are_its_own() {
        let part = NoisePart { law: Laws::UniformT, share: 0.0, ..NoisePart::default() };
        let trained: TrainedOn = "cos:0.001".parse().unwrap();
        let (levels, schedule) =
            (Levels::new(&part, Some(trained)).unwrap(), trained.schedule.build(1e-3).unwrap());
        for k in 0..20 {
            let t = Stream::new("levels").uniform(k, 2)[1];
            assert_eq!(levels.draw(Stream::new("levels"), k), schedule.level(t));
        }
        assert!(Levels::new(&part, None).unwrap_err().to_string().contains("network.schedule"));
    }

    /// Abramowitz and Stegun 7.1.26, to 1.5e-7.
    fn erf(x: f64) -> f64 {
        let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
        let poly = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
        let sum = poly.iter().fold(0.0, |sum, c| (sum + c) * t);
        (1.0 - sum * (-x * x).exp()).copysign(x)
    }
}
