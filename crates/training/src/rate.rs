//! The rate of a step.

use crate::{OptimiserPart, Rates};
use std::f64::consts::PI;

/// η of step k = 1 … steps: the rate times k/w while k ≤ w, the steps of the warm-up, then the rate itself
/// (`constant`), or falling to `floor` times it over the remaining steps, along a line or half a cosine wave
/// (Loshchilov and Hutter 2017, arXiv 1608.03983, eq. 5, once). PyTorch's schedulers count from 0: its step k − 1.
pub fn rate(of: &OptimiserPart, step: u64) -> f64 {
    let (warm, steps) = (of.warm_up as f64, of.steps as f64);
    // The step's own number begins at 0, as PyTorch counts.
    let k = step.saturating_sub(1) as f64;
    if k < warm {
        return of.rate * (k + 1.0) / warm;
    }
    let share = ((k - warm) / (steps - warm).max(1.0)).clamp(0.0, 1.0);
    let left = match of.schedule {
        Rates::Constant => 1.0,
        Rates::Linear => 1.0 - share,
        Rates::Cosine => 0.5 * (1.0 + (PI * share).cos()),
    };
    of.rate * (of.floor + (1.0 - of.floor) * left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_and_fall_as_said() {
        let of = OptimiserPart { steps: 110, warm_up: 10, rate: 2.0, floor: 0.1, ..OptimiserPart::default() };
        let at = |schedule, step| rate(&OptimiserPart { schedule, ..of.clone() }, step);
        for (schedule, step, expected) in [
            (Rates::Cosine, 1, 0.2),
            (Rates::Cosine, 10, 2.0),
            (Rates::Cosine, 11, 2.0),
            (Rates::Cosine, 61, 2.0 * (0.1 + 0.9 * 0.5)),
            (Rates::Linear, 61, 2.0 * (0.1 + 0.9 * 0.5)),
            (Rates::Linear, 86, 2.0 * (0.1 + 0.9 * 0.25)),
            (Rates::Linear, 111, 0.2),
            (Rates::Constant, 110, 2.0),
        ] {
            assert!(
                (at(schedule, step) - expected).abs() < 1e-14,
                "{schedule:?} {step}: {}",
                at(schedule, step)
            );
        }
    }
}
