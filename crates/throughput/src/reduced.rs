//! Runs without a field: a trial of 256 steps at the size of the wake.

use crate::case::{Case, Work};
use crate::error::{Result, work};
use crate::wake::{NOISE, SHAPE, SUBS, Wake, observation, schedule};
use equipoise_guidance::Strength;
use equipoise_observation::NoiseVariance;
use equipoise_reduced::{Draws, Likelihood, Reduced, ReducedSpace, Start};
use equipoise_sampler::PredictorCorrector;
use equipoise_scaling::Law;
use equipoise_schedule::uniform_grid;
use equipoise_stream::Stream;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Steps of a trial.
const STEPS: usize = 256;

/// Spaces by stride; the prior is kept in them alone.
type Spaces = Rc<RefCell<HashMap<usize, Arc<ReducedSpace<f32>>>>>;

/// One member and an ensemble, with and without a correction, at every stride; a trial from its start to
/// the field at its end; and that field alone.
///
/// No traffic with memory is unavoidable in the runs themselves, so no share is stated for them.
pub(crate) fn cases(quick: bool) -> Vec<Case> {
    let spaces = Spaces::default();
    let subs = SUBS.into_iter().filter(move |sub| !quick || *sub == 4);
    subs.flat_map(|sub| {
        let runs = [(0, 1), (0, 64), (1, 1), (1, 64)].map(|(corrections, members)| {
            let spaces = Rc::clone(&spaces);
            Case::new(
                format!("reduced/sub-{sub}/corrections-{corrections}/members-{members}"),
                format!("{STEPS} steps, {corrections} corrections each, {members} members"),
                [0.0, 0.0],
                move || trial(&space(&spaces, sub)?, sub, corrections, members),
            )
        });
        let fields = [0, 1].map(|corrections| {
            let spaces = Rc::clone(&spaces);
            Case::new(
                format!("reduced/sub-{sub}/corrections-{corrections}/field"),
                format!("{STEPS} steps, {corrections} corrections each, and the field at the end"),
                [0.0, 0.0],
                move || field(&space(&spaces, sub)?, sub, corrections),
            )
        });
        let around = Rc::clone(&spaces);
        let expand = Case::new(
            format!("reduced/sub-{sub}/expand"),
            format!("the end of a run as a field, with its start drawn anew, D = {}", SHAPE.len()),
            [0.0, 0.0],
            move || expand(&space(&around, sub)?, sub),
        );
        runs.into_iter().chain(fields).chain([expand]).collect::<Vec<_>>()
    })
    .collect()
}

fn space(
    spaces: &RefCell<HashMap<usize, Arc<ReducedSpace<f32>>>>,
    sub: usize,
) -> Result<Arc<ReducedSpace<f32>>> {
    if let Some(made) = spaces.borrow().get(&sub) {
        return Ok(Arc::clone(made));
    }
    let wake = Wake::new()?;
    let made = ReducedSpace::new(Arc::clone(&wake.wiener), wake.observed(sub)?).map_err(work)?;
    let made = Arc::new(made);
    spaces.borrow_mut().insert(sub, Arc::clone(&made));
    Ok(made)
}

fn bind(space: &Arc<ReducedSpace<f32>>, sub: usize, corrections: usize) -> Result<Reduced<f32>> {
    let seen = observation(SHAPE, sub)?;
    let noise = NoiseVariance::Uniform(NOISE);
    let strength = Strength::of_law(Law::Dual, &noise, 0.01, seen.count(), seen.count()).map_err(work)?;
    let grid = uniform_grid(STEPS).map_err(work)?;
    let sampler = PredictorCorrector::new(grid, corrections, 0.5).map_err(work)?;
    Reduced::bind(Arc::clone(space), &seen, Likelihood::Law(strength), schedule()?, sampler).map_err(work)
}

fn draws<'a>(m: u64) -> Draws<'a, f32> {
    let start = Start::Normal(Stream::new("start").number(m));
    Draws { start, langevin: Stream::new("langevin").number(m) }
}

fn trial(space: &Arc<ReducedSpace<f32>>, sub: usize, corrections: usize, members: u64) -> Result<Work> {
    let reduced = bind(space, sub, corrections)?;
    let members: Vec<_> = (0..members).map(draws).collect();
    Ok(Box::new(move || reduced.ensemble(&members).map(drop).map_err(work)))
}

fn field(space: &Arc<ReducedSpace<f32>>, sub: usize, corrections: usize) -> Result<Work> {
    let reduced = bind(space, sub, corrections)?;
    let mut x = vec![0.0; SHAPE.len()];
    Ok(Box::new(move || match reduced.run(&draws(0)).map_err(work)?.end() {
        Some(end) => reduced.expand(draws(0).start, end, &mut x).map_err(work),
        None => Ok(()),
    }))
}

fn expand(space: &Arc<ReducedSpace<f32>>, sub: usize) -> Result<Work> {
    let reduced = bind(space, sub, 0)?;
    let outcome = reduced.run(&draws(0)).map_err(work)?;
    let mut x = vec![0.0; SHAPE.len()];
    Ok(Box::new(move || match outcome.end() {
        Some(end) => reduced.expand(draws(0).start, end, &mut x).map_err(work),
        None => Ok(()),
    }))
}
