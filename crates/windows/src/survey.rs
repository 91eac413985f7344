//! The cost of composing over a grid of windows, folds, levels, densities and laws.

use crate::cost::checked;
use crate::error::Result;
use crate::{
    Calibration, Cost, Course, Definite, Drawn, Guide, Needed, Outcome, Readings, Sampling, Series, Windows,
    calibrate, costs, definite, draws, needed, runs,
};
use equipoise_composition::Fold;
use equipoise_scaling::{Base, Law};
use serde::Serialize;

/// Frames from one that is read to the next for the laws' own N_ref, as the study's sub 4.
const REFERENCE_EVERY: usize = 4;

/// A prior by its independent series.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// The series whose x̂ and J are compared.
    pub series: Vec<Series>,
    /// Those whose whole runs are looked at; none for x̂ and J alone.
    pub in_runs: Vec<Series>,
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Survey {
    /// k of windows of 2k + 1 frames.
    pub orders: Vec<usize>,
    /// How windows become a trajectory.
    pub folds: Vec<Fold>,
    /// Levels σ/μ.
    pub ratios: Vec<f64>,
    /// Readings of every so many-th frame.
    pub every: Vec<usize>,
    /// s and γ.
    pub base: Base,
    /// The laws of whole runs.
    pub laws: Vec<Law>,
    /// The levels of a run.
    pub course: Course,
    /// The excess that windows needed must stay within.
    pub target: f64,
    /// Whether a γ is calibrated on one window and on the composite.
    pub calibrated: bool,
    /// How runs are drawn, where they are; `adaptive` always is.
    pub sampling: Sampling,
}

/// The guidance of a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// A law, on the composite.
    Law(Law),
    /// Moment matching with V = (σ²/μ)J of the composite.
    Moments,
    /// Moment matching with V⁺.
    Positive,
    /// Exact guidance under the exact denoiser of all frames.
    Exact,
}

impl Term {
    /// The name that tables print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Law(law) => law.name(),
            Self::Moments => "moments",
            Self::Positive => "moments_positive",
            Self::Exact => "exact",
        }
    }
}

/// One finding about some windows over a prior.
#[derive(Clone, Debug, Serialize)]
pub struct Found<T> {
    /// The prior.
    pub prior: String,
    /// w, and the fold by its name; all L frames for the exact denoiser.
    pub window: usize,
    /// The fold by its name.
    pub fold: String,
    /// Frames from one that is read to the next, where anything is read.
    pub every: Option<usize>,
    /// The guidance, of a run.
    pub law: Option<&'static str>,
    /// What was found.
    #[serde(flatten)]
    pub found: T,
}

/// Everything that was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Surveyed {
    /// x̂ and J by level.
    pub costs: Vec<Found<Cost>>,
    /// The windows needed.
    pub needed: Vec<Found<Needed>>,
    /// Whether moment matching is well posed.
    pub definite: Vec<Found<Definite>>,
    /// Whole runs.
    pub runs: Vec<Found<Outcome>>,
    /// γ of one window.
    pub calibrations: Vec<Found<Calibration>>,
    /// Drawn runs.
    pub drawn: Vec<Found<Drawn>>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// Windows over a prior, and how often its frames are read.
#[derive(Clone, Copy)]
struct Place<'a> {
    subject: &'a Subject,
    windows: Windows,
    every: Option<usize>,
}

impl Place<'_> {
    fn found<T>(&self, law: Option<&'static str>, found: T) -> Found<T> {
        Found {
            prior: self.subject.name.clone(),
            window: self.windows.window,
            fold: self.windows.fold.to_string(),
            every: self.every,
            law,
            found,
        }
    }
}

impl Survey {
    /// Looks at one prior and adds to what was found.
    ///
    /// Windows that do not fit L with a fold are left out with the reason.
    ///
    /// # Errors
    /// [`WindowsError`](crate::WindowsError), but for windows that do not fit.
    pub fn take(&self, subject: &Subject, into: &mut Surveyed) -> Result<()> {
        let frames = checked(&subject.series)?;
        if !subject.in_runs.is_empty() {
            checked(&subject.in_runs)?;
        }
        let mut taken = false;
        for &fold in &self.folds {
            let fits = |k: &usize| fold.windows(2 * k + 1, frames);
            if (0..frames).take_while(|k| 2 * k < frames).any(|k| fits(&k).is_ok()) {
                let place = Place { subject, windows: Windows { window: frames, fold }, every: None };
                let throughout = [self.ratios.clone(), self.course.ratios()].concat();
                let mut needed = needed(&subject.series, fold, &throughout, self.target)?;
                needed.by_ratio.truncate(self.ratios.len());
                into.needed.push(place.found(None, needed));
            }
            for k in &self.orders {
                match fits(k) {
                    Ok(_) => self.windows(subject, Windows { window: 2 * k + 1, fold }, into)?,
                    Err(why) => into.left_out.push(format!("{}: k = {k}, {fold}: {why}", subject.name)),
                }
                taken |= fits(k).is_ok();
            }
        }
        for &every in self.every.iter().filter(|_| taken && !subject.in_runs.is_empty()) {
            let place = Place { subject, windows: Windows::whole(frames), every: Some(every) };
            let readings = Readings::whole_frames(subject.in_runs.len(), every, self.base.std);
            let exact = runs(&subject.in_runs, &readings, place.windows, &self.course, &[Guide::Moments])?;
            into.runs.extend(exact.into_iter().map(|outcome| place.found(Some(Term::Exact.name()), outcome)));
        }
        Ok(())
    }

    /// One window and fold.
    fn windows(&self, subject: &Subject, windows: Windows, into: &mut Surveyed) -> Result<()> {
        let place = Place { subject, windows, every: None };
        into.costs.extend(
            costs(&subject.series, windows, &self.ratios)?.into_iter().map(|cost| place.found(None, cost)),
        );
        self.every
            .iter()
            .try_for_each(|every| self.observed(Place { every: Some(*every), ..place }, *every, into))
    }

    /// The same, with readings.
    fn observed(&self, place: Place<'_>, every: usize, into: &mut Surveyed) -> Result<()> {
        let Place { subject: Subject { series, in_runs, .. }, windows, .. } = place;
        let readings = |of: &[Series]| Readings::whole_frames(of.len(), every, self.base.std);
        let definite = definite(series, &readings(series), windows, &self.course.ratios())?;
        into.definite.push(place.found(None, definite));
        let readings = readings(in_runs);
        let terms: Vec<(Term, Guide)> = self.terms(in_runs, &readings);
        let (affine, drawn): (Vec<_>, Vec<_>) = terms.into_iter().partition(|(_, guide)| guide.is_affine());
        if self.sampling.corrections == 0 {
            let guides: Vec<Guide> = affine.iter().map(|(_, guide)| *guide).collect();
            let outcomes = runs(in_runs, &readings, windows, &self.course, &guides)?;
            let named = affine.iter().zip(outcomes);
            into.runs.extend(named.map(|((term, _), outcome)| place.found(Some(term.name()), outcome)));
        }
        let drawn = if self.sampling.corrections > 0 { [affine, drawn].concat() } else { drawn };
        for (term, guide) in drawn {
            let outcome = draws(in_runs, &readings, windows, &self.course, &guide, &self.sampling)?;
            into.drawn.push(place.found(Some(term.name()), outcome));
        }
        if self.calibrated {
            let calibration = calibrate(in_runs, &readings, windows, &self.course)?;
            into.calibrations.push(place.found(None, calibration));
        }
        Ok(())
    }

    /// Laws with their N and N_ref, and moment matching.
    fn terms(&self, series: &[Series], readings: &Readings) -> Vec<(Term, Guide)> {
        let frames = series.first().map_or(0, Series::frames);
        let reference = Readings { every: REFERENCE_EVERY, ..readings.clone() };
        let [n, n_ref] = [readings, &reference].map(|of| of.count(series, frames).round().max(1.0) as usize);
        let laws = self.laws.iter().map(|law| (Term::Law(*law), Guide::law(*law, self.base, n, n_ref)));
        laws.chain([(Term::Moments, Guide::Moments), (Term::Positive, Guide::Positive)]).collect()
    }
}
