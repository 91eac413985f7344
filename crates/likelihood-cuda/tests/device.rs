//! The kernels on a device, where there is one; without, that its absence is a plain error.

use equipoise_likelihood::conformance::check_backend;
use equipoise_likelihood::{Backend, Cpu, Observation, Variance};
use equipoise_likelihood_cuda::variant::Target;
use equipoise_likelihood_cuda::{Cuda, CudaError, Device, DeviceObservation, Points};

/// The first device. Without one a test prints that it is skipped; any other failure is one.
fn device() -> Option<Device> {
    match Device::open(0) {
        Ok(device) => Some(device),
        Err(error @ (CudaError::NoDriver | CudaError::NoDevice { .. })) => {
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_device_that_is_not_there_is_an_error() {
    match Device::open(usize::MAX) {
        Err(CudaError::NoDriver) => assert!(matches!(Device::count(), Err(CudaError::NoDriver))),
        Err(CudaError::NoDevice { ordinal: usize::MAX, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_device_is_the_definition_in_both_precisions() {
    let Some(device) = device() else { return };
    let cuda = Cuda::new(device);
    check_backend::<f32>(&cuda);
    check_backend::<f64>(&cuda);
}

#[test]
fn samples_of_a_batch_are_single_reductions() {
    let Some(device) = device() else { return };
    let (count, samples) = (5000, 3);
    let values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin()).collect();
    let predictions: Vec<f32> = (0..count * samples).map(|i| (i as f32 * 0.11).cos()).collect();
    let variance = Variance::Scalar(0.3);
    let points = Points::Compact(count);
    let mut batch = DeviceObservation::new(&device, points, &values, &variance, samples).expect("fits");
    let on_device = device.upload(&predictions).expect("a copy");
    let zeros = || device.zeros(count * samples).expect("memory");
    let mut out = (zeros(), zeros());
    batch.reduce(&device, &on_device, &mut out.0, Target::Compact, &mut out.1).expect("a launch");
    let found = batch.statistics(&device).expect("statistics");
    let (mut residual, mut weighted) = (vec![0.0; count], vec![0.0; count]);
    for (sample, prediction) in predictions.chunks(count).enumerate() {
        let observation = Observation { values: &values, variance };
        let expected = Cpu.compact(prediction, observation, &mut residual, &mut weighted).expect("fits");
        assert_eq!(found[sample], expected, "sample {sample}");
    }
}
