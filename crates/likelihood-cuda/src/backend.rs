//! The device as a backend of the likelihood: slices of the host in, slices of the host out.

use crate::variant::Target;
use crate::{CudaError, Device, DeviceObservation, Element, Points};
use equipoise_field::Real;
use equipoise_likelihood::{Backend, Gradient, LikelihoodError, Observation, Statistics};
use equipoise_operator::Subsample;

/// The reduction on one device. Every call copies its inputs there and its outputs back, and the kernel
/// stores r on the device whether it is asked for or not; what stays on the device from step to step is [`DeviceObservation`]'s.
#[derive(Debug)]
pub struct Cuda {
    device: Device,
}

impl Cuda {
    /// The backend on `device`.
    pub fn new(device: Device) -> Self {
        Self { device }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    fn run<R: Element<Real = R>>(
        &self,
        points: Points<'_>,
        prediction: &[R],
        observation: Observation<'_, R>,
        residual: Option<&mut [R]>,
        target: Target,
        gradient: &mut [R],
    ) -> Result<Statistics, CudaError> {
        let device = &self.device;
        let variance = &observation.variance;
        let mut reduction = DeviceObservation::new(device, points, observation.values, variance, 1)?;
        let prediction = device.upload(prediction)?;
        // SAFETY: the launch writes every element of both, and the first to read is a copy after it.
        let (mut r, mut p) =
            unsafe { (device.space(observation.values.len())?, device.space(gradient.len())?) };
        reduction.reduce(&prediction, &mut r, target, &mut p)?;
        if let Some(residual) = residual {
            device.download(&r, residual)?;
        }
        device.download(&p, gradient)?;
        Ok(reduction.statistics()?.remove(0))
    }
}

impl<R: Element<Real = R> + Real> Backend<R> for Cuda {
    fn compact(
        &self,
        prediction: &[R],
        observation: Observation<'_, R>,
        residual: Option<&mut [R]>,
        weighted: &mut [R],
    ) -> Result<Statistics, LikelihoodError> {
        observation.check_compact(prediction.len(), residual.as_deref(), weighted.len())?;
        let points = Points::Compact(prediction.len());
        self.run(points, prediction, observation, residual, Target::Compact, weighted).map_err(failure)
    }

    fn strided(
        &self,
        field: &[R],
        lattice: Subsample,
        observation: Observation<'_, R>,
        residual: Option<&mut [R]>,
        gradient: Gradient<'_, R>,
    ) -> Result<Statistics, LikelihoodError> {
        observation.check_strided(field.len(), lattice, residual.as_deref(), &gradient)?;
        let (target, gradient) = match gradient {
            Gradient::Compact(weighted) => (Target::Compact, weighted),
            Gradient::Field(out) => (Target::Field, out),
        };
        let points = Points::Lattice(lattice);
        self.run(points, field, observation, residual, target, gradient).map_err(failure)
    }
}

fn failure(error: CudaError) -> LikelihoodError {
    match error {
        CudaError::Likelihood(error) => error,
        other => LikelihoodError::Backend { backend: "cuda", reason: other.to_string() },
    }
}
