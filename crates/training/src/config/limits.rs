//! What the numbers of a configuration may be.

use super::{LossPart, NoisePart, OptimiserPart};
use crate::TrainingError;
use crate::error::fault;

/// That a number lies where it may.
fn within(field: &str, value: f64, is_right: bool, expected: &str) -> Result<(), TrainingError> {
    if is_right && value.is_finite() { Ok(()) } else { Err(fault(field, value, expected)) }
}

impl OptimiserPart {
    pub(super) fn check(&self) -> Result<(), TrainingError> {
        if self.steps == 0 {
            return Err(fault("optimiser.steps", 0, "at least 1"));
        }
        if self.batch == 0 {
            return Err(fault("optimiser.batch", 0, "at least 1"));
        }
        if self.warm_up > self.steps {
            let expected = format!("at most the {} of optimiser.steps", self.steps);
            return Err(fault("optimiser.warm_up", self.warm_up, expected));
        }
        within("optimiser.rate", self.rate, self.rate > 0.0, "a number above 0")?;
        within("optimiser.epsilon", self.epsilon, self.epsilon >= 0.0, "0 or more")?;
        within("optimiser.decay", self.decay, self.decay >= 0.0, "0 or more")?;
        within("optimiser.clip", self.clip, self.clip >= 0.0, "0, for none, or more")?;
        for (field, value) in
            [("optimiser.beta1", self.beta1), ("optimiser.beta2", self.beta2), ("optimiser.ema", self.ema)]
        {
            within(field, value, (0.0..1.0).contains(&value), "from 0 to below 1")?;
        }
        within("optimiser.floor", self.floor, (0.0..=1.0).contains(&self.floor), "from 0 to 1")
    }
}

impl NoisePart {
    pub(super) fn check(&self) -> Result<(), TrainingError> {
        within("noise.low", self.low, self.low > 0.0, "a sigma/mu above 0")?;
        within("noise.high", self.high, self.high > self.low, "a sigma/mu above noise.low")?;
        within("noise.mean", self.mean, true, "a finite number")?;
        within("noise.deviation", self.deviation, self.deviation > 0.0, "a number above 0")?;
        within("noise.share", self.share, (0.0..=1.0).contains(&self.share), "from 0 to 1")
    }
}

impl LossPart {
    pub(super) fn check(&self) -> Result<(), TrainingError> {
        within("loss.gamma", self.gamma, self.gamma > 0.0, "a number above 0")?;
        within("loss.sigma_data", self.sigma_data, self.sigma_data > 0.0, "a number above 0")
    }
}
