//! A training in its folder: it begins or goes on, takes steps, validates and keeps its state.

mod kept;

use crate::checkpoint::State;
use crate::draws::Drawn;
use crate::folder::{CHECKPOINT, CONTEXT, Files, GAUSSIAN, Record};
use crate::own::Own;
use crate::set_up::{SetUp, precision};
use crate::windows::{Windows, spread};
use crate::{
    AdamW, Average, Batch, Config, Levels, Loss, Result, Row, Stepper, TrainingError, Validation, clip, rate,
};
use equipoise_data::store::Existing;
use equipoise_data::{Dataset, Remark, Symmetry, checksum};
use equipoise_field::Real;
use equipoise_network::{Around, Manifest, Preconditioning};
use equipoise_prior::{Prior, filter};
use equipoise_weights::{Precision, Tensor, Values, write};
use std::path::Path;

/// What is told after a step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Steps that were taken; 0 ahead of the first.
    pub step: u64,
    /// Of how many.
    pub steps: u64,
    /// The loss of the step; NaN ahead of the first.
    pub loss: f64,
    /// Its rate.
    pub rate: f64,
    /// The norm of its gradient, before it was clipped.
    pub norm: f64,
    /// The rows of a validation after it, if there was one.
    pub validated: &'a [Row],
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All steps are taken.
    Finished,
    /// It was asked to stop; its state is kept.
    Stopped,
}

/// A training.
#[derive(Debug)]
pub struct Training {
    config: Config,
    files: Files,
    windows: Windows,
    levels: Levels,
    stepper: Stepper<f32>,
    validation: Validation,
    manifest: Manifest,
    remarks: Vec<Remark>,
    precision: Precision,
    state: State,
    drawn: Drawn,
    gradient: Vec<f32>,
}

impl Training {
    /// Begins in a new or empty folder: fits the Gaussian to the windows that are trained on, and writes it, the
    /// context and the record of configuration and data. `sha256` is the checksum of the training file.
    ///
    /// # Errors
    /// [`TrainingError::Config`] with an entry that data or network do not allow, before anything is written;
    /// [`TrainingError::Exists`]; what keeps the Gaussian from being fitted.
    pub fn begin(config: &Config, data: &Dataset, sha256: &str, folder: &Path) -> Result<Self> {
        config.check()?;
        let own = Own::read(config.gaussian.own())?;
        let set_up = SetUp::new(config, data, own.as_ref())?;
        set_up.network(&config.optimiser)?;
        let fitted = match own {
            None => Some(Prior::fit(&set_up.parts.train, &set_up.settings)?),
            Some(_) => None,
        };
        let files = Files::of(folder);
        files.make()?;
        let path = files.path(GAUSSIAN);
        fitted.map_or(Ok(()), |prior| prior.save(&path, Existing::Refuse))?;
        own.map_or(Ok(()), |own| own.copy(&path))?;
        if !set_up.channels.values.is_empty() {
            let shape = set_up.parts.train.shape(1);
            let values = set_up.channels.values.iter().map(|value| *value as f32).collect();
            let shape = vec![config.network.context.len(), shape.height, shape.width];
            let tensor = Tensor { shape, values: Values::F32(values) };
            write(&files.path(CONTEXT), &[("context".to_owned(), tensor)], Precision::AsHeld)?;
        }
        let name =
            data.path().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let augment = set_up.moves.symmetries().iter().map(Symmetry::to_string).collect();
        let known = [name, sha256.to_owned(), checksum(&path)?];
        files.write_record(&Record::new(config, known, augment))?;
        files.settle()?;
        Self::assemble(config, set_up, files, None)
    }

    /// Goes on in a folder, from the last state that was kept there.
    ///
    /// # Errors
    /// [`TrainingError::Belongs`] for another configuration, other data or another Gaussian than the folder was made
    /// with, by name; [`TrainingError::Checkpoint`].
    pub fn resume(config: &Config, data: &Dataset, sha256: &str, folder: &Path) -> Result<Self> {
        config.check()?;
        let files = Files::of(folder);
        let record = files.record()?;
        record.check(&files, config, sha256)?;
        files.settle()?;
        let (path, expected) = (files.path(GAUSSIAN), record.gaussian_sha256.clone());
        let found = checksum(&path)?;
        if found != expected {
            return Err(TrainingError::Belongs { path, field: "SHA-256".into(), found, expected });
        }
        let kept = files.path(CHECKPOINT);
        let own = Own::read(config.gaussian.own().map(|_| path))?;
        let set_up = SetUp::new(config, data, own.as_ref())?;
        Self::assemble(config, set_up, files, kept.exists().then_some(kept.as_path()))
    }

    fn assemble(config: &Config, set_up: SetUp, files: Files, kept: Option<&Path>) -> Result<Self> {
        // From the file: a run that goes on has the bits of one that began.
        let path = files.path(GAUSSIAN);
        let prior = Prior::load(&path)?;
        let manifest = set_up.settled(&prior, &checksum(&path)?);
        let network = set_up.network(&config.optimiser)?;
        let state = match kept {
            Some(path) => State::read(path, network.parameter_count())?,
            None => State::new(network.values()),
        };
        let is_around = manifest.preconditioning == Preconditioning::Wiener;
        let wiener = prior.denoiser()?;
        let SetUp { parts, channels, moves, levels, remarks, .. } = set_up;
        let hidden = parts.held.mask().map(|mask| mask.cells().iter().map(|hidden| !hidden).collect());
        let normalizer = prior.normalizer().clone();
        let x = spread(&parts.held, &normalizer, prior.shape(), config.validation.windows)?;
        let validation = Validation::new(x, &config.validation.ratios, &wiener, hidden)?;
        let windows = Windows::new(parts.train, normalizer, moves, config.network.window)?;
        let filter = is_around.then(|| filter(wiener));
        let around = Around { factors: manifest.preconditioner()?, filter };
        let context = channels.values.iter().map(|value| f32::narrow(*value)).collect();
        let mut stepper = Stepper::new(network, around, Loss::new(&config.loss), windows.shape(), context)?;
        stepper.network_mut().set_values(&state.theta)?;
        let gradient = vec![0.0; state.theta.len()];
        let (precision, drawn) = (precision(config)?, Drawn::default());
        let config = config.clone();
        Ok(Self {
            config,
            files,
            windows,
            levels,
            stepper,
            validation,
            manifest,
            remarks,
            precision,
            state,
            drawn,
            gradient,
        })
    }

    /// Takes the steps that are left, validates and keeps the state as the configuration says, and tells of every step;
    /// once `told` is false the state is kept and the run ends.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`] where loss, gradient, state or validation is no number, with the last state that was
    /// kept still there; a file that cannot be written.
    pub fn run(&mut self, told: &mut dyn FnMut(Step<'_>) -> bool) -> Result<Ended> {
        let steps = self.config.optimiser.steps;
        if self.state.step == 0 && self.state.rows.is_empty() {
            let rows = self.validate()?;
            self.keep()?;
            let ahead = Step { step: 0, steps, loss: f64::NAN, rate: 0.0, norm: 0.0, validated: &rows };
            if !told(ahead) {
                return Ok(Ended::Stopped);
            }
        }
        if self.state.step == steps {
            // Weights and curves may be gone since.
            self.keep()?;
        }
        while self.state.step < steps {
            let [loss, rate, norm] = self.step()?;
            let step = self.state.step;
            let is_last = step == steps;
            let is_due = is_last || step.is_multiple_of(self.config.validation.every);
            let rows = if is_due { self.validate()? } else { Vec::new() };
            tracing::debug!(step, loss, rate, norm, "step");
            let goes_on = told(Step { step, steps, loss, rate, norm, validated: &rows });
            if is_last || !goes_on || step.is_multiple_of(self.config.output.every) {
                self.keep()?;
            }
            if !goes_on && !is_last {
                return Ok(Ended::Stopped);
            }
        }
        Ok(Ended::Finished)
    }

    /// One step: loss, rate and norm of its gradient.
    fn step(&mut self) -> Result<[f64; 3]> {
        let of = &self.config.optimiser;
        let step = self.state.step + 1;
        self.drawn.fill(&self.windows, &self.levels, (of.seed, step), of.batch)?;
        let Drawn { x, noise, levels } = &self.drawn;
        let loss = self.stepper.gradient(Batch { x, noise, levels }, &mut self.gradient)?;
        let norm = clip(&mut self.gradient, (of.clip > 0.0).then_some(of.clip));
        for (what, found) in [("loss", loss), ("norm of the gradient", norm)] {
            if !found.is_finite() {
                return Err(TrainingError::Diverged { step, what, found });
            }
        }
        let rate = rate(of, step);
        let method = AdamW { beta1: of.beta1, beta2: of.beta2, epsilon: of.epsilon, decay: of.decay };
        let State { theta, average, mean, square, curve, .. } = &mut self.state;
        method.step(step, rate, &self.gradient, [&mut *theta, mean, square])?;
        Average { decay: of.ema, warm_up: of.ema_warm_up }.step(step, theta, average)?;
        self.stepper.network_mut().set_values(theta)?;
        curve.push([loss, rate, norm]);
        self.state.step = step;
        self.state.check()?;
        Ok([loss, rate, norm])
    }

    /// Errors of the running average; what was found is kept with the state.
    fn validate(&mut self) -> Result<Vec<Row>> {
        let _within = tracing::info_span!("validation", step = self.state.step).entered();
        self.stepper.network_mut().set_values(&self.state.average)?;
        let rows = self.validation.rows(self.state.step, &mut self.stepper);
        self.stepper.network_mut().set_values(&self.state.theta)?;
        let rows = rows?;
        if let Some(row) = rows.iter().find(|row| !row.network.is_finite()) {
            let (step, what, found) = (row.step, "error on the held-out windows", row.network);
            return Err(TrainingError::Diverged { step, what, found });
        }
        self.state.rows.extend_from_slice(&rows);
        Ok(rows)
    }

    /// Steps that were taken.
    pub fn steps(&self) -> u64 {
        self.state.step
    }

    /// Loss, rate and norm of every step.
    pub fn curve(&self) -> &[[f64; 3]] {
        &self.state.curve
    }

    /// The rows of all validations.
    pub fn rows(&self) -> &[Row] {
        &self.state.rows
    }

    /// The symmetries that windows are moved by.
    pub fn symmetries(&self) -> &[Symmetry] {
        self.windows.moves().symmetries()
    }

    /// What is to be said of data beside a Gaussian of one's own.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// What the network is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its parameters.
    pub fn parameter_count(&self) -> usize {
        self.state.theta.len()
    }

    /// Its files.
    pub fn files(&self) -> &Files {
        &self.files
    }
}

#[cfg(test)]
mod tests;
