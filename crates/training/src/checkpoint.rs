//! The state of a training in a file, to the bit.

use crate::{Row, TrainingError};
use equipoise_weights::{Precision, Tensor, Values, read_all, write};
use std::path::Path;

/// All that a step changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// Steps that were taken.
    pub(crate) step: u64,
    /// The parameters.
    pub(crate) theta: Vec<f32>,
    /// Their running average.
    pub(crate) average: Vec<f32>,
    /// m and v of AdamW.
    pub(crate) mean: Vec<f32>,
    pub(crate) square: Vec<f32>,
    /// Of each step: loss, rate, norm of the gradient.
    pub(crate) curve: Vec<[f64; 3]>,
    pub(crate) rows: Vec<Row>,
}

impl State {
    /// At the start.
    pub(crate) fn new(theta: Vec<f32>) -> Self {
        let zero = vec![0.0; theta.len()];
        Self { average: theta.clone(), theta, mean: zero.clone(), square: zero, ..Self::default() }
    }

    /// Writes it, whole or not at all.
    pub(crate) fn keep(&self, path: &Path) -> Result<(), TrainingError> {
        let single =
            |values: &[f32]| Tensor { shape: vec![values.len()], values: Values::F32(values.to_vec()) };
        let table = |columns: usize, values: Vec<f64>| Tensor {
            shape: vec![values.len() / columns, columns],
            values: Values::F64(values),
        };
        let rows = self.rows.iter().flat_map(|row| [row.step as f64, row.ratio, row.network, row.wiener]);
        let tensors = [
            ("theta", single(&self.theta)),
            ("average", single(&self.average)),
            ("adam.mean", single(&self.mean)),
            ("adam.square", single(&self.square)),
            ("step", table(1, vec![self.step as f64])),
            ("curve", table(3, self.curve.concat())),
            ("validation", table(4, rows.collect())),
        ];
        let tensors: Vec<(String, Tensor)> =
            tensors.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect();
        Ok(write(path, &tensors, Precision::AsHeld)?)
    }

    /// Reads it; `count` is the number of parameters.
    pub(crate) fn read(path: &Path, count: usize) -> Result<Self, TrainingError> {
        let mut tensors = read_all(path)?;
        let mut take = |name: &str| {
            let place = tensors.iter().position(|(key, _)| key == name);
            let found = place.map(|place| tensors.swap_remove(place).1);
            found.ok_or_else(|| fault(path, name, "nothing".into(), "a tensor".into()))
        };
        let mut single = |name: &str| match take(name)? {
            Tensor { values: Values::F32(values), .. } if values.len() == count => Ok(values),
            other => {
                let found = format!("{} numbers of shape {:?}", other.values.len(), other.shape);
                Err(fault(path, name, found, format!("the {count} parameters in f32")))
            }
        };
        let [theta, average] = [single("theta")?, single("average")?];
        let [mean, square] = [single("adam.mean")?, single("adam.square")?];
        let mut table = |name: &str, columns: usize| match take(name)? {
            Tensor { shape, values: Values::F64(values) } if shape.get(1) == Some(&columns) => Ok(values),
            other => {
                Err(fault(path, name, format!("shape {:?}", other.shape), format!("(n, {columns}) in f64")))
            }
        };
        let step = table("step", 1)?.first().copied().unwrap_or_default() as u64;
        let curve: Vec<[f64; 3]> =
            table("curve", 3)?.chunks_exact(3).map(|row| [row[0], row[1], row[2]]).collect();
        if curve.len() as u64 != step {
            let (found, expected) =
                (format!("{} rows", curve.len()), format!("one for each of {step} steps"));
            return Err(fault(path, "curve", found, expected));
        }
        let row = |row: &[f64]| Row { step: row[0] as u64, ratio: row[1], network: row[2], wiener: row[3] };
        let rows = table("validation", 4)?.chunks_exact(4).map(row).collect();
        Ok(Self { step, theta, average, mean, square, curve, rows })
    }
}

fn fault(path: &Path, field: &str, found: String, expected: String) -> TrainingError {
    TrainingError::Checkpoint { path: path.to_owned(), field: field.to_owned(), found, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back_to_the_bit_and_another_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let mut state = State::new(vec![0.1, -3e-39, 7.0]);
        state.keep(&path).unwrap();
        assert_eq!(State::read(&path, 3).unwrap(), state);
        state.step = 2;
        state.curve = vec![[1.0 / 3.0, 1e-300, 2.0], [0.2, 3.0, 4.0]];
        state.rows = vec![Row { step: 2, ratio: 0.1, network: 0.7, wiener: 0.9 }];
        state.square[1] = 1e-40;
        state.keep(&path).unwrap();
        assert_eq!(State::read(&path, 3).unwrap(), state);
        let message = State::read(&path, 4).unwrap_err().to_string();
        assert!(
            message.contains("theta: found 3 numbers") && message.contains("the 4 parameters"),
            "{message}"
        );
        state.curve.pop();
        state.keep(&path).unwrap();
        assert!(State::read(&path, 3).unwrap_err().to_string().contains("one for each of 2 steps"));
        std::fs::write(&path, b"torn").unwrap();
        assert!(matches!(State::read(&path, 3), Err(TrainingError::Weights(_))));
    }
}
