//! How long windows must be.

use crate::composite::Windows;
use crate::cost::Excess;
use crate::error::{Result, WindowsError};
use crate::series::Series;
use equipoise_composition::Fold;
use serde::Serialize;

/// The shortest windows whose excess error of x̂ stays within a target.
#[derive(Clone, Debug, Serialize)]
pub struct Needed {
    /// The excess allowed.
    pub target: f64,
    /// σ/μ and the least k there.
    pub by_ratio: Vec<(f64, Least)>,
    /// The least k that holds at every ratio.
    pub throughout: Least,
}

/// The least k, of windows of 2k + 1 frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Least {
    /// This one is enough, and no shorter one that was tried.
    Enough(usize),
    /// The longest that fits the trajectory is not.
    Beyond(usize),
}

impl Least {
    /// k where there is one.
    pub const fn k(self) -> Option<usize> {
        match self {
            Self::Enough(k) => Some(k),
            Self::Beyond(_) => None,
        }
    }
}

/// The least k whose excess is at most `target`, at each ratio and at all of them, trying k = 0, 1, 2 … as far as
/// windows of 2k + 1 frames fit L with `fold`; those that do not are passed over.
///
/// # Errors
/// [`WindowsError`]: a target that is not positive, no windows that fit, or what [`costs`](crate::costs) refuses.
pub fn needed(series: &[Series], fold: Fold, ratios: &[f64], target: f64) -> Result<Needed> {
    crate::cost::positive("target", target)?;
    let excess = Excess::new(series, ratios)?;
    let frames = series.first().map_or(0, Series::frames);
    let fitting: Vec<usize> =
        (0..).take_while(|k| 2 * k < frames).filter(|k| fold.windows(2 * k + 1, frames).is_ok()).collect();
    let longest = *fitting.last().ok_or(WindowsError::Empty { what: "window that fits the fold" })?;
    let mut least = vec![Least::Beyond(longest); ratios.len()];
    let mut throughout = Least::Beyond(longest);
    for k in fitting {
        let found = excess.of(Windows { window: 2 * k + 1, fold })?;
        for (least, excess) in least.iter_mut().zip(&found) {
            if *excess <= target && least.k().is_none() {
                *least = Least::Enough(k);
            }
        }
        if found.iter().all(|excess| *excess <= target) {
            throughout = Least::Enough(k);
            break;
        }
    }
    Ok(Needed { target, by_ratio: ratios.iter().copied().zip(least).collect(), throughout })
}
