//! Readings on the grid of a prior, or why it cannot speak of them.

use crate::{ReconstructionError, Result};
pub use equipoise_data::sensors::{
    Dropped, Entry, Offence, Outside, Placed, PlacingRule, SNAP_TOLERANCE, Snap,
};
use equipoise_data::sensors::{MOST_COMPONENTS, Reading};
use equipoise_prior::Prior;
use std::path::Path;

/// Places readings on the grid of a prior, as its training file declared it
/// ([`place`](equipoise_data::sensors::place)).
///
/// # Errors
/// [`ReconstructionError::Outside`] unless outside readings are dropped,
/// [`ReconstructionError::NothingLeft`], [`ReconstructionError::Channels`].
pub fn place(prior: &Prior, path: &Path, readings: &[Reading], rule: &PlacingRule) -> Result<Placed> {
    let shape = prior.shape();
    if !(1..=MOST_COMPONENTS).contains(&shape.channels) {
        return Err(ReconstructionError::Channels { shape });
    }
    let placed = equipoise_data::sensors::place(&prior.described(path), readings, rule);
    let path = path.to_path_buf();
    match placed.dropped.first() {
        Some(&Dropped { row, offence }) if rule.outside == Outside::Refuse => {
            Err(ReconstructionError::Outside { path, row, offence, count: placed.dropped.len() })
        }
        Some(&Dropped { row, offence }) if placed.entries.is_empty() => {
            Err(ReconstructionError::NothingLeft { path, dropped: placed.dropped.len(), row, offence })
        }
        _ => Ok(placed),
    }
}
