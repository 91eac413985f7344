//! What the numbers of a configuration may be.

use super::{GaussianPart, Laws, LossPart, NetworkPart, NoisePart, OptimiserPart};
use crate::Result;
use crate::error::fault;
use std::path::PathBuf;

/// Windows of a step beyond which no machine has the memory.
const MOST_WINDOWS: usize = 1 << 20;

/// The least σ/μ; one over it is the largest. Squares of either, and what is divided by them, are numbers in f32.
const LOWEST: f64 = 1e-12;

/// That a number lies where it may.
fn within(field: &str, value: f64, is_right: bool, expected: &str) -> Result<()> {
    if is_right && value.is_finite() { Ok(()) } else { Err(fault(field, format!("{value:?}"), expected)) }
}

impl NetworkPart {
    pub(super) fn check(&self) -> Result<()> {
        let [widths, blocks] = [self.widths.len(), self.blocks.len()];
        if widths == 0 {
            return Err(fault("network.widths", "[]", "a number of channels for each depth, one at least"));
        }
        if blocks != 0 && blocks != widths {
            let expected = format!("none, or one for each of the {widths} network.widths");
            return Err(fault("network.blocks", format!("{blocks} numbers"), expected));
        }
        Ok(())
    }
}

impl GaussianPart {
    pub(super) fn check(&self) -> Result<()> {
        let expected = "0 to 1e12, of data whose variance is about 1";
        let ridge = self.ridge.unwrap_or_default();
        within("gaussian.ridge", ridge, (0.0..=LOWEST.recip()).contains(&ridge), expected)?;
        let quoted = |text: &String| (!text.is_empty()).then(|| format!("\"{text}\""));
        for (field, found) in [
            ("gaussian.normalizer", quoted(&self.normalizer)),
            ("gaussian.model", quoted(&self.model)),
            ("gaussian.rank", (self.rank > 0).then(|| self.rank.to_string())),
            ("gaussian.ridge", self.ridge.map(|ridge| format!("{ridge:?}"))),
        ] {
            if let (Some(found), false) = (found, self.file.is_empty()) {
                return Err(fault(field, found, "none: gaussian.file was fitted already"));
            }
        }
        Ok(())
    }

    /// Where the Gaussian of one's own lies.
    pub(crate) fn own(&self) -> Option<PathBuf> {
        (!self.file.is_empty()).then(|| self.folder.join(&self.file))
    }
}

/// That a step can be held: `each` bytes a window beside `fixed`, of `free`.
pub(crate) fn held(batch: usize, each: usize, fixed: usize, free: usize) -> Result<()> {
    let most = free.saturating_sub(fixed) / each.max(1);
    if batch <= most {
        return Ok(());
    }
    let (mib, gib) = (each as f64 / f64::from(1 << 20), free as f64 / f64::from(1 << 30));
    let most = if most == 0 { "a smaller network or window".to_owned() } else { format!("at most {most}") };
    let expected = format!("{most}: a window takes {mib:.1} MiB, and {gib:.2} GiB are free");
    Err(fault("optimiser.batch", batch, expected))
}

impl OptimiserPart {
    pub(super) fn check(&self) -> Result<()> {
        if self.steps == 0 {
            return Err(fault("optimiser.steps", 0, "at least 1"));
        }
        if self.batch == 0 {
            return Err(fault("optimiser.batch", 0, "at least 1"));
        }
        if self.batch > MOST_WINDOWS {
            return Err(fault("optimiser.batch", self.batch, format!("at most {MOST_WINDOWS}")));
        }
        if self.warm_up > self.steps {
            let expected = format!("at most the {} of optimiser.steps", self.steps);
            return Err(fault("optimiser.warm_up", self.warm_up, expected));
        }
        within("optimiser.rate", self.rate, self.rate > 0.0, "a number above 0")?;
        // At 0 a gradient of exactly 0, which the layers before a silent one have, is divided by itself.
        within("optimiser.epsilon", self.epsilon, self.epsilon > 0.0, "a number above 0")?;
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
    pub(super) fn check(&self) -> Result<()> {
        within("noise.low", self.low, self.low >= LOWEST, "a sigma/mu of 1e-12 or more")?;
        let is_right = self.high > self.low && self.high <= LOWEST.recip();
        within("noise.high", self.high, is_right, "a sigma/mu above noise.low, 1e12 at most")?;
        within("noise.deviation", self.deviation, self.deviation > 0.0, "a number above 0")?;
        let ends = [self.low.ln(), self.high.ln()].map(|end| (end - self.mean).abs());
        let is_between = (self.low.ln()..=self.high.ln()).contains(&self.mean);
        // Beyond 3 deviations fewer than one in 700 draws lies in the range, and 64 in a row may miss it.
        let is_near = is_between || ends[0].min(ends[1]) <= 3.0 * self.deviation;
        let is_used = self.law == Laws::LogNormal && self.share < 1.0;
        let expected =
            "a number of ln sigma/mu within 3 noise.deviation of the range from noise.low to noise.high";
        within("noise.mean", self.mean, is_near || !is_used, expected)?;
        within("noise.share", self.share, (0.0..=1.0).contains(&self.share), "from 0 to 1")
    }
}

impl LossPart {
    pub(super) fn check(&self) -> Result<()> {
        within("loss.gamma", self.gamma, self.gamma > 0.0, "a number above 0")?;
        let is_right = (LOWEST..=LOWEST.recip()).contains(&self.sigma_data);
        within("loss.sigma_data", self.sigma_data, is_right, "from 1e-12 to 1e12")
    }
}

#[cfg(test)]
mod tests {
    use super::held;

    #[test]
    fn a_batch_beyond_what_is_free_is_refused_with_what_may_be() {
        held(8, 100 << 20, 50 << 20, 850 << 20).unwrap();
        let refused = |batch, free| held(batch, 100 << 20, 50 << 20, free).unwrap_err().to_string();
        let message = refused(9, 850 << 20);
        let expected =
            "optimiser.batch: found 9, expected at most 8: a window takes 100.0 MiB, and 0.83 GiB are free";
        assert_eq!(message, expected);
        assert!(refused(1, 60 << 20).contains("expected a smaller network or window"));
        assert!(refused(1 << 20, 24 << 30).contains("at most 245: "));
    }
}
