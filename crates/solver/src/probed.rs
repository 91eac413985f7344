//! The ratios of traces of a prior that is known by its denoiser only.

use crate::SolverError;
use equipoise_denoiser::Denoiser;
use equipoise_guidance::{Excess, GuidanceError, LevelTable, Probes, Strength, forward_noised};
use equipoise_observation::Observed;
use equipoise_scaling::Law;
use equipoise_scaling::TraceRatio;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;

/// v(t) − s² of `matched` or `active` at every level of a run, by probes.
///
/// Of `count` random vectors a level the i-th meets the i-th of some noised clean fields, such as
/// training windows, over and over: two vjps each, and one denoise a field. A level whose probes make
/// no variance takes the ratio of the next noisier one that has one, for V falls with the noise, and 0
/// where none has. Where J vanishes, as that of a prior on finitely many fields at low noise, so does
/// g, whatever the ratio.
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

    /// Through an observation, whose values do not count; `stream` names the draws.
    ///
    /// # Errors
    /// Those of [`Strength::probed`], except for traces that make no variance.
    pub fn new(
        law: Law,
        denoiser: &dyn Denoiser<f32>,
        observation: &Observed<f32>,
        levels: &[Level],
        (clean, stream): (&[Vec<f32>], Stream),
    ) -> Result<Self, SolverError> {
        let count = Self::COUNT;
        let states = forward_noised(clean, stream.text("states"));
        let probes = Probes { states: &states, count, stream };
        let mut levels = levels.to_vec();
        levels.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()));
        levels.dedup();
        let one = |&level: &Level| match Strength::probed(law, denoiser, observation, &[level], &probes) {
            Err(GuidanceError::Traces { .. }) => Ok(None),
            Err(fault) => Err(SolverError::from(fault)),
            Ok(found) => match &found.strength.excess {
                Excess::Levels(table) => Ok(Some((*table.get(level)?, !found.replaced.is_empty()))),
                Excess::Gamma(_) => Ok(None),
            },
        };
        let found = levels.par_iter().map(one).collect::<Result<Vec<_>, _>>()?;
        let mut last = TraceRatio { value: 0.0, standard_error: None };
        let mut kept = Vec::new();
        for (level, ratio) in levels.iter().zip(&found) {
            last = ratio.map_or(last, |(ratio, _)| ratio);
            kept.push((*level, last));
        }
        let ratio = |level: Level| {
            let at = kept.iter().find(|(known, _)| *known == level);
            Ok::<_, std::convert::Infallible>(at.map_or(last, |(_, ratio)| *ratio))
        };
        let table =
            LevelTable::build("ratio of traces", &levels, ratio).unwrap_or_else(|never| match never {});
        Ok(Self { law, count, fields: clean.len(), found, table: Arc::new(table) })
    }

    /// The ratios, for [`Strength::traced`].
    pub fn table(&self) -> &Arc<LevelTable<TraceRatio>> {
        &self.table
    }
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
