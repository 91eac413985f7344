//! Range, energy ratio and fluctuation ratio of a reconstruction.

use crate::{Inclusion, Result};
use equipoise_field::{Length, Real};
use serde::{Deserialize, Serialize};

/// The extremes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The smallest finite entry; +∞ when there is none.
    pub min: f64,
    /// The largest finite entry; −∞ when there is none.
    pub max: f64,
    /// How many entries are NaN or infinite.
    pub non_finite: usize,
}

impl Range {
    /// max − min.
    pub fn width(self) -> f64 {
        self.max - self.min
    }

    /// max |x|.
    pub fn magnitude(self) -> f64 {
        self.max.abs().max(self.min.abs())
    }
}

/// The extremes of the entries that count.
///
/// # Errors
/// If the mask does not fit.
pub fn range<R: Real>(x: &[R], inclusion: Inclusion<'_>) -> Result<Range> {
    inclusion.count(x.len())?;
    let start = Range { min: f64::INFINITY, max: f64::NEG_INFINITY, non_finite: 0 };
    let held = x.iter().enumerate().filter(|(i, _)| inclusion.holds(*i));
    Ok(held.fold(start, |Range { min, max, non_finite }, (_, v)| {
        let v = v.wide();
        if v.is_finite() {
            Range { min: min.min(v), max: max.max(v), non_finite }
        } else {
            Range { min, max, non_finite: non_finite + 1 }
        }
    }))
}

/// std(x)/std(truth), the study's energy ratio (section 13.1; docs/references.md), over the whole field.
///
/// A mean flow raises it: on the wake even a blank answer scores 0.7.
///
/// # Errors
/// If the lengths differ, the mask does not fit or nothing is included.
pub fn energy_ratio<R: Real>(x: &[R], truth: &[R], inclusion: Inclusion<'_>) -> Result<f64> {
    Length::check("reconstruction", x.len(), truth.len())?;
    let std = |field: &[R]| -> Result<f64> {
        let mean = inclusion.mean("energy ratio", field.len(), |i| field[i].wide())?;
        let variance = inclusion.mean("energy ratio", field.len(), |i| (field[i].wide() - mean).powi(2))?;
        Ok(variance.sqrt())
    };
    Ok(std(x)? / std(truth)?)
}

/// ‖x − m‖/‖truth − m‖ with m the prior mean: the energy ratio about the prior mean.
///
/// # Errors
/// If the lengths differ, the mask does not fit or nothing is included.
pub fn fluctuation_ratio<R: Real>(
    x: &[R],
    truth: &[R],
    prior_mean: &[R],
    inclusion: Inclusion<'_>,
) -> Result<f64> {
    Length::check("reconstruction", x.len(), truth.len())?;
    Length::check("prior mean", prior_mean.len(), truth.len())?;
    let square = |field: &[R]| {
        inclusion.mean("fluctuation ratio", field.len(), |i| (field[i].wide() - prior_mean[i].wide()).powi(2))
    };
    Ok((square(x)? / square(truth)?).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ratios_follow_a_stretch_about_their_centre(
            truth in prop::collection::vec(-5.0f64..5.0, 4..40),
            factor in 0.1f64..3.0,
            shift in -2.0f64..2.0,
        ) {
            let spread = truth.iter().fold(f64::MIN, |a, b| a.max(*b)) - truth.iter().fold(f64::MAX, |a, b| a.min(*b));
            prop_assume!(spread > 1.0);
            let stretched: Vec<f64> = truth.iter().map(|v| shift + factor * v).collect();
            let ratio = energy_ratio(&stretched, &truth, Inclusion::All).unwrap();
            // Values up to 17 lose their mean and leave deviations of at least 0.1·factor: the few
            // roundings of each count up to 17/(0.1·factor) times, of the result factor.
            let bound = 8.0 * 17.0 / 0.1 * f64::EPSILON;
            prop_assert!((ratio - factor).abs() <= bound);

            let mean = vec![shift; truth.len()];
            let about: Vec<f64> = truth.iter().map(|v| shift + factor * (v - shift)).collect();
            let ratio = fluctuation_ratio(&about, &truth, &mean, Inclusion::All).unwrap();
            prop_assert!((ratio - factor).abs() <= bound);
        }
    }

    #[test]
    fn a_blank_answer_has_no_fluctuations_whatever_the_mean_flow() {
        let mean = [10.0f32, 0.0, 10.0, 0.0];
        let truth = [10.5f32, -0.5, 9.5, 0.5];
        let blank = fluctuation_ratio(&mean, &truth, &mean, Inclusion::All).unwrap();
        assert_eq!(blank.to_bits(), 0);
        assert!(energy_ratio(&mean, &truth, Inclusion::All).unwrap() > 0.9);
    }

    #[test]
    fn the_mask_hides_extremes_and_non_finite_entries() {
        let x = [1.0f32, f32::NAN, -2.0, 1e30];
        let all = range(&x, Inclusion::All).unwrap();
        assert_eq!((all.non_finite, all.magnitude().to_bits()), (1, f64::from(1e30f32).to_bits()));
        let held = range(&x, Inclusion::Plane(&[true, false, true, false])).unwrap();
        assert_eq!(held, Range { min: -2.0, max: 1.0, non_finite: 0 });
        assert_eq!(held.width().to_bits(), 3.0f64.to_bits());
    }
}
