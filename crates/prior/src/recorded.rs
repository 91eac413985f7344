//! Fitting a prior to a recording that is read in portions, within a given memory.

mod plan;
mod reading;

use crate::error::Fault;
use crate::fit::{DEFAULT_RANK, Fitted, Sampled};
use crate::hidden::Hidden;
use crate::{Model, Prior, PriorError, Provenance, Result, Settings};
use equipoise_covariance::{FrameGram, StationarySeries, TemporalModes, Windows, fit_low_rank_streamed};
use equipoise_data::{
    Coordinates, DataError, Described, Fingerprints, Location, Moments, Normalizer, Particulars, Recording,
    Survey, Surveyed, checksum_while, load,
};
use equipoise_field::{Boundary, Shape};
use equipoise_stream::Stream;
pub(crate) use plan::Plan;
pub use plan::{FitMethod, Resources};
use reading::Reading;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Told after every portion how much of the fit is done, from 0 to 1; false asks the fit to stop.
pub(crate) type Watch<'a> = &'a dyn Fn(f64) -> bool;

impl Prior {
    /// As [`fit`](Self::fit), without ever holding the recording: it is read in portions, and the memory
    /// of the process stays within `resources`.
    ///
    /// | model | readings of the file | multiplications and additions | memory beside one portion |
    /// |---|---|---|---|
    /// | low rank, Gram matrix | 2 | M²F + 2nDr + O(n³) | 4D(r + 1) + 8M²(C + 3) bytes |
    /// | low rank, randomised | q + 3 | 4MFT(r + p)(q + 1) + 2nDr | 4D(r + 1) bytes and 6 × 8MT(r + p) |
    /// | stationary | 2 | transforms of M frames and MT·C² products a wavenumber | 24 bytes a block entry, 16KTC² |
    ///
    /// with M frames of F = C·H·W numbers, n windows of T frames, D = T·F, rank r, p directions more and q
    /// power passes; K wavenumbers, about HW/2, have K(TC)² block entries. A file with a name is read once more for its checksum. A dense model loads the
    /// recording. `watch` is told what share is done; if it answers false, the fit stops.
    ///
    /// The eigenvalues and the action of the covariance are those of [`fit`](Self::fit) up to the rounding
    /// of normalised fields to f32 there; the bits depend neither on the memory nor on the threads.
    ///
    /// # Errors
    /// As [`fit`](Self::fit) and [`load`]; [`PriorError::Memory`], [`PriorError::Interrupted`].
    ///
    /// ```
    /// use equipoise_data::{LoadOptions, Recording, samples::Sample};
    /// use equipoise_prior::{FitMethod, Prior, Resources, Settings};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let train = Recording::open(&Sample::IbpmTrain.path()?, &LoadOptions::default())?;
    /// let settings = Settings { window: 2, ..Settings::of(train.kind(), train.grid()) };
    /// let resources = Resources { memory: 512 << 20, method: FitMethod::Auto };
    /// let prior = Prior::fit_recording(&train, &settings, &resources, &|_| true)?;
    /// assert_eq!(prior.provenance().windows, 2 * 31);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fit_recording(
        train: &Recording,
        settings: &Settings,
        resources: &Resources,
        watch: Watch<'_>,
    ) -> Result<Self> {
        Self::possible(train, settings)?;
        let plan = Plan::of(train, settings, resources)?;
        if settings.model == Model::Dense {
            return Self::fit(&load(train.path(), train.options())?, settings);
        }
        let job = Job { train, settings, plan, watch };
        job.fit_beside_checksum().map_err(|fault| fault.of(train.path()))
    }
}

impl Prior {
    /// Whether a recording can be fitted so, as far as its header tells.
    pub(crate) fn possible(train: &Recording, settings: &Settings) -> Result<()> {
        if settings.model == Model::Stationary && train.grid().boundary != Boundary::Periodic {
            return Err(PriorError::not_periodic(train.path()));
        }
        let longest = train.leading()[0].max(train.leading()[1]);
        if settings.window == 0 || settings.window > longest {
            return Err(too_long(train, settings.window, longest));
        }
        Ok(())
    }

    /// The bytes that a process comes to hold which loads a recording and [`fit`](Self::fit)s it whole.
    pub fn bytes_of_whole(train: &Recording, settings: &Settings) -> usize {
        plan::whole(train, settings)
    }
}

fn too_long(train: &Recording, frames: usize, found: usize) -> PriorError {
    DataError::Window { path: train.path().into(), start: 0, frames, found }.into()
}

/// One fit.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) train: &'a Recording,
    pub(crate) settings: &'a Settings,
    pub(crate) plan: Plan,
    pub(crate) watch: Watch<'a>,
}

/// What the first reading tells.
pub(crate) struct Looked {
    pub(crate) surveyed: Surveyed,
    fingerprints: Vec<f64>,
    pub(crate) normalizer: Normalizer,
    /// (T, C, H, W) of a window.
    pub(crate) shape: Shape,
    pub(crate) windows: Windows,
    /// As asked for, with the rank that is used.
    pub(crate) settings: Settings,
}

/// Mean and covariance, normalised units, and how modes were sampled that were.
pub(crate) type Made = (Vec<f32>, Fitted, Option<Sampled>);

impl<'a> Job<'a> {
    pub(crate) fn tell(&self, before: usize, share: f64) -> Result<(), Fault> {
        if (self.watch)((before as f64 + share) / self.plan.readings as f64) {
            return Ok(());
        }
        Err(self.interrupted())
    }

    pub(crate) fn interrupted(&self) -> Fault {
        PriorError::Interrupted { path: self.train.path().into() }.into()
    }

    fn reading(&'a self, portion: usize, before: usize) -> Reading<'a> {
        self.reading_of(0..self.train.frame().height, portion, before)
    }

    /// A reading of some lines.
    pub(crate) fn reading_of(&'a self, of: Range<usize>, portion: usize, before: usize) -> Reading<'a> {
        Reading { job: self, of, portion, before: before.into() }
    }

    /// The fit, while a thread of its own takes the checksum of the file.
    fn fit_beside_checksum(&self) -> Result<Prior, Fault> {
        let failed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let path = self.train.path();
            let digest = scope.spawn(|| checksum_while(path, || !failed.load(Ordering::Relaxed)));
            let mut prior = self.fit().inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            let digest = digest.join().expect("a checksum does not panic")?;
            prior.provenance.sha256 = digest.expect("it stops where the fit has failed");
            Ok(prior)
        })
    }

    /// The fit, without the checksum.
    fn fit(&self) -> Result<Prior, Fault> {
        let look = tracing::info_span!("fit.look", frames = self.train.frames()).entered();
        let lines = 0..self.train.frame().height;
        let (survey, fingerprints, gram) = self.look(lines, Survey::new(self.train))?;
        let looked = self.looked(survey, fingerprints)?;
        drop(look);
        let _made = tracing::info_span!("fit.covariance", model = looked.settings.model.name()).entered();
        let made = match looked.settings.model {
            Model::LowRank { rank } => self.low_rank(&looked, rank.unwrap_or(DEFAULT_RANK), gram)?,
            _ => self.stationary(&looked)?,
        };
        self.prior(looked, made)
    }

    /// Lines told to their survey and to fingerprints, and to the products of all pairs of frames where the plan wants
    /// them.
    pub(crate) fn look<'s>(
        &self,
        of: Range<usize>,
        mut survey: Survey<'s>,
    ) -> Result<(Survey<'s>, Fingerprints, Option<FrameGram>), Fault> {
        let mut fingerprints = Fingerprints::new(self.train);
        let mut gram =
            self.plan.gram.then(|| FrameGram::new(self.train.frames(), self.train.frame().channels));
        let reading = self.reading_of(of, self.plan.first, 0);
        reading.lines(|lines| {
            survey.add(lines);
            fingerprints.add(lines);
            gram.iter_mut().for_each(|gram| reading.slabs(lines).for_each(|slab| gram.add(&slab)));
            Ok(())
        })?;
        Ok((survey, fingerprints, gram))
    }

    /// What all lines have told.
    pub(crate) fn looked(&self, survey: Survey<'_>, fingerprints: Fingerprints) -> Result<Looked, Fault> {
        let surveyed = survey.finish()?;
        let (series, frames) = surveyed.extent();
        if self.settings.window > frames {
            return Err(too_long(self.train, self.settings.window, frames).into());
        }
        let normalizer = Normalizer::surveyed(self.settings.normalizer, self.train, &surveyed)?;
        let shape = Shape { frames: self.settings.window, ..self.train.frame() };
        let windows = Windows::new(series, frames, shape.frames, surveyed.order.time_axis() == 0)?;
        let mut settings = *self.settings;
        if let Model::LowRank { rank } = &mut settings.model {
            rank.get_or_insert(DEFAULT_RANK.min(windows.count().saturating_sub(1)));
        }
        Ok(Looked { surveyed, fingerprints: fingerprints.finish(), normalizer, shape, windows, settings })
    }

    /// The prior, without the checksum of its training data.
    pub(crate) fn prior(&self, looked: Looked, (mean, fitted, sampled): Made) -> Result<Prior, Fault> {
        let Looked { surveyed, fingerprints, normalizer, shape, windows, settings } = looked;
        let provenance = self.provenance(&surveyed, windows.count(), sampled)?;
        let coordinates = Coordinates::stated(self.train.path(), self.train.attributes())?.0;
        let (kind, grid, geometry) = (self.train.kind(), self.train.grid(), surveyed.geometry);
        let particulars = Particulars {
            moments: surveyed.audit.channels.iter().map(Moments::from).collect(),
            frames: fingerprints,
            ..Particulars::stated(self.train.path(), self.train.attributes(), kind)?
        };
        let (path, frame) = (self.train.path().to_owned(), self.train.frame());
        let about = Described { path, kind, frame, grid, coordinates, geometry, mask: None, particulars };
        Ok(Prior { shape, about, settings, normalizer, mean, fitted, provenance })
    }

    fn low_rank(&self, looked: &Looked, rank: usize, gram: Option<FrameGram>) -> Result<Made, Fault> {
        let Looked { normalizer, shape, windows, .. } = looked;
        let scale = normalizer.scale();
        let (temporal, sampled) = match gram {
            Some(gram) => (TemporalModes::of_gram(gram.of_windows(windows, scale), rank)?, None),
            None => {
                let (reading, method) = (self.reading(self.plan.middle, 1), self.plan.randomised);
                let (temporal, bound) =
                    method.fit(&reading, windows, scale, rank, Stream::new("randomised svd"))?;
                (temporal, Some(Sampled { method, bound }))
            }
        };
        let last = self.reading(self.plan.last, self.plan.readings - 1);
        let fit = fit_low_rank_streamed(&last, windows, scale, &temporal, self.settings.ridge)?;
        let mut mean = fit.mean;
        normalizer.normalise(*shape, &mut mean)?;
        Ok((mean, Fitted::Modes(Arc::new(fit.covariance)), sampled))
    }

    fn stationary(&self, looked: &Looked) -> Result<Made, Fault> {
        let frames = looked.surveyed.extent().1;
        let mut sums = StationarySeries::new(looked.shape, frames)?;
        self.add_frames(looked, &mut sums, 0..self.train.frames(), 1)?;
        self.stationary_of(looked, sums)
    }

    /// The prior's mean and covariance of the sums over all frames.
    pub(crate) fn stationary_of(&self, looked: &Looked, sums: StationarySeries) -> Result<Made, Fault> {
        let (mut mean, blocks) = sums.finish(self.settings.ridge)?;
        self.hidden(looked)?.iter().for_each(|hidden| hidden.restore(&mut mean));
        Ok((mean, Fitted::Stationary(Arc::new(blocks)), None))
    }

    fn hidden<'h>(&self, looked: &'h Looked) -> Result<Option<Hidden<'h>>, Fault> {
        let moments: Vec<Moments> = looked.surveyed.audit.channels.iter().map(Moments::from).collect();
        Ok(Hidden::of(self.settings.model, &looked.normalizer, looked.shape, &moments)?)
    }

    /// Adds frames, counted over all series, one after the other; `before` readings came before this one.
    pub(crate) fn add_frames(
        &self,
        looked: &Looked,
        sums: &mut StationarySeries,
        all: Range<usize>,
        before: usize,
    ) -> Result<(), Fault> {
        let Looked { surveyed, normalizer, shape, .. } = looked;
        let (frames, hidden) = (surveyed.extent().1, self.hidden(looked)?);
        let (frame, ahead) = (shape.frame(), shape.frames - 1);
        let most = (self.plan.last / (4 * frame)).saturating_sub(ahead).max(1);
        // Whole chunks, so that none is decompressed twice for one series.
        let chunk = self.train.chunk_frames(surveyed.order);
        let new = if most < chunk { most } else { most / chunk * chunk };
        for n in all.start / frames..all.end.div_ceil(frames) {
            let own = |g: usize| g.saturating_sub(n * frames).min(frames);
            let runs: Vec<_> = sums.runs_of(own(all.start)..own(all.end), new).collect();
            let mut values: Vec<f32> = Vec::new();
            for run in runs {
                // The frames ahead of the new ones stand at the end of the run before.
                values.drain(..values.len().saturating_sub(ahead * frame));
                let held = values.len();
                let unread = run.start + held / frame..run.end;
                values.append(&mut self.train.run(surveyed.order, n, unread.clone())?);
                normalizer.normalise(Shape { frames: unread.len(), ..*shape }, &mut values[held..])?;
                hidden.iter().for_each(|hidden| hidden.fill(&mut values[held..]));
                sums.add(run.clone(), &values);
                let done = n * frames + run.end - all.start;
                self.tell(before, done as f64 / all.len() as f64)?;
            }
        }
        Ok(())
    }

    fn provenance(
        &self,
        surveyed: &Surveyed,
        windows: usize,
        sampled: Option<Sampled>,
    ) -> Result<Provenance> {
        let path = self.train.path();
        let (_, defaults) = Coordinates::stated(path, self.train.attributes())?;
        Ok(Provenance {
            file: Location::of(path).name(),
            sha256: String::new(),
            axes: surveyed.order.to_string(),
            windows,
            notes: surveyed.notes.iter().cloned().chain(defaults).collect(),
            warnings: surveyed.warnings.iter().map(ToString::to_string).collect(),
            sampled,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
