//! A trajectory that is composed of windows: members one after the other, their states kept on the way.

use super::Taken;
use super::identity::identity;
use crate::interrupt::INTERRUPTED;
use crate::progress::Progress;
use equipoise_data::sensors::Table;
use equipoise_reconstruction::{Check, Followed, Keeping};
use equipoise_solver::Watch;
use std::process::ExitCode;
use std::time::Duration;

/// Draws, writes everything and prints a summary; stopped, it leaves the state to go on from.
///
/// # Errors
/// The state of another run in the folder, and those of the method and of files.
pub(super) fn run(taken: &Taken<'_>, table: Table) -> anyhow::Result<ExitCode> {
    let (problem, sampling) = (taken.problem, taken.sampling);
    let check = Check::of_composite(problem);
    if !sampling.is_kept() {
        let progress = Progress::said(sampling.members, "members", taken.held.voice())?;
        let drawn = sampling.draw(problem, Watch { go_on: &|done| progress.tell(done) });
        progress.close();
        return taken.finish(table, drawn?, &check);
    }
    let keeping = kept(taken, &table)?;
    let steps = sampling.setup.steps;
    let progress = Progress::said(sampling.members * steps, "levels", taken.held.voice())?;
    let begun = keeping.begun()?;
    if let Some(last) = begun.last() {
        let (member, done) = (last.member, last.done);
        note!(
            "note: going on with member {member} after {done} of {steps} levels, where an earlier run was stopped"
        );
        progress.begin_at(member as usize * steps + done);
    }
    let followed = sampling.follow(problem, Some(&keeping), &|at| progress.tell(at.member * steps + at.done));
    progress.close();
    match followed? {
        Followed::Ended(drawn) => {
            let code = taken.finish(table, drawn, &check)?;
            keeping.clear()?;
            Ok(code)
        }
        Followed::Stopped(at) => {
            let (member, done, steps, members) = (at.member, at.done, at.steps, sampling.members);
            caution!(
                "interrupted after {done} of {steps} levels of member {member} of {members}, counted from 0; the same \
                 command goes on from there"
            );
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Where states are kept, without those of another run where these may be replaced.
fn kept(taken: &Taken<'_>, table: &Table) -> anyhow::Result<Keeping> {
    let arguments = taken.arguments;
    let identity = identity(arguments, taken.asked, taken.problem, taken.sampling, &table.sha256)?;
    let every = Duration::try_from_secs_f64(arguments.length.keep_every).unwrap_or(Duration::MAX);
    let keeping = Keeping::new(&arguments.output.out, every, identity);
    match keeping.begun() {
        Err(_) if arguments.output.force.given() => keeping.clear()?,
        begun => drop(begun?),
    }
    Ok(keeping)
}
