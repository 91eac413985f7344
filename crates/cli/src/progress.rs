//! Progress on standard error, unless it is to be quiet there: what is done, how fast, and the time that is left.
//!
//! On a terminal a bar is drawn; elsewhere a line is written once two seconds have passed, then every ten, and one a
//! minute after ten minutes. A line begins with the moment in UTC: `2026-11-30T13:24:05Z 40/240 trials, 3.2/s, 63 s
//! left: …`.

use crate::format::duration;
use crate::{interrupt, messages};
use equipoise_experiment::{Voice, Word, rfc3339};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// From one look at what is done to the next.
const TICK: Duration = Duration::from_millis(500);

/// What takes less is not told of.
const SILENT: Duration = Duration::from_secs(2);

/// From one word in the lease to the next.
const EVERY: Duration = Duration::from_secs(10);

/// The time from one line to the next, after so long a run.
fn interval(run: Duration) -> Duration {
    Duration::from_secs(if run < Duration::from_secs(600) { 10 } else { 60 })
}

/// Parts of a run done, until Ctrl-C.
pub(crate) struct Progress {
    told: Tally,
    stop: Arc<AtomicBool>,
    done: AtomicUsize,
    stopped: AtomicBool,
}

impl Progress {
    /// Of `total` parts, named in the plural.
    ///
    /// # Errors
    /// If the system refuses to watch for Ctrl-C.
    pub(crate) fn new(total: usize, parts: &'static str) -> anyhow::Result<Self> {
        Self::of(Tally::new(total, parts))
    }

    /// As [`new`](Self::new), said also in the lease of the folder in which the parts are made.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn said(total: usize, parts: &'static str, voice: Option<Voice>) -> anyhow::Result<Self> {
        Self::of(Tally::told(total, parts.to_owned(), voice))
    }

    fn of(told: Tally) -> anyhow::Result<Self> {
        let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        Ok(Self { told, stop: interrupt::flag()?, done, stopped })
    }

    /// Shows one part more; false once Ctrl-C was pressed.
    pub(crate) fn next(&self) -> bool {
        let go_on = self.tell(1 + self.done.fetch_add(1, Ordering::Relaxed));
        self.stopped.store(!go_on, Ordering::Relaxed);
        go_on
    }

    /// Removes the bar.
    pub(crate) fn close(&self) {
        self.told.close();
    }

    /// Whether [`next`](Self::next) said so.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Shows the parts done; false once Ctrl-C was pressed.
    pub(crate) fn tell(&self, done: usize) -> bool {
        self.told.state().done = done;
        !self.stop.load(Ordering::Relaxed)
    }

    /// Shows parts that an earlier run has done, which say nothing of rate and time left.
    pub(crate) fn begin_at(&self, done: usize) {
        self.told.begin_at(done);
    }
}

/// Units of work done and time left, told by a thread of its own until it is dropped.
pub(crate) struct Tally {
    shared: Arc<Shared>,
    teller: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

/// What is to be told.
struct State {
    total: usize,
    /// What the units are, in the plural.
    units: String,
    begun: Instant,
    done: usize,
    /// Those of an earlier run.
    before: usize,
    /// Seconds left, where the units done do not tell; and the moment of that.
    left: Option<(f64, Instant)>,
    /// The unit under way.
    unit: String,
    ended: bool,
}

impl Tally {
    pub(crate) fn new(total: usize, units: &str) -> Self {
        Self::told(total, units.to_owned(), None)
    }

    /// Said also in the lease of the folder of the results.
    pub(crate) fn said(total: usize, units: &str, voice: Voice) -> Self {
        Self::told(total, units.to_owned(), Some(voice))
    }

    /// Something that has no parts: how long it has taken.
    pub(crate) fn of(stage: String) -> Self {
        Self::told(0, stage, None)
    }

    fn told(total: usize, units: String, voice: Option<Voice>) -> Self {
        let (begun, unit) = (Instant::now(), String::new());
        let state = State { total, units, begun, done: 0, before: 0, left: None, unit, ended: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), ended: Condvar::new() });
        let teller = (messages::are_told() || voice.is_some()).then(|| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.tell(voice.as_ref()))
        });
        Self { shared, teller: Mutex::new(teller) }
    }

    /// Removes the bar.
    pub(crate) fn close(&self) {
        self.state().ended = true;
        self.shared.ended.notify_all();
        if let Some(teller) = self.teller.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A teller that panicked has nothing more to tell.
            let _ = teller.join();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    /// Shows the units done, the seconds left where they are known, and the unit under way.
    pub(crate) fn tell(&self, done: usize, left: Option<f64>, unit: impl std::fmt::Display) {
        let mut state = self.state();
        state.done = done;
        state.left = left.map(|left| (left, Instant::now()));
        state.unit = unit.to_string();
    }

    /// Shows units that an earlier run has done.
    pub(crate) fn begin_at(&self, done: usize) {
        let mut state = self.state();
        (state.done, state.before) = (done, done);
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits; the state, unless it has ended.
    fn after(&self, time: Duration) -> Option<MutexGuard<'_, State>> {
        let waited = self.ended.wait_timeout_while(self.lock(), time, |state| !state.ended);
        Some(waited.unwrap_or_else(PoisonError::into_inner).0).filter(|state| !state.ended)
    }

    /// Tells of the work until it has ended, and by `voice` to other processes.
    fn tell(&self, voice: Option<&Voice>) {
        let (lines, bar) = (messages::are_told() && !messages::shows_bars(), bar());
        let mut last = [None::<Instant>; 2];
        let due = |last: Option<Instant>, every| last.is_none_or(|last| last.elapsed() >= every);
        while let Some(state) = self.after(TICK) {
            let run = state.begun.elapsed();
            if run < SILENT {
                continue;
            }
            let (words, word) = (state.words(Instant::now()), state.word(Instant::now()));
            drop(state);
            if let Some(bar) = &bar {
                if bar.is_hidden() {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                bar.set_length(word.total as u64);
                bar.set_position(word.done as u64);
                bar.set_message(words.clone());
            }
            if lines && due(last[0], interval(run)) {
                note!("{} {words}", rfc3339(SystemTime::now()));
                last[0] = Some(Instant::now());
            }
            if let Some(voice) = voice.filter(|_| due(last[1], EVERY)) {
                voice.say(word);
                last[1] = Some(Instant::now());
            }
        }
        bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// A bar that is not drawn yet, on a terminal.
fn bar() -> Option<ProgressBar> {
    messages::shows_bars().then(|| {
        let style = ProgressStyle::with_template("{bar:30} {wide_msg}");
        let bar = ProgressBar::hidden();
        bar.set_style(style.expect("the template is well formed"));
        bar
    })
}

impl State {
    /// Units a second, and the seconds left.
    fn pace(&self, now: Instant) -> (Option<f64>, Option<f64>) {
        let seconds = now.duration_since(self.begun).as_secs_f64();
        let rate = Some(self.done.saturating_sub(self.before) as f64 / seconds).filter(|rate| *rate > 0.0);
        let left = match self.left {
            Some((left, moment)) => Some((left - now.duration_since(moment).as_secs_f64()).max(0.0)),
            None => rate.map(|rate| self.total.saturating_sub(self.done) as f64 / rate),
        };
        (rate, left)
    }

    /// For other processes.
    fn word(&self, now: Instant) -> Word {
        let (rate, left) = self.pace(now);
        let words = std::env::args_os().skip(1);
        Word {
            command: words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" "),
            done: self.done,
            total: self.total,
            units: self.units.clone(),
            rate,
            left,
            unit: self.unit.clone(),
        }
    }

    /// Done of total, the rate, the time left and the unit under way.
    fn words(&self, now: Instant) -> String {
        let Self { total, units, done, .. } = self;
        if *total == 0 {
            return format!("{units}, {}", duration(now.duration_since(self.begun).as_secs_f64()));
        }
        let (rate, left) = self.pace(now);
        let mut words = format!("{done}/{total} {units}");
        if let Some(rate) = rate {
            words += &format!(", {}", pace(rate));
        }
        words += &left.map_or(", time left unknown".into(), |left| format!(", {} left", duration(left)));
        if !self.unit.is_empty() {
            words += &format!(": {}", self.unit);
        }
        words
    }
}

/// Units a second, or a minute or an hour where they are few.
pub(crate) fn pace(rate: f64) -> String {
    let scales = [(1.0, "s"), (60.0, "min"), (3600.0, "h")];
    let (scale, unit) = scales.into_iter().find(|(scale, _)| rate * scale >= 1.0).unwrap_or(scales[2]);
    format!("{}/{unit}", equipoise_report::significant(rate * scale, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(done: usize, before: usize) -> State {
        let (begun, unit) = (Instant::now(), String::new());
        State { total: 240, units: "trials".into(), begun, done, before, left: None, unit, ended: false }
    }

    /// The rate is of this run, and the time left falls between two things told.
    #[test]
    fn rate_and_time_left_are_said_in_one_line() {
        let after = |state: &State, seconds: u64| state.words(state.begun + Duration::from_secs(seconds));
        assert_eq!(after(&state(0, 0), 3), "0/240 trials, time left unknown");
        assert_eq!(after(&state(40, 0), 20), "40/240 trials, 2.0/s, 100 s left");
        assert_eq!(after(&state(140, 120), 40), "140/240 trials, 30/min, 3 min left");
        let mut told = state(40, 0);
        (told.left, told.unit) = (Some((30.0, told.begun + Duration::from_secs(10))), "kolmogorov".into());
        assert_eq!(after(&told, 20), "40/240 trials, 2.0/s, 20 s left: kolmogorov");
        assert_eq!(pace(0.0005), "1.8/h");
        let stage = State { total: 0, units: "reading a.h5".into(), ..state(0, 0) };
        assert_eq!(after(&stage, 7), "reading a.h5, 7 s");
    }

    #[test]
    fn lines_come_every_ten_seconds_and_later_every_minute() {
        let of = |seconds| interval(Duration::from_secs(seconds)).as_secs();
        assert_eq!((of(2), of(599), of(600)), (10, 10, 60));
    }
}
