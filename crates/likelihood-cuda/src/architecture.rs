//! Generations of devices, by their compute capability.

use std::fmt;

/// A compute capability m.n as the number 10·m + n, so that a newer device is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Architecture(u32);

impl Architecture {
    /// The architectures that the proof is made for: A100, H100 and B200. PTX ships for them and for newer ones.
    pub const PROVEN: [Self; 3] = [Self(80), Self(90), Self(100)];

    /// The architecture of compute capability `number` / 10 . `number` % 10.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The virtual architecture that a compiler emits PTX for, as `compute_80`.
    pub fn compute(self) -> String {
        format!("compute_{}", self.0)
    }
}

/// The real architecture that an assembler takes, as `sm_80`.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sm_{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_is_greater_and_names_are_those_of_the_tools() {
        assert!(Architecture::PROVEN.is_sorted());
        assert_eq!(Architecture::new(100).to_string(), "sm_100");
        assert_eq!(Architecture::new(90).compute(), "compute_90");
    }
}
