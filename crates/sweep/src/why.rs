//! The page behind the outcomes: what each law puts in the place of the innovation covariance, how
//! wrong its guidance is, and where its runs go.

use crate::account::Account;
use crate::answers::{Ended, answers};
use crate::closed_loop::ClosedLoop;
use crate::page::{Finished, caption, verdict};
use crate::{EXCESS_TIMES, Flow, FlowExecutor, Output, Result, Trial};
use equipoise_experiment::{Error, distinct, note};
use equipoise_field::sum;
use equipoise_report::{Block, Chart, Column, Page, Scale, Section, Series, Table};
use std::path::PathBuf;

/// The name of the page in the output folder.
pub(crate) const WHY: &str = "why.html";

/// The range of relative errors, biases and spreads that charts show.
const BOUNDS: (f64, f64) = (1e-2, 1e4);

/// Writes `why.html` from the rows under the Gaussian prior that are there, and returns its path; `None`
/// for a plan without that prior.
///
/// Runs against t are repeated for fields small enough (fewer than 2¹⁸ numbers) under steps that draw no
/// noise; the other parts are shown for every flow.
///
/// # Errors
/// If a curve cannot be evaluated or the page cannot be written.
pub fn write_why(output: &Output, flows: &[Flow], executor: &FlowExecutor<'_>) -> Result<Option<PathBuf>> {
    if !output.trials().iter().any(Trial::is_gaussian) {
        return Ok(None);
    }
    let finished = output.finished()?;
    let mut sections = Vec::new();
    for flow in flows {
        let of_flow = |batch: &&[Finished<'_>]| batch[0].0.dataset() == flow.name();
        for batch in finished.chunk_by(|a, b| a.0.same_scene(b.0)).filter(of_flow) {
            if batch[0].0.corrections == 0 && batch[0].0.is_gaussian() {
                sections.push(section(flow, batch, executor)?);
            }
        }
    }
    let whole = Page {
        title: "What laws put in the place of the innovation covariance".into(),
        lead: vec![
            "The score of a Gaussian likelihood needs the covariance of what is not known of the observations, \
             s²I + A V Aᵀ. A scaling law puts a number v(t) in its place. N_eff says how many independent numbers \
             the N observations amount to at a time. Below are the numbers of this sweep; docs/laws.md has the \
             argument and what they are on the embedded flows."
                .into(),
        ],
        facts: Vec::new(),
        sections,
        notes: notes(),
    };
    Ok(Some(output.write_page(WHY, whole)?))
}

fn section(flow: &Flow, batch: &[Finished<'_>], executor: &FlowExecutor<'_>) -> Result<Section> {
    let seed = batch[0].0.seed;
    let first: Vec<Finished<'_>> = batch.iter().filter(|(t, _)| t.seed == seed).cloned().collect();
    let subs = distinct(first.iter().map(|(t, _)| t.sub));
    let mut accounts = Vec::new();
    let mut charts = Vec::new();
    let mut ends = Vec::new();
    for &sub in &subs {
        let here: Vec<Finished<'_>> = first.iter().filter(|(t, _)| t.sub == sub).cloned().collect();
        let trials: Vec<_> = here.iter().map(|(t, _)| *t).collect();
        accounts.extend(executor.account(&trials).map_err(Error::trial(here[0].0))?);
        charts.push(Block::Chart(error_chart(&here, executor)?));
        if flow.shape().len() < sum::PARALLEL_FROM {
            let loops = loops(&here, executor)?;
            charts.extend(loop_charts(&here, &loops).map(Block::Chart));
            ends.extend(here.iter().cloned().zip(loops));
        }
    }
    let ended: Vec<Ended<'_>> = first.iter().map(|(t, row)| Ended { sub: t.sub, row }).collect();
    let mut blocks: Vec<Block> = answers(&accounts, &ended).into_iter().map(Block::Text).collect();
    blocks.push(Block::Table(account_table(batch, &accounts)));
    blocks.push(Block::Table(end_table(&first, &ends)));
    blocks.extend(charts);
    let (dataset, protocol) = (batch[0].0.dataset(), &batch[0].0.protocol);
    Ok(Section { title: format!("{dataset}, protocol {protocol}, seed {seed}"), blocks })
}

fn error_chart(here: &[Finished<'_>], executor: &FlowExecutor<'_>) -> Result<Chart> {
    let mut series = Vec::new();
    for (trial, _) in here.iter().filter(|(t, _)| !t.approach.is_exact()) {
        if let Some(curves) = executor.guidance_curves(trial).map_err(Error::trial(trial))? {
            let points = EXCESS_TIMES.into_iter().zip(curves.error).collect();
            series.push(Series { name: trial.law(), points });
        }
    }
    let what = "Relative guidance error ‖g − g_exact‖/‖g_exact‖";
    Ok(chart(
        here,
        format!("{what} at sub {}, on x_t = μx + σε of the truth.", here[0].0.sub),
        "guidance error",
        series,
    ))
}

fn chart(here: &[Finished<'_>], text: String, name: &str, series: Vec<Series>) -> Chart {
    Chart {
        reference: Some((1.0, "1".into())),
        ..Chart::new(caption(text, here), ["diffusion time t", name], (Scale::Log, BOUNDS), series)
    }
}

fn loops(here: &[Finished<'_>], executor: &FlowExecutor<'_>) -> Result<Vec<Option<ClosedLoop>>> {
    here.iter().map(|(trial, _)| Ok(executor.closed_loop(trial).map_err(Error::trial(trial))?)).collect()
}

fn loop_charts(here: &[Finished<'_>], loops: &[Option<ClosedLoop>]) -> [Chart; 2] {
    let series = |pick: fn(&ClosedLoop) -> &Vec<f64>| -> Vec<Series> {
        let of = |((trial, _), found): (&Finished<'_>, &Option<ClosedLoop>)| {
            let found = found.as_ref()?;
            let points = found.times.iter().copied().zip(pick(found).iter().copied()).collect();
            Some(Series { name: trial.law(), points })
        };
        here.iter().zip(loops).filter_map(of).collect()
    };
    let sub = here[0].0.sub;
    [
        chart(
            here,
            format!("Bias of the mean run at sub {sub}: ‖E[x_t] − E[x_t | y]‖ over the std of x_t | y."),
            "bias / posterior std",
            series(|l| &l.bias),
        ),
        chart(
            here,
            format!("Spread of the runs at sub {sub} over the std of x_t | y."),
            "spread ratio",
            series(|l| &l.spread),
        ),
    ]
}

/// An account at one of its times, by its place.
type At<'a> = (&'a Account, usize);

fn account_table(batch: &[Finished<'_>], accounts: &[Account]) -> Table {
    type Is<'a> = Column<'static, At<'a>>;
    let mut columns: Vec<Is<'_>> = vec![
        Is::new("sub", "stride of the observed lattice", |(a, _)| a.sub),
        Is::new("t", "diffusion time", |(a, i)| a.times[*i].t),
        Is::new("N", "observations", |(a, _)| a.count),
        Is::new("N_eff", "tr(AVAᵀ)²/‖AVAᵀ‖_F²", |(a, i)| a.times[*i].effective),
        Is::new("(σ/μ)²", "noise to signal", |(a, i)| a.times[*i].ratio2),
        Is::new("tr(AVAᵀ)/N", "what is unknown of one observed number, squared", |(a, i)| {
            a.times[*i].unknown
        }),
        Is::new("due", "s² + tr(B·AVAᵀ)/tr B, the best scalar", |(a, i)| a.noise + a.times[*i].matched),
    ];
    for law in distinct(accounts.iter().flat_map(|a| a.laws.iter().map(|w| w.law.clone()))) {
        let name = format!("v {law}");
        let v = move |(a, i): &At<'_>| a.laws.iter().find(|w| w.law == law).map(|w| w.v[*i]);
        columns.push(Column::new(name, "v(t)", v));
    }
    let rows: Vec<At<'_>> = accounts.iter().flat_map(|a| (0..a.times.len()).map(move |i| (a, i))).collect();
    let text = "What each law puts in the place of s²I + A V Aᵀ. A law that divides the gradient has the v that \
                does the same.";
    Table::of(&columns, &rows).captioned(caption(text.into(), batch))
}

fn end_table(first: &[Finished<'_>], ends: &[(Finished<'_>, Option<ClosedLoop>)]) -> Table {
    type Is<'a> = Column<'a, Finished<'a>>;
    let at_end = |trial: &Trial, pick: fn(&ClosedLoop) -> &Vec<f64>| {
        let found = ends.iter().find(|((t, _), _)| t.law() == trial.law() && t.sub == trial.sub);
        let ended = found?.1.as_ref().filter(|l| l.times.last().is_some_and(|t| *t <= 0.0))?;
        pick(ended).last().copied()
    };
    let columns: [Is<'_>; 9] = [
        Is::new("law", "scaling law, or method", |(trial, _)| trial.law()),
        Is::new("sub", "stride of the observed lattice", |(trial, _)| trial.sub),
        Is::new("excess t = 0.9", "‖g‖/‖g_exact‖", |(_, row)| row.guidance_excess_early),
        Is::new("excess t = 0.5", "‖g‖/‖g_exact‖", |(_, row)| row.guidance_excess_middle),
        Is::new("excess t = 0.1", "‖g‖/‖g_exact‖", |(_, row)| row.guidance_excess_late),
        Is::new("bias", "‖E[x] − E[x | y]‖ over the posterior std with σ(0)", |(trial, _)| {
            at_end(trial, |l| &l.bias)
        }),
        Is::new("spread", "std of the runs over the posterior std with σ(0)", |(trial, _)| {
            at_end(trial, |l| &l.spread)
        }),
        Is::new("RMSE / floor", "of the trial", |(_, row)| row.floor_rmse.map(|floor| row.rmse / floor)),
        Is::new("state", "as in the report", |(_, row)| verdict(row)),
    ];
    Table::of(&columns, first).captioned(caption("At the end, t = 0.".into(), first))
}

fn notes() -> Vec<(String, String)> {
    vec![
        note(
            "Bias and spread",
            "Exact, not from an ensemble: under a linear law a step that draws no noise is affine, so the run of the \
             mean start is the mean of all runs, and another run's squared distance from it has their variance for \
             its expectation. Both over √(D(μ²p + σ²)), p the posterior's mean variance. `adaptive` is not linear \
             and is left out, as are runs that draw noise on the way and fields of 2¹⁸ numbers or more.",
        ),
        note("V", "Cov[x | x_t] = Σσ²/(μ²Σ + σ²), of the Gaussian prior."),
    ]
}
