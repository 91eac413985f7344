//! Predictions against outcomes.

use equipoise_stability::Verdict;

/// How often a verdict and an outcome met: the explosion event against the verdict `explodes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Explosions, by verdict in the order of [`Verdict::ALL`].
    pub exploded: [usize; 4],
    /// Other outcomes, by verdict.
    pub survived: [usize; 4],
}

impl Confusion {
    /// Counts one trial.
    pub fn count(&mut self, verdict: Verdict, exploded: bool) {
        let at = Verdict::ALL.iter().position(|v| *v == verdict).unwrap_or_default();
        let row = if exploded { &mut self.exploded } else { &mut self.survived };
        row[at] += 1;
    }

    /// Trials counted.
    pub fn total(&self) -> usize {
        self.exploded.iter().chain(&self.survived).sum()
    }

    /// Explosions counted.
    pub fn explosions(&self) -> usize {
        self.exploded.iter().sum()
    }

    /// The mean of the shares of explosions and of other outcomes that were foretold; of one share
    /// where the other outcome never came; `None` without trials.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let last = Verdict::ALL.len() - 1;
        let share = |hits: usize, all: usize| (all > 0).then(|| hits as f64 / all as f64);
        let survivors: usize = self.survived.iter().sum();
        let caught = share(self.exploded[last], self.explosions());
        let spared = share(survivors - self.survived[last], survivors);
        match (caught, spared) {
            (Some(a), Some(b)) => Some((a + b) / 2.0),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_weighs_both_outcomes_the_same() {
        let mut table = Confusion::default();
        assert_eq!(table.balanced_accuracy(), None);
        (0..8).for_each(|_| table.count(Verdict::Stable, false));
        assert_eq!(table.balanced_accuracy(), Some(1.0));
        table.count(Verdict::Explodes, true);
        table.count(Verdict::Stable, true);
        table.count(Verdict::Transient, false);
        table.count(Verdict::Explodes, false);
        // One of two explosions and nine of ten survivors.
        assert_eq!(table.balanced_accuracy(), Some((0.5 + 0.9) / 2.0));
        assert_eq!((table.total(), table.explosions()), (12, 2));
        assert_eq!(table.exploded, [1, 0, 0, 1]);
    }
}
