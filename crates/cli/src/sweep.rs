//! `equipoise sweep`: reconstructions under every law, judged, pictured and tabulated.

mod backend;
mod cost;
pub(crate) mod design;
mod merge;
mod methods;
mod progress;
mod source;
mod summary;

use crate::existing;
use crate::format::Format;
use crate::interrupt;
use crate::output;
use crate::planned;
use crate::provenance::provenance;
use crate::running::Running;
use crate::spectrum::Spectrum;
use crate::stability::Outcomes;
use backend::{Backend, Elsewhere};
use clap::ValueEnum;
pub(crate) use design::Design;
use equipoise_experiment::{Flow, FlowRequest, PLAN_TOML, PlanFile, Policy, REPORT, distinct};
use equipoise_sweep::{
    CPU, Cost, FlowCertifier, FlowExecutor, Output, Pictures, Plan, SweepFile, Trial, caveats,
    write_certificates, write_page, write_why,
};
pub(crate) use merge::merge;
pub(crate) use methods::{Methods, methods_help};
use progress::Display;
pub(crate) use source::{Embedded, Source};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use summary::Report;

/// Reconstruct flows under every scaling law, and judge each result.
///
/// Flows are observed at sparse points with noise. Results are held against the exact posterior of the same prior,
/// where that is known.
///
/// Without arguments: both embedded samples × sub 2, 4, 8, 16 × all laws. Each trial is a row of
/// `results.csv` and `results.jsonl`; pictures, `report.html`, `timings.csv` (wall times), `manifest.json` and the
/// journal lie beside them.
/// A diverged trial is a row too, not an error. Interrupted with Ctrl-C, the sweep finishes the
/// trials under way and writes everything; `--resume` goes on.
///
/// Units and space: every number is in normalised units, those that the prior's normalizer leads
/// to, unless a flag or a column says otherwise; t runs from 0 (clean) to 1 (noise). The printed
/// RMSE/floor is the RMSE over that of exact posterior samples. Under a prior whose posterior is not
/// known (local, equivariant_local, locality) errors are against the truth alone, and RMSE is printed.
#[derive(clap::Args)]
#[command(mut_arg("out", |out| out.default_value("results")))]
pub(crate) struct Arguments {
    /// A plan in the place of all flags under Data, Prior and Trials
    ///
    /// A file in TOML, such as the `plan.toml` that a sweep writes beside its results. Paths in it are relative to its
    /// folder, those inside names of priors to the folder of the call.
    #[arg(
        long, value_name = "FILE", help_heading = "Data",
        conflicts_with_all = [
            "data", "train", "prior", "prior_file", "dataset", "noise", "noise_physical", "include_solid", "Loading",
            "window", "normalizer", "covariance", "rank", "ridge", "Design",
        ]
    )]
    plan: Option<PathBuf>,

    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    design: Design,

    #[command(flatten)]
    pub(crate) running: Running,

    /// Where runs take place: cpu, reduced, cuda or auto [default: reduced]
    ///
    /// Trials of sda and exact end in reduced space as in full space, to rounding; on low-rank and dense priors
    /// corrections draw their noise in the coordinates, with the same law; a stationary prior needs a grid that
    /// the sub divides. On a device runs sda, but not under `adaptive`. Other trials, and all under priors
    /// other than wiener, run on the CPU in full space. Without it where --plan says, or in reduced space.
    #[arg(long, value_enum, help_heading = "Output")]
    backend: Option<Backend>,

    /// Predict each outcome without its run, and compare
    ///
    /// The predictions stand in `certificate.csv`; the confusion matrix is printed.
    #[arg(long, conflicts_with = "shard", help_heading = "Output")]
    certify: bool,
}

/// Runs the sweep and prints its summary.
///
/// # Errors
/// Bad usage, a file that cannot be used, or an output folder that may not be written; then nothing
/// in that folder is changed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let clock = Instant::now();
    let running = &arguments.running;
    let (asked, requests) = arguments.asked()?;
    let elsewhere = arguments.backend(&asked)?.open()?;
    let (folder, rule) = running.begin()?;
    let (flows, spectra) = open(&requests)?;
    // The manifest and the report keep them.
    flows.iter().flat_map(Flow::remarks).for_each(|remark| note!("{remark}"));
    let plan = design::plan(&asked, &flows, arguments.plan.is_none())?;
    let mut notes = notes(&flows, &spectra, &plan);
    notes.extend(design::left_out(&asked, &plan).into_iter().inspect(|note| note!("{note}")));
    notes.extend(caveats(&flows, &plan)?.into_iter().inspect(|note| note!("note: {note}")));
    let mut executor = FlowExecutor::new(&flows, None)?;
    if let Some(elsewhere) = &elsewhere {
        executor = executor.with_accelerator(elsewhere.accelerator());
    }
    let trials = executor.placed(plan.trials()?)?;
    // Of a shard the trials of the others too.
    let whole = running.shard.as_ref().map(|_| trials.clone());
    let trials = running.take(trials, |trial| weight(&flows, trial));
    let backend = elsewhere.as_ref().map_or(CPU, Elsewhere::name);
    detail!(
        "{} trials on backend {backend}: {} methods under their laws, sub {:?}",
        trials.len(),
        plan.approaches.len(),
        plan.subs
    );
    let provenance = provenance(backend, flows.iter().flat_map(Flow::files), running.shard);
    let named = elsewhere.as_ref().map_or(CPU, |elsewhere| elsewhere.accelerator().name());
    let resolved = SweepFile::resolved(&requests, &plan, named);
    let output = Output::open(&folder, (plan, trials), provenance, rule)?;
    existing::resumed(&output);
    resolved.write(&output.claim(&[PLAN_TOML])?.remove(0))?;
    add_notes(&output, notes)?;
    let cost = Cost::measure(&flows, output.trials())?;
    cost::announce(&cost, &output)?;
    let pictures = Pictures::new(&output, whole.as_deref().unwrap_or(output.trials()), &flows)?;
    let executor = executor.with_pictures(&pictures);
    let stop = interrupt::flag()?;
    let display = Display::new(&output, &flows, &cost);
    let ran = equipoise_experiment::run(&output, &executor, &display, &stop, Policy::default());
    display.close();
    let ran = ran?;
    if let Some(elsewhere) = &elsewhere {
        output.note(elsewhere.told(executor.places()))?;
    }
    let page = match running.shard {
        Some(_) => None,
        None => Some(pages(&output, &flows, &executor, &pictures)?),
    };
    let report = Report::new(&output, spectra, ran, page, clock.elapsed())?;
    report.print(running.format)?;
    if arguments.certify {
        certify(&output, &flows, running.format)?;
    }
    Ok(interrupt::ended(ran, output.trials().len(), "trials have rows"))
}

/// What the shards of a plan weigh a trial by.
fn weight(flows: &[Flow], trial: &Trial) -> f64 {
    let flow = flows.iter().find(|flow| flow.name() == trial.dataset());
    trial.weight(flow.map_or(1, |flow| flow.prior().shape().len()))
}

/// Both pages from the rows that are there, and the path of the report. Those of a run that left nothing to do stay.
fn pages(
    output: &Output,
    flows: &[Flow],
    executor: &FlowExecutor<'_>,
    pictures: &Pictures<'_>,
) -> anyhow::Result<PathBuf> {
    let listed = output.manifest().files;
    let mut pages = listed.iter().filter(|name| name.ends_with(".html"));
    if output.is_settled()
        && listed.contains(REPORT)
        && pages.all(|name| output.folder().join(name).is_file())
    {
        return Ok(output.folder().join(REPORT));
    }
    let page = write_page(output, flows, executor, pictures)?;
    write_why(output, flows, executor)?;
    Ok(page)
}

impl Arguments {
    /// What is asked of the trials and of the flows, on the line or in a plan's file.
    fn asked(&self) -> anyhow::Result<(SweepFile, Vec<FlowRequest>)> {
        match &self.plan {
            Some(path) => planned::read(path),
            None => Ok((self.design.asked()?, self.source.requests()?)),
        }
    }

    /// The line's word, or the plan's.
    fn backend(&self, asked: &SweepFile) -> anyhow::Result<Backend> {
        match (self.backend, &asked.backend, &self.plan) {
            (Some(backend), ..) => Ok(backend),
            (None, Some(name), Some(path)) => Backend::from_str(name, false).map_err(|_| {
                anyhow::anyhow!(
                    "{}, backend: found {name}, expected cpu, reduced, cuda or auto",
                    path.display()
                )
            }),
            _ => Ok(Backend::Reduced),
        }
    }
}

/// Trials that have no certificate for their prior, said once.
fn uncertified(output: &Output) -> anyhow::Result<()> {
    let skipped = || output.trials().iter().map(|trial| &trial.prior).filter(|prior| !prior.is_gaussian());
    for prior in distinct(skipped()) {
        let count = skipped().filter(|other| *other == prior).count();
        let note = format!(
            "--certify leaves out {count} trials under {prior}: certificates multiply the affine steps of a Gaussian \
             prior"
        );
        note!("{note}");
        add_notes(output, vec![note])?;
    }
    Ok(())
}

/// Predictions beside outcomes, as a file, and how often they met: on standard output, or on standard
/// error where that carries JSON or CSV.
fn certify(output: &Output, flows: &[Flow], format: Format) -> anyhow::Result<()> {
    uncertified(output)?;
    let (path, told) = write_certificates(output, &FlowCertifier::new(flows)?)?;
    let outcomes = Outcomes::new(&told, path);
    if format == Format::Table {
        return output::print(|to| Ok(outcomes.write_text(to)?));
    }
    let mut text = Vec::new();
    outcomes.write_text(&mut text)?;
    caution!("{}", String::from_utf8_lossy(&text).trim_end());
    Ok(())
}

/// Opens every flow and says what its prior is; its remarks are for the caller to tell.
pub(crate) fn open(requests: &[FlowRequest]) -> anyhow::Result<(Vec<Flow>, Vec<Spectrum>)> {
    let mut opened = (Vec::new(), Vec::new());
    for request in requests {
        let clock = Instant::now();
        let flow = Flow::open(request)?;
        let spectrum = Spectrum::of(flow.prior());
        note!("{}: {spectrum}; {:.1} s", flow.name(), clock.elapsed().as_secs_f64());
        opened.0.push(flow);
        opened.1.push(spectrum);
    }
    Ok(opened)
}

/// What the manifest and the report should say of each flow.
fn notes(flows: &[Flow], spectra: &[Spectrum], plan: &Plan) -> Vec<String> {
    let of = |(flow, spectrum): (&Flow, &Spectrum)| {
        let met = flow
            .remarks()
            .iter()
            .map(|remark| if remark.is_warning() { remark.to_string() } else { remark.text().to_owned() });
        let loaded = flow.notes().iter().cloned().chain(met);
        let all = loaded.chain([spectrum.to_string()]).chain(design::start_note(plan, spectrum));
        all.map(|note| format!("{}: {note}", flow.name())).collect::<Vec<_>>()
    };
    flows.iter().zip(spectra).flat_map(of).collect()
}

/// A resumed folder has its notes already.
fn add_notes(output: &Output, notes: Vec<String>) -> anyhow::Result<()> {
    let present = output.manifest().notes;
    notes.into_iter().filter(|note| !present.contains(note)).try_for_each(|note| Ok(output.note(note)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    /// A flag that says what the file says is refused beside it, whatever it is called.
    #[test]
    fn a_plan_stands_in_the_place_of_every_flag_of_data_prior_and_trials() {
        let mut command = Line::command();
        command.build();
        let plan = command.get_arguments().find(|arg| arg.get_id() == "plan").unwrap();
        let refused = command.get_arg_conflicts_with(plan);
        let replaced = |arg: &&clap::Arg| {
            let heading = arg.get_help_heading().unwrap_or_default();
            ["Data", "Prior", "Trials"].contains(&heading) && arg.get_id() != "plan"
        };
        let flags: Vec<_> = command.get_arguments().filter(replaced).collect();
        assert!(flags.len() > 25, "{}", flags.len());
        for flag in flags {
            assert!(refused.iter().any(|arg| arg.get_id() == flag.get_id()), "--{}", flag.get_id());
        }
    }
}
