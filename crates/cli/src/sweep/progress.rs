//! What a sweep tells while it runs: trials done, the time that is left, the trial begun last.

use crate::progress;
use equipoise_experiment::{Flow, Observer, Progress};
use equipoise_sweep::{Cost, Output, Row, Trial};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Shows trials done, time left and the trial begun last.
///
/// Time left follows the trials of the same flow, prior and protocol that are done; before the first of
/// them, the mean trial, or the work where that says more: D × members × steps × (1 + corrections) numbers
/// denoised, or measured seconds where priors differ in cost.
pub(super) struct Display {
    told: progress::Tally,
    state: Mutex<State>,
}

struct State {
    /// The end of the last trial.
    ended: Instant,
    trial: String,
    scenes: HashMap<Scene, Tally>,
}

/// Flow, prior and protocol.
type Scene = (String, String, String);

/// The trials of one scene.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    left: usize,
    done: usize,
    /// From the end of one trial to the end of the next, those done.
    seconds: f64,
    /// Of one trial.
    work: f64,
}

/// Seconds that the trials left will take; `None` before the first is done.
fn left<'a>(scenes: impl Iterator<Item = &'a Tally> + Clone) -> Option<f64> {
    let sum = |of: fn(&Tally) -> f64| scenes.clone().map(of).sum::<f64>();
    let (done, seconds) = (sum(|s| s.done as f64), sum(|s| s.seconds));
    let rate = seconds / sum(|s| s.done as f64 * s.work);
    let one = |s: &Tally| match s.done {
        0 => (s.work * rate).max(seconds / done),
        done => s.seconds / done as f64,
    };
    (done > 0.0).then(|| scenes.clone().map(|s| s.left as f64 * one(s)).sum())
}

impl Display {
    pub(super) fn new(output: &Output, flows: &[Flow], cost: &Cost) -> Self {
        let length = |flow: &Flow| (flow.name().to_owned(), flow.prior().shape().len());
        let lengths: HashMap<String, usize> = flows.iter().map(length).collect();
        let mut scenes: HashMap<Scene, Tally> = HashMap::new();
        for trial in output.pending() {
            let scene = (trial.dataset().to_owned(), trial.prior.to_string(), trial.protocol.clone());
            let tally = scenes.entry(scene).or_default();
            tally.left += 1;
            tally.work = work(cost, &lengths, trial);
        }
        let now = Instant::now();
        let told = progress::Tally::said(output.trials().len(), "trials", output.lease().voice());
        told.begin_at(output.trials().len() - output.pending().len());
        Self { told, state: Mutex::new(State { ended: now, trial: String::new(), scenes }) }
    }

    /// Removes the bar.
    pub(super) fn close(&self) {
        self.told.close();
    }

    fn tell(&self, state: &State, progress: Progress) {
        self.told.tell(progress.done, left(state.scenes.values()), &state.trial);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer<Trial> for Display {
    fn started(&self, trial: &Trial, progress: Progress) {
        let mut state = self.lock();
        state.trial = trial.to_string();
        self.tell(&state, progress);
    }

    fn finished(&self, row: &Row, progress: Progress) {
        let mut state = self.lock();
        let now = Instant::now();
        let seconds = now.duration_since(std::mem::replace(&mut state.ended, now)).as_secs_f64();
        let scene = (row.dataset.clone(), row.prior.clone(), row.protocol.clone());
        if let Some(tally) = state.scenes.get_mut(&scene) {
            tally.left = tally.left.saturating_sub(1);
            tally.done += 1;
            tally.seconds += seconds;
        }
        self.tell(&state, progress);
    }
}

fn work(cost: &Cost, lengths: &HashMap<String, usize>, trial: &Trial) -> f64 {
    let evaluations = trial.members * trial.steps * (1 + trial.corrections);
    let length = lengths.get(trial.dataset()).copied().unwrap_or(1);
    cost.of(trial.dataset(), &trial.prior.to_string(), evaluations)
        .unwrap_or(length as f64 * evaluations as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_follows_what_was_seen_and_expects_no_less_of_the_rest() {
        let tally = |left, done, seconds, work| Tally { left, done, seconds, work };
        let of = |scenes: &[Tally]| left(scenes.iter());
        assert_eq!(of(&[tally(4, 0, 0.0, 1.0)]), None);
        // Three more at two seconds each, whatever the work says.
        assert_eq!(of(&[tally(3, 2, 4.0, 7.0)]), Some(6.0));
        // Unseen: four times the work is four times the time, a quarter of it is no less than the mean.
        assert_eq!(of(&[tally(0, 2, 4.0, 1.0), tally(3, 0, 0.0, 4.0)]), Some(24.0));
        assert_eq!(of(&[tally(0, 2, 4.0, 1.0), tally(3, 0, 0.0, 0.25)]), Some(6.0));
    }
}
