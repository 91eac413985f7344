//! `certificate.csv`: the prediction beside the outcome of every trial.

use super::{FlowCertifier, Prediction};
use crate::{Error, Output, Result, Row, Trial};
use equipoise_experiment::replace;
use equipoise_metrics::State;
use equipoise_stability::Scope;
use std::path::PathBuf;

/// The name of the table of predictions in the output folder.
pub const CERTIFICATE_CSV: &str = "certificate.csv";

const HEADER: [&str; 30] = [
    "identity",
    "dataset",
    "protocol",
    "steps",
    "corrections",
    "sub",
    "seed",
    "law",
    "state",
    "exploded",
    "verdict",
    "scope",
    "t",
    "direction",
    "sigma_w",
    "sigma_w_peak",
    "field",
    "sigma_w_verdict",
    "g",
    "g_peak",
    "g_verdict",
    "amplitude",
    "amplitude_peak",
    "amplitude_verdict",
    "seconds_trial",
    "seconds_sigma_w",
    "seconds_g",
    "seconds_law",
    "seconds_table",
    "seconds_mean_field",
];

/// Writes the prediction and the outcome of every trial that has both, and returns them in the order
/// of the results. Trials that differ in their seed alone share their prediction unless it is local.
///
/// # Errors
/// Those of the predictions and of the file.
pub fn write_certificates(
    output: &Output,
    certifier: &FlowCertifier<'_>,
) -> Result<(PathBuf, Vec<(Row, Prediction)>)> {
    let rows = output.rows();
    let mut told: Vec<(Row, Prediction)> = Vec::new();
    let mut made: Vec<(&Trial, Prediction)> = Vec::new();
    for trial in output.trials() {
        let identity = trial.identity()?;
        let Some(row) = rows.iter().find(|row| row.identity == identity) else { continue };
        let same = |(known, prediction): &&(&Trial, Prediction)| {
            let seed = if prediction.scope == Scope::Global { known.seed } else { trial.seed };
            **known == Trial { seed, ..trial.clone() }
        };
        if let Some((_, known)) = made.iter().find(same) {
            told.push((row.clone(), known.clone()));
            continue;
        }
        let predicted = certifier.predict(trial);
        let predicted = predicted.map_err(Error::trial(trial))?;
        if let Some(prediction) = predicted {
            made.push((trial, prediction.clone()));
            told.push((row.clone(), prediction));
        }
    }
    let path = output.claim(&[CERTIFICATE_CSV])?.remove(0);
    let bytes =
        table(&told).map_err(|source| equipoise_experiment::Error::Csv { path: path.clone(), source })?;
    replace(&path, &bytes)?;
    Ok((path, told))
}

impl Row {
    /// The explosion event.
    pub fn exploded(&self) -> bool {
        [State::Nan, State::Exploded].iter().any(|state| state.name() == self.state)
    }
}

fn table(told: &[(Row, Prediction)]) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for (row, prediction) in told {
        writer.write_record(record(row, prediction))?;
    }
    writer.into_inner().map_err(|fault| fault.into_error().into())
}

fn record(row: &Row, told: &Prediction) -> [String; 30] {
    let number = |x: f64| if x.is_finite() { format!("{x:?}") } else { x.to_string().to_lowercase() };
    let optional = |x: Option<f64>| x.map_or_else(String::new, number);
    let (certified, growth) = (&told.certified.certificate, &told.cheap.growth);
    let field = told.mean_field.as_ref();
    [
        row.identity.clone(),
        row.dataset.clone(),
        row.protocol.clone(),
        row.steps.to_string(),
        row.corrections.to_string(),
        row.sub.to_string(),
        row.seed.to_string(),
        row.law.clone(),
        row.state.clone(),
        row.exploded().to_string(),
        told.verdict().to_string(),
        if told.scope == Scope::Local { "local".into() } else { "global".into() },
        optional(told.crossing().map(|c| c.t)),
        told.direction().to_string(),
        number(certified.sigma_w),
        number(certified.peak),
        number(certified.field),
        certified.verdict.to_string(),
        number(growth.g),
        number(growth.peak),
        growth.verdict.to_string(),
        optional(field.and_then(|f| f.run.amplitude.last().copied())),
        optional(field.map(|f| f.run.peak)),
        field.map_or_else(String::new, |f| f.run.verdict.to_string()),
        number(row.seconds),
        number(told.certified.seconds),
        number(told.cheap.seconds),
        number(told.cheap.law_seconds),
        number(told.cheap.table_seconds),
        optional(field.map(|f| f.seconds)),
    ]
}
