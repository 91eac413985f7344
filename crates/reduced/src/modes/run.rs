//! The run of an ensemble, eight members at a time.

use super::coordinates::Coordinates;
use super::crew::{Crew, Marginal};
use super::lanes::Row;
use super::level::Gains;
use super::{ModesData, ModesEnd, ModesSpace};
use crate::account::Account;
use crate::plan::Plan;
use crate::{Draws, Result, Start};
use equipoise_field::Real;
use equipoise_schedule::Level;
use equipoise_stream::{LANES, Stream};
use rayon::prelude::*;

/// Steps that eight members take before the next eight do: few meetings of the threads, and the gains
/// of as many levels stay in the second-level cache.
const TOGETHER: usize = 32;

/// The states of all members.
pub(crate) struct ModesRun<'a> {
    space: &'a Coordinates,
    /// ỹ, row by row.
    data: Vec<f64>,
    crews: Vec<Crew>,
    /// Rows of the field f of every member.
    origins: Vec<Vec<Vec<f64>>>,
}

impl<'a> ModesRun<'a> {
    /// Members at `level`, the first of the run.
    pub(crate) fn new<R: Real>(
        space: &'a ModesSpace<R>,
        data: &'a ModesData<R>,
        members: &[Draws<'_, R>],
        level: Level,
    ) -> Result<Self> {
        let origin = |draws: &Draws<'_, R>| {
            Ok(match draws.start {
                Start::Field(field) => {
                    let centred = space.centred(field, level.mu)?;
                    space.coordinates.rows_of(&space.shadows(&centred, &data.values, None), &data.rows)
                }
                Start::Normal(_) => data.mean.clone(),
                Start::Prior(_) => {
                    space.coordinates.classes.iter().map(|class| vec![0.0; class.all().len()]).collect()
                }
            })
        };
        let origins = members.iter().map(origin).collect::<Result<Vec<_>>>()?;
        let coloured = members.iter().any(|draws| matches!(draws.start, Start::Prior(_)));
        let marginal = coloured.then(|| Marginal::new(&space.coordinates, level));
        let crew = |(members, origins): (&[Draws<'_, R>], &[Vec<Vec<f64>>])| {
            let mut crew = Crew::new(&space.coordinates, &data.rows, members, origins);
            crew.start(&space.coordinates, members, origins, level.mu, marginal.as_ref());
            crew
        };
        let crews = members.chunks(LANES).zip(origins.chunks(LANES)).map(crew).collect();
        Ok(Self { space: &space.coordinates, data: data.rows.concat(), crews, origins })
    }

    /// All steps of all members; from within the threads where these are to meet, as each meeting called
    /// for from outside waits to be woken.
    pub(crate) fn run(&mut self, plan: &Plan<'_>) -> Result<Vec<Account>> {
        match self.crews.len() {
            1 => self.advance(plan),
            _ => rayon::scope(|_| self.advance(plan)),
        }
    }

    fn advance(&mut self, plan: &Plan<'_>) -> Result<Vec<Account>> {
        let steps = plan.steps();
        let mut gains = vec![Gains::default(); TOGETHER.min(steps) + 1];
        let (space, data) = (self.space, &self.data[..]);
        for first in (0..steps).step_by(TOGETHER) {
            let ahead = TOGETHER.min(steps - first);
            // A correction has left the first of these at the end of the last round.
            let made = usize::from(first > 0 && plan.corrections_after(first - 1) > 0);
            let last = ahead + usize::from(plan.corrections_after(first + ahead - 1) > 0);
            let prepare = |(index, gains): (usize, &mut Gains)| {
                let level = plan.evaluable(first + index)?;
                gains.prepare(space, level, &plan.likelihood.at(level)?)
            };
            match &self.crews[..] {
                [_] => gains[..last].iter_mut().enumerate().skip(made).try_for_each(prepare)?,
                _ => gains[..last].par_iter_mut().enumerate().skip(made).try_for_each(prepare)?,
            }
            let steps = |crew: &mut Crew| crew.steps(space, data, plan, first, &gains[..=ahead]);
            match &mut self.crews[..] {
                [crew] => steps(crew),
                crews => crews.par_iter_mut().with_max_len(1).for_each(steps),
            }
            gains.swap(0, ahead);
        }
        Ok(self.crews.iter_mut().flat_map(|crew| crew.accounts(space.dim)).collect())
    }

    /// The rows of one member at the end.
    pub(crate) fn end(&self, member: usize, langevin: Stream) -> ModesEnd {
        let rows = self.crews[member / LANES].rows();
        let of = |rows: &[Row]| rows.iter().map(|row| row[member % LANES]).collect();
        ModesEnd {
            rows: self.space.classes.iter().map(|class| of(&rows[class.all()])).collect(),
            origin: self.origins[member].clone(),
            rest: langevin.text("rest"),
        }
    }
}
