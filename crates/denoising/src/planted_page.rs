//! Planted correlations as tables and a section of the page.

use crate::Flow;
use crate::planted::{Line, Response};
use crate::results::{Draft, Of};
use crate::words::{caption, plain};
use equipoise_experiment::grouped;
use equipoise_report::{Block, Chart, Column, Scale, Series};

/// What was planted, in words, with responses and the lines through them.
pub(crate) type Planted = (String, Vec<Response>, Vec<Line>);

/// Tables `planted` and `planted_lines`, and a section: a chart for every flow and level, and both tables.
pub(crate) fn add(planted: &[(&Flow, &Planted)], draft: &mut Draft<'_>) {
    let planted = || planted.iter().copied();
    let rows = planted().flat_map(|(flow, (_, found, _))| found.iter().map(move |r| (flow, r)));
    let text = "Response of x̂_B to x_A by differences, mean over held-out windows.";
    let responses = draft.table("planted", text, of_responses(), rows);
    let rows = planted().flat_map(|(flow, (_, _, lines))| lines.iter().map(move |l| (flow, l)));
    let text = "Least-squares lines of response against strength.";
    let fitted = draft.table("planted_lines", text, of_lines(), rows);
    let mut blocks = Vec::new();
    for (flow, (told, found, _)) in planted() {
        blocks.push(Block::Text(format!(
            "{told}. Prior (dense) and denoisers are made anew for every strength."
        )));
        for at_level in found.iter().filter(|r| r.strength.to_bits() == found[0].strength.to_bits()) {
            let first = found.iter().find(|r| r.ratio.to_bits() == at_level.ratio.to_bits());
            if first == Some(at_level) {
                blocks.push(Block::Chart(chart(flow, at_level.ratio, found)));
            }
        }
    }
    blocks.extend([fitted, responses]);
    draft.section("Planted correlation", blocks);
}

fn of_responses<'a>() -> Vec<Column<'a, Of<'a, &'a Response>>> {
    type At<'a> = Column<'a, Of<'a, &'a Response>>;
    let wiener = "of the Wiener filter refitted to the planted data, from its Jacobian";
    vec![
        At::new("denoiser", "", |(_, r)| r.denoiser.to_string()),
        At::new("sigma_over_mu", "σ/μ", |(_, r)| r.ratio),
        At::new("strength", "a of B + a·A", |(_, r)| r.strength),
        At::new("response", "∂x̂_B/∂(x_A/μ)", |(_, r)| r.response),
        At::new("standard_error", "from the spread over windows", |(_, r)| r.standard_error),
        At::new("wiener_prediction", wiener, |(_, r)| r.wiener),
        At::new("states", "held-out windows with noise", |(flow, _)| flow.held_out().len()),
    ]
}

fn of_lines<'a>() -> Vec<Column<'a, Of<'a, &'a Line>>> {
    type At<'a> = Column<'a, Of<'a, &'a Line>>;
    let kind = "tautology: the Wiener filter is made from the covariance that the planting changed";
    vec![
        At::new("denoiser", "", |(_, l)| l.denoiser.to_string()),
        At::new("sigma_over_mu", "σ/μ", |(_, l)| l.ratio),
        At::new("slope", "response by strength", |(_, l)| l.slope),
        At::new("intercept", "response at strength 0", |(_, l)| l.intercept),
        At::new("r_squared", "1 − SS_res/SS_tot over strengths", |(_, l)| l.r_squared),
        At::new("kind", kind, |(_, l)| if l.denoiser.is_gaussian() { "tautology" } else { "measured" }),
    ]
}

fn chart(flow: &Flow, ratio: f64, found: &[Response]) -> Chart {
    let at = found.iter().filter(|r| r.ratio.to_bits() == ratio.to_bits());
    let line = |of: Vec<&Response>| Series {
        name: of[0].denoiser.to_string(),
        points: of.iter().map(|r| (r.strength, r.response)).collect(),
    };
    let series = grouped(at, |a, b| a.denoiser == b.denoiser).into_iter().map(line).collect();
    Chart::new(
        caption(&format!("Response at σ/μ = {}, mean over held-out windows.", plain(ratio)), &[flow]),
        ["strength a", "∂x̂_B/∂(x_A/μ)"],
        (Scale::Linear, (-1e3, 1e3)),
        series,
    )
}
