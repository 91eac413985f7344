//! Tensors into a safetensors file, and all of a file as they stand there.

use crate::safe::tensor;
use crate::{Tensor, Values, WeightsError};
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::fs;
use std::io::Write;
use std::path::Path;

/// How numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Each as it is held.
    #[default]
    AsHeld,
    /// Half precision, rounded to the nearest.
    Half,
}

/// Writes tensors by name as a safetensors file, whole or not at all: under a name of its own first, which then takes
/// the place of what stood at `path`.
///
/// # Errors
/// [`WeightsError::File`]; [`WeightsError::Tensor`] for a shape that does not hold its numbers, and for a number that
/// half precision does not hold; [`WeightsError::SafeTensors`].
pub fn write(path: &Path, tensors: &[(String, Tensor)], precision: Precision) -> Result<(), WeightsError> {
    let refused = |key: &str, found: String, expected: &str| WeightsError::Tensor {
        file: path.to_owned(),
        key: key.to_owned(),
        found,
        expected: expected.to_owned(),
    };
    let mut bytes = Vec::with_capacity(tensors.len());
    for (key, tensor) in tensors {
        if tensor.shape.iter().product::<usize>() != tensor.values.len() {
            let found = format!("{} numbers of shape {:?}", tensor.values.len(), tensor.shape);
            return Err(refused(key, found, "as many as the shape holds"));
        }
        let written = encoded(&tensor.values, precision);
        bytes.push(written.map_err(|found| refused(key, found.to_string(), "numbers up to 65504"))?);
    }
    let failed = |source| WeightsError::SafeTensors { file: path.to_owned(), source };
    let views = tensors.iter().zip(&bytes).map(|((key, tensor), (kind, bytes))| {
        Ok((key.as_str(), TensorView::new(*kind, tensor.shape.clone(), bytes).map_err(failed)?))
    });
    let views = views.collect::<Result<Vec<_>, WeightsError>>()?;
    put(path, &safetensors::serialize(views, None).map_err(failed)?, true)
        .map_err(|source| WeightsError::File { file: path.to_owned(), source })
}

/// All tensors of a safetensors file under the names that stand there, in the order of their bytes.
///
/// # Errors
/// [`WeightsError::File`], [`WeightsError::SafeTensors`]; [`WeightsError::Tensor`] for other numbers than floats.
pub fn read_all(path: &Path) -> Result<Vec<(String, Tensor)>, WeightsError> {
    let bytes = fs::read(path).map_err(|source| WeightsError::File { file: path.to_owned(), source })?;
    let failed = |source| WeightsError::SafeTensors { file: path.to_owned(), source };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(failed)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(failed)?;
    let one = |key: String| {
        let view = tensors.tensor(&key).map_err(failed)?;
        Ok((key.clone(), tensor(path, &key, &view)?))
    };
    header.offset_keys().into_iter().map(one).collect()
}

/// The numbers as bytes; the first that does not fit.
fn encoded(values: &Values, precision: Precision) -> Result<(Dtype, Vec<u8>), f64> {
    match (values, precision) {
        (Values::F32(values), Precision::AsHeld) => {
            Ok((Dtype::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        }
        (Values::F64(values), Precision::AsHeld) => {
            Ok((Dtype::F64, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        }
        (Values::F32(values), Precision::Half) => halves(values.iter().map(|value| f64::from(*value))),
        (Values::F64(values), Precision::Half) => halves(values.iter().copied()),
    }
}

fn halves(values: impl Iterator<Item = f64>) -> Result<(Dtype, Vec<u8>), f64> {
    let one = |value: f64| {
        let half = f16::from_f64(value);
        if half.is_finite() || !value.is_finite() { Ok(half.to_le_bytes()) } else { Err(value) }
    };
    let bytes = values.map(one).collect::<Result<Vec<_>, f64>>()?;
    Ok((Dtype::F16, bytes.concat()))
}

/// Writes a file whole or not at all: under a name of this process, which then takes the place of what stood there if
/// `replace`, and else that of nothing.
///
/// # Errors
/// The system's.
pub fn put(path: &Path, bytes: &[u8], replace: bool) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let made = path.with_file_name(name);
    let placed = |()| if replace { fs::rename(&made, path) } else { fs::hard_link(&made, path) };
    let written = fs::File::create(&made)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(placed);
    // What is left of it is of no use; where it was renamed nothing is.
    let _ = fs::remove_file(&made);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> Vec<(String, Tensor)> {
        let single =
            Tensor { shape: vec![2, 2], values: Values::F32(vec![1.0, -0.1, f32::MIN_POSITIVE, 3e4]) };
        let double = Tensor { shape: vec![1], values: Values::F64(vec![1.0 / 3.0]) };
        vec![("ema.b".to_owned(), single), ("adam.step".to_owned(), double)]
    }

    #[test]
    fn what_is_written_is_read_to_the_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.safetensors");
        write(&path, &tensors(), Precision::AsHeld).unwrap();
        write(&path, &tensors(), Precision::AsHeld).unwrap();
        let mut read = read_all(&path).unwrap();
        read.sort_by(|a, b| b.0.cmp(&a.0));
        assert_eq!(read, tensors());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn half_precision_rounds_and_refuses_what_it_does_not_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half.safetensors");
        write(&path, &tensors()[..1], Precision::Half).unwrap();
        let Values::F32(read) = &read_all(&path).unwrap()[0].1.values else { panic!("not widened") };
        let expected: Vec<f32> = [1.0, -0.1, 0.0, 3e4].map(|x| f16::from_f32(x).to_f32()).to_vec();
        assert_eq!(read, &expected);
        let large = Tensor { shape: vec![1], values: Values::F32(vec![1e6]) };
        let message = write(&path, &[("w".to_owned(), large)], Precision::Half).unwrap_err().to_string();
        assert!(message.contains("1000000") && message.contains("65504"), "{message}");
        let short = Tensor { shape: vec![3], values: Values::F32(vec![1.0]) };
        assert!(write(&path, &[("w".to_owned(), short)], Precision::AsHeld).is_err());
    }
}
