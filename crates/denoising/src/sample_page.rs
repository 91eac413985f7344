//! Samples, their spectra and their nearest training windows as tables and a page.

use crate::canvas::{shown, view};
use crate::results::{Draft, Of};
use crate::spectra::Spectrum;
use crate::words::{caption, in_file, space};
use crate::{Drawing, Flow, Result, Results, Sampled, Samples};
use equipoise_field::sum;
use equipoise_metrics::{Inclusion, rmse};
use equipoise_report::{Block, Chart, Column, Gallery, Image, Picture, Scale, Series, significant};

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
    let mut draft = Draft::of(all.iter().map(|one| one.flow));
    let mut told = Vec::new();
    for one in all {
        let mut blocks = Vec::new();
        blocks.extend((!one.spectra.is_empty()).then(|| Block::Chart(one.chart())));
        blocks.push(Block::Gallery(one.gallery(&mut draft.pictures)?));
        draft.section(format!("{}: samples", one.flow.name()), blocks);
        told.extend(one.told()?);
    }
    let summary = draft.table("sample", "Samples of every denoiser.", of_denoisers(drawing.setup.eta), told);
    let text = "Every sample and its nearest training window.";
    let members = draft.table("members", text, of_members(), all.iter().flat_map(Drawn::members));
    draft.section("Memorisation and energy", vec![summary, members]);
    if all.iter().any(|one| !one.spectra.is_empty()) {
        draft.table("spectrum", "Isotropic energy spectra.", of_shells(), all.iter().flat_map(Drawn::shells));
    }
    let lead = format!(
        "Unconditional samples by {}. Distances, energies and spectra are in normalised units, those that \
         the prior's normalizer leads to; vorticity in pictures and the fields in the HDF5 files are in data \
         units. Member k begins at the same x_1 under every denoiser.",
        drawing.told()
    );
    Ok(draft.finish("sample", ("Samples of denoisers", lead), facts, &NOTES))
}

/// What is said of the samples of one denoiser.
struct Told<'a> {
    samples: &'a Samples,
    /// The mean memorisation index of the members, and the least; `None` without a member.
    memorisation: Option<[f64; 2]>,
    /// The spread of the members over that of the held-out windows.
    fluctuation: Option<f64>,
}

impl Drawn<'_> {
    fn told(&self) -> Result<Vec<Of<'_, Told<'_>>>> {
        let held_out: Vec<&[f32]> = self.flow.held_out().iter().map(|window| window.x.as_slice()).collect();
        let reference = spread(self.flow, &held_out)?;
        let told = self.samples.iter().map(|samples| {
            let members = &samples.members;
            let fields: Vec<&[f32]> = members.iter().map(|member| member.x.as_slice()).collect();
            let indices: Vec<f64> = members.iter().map(|member| member.index).collect();
            let some = !fields.is_empty();
            let memorisation =
                some.then(|| [sum::mean(&indices), indices.iter().copied().fold(f64::INFINITY, f64::min)]);
            let fluctuation = if some { Some(spread(self.flow, &fields)? / reference) } else { None };
            Ok((self.flow, Told { samples, memorisation, fluctuation }))
        });
        told.collect()
    }

    fn members(&self) -> impl Iterator<Item = Of<'_, (&Samples, &Sampled)>> {
        self.samples
            .iter()
            .flat_map(move |samples| samples.members.iter().map(move |m| (self.flow, (samples, m))))
    }

    fn shells(&self) -> impl Iterator<Item = Of<'_, (&Spectrum, (f64, f64))>> {
        self.spectra.iter().flat_map(move |s| s.energy.iter().map(move |shell| (self.flow, (s, *shell))))
    }

    fn chart(&self) -> Chart {
        let series = self.spectra.iter().map(|s| Series {
            name: format!("{} ({})", s.name, s.windows),
            points: s.energy.iter().skip(1).map(|(k, e)| (k.log10(), *e)).collect(),
        });
        Chart::new(
            caption("Isotropic energy spectrum, mean over windows; their number in brackets.", &[self.flow]),
            ["log₁₀ k", "E(k)"],
            (Scale::Log, (1e-9, 1e3)),
            series.collect(),
        )
    }

    fn gallery(&self, pictures: &mut Vec<(String, Image)>) -> Result<Gallery> {
        let canvas = view(self.flow)?;
        let mut references = Vec::new();
        for samples in self.samples.iter().filter(|samples| !samples.members.is_empty()) {
            let mut frames = Vec::new();
            for member in samples.members.iter().take(SHOWN) {
                frames.extend(shown(self.flow, &format!("member {}", member.member), &member.x, 1.0)?);
                frames.extend(shown(self.flow, &neighbour(member), &member.neighbour, 1.0)?);
            }
            let title = format!(
                "{}, samples of {}, each beside its nearest training window",
                self.flow.name(),
                samples.denoiser
            );
            let image = canvas.picture(&title, &frames)?;
            pictures.push((format!("{}_{}", self.flow.name(), in_file(&samples.denoiser)), image.clone()));
            references.push(Picture::new(image, title, samples.denoiser.to_string()));
        }
        Ok(Gallery::of(references))
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

fn of_denoisers<'a>(eta: f64) -> Vec<Column<'a, Of<'a, Told<'a>>>> {
    type At<'a> = Column<'a, Of<'a, Told<'a>>>;
    let memorisation = "mean over members of the distance to the nearest training window over the median of held-out windows";
    let fluctuation = "rms deviation from the prior mean over the fluid, samples over held-out windows";
    vec![
        At::new("denoiser", "", |(_, t)| t.samples.denoiser.to_string()),
        At::new("members", "finite samples", |(_, t)| t.samples.members.len()),
        At::new("diverged", "samples that stopped being finite", |(_, t)| t.samples.diverged),
        At::new("memorisation", memorisation, |(_, t)| t.memorisation.map(|[mean, _]| mean)),
        At::new("least", "the least of the members", |(_, t)| t.memorisation.map(|[_, least]| least)),
        At::new("recalled", "what a training window with the noise η of the schedule has", move |(_, t)| {
            eta / t.samples.held_out
        }),
        At::new("held_out_distance", "that median, root mean square of an entry", |(_, t)| {
            t.samples.held_out
        }),
        At::new("fluctuation_ratio", fluctuation, |(_, t)| t.fluctuation),
        space(),
    ]
}

fn of_members<'a>() -> Vec<Column<'a, Of<'a, (&'a Samples, &'a Sampled)>>> {
    type At<'a> = Column<'a, Of<'a, (&'a Samples, &'a Sampled)>>;
    vec![
        At::new("denoiser", "", |(_, (samples, _))| samples.denoiser.to_string()),
        At::new("member", "", |(_, (_, m))| m.member),
        At::new("window", "the nearest training window", |(_, (_, m))| m.nearest.sample),
        At::new("shift", "which of its shifts", |(_, (_, m))| m.nearest.shift),
        At::new("distance", "‖x − x_i‖/√D", |(_, (_, m))| m.nearest.distance),
        At::new("memorisation", "distance over the median of held-out windows", |(_, (_, m))| m.index),
    ]
}

/// Wavenumber and energy of a shell.
type Shell<'a> = (&'a Spectrum, (f64, f64));

fn of_shells<'a>() -> Vec<Column<'a, Of<'a, Shell<'a>>>> {
    type At<'a> = Column<'a, Of<'a, Shell<'a>>>;
    vec![
        At::new("of", "held-out or training windows, or the samples of a denoiser", |(_, (s, _))| {
            s.name.clone()
        }),
        At::new("windows", "", |(_, (s, _))| s.windows),
        At::new("k", "wavenumber, by the grid's unit of length", |(_, (_, (k, _)))| *k),
        At::new("energy", "E(k) of the shell, Σ_k E(k) = ½ Σ_c mean(u_c²)", |(_, (_, (_, e)))| *e)
            .unit("squares of normalised units"),
    ]
}

/// Name and text of what the page defines.
const NOTES: [(&str, &str); 3] = [
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
];
