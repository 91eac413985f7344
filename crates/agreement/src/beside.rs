//! What training left in files beside the file of values: a gradient, parameters, Adam's moments.

use crate::bench::Bench;
use crate::layout::precise;
use crate::quantity::{Quantity, TrainingPart};
use crate::report::{Row, Verdict, difference};
use crate::tolerance::Tolerance;
use crate::training::{self, Step};
use crate::{AgreementError, Precision, Result};
use equipoise_field::Real;
use equipoise_weights::{Pick, State};
use std::path::Path;

/// Which record of which step a file holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Gradient,
    Parameters,
    First,
    Second,
}

/// A row for every such file, in order of name.
///
/// # Errors
/// [`AgreementError::File`] for a folder that cannot be listed.
pub(crate) fn rows<R: Real>(
    bench: &Bench<'_, R>,
    precision: Precision,
    tolerance: &Tolerance,
) -> Result<Vec<Row>> {
    let folder = match bench.values.path().parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let fault = |e: std::io::Error| AgreementError::File { path: folder.into(), found: e.to_string() };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        names.extend(entry.map_err(fault)?.file_name().into_string());
    }
    names.sort();
    let tolerance = tolerance.of(&Quantity::Training(TrainingPart::Output), precision);
    let mut rows = Vec::new();
    for name in &names {
        let Some((left, step, _)) = left(name).filter(|(.., of)| *of == precision) else { continue };
        let mut row = Row::new(name, precision, tolerance, compare(bench, &folder.join(name), left, step));
        row.note.take_if(|_| row.verdict == Verdict::Agrees);
        rows.push(row);
    }
    Ok(rows)
}

/// max|Δ|/max|value| over all tensors of a file, max|value|, and the tensor in which the difference is largest.
fn compare<R: Real>(
    bench: &Bench<'_, R>,
    path: &Path,
    left: Left,
    step: usize,
) -> Result<(f64, f64, Option<String>)> {
    let steps = training::steps(bench, step)?;
    let last = steps.last().map(|step| record(step, left)).unwrap_or_default();
    let mut state = State::read(path, Pick::Only)?;
    let (mut expected, mut worst) = (Vec::new(), (f64::NEG_INFINITY, String::new()));
    for parameter in bench.subject.network().parameters() {
        let at = expected.len()..expected.len() + parameter.values.len();
        let tensor = state.take(parameter.name, parameter.shape);
        let own: Vec<f64> = tensor.map_or_else(|| vec![f64::NAN; at.len()], |tensor| tensor.to::<f64>());
        let distance = own.iter().zip(&last[at]).map(|(e, f)| (*e - f.wide()).abs()).fold(0.0f64, f64::max);
        if distance > worst.0 {
            worst = (distance, parameter.name.to_owned());
        }
        expected.extend(own);
    }
    state.finish()?;
    let found: Vec<f64> = last.iter().map(|x| x.wide()).collect();
    let (relative, scale) = difference(&found, &expected);
    Ok((relative, scale, Some(format!("the most in {}", worst.1))))
}

fn record<R: Real>(step: &Step<R>, left: Left) -> Vec<R> {
    match left {
        Left::Gradient => step.gradient.clone(),
        Left::Parameters => step.parameters.clone(),
        Left::First => step.moments[0].clone(),
        Left::Second => step.moments[1].clone(),
    }
}

/// Whether a file of this name is none of weights but something that training left.
pub(crate) fn is_left(name: &str) -> bool {
    left(name).is_some()
}

/// What a file of this name holds, after which step, and in which precision it was made.
fn left(name: &str) -> Option<(Left, usize, Precision)> {
    let (name, precision) = precise(name.strip_suffix(".safetensors")?)?;
    if name == "grad" {
        return Some((Left::Gradient, 1, precision));
    }
    let known =
        [("params_step", Left::Parameters), ("adam_m_step", Left::First), ("adam_v_step", Left::Second)];
    let of = |(begins, left)| Some((left, name.strip_prefix(begins)?.parse().ok().filter(|k| *k > 0)?));
    let (left, step) = known.into_iter().find_map(of)?;
    Some((left, step, precision))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_training_left() {
        let double = |left, step| Some((left, step, Precision::F64));
        assert_eq!(left("grad_f64.safetensors"), double(Left::Gradient, 1));
        assert_eq!(left("grad_f32.safetensors"), Some((Left::Gradient, 1, Precision::F32)));
        assert_eq!(left("params_step12_f64.safetensors"), double(Left::Parameters, 12));
        assert_eq!(left("adam_v_step5_f64.safetensors"), double(Left::Second, 5));
        for other in [
            "state.safetensors",
            "params_step0_f64.safetensors",
            "grad_f64.pth",
            "adam_step5_f64.safetensors",
        ] {
            assert_eq!(left(other), None, "{other}");
        }
    }
}
