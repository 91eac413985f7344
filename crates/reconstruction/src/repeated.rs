//! Readings that repeat each other so exactly that S cannot be solved.

use crate::{Entry, ReconstructionError};
use equipoise_prior::Prior;
use std::collections::HashMap;
use std::path::Path;

/// The sum of two noise variances, in normalised units, below which two readings at one place and time are
/// refused. Their weights in the mean are their difference over this sum, with opposite signs, and what a
/// field in `f32` leaves of the two is up to 2⁻²⁴ of them: here a tenth of the difference.
const LOST: f64 = 1e-6;

/// Two entries at one place and time whose noise is lost beside the prior's spread.
pub(crate) fn lost(path: &Path, entries: &[Entry], prior: &Prior) -> Option<ReconstructionError> {
    let scale = prior.normalizer().scale();
    let mut seen: HashMap<[u64; 4], &Entry> = HashMap::new();
    let variance = |entry: &Entry| (entry.measured.noise / scale[entry.sensor.channel]).powi(2);
    for entry in entries {
        // −0 is 0.
        let at = [entry.sensor.frame, entry.sensor.row, entry.sensor.column].map(|at| (at + 0.0).to_bits());
        let at = [at[0], at[1], at[2], entry.sensor.channel as u64];
        let Some(kept) = seen.insert(at, entry) else { continue };
        if variance(kept) + variance(entry) < LOST {
            return Some(told(path, kept, entry, prior));
        }
        if variance(kept) < variance(entry) {
            seen.insert(at, kept);
        }
    }
    None
}

/// The two entries of one component that are nearest to each other.
pub(crate) fn nearest(path: &Path, entries: &[Entry], prior: &Prior) -> Option<ReconstructionError> {
    let pairs = entries.iter().enumerate().flat_map(|(i, a)| entries[..i].iter().map(move |b| (b, a)));
    let pairs = pairs.filter(|(a, b)| a.sensor.channel == b.sensor.channel);
    let (a, b) = pairs.min_by(|p, q| apart(p.0, p.1).total_cmp(&apart(q.0, q.1)))?;
    Some(told(path, a, b, prior))
}

fn told(path: &Path, a: &Entry, b: &Entry, prior: &Prior) -> ReconstructionError {
    ReconstructionError::Repeated {
        path: path.into(),
        rows: [a.row, b.row],
        component: prior.components().swap_remove(a.sensor.channel),
        apart: apart(a, b),
        noise: [a.measured.noise, b.measured.noise],
    }
}

fn apart(a: &Entry, b: &Entry) -> f64 {
    let (a, b) = (a.sensor, b.sensor);
    (a.frame - b.frame).abs() + (a.row - b.row).abs() + (a.column - b.column).abs()
}
