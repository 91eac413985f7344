//! Samples, their spectra and their nearest training windows as tables and a page.

use crate::canvas::Canvas;
use crate::spectra::Spectrum;
use crate::words::{SPACE, caption, in_file, number, table, text};
use crate::{Drawing, Flow, Result, Results, Sampled, Samples};
use equipoise_field::sum;
use equipoise_metrics::{Inclusion, rmse};
use equipoise_report::{
    Block, Caption, Cell, Chart, Gallery, Image, Page, Picture, Scale, Section, Series, Table, significant,
};

/// Samples that a picture shows, each beside its nearest training window.
const SHOWN: usize = 4;

/// What was drawn on one flow.
#[derive(Debug)]
pub struct Drawn<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// The samples of every denoiser.
    pub samples: Vec<Samples>,
    /// Their spectra, where the grid wraps.
    pub spectra: Vec<Spectrum>,
}

/// Tables `sample`, `members` and `spectrum`, a picture a denoiser, and the page `sample`.
///
/// # Errors
/// [`DenoisingError`](crate::DenoisingError) of a picture.
pub fn sample_results(all: &[Drawn<'_>], drawing: &Drawing, facts: Vec<(String, String)>) -> Result<Results> {
    let flows: Vec<&Flow> = all.iter().map(|one| one.flow).collect();
    let (mut sections, mut pictures) = (Vec::new(), Vec::new());
    for one in all {
        let mut blocks = Vec::new();
        blocks.extend((!one.spectra.is_empty()).then(|| Block::Chart(one.chart())));
        blocks.push(Block::Gallery(one.gallery(&mut pictures)?));
        sections.push(Section { title: format!("{}: samples", one.flow.name()), blocks });
    }
    let (summary, members) = (summary_table(all, &flows, drawing.eta)?, member_table(all, &flows));
    let blocks = vec![Block::Table(summary.clone()), Block::Table(members.clone())];
    sections.push(Section { title: "Memorisation and energy".into(), blocks });
    let mut tables = vec![("sample".to_owned(), summary), ("members".to_owned(), members)];
    if all.iter().any(|one| !one.spectra.is_empty()) {
        tables.push(("spectrum".to_owned(), spectrum_table(all, &flows)));
    }
    let facts = flows.iter().flat_map(|flow| flow.facts().to_vec()).chain(facts).collect();
    let page = Page {
        title: "Samples of denoisers".into(),
        lead: vec![format!(
            "Unconditional samples by {}. Distances, energies and spectra are in normalised units, those that \
             the prior's normalizer leads to; vorticity in pictures and the fields in the HDF5 files are in data \
             units. Member k begins at the same x_1 under every denoiser.",
            drawing.told()
        )],
        facts,
        sections,
        notes: notes(),
    };
    Ok(Results { tables, pictures, name: "sample", page })
}

impl Drawn<'_> {
    fn chart(&self) -> Chart {
        let series = self.spectra.iter().map(|s| Series {
            name: format!("{} ({})", s.name, s.windows),
            points: s.energy.iter().skip(1).map(|(k, e)| (k.log10(), *e)).collect(),
        });
        Chart {
            caption: caption(
                "Isotropic energy spectrum, mean over windows; their number in brackets.",
                &[self.flow],
            ),
            x_name: "log₁₀ k".into(),
            y_name: "E(k)".into(),
            y_scale: Scale::Log,
            y_bounds: (1e-9, 1e3),
            reference: None,
            series: series.collect(),
        }
    }

    fn gallery(&self, pictures: &mut Vec<(String, Image)>) -> Result<Gallery> {
        let canvas = Canvas::of(self.flow)?;
        let mut references = Vec::new();
        for samples in self.samples.iter().filter(|samples| !samples.members.is_empty()) {
            let mut frames = Vec::new();
            for member in samples.members.iter().take(SHOWN) {
                frames.push((format!("member {}", member.member), canvas.curl(&member.x, 1.0)?));
                frames.push((neighbour(member), canvas.curl(&member.neighbour, 1.0)?));
            }
            let title = format!(
                "{}, samples of {}, each beside its nearest training window",
                self.flow.name(),
                samples.denoiser
            );
            let image = canvas.picture(&title, &frames)?;
            pictures.push((format!("{}_{}", self.flow.name(), in_file(&samples.denoiser)), image.clone()));
            references.push(Picture {
                image,
                alt: title,
                caption: samples.denoiser.to_string(),
                verdict: None,
            });
        }
        let (caption, limit, unit, row_name) = Default::default();
        Ok(Gallery { caption, limit, unit, references, row_name, columns: Vec::new(), rows: Vec::new() })
    }
}

fn neighbour(member: &Sampled) -> String {
    let shift =
        if member.nearest.shift > 0 { format!(", shift {}", member.nearest.shift) } else { String::new() };
    format!("window {}{shift}, index {}", member.nearest.sample, significant(member.index, 2))
}

/// √mean of the square of the deviation from the prior mean, over the fluid.
fn spread(flow: &Flow, fields: &[&[f32]]) -> Result<f64> {
    let square = |x: &&[f32]| Ok(rmse(x, flow.prior().mean(), Inclusion::Plane(flow.included()))?.powi(2));
    let squares = fields.iter().map(square).collect::<Result<Vec<f64>>>()?;
    Ok(sum::mean(&squares).sqrt())
}

fn summary_table(all: &[Drawn<'_>], flows: &[&Flow], eta: f64) -> Result<Table> {
    let mut rows = Vec::new();
    for one in all {
        let held_out: Vec<&[f32]> = one.flow.held_out().iter().map(|window| window.x.as_slice()).collect();
        let reference = spread(one.flow, &held_out)?;
        for samples in &one.samples {
            let fields: Vec<&[f32]> = samples.members.iter().map(|member| member.x.as_slice()).collect();
            let indices: Vec<f64> = samples.members.iter().map(|member| member.index).collect();
            let some = !fields.is_empty();
            let least = indices.iter().copied().fold(f64::INFINITY, f64::min);
            rows.push(vec![
                text(one.flow.name()),
                text(samples.denoiser.to_string()),
                Cell::Count(samples.members.len() as u64),
                Cell::Count(samples.diverged as u64),
                number(some.then(|| sum::mean(&indices))),
                number(some.then_some(least)),
                Cell::Number(eta / samples.held_out),
                Cell::Number(samples.held_out),
                number(if some { Some(spread(one.flow, &fields)? / reference) } else { None }),
                text(SPACE),
            ]);
        }
    }
    Ok(table(
        caption("Samples of every denoiser.", flows),
        &[
            ("dataset", ""),
            ("denoiser", ""),
            ("members", "finite samples"),
            ("diverged", "samples that stopped being finite"),
            (
                "memorisation",
                "mean over members of the distance to the nearest training window over the median of held-out windows",
            ),
            ("least", "the least of the members"),
            ("recalled", "what a training window with the noise η of the schedule has"),
            ("held_out_distance", "that median, root mean square of an entry"),
            (
                "fluctuation_ratio",
                "rms deviation from the prior mean over the fluid, samples over held-out windows",
            ),
            ("space", ""),
        ],
        rows,
    ))
}

fn member_table(all: &[Drawn<'_>], flows: &[&Flow]) -> Table {
    let row = |flow: &Flow, samples: &Samples, m: &Sampled| {
        vec![
            text(flow.name()),
            text(samples.denoiser.to_string()),
            Cell::Count(m.member),
            Cell::Count(m.nearest.sample as u64),
            Cell::Count(m.nearest.shift as u64),
            Cell::Number(m.nearest.distance),
            Cell::Number(m.index),
        ]
    };
    let of = |one: &Drawn<'_>| -> Vec<Vec<Cell>> {
        let each = |samples: &Samples| -> Vec<Vec<Cell>> {
            samples.members.iter().map(|m| row(one.flow, samples, m)).collect()
        };
        one.samples.iter().flat_map(each).collect()
    };
    table(
        caption("Every sample and its nearest training window.", flows),
        &[
            ("dataset", ""),
            ("denoiser", ""),
            ("member", ""),
            ("window", "the nearest training window"),
            ("shift", "which of its shifts"),
            ("distance", "‖x − x_i‖/√D"),
            ("memorisation", "distance over the median of held-out windows"),
        ],
        all.iter().flat_map(of).collect(),
    )
}

fn spectrum_table(all: &[Drawn<'_>], flows: &[&Flow]) -> Table {
    let of = |one: &Drawn<'_>| -> Vec<Vec<Cell>> {
        let each = |s: &Spectrum| -> Vec<Vec<Cell>> {
            let row = |(k, e): &(f64, f64)| {
                vec![
                    text(one.flow.name()),
                    text(&s.name),
                    Cell::Count(s.windows as u64),
                    Cell::Number(*k),
                    Cell::Number(*e),
                ]
            };
            s.energy.iter().map(row).collect()
        };
        one.spectra.iter().flat_map(each).collect()
    };
    table(
        Caption {
            space: "squares of normalised units".into(),
            ..caption("Isotropic energy spectra.", flows)
        },
        &[
            ("dataset", ""),
            ("of", "held-out or training windows, or the samples of a denoiser"),
            ("windows", ""),
            ("k", "wavenumber, by the grid's unit of length"),
            ("energy", "E(k) of the shell, Σ_k E(k) = ½ Σ_c mean(u_c²)"),
        ],
        all.iter().flat_map(of).collect(),
    )
}

fn notes() -> Vec<(String, String)> {
    [
        (
            "memorisation",
            "The distance of a sample to the nearest training window over the median distance of held-out windows: \
             about 1 for a sample as new as fresh data, towards 0 for one that was recalled. It sees whole windows; \
             a mosaic of training windows counts as new. The schedule leaves noise η in a sample, so one that was \
             recalled stands at η over that median, the column `recalled`.",
        ),
        (
            "fluctuation ratio",
            "Below 1 samples vary less about the prior mean than held-out windows do. The schedule leaves noise η in \
             every sample.",
        ),
        (
            "spectrum",
            "½ Σ |û|² over the modes of a shell of wavenumbers and both components, of the normalised fields. Few \
             members make the largest scales uncertain.",
        ),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .to_vec()
}
