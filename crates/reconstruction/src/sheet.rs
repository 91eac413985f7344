//! Every measured number with its residual, as CSV.

use crate::{Ensemble, Misfit, Problem, Result};
use equipoise_field::Real;
use equipoise_operator::LinearOperator;
use equipoise_report::{Cell, ReportError, Table, write_atomically};
use std::path::Path;

const COLUMNS: [&str; 10] =
    ["row", "time", "x", "y", "component", "value", "noise", "mean", "residual", "expected"];

/// Writes one line a measured number: `row`, `time`, `x`, `y`, `component`, `value`, `noise`, `mean` in the
/// table's units; `residual` (value − mean)/noise and `expected`, the standard deviation that it should have. The mean
/// is that of the posterior read there; where that is not known it is that of the members, and `expected` is empty.
///
/// # Errors
/// [`ReconstructionError::Report`](crate::ReconstructionError::Report) naming the path.
pub fn write_sheet(
    path: &Path,
    problem: &Problem,
    ensemble: &Ensemble,
    misfit: Option<&Misfit>,
) -> Result<()> {
    let mut rows = Vec::new();
    let components = problem.prior.components();
    let read = if misfit.is_none() { seen(problem, ensemble) } else { Vec::new() };
    for (i, entry) in problem.placed.entries.iter().enumerate() {
        let (value, noise) = (entry.measured.value, entry.measured.noise);
        let (mean, residual, expected) = match misfit {
            Some(misfit) => {
                let residual = misfit.residuals[i];
                (value - noise * residual, residual, Some(misfit.expected[i]))
            }
            None => (read[i], (value - read[i]) / noise, None),
        };
        let place = [entry.time, entry.x, entry.y].map(Cell::from);
        let component = components[entry.sensor.channel].clone();
        let read = [value, noise, mean, residual].map(Cell::from);
        let of_row = [Cell::Count(entry.row)].into_iter().chain(place).chain([component.into()]);
        rows.push(of_row.chain(read).chain([expected.into()]).collect());
    }
    let bytes = Table::new(COLUMNS, rows).csv().map_err(|source| ReportError::Write {
        path: path.into(),
        bytes: 0,
        source: source.into(),
    })?;
    Ok(write_atomically(path, &bytes)?)
}

/// The mean of the members where it was read, physical units.
fn seen(problem: &Problem, ensemble: &Ensemble) -> Vec<f64> {
    let mut seen = vec![0.0f32; problem.placed.entries.len()];
    problem.operator.apply(ensemble.mean(), &mut seen);
    seen.into_iter().map(Real::wide).collect()
}
