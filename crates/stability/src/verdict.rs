//! The verdict and its thresholds.

use std::fmt;

/// σ_W up to which a run is [`Verdict::Stable`].
pub const STABLE_UP_TO: f64 = 3.0;
/// σ_W, or G, above which a run [`Verdict::Explodes`].
pub const EXPLODES_ABOVE: f64 = 10.0;
/// The field that must come with it, in prior norms. The explosion event is a field ten times the
/// truth's; one direction a block is up to 1.4 times less than the whole.
pub const FIELD_ABOVE: f64 = 7.0;
/// The peak above which a run that comes back is [`Verdict::Transient`].
pub const TRANSIENT_ABOVE: f64 = 100.0;

/// What will become of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// σ_W ≤ 3, and no transient.
    Stable,
    /// σ_W > 3 that does not explode, and no transient.
    Amplifying,
    /// A peak above 100 from which the run comes back.
    Transient,
    /// σ_W > 10 with a field above seven times the prior's, or a peak whose rounding alone stays above 10.
    Explodes,
}

impl Verdict {
    /// Every verdict, from harmless to fatal.
    pub const ALL: [Self; 4] = [Self::Stable, Self::Amplifying, Self::Transient, Self::Explodes];

    /// From σ_W, the peak and the field, of a run whose fields have relative precision `epsilon`.
    ///
    /// `field` is what the amplified direction is in the field, over the prior's own norm √(tr Σ):
    /// tenfold in a direction that carries a millionth of the variance is no explosion.
    /// Rounding at the peak leaves an error of peak·ε in every direction, also in those that are
    /// damped no more afterwards: above 10 it is an explosion whatever σ_W says.
    pub fn of(sigma_w: f64, peak: f64, field: f64, epsilon: f64) -> Self {
        // NaN has no place in an order; a norm that is not a number is a run that is not one.
        let above = |value: f64, limit: f64| value.is_nan() || value > limit;
        let bursts = above(sigma_w, EXPLODES_ABOVE) && above(field, FIELD_ABOVE);
        if bursts || above(peak * epsilon, EXPLODES_ABOVE) {
            Self::Explodes
        } else if above(peak, TRANSIENT_ABOVE) {
            Self::Transient
        } else if above(sigma_w, STABLE_UP_TO) {
            Self::Amplifying
        } else {
            Self::Stable
        }
    }

    /// The name that tables print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Amplifying => "amplifying",
            Self::Transient => "transient",
            Self::Explodes => "explodes",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_divide_the_plane_of_end_and_peak() {
        let single = f64::from(f32::EPSILON);
        let of = |sigma_w, peak| Verdict::of(sigma_w, peak, sigma_w, single);
        assert_eq!(of(3.0, 3.0), Verdict::Stable);
        assert_eq!(of(3.1, 3.1), Verdict::Amplifying);
        assert_eq!(of(10.0, 100.0), Verdict::Amplifying);
        assert_eq!(of(1.0, 101.0), Verdict::Transient);
        assert_eq!(of(10.1, 10.1), Verdict::Explodes);
        assert_eq!(of(f64::NAN, 1.0), Verdict::Explodes);
        // 10/ε of f32 is 8.4e7: the same peak is no explosion in f64.
        assert_eq!(of(1.0, 1e8), Verdict::Explodes);
        assert_eq!(Verdict::of(1.0, 1e8, 1.0, f64::EPSILON), Verdict::Transient);
        // A hundredfold that nobody sees.
        assert_eq!(Verdict::of(99.0, 99.0, 0.1, single), Verdict::Amplifying);
        assert_eq!(Verdict::of(99.0, 101.0, 0.1, single), Verdict::Transient);
    }
}
