//! `certificate.csv`: the prediction beside the outcome of every trial.

use super::{FlowCertifier, Prediction};
use crate::{Output, Result, Row, Trial};
use equipoise_experiment::{Error, exploded, write_table};
use equipoise_report::{Column, Table};
use equipoise_stability::Scope;
use std::path::PathBuf;

/// The name of the table of predictions in the output folder.
pub const CERTIFICATE_CSV: &str = "certificate.csv";

/// Writes the prediction and the outcome of every trial that has both, and returns them in the order
/// of the results. Trials that differ in their seed alone share their prediction unless it is local.
///
/// # Errors
/// Those of the predictions and of the file.
pub fn write_certificates(
    output: &Output,
    certifier: &FlowCertifier<'_>,
) -> Result<(PathBuf, Vec<(Row, Prediction)>)> {
    let mut told: Vec<(Row, Prediction)> = Vec::new();
    let mut made: Vec<(&Trial, Prediction)> = Vec::new();
    for (trial, row) in output.finished()? {
        let same = |(known, prediction): &&(&Trial, Prediction)| {
            let seed = if prediction.scope == Scope::Global { known.seed } else { trial.seed };
            **known == Trial { seed, ..trial.clone() }
        };
        if let Some((_, known)) = made.iter().find(same) {
            told.push((row, known.clone()));
        } else if let Some(prediction) = certifier.predict(trial).map_err(Error::trial(trial))? {
            made.push((trial, prediction.clone()));
            told.push((row, prediction));
        }
    }
    let path = output.claim(&[CERTIFICATE_CSV])?.remove(0);
    write_table(&path, &Table::of(&columns(), &told))?;
    Ok((path, told))
}

impl Row {
    /// The explosion event.
    pub fn exploded(&self) -> bool {
        exploded(&self.state)
    }
}

fn columns() -> Vec<Column<'static, (Row, Prediction)>> {
    type At = Column<'static, (Row, Prediction)>;
    let scope = |(_, told): &(Row, Prediction)| if told.scope == Scope::Local { "local" } else { "global" };
    let field = |(_, told): &(Row, Prediction)| told.mean_field.clone();
    vec![
        At::new("identity", "of the trial", |(row, _)| row.identity.clone()),
        At::new("dataset", "", |(row, _)| row.dataset.clone()),
        At::new("protocol", "", |(row, _)| row.protocol.clone()),
        At::new("steps", "predictor steps", |(row, _)| row.steps),
        At::new("corrections", "after each", |(row, _)| row.corrections),
        At::new("sub", "stride of the observed lattice", |(row, _)| row.sub),
        At::new("seed", "", |(row, _)| row.seed),
        At::new("law", "", |(row, _)| row.law.clone()),
        At::new("state", "of the run", |(row, _)| row.state.clone()),
        At::new("exploded", "whether the run did", |(row, _)| row.exploded().to_string()),
        At::new("verdict", "on the run", |(_, told)| told.verdict().to_string()),
        At::new("scope", "how far it reaches", scope),
        At::new("t", "first time above the limit", |(_, told)| told.crossing().map(|c| c.t)),
        At::new("direction", "amplified most", |(_, told)| told.direction().to_string()),
        At::new("sigma_w", "σ_W", |(_, told)| told.certified.certificate.sigma_w),
        At::new("sigma_w_peak", "its peak", |(_, told)| told.certified.certificate.peak),
        At::new("field", "of the certificate", |(_, told)| told.certified.certificate.field),
        At::new("sigma_w_verdict", "", |(_, told)| told.certified.certificate.verdict.to_string()),
        At::new("g", "G", |(_, told)| told.cheap.growth.g),
        At::new("g_peak", "its peak", |(_, told)| told.cheap.growth.peak),
        At::new("g_verdict", "", |(_, told)| told.cheap.growth.verdict.to_string()),
        At::new("amplitude", "of the mean field", move |of| {
            field(of).and_then(|field| field.run.amplitude.last().copied())
        }),
        At::new("amplitude_peak", "its peak", move |of| field(of).map(|field| field.run.peak)),
        At::new("amplitude_verdict", "", move |of| field(of).map(|field| field.run.verdict.to_string())),
        At::new("seconds_trial", "of the run", |(row, _)| row.seconds),
        At::new("seconds_sigma_w", "given the law", |(_, told)| told.certified.seconds),
        At::new("seconds_g", "given law and table", |(_, told)| told.cheap.seconds),
        At::new("seconds_law", "of its strength", |(_, told)| told.cheap.law_seconds),
        At::new("seconds_table", "once for prior and operator", |(_, told)| told.cheap.table_seconds),
        At::new("seconds_mean_field", "given law and table", move |of| field(of).map(|field| field.seconds)),
    ]
}
