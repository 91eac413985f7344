//! A safetensors file, from the file to a state.

use crate::element::{ByteOrder, Element};
use crate::named::settle;
use crate::pickle::KEY;
use crate::torch::FLOATS;
use crate::{Pick, State, Tensor, WeightsError};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use std::fs;
use std::path::Path;

/// Letters of a long name that a message shows.
const SHOWN: usize = 64;

/// The state in a file, its tensors in the order of their bytes.
pub(crate) fn read(file: &Path, pick: Pick) -> Result<State, WeightsError> {
    let bytes = fs::read(file).map_err(|source| WeightsError::File { file: file.to_owned(), source })?;
    let failed = |source| WeightsError::SafeTensors { file: file.to_owned(), source };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(failed)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(failed)?;
    let names = header.offset_keys();
    let views =
        names.iter().map(|name| tensors.tensor(name).map_err(failed)).collect::<Result<Vec<_>, _>>()?;
    names.iter().try_for_each(|name| check_name(file, name))?;
    let keys: Vec<&str> = names.iter().map(String::as_str).collect();
    let numbers: Vec<usize> = views.iter().map(|view| numbers(view.shape())).collect();
    let settled = settle(&keys, &numbers, pick, false).map_err(|why| why.of(file))?;
    let mut kept = Vec::with_capacity(settled.kept.len());
    for (place, key) in settled.kept {
        let tensor = tensor(file, &key, &views[place])?;
        kept.push((key, tensor));
    }
    if kept.is_empty() {
        return Err(WeightsError::States {
            file: file.to_owned(),
            found: "no tensor".to_owned(),
            expected: "tensors by name",
        });
    }
    Ok(State::new(file, kept).noted(settled.notes))
}

/// A tensor of a file, widened from half precision.
pub(crate) fn tensor(file: &Path, key: &str, view: &TensorView<'_>) -> Result<Tensor, WeightsError> {
    let values = Element::of(view.dtype()).and_then(|it| it.values(view.data(), ByteOrder::Little));
    let Some(values) = values else {
        let (file, key, found) = (file.to_owned(), key.to_owned(), format!("{:?}", view.dtype()));
        return Err(WeightsError::Tensor { file, key, found, expected: FLOATS.to_owned() });
    };
    Ok(Tensor { shape: view.shape().to_owned(), values })
}

/// A name that takes long to compare is none.
fn check_name(file: &Path, name: &str) -> Result<(), WeightsError> {
    if name.len() <= KEY {
        return Ok(());
    }
    Err(WeightsError::Tensor {
        file: file.to_owned(),
        key: name.chars().take(SHOWN).collect(),
        found: format!("a name of {} bytes", name.len()),
        expected: format!("at most {KEY}"),
    })
}

/// How many numbers a shape has, at most as many as can be counted.
fn numbers(shape: &[usize]) -> usize {
    shape.iter().fold(1, |product, length| product.saturating_mul(*length))
}
