//! The report page of a sweep, assembled from its rows, pictures and excess curves.

use crate::{EXCESS_TIMES, Flow, FlowExecutor, Output, Pictures, Result, Row, Trial};
use equipoise_experiment::{self as experiment, REPORT, distinct, note, states};
use equipoise_report::{
    Block, Caption, Chart, Column, Gallery, HeatCell, HeatMap, Page, Picture, Quantity, Scale, Section,
    Series, Table, Verdict, pick, significant,
};
use std::path::PathBuf;

/// The range of the excess that charts show.
const EXCESS_BOUNDS: (f64, f64) = (1e-3, 1e5);

/// Writes `report.html` from the rows that are there, and returns its path.
///
/// Excess curves that this process has not evaluated yet are evaluated.
///
/// # Errors
/// If a curve cannot be evaluated or the page cannot be written.
pub fn write_page(
    output: &Output,
    flows: &[Flow],
    executor: &FlowExecutor<'_>,
    pictures: &Pictures<'_>,
) -> Result<PathBuf> {
    let finished = output.finished()?;
    let mut sections = Vec::new();
    for flow in flows {
        for batch in finished.chunk_by(|a, b| a.0.same_scene(b.0)).filter(|b| b[0].0.dataset() == flow.name())
        {
            sections.push(section(flow, batch, executor, pictures)?);
        }
    }
    let other = output.trials().iter().any(|trial| !trial.is_gaussian());
    let whole = Page {
        title: "Equipoise sweep".into(),
        lead: lead(other),
        facts: Vec::new(),
        sections,
        notes: notes(other),
    };
    Ok(output.write_page(REPORT, whole)?)
}

fn lead(other: bool) -> Vec<String> {
    let mut lead = vec![
        "Reconstructions of a flow from sparse noisy velocities under scaling laws of the likelihood term, \
         judged against the exact posterior of the same Gaussian prior."
            .to_owned(),
    ];
    if other {
        lead.push(
            "Sections that name a prior stand on another one than the Gaussian, on the same observations and \
             start draws. What is said there of floor, bias, spread and excess is of that prior's own posterior; \
             where that is not known, nothing is said of them and errors are against the truth alone."
                .to_owned(),
        );
    }
    lead
}

/// A trial with its row.
pub(crate) type Finished<'a> = (&'a Trial, Row);

fn section(
    flow: &Flow,
    batch: &[Finished<'_>],
    executor: &FlowExecutor<'_>,
    pictures: &Pictures<'_>,
) -> Result<Section> {
    let first = batch[0].0;
    let mut blocks = vec![Block::Text(format!(
        "{} steps ({}, spacing {}), {} corrections, τ = {}, schedule {} with η = {}; window {} of {} frames, noise {} \
         (normalised units), {} member(s) a trial.",
        first.steps,
        first.sampler,
        first.spacing,
        first.corrections,
        first.tau,
        first.schedule,
        first.eta,
        flow.shape(),
        first.window,
        first.noise.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
        first.members
    ))];
    blocks.push(Block::HeatMap(heat_map(batch)));
    if let Some(gallery) = gallery(flow, batch, pictures)? {
        blocks.push(Block::Gallery(gallery));
    }
    let viewer = pictures.viewer(flow, batch.iter().map(|(trial, _)| *trial))?;
    blocks.extend(viewer.map(Block::Viewer));
    for sub in distinct(batch.iter().map(|(t, _)| t.sub)) {
        let chart = chart(batch, sub, executor)?;
        blocks.extend((first.is_gaussian() || !chart.series.is_empty()).then_some(Block::Chart(chart)));
    }
    blocks.push(Block::Table(table(batch)));
    Ok(Section { title: scene(first), blocks })
}

/// Dataset and protocol, with the prior where it is not the Gaussian.
pub(crate) fn scene(trial: &Trial) -> String {
    let scene = format!("{}, protocol {}", trial.dataset(), trial.protocol);
    if trial.is_gaussian() { scene } else { format!("{scene}, prior {}", trial.prior) }
}

pub(crate) fn caption(text: String, batch: &[Finished<'_>]) -> Caption {
    experiment::caption(text, batch[0].0.base.n_convention)
}

pub(crate) fn verdict(row: &Row) -> Verdict {
    experiment::verdict(&row.state, &row.state)
}

/// Named columns, and named rows with a cell for each column where there is one.
type Grid<T> = (Vec<String>, Vec<(String, Vec<Option<T>>)>);

/// The rows of the first seed, by law and sub.
fn grid<'a, T>(batch: &'a [Finished<'a>], cell: impl Fn(&'a Finished<'a>) -> Option<T>) -> Grid<T> {
    let seed = batch[0].0.seed;
    let subs = distinct(batch.iter().map(|(t, _)| t.sub));
    let rows = distinct(batch.iter().map(|(t, _)| t.law()))
        .into_iter()
        .map(|law| {
            let of = |sub: &usize| {
                let found = batch.iter().find(|(t, _)| t.law() == law && t.sub == *sub && t.seed == seed);
                found.and_then(&cell)
            };
            let cells = subs.iter().map(of).collect();
            (law, cells)
        })
        .collect();
    (subs.iter().map(|s| format!("sub {s}")).collect(), rows)
}

/// RMSE over the floor, or where no trial has one the RMSE itself.
fn heat_map(batch: &[Finished<'_>]) -> HeatMap {
    let floors = batch.iter().any(|(_, row)| row.floor_rmse.is_some());
    let (columns, rows) = grid(batch, |(_, row)| {
        let number = if floors { row.rmse / row.floor_rmse? } else { row.rmse };
        let detail = format!("RMSE {}, χ {}", significant(row.rmse, 3), significant(row.misfit, 3));
        Some(HeatCell { verdict: verdict(row), number, detail })
    });
    let (what, number_name) = if floors { ("RMSE over the floor", "RMSE / floor") } else { ("RMSE", "RMSE") };
    HeatMap {
        caption: caption(format!("State, and {what}, seed {}.", batch[0].0.seed), batch),
        row_name: "law".into(),
        column_name: "subsampling".into(),
        number_name: number_name.into(),
        columns,
        rows,
    }
}

fn gallery(flow: &Flow, batch: &[Finished<'_>], pictures: &Pictures<'_>) -> Result<Option<Gallery>> {
    let Some((image, caption, view)) = pictures.truth(flow)? else { return Ok(None) };
    let quantity = view.quantity;
    let reference = Picture::new(image, format!("{} of {caption}", quantity.name), caption);
    let (columns, rows) = grid(batch, |(trial, row)| {
        let caption = format!("RMSE {}, χ {}", significant(row.rmse, 3), significant(row.misfit, 3));
        Some(Picture {
            image: pictures.cells(trial)?,
            alt: format!("{} of {} at sub {}: {}", quantity.name, trial.law(), trial.sub, row.state),
            caption,
            verdict: Some(verdict(row)),
        })
    });
    let units = if quantity == Quantity::VORTICITY { "physical units" } else { "normalised units" };
    Ok(Some(Gallery {
        caption: format!(
            "{} of the first member, seed {}, {units}, one colour scale.",
            view.name(),
            batch[0].0.seed
        ),
        limit: view.limit,
        unit: view.unit.into(),
        quantity,
        references: vec![reference],
        row_name: "law".into(),
        columns,
        rows,
    }))
}

fn chart(batch: &[Finished<'_>], sub: usize, executor: &FlowExecutor<'_>) -> Result<Chart> {
    let seed = batch[0].0.seed;
    let mut series = Vec::new();
    for (trial, _) in batch.iter().filter(|(t, _)| t.sub == sub && t.seed == seed && !t.approach.is_exact()) {
        let curves = executor.guidance_curves(trial).map_err(experiment::Error::trial(trial))?;
        if let Some(curves) = curves {
            let points = EXCESS_TIMES.into_iter().zip(curves.excess).filter(|(_, e)| !e.is_nan()).collect();
            series.push(Series { name: trial.law(), points });
        }
    }
    let text = format!(
        "Guidance excess ‖g‖/‖g_exact‖ at sub {sub}, on x_t = μx + σε of the truth, seed {seed}; 1 is exact."
    );
    Ok(Chart {
        reference: Some((1.0, "exact".into())),
        ..Chart::new(
            caption(text, batch),
            ["diffusion time t", "guidance excess"],
            (Scale::Log, EXCESS_BOUNDS),
            series,
        )
    })
}

/// The columns of the page's table, state apart; `results.csv` has all of them.
const COLUMNS: [&str; 15] = [
    "law",
    "sub",
    "seed",
    "n_obs",
    "std",
    "gamma",
    "min",
    "max",
    "energy_ratio",
    "rmse",
    "floor_rmse",
    "misfit",
    "bias_over_posterior_std",
    "spread_ratio",
    "diverged_at",
];

fn table(batch: &[Finished<'_>]) -> Table {
    let (all, state) = (Row::columns(), Column::new("state", "see the definitions below", verdict));
    let mut columns = pick(&all, &COLUMNS);
    columns.insert(COLUMNS.len() - 1, &state);
    let rows = batch.iter().map(|(_, row)| row);
    Table::of(columns, rows).captioned(caption("All trials of this protocol.".into(), batch))
}

fn notes(other: bool) -> Vec<(String, String)> {
    let mut notes = vec![
        states(),
        note(
            "Floor",
            "√(mean((posterior mean − truth)² + posterior variance) + σ(0)²), the mean over the cells of the RMSE: \
             what exact posterior samples reach, with the noise that the sampler leaves at t = 0.",
        ),
        note(
            "Pooling",
            "Ranges are over all members of a trial; RMSE, χ and ratios are root mean squares over them. Cells \
             inside the cylinder are left out of error measures unless --include-solid is given; the range and χ \
             see every cell.",
        ),
        note(
            "Bias and spread",
            "Relative to the exact posterior standard deviation over the same cells, widened by σ(0). The sampling error of the \
             ensemble mean is taken out of the bias.",
        ),
    ];
    if other {
        notes.push(note(
            "Priors",
            "optimal is the training windows themselves, each as likely as the others: its posterior is the same \
             windows with other probabilities, and floor, bias, spread and exact guidance come from it, exactly. \
             The posterior under local, equivariant_local and locality is not known: their cells are empty, and \
             balanced then asks for a fluctuation ratio about the training mean between its bounds in the place of \
             the floor. Laws matched and active take their traces from probes at noised training windows. Start \
             prior is the marginal of the Gaussian under every prior.",
        ));
    }
    notes
}
