//! Planted correlations as tables and a section of the page.

use crate::Flow;
use crate::planted::{Line, Response};
use crate::sensitivity_page::Sensed;
use crate::words::{caption, plain, table, text};
use equipoise_report::{Block, Cell, Chart, Scale, Section, Series, Table};

/// Every response.
pub(crate) fn responses(all: &[Sensed<'_>], flows: &[&Flow]) -> Table {
    let row = |flow: &Flow, r: &Response| {
        vec![
            text(flow.name()),
            text(r.denoiser.to_string()),
            Cell::Number(r.ratio),
            Cell::Number(r.strength),
            Cell::Number(r.response),
            Cell::Number(r.standard_error),
            Cell::Number(r.wiener),
            Cell::Count(flow.held_out().len() as u64),
        ]
    };
    let planted = |one: &Sensed<'_>| -> Vec<Vec<Cell>> {
        one.planted.iter().flat_map(|(_, responses, _)| responses.iter().map(|r| row(one.flow, r))).collect()
    };
    table(
        caption("Response of x̂_B to x_A by differences, mean over held-out windows.", flows),
        &[
            ("dataset", ""),
            ("denoiser", ""),
            ("sigma_over_mu", "σ/μ"),
            ("strength", "a of B + a·A"),
            ("response", "∂x̂_B/∂(x_A/μ)"),
            ("standard_error", "from the spread over windows"),
            ("wiener_prediction", "of the Wiener filter refitted to the planted data, from its Jacobian"),
            ("states", "held-out windows with noise"),
        ],
        all.iter().flat_map(planted).collect(),
    )
}

/// The lines through them.
pub(crate) fn fitted(all: &[Sensed<'_>], flows: &[&Flow]) -> Table {
    let row = |flow: &Flow, l: &Line| {
        let tautology = l.denoiser.is_gaussian();
        vec![
            text(flow.name()),
            text(l.denoiser.to_string()),
            Cell::Number(l.ratio),
            Cell::Number(l.slope),
            Cell::Number(l.intercept),
            Cell::Number(l.r_squared),
            text(if tautology { "tautology" } else { "measured" }),
        ]
    };
    let planted = |one: &Sensed<'_>| -> Vec<Vec<Cell>> {
        one.planted.iter().flat_map(|(_, _, lines)| lines.iter().map(|l| row(one.flow, l))).collect()
    };
    table(
        caption("Least-squares lines of response against strength.", flows),
        &[
            ("dataset", ""),
            ("denoiser", ""),
            ("sigma_over_mu", "σ/μ"),
            ("slope", "response by strength"),
            ("intercept", "response at strength 0"),
            ("r_squared", "1 − SS_res/SS_tot over strengths"),
            ("kind", "tautology: the Wiener filter is made from the covariance that the planting changed"),
        ],
        all.iter().flat_map(planted).collect(),
    )
}

/// A chart for every flow and level, and both tables.
pub(crate) fn section(all: &[Sensed<'_>], responses: &Table, fitted: &Table) -> Section {
    let mut blocks = Vec::new();
    for one in all {
        let Some((told, found, _)) = &one.planted else { continue };
        blocks.push(Block::Text(format!(
            "{told}. Prior (dense) and denoisers are made anew for every strength."
        )));
        for at_level in found.iter().filter(|r| r.strength.to_bits() == found[0].strength.to_bits()) {
            let first = found.iter().find(|r| r.ratio.to_bits() == at_level.ratio.to_bits());
            if first == Some(at_level) {
                blocks.push(Block::Chart(chart(one.flow, at_level.ratio, found)));
            }
        }
    }
    blocks.extend([Block::Table(fitted.clone()), Block::Table(responses.clone())]);
    Section { title: "Planted correlation".into(), blocks }
}

fn chart(flow: &Flow, ratio: f64, found: &[Response]) -> Chart {
    let mut series: Vec<Series> = Vec::new();
    for r in found.iter().filter(|r| r.ratio.to_bits() == ratio.to_bits()) {
        let name = r.denoiser.to_string();
        match series.iter_mut().find(|s| s.name == name) {
            Some(s) => s.points.push((r.strength, r.response)),
            None => series.push(Series { name, points: vec![(r.strength, r.response)] }),
        }
    }
    Chart {
        caption: caption(
            &format!("Response at σ/μ = {}, mean over held-out windows.", plain(ratio)),
            &[flow],
        ),
        x_name: "strength a".into(),
        y_name: "∂x̂_B/∂(x_A/μ)".into(),
        y_scale: Scale::Linear,
        y_bounds: (-1e3, 1e3),
        reference: None,
        series,
    }
}
