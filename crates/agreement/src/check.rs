//! The check of a whole file of values.

use crate::bench::Bench;
use crate::layout::{self, EXAMPLES, Role};
use crate::quantity::Quantity;
use crate::reading::Subjected;
use crate::report::{Report, Row, difference};
use crate::subject::{self, Subject};
use crate::tolerance::Tolerance;
use crate::values::Values;
use crate::{
    AgreementError, Precision, Result, azula, beside, guided, kernel, reading, runs, schedules, stated,
    training,
};
use equipoise_field::Real;
use equipoise_network::Architecture;
use equipoise_weights::{Pick, State};
use std::path::Path;
use std::sync::Arc;

const PHYSICSNEMO: &str = "it holds physicsnemo's guidance of a Gaussian prior, whose mean, covariance and \
    denoiser stand in the file: no network belongs to it, and nothing of it depends on one";

/// Computes every value of a file again with the network of `weights`, and says how far the two lie apart.
///
/// `weights` is a file of weights or a folder that holds one, with the description of the network beside them.
/// The values are those of the layout in docs/agreement.md: what was computed in double precision is computed in
/// double precision here, from the same numbers, and likewise in single. A dataset of a name that is not known
/// has a row that says so, as has a value that cannot be computed. Architecture and weights are what is compared:
/// what the network predicts, what scales it and what it is told of the time are those of the layout, and a manifest
/// beside the weights that states something else has a row that says what. Where training left its gradient, parameters
/// or moments in files beside, these are compared too.
///
/// # Errors
/// [`AgreementError`] for weights or a file that cannot be read, or a file that no network belongs to. What is
/// wrong with one value is in its row.
pub fn check(weights: &Path, pick: Pick, values: &Path, tolerance: Tolerance) -> Result<Report> {
    let values = Values::open(values)?;
    let datasets = values.datasets()?;
    if values.has("prior/cov") {
        return Err(AgreementError::Elsewhere { path: values.path().into(), what: PHYSICSNEMO });
    }
    let roles: Vec<(String, Option<Role>)> =
        datasets.into_iter().map(|d| (layout::role(&d), d)).map(|(r, d)| (d, r)).collect();
    let (mut rows, mut asked) = (Vec::new(), Vec::new());
    for (place, (dataset, role)) in roles.iter().enumerate() {
        match role {
            None => rows.push((place, Row::unknown(dataset))),
            Some(Role::Computed(quantity, precision)) => {
                asked.push(Asked { place, dataset, quantity, precision: *precision });
            }
            Some(Role::Given) => {}
        }
    }
    if asked.is_empty() {
        let (path, found) = (values.path().into(), roles.len());
        return Err(AgreementError::Nothing { path, found, expected: EXAMPLES });
    }
    let Subjected { architecture, state, notes, manifest } = reading::read(weights, pick)?;
    let subjected = (&architecture, &Arc::new(state));
    rows.extend(computed::<f64>(&values, &asked, subjected, Precision::F64, &tolerance)?);
    rows.extend(computed::<f32>(&values, &asked, subjected, Precision::F32, &tolerance)?);
    rows.sort_by_key(|(place, _)| *place);
    let used = values.used();
    let unused = |(dataset, role): &(String, Option<Role>)| {
        (*role == Some(Role::Given) && !used.contains(dataset)).then(|| dataset.clone())
    };
    let unused = roles.iter().filter_map(unused).collect();
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    let quantities: Vec<(&str, &Quantity)> = asked.iter().map(|one| (one.dataset, one.quantity)).collect();
    rows.extend(manifest.iter().flat_map(|manifest| stated::rows(manifest, &values, &quantities)));
    Ok(Report { network: subject::describe(&architecture), notes, rows, unused })
}

/// A dataset that is computed again, with its place in the file.
struct Asked<'a> {
    place: usize,
    dataset: &'a str,
    quantity: &'a Quantity,
    precision: Precision,
}

/// The rows of one precision, each with the place of its dataset in the file; what lies beside the file is last.
fn computed<R: Real>(
    values: &Values,
    asked: &[Asked<'_>],
    (architecture, state): (&Architecture, &Arc<State>),
    precision: Precision,
    tolerance: &Tolerance,
) -> Result<Vec<(usize, Row)>> {
    let mut asked = asked.iter().filter(|one| one.precision == precision).peekable();
    if asked.peek().is_none() {
        return Ok(Vec::new());
    }
    let bench = Bench::<R>::new(values, Subject::new(architecture, state)?);
    let (mut rows, mut trained) = (Vec::new(), false);
    for &Asked { place, dataset, quantity, .. } in asked {
        let note = (*quantity == Quantity::GuidedDps).then(|| "norm over the whole batch".into());
        let compared = compare(&bench, dataset, quantity).map(|(relative, scale)| (relative, scale, note));
        rows.push((place, Row::new(dataset, precision, tolerance.of(quantity, precision), compared)));
        trained |= matches!(quantity, Quantity::Training(_));
    }
    if trained {
        let beside = beside::rows(&bench, precision, tolerance)?;
        rows.extend(beside.into_iter().map(|row| (usize::MAX, row)));
    }
    Ok(rows)
}

fn compare<R: Real>(bench: &Bench<'_, R>, dataset: &str, quantity: &Quantity) -> Result<(f64, f64)> {
    let found: Vec<f64> = compute(bench, dataset, quantity)?.into_iter().map(Real::wide).collect();
    Ok(difference(&found, &bench.values.array::<f64>(dataset)?.values))
}

/// The value of a dataset, in its shape.
fn compute<R: Real>(bench: &Bench<'_, R>, path: &str, quantity: &Quantity) -> Result<Vec<R>> {
    match quantity {
        Quantity::Schedule(alpha, variance, scale) => {
            let schedule = schedules::of_family(bench.values, path, *alpha, *variance)?;
            schedules::scales(bench.values, path, &schedule, *scale)
        }
        Quantity::NamedSchedule(scale) => {
            schedules::scales(bench.values, path, &*schedules::azula(bench.values, path)?, *scale)
        }
        Quantity::Embedding => kernel::embeddings(bench, path),
        Quantity::Kernel(product) => kernel::products(bench, path, *product),
        Quantity::KernelEach => kernel::each(bench, path),
        Quantity::Composed { group, product } => kernel::composed(bench, path, group, *product),
        Quantity::Guided { detach } => guided::scores(bench, path, *detach),
        Quantity::GuidedDps => guided::posterior_sampling(bench, path),
        Quantity::Run { group, what } => runs::part(bench, path, group, *what),
        Quantity::Backbone(part) => azula::backbone(bench, path, *part),
        Quantity::Wrapped { wrapper, what } => azula::wrapped(bench, path, *wrapper, *what),
        Quantity::Training(what) => training::part(bench, path, *what),
    }
}
