//! The study's tables, recomputed in closed form and set beside what it printed.
//!
//! What recomputing shows of it stands in the notes of the tables and, whole, in docs/references.md.

mod counts;
mod entry;
mod law_parameters;
mod outcomes;
mod strength;
mod time_dependence;

pub use entry::{Agreement, Entry, ReferenceTable};

use crate::{NConvention, lattice_count};

/// (T, C, H, W) of the study's cylinder wake; it prints T·C = 32 planes.
const WAKE: [usize; 4] = [16, 2, 199, 399];

/// The strides of every table.
const SUBS: [usize; 4] = [2, 4, 8, 16];

/// The five reference tables, with `level_ratio(t)` = σ/μ of the `linear_beta` schedule
/// (β_min = 0.1, β_max = 20).
pub fn reference_tables(level_ratio: impl Fn(f64) -> f64) -> Vec<ReferenceTable> {
    vec![
        counts::table(),
        time_dependence::table(&level_ratio),
        strength::table(&level_ratio),
        law_parameters::table(),
        outcomes::table(),
    ]
}

fn count([frames, channels, height, width]: [usize; 4], sub: usize, convention: NConvention) -> usize {
    lattice_count(frames, channels, height, width, sub, convention)
        .expect("the strides of the tables are smaller than their grids")
}
