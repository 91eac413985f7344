//! `equipoise stability`: what will become of a run, said before its first step.

mod map;
mod outcome;
mod told;

pub(crate) use outcome::Outcomes;

use crate::comparison::Output;
use crate::destination;
use crate::failure::usage;
use crate::messages;
use crate::progress::Tally;
use crate::sweep::{Design, Source, design, open};
use crate::threads::use_threads;
use anyhow::Context;
use equipoise_experiment::{Approach, BoxError, Flow, FlowRequest, distinct};
use equipoise_solver::Method;
use equipoise_sweep::{FlowCertifier, Trial};
use map::{Map, Value};
use std::collections::HashSet;
use std::time::Instant;
use told::{Note, Report, SPACE, Thresholds, tables};

/// Say whether runs will explode, without running them.
///
/// Of every law, sub and protocol. The same flags as `sweep`, and the same plan. Printed for each trial, seeds apart: σ_W, the
/// amplification of the whole run in units of the prior's marginal, its peak over t, G, the growth
/// by over-guidance alone, the verdict, the first time above the verdict's limit and the direction
/// amplified most; with corrections, the amplitude that their mean field leads to. The law
/// `adaptive` follows the state: its certificate holds along the noised truth, and says `local`.
///
/// Units and space: σ_W, G and amplitudes are pure numbers, 1 being the prior's own spread; t runs
/// from 0 (clean) to 1 (noise); seconds of wall time. Verdicts are for fields in f32.
#[derive(clap::Args)]
#[command(mut_arg("prior", |prior| {
    let told = "wiener: no other prior has a certificate [default: wiener]";
    prior.help(told).long_help(told)
}))]
#[command(mut_arg("out", |out| out.default_value("stability").help("The folder of the maps")))]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    design: Design,

    /// Map the verdict over std,gamma or steps,sub, a page each
    ///
    /// The other settings are as given.
    #[arg(long, value_enum, help_heading = "Maps")]
    map: Vec<Map>,

    /// Whose numbers and verdicts a map shows
    #[arg(long, value_enum, default_value_t = Value::G, help_heading = "Maps")]
    of: Value,

    #[command(flatten)]
    output: Output,
}

/// Certifies the plan, prints it and draws the maps.
///
/// # Errors
/// Bad usage, a file that cannot be used, a method or sampler without a certificate, or a map whose
/// file exists.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let clock = Instant::now();
    let Output { out: folder, force, threads, format } = &arguments.output;
    let asked = arguments.design.asked()?;
    let requests = arguments.source.requests()?;
    refuse_others(&requests)?;
    if !arguments.map.is_empty() {
        destination::folder(folder)?;
    }
    use_threads(*threads)?;
    let (flows, spectra) = open(&requests)?;
    flows.iter().flat_map(Flow::remarks).for_each(messages::remark);
    let plan = design::plan(&asked, &flows, true)?;
    design::left_out(&asked, &plan).iter().for_each(|note| note!("{note}"));
    let trials = apart_from_seeds(plan.trials()?)?;
    for map in &arguments.map {
        force.check(map.pages(&trials, arguments.of, folder))?;
    }
    let certifier = FlowCertifier::new(&flows)?;
    let mut told = Vec::new();
    let telling = Tally::new(trials.len(), "settings");
    for (done, trial) in trials.iter().enumerate() {
        telling.tell(done, None, trial);
        let prediction = certifier.predict(trial).map_err(of_trial(trial))?;
        let prediction = prediction.with_context(|| uncertified(trial))?;
        told.push((trial, prediction));
    }
    drop(telling);
    let starts = spectra.iter().map(|spectrum| design::start_note(&plan, spectrum));
    let notes = notes(&flows, &trials, &certifier, starts)?;
    let mut maps = Vec::new();
    for map in &arguments.map {
        maps.extend(map.draw(&trials, &flows, &certifier, arguments.of, folder)?);
    }
    let [told, shown] = tables(&told);
    let report = Report {
        space: SPACE,
        thresholds: Thresholds::OURS,
        told,
        shown,
        notes,
        maps,
        seconds: clock.elapsed().as_secs_f64(),
    };
    report.print(*format)
}

/// A certificate is of the fitted Gaussian, under which a step is affine.
fn refuse_others(requests: &[FlowRequest]) -> anyhow::Result<()> {
    match requests.iter().flat_map(|request| &request.denoisers).find(|name| !name.is_gaussian()) {
        Some(prior) => Err(usage(&format!(
            "--prior: found {prior}, expected wiener or --prior-file: a certificate needs steps that are affine in x, which \
             they are under a Gaussian prior alone; certify the Gaussian fitted to the same data in its place"
        ))),
        None => Ok(()),
    }
}

/// The first trial of every setting: certificates know neither seeds nor members.
fn apart_from_seeds(trials: Vec<Trial>) -> anyhow::Result<Vec<Trial>> {
    let mut seen = HashSet::new();
    let mut distinct = Vec::new();
    for trial in trials {
        if seen.insert(Trial { seed: 0, ..trial.clone() }.identity()?) {
            distinct.push(trial);
        }
    }
    Ok(distinct)
}

fn uncertified(trial: &Trial) -> String {
    let (method, sampler) = (trial.approach.method(), trial.sampler);
    let certified = Method::all().filter(|method| Approach::of_method(&(*method).into()).in_coefficients());
    let certified = certified.map(Method::name).collect::<Vec<_>>().join(" or ");
    format!(
        "trial `{trial}`: found method {method} under sampler {sampler}, expected {certified} under \
         predictor_corrector, euler or ddim:0: other steps have no certificate"
    )
}

fn of_trial(trial: &Trial) -> impl Fn(BoxError) -> anyhow::Error {
    move |source| anyhow::Error::from_boxed(source).context(format!("trial `{trial}`"))
}

/// What is said once of each dataset and sub: how much of the prior the start ignores, and how the
/// noise left at the end compares with the posterior.
fn notes(
    flows: &[Flow],
    trials: &[Trial],
    certifier: &FlowCertifier<'_>,
    starts: impl Iterator<Item = Option<String>>,
) -> anyhow::Result<Vec<Note>> {
    let mut notes = Vec::new();
    for (flow, start) in flows.iter().zip(starts) {
        notes.extend(start.map(|text| Note { dataset: flow.name().to_owned(), text }));
        let own = || trials.iter().filter(|trial| trial.dataset() == flow.name());
        for sub in distinct(own().map(|trial| trial.sub)) {
            let Some(trial) = own().find(|trial| trial.sub == sub) else { continue };
            let std = certifier.posterior_std(trial).map_err(of_trial(trial))?;
            notes.push(Note::of_end(trial, std));
        }
    }
    Ok(notes)
}
