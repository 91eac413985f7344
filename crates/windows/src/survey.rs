//! The cost of composing over a grid of windows, folds, levels, densities and laws.

use crate::cost::checked;
use crate::error::{Result, WindowsError};
use crate::{
    Calibration, Cost, Course, Definite, Drawn, Guide, Needed, Outcome, Readings, Sampling, Series, Windows,
    calibrate, costs, definite, draws, exact_gamma, needed, runs,
};
use equipoise_composition::Fold;
use equipoise_scaling::{Base, Law};
use ndarray::Array2;
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
    /// What is read of a frame in whole runs; none for x̂ and J alone.
    pub lattices: Vec<Lattice>,
}

/// Series of whole runs, and what is read of a frame.
#[derive(Clone, Debug)]
pub struct Lattice {
    /// Points from one that is read to the next.
    pub sub: usize,
    /// The series.
    pub series: Vec<Series>,
    /// H of each, as [`Readings::rows`].
    pub rows: Vec<Option<Array2<f64>>>,
}

impl Lattice {
    /// Every `sub`-th number of every series, from its first on; 0 counts as 1.
    pub fn strided(series: Vec<Series>, sub: usize) -> Self {
        let sub = sub.max(1);
        let one = |(row, column): (usize, usize)| f64::from(u8::from(column == row * sub));
        let of = |d: usize| (sub > 1).then(|| Array2::from_shape_fn((d.div_ceil(sub), d), one));
        Self { sub, rows: series.iter().map(|series| of(series.dim())).collect(), series }
    }
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
    /// Points from one that is read to the next.
    pub sub: Option<usize>,
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

/// Windows over a prior, and what is read of it.
#[derive(Clone, Copy)]
struct Place<'a> {
    subject: &'a Subject,
    windows: Windows,
    seen: Option<(usize, &'a Lattice)>,
}

impl Place<'_> {
    fn found<T>(&self, law: Option<&'static str>, found: T) -> Found<T> {
        Found {
            prior: self.subject.name.clone(),
            window: self.windows.window,
            fold: self.windows.fold.to_string(),
            every: self.seen.map(|seen| seen.0),
            sub: self.seen.map(|seen| seen.1.sub),
            law,
            found,
        }
    }
}

/// 2k + 1, or more frames than any trajectory has.
fn of_order(k: usize) -> usize {
    k.saturating_mul(2).saturating_add(1)
}

impl Survey {
    /// Looks at one prior and adds to what was found.
    ///
    /// Windows that do not fit L with a fold are left out with the reason. Laws are run on the exact denoiser too.
    ///
    /// # Errors
    /// [`WindowsError`], but for windows that do not fit.
    pub fn take(&self, subject: &Subject, into: &mut Surveyed) -> Result<()> {
        let frames = checked(&subject.series)?;
        let whole = Place { subject, windows: Windows::whole(frames), seen: None };
        self.observed(whole, into)?;
        for &fold in &self.folds {
            let fits = |k: &usize| fold.windows(of_order(*k), frames);
            if (0..frames).take_while(|k| 2 * k < frames).any(|k| fits(&k).is_ok()) {
                let throughout = [self.ratios.clone(), self.course.ratios()].concat();
                let mut needed = needed(&subject.series, fold, &throughout, self.target)?;
                needed.by_ratio.truncate(self.ratios.len());
                into.needed
                    .push(Place { windows: Windows { window: frames, fold }, ..whole }.found(None, needed));
            }
            for k in &self.orders {
                let place = Place { windows: Windows { window: of_order(*k), fold }, ..whole };
                match fits(k) {
                    Ok(_) => self.windows(place, into)?,
                    Err(why) => into.left_out.push(format!("{}: k = {k}, {fold}: {why}", subject.name)),
                }
            }
        }
        Ok(())
    }

    /// One window and fold.
    fn windows(&self, place: Place<'_>, into: &mut Surveyed) -> Result<()> {
        let costs = costs(&place.subject.series, place.windows, &self.ratios)?;
        into.costs.extend(costs.into_iter().map(|cost| place.found(None, cost)));
        self.observed(place, into)
    }

    /// With readings of every density.
    fn observed(&self, place: Place<'_>, into: &mut Surveyed) -> Result<()> {
        let lattices = place.subject.lattices.iter();
        let all = lattices.flat_map(|lattice| self.every.iter().map(move |every| (*every, lattice)));
        all.map(|seen| Place { seen: Some(seen), ..place }).try_for_each(|place| self.read(place, into))
    }

    fn read(&self, place: Place<'_>, into: &mut Surveyed) -> Result<()> {
        let (windows, Some((every, Lattice { series, rows, .. }))) = (place.windows, place.seen) else {
            return Ok(());
        };
        let whole = windows.is_whole(checked(series)?);
        let readings = Readings { every, rows: rows.clone(), std: self.base.std };
        let terms = self.terms(series, &readings, whole);
        let (affine, drawn): (Vec<_>, Vec<_>) = terms.into_iter().partition(|(_, guide)| guide.is_affine());
        if self.sampling.corrections == 0 {
            let guides: Vec<Guide> = affine.iter().map(|(_, guide)| *guide).collect();
            let outcomes = runs(series, &readings, windows, &self.course, &guides)?;
            let named = affine.iter().zip(outcomes);
            into.runs.extend(named.map(|((term, _), outcome)| place.found(Some(term.name()), outcome)));
        }
        let drawn = if self.sampling.corrections > 0 { [affine, drawn].concat() } else { drawn };
        for (term, guide) in drawn {
            let outcome = draws(series, &readings, windows, &self.course, &guide, &self.sampling)?;
            into.drawn.push(place.found(Some(term.name()), outcome));
        }
        if whole {
            return Ok(());
        }
        let definite = definite(series, &readings, windows, &self.course.ratios())?;
        into.definite.push(place.found(None, definite));
        if self.calibrated { self.gamma(place, series, &readings, into) } else { Ok(()) }
    }

    /// γ of one window; the exact one is looked for once a prior and density.
    fn gamma(
        &self,
        place: Place<'_>,
        series: &[Series],
        readings: &Readings,
        into: &mut Surveyed,
    ) -> Result<()> {
        let key = place.found(None, ());
        let same = |one: &&Found<Calibration>| {
            one.prior == key.prior && (one.every, one.sub) == (key.every, key.sub)
        };
        let known = into.calibrations.iter().find(same).map(|one| one.found.exact);
        let exact = known.map_or_else(|| exact_gamma(series, readings, &self.course), Ok);
        match exact.and_then(|exact| calibrate(series, readings, place.windows, &self.course, exact)) {
            Ok(calibration) => into.calibrations.push(place.found(None, calibration)),
            Err(why @ WindowsError::Diverges) => {
                let (window, fold) = (place.windows.window, place.windows.fold);
                let of = format!("{}: γ of one window of {window} frames, {fold}: {why}", key.prior);
                into.left_out.push(of);
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Laws with their N and N_ref, and moment matching, which is exact with the exact denoiser.
    fn terms(&self, series: &[Series], readings: &Readings, whole: bool) -> Vec<(Term, Guide)> {
        let frames = series.first().map_or(0, Series::frames);
        let reference = Readings::whole_frames(series.len(), REFERENCE_EVERY, self.base.std);
        let [n, n_ref] = [readings, &reference].map(|of| of.count(series, frames).round().max(1.0) as usize);
        let laws = self.laws.iter().map(|law| (Term::Law(*law), Guide::law(*law, self.base, n, n_ref)));
        let moments = if whole {
            vec![(Term::Exact, Guide::Moments)]
        } else {
            vec![(Term::Moments, Guide::Moments), (Term::Positive, Guide::Positive)]
        };
        laws.chain(moments).collect()
    }
}
