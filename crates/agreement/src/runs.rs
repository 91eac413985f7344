//! Whole runs of SDA's predictor–corrector on recorded noise.

use crate::bench::Bench;
use crate::guided::Seen;
use crate::quantity::RunPart;
use crate::schedules;
use crate::trajectory::Trajectories;
use crate::values::{Array, expect};
use crate::witness::Witness;
use crate::{AgreementError, Result};
use equipoise_field::Real;
use equipoise_guidance::{Guidance, Unguided};
use equipoise_sampler::{Noise, Outcome, PredictorCorrector, Recorded, Sampler};
use equipoise_schedule::{Level, Schedule, uniform_grid};
use std::rc::Rc;

/// What was recorded of a run.
pub(crate) struct Record<R> {
    /// (B, L, C, H, W).
    shape: Vec<usize>,
    end: Vec<R>,
    states: Vec<R>,
    times: Vec<f64>,
}

/// A record of the run of a group, which is run once.
pub(crate) fn part<R: Real>(bench: &Bench<'_, R>, path: &str, group: &str, what: RunPart) -> Result<Vec<R>> {
    let record = bench.run(group)?;
    let found = bench.values.shape(path)?;
    let (expected, values) = match what {
        RunPart::End => (record.shape.clone(), record.end.clone()),
        RunPart::Times => (vec![record.times.len()], record.times.iter().map(|t| R::narrow(*t)).collect()),
        RunPart::States => {
            let len = record.end.len();
            let kept = found.first().copied().unwrap_or(0).min(record.states.len() / len);
            let expected = [kept].iter().chain(&record.shape).copied().collect();
            (expected, record.states[..kept * len].to_vec())
        }
    };
    expect(path, &found, &expected)?;
    Ok(values)
}

/// Runs a group from its start, as its attributes say. The start of every member is that of the file, and so
/// are the draws of its Langevin corrections; without `y` and with γ = 0 there is no guidance.
///
/// # Errors
/// What is missing or does not fit; [`AgreementError::Diverged`].
pub(crate) fn run<R: Real>(bench: &Bench<'_, R>, group: &str) -> Result<Rc<Record<R>>> {
    let start = Trajectories::read(bench, &format!("{group}/x1"))?;
    let count = |name| bench.values.count(group, name);
    let (steps, corrections) = (count("steps")?, count("corrections")?);
    let tau = bench.values.number(group, "tau")?;
    let schedule = schedules::sda_built(bench.values, group)?;
    let sampler = PredictorCorrector::new(uniform_grid(steps)?, corrections, tau)?;
    let noises = recorded(bench, &format!("{group}/z"), &start.array, steps * corrections)?;
    let guidance = guidance(bench, &start, group)?;
    let kept = states(bench, group);
    let witness = Witness::new(&*guidance, kept);
    let by_member: Vec<&dyn Noise<R>> = noises.iter().map(|noise| noise as &dyn Noise<R>).collect();
    let outcomes =
        sampler.run_batch(&witness, &*schedule, start.array.values.clone(), &by_member, f64::INFINITY)?;
    let end = ends(group, outcomes)?;
    let seen = witness.into_seen();
    let planned = sampler
        .grid()
        .windows(2)
        .flat_map(|times| std::iter::once(times[0]).chain(std::iter::repeat_n(times[1], corrections)));
    // A time is that of an evaluation only if its level was the one evaluated.
    let times =
        planned.zip(seen.levels).map(|(t, level)| if schedule.level(t) == level { t } else { f64::NAN });
    let times = times.collect();
    Ok(Rc::new(Record { shape: start.array.shape, end, states: seen.states, times }))
}

/// The states after a run, of every member.
pub(crate) fn ends<R: Real>(name: &str, outcomes: Vec<Outcome<R>>) -> Result<Vec<R>> {
    let mut ends = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Finished { x, .. } => ends.extend(x),
            Outcome::Diverged { t, non_finite, .. } => {
                return Err(AgreementError::Diverged { name: name.into(), t, non_finite });
            }
        }
    }
    Ok(ends)
}

/// How many states the file has of a run.
fn states<R: Real>(bench: &Bench<'_, R>, group: &str) -> usize {
    let rows = |suffix| {
        let shape = bench.values.shape(&format!("{group}/states_{suffix}"));
        shape.ok().and_then(|shape| shape.first().copied()).unwrap_or(0)
    };
    rows("f64").max(rows("f32"))
}

/// The draws of `dataset` for the members of a start (B, …), draw by draw, as those of one member after the other.
pub(crate) fn recorded<R: Real>(
    bench: &Bench<'_, R>,
    dataset: &str,
    start: &Array<R>,
    draws: usize,
) -> Result<Vec<Recorded<R>>> {
    let (members, len) = (start.shape[0], start.values.len() / start.shape[0]);
    if draws == 0 {
        return Ok(vec![Recorded(Vec::new()); members]);
    }
    let z = bench.values.array::<R>(dataset)?;
    z.expect(&[&[draws], &start.shape[..]].concat())?;
    let z = |member: usize| z.values.chunks_exact(len).skip(member).step_by(members).flatten().copied();
    Ok((0..members).map(|member| Recorded(z(member).collect())).collect())
}

/// μx + σz.
pub(crate) fn noised<R: Real>(level: Level, x: &[R], z: &[R]) -> Vec<R> {
    let (mu, sigma) = (R::narrow(level.mu), R::narrow(level.sigma));
    x.iter().zip(z).map(|(x, z)| mu * *x + sigma * *z).collect()
}

fn guidance<R: Real>(
    bench: &Bench<'_, R>,
    start: &Trajectories<R>,
    group: &str,
) -> Result<Box<dyn Guidance<R>>> {
    let denoiser = start.composed(bench.mean(start.grid, group)?)?;
    let y = format!("{group}/y");
    let unconditional = bench.values.number(group, "gamma")? == 0.0;
    if unconditional && !bench.values.has(&y) {
        return Ok(Box::new(Unguided(denoiser)));
    }
    Ok(Box::new(Seen::read(bench, start, &y, group)?.score(denoiser)))
}
