//! The arrays of a problem on the device, and one step over them.

use crate::engine::{Element, Matrix};
use crate::levels::Step;
use crate::{Arguments, Engine, Extent, Kernel, Problem, StepError};
use equipoise_field::Real;
use equipoise_likelihood_cuda::Arguments as Reduction;
use equipoise_likelihood_cuda::arguments::PARTIALS;
use equipoise_likelihood_cuda::variant::{Entry, Layout, Target, Weight};
use std::sync::Arc;

/// What lies on the device, with the lengths that the two records name.
pub(crate) struct Arrays<R: Real + Element, E: Engine<R>> {
    basis: Matrix<E::Array<R>>,
    observed_basis: Matrix<E::Array<R>>,
    pub(crate) state: E::Array<R>,
    field: E::Array<R>,
    prediction: E::Array<R>,
    pub(crate) weighted: E::Array<R>,
    coefficients: E::Array<R>,
    pub(crate) pulled: E::Array<R>,
    expansion: E::Array<R>,
    pub(crate) extents: E::Array<Extent>,
    /// What is the same at every step, addresses among it.
    arguments: Arguments,
    reduction: Reduction,
    /// Precisions of one level.
    channels: usize,
    kept: Kept<R, E>,
}

/// Arrays that only kernels read and write, by the addresses in the records.
struct Kept<R: Real + Element, E: Engine<R>> {
    engine: Arc<E>,
    reals: Vec<E::Array<R>>,
    words: Vec<E::Array<u32>>,
    doubles: Vec<E::Array<f64>>,
}

impl<R: Real + Element, E: Engine<R>> Kept<R, E> {
    fn reals(&mut self, values: &[R]) -> Result<u64, StepError> {
        self.reals.push(self.engine.upload(values)?);
        Ok(self.reals.last().map_or(0, |array| self.engine.address(array)))
    }

    fn words(&mut self, values: &[u32]) -> Result<u64, StepError> {
        self.words.push(self.engine.upload(values)?);
        Ok(self.words.last().map_or(0, |array| self.engine.address(array)))
    }

    fn doubles(&mut self, values: &[f64]) -> Result<u64, StepError> {
        self.doubles.push(self.engine.upload(values)?);
        Ok(self.doubles.last().map_or(0, |array| self.engine.address(array)))
    }
}

impl<R: Real + Element, E: Engine<R>> Arrays<R, E> {
    /// Copies what a problem needs to the device.
    ///
    /// # Errors
    /// [`StepError`] when the device fails; so does [`step`](Self::step).
    pub(crate) fn new(engine: &Arc<E>, problem: &Problem<R>) -> Result<Self, StepError> {
        let modes = problem.modes()?;
        let (dim, count, rank) = (problem.dim(), problem.points.len(), modes.rank());
        let matrix = |entries: &[R], rows| {
            Ok::<_, StepError>(Matrix { entries: engine.upload(entries)?, rows, columns: rank })
        };
        let kept = Kept { engine: engine.clone(), reals: Vec::new(), words: Vec::new(), doubles: Vec::new() };
        let mut arrays = Self {
            basis: matrix(modes.basis(), dim)?,
            observed_basis: matrix(&problem.observed_basis()?, count)?,
            state: engine.zeros(dim)?,
            field: engine.zeros(dim)?,
            prediction: engine.zeros(count)?,
            weighted: engine.zeros(count)?,
            coefficients: engine.zeros(rank)?,
            pulled: engine.zeros(rank)?,
            expansion: engine.zeros(rank)?,
            extents: engine.zeros(problem.levels.steps.len())?,
            arguments: Arguments::default(),
            reduction: problem.levels.reduction,
            channels: problem.levels.precisions.len() / problem.levels.steps.len().max(1),
            kept,
        };
        arrays.set_step(engine, problem)?;
        arrays.set_reduction(engine, problem)?;
        Ok(arrays)
    }

    /// Lengths and addresses of the kernels of the step.
    fn set_step(&mut self, engine: &E, problem: &Problem<R>) -> Result<(), StepError> {
        let (levels, kept, modes) = (&problem.levels, &mut self.kept, problem.modes()?);
        let mean = problem.gaussian.wiener().mean();
        let mean_coefficients: Vec<R> = modes.project(mean).into_iter().map(R::narrow).collect();
        let each = levels.weight == Weight::Each;
        let variances = vec![R::zero(); if each { problem.points.len() } else { 0 }];
        self.arguments = Arguments {
            mean: kept.reals(mean)?,
            observed_mean: kept.reals(&problem.observe(mean)?)?,
            mean_coefficients: kept.reals(&mean_coefficients)?,
            gains: kept.reals(&levels.gains)?,
            points: kept.words(&problem.points)?,
            bits: kept.words(&problem.bits)?,
            ranks: kept.words(&problem.ranks)?,
            base_variances: if each { kept.doubles(&levels.base_variances)? } else { 0 },
            variances: kept.reals(&variances)?,
            state: engine.address(&self.state),
            field: engine.address(&self.field),
            prediction: engine.address(&self.prediction),
            weighted: engine.address(&self.weighted),
            coefficients: engine.address(&self.coefficients),
            pulled: engine.address(&self.pulled),
            expansion: engine.address(&self.expansion),
            extents: engine.address(&self.extents),
            size: problem.dim() as u32,
            count: problem.points.len() as u32,
            rank: modes.rank() as u32,
            ..Arguments::default()
        };
        Ok(())
    }

    /// Addresses of the reduction.
    fn set_reduction(&mut self, engine: &E, problem: &Problem<R>) -> Result<(), StepError> {
        let (levels, kept) = (&problem.levels, &mut self.kept);
        let residual = vec![R::zero(); problem.points.len()];
        self.reduction = Reduction {
            prediction: engine.address(&self.prediction),
            values: kept.reals(problem.observation.values())?,
            variances: self.arguments.variances,
            precisions: kept.doubles(&levels.precisions)?,
            residual: kept.reals(&residual)?,
            gradient: engine.address(&self.weighted),
            partials: kept.doubles(&vec![0.0; levels.reduction.partials()])?,
            statistics: kept.doubles(&[0.0; PARTIALS])?,
            tickets: kept.words(&[0])?,
            ..levels.reduction
        };
        Ok(())
    }

    /// One step, all of it asked for before any of it is done.
    pub(crate) fn step(&mut self, engine: &E, step: &Step, weight: Weight) -> Result<(), StepError> {
        let arguments = self.arguments_of(step);
        let reduction = self.reduction_of(step);
        let entry = Entry { layout: Layout::Compact, target: Target::Compact, weight };
        let [size, count, rank] = [arguments.size, arguments.count, arguments.rank].map(|n| n as usize);
        engine.project(&self.basis, &self.state, &mut self.coefficients)?;
        // SAFETY: `new` made every array that the records point to, with the lengths that they name, in
        // the memory of this engine, and keeps it for as long as `self`; the tables of levels have an
        // entry for every step.
        unsafe {
            engine.step(Kernel::Centre, &arguments, rank)?;
            engine.step(Kernel::Observe, &arguments, count)?;
        }
        engine.multiply(&self.observed_basis, &self.coefficients, true, &mut self.prediction)?;
        // SAFETY: as above; the record is that of compact observations with a v of this form.
        unsafe { engine.reduce(entry, &reduction)? };
        engine.project(&self.observed_basis, &self.weighted, &mut self.pulled)?;
        // SAFETY: as above.
        unsafe { engine.step(Kernel::Weigh, &arguments, rank)? };
        engine.multiply(&self.basis, &self.expansion, false, &mut self.field)?;
        // SAFETY: as above; a thread of `advance` takes 16 bytes of the field.
        unsafe { engine.step(Kernel::Advance, &arguments, size.div_ceil(16 / size_of::<R>())) }
    }

    fn arguments_of(&self, step: &Step) -> Arguments {
        let level = step.arguments;
        let row = self.basis.columns * size_of::<R>();
        Arguments {
            mu: level.mu,
            rest: level.rest,
            damping: level.damping,
            ratio: level.ratio,
            pull: level.pull,
            keep: level.keep,
            shift: level.shift,
            excess: level.excess,
            step: level.step,
            gains: self.arguments.gains + u64::from(level.step) * row as u64,
            ..self.arguments
        }
    }

    fn reduction_of(&self, step: &Step) -> Reduction {
        let row = self.channels * size_of::<f64>();
        Reduction {
            precision: step.precision,
            log_variance: step.log_variance,
            precisions: self.reduction.precisions + u64::from(step.arguments.step) * row as u64,
            ..self.reduction
        }
    }
}
