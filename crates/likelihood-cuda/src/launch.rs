//! One launch: lengths checked, addresses filled in, the kernel started.

use crate::arguments::{MAX_SAMPLES, Record};
use crate::variant::{Entry, Layout, Target, Weight};
use crate::{Arguments, CudaError, Device, Element, Held, Points};
use cudarc::driver::{CudaSlice, DevicePtr, DevicePtrMut, DeviceRepr, ValidAsZeroBits};
use equipoise_likelihood::{LikelihoodError, Statistics, Variance};
use std::marker::PhantomData;

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
#[derive(Debug)]
pub struct DeviceObservation<'a, E: Element> {
    device: &'a Device,
    layout: Layout,
    weight: Weight,
    /// All but prediction, residual and gradient, which each launch brings.
    arguments: Arguments,
    samples: usize,
    records: CudaSlice<Record>,
    _held: Held,
    element: PhantomData<E>,
}

impl<'a, E: Element> DeviceObservation<'a, E> {
    /// Copies y and v to `device`, for `samples` predictions at a time. `values` holds N numbers
    /// that the samples share, or N for each.
    ///
    /// # Errors
    /// [`CudaError::Likelihood`] when a length or a variance does not fit, [`CudaError::TooLarge`],
    /// or [`CudaError::Driver`].
    pub fn new(
        device: &'a Device,
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
        let (mut held, records) = (Held::default(), device.zeros(samples)?);
        arguments.values = held.copy(device, values)?;
        arguments.variances = held.copy(device, variances)?;
        arguments.precisions = held.copy(device, &precisions)?;
        arguments.indices = held.copy(device, indices)?;
        arguments.empty_segments = held.copy(device, empty_segments)?;
        arguments.partials = held.copy(device, &vec![0.0; samples * arguments.partials()])?;
        arguments.tickets = held.copy(device, &vec![0u32; samples])?;
        arguments.statistics = device.address(&records);
        let element = PhantomData;
        Ok(Self { device, layout, weight, arguments, samples, records, _held: held, element })
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
        prediction: &impl DevicePtr<E>,
        residual: &mut impl DevicePtrMut<E::Real>,
        target: Target,
        gradient: &mut impl DevicePtrMut<E::Real>,
    ) -> Result<(), CudaError> {
        let (device, stream, layout) = (self.device, self.device.stream(), self.layout);
        let target = if layout == Layout::Compact { Target::Compact } else { target };
        let (count, size) = (self.count(), self.arguments.size as usize);
        let written = if target == Target::Field { size } else { count };
        for (argument, found, each, place) in [
            ("prediction", prediction.len(), size, prediction.stream()),
            ("residual", residual.len(), count, residual.stream()),
            ("gradient", gradient.len(), written, gradient.stream()),
        ] {
            length(argument, found, (each * self.samples).max(1))?;
            let (found, expected) = (place.context().ordinal(), device.ordinal());
            if found != expected {
                return Err(CudaError::WrongDevice { argument, found, expected });
            }
        }
        let function = device.function(E::STORAGE, Entry { layout, target, weight: self.weight })?;
        // Each guard orders the launch behind earlier work on its array and, when it is dropped,
        // later work behind the launch.
        let (prediction, _prediction) = prediction.device_ptr(stream);
        let (residual, _residual) = residual.device_ptr_mut(stream);
        let (gradient, _gradient) = gradient.device_ptr_mut(stream);
        let (prediction_pitch, residual_pitch, gradient_pitch) = (size as u64, count as u64, written as u64);
        let arguments = Arguments {
            prediction,
            residual,
            gradient,
            prediction_pitch,
            residual_pitch,
            gradient_pitch,
            ..self.arguments
        };
        // SAFETY: the lengths fit the counts and pitches of the arguments, all arrays lie on this
        // device, the mutable borrows keep the outputs apart from each other and the inputs, and the
        // entry point is that of this layout, weight and target.
        unsafe { device.launch(&function, &arguments, (arguments.grid_x(target), self.samples as u32)) }
    }

    /// Waits for the last launch and fetches its statistics, one for each sample.
    ///
    /// # Errors
    /// [`CudaError::Driver`], also where the launch itself failed.
    pub fn statistics(&self) -> Result<Vec<Statistics>, CudaError> {
        let mut records = vec![Record::default(); self.samples];
        self.device.download(&self.records, &mut records)?;
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
