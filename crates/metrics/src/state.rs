//! The state of a reconstruction and the thresholds that decide it.

use crate::Range;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `exploded` above this multiple of the truth's largest magnitude.
pub const EXPLOSION: f64 = 10.0;
/// `balanced` up to this multiple of the floor RMSE.
pub const BALANCED_RMSE: f64 = 1.25;
/// Below this misfit χ the observations are overfitted.
pub const MISFIT_LOW: f64 = 0.8;
/// Above this misfit χ the observations are ignored.
pub const MISFIT_HIGH: f64 = 1.25;
/// Below this fluctuation ratio the reconstruction is blurred.
pub const FLUCTUATION_LOW: f64 = 0.85;
/// Above this fluctuation ratio the reconstruction is noisy.
pub const FLUCTUATION_HIGH: f64 = 1.15;
/// `likelihood_dominated` above this multiple of the truth's max − min.
pub const RANGE_EXCESS: f64 = 1.5;

/// What became of a reconstruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Some value is not finite.
    Nan,
    /// Some value exceeds ten times the truth's largest magnitude.
    Exploded,
    /// As good as posterior samples can be, and true to the observations.
    Balanced,
    /// Overfitted or noisy.
    LikelihoodDominated,
    /// Underfitted or blurred.
    PriorDominated,
    /// None of the others.
    Inaccurate,
}

impl State {
    /// Whether this is the explosion event: `nan` or `exploded`.
    pub const fn is_explosion(self) -> bool {
        matches!(self, Self::Nan | Self::Exploded)
    }

    /// The name that tables and files print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nan => "nan",
            Self::Exploded => "exploded",
            Self::Balanced => "balanced",
            Self::LikelihoodDominated => "likelihood_dominated",
            Self::PriorDominated => "prior_dominated",
            Self::Inaccurate => "inaccurate",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the classifier looks at; every number is a column of the results.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The reconstruction's extremes.
    pub range: Range,
    /// The truth's extremes.
    pub truth: Range,
    /// χ, the misfit to the observations in units of their noise.
    pub misfit: f64,
    /// RMSE against the truth.
    pub rmse: f64,
    /// The RMSE of exact posterior samples, where the posterior is known.
    pub floor_rmse: Option<f64>,
    /// The standard deviation ratio about the prior mean.
    pub fluctuation_ratio: f64,
}

/// The first state whose rule holds:
///
/// 1. `nan`: any non-finite value.
/// 2. `exploded`: max|x| > 10 max|truth|.
/// 3. `balanced`: χ in [0.8, 1.25] and RMSE ≤ 1.25 floor RMSE; where the posterior is unknown, χ in
///    the same band and the fluctuation ratio in [0.85, 1.15].
/// 4. `likelihood_dominated`: χ < 0.8, max − min > 1.5 × the truth's, or fluctuation ratio > 1.15.
/// 5. `prior_dominated`: χ > 1.25 or fluctuation ratio < 0.85.
/// 6. `inaccurate`: the rest.
pub fn classify(evidence: &Evidence) -> State {
    let Evidence { range, truth, misfit, rmse, floor_rmse, fluctuation_ratio } = *evidence;
    if range.non_finite > 0 {
        return State::Nan;
    }
    if range.magnitude() > EXPLOSION * truth.magnitude() {
        return State::Exploded;
    }
    let accurate = match floor_rmse {
        Some(floor) => rmse <= BALANCED_RMSE * floor,
        None => (FLUCTUATION_LOW..=FLUCTUATION_HIGH).contains(&fluctuation_ratio),
    };
    if accurate && (MISFIT_LOW..=MISFIT_HIGH).contains(&misfit) {
        State::Balanced
    } else if misfit < MISFIT_LOW
        || range.width() > RANGE_EXCESS * truth.width()
        || fluctuation_ratio > FLUCTUATION_HIGH
    {
        State::LikelihoodDominated
    } else if misfit > MISFIT_HIGH || fluctuation_ratio < FLUCTUATION_LOW {
        State::PriorDominated
    } else {
        State::Inaccurate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: Range = Range { min: -1.0, max: 1.0, non_finite: 0 };

    fn evidence(misfit: f64, rmse_over_floor: f64, fluctuation_ratio: f64) -> Evidence {
        Evidence {
            range: TRUTH,
            truth: TRUTH,
            misfit,
            rmse: rmse_over_floor,
            floor_rmse: Some(1.0),
            fluctuation_ratio,
        }
    }

    #[test]
    fn rules_hold_in_their_order_up_to_their_boundaries() {
        use State::{Balanced, Inaccurate, LikelihoodDominated, PriorDominated};
        for (misfit, rmse, fluctuation, expected) in [
            (1.0, 1.0, 1.0, Balanced),
            (0.8, 1.25, 1.0, Balanced),
            (1.25, 1.25, 1.0, Balanced),
            // With the posterior known the fluctuation ratio does not bar balance.
            (1.0, 1.0, 2.0, Balanced),
            (1.0, 1.0, 0.1, Balanced),
            (0.799, 1.0, 1.0, LikelihoodDominated),
            (1.0, 1.251, 1.151, LikelihoodDominated),
            (1.0, 1.251, 1.15, Inaccurate),
            (1.0, 1.251, 0.85, Inaccurate),
            (1.0, 1.251, 0.849, PriorDominated),
            (1.251, 1.0, 1.0, PriorDominated),
            // Both rule 4 and rule 5 hold: the earlier wins.
            (1.251, 1.0, 1.151, LikelihoodDominated),
            (0.799, 1.0, 0.849, LikelihoodDominated),
        ] {
            assert_eq!(
                classify(&evidence(misfit, rmse, fluctuation)),
                expected,
                "{misfit} {rmse} {fluctuation}"
            );
        }
    }

    #[test]
    fn without_a_posterior_the_fluctuation_ratio_decides_balance() {
        for (misfit, fluctuation, expected) in [
            (1.0, 0.85, State::Balanced),
            (1.0, 1.15, State::Balanced),
            (1.0, 0.849, State::PriorDominated),
            (1.0, 1.151, State::LikelihoodDominated),
            (1.251, 1.0, State::PriorDominated),
            (0.799, 1.0, State::LikelihoodDominated),
        ] {
            let unknown = Evidence { floor_rmse: None, ..evidence(misfit, 100.0, fluctuation) };
            assert_eq!(classify(&unknown), expected, "{misfit} {fluctuation}");
        }
    }

    #[test]
    fn explosions_come_before_everything_else() {
        let with = |min, max, non_finite| {
            classify(&Evidence { range: Range { min, max, non_finite }, ..evidence(1.0, 1.0, 1.0) })
        };
        assert_eq!(with(-1.0, 10.0, 0), State::Balanced);
        assert_eq!(with(-10.001, 1.0, 0), State::Exploded);
        assert_eq!(with(-1.0, 1.0, 1), State::Nan);
        assert_eq!(with(f64::INFINITY, f64::NEG_INFINITY, 5), State::Nan);
        assert!(State::Nan.is_explosion() && State::Exploded.is_explosion());
        assert!(!State::LikelihoodDominated.is_explosion());
    }

    #[test]
    fn a_range_beyond_one_and_a_half_is_likelihood_dominated() {
        let with = |max| classify(&Evidence { range: Range { max, ..TRUTH }, ..evidence(1.0, 2.0, 1.0) });
        assert_eq!(with(2.0), State::Inaccurate);
        assert_eq!(with(2.001), State::LikelihoodDominated);
    }

    #[test]
    fn missing_numbers_never_make_a_balance() {
        assert_eq!(classify(&evidence(f64::NAN, 1.0, 1.0)), State::Inaccurate);
        assert_eq!(classify(&evidence(1.0, f64::NAN, f64::NAN)), State::Inaccurate);
    }
}
