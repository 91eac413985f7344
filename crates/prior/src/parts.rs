//! A fit that several processes share through a folder that all of them see: no locks, nothing waited for in vain.
//!
//! The fit is divided into the same parts whoever makes them, in two rounds: one looks at every number and forms
//! the products that modes need, the other makes modes, or products of spectra. A process makes its own parts, then
//! waits about as long as they took for those of the others, then makes what is missing: so it ends also where the
//! others have died, or never came. A part that is made twice has the same bits both times.

mod making;
mod part;
mod plan;

use crate::error::Fault;
use crate::recorded::{Job, Plan, Watch};
use crate::{FitMethod, Model, Prior, PriorError, Resources, Result, Settings};
use equipoise_data::Recording;
use making::Sums;
use plan::{Round, SharedPlan};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The least time that the parts of others are waited for.
const PATIENCE: Duration = Duration::from_millis(20);

/// One process among several that share a fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The folder of the parts, which all of them see.
    pub folder: PathBuf,
    /// k of n: the parts that it makes first.
    pub shard: (usize, usize),
    /// Host and process, for whoever reads the parts.
    pub by: String,
}

impl Share {
    /// How many processes can share a fit.
    pub const MOST: usize = plan::MOST;
}

impl Prior {
    /// As [`fit_recording`](Self::fit_recording) by the Gram matrix or of stationary blocks, shared with other
    /// processes that are given the same training file, settings and folder; `None` where `written` has come to
    /// say that another of them was the last.
    ///
    /// A fit has up to 16 parts a round: blocks of lines of the grid; for the second round of a stationary model runs
    /// of frames. Every part is a file with its checksum, moved to its place when it is whole, and bears a digest of
    /// what is fitted; those that exist are kept, whoever made them. Whoever dies is replaced by the others, or by the
    /// same command again.
    ///
    /// The prior has the same bits for any number of processes, of threads, and any memory. It is that of
    /// [`fit_recording`](Self::fit_recording) with its sums in another order: eigenvalues agree to some 2⁻⁵² times
    /// the number of frames of the largest one.
    ///
    /// A part reads its lines twice, once a round, and a compressed chunk whole for every part that it reaches into;
    /// the checksum of the file is a part of its own. Memory is that of [`fit_recording`](Self::fit_recording), the
    /// prior itself only in the process that comes last.
    ///
    /// # Errors
    /// As [`fit_recording`](Self::fit_recording); [`PriorError::Refused`] for a dense model, a sampled one, a folder
    /// of another fit and a part that is spoilt, which is named.
    pub fn fit_shared(
        train: &Recording,
        settings: &Settings,
        resources: &Resources,
        share: &Share,
        written: &dyn Fn() -> bool,
        watch: Watch<'_>,
    ) -> Result<Option<Self>> {
        let refused = |found: &str, expected: &str| {
            let folder = share.folder.display();
            Err(PriorError::refused(folder, "a fit that processes share", found, expected))
        };
        match (settings.model, resources.method) {
            (Model::Dense, _) => return refused("a dense covariance", "low_rank or stationary"),
            (_, FitMethod::Randomised) => return refused("the randomised method", "gram"),
            _ => Self::possible(train, settings)?,
        }
        let resources = Resources { method: FitMethod::Gram, ..*resources };
        let mut plan = Plan::of(train, settings, &resources)?;
        plan.readings = 1;
        let shared = SharedPlan::of(train, settings)?;
        shared.settle(&share.folder, &share.by)?;
        let fit =
            SharedFit { job: Job { train, settings, plan, watch }, digest: shared.digest(), shared, share };
        fit.fit(written).map_err(|fault| fault.of(train.path()))
    }
}

/// The numbers of a part, in words of 64 bits.
type Sections = Vec<Vec<u64>>;

/// One shared fit, as one process sees it.
struct SharedFit<'a> {
    job: Job<'a>,
    shared: SharedPlan,
    digest: String,
    share: &'a Share,
}

impl SharedFit<'_> {
    fn fit(&self, written: &dyn Fn() -> bool) -> Result<Option<Prior>, Fault> {
        let looking = self.round(Round::Look, &|i, job| self.look(job, i))?;
        let (looked, sums) = self.looked()?;
        let making = self.round(Round::Make, &|i, job| self.make(job, &looked, &sums, i))?;
        if self.share.shard.0 > 1 && self.wait(patience(looking.max(making)), written)? {
            return Ok(None);
        }
        let made = match sums {
            Sums::Modes(temporal) => self.modes(&looked, &temporal)?,
            Sums::Stationary => self.stationary(&looked)?,
        };
        let mut prior = self.job.prior(looked, made)?;
        prior.provenance.sha256 = self.checksum()?;
        Ok(Some(prior))
    }

    /// Sees to it that all parts of a round are there; the longest time that one took here.
    fn round(
        &self,
        round: Round,
        make: &dyn Fn(usize, &Job<'_>) -> Result<Sections, Fault>,
    ) -> Result<Duration, Fault> {
        let (k, n) = self.share.shard;
        let names = self.shared.names(round);
        let own: Range<usize> = (k - 1) * names.len() / n..k * names.len() / n;
        let (mut longest, mut expected, mut idle) = (Duration::ZERO, names.len(), None::<Instant>);
        loop {
            let missing: Vec<usize> =
                (0..names.len()).filter(|&i| !self.share.folder.join(&names[i]).exists()).collect();
            self.tell(round, missing.len(), 0.0)?;
            if missing.len() < expected {
                // Others are at work.
                idle = None;
            }
            expected = missing.len();
            let next = match missing.iter().find(|i| own.contains(i)) {
                Some(own) => *own,
                None if missing.is_empty() => return Ok(longest),
                None if idle.get_or_insert_with(Instant::now).elapsed() < patience(longest) => {
                    std::thread::sleep(pause(longest));
                    continue;
                }
                None => missing[k % missing.len()],
            };
            let clock = Instant::now();
            let watch = |share: f64| self.tell(round, missing.len(), share).is_ok();
            let job = Job { watch: &watch, ..self.job };
            let sections = make(next, &job)?;
            let seconds = clock.elapsed();
            let head = part::Head::new(&self.digest, &names[next], &self.share.by, seconds.as_secs_f64());
            part::write(&self.share.folder.join(&names[next]), &head, &sections)?;
            tracing::info!(part = names[next], seconds = seconds.as_secs_f64(), "fit.part");
            longest = longest.max(seconds);
            expected -= 1;
        }
    }

    /// Tells the share of both rounds that is done.
    fn tell(&self, round: Round, missing: usize, share: f64) -> Result<(), Fault> {
        let of = |round| self.shared.names(round).len();
        let (looks, makes) = (of(Round::Look), of(Round::Make));
        let after = if round == Round::Look { makes } else { 0 };
        let all = looks + makes;
        self.job.tell(0, ((all - after - missing) as f64 + share) / all as f64)
    }

    /// Whether it comes true within this time.
    fn wait(&self, patience: Duration, come: &dyn Fn() -> bool) -> Result<bool, Fault> {
        let since = Instant::now();
        while since.elapsed() < patience {
            if come() {
                return Ok(true);
            }
            self.job.tell(0, 1.0)?;
            std::thread::sleep(pause(patience));
        }
        Ok(come())
    }

    fn read(&self, round: Round, i: usize) -> Result<Sections> {
        let name = self.shared.name(round, i);
        part::read(&self.share.folder.join(&name), &self.digest, &name)
    }

    /// A part that holds other numbers than its name says.
    fn other(&self, round: Round, i: usize) -> PriorError {
        let path = self.share.folder.join(self.shared.name(round, i));
        part::spoilt(&path, "numbers", "others", "those of this fit")
    }
}

/// How long the parts of others are waited for, where those here took so long.
fn patience(longest: Duration) -> Duration {
    PATIENCE + 2 * longest
}

/// Between two looks at the folder, where parts take so long.
fn pause(longest: Duration) -> Duration {
    (longest / 10).clamp(Duration::from_millis(5), Duration::from_secs(1))
}

/// How far a shared fit is, from its folder alone.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedProgress {
    /// Name of the training file, without its folder.
    pub train: String,
    /// How it is fitted.
    pub settings: Settings,
    /// The parts that are there, in the order in which they came: name, who made it, seconds it took, when.
    pub done: Vec<(String, String, f64, SystemTime)>,
    /// How many there will be.
    pub total: usize,
}

impl SharedProgress {
    /// Of a folder; `None` where it holds no parts of a fit. Reads only.
    ///
    /// # Errors
    /// [`PriorError::Refused`] and [`PriorError::Data`] for a plan or a part that cannot be read.
    pub fn of(folder: &Path) -> Result<Option<Self>> {
        let Some(plan) = SharedPlan::read(folder)? else { return Ok(None) };
        let names = [plan.names(Round::Look), plan.names(Round::Make)].concat();
        let mut done = Vec::new();
        for name in &names {
            let path = folder.join(name);
            if let Ok(when) = path.metadata().and_then(|file| file.modified()) {
                let head = part::head(&path)?;
                done.push((name.clone(), head.by, head.seconds, when));
            }
        }
        done.sort_by_key(|(.., when)| *when);
        Ok(Some(Self { train: plan.train, settings: plan.settings, done, total: names.len() }))
    }
}

#[cfg(test)]
mod tests;
