//! Denoising errors, the bound and their pictures as tables and a page.

use crate::canvas::{shown, view};
use crate::results::{Draft, Of};
use crate::words::{caption, plain, space};
use crate::{Bound, ErrorPoint, Flow, Named, RECALLED, Result, Results, at_ratio};
use equipoise_elbo::Point;
use equipoise_experiment::View;
use equipoise_report::{Block, Chart, Column, Gallery, Image, Picture, Scale, Series, significant};

/// Levels that pictures show, as far as the nearest of those measured.
const SHOWN: [f64; 3] = [0.1, 0.5, 2.0];

/// What was measured on one flow.
#[derive(Debug)]
pub struct Denoised<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// Its denoisers.
    pub denoisers: &'a [Named],
    /// Their errors.
    pub points: Vec<ErrorPoint>,
    /// The bound, where it was made.
    pub bound: Option<Bound>,
}

/// Tables `denoise`, `bound` and `rate_distortion`, pictures and the page `denoise`.
///
/// # Errors
/// [`DenoisingError`](crate::DenoisingError) of a denoiser or a picture.
pub fn denoise_results(all: &[Denoised<'_>], seed: u64, facts: Vec<(String, String)>) -> Result<Results> {
    let mut draft = Draft::of(all.iter().map(|one| one.flow));
    for one in all {
        let gallery = one.gallery(seed, &mut draft.pictures)?;
        let blocks = vec![Block::Chart(one.chart()), Block::Gallery(gallery)];
        draft.section(format!("{}: error against noise level", one.flow.name()), blocks);
    }
    let points = all.iter().flat_map(|one| one.points.iter().map(|p| (one.flow, p)));
    let errors = draft.table("denoise", "Error of every denoiser at every level.", of_errors(), points);
    draft.section("All errors", vec![errors]);
    let bounds = || all.iter().filter_map(|one| Some((one.flow, one.bound.as_ref()?)));
    if bounds().next().is_some() {
        let text = "The negative ELBO of the DDPM of the Wiener denoiser above the exact −log₂ density of the same Gaussian.";
        let table = draft.table("bound", text, of_bounds(), bounds());
        draft.section("Rate–distortion", vec![Block::Chart(rate_chart(all)), table]);
        let curve = bounds().flat_map(|(flow, bound)| bound.curve.iter().map(move |p| (flow, p)));
        draft.table(
            "rate_distortion",
            "Rate and distortion after x_T … x_t have been sent.",
            of_curves(),
            curve,
        );
    }
    let lead = "What analytic denoisers miss of held-out windows x seen as x_t = μx + σε, against σ/μ. Every number \
                is in normalised units, those that the prior's normalizer leads to; vorticity in pictures is in \
                data units.";
    Ok(draft.finish("denoise", ("Denoisers", lead.into()), facts, &NOTES))
}

impl Denoised<'_> {
    fn chart(&self) -> Chart {
        let of = |named: &Named| Series {
            name: named.name.to_string(),
            points: self
                .points
                .iter()
                .filter(|p| p.denoiser == named.name)
                .map(|p| (p.ratio.log10(), p.error))
                .collect(),
        };
        Chart::new(
            caption(
                "Mean square error of x̂ over the plane (the fluid, where there is a body).",
                &[self.flow],
            ),
            ["log₁₀ σ/μ", "E‖x̂ − x‖²/D"],
            (Scale::Log, (1e-8, 1e4)),
            self.denoisers.iter().map(of).collect(),
        )
    }

    /// Pictures of the first held-out window; labelled ones go to `pictures`, one a level.
    fn gallery(&self, seed: u64, pictures: &mut Vec<(String, Image)>) -> Result<Gallery> {
        let canvas = view(self.flow)?;
        let name = self.flow.name();
        let (Some(held_out), ratios) = (self.flow.held_out().first(), self.shown()) else {
            return Ok(gallery(&canvas, Vec::new(), &[], Vec::new()));
        };
        let truth = shown(self.flow, "x", &held_out.x, 1.0)?;
        let mut rows: Vec<(String, Vec<Option<Picture>>)> = vec![("x_t/μ".into(), Vec::new())];
        rows.extend(self.denoisers.iter().map(|named| (named.name.to_string(), Vec::new())));
        for &ratio in &ratios {
            let level = at_ratio(ratio);
            let x_t = self.flow.noised(held_out, level, seed);
            let mut all = vec![("x_t/μ".to_owned(), shown(self.flow, "x_t/μ", &x_t, level.mu)?)];
            for named in self.denoisers {
                let mut x_hat = vec![0.0; x_t.len()];
                named.known.denoiser().denoise(&x_t, level, &mut x_hat)?;
                let label = named.name.to_string();
                let planes = shown(self.flow, &label, &x_hat, 1.0)?;
                all.push((label, planes));
            }
            let planes = all.iter().flat_map(|(_, planes)| planes);
            let frames: Vec<_> = truth.iter().chain(planes).cloned().collect();
            let title = format!("{name}, σ/μ = {}", plain(ratio));
            pictures.push((format!("{name}_denoised_{}", plain(ratio)), canvas.picture(&title, &frames)?));
            for (row, (label, planes)) in rows.iter_mut().zip(all) {
                row.1.push(Some(canvas.cells(&format!("{title}, {label}"), "", &planes)?));
            }
        }
        let reference = canvas.picture(&format!("{name}, held-out window {}", held_out.window), &truth)?;
        Ok(gallery(&canvas, vec![reference], &ratios, rows))
    }

    /// The measured levels nearest to those that pictures show.
    fn shown(&self) -> Vec<f64> {
        let away = |ratio: f64, from: f64| (ratio / from).ln().abs();
        let nearest = |from: f64| {
            let all = self.points.iter().map(|p| p.ratio);
            all.min_by(|a, b| away(*a, from).total_cmp(&away(*b, from)))
        };
        let mut shown: Vec<f64> = SHOWN.iter().filter_map(|from| nearest(*from)).collect();
        shown.dedup();
        shown
    }
}

fn gallery(
    canvas: &View<'_>,
    references: Vec<Image>,
    ratios: &[f64],
    rows: Vec<(String, Vec<Option<Picture>>)>,
) -> Gallery {
    let name = canvas.name();
    let shown = |image| Picture::new(image, format!("{name} of x"), "x");
    Gallery {
        caption: format!(
            "{name} of x̂ at the first frame of the first held-out window; x_t/μ is what the denoisers see."
        ),
        limit: canvas.limit,
        unit: canvas.unit.into(),
        quantity: canvas.quantity,
        references: references.into_iter().map(shown).collect(),
        row_name: "denoiser".into(),
        columns: ratios.iter().map(|ratio| format!("σ/μ = {}", plain(*ratio))).collect(),
        rows,
    }
}

fn of_errors<'a>() -> Vec<Column<'a, Of<'a, &'a ErrorPoint>>> {
    type At<'a> = Column<'a, Of<'a, &'a ErrorPoint>>;
    let recalled = format!("share of windows at which the largest weight exceeds {RECALLED}");
    let standard_error = "of that mean, from the spread over windows; too small where windows are correlated";
    vec![
        At::new("denoiser", "", |(_, p)| p.denoiser.to_string()),
        At::new("sigma_over_mu", "σ/μ, with μ² + σ² = 1", |(_, p)| p.ratio),
        At::new("error", "mean of ‖x̂ − x‖²/D over held-out windows and fluid cells", |(_, p)| {
            p.error
        }),
        At::new("standard_error", standard_error, |(_, p)| p.standard_error),
        At::new(
            "expected",
            "tr V/D over the same cells: the error under the Wiener filter's own model",
            |(_, p)| p.expected,
        ),
        At::new("error_over_expected", "1 if the flow were the fitted Gaussian", |(_, p)| {
            p.expected.map(|expected| p.error / expected)
        }),
        At::new("recalled", recalled, |(_, p)| p.recalled),
        At::new("windows", "held-out windows", |(flow, _)| flow.held_out().len()),
        space(),
    ]
}

fn of_bounds<'a>() -> Vec<Column<'a, Of<'a, &'a Bound>>> {
    type At<'a> = Column<'a, Of<'a, &'a Bound>>;
    let terms = "L_T + Σ L_{t−1} + L_0, bits per dimension, mean over held-out windows";
    vec![
        At::new("steps", "T", |(_, b)| b.steps),
        At::new("negative_elbo_bits", terms, |(_, b)| b.negative_elbo),
        At::new("exact_bits", "−log₂ N(x; m, Σ)/D, mean over the same windows", |(_, b)| b.exact),
        At::new("gap_bits", "the first less the second", |(_, b)| b.negative_elbo - b.exact),
        At::new("least_gap_bits", "of single windows; a bound has none below 0", |(_, b)| b.least_gap),
        space(),
    ]
}

fn of_curves<'a>() -> Vec<Column<'a, Of<'a, &'a Point>>> {
    type At<'a> = Column<'a, Of<'a, &'a Point>>;
    vec![
        At::new("step", "t", |(_, p)| p.step),
        At::new("rate_bits", "L_T + … + L_t, bits per dimension", |(_, p)| p.rate),
        At::new("distortion", "√(E‖x − x̂(x_t)‖²/D)", |(_, p)| p.distortion),
        space(),
    ]
}

fn rate_chart(all: &[Denoised<'_>]) -> Chart {
    let flows: Vec<&Flow> = all.iter().map(|one| one.flow).collect();
    let series = all.iter().filter_map(|one| {
        let bound = one.bound.as_ref()?;
        let points = bound.curve.iter().map(|p| (p.rate, p.distortion)).collect();
        Some(Series { name: format!("{}, T = {}", one.flow.name(), bound.steps), points })
    });
    let series: Vec<Series> = series.collect();
    let ends: Vec<String> = all
        .iter()
        .filter_map(|one| {
            let bound = one.bound.as_ref()?;
            let [elbo, exact] = [bound.negative_elbo, bound.exact].map(|bits| significant(bits, 4));
            Some(format!("{}: −ELBO {elbo}, exact {exact} bits per dimension", one.flow.name()))
        })
        .collect();
    let text = format!(
        "Progressive coding of the held-out windows under the Wiener denoiser, β from 1e-4 to 0.02, all cells. {}.",
        ends.join("; ")
    );
    Chart::new(
        caption(&text, &flows),
        ["rate, bits per dimension", "distortion √(E‖x − x̂‖²/D)"],
        (Scale::Log, (1e-4, 1e2)),
        series,
    )
}

/// Name and text of what the page defines.
const NOTES: [(&str, &str); 5] = [
    (
        "error",
        "E‖x̂ − x‖²/D, the mean square over the entries of the plane that belong to the fluid, all channels \
         and frames of a window. One noise field for each window, the same at every level and for every denoiser.",
    ),
    (
        "standard error",
        "The standard deviation over held-out windows divided by √(n − 1). Windows of one trajectory resemble \
         each other, so the true uncertainty is larger.",
    ),
    (
        "expected",
        "What the fitted Gaussian expects of its own Wiener filter, tr V/D. A quotient away from 1 says that \
         the held-out windows do not follow the fitted Gaussian.",
    ),
    (
        "recalled",
        "The optimal denoiser is a weighted mean of training windows; where one weight exceeds 0.99 it returns \
         that window.",
    ),
    (
        "rate–distortion",
        "Ho, Jain and Abbeel 2020, section 4.3, with real numbers in place of pixel values: bits per dimension \
         are those of a density in normalised units and may be negative. Every term is in closed form, reverse \
         variance β.",
    ),
];
