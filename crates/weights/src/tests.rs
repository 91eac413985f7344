//! Files of PyTorch's own, files written byte by byte, and damaged ones.

mod bounds;
mod damaged;
mod made;
mod real;
mod refused;
mod safetensors;

use crate::{Pick, State, Values, WeightsError};
use std::path::PathBuf;

/// A file that `tests/fixtures/make.py` wrote.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(name: &str, pick: Pick) -> Result<State, WeightsError> {
    State::read(&fixture(name), pick)
}

/// Every number of a tensor, by its bits.
fn bits(values: &Values) -> Vec<u64> {
    match values {
        Values::F32(values) => values.iter().map(|value| u64::from(value.to_bits())).collect(),
        Values::F64(values) => values.iter().map(|value| value.to_bits()).collect(),
    }
}
