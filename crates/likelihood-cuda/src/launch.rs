//! One launch: lengths checked, addresses filled in, the kernel started.

use crate::arguments::{MAX_SAMPLES, Record};
use crate::device::doing;
use crate::variant::{Entry, Layout, THREADS, Target, Weight};
use crate::{Arguments, CudaError, Device, Element, Points};
use cudarc::driver::{
    CudaFunction, CudaSlice, DevicePtr, DevicePtrMut, DeviceRepr, LaunchConfig, PushKernelArg,
    ValidAsZeroBits,
};
use equipoise_likelihood::{LikelihoodError, Statistics, Variance};
use std::fmt;

// SAFETY: both are `repr(C)` records of numbers with the kernel's layout, which tests compare.
unsafe impl DeviceRepr for Arguments {}
// SAFETY: as above.
unsafe impl DeviceRepr for Record {}
// SAFETY: zero bits are zeros.
unsafe impl ValidAsZeroBits for Record {}

/// y and v on a device, where they were observed, and the scratch of a launch.
///
/// A launch reduces `samples` predictions at once: they lie one after another, as do residuals and
/// gradients. They share y and v, or each has its own y.
pub struct DeviceObservation<E: Element> {
    layout: Layout,
    weight: Weight,
    /// Counts, divisors, pitches and closed sums; addresses are filled in at a launch.
    arguments: Arguments,
    samples: usize,
    values: CudaSlice<E>,
    variances: CudaSlice<E::Real>,
    precisions: CudaSlice<f64>,
    indices: CudaSlice<u32>,
    empty_segments: CudaSlice<u32>,
    partials: CudaSlice<f64>,
    records: CudaSlice<Record>,
    tickets: CudaSlice<u32>,
}

impl<E: Element> fmt::Debug for DeviceObservation<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceObservation").finish_non_exhaustive()
    }
}

impl<E: Element> DeviceObservation<E> {
    /// Copies y and v to `device`, for `samples` predictions at a time. `values` holds N numbers
    /// that the samples share, or N for each.
    ///
    /// # Errors
    /// [`CudaError::Likelihood`] when a length or a variance does not fit, [`CudaError::TooLarge`],
    /// or [`CudaError::Driver`].
    pub fn new(
        device: &Device,
        points: Points<'_>,
        values: &[E],
        variance: &Variance<'_, E::Real>,
        samples: usize,
    ) -> Result<Self, CudaError> {
        if let Points::Lattice(lattice) = points {
            variance.check_on(lattice.observed())?;
        }
        let points = unit_stride(points);
        let mut arguments = Arguments::of(points, E::STORAGE)?;
        let count = arguments.count as usize;
        if samples == 0 || samples > MAX_SAMPLES {
            return Err(CudaError::TooLarge { what: "samples", found: samples, limit: MAX_SAMPLES });
        }
        let shared = values.len() == count;
        length("observation", values.len(), if shared { count } else { count * samples })?;
        variance.check(count)?;
        let precisions = arguments.set_variance(variance);
        arguments.values_pitch = if shared { 0 } else { count as u64 };
        let (layout, indices, empty_segments): (_, &[u32], &[u32]) = match points {
            Points::Compact(_) => (Layout::Compact, &[], &[]),
            Points::Lattice(_) => (Layout::Strided, &[], &[]),
            Points::Listed(list) => (Layout::Listed, list.indices(), list.empty_segments()),
        };
        let (weight, variances): (_, &[E::Real]) = match *variance {
            Variance::Scalar(_) => (Weight::Scalar, &[]),
            Variance::PerChannel { .. } => (Weight::Channel, &[]),
            Variance::PerObservation(values) => (Weight::Each, values),
        };
        Ok(Self {
            layout,
            weight,
            samples,
            values: device.upload(values)?,
            variances: device.upload(variances)?,
            precisions: device.upload(&precisions)?,
            indices: device.upload(indices)?,
            empty_segments: device.upload(empty_segments)?,
            partials: device.zeros(samples * arguments.partials())?,
            records: device.zeros(samples)?,
            tickets: device.zeros(samples)?,
            arguments,
        })
    }

    /// N.
    pub fn count(&self) -> usize {
        self.arguments.count as usize
    }

    /// How many predictions a launch reduces.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Starts the reduction on the device's stream and returns at once.
    ///
    /// With D the length of the field (N where the prediction is given at the observations),
    /// `prediction` holds D numbers for each sample, `residual` N, and `gradient` N or, for
    /// [`Target::Field`], D. Where N or D is 0, one unread element stands for the array.
    ///
    /// # Errors
    /// [`CudaError::Likelihood`] when a length does not fit, or a gradient on the field is asked
    /// for without a field; [`CudaError::WrongDevice`]; [`CudaError::NoKernel`];
    /// [`CudaError::Driver`].
    pub fn reduce(
        &mut self,
        device: &Device,
        prediction: &impl DevicePtr<E>,
        residual: &mut impl DevicePtrMut<E::Real>,
        target: Target,
        gradient: &mut impl DevicePtrMut<E::Real>,
    ) -> Result<(), CudaError> {
        let target = if self.layout == Layout::Compact { Target::Compact } else { target };
        let (count, size) = (self.count(), self.arguments.size as usize);
        let written = if target == Target::Field { size } else { count };
        for (argument, found, each) in [
            ("prediction", prediction.len(), size),
            ("residual", residual.len(), count),
            ("gradient", gradient.len(), written),
        ] {
            length(argument, found, (each * self.samples).max(1))?;
        }
        let here = device.ordinal();
        for (argument, found) in [
            ("observation", self.values.ordinal()),
            ("prediction", prediction.stream().context().ordinal()),
            ("residual", residual.stream().context().ordinal()),
            ("gradient", gradient.stream().context().ordinal()),
        ] {
            if found != here {
                return Err(CudaError::WrongDevice { argument, found, expected: here });
            }
        }
        let entry = Entry { layout: self.layout, target, weight: self.weight };
        let function = device.function(E::STORAGE, entry)?;
        self.arguments.prediction_pitch = size as u64;
        self.arguments.residual_pitch = count as u64;
        self.arguments.gradient_pitch = written as u64;
        // SAFETY: the lengths fit the counts and pitches of the arguments, all arrays lie on this
        // device, and the mutable borrows keep the outputs apart from each other and the inputs.
        unsafe { self.start(device, &function, prediction, residual, target, gradient) }
    }

    /// Fills in the addresses and launches `function`.
    ///
    /// # Safety
    /// Every array must lie on `device` and have the length that counts and pitches say, and
    /// `function` must be the entry point for this layout, weight and `target`.
    unsafe fn start(
        &mut self,
        device: &Device,
        function: &CudaFunction,
        prediction: &impl DevicePtr<E>,
        residual: &mut impl DevicePtrMut<E::Real>,
        target: Target,
        gradient: &mut impl DevicePtrMut<E::Real>,
    ) -> Result<(), CudaError> {
        let stream = device.stream();
        // Each guard orders the launch behind earlier work on its array and, when it is dropped,
        // later work behind the launch.
        let (prediction, _prediction) = prediction.device_ptr(stream);
        let (residual, _residual) = residual.device_ptr_mut(stream);
        let (gradient, _gradient) = gradient.device_ptr_mut(stream);
        let (values, _values) = self.values.device_ptr(stream);
        let (variances, _variances) = self.variances.device_ptr(stream);
        let (precisions, _precisions) = self.precisions.device_ptr(stream);
        let (indices, _indices) = self.indices.device_ptr(stream);
        let (empty_segments, _empty_segments) = self.empty_segments.device_ptr(stream);
        let (partials, _partials) = self.partials.device_ptr_mut(stream);
        let (statistics, _statistics) = self.records.device_ptr_mut(stream);
        let (tickets, _tickets) = self.tickets.device_ptr_mut(stream);
        let arguments = Arguments {
            prediction,
            values,
            variances,
            precisions,
            indices,
            empty_segments,
            residual,
            gradient,
            partials,
            statistics,
            tickets,
            ..self.arguments
        };
        let grid = (arguments.grid_x(target), self.samples as u32, 1);
        let shape = LaunchConfig { grid_dim: grid, block_dim: (THREADS, 1, 1), shared_mem_bytes: 0 };
        let mut launch = stream.launch_builder(function);
        launch.arg(&arguments);
        // SAFETY: the caller vouches for arrays and entry point, which takes one record by value.
        unsafe { launch.launch(shape) }.map_err(doing("launch a kernel"))?;
        Ok(())
    }

    /// Waits for the last launch and fetches its statistics, one for each sample.
    ///
    /// # Errors
    /// [`CudaError::Driver`], also where the launch itself failed.
    pub fn statistics(&self, device: &Device) -> Result<Vec<Statistics>, CudaError> {
        let mut records = vec![Record::default(); self.samples];
        device.download(&self.records, &mut records)?;
        let count = self.count();
        Ok(records.iter().map(|record| statistics(count, record)).collect())
    }
}

/// At stride 1 the field is the observations: the compact entry points load it in vectors.
fn unit_stride(points: Points<'_>) -> Points<'_> {
    match points {
        Points::Lattice(lattice) if lattice.stride() == 1 => Points::Compact(lattice.count()),
        other => other,
    }
}

fn statistics(count: usize, record: &Record) -> Statistics {
    Statistics {
        count,
        quadratic: record.quadratic,
        log_variance: record.log_variance,
        squared_norm: record.squared_norm,
        max_abs: record.max_abs,
        non_finite: record.non_finite as usize,
    }
}

fn length(argument: &'static str, found: usize, expected: usize) -> Result<(), LikelihoodError> {
    if found == expected { Ok(()) } else { Err(LikelihoodError::Length { argument, found, expected }) }
}
