//! What is said of a reconstruction.

use super::made::Made;
use super::names;
use super::truth::Truth;
use crate::format::Format;
use crate::output;
use equipoise_data::Remark;
use equipoise_reconstruction::{
    Band, Chained, Check, CompositeProvenance, Dropped, Ensemble, Problem, SNAP_TOLERANCE, Score,
    SensorMisfit, Unread,
};
use equipoise_report::significant;
use equipoise_report::{Cell, Table};
use serde::Serialize;
use std::path::Path;

/// How many times readings may be the size of the training fields, or these theirs.
const SIZE: f64 = 5.0;

/// Dropped rows that are named one by one.
const NAMED: usize = 5;

/// A reconstruction in numbers. Fields in the physical units of the training file.
#[derive(Serialize)]
pub(super) struct Summary {
    folder: String,
    /// Units and space of the numbers.
    space: &'static str,
    /// The prior that members are drawn under.
    prior: String,
    method: String,
    members: usize,
    diverged: usize,
    /// Members that an interruption left out.
    skipped: usize,
    /// What χ is judged under, where members have another prior.
    checks: Option<&'static str>,
    /// Measured numbers.
    numbers: usize,
    sensors: usize,
    /// Rows left out.
    dropped: usize,
    /// The largest distance of a reading from its frame, in frames.
    snapped: Option<f64>,
    /// Frames of a trajectory that is longer than a window.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<usize>,
    /// What it is composed of; nothing where it is drawn from the posterior of a Gauss–Markov prior.
    #[serde(skip_serializing_if = "Option::is_none")]
    composite: Option<CompositeProvenance>,
    /// Frames that no reading touches, of a trajectory that is composed.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<usize>,
    /// The residuals of the mean against their law; `None` where it is not known.
    chi: Option<Score>,
    band: Option<Band>,
    /// The readings under prior and noise; `None` where their law is not known.
    prior_chi: Option<Score>,
    prior_band: Option<Band>,
    /// Why a law is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    /// χ of the members, and that of exact ones under the Gaussian; `None` under another prior.
    members_chi: f64,
    exact_members_chi: Option<f64>,
    /// Sensors outside the band of all of them.
    suspects: Vec<SensorMisfit>,
    /// The root mean square of std over the fluid; none of one member.
    spread: Option<f64>,
    /// Whose it is.
    #[serde(skip)]
    spread_of: &'static str,
    /// The root mean square distance of the mean from the truth, where it was given.
    rmse: Option<f64>,
    warnings: Vec<String>,
    /// Defaults, overrides and conversions that went into reading the training file, the table and the truth.
    notes: Vec<String>,
}

impl Summary {
    /// # Errors
    /// If the ensemble and the truth are no fields of the prior's.
    pub(super) fn new(
        problem: &Problem,
        check: &Check,
        ensemble: &Ensemble,
        truth: Option<&Truth>,
        made: &Made,
        [diverged, skipped]: [usize; 2],
    ) -> anyhow::Result<Self> {
        let misfit = check.misfit();
        let placed = &problem.placed;
        let (met, beside): (Vec<_>, Vec<_>) =
            truth.iter().flat_map(|truth| &truth.remarks).partition(|remark| remark.is_warning());
        let texts = |remarks: Vec<&Remark>| -> Vec<String> {
            remarks.into_iter().map(|remark| remark.text().to_owned()).collect()
        };
        let found = warnings(problem, check, ensemble, [diverged, skipped]);
        let notes =
            problem.prior.provenance().notes.iter().chain(truth.iter().flat_map(|truth| &truth.notes));
        let notes =
            notes.chain(&made.notes).cloned().chain(texts(beside)).chain(composed_notes(problem)).collect();
        Ok(Self {
            folder: made.folder.clone(),
            space: "physical units of the training file; χ in standard deviations",
            prior: problem.other.as_ref().map_or_else(|| "wiener".into(), |other| other.name.clone()),
            method: made.method().to_owned(),
            members: ensemble.members.len(),
            diverged,
            skipped,
            numbers: placed.entries.len(),
            sensors: problem.sensors(),
            dropped: placed.dropped.len(),
            snapped: placed.snap.map(|snap| snap.frames),
            frames: problem.composite.as_ref().map(|(composite, _)| composite.frames),
            composite: made.composite.map(CompositeProvenance::from),
            unread: problem.composite.as_ref().map(|_| problem.unread().frames),
            chi: misfit.map(|misfit| misfit.overall),
            band: misfit.map(|misfit| misfit.overall.band(1)),
            prior_chi: check.prior().copied(),
            prior_band: check.prior().map(|score| score.band(1)),
            unknown: unknown(check),
            members_chi: ensemble.chi,
            exact_members_chi: misfit.filter(|_| problem.other.is_none()).map(|misfit| misfit.exact_members),
            checks: checks(problem),
            suspects: misfit.iter().flat_map(|misfit| misfit.suspects()).cloned().collect(),
            spread_of: match ensemble.is_exact(problem) {
                true => "rms standard deviation, exact",
                false => "rms spread of the members",
            },
            spread: Some(ensemble.spread(problem)?).filter(|spread| !spread.is_nan()),
            rmse: truth.map(|truth| ensemble.error(problem, &truth.values)).transpose()?,
            warnings: texts(met).into_iter().chain(made.warnings.iter().cloned()).chain(found).collect(),
            notes,
        })
    }

    /// One sentence each.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// For the page.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let spread = self.spread.unwrap_or(f64::NAN);
        let mut facts = vec![(self.spread_of.to_owned(), significant(spread, 4))];
        facts.extend(self.rmse.map(|rmse| ("rmse of the mean".to_owned(), significant(rmse, 4))));
        facts.extend(self.notes.iter().map(|note| ("note".to_owned(), note.clone())));
        facts
    }

    /// The files that stand in the folder: one member has no uncertainty, a composite no misfit.
    fn written(&self) -> String {
        let there = names().into_iter().filter(|name| Path::new(&self.folder).join(name).exists());
        there.collect::<Vec<_>>().join(", ")
    }

    fn table(&self) -> Table {
        let band = |band: &Option<Band>| {
            band.as_ref().map(|band| format!("{} to {}", significant(band.low, 4), significant(band.high, 4)))
        };
        let score = |score: &Option<Score>, of: fn(&Score) -> f64| score.as_ref().map(of);
        let composed = self.frames.map(|frames| ("frames", frames.into())).into_iter();
        let composed = composed.chain(self.composite.iter().flat_map(composed_rows));
        let unread = self.unread.map(|unread| ("frames without readings", unread.into()));
        let rows: [(&str, Cell); 22] = [
            ("folder", self.folder.as_str().into()),
            ("files", self.written().into()),
            ("space", self.space.into()),
            ("prior", self.prior.as_str().into()),
            ("method", self.method.as_str().into()),
            ("members", self.members.into()),
            ("measured numbers", self.numbers.into()),
            ("sensors", self.sensors.into()),
            ("rows dropped", self.dropped.into()),
            ("furthest from a frame", self.snapped.map_or(Cell::Absent, Cell::Number)),
            ("χ checks", self.checks.into()),
            ("χ of the residuals", score(&self.chi, |chi| chi.chi).into()),
            ("  99 % band", band(&self.band).into()),
            ("  noise factor", score(&self.chi, |chi| chi.noise_factor).into()),
            ("χ under prior and noise", score(&self.prior_chi, |chi| chi.chi).into()),
            ("  99 % band of it", band(&self.prior_band).into()),
            ("χ of the members", self.members_chi.into()),
            ("  of exact members", self.exact_members_chi.into()),
            ("sensors outside their band", self.suspects.len().into()),
            (self.spread_of, self.spread.into()),
            ("RMSE of the mean", self.rmse.into()),
            ("notes", (!self.notes.is_empty()).then(|| self.notes.join("; ")).into()),
        ];
        let unknown = self.unknown.as_ref().map(|why| ("not known", why.as_str().into()));
        Table::facts(rows.into_iter().chain(composed).chain(unread).chain(unknown))
    }

    /// # Errors
    /// If standard output cannot be written.
    pub(super) fn print(&self, format: Format) -> anyhow::Result<()> {
        output::print_sections(format, &[("reconstruction", self.table())], self)
    }
}

/// Why the law of the readings is not known, or by what it is.
fn unknown(check: &Check) -> Option<String> {
    match check {
        Check::Exact(_) => None,
        Check::Chain(Chained { prior, .. }) => Some(format!(
            "bands of single residuals; χ under prior and noise is by the innovations of a filter under {prior}, whose \
             posterior `--method posterior` draws, exact for that prior"
        )),
        Check::Unknown(why) => Some(format!("how well prior and noise fit the readings: {why}")),
    }
}

/// What a trajectory is composed of, and that this is an approximation.
fn composed_rows(composite: &CompositeProvenance) -> Vec<(&'static str, Cell)> {
    let CompositeProvenance { window, stride, fold, windows, approximation, .. } = composite;
    vec![
        ("composed of windows", (*windows).into()),
        ("  frames of a window", (*window).into()),
        ("  stride", (*stride).into()),
        ("  fold", fold.as_str().into()),
        ("  which is", (*approximation).into()),
    ]
}

/// What is to be said of a trajectory that is longer than what its readings span.
fn composed_notes(problem: &Problem) -> Option<String> {
    problem.composite.as_ref()?;
    let (Unread { before, after, .. }, frames) = (problem.unread(), problem.shape.frames);
    (before + after > 0).then(|| {
        format!("of {frames} frames {before} lie before the first reading and {after} after the last: there the prior speaks alone")
    })
}

/// Under which prior the checks of the readings hold, where members have another.
fn checks(problem: &Problem) -> Option<&'static str> {
    problem.other.as_ref()?;
    Some(match problem.prior.is_standard() {
        true => "of N(0, I) in the units of the prior, for want of training data: no warning is made of them",
        false => "of the Gaussian fitted to the same windows",
    })
}

fn warnings(
    problem: &Problem,
    check: &Check,
    ensemble: &Ensemble,
    [diverged, skipped]: [usize; 2],
) -> Vec<String> {
    let placed = &problem.placed;
    let mut all = Vec::new();
    for Dropped { row, offence } in placed.dropped.iter().take(NAMED) {
        all.push(format!("row {row} dropped: {offence}"));
    }
    if placed.dropped.len() > NAMED {
        all.push(format!("{} further rows dropped", placed.dropped.len() - NAMED));
    }
    if let Some(snap) = placed.snap.filter(|snap| snap.beyond > 0) {
        all.push(format!(
            "{} rows lie more than {SNAP_TOLERANCE} frames from the frame that they are taken for, row {} the \
             furthest, {} frames; --times linear interpolates",
            snap.beyond,
            snap.row,
            significant(snap.frames, 3)
        ));
    }
    all.extend(another_unit(problem));
    if !problem.prior.is_standard() {
        all.extend(check.warnings());
    }
    if let (None, Some(misfit)) = (&problem.other, check.misfit()) {
        all.extend(ensemble.warning(misfit.exact_members));
    }
    if diverged > 0 {
        all.push(format!("{diverged} members diverged and are left out"));
    }
    if skipped > 0 {
        all.push(format!("interrupted: {skipped} members are missing"));
    }
    all
}

/// Readings of another size than the training fields, (mean² + spread²)^½ in the channels that are read.
fn another_unit(problem: &Problem) -> Option<String> {
    let moments = &problem.prior.particulars().moments;
    let (mut found, mut expected) = (0.0, 0.0);
    for entry in &problem.placed.entries {
        let own = moments.get(entry.sensor.channel)?;
        found += entry.measured.value.powi(2);
        expected += own.mean.powi(2) + own.std.powi(2) + entry.measured.noise.powi(2);
    }
    let (found, expected) = (found / expected, expected / problem.placed.entries.len() as f64);
    let ratio = found.sqrt();
    (!(SIZE.recip()..=SIZE).contains(&ratio)).then(|| {
        format!(
            "the readings are {} times the size of the training fields with this noise (rms {} against {}): another unit?",
            significant(ratio, 3),
            significant(ratio * expected.sqrt(), 3),
            significant(expected.sqrt(), 3)
        )
    })
}
