//! Sensitivity fields and planted correlations as tables, maps and a page.

use crate::planted::{Line, Response};
use crate::results::{Draft, Of};
use crate::rows::{Invariance, Pixel, RowPoint, SHARE, SILENT, axes, own_plane};
use crate::words::{caption, in_file, plain, space};
use crate::{Flow, Named, Result, Results, planted_page};
use equipoise_report::{
    Block, Chart, Column, Frame, Gallery, Image, Panel, Picture, Quantity, Scale, Series, significant,
};

/// What a picture of a row shows.
const QUANTITY: Quantity<'_> = Quantity { name: "μJ/max|μJ|", symbol: "J", signed: true };

/// max|μJ| below which a map stays white.
const VANISHED: f64 = 1e-12;

/// What was measured on one flow.
#[derive(Debug)]
pub struct Sensed<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// Its denoisers.
    pub denoisers: &'a [Named],
    /// Output pixels.
    pub pixels: Vec<Pixel>,
    /// Their rows.
    pub points: Vec<RowPoint>,
    /// Pairs of them.
    pub invariances: Vec<Invariance>,
    /// What was planted, in words, with responses and the lines through them.
    pub planted: Option<(String, Vec<Response>, Vec<Line>)>,
}

/// Tables `sensitivity`, `invariance`, `planted` and `planted_lines`, a picture for every denoiser and
/// pixel, and the page `sensitivity`.
///
/// # Errors
/// [`DenoisingError`](crate::DenoisingError) of a picture.
pub fn sensitivity_results(all: &[Sensed<'_>], facts: Vec<(String, String)>) -> Result<Results> {
    let mut draft = Draft::of(all.iter().map(|one| one.flow));
    for one in all {
        let maps = one.maps(&mut draft.pictures)?;
        let blocks = vec![Block::Chart(one.chart()), Block::Gallery(maps)];
        draft.section(format!("{}: sensitivity fields", one.flow.name()), blocks);
    }
    let points = all.iter().flat_map(|one| one.points.iter().map(|p| (one.flow, p)));
    let rows = draft.table("sensitivity", "Rows of μJ over held-out states.", of_rows(), points);
    let pairs = all.iter().flat_map(|one| one.invariances.iter().map(|i| (one.flow, i)));
    let text = "The row of one pixel, shifted, against the row of another; rows in the mean over states.";
    let pairs = draft.table("invariance", text, of_pairs(), pairs);
    draft.section("Radius, anisotropy, translation invariance", vec![rows, pairs]);
    let planted: Vec<_> = all.iter().filter_map(|one| Some((one.flow, one.planted.as_ref()?))).collect();
    if !planted.is_empty() {
        planted_page::add(&planted, &mut draft);
    }
    let lead = "Rows of μJ = ∂x̂/∂(x_t/μ): what an output pixel takes from every input pixel. The output is channel \
                0, the velocity along x, at the first frame of a window; fields are in normalised units, radii in \
                grid points.";
    Ok(draft.finish("sensitivity", ("Sensitivity of denoisers", lead.into()), facts, &NOTES))
}

impl Sensed<'_> {
    /// Radius against noise level, mean over pixels.
    fn chart(&self) -> Chart {
        let of = |named: &Named| {
            let own = self.points.iter().filter(|p| p.denoiser == named.name);
            let ratios: Vec<f64> = own.clone().map(|p| p.ratio).collect();
            let mut points: Vec<(f64, f64)> = Vec::new();
            for ratio in ratios {
                let radii: Vec<f64> = own
                    .clone()
                    .filter(|p| p.ratio.to_bits() == ratio.to_bits())
                    .filter_map(|p| p.radius)
                    .collect();
                let mean = radii.iter().sum::<f64>() / radii.len() as f64;
                if points.last().is_none_or(|last| last.0.to_bits() != ratio.log10().to_bits()) {
                    points.push((ratio.log10(), mean));
                }
            }
            Series { name: named.name.to_string(), points }
        };
        Chart::new(
            caption(
                "Radius that holds 90 % of Σ J², mean over output pixels and over the states that respond.",
                &[self.flow],
            ),
            ["log₁₀ σ/μ", "radius, grid points"],
            (Scale::Linear, (0.0, 1e4)),
            self.denoisers.iter().map(of).collect(),
        )
    }

    /// One labelled picture for every denoiser and pixel, over levels.
    fn maps(&self, pictures: &mut Vec<(String, Image)>) -> Result<Gallery> {
        let mut references = Vec::new();
        let [h_axis, w_axis] = axes(self.flow);
        for named in self.denoisers {
            for pixel in &self.pixels {
                let own =
                    |p: &&RowPoint| p.denoiser == named.name && p.pixel == *pixel && !p.first.is_empty();
                let points: Vec<&RowPoint> = self.points.iter().filter(own).collect();
                if points.is_empty() {
                    continue;
                }
                let name = format!("{}, {}, pixel {},{}", self.flow.name(), named.name, pixel.h, pixel.w);
                let image = self.map(&name, *pixel, &points)?;
                let file = format!("{}_{}_{}_{}", self.flow.name(), in_file(&named.name), pixel.h, pixel.w);
                let caption = format!("{name} (rows along {h_axis}, columns along {w_axis})");
                let alt = format!("Sensitivity field, {name}");
                references.push(Picture::new(image.clone(), alt, caption));
                pictures.push((file, image));
            }
        }
        Ok(Gallery::of(references))
    }

    /// Every level on a scale of its own, which its label tells.
    fn map(&self, name: &str, pixel: Pixel, points: &[&RowPoint]) -> Result<Image> {
        let shape = self.flow.shape();
        let mark = [pixel.h * shape.width + pixel.w];
        let scaled = |point: &&RowPoint| {
            let plane = own_plane(shape, &point.first);
            let peak = plane.iter().fold(0.0f32, |peak, j| peak.max(j.abs()));
            let seen = f64::from(peak) > VANISHED;
            let size = if seen { significant(f64::from(peak), 2) } else { format!("below {VANISHED:e}") };
            let label = format!("σ/μ = {}: max |μJ| {size}", plain(point.ratio));
            let over = if seen { peak.recip() } else { 0.0 };
            (label, plane.iter().map(|j| j * over).collect::<Vec<f32>>())
        };
        let planes: Vec<(String, Vec<f32>)> = points.iter().map(scaled).collect();
        let panel = Panel {
            title: format!("{name}, the dot"),
            frames: planes
                .iter()
                .map(|(label, plane)| Frame { label: label.clone(), vorticity: plane, observed: &mark })
                .collect(),
            height: shape.height,
            width: shape.width,
            grid: self.flow.prior().grid(),
            limit: 1.0,
            unit: String::new(),
            solid: self.flow.solid(),
        };
        Ok(panel.picture(QUANTITY)?)
    }
}

fn place(pixel: Pixel) -> String {
    format!("{},{}", pixel.h, pixel.w)
}

fn of_rows<'a>() -> Vec<Column<'a, Of<'a, &'a RowPoint>>> {
    type At<'a> = Column<'a, Of<'a, &'a RowPoint>>;
    let radius =
        format!("grid points within which {} % of Σ J² lies, mean over states that respond", 100.0 * SHARE);
    let anisotropy = "extent along x over extent along y of J², mean over states that respond";
    let deviation = "largest |difference quotient − J_mn|/max|J_m| of two entries of the row that is largest at the \
                     first state";
    vec![
        At::new("denoiser", "", |(_, p)| p.denoiser.to_string()),
        At::new("sigma_over_mu", "σ/μ, with μ² + σ² = 1", |(_, p)| p.ratio),
        At::new("pixel", "h,w of the output", |(_, p)| place(p.pixel)),
        At::new("radius", radius, |(_, p)| p.radius),
        At::new("anisotropy", anisotropy, |(_, p)| p.anisotropy),
        At::new("uniform_anisotropy", "the same of a row that is the same everywhere", |(_, p)| p.uniform),
        At::new("norm", "‖μJ_m‖, root mean square over states", |(_, p)| p.norm),
        At::new("silent", format!("states at which ‖μJ_m‖ < {SILENT:e}"), |(_, p)| p.silent),
        At::new("states", "held-out windows with noise", |(flow, _)| flow.held_out().len()),
        At::new("deviation", deviation, |(_, p)| p.deviation),
        space(),
    ]
}

fn of_pairs<'a>() -> Vec<Column<'a, Of<'a, &'a Invariance>>> {
    type At<'a> = Column<'a, Of<'a, &'a Invariance>>;
    vec![
        At::new("denoiser", "", |(_, i)| i.denoiser.to_string()),
        At::new("sigma_over_mu", "σ/μ", |(_, i)| i.ratio),
        At::new("pixel", "whose row is shifted", |(_, i)| place(i.pixels[0])),
        At::new("other", "whose row it is compared with", |(_, i)| place(i.pixels[1])),
        At::new("pearson", "Pearson's correlation", |(_, i)| i.agreement.pearson),
        At::new("r_squared", "1 − SS_res/SS_tot, not the square of the former", |(_, i)| {
            i.agreement.r_squared
        }),
        At::new("invariance", "by construction: a stationary covariance knows no place", |(flow, i)| {
            by_construction(flow, i)
        }),
    ]
}

fn by_construction(flow: &Flow, i: &Invariance) -> &'static str {
    let stationary = flow.prior().settings().model == equipoise_prior::Model::Stationary;
    if stationary && i.denoiser.is_gaussian() { "by construction" } else { "measured" }
}

/// Name and text of what the page defines.
const NOTES: [(&str, &str); 4] = [
    (
        "radius",
        "The smallest distance from the output pixel, in grid points, within which 90 % of Σ J² lies; channels \
         and frames at one grid point count together. A pixel that does not respond (the optimal denoiser \
         returns one training window) has none.",
    ),
    (
        "anisotropy",
        "√(Σ J²(x − x_m)²/Σ J²(y − y_m)²). A domain longer than wide makes it large by itself: compare it with \
         the column of a row that is the same everywhere.",
    ),
    (
        "maps",
        "Channel 0 of the row at the first held-out state, each level on its own scale, ± max|μJ|, which \
         stands above it; the dot marks the output pixel.",
    ),
    (
        "planted correlation",
        "After Lukoianov et al. 2025 (arXiv 2509.09672): B + a·A takes the place of B in all training and \
         held-out windows. All of A's channel 0 is moved by ± 0.02 σ², and the change of x̂ is averaged over \
         B's channel 0.",
    ),
];
