//! The page of a reconstruction.

use crate::{
    Centre, Chained, Check, Composite, Ensemble, Misfit, Pictures, Problem, Result, Score, SensorMisfit,
};
use equipoise_report::{
    Block, Caption, Column, Gallery, Image, Page, Picture, Section, Table, Tone, Verdict, page, significant,
    write_atomically,
};
use std::path::Path;

/// Sensors that the table lists.
const LISTED: usize = 100;

/// Writes `reconstruction.html`: `warnings`, pictures, scores, sensors, and `facts` on how it was made.
///
/// # Errors
/// [`ReconstructionError::Report`](crate::ReconstructionError::Report) naming the path.
pub fn write_page(
    path: &Path,
    problem: &Problem,
    ensemble: &Ensemble,
    check: &Check,
    pictures: &Pictures,
    warnings: &[String],
    facts: Vec<(String, String)>,
) -> Result<()> {
    let (entries, sensors) = (problem.placed.entries.len(), problem.sensors());
    let lead = format!(
        "{entries} measured numbers of {sensors} sensors under the prior of {}: {} members of the posterior \
         over {} frames.",
        problem.prior.provenance().file,
        ensemble.members.len(),
        problem.shape.frames
    );
    let composed = problem.composite.as_ref().map(|(composite, _)| match ensemble.centre {
        Centre::Members => format!("Composed of {composite}; {}.", Composite::CAVEAT),
        Centre::ClosedForm => format!(
            "Mean and deviation are those of the exact posterior of {}.",
            match check {
                Check::Chain(chained) => &chained.prior,
                _ => "the Gauss–Markov prior of the same windows",
            }
        ),
    });
    let other = problem.other.as_ref().filter(|_| check.misfit().is_some()).map(|other| {
        format!(
            "Members are drawn under the prior `{}` over its training windows. Every χ on this page but that of the \
             members is under the Gaussian that was fitted to the same windows, and judges the readings by it.",
            other.name
        )
    });
    let mut verdict: Vec<String> = warnings.iter().map(|warning| format!("Warning: {warning}.")).collect();
    if let Some(told) = untold(check, warnings) {
        verdict.push(told);
    }
    let report = Page {
        title: "Reconstruction".into(),
        lead: std::iter::once(lead).chain(composed).chain(other).chain(verdict).collect(),
        facts,
        sections: std::iter::once(fields(pictures))
            .chain(check.misfit().map(|misfit| residuals(misfit, pictures)))
            .collect(),
        notes: if check.misfit().is_some() { notes() } else { Vec::new() },
    };
    Ok(write_atomically(path, page(&report).as_bytes())?)
}

/// How the readings fit where there is no warning, or that this is not known.
fn untold(check: &Check, warnings: &[String]) -> Option<String> {
    match check {
        Check::Exact(_) => warnings.is_empty().then(|| {
            "The readings are as far from the mean as prior and stated noise let expect.".to_owned()
        }),
        Check::Chain(Chained { prior, innovations, .. }) => Some(format!(
            "χ of the readings under {prior} and noise, by the filter's innovations: {}.",
            significant(innovations.chi, 3)
        )),
        Check::Unknown(why) => {
            Some(format!("How well prior and noise fit the readings is not known: {why}."))
        }
    }
}

fn fields(pictures: &Pictures) -> Section {
    let mut references =
        vec![picture(&pictures.mean, "Vorticity of the mean at the first and the last frame")];
    references.extend(pictures.uncertainty.as_ref().map(|image| {
        picture(image, "Standard deviation of the velocity at the same frames, √(Var u + Var v)")
    }));
    let blocks = vec![gallery(references), Block::Viewer(pictures.viewer.clone())];
    Section { title: "Mean and uncertainty".into(), blocks }
}

fn residuals(misfit: &Misfit, pictures: &Pictures) -> Section {
    let image = pictures.misfit.iter();
    let references =
        image.map(|image| picture(image, "The deviate z of every sensor's χ at its place")).collect();
    let title = "Misfit of the readings".into();
    Section { title, blocks: vec![gallery(references), scores(misfit), sensors(misfit)] }
}

fn gallery(references: Vec<Picture>) -> Block {
    Block::Gallery(Gallery::of(references))
}

fn picture(image: &Image, caption: &str) -> Picture {
    Picture::new(image.clone(), caption, format!("{caption}."))
}

/// What χ is.
const CHI: &str = "size of the residuals over the expected size";

fn scores(misfit: &Misfit) -> Block {
    type Row = (&'static str, Score);
    let rows = [
        ("residuals of the mean, in units of the noise", misfit.overall),
        ("readings under prior and noise", misfit.prior),
    ];
    let columns = [
        Column::new("check", "", |(name, _): &Row| *name),
        Column::new("χ", CHI, |(_, score): &Row| score.chi),
        Column::new("99 % band", "", |(_, score): &Row| {
            let band = score.band(1);
            format!("{} to {}", significant(band.low, 3), significant(band.high, 3))
        }),
        Column::new("degrees", "effective degrees of freedom", |(_, score): &Row| score.degrees),
        Column::new("verdict", "", |(_, score): &Row| verdict(score, 1)),
    ];
    Block::Table(Table::of(&columns, &rows).captioned(caption("All readings together.")))
}

fn sensors(misfit: &Misfit) -> Block {
    let mut ordered: Vec<_> = misfit.sensors.iter().collect();
    ordered.sort_by(|a, b| b.score.deviate.abs().total_cmp(&a.score.deviate.abs()));
    let among = ordered.len();
    let listed = if among > LISTED { format!("The {LISTED} most unusual of {among}") } else { "All".into() };
    let text =
        format!("{listed} sensors, the most unusual first; verdicts by the 99 % band over all of them.");
    let columns = [
        Column::new("x", "the table's unit of length", |s: &SensorMisfit| s.x),
        Column::new("y", "the table's unit of length", |s: &SensorMisfit| s.y),
        Column::new("numbers", "measured numbers at this place", |s: &SensorMisfit| s.entries.len()),
        Column::new("χ", CHI, |s: &SensorMisfit| s.score.chi),
        Column::new("z", "standard normal deviate of χ", |s: &SensorMisfit| s.score.deviate),
        Column::new("noise factor", "times the stated noise that would fit", |s: &SensorMisfit| {
            s.score.noise_factor
        }),
        Column::new("verdict", "", move |s: &SensorMisfit| verdict(&s.score, among)),
    ];
    let rows = ordered.into_iter().take(LISTED);
    Block::Table(Table::of(&columns, rows).captioned(caption(&text)))
}

fn verdict(score: &Score, among: usize) -> Verdict {
    let (label, tone) = match score.unusual(among) {
        false => ("as expected", Tone::Good),
        true if score.chi > 1.0 => ("too far", Tone::Weak),
        true => ("too near", Tone::Strong),
    };
    Verdict { label: label.into(), tone }
}

fn caption(text: &str) -> Caption {
    Caption {
        text: text.into(),
        space: "residuals in units of the stated noise".into(),
        n_convention: "measured numbers used".into(),
    }
}

fn notes() -> Vec<(String, String)> {
    [
        (
            "χ",
            "With e = (reading − posterior mean)/noise, χ² is Σe² over its expectation Σ B_ii, where \
             B = R^½ S⁻¹ R^½ is the covariance of e if prior and stated noise are right. The posterior mean is \
             the exact one of the Gaussian, whatever method draws the members: χ judges the readings, not the method.",
        ),
        (
            "99 % band",
            "χ² follows nearly a χ² law with (tr B)²/tr B² degrees of freedom (Satterthwaite). For single \
             sensors the band holds for all of them together (Bonferroni).",
        ),
        (
            "noise factor",
            "The factor on the stated noise of these readings alone that would make Σe² as large as expected. \
             It tells noise from flow only as far as readings repeat each other; few degrees of freedom mean \
             a rough number.",
        ),
        (
            "readings under prior and noise",
            "dᵀS⁻¹d/N with d = y − A m: as much a check of the prior as of the noise.",
        ),
        (
            "uncertainty",
            "The standard deviation of the members, whose own relative error is about 1/√(2·members).",
        ),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .to_vec()
}
