//! The arrays of a problem on the device, and one step over them.

use crate::cuda::{Cuda, Matrix, Number};
use crate::levels::Step;
use crate::{Arguments, Extent, Kernel, Problem, StepError};
use cudarc::driver::CudaSlice;
use equipoise_likelihood_cuda::arguments::PARTIALS;
use equipoise_likelihood_cuda::variant::{Entry, Layout, Target, Weight};
use equipoise_likelihood_cuda::{Arguments as Reduction, Held};

/// What lies on the device, with the lengths that the two records name.
pub(crate) struct Arrays<R> {
    basis: Matrix<R>,
    observed_basis: Matrix<R>,
    pub(crate) state: CudaSlice<R>,
    field: CudaSlice<R>,
    prediction: CudaSlice<R>,
    pub(crate) weighted: CudaSlice<R>,
    coefficients: CudaSlice<R>,
    pub(crate) pulled: CudaSlice<R>,
    expansion: CudaSlice<R>,
    pub(crate) extents: CudaSlice<Extent>,
    /// What is the same at every step, addresses among it.
    arguments: Arguments,
    reduction: Reduction,
    /// Precisions of one level.
    channels: usize,
    /// What only kernels read and write.
    held: Held,
}

impl<R: Number> Arrays<R> {
    /// Copies what a problem needs to the device.
    ///
    /// # Errors
    /// [`StepError`] when the device fails; so does [`step`](Self::step).
    pub(crate) fn new(cuda: &Cuda, problem: &Problem<R>) -> Result<Self, StepError> {
        let (modes, device) = (problem.modes()?, cuda.device());
        let (dim, count, rank) = (problem.dim(), problem.points.len(), modes.rank());
        let matrix = |entries: &[R], rows| {
            Ok::<_, StepError>(Matrix { entries: device.upload(entries)?, rows, columns: rank })
        };
        let mut arrays = Self {
            basis: matrix(modes.basis(), dim)?,
            observed_basis: matrix(&problem.observed_basis()?, count)?,
            state: device.zeros(dim)?,
            field: device.zeros(dim)?,
            prediction: device.zeros(count)?,
            weighted: device.zeros(count)?,
            coefficients: device.zeros(rank)?,
            pulled: device.zeros(rank)?,
            expansion: device.zeros(rank)?,
            extents: device.zeros(problem.levels.steps.len())?,
            arguments: Arguments::default(),
            reduction: problem.levels.reduction,
            channels: problem.levels.precisions.len() / problem.levels.steps.len().max(1),
            held: Held::default(),
        };
        arrays.set_step(cuda, problem)?;
        arrays.set_reduction(cuda, problem)?;
        Ok(arrays)
    }

    /// Lengths and addresses of the kernels of the step.
    fn set_step(&mut self, cuda: &Cuda, problem: &Problem<R>) -> Result<(), StepError> {
        let (levels, held, modes) = (&problem.levels, &mut self.held, problem.modes()?);
        let (device, mean) = (cuda.device(), problem.gaussian.wiener().mean());
        let mean_coefficients: Vec<R> = modes.project(mean).into_iter().map(R::narrow).collect();
        let each = levels.weight == Weight::Each;
        let variances = vec![R::zero(); if each { problem.points.len() } else { 0 }];
        self.arguments = Arguments {
            mean: held.copy(device, mean)?,
            observed_mean: held.copy(device, &problem.observe(mean)?)?,
            mean_coefficients: held.copy(device, &mean_coefficients)?,
            gains: held.copy(device, &levels.gains)?,
            points: held.copy(device, &problem.points)?,
            bits: held.copy(device, &problem.bits)?,
            ranks: held.copy(device, &problem.ranks)?,
            base_variances: if each { held.copy(device, &levels.base_variances)? } else { 0 },
            variances: held.copy(device, &variances)?,
            state: device.address(&self.state),
            field: device.address(&self.field),
            prediction: device.address(&self.prediction),
            weighted: device.address(&self.weighted),
            coefficients: device.address(&self.coefficients),
            pulled: device.address(&self.pulled),
            expansion: device.address(&self.expansion),
            extents: device.address(&self.extents),
            size: problem.dim() as u32,
            count: problem.points.len() as u32,
            rank: modes.rank() as u32,
            ..Arguments::default()
        };
        Ok(())
    }

    /// Addresses of the reduction.
    fn set_reduction(&mut self, cuda: &Cuda, problem: &Problem<R>) -> Result<(), StepError> {
        let (levels, held, device) = (&problem.levels, &mut self.held, cuda.device());
        self.reduction = Reduction {
            prediction: device.address(&self.prediction),
            values: held.copy(device, problem.observation().values())?,
            variances: self.arguments.variances,
            precisions: held.copy(device, &levels.precisions)?,
            residual: held.copy(device, &vec![R::zero(); problem.points.len()])?,
            gradient: device.address(&self.weighted),
            partials: held.copy(device, &vec![0.0; levels.reduction.partials()])?,
            statistics: held.copy(device, &[0.0; PARTIALS])?,
            tickets: held.copy(device, &[0u32])?,
            ..levels.reduction
        };
        Ok(())
    }

    /// One step, all of it asked for before any of it is done.
    pub(crate) fn step(&mut self, cuda: &Cuda, step: &Step, weight: Weight) -> Result<(), StepError> {
        let (arguments, reduction) = self.records(step);
        let [size, count, rank] = [arguments.size, arguments.count, arguments.rank].map(|n| n as usize);
        let run = |kernel, threads| {
            // SAFETY: `new` made every array that the records point to, with the lengths that they name, in
            // the memory of this device, and keeps it for as long as `self`; the tables of levels have an
            // entry for every step.
            unsafe { cuda.step::<R>(kernel, &arguments, threads) }
        };
        cuda.product(&self.basis, true, &self.state, R::zero(), &mut self.coefficients)?;
        run(Kernel::Centre, rank)?;
        run(Kernel::Observe, count)?;
        cuda.product(&self.observed_basis, false, &self.coefficients, R::one(), &mut self.prediction)?;
        let entry = Entry { layout: Layout::Compact, target: Target::Compact, weight };
        // SAFETY: as above; the record is that of compact observations with a v of this form.
        unsafe { cuda.reduce::<R>(entry, &reduction)? };
        cuda.product(&self.observed_basis, true, &self.weighted, R::zero(), &mut self.pulled)?;
        run(Kernel::Weigh, rank)?;
        cuda.product(&self.basis, false, &self.expansion, R::zero(), &mut self.field)?;
        // A thread of `advance` takes 16 bytes of the field.
        run(Kernel::Advance, size.div_ceil(16 / size_of::<R>()))?;
        Ok(())
    }

    /// What the kernels of a step get, and the reduction.
    fn records(&self, step: &Step) -> (Arguments, Reduction) {
        let row = |table: u64, bytes: usize| table + u64::from(step.number) * bytes as u64;
        let gains = row(self.arguments.gains, self.basis.columns * size_of::<R>());
        let precisions = row(self.reduction.precisions, self.channels * size_of::<f64>());
        let Step { number, coefficients, precision, log_variance, .. } = *step;
        (
            Arguments { gains, level: coefficients, step: number, ..self.arguments },
            Reduction { precisions, precision, log_variance, ..self.reduction },
        )
    }
}
