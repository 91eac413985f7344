//! The ratios of traces of a prior that is known by its denoiser only.

use crate::Result;
use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_field::{Real, each};
use equipoise_guidance::{Excess, GuidanceError, LevelTable, ProbedTraces, Probes, Strength, forward_noised};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_scaling::Law;
use equipoise_scaling::TraceRatio;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::fmt;
use std::sync::Arc;

/// v(t) − s² of `matched` or `active` at every level of a run, by probes.
///
/// Of `count` random vectors a level the i-th meets the i-th of some noised clean fields, such as
/// training windows, over and over: two vjps each, and one linearisation at all of them. A level whose
/// probes make no variance takes the ratio of the next noisier one that was prepared and has one, for V falls
/// with the noise, and 0 where none has. Where J vanishes, as that of a prior on finitely many fields at low
/// noise, so does g, whatever the ratio. A level that was not prepared is probed when it is met.
#[derive(Clone, Debug)]
pub struct ProbedRatios {
    law: Law,
    count: usize,
    fields: usize,
    /// Level by level from the noisiest: the ratio, and whether it is that of `matched`.
    found: Vec<Option<(TraceRatio, bool)>>,
    table: Arc<LevelTable<TraceRatio>>,
}

impl ProbedRatios {
    /// Random vectors a level that are enough for one scalar, and cheap.
    pub const COUNT: usize = 4;

    /// Through an observation, whose values do not count, at states made of the `clean` fields; `stream` names
    /// the draws.
    ///
    /// # Errors
    /// Those of [`Strength::probed`], except for traces that make no variance; [`DenoiserError::NotFinite`] for a
    /// clean field that is not finite.
    pub fn new<R: Real>(
        law: Law,
        denoiser: &Arc<dyn Denoiser<R>>,
        observation: &Arc<Observed<R>>,
        levels: &[Level],
        clean: (Arc<[Vec<R>]>, Stream),
    ) -> Result<Self> {
        let fields = clean.0.len();
        let traces = Self::traces(denoiser, observation, clean)?;
        Self::of(law, observation.noise(), levels, (&traces, fields))
    }

    /// What the ratios of both laws are made of.
    ///
    /// # Errors
    /// As [`new`](Self::new) for a clean field.
    pub fn traces<R: Real>(
        denoiser: &Arc<dyn Denoiser<R>>,
        observation: &Arc<Observed<R>>,
        (clean, stream): (Arc<[Vec<R>]>, Stream),
    ) -> Result<Arc<ProbedTraces>> {
        finite(&clean)?;
        let states = forward_noised(clean, stream.text("states"));
        let probes = Probes { states, count: Self::COUNT, stream };
        Ok(Arc::new(ProbedTraces::new(denoiser, observation, &probes)))
    }

    /// Of traces at so many clean fields.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(
        law: Law,
        noise: &NoiseVariance,
        levels: &[Level],
        (traces, fields): (&Arc<ProbedTraces>, usize),
    ) -> Result<Self> {
        let (count, traces, noise) = (Self::COUNT, Arc::clone(traces), noise.clone());
        let probe = move |level: Level| match Strength::of_probed(law, &noise, &traces, &[level]) {
            Err(GuidanceError::Traces { .. } | GuidanceError::Indefinite { .. }) => Ok(None),
            Err(fault) => Err(fault),
            Ok(found) => match &found.strength.excess {
                Excess::Levels(table) => Ok(Some((*table.get(level)?, !found.replaced.is_empty()))),
                _ => Ok(None),
            },
        };
        let mut levels = levels.to_vec();
        levels.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()));
        levels.dedup();
        let found = each::made(levels.len(), |l| probe(levels[l]));
        let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut last = TraceRatio { value: 0.0, standard_error: None };
        let mut kept = Vec::new();
        for (level, ratio) in levels.iter().zip(&found) {
            last = ratio.map_or(last, |(ratio, _)| ratio);
            kept.push((*level, last));
        }
        let ratio = move |level: Level| {
            if let Some((_, ratio)) = kept.iter().find(|(known, _)| *known == level) {
                return Ok(*ratio);
            }
            let noisier = kept.iter().rev().find(|(known, _)| known.ratio() >= level.ratio());
            let none = TraceRatio { value: 0.0, standard_error: None };
            Ok(probe(level)?.map_or_else(|| noisier.map_or(none, |(_, ratio)| *ratio), |(ratio, _)| ratio))
        };
        let table = Arc::new(LevelTable::new(ratio).prepared(&levels)?);
        Ok(Self { law, count, fields, found, table })
    }

    /// The ratios, for [`Strength::traced`].
    pub fn table(&self) -> &Arc<LevelTable<TraceRatio>> {
        &self.table
    }
}

/// NaN in a field would make traces that are none, at every level.
fn finite<R: Real>(clean: &[Vec<R>]) -> Result<(), GuidanceError> {
    for x in clean {
        if let Some(index) = x.iter().position(|x| !x.is_finite()) {
            let (what, found) = ("clean field", x[index].wide());
            return Err(DenoiserError::NotFinite { what, index, found }.into());
        }
    }
    Ok(())
}

/// How they were made, in a sentence without its end.
impl fmt::Display for ProbedRatios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (known, all) = (self.found.iter().flatten(), self.found.len());
        write!(f, "traces by {} probes at {} noised training windows", self.count, self.fields)?;
        let error = |(ratio, _): &(TraceRatio, bool)| ratio.standard_error.map(|e| e / ratio.value.abs());
        let errors = known.clone().filter_map(error).filter(|error| error.is_finite());
        if let Some(worst) = errors.reduce(f64::max) {
            write!(f, ", relative standard error up to {worst:.1e}")?;
        }
        let replaced = known.filter(|(_, replaced)| *replaced).count();
        if replaced > 0 {
            write!(f, ", {} replaced by matched at {replaced} of {all} levels", self.law)?;
        }
        match self.found.iter().filter(|ratio| ratio.is_none()).count() {
            0 => Ok(()),
            missing => write!(f, ", none at {missing} of {all} levels, which take the next noisier one's"),
        }
    }
}
