//! What is said of a run before its first step.

use crate::{Course, EXPLODES_ABOVE, STABLE_UP_TO, TRANSIENT_ABOVE, Verdict};
use std::fmt;

/// How far a certificate reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The step is affine: the certificate holds for every start and every observation.
    Global,
    /// The step was linearised at the states of one trajectory.
    Local,
}

/// The direction that is amplified most.
#[derive(Clone, Debug, PartialEq)]
pub enum Direction {
    /// A Fourier mode of the fine grid, the largest component of an alias block.
    Wavenumber {
        /// (k_H, k_W), signed.
        wavenumber: (i64, i64),
        /// Which of the T·C modes of that wavenumber, by falling λ.
        mode: usize,
        /// Its λ.
        lambda: f64,
    },
    /// A wavenumber of the coarse grid, with everything that folds onto it.
    Coarse {
        /// (q_H, q_W), signed.
        wavenumber: (i64, i64),
    },
    /// What is observed, not told apart.
    Observed,
    /// A mode of an explicit basis, by falling λ.
    Mode {
        /// Which one.
        mode: usize,
        /// Its λ.
        lambda: f64,
    },
    /// What is observed beyond the explicit modes.
    ObservedRest,
    /// What is neither observed nor in the span of the explicit modes and their observed parts.
    UnobservedRest,
    /// The field whose largest entry has this flat index.
    Field {
        /// The index.
        index: usize,
    },
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wavenumber { wavenumber: (h, w), mode, .. } => write!(f, "k = ({h}, {w}), mode {mode}"),
            Self::Coarse { wavenumber: (h, w) } => write!(f, "q = ({h}, {w})"),
            Self::Observed => f.write_str("observed modes"),
            Self::Mode { mode, .. } => write!(f, "mode {mode}"),
            Self::ObservedRest => f.write_str("observed rest"),
            Self::UnobservedRest => f.write_str("unobserved rest"),
            Self::Field { index } => write!(f, "field, largest at {index}"),
        }
    }
}

/// The first time at which the amplification exceeds the limit that the verdict stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Its diffusion time.
    pub t: f64,
    /// The limit.
    pub limit: f64,
}

/// Whitened amplification of a run.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// σ_W = ‖∏ P̃_t‖ over the whole run; infinite beyond the range of `f64`.
    pub sigma_w: f64,
    /// The largest norm of a beginning of the product.
    pub peak: f64,
    /// The field at the end, in the direction amplified most there, over the prior's own norm √(tr Σ).
    pub field: f64,
    /// The norm up to each time of the course, in the order of its times; the first is 1.
    pub amplification: Vec<f64>,
    /// What is amplified most at the peak.
    pub direction: Direction,
    /// The first time above the limit of the verdict; `None` when stable.
    pub crossing: Option<Crossing>,
    /// The verdict on fields of the precision that the certificate was asked for.
    pub verdict: Verdict,
    /// How far it reaches.
    pub scope: Scope,
}

impl Certificate {
    /// From ln ‖·‖ up to each time, and the field at the end over the prior's.
    pub(crate) fn new(
        course: &Course,
        log: &[f64],
        field: f64,
        direction: Direction,
        epsilon: f64,
        scope: Scope,
    ) -> Self {
        let amplification: Vec<f64> = log.iter().map(|l| l.exp()).collect();
        let sigma_w = amplification.last().copied().unwrap_or(1.0);
        let peak = amplification.iter().copied().fold(1.0, |a: f64, b| if b.is_nan() { b } else { a.max(b) });
        let verdict = Verdict::of(sigma_w, peak, field, epsilon);
        let crossing = Crossing::of(course, &amplification, verdict);
        Self { sigma_w, peak, field, amplification, direction, crossing, verdict, scope }
    }
}

impl Crossing {
    /// Of the amplification at the times of a course, on which a verdict stands.
    pub(crate) fn of(course: &Course, amplification: &[f64], verdict: Verdict) -> Option<Self> {
        let limit = match verdict {
            Verdict::Stable => return None,
            Verdict::Amplifying => STABLE_UP_TO,
            Verdict::Transient => TRANSIENT_ABOVE,
            Verdict::Explodes => EXPLODES_ABOVE,
        };
        let first = amplification.iter().position(|a| a.is_nan() || *a > limit)?;
        Some(Self { t: course.times()[first], limit })
    }
}
