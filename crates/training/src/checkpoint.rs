//! The state of a training in a file, to the bit.

use crate::{Result, Row, TrainingError};
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
    pub(crate) fn keep(&self, path: &Path) -> Result<()> {
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
            ("checksum", table(1, self.checksum())),
        ];
        let tensors: Vec<(String, Tensor)> =
            tensors.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect();
        Ok(write(path, &tensors, Precision::AsHeld)?)
    }

    /// Reads it; `count` is the number of parameters.
    pub(crate) fn read(path: &Path, count: usize) -> Result<Self> {
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
        let sums = table("checksum", 1)?;
        let state = Self { step, theta, average, mean, square, curve, rows };
        if sums == state.checksum() {
            return Ok(state);
        }
        Err(fault(
            path,
            "checksum",
            format!("{sums:?}"),
            format!("{:?}, of the numbers that stand there", state.checksum()),
        ))
    }

    /// FNV-1a over the bytes of every number, 64 bits in two halves: one byte that differs always shows.
    fn checksum(&self) -> Vec<f64> {
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |bytes: &[u8]| {
            bytes.iter().for_each(|byte| sum = (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        };
        for values in [&self.theta, &self.average, &self.mean, &self.square] {
            values.iter().for_each(|value| add(&value.to_le_bytes()));
        }
        add(&self.step.to_le_bytes());
        self.curve.iter().flatten().for_each(|value| add(&value.to_le_bytes()));
        for row in &self.rows {
            add(&row.step.to_le_bytes());
            [row.ratio, row.network, row.wiener].iter().for_each(|value| add(&value.to_le_bytes()));
        }
        vec![(sum >> 32) as f64, (sum & 0xffff_ffff) as f64]
    }

    /// That a step left numbers: what is infinite in single precision is no state to go on from.
    pub(crate) fn check(&self) -> Result<()> {
        let parts = [
            ("a parameter", &self.theta),
            ("the average of a parameter", &self.average),
            ("the mean of a gradient", &self.mean),
            ("the mean square of a gradient", &self.square),
        ];
        for (what, values) in parts {
            if let Some(found) = values.iter().find(|value| !value.is_finite()) {
                return Err(TrainingError::Diverged { step: self.step, what, found: f64::from(*found) });
            }
        }
        Ok(())
    }
}

fn fault(path: &Path, field: &str, found: String, expected: String) -> TrainingError {
    TrainingError::Checkpoint { path: path.to_owned(), field: field.to_owned(), found, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_no_state() {
        let mut state = State::new(vec![0.1, 7.0]);
        state.check().unwrap();
        state.step = 4;
        state.square[1] = f32::INFINITY;
        let message = state.check().unwrap_err().to_string();
        assert!(message.contains("step 4") && message.contains("mean square"), "{message}");
    }

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
        state.curve.push([0.2, 3.0, 4.0]);
        state.keep(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let start = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        for place in start..bytes.len() {
            let mut torn = bytes.clone();
            torn[place] ^= 0x10;
            std::fs::write(&path, &torn).unwrap();
            // Fractions of a count of steps are dropped: such a file says the same.
            match State::read(&path, 3) {
                Ok(read) => assert_eq!(read, state, "{place}"),
                Err(error) => assert!(matches!(error, TrainingError::Checkpoint { .. }), "{place}: {error}"),
            }
        }
        std::fs::write(&path, b"torn").unwrap();
        assert!(matches!(State::read(&path, 3), Err(TrainingError::Weights(_))));
    }
}
