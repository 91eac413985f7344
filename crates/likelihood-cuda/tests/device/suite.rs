//! The tests of a device; without one they say that they are skipped.

use equipoise_likelihood::conformance::check_backend;
use equipoise_likelihood::{Backend, Cpu, Observation, Variance};
use equipoise_likelihood_cuda::variant::Target;
use equipoise_likelihood_cuda::{Cuda, CudaError, Device, DeviceObservation, PointList, Points};

/// The first device. Without one a test prints that it is skipped; any other failure is one.
fn device() -> Option<Device> {
    match Device::open(0) {
        Ok(device) => {
            println!("on {}", device.name().expect("a name"));
            Some(device)
        }
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

/// Three samples, each with its own y, at listed points of a field.
#[test]
fn samples_of_a_batch_are_single_reductions() {
    let Some(device) = device() else { return };
    let (size, samples) = (9001, 3);
    let indices: Vec<usize> = (0..size).filter(|i| i * i % 7 < 3).collect();
    let count = indices.len();
    let wave = |len: usize, step: f32| (0..len).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
    let (fields, values) = (wave(size * samples, 0.37), wave(count * samples, 0.11));
    let each: Vec<f32> = wave(count, 0.23).iter().map(|u| 1.5 + u).collect();
    let variance = Variance::PerObservation(&each);
    let list = PointList::new(size, &indices).expect("increasing");
    let points = Points::Listed(&list);
    let mut batch = DeviceObservation::new(&device, points, &values, &variance, samples).expect("fits");
    let on_device = device.upload(&fields).expect("a copy");
    let nothing = |len: usize| device.upload(&vec![f32::NAN; len]).expect("a copy");
    let mut out = (nothing(count * samples), nothing(size * samples));
    let (mut residuals, mut gradients) = (vec![0.0; count * samples], vec![0.0; size * samples]);
    // The second launch finds what the first one left of its scratch.
    for _ in 0..2 {
        batch.reduce(&on_device, &mut out.0, Target::Field, &mut out.1).expect("a launch");
    }
    let found = batch.statistics().expect("statistics");
    device.download(&out.0, &mut residuals).expect("a copy");
    device.download(&out.1, &mut gradients).expect("a copy");
    for k in 0..samples {
        let field = &fields[k * size..][..size];
        let prediction: Vec<f32> = indices.iter().map(|i| field[*i]).collect();
        let (mut residual, mut weighted) = (vec![0.0; count], vec![0.0; count]);
        let observation = Observation { values: &values[k * count..][..count], variance };
        let mut expected =
            Cpu.compact(&prediction, observation, Some(&mut residual), &mut weighted).expect("fits");
        // Eight logarithms of each block are the platform's own.
        assert!((found[k].log_variance - expected.log_variance).abs() < 1e-12 * count as f64, "sample {k}");
        expected.log_variance = found[k].log_variance;
        assert_eq!(found[k], expected, "sample {k}");
        assert_eq!(residuals[k * count..][..count], residual, "residual of sample {k}");
        let mut gradient = vec![0.0; size];
        indices.iter().zip(&weighted).for_each(|(i, p)| gradient[*i] = *p);
        assert_eq!(gradients[k * size..][..size], gradient, "gradient of sample {k}");
    }
}

#[test]
fn lengths_are_refused_before_a_launch() {
    let Some(device) = device() else { return };
    let (values, variance) = ([1.0f64; 10], Variance::Scalar(1.0));
    let points = Points::Compact(10);
    let refused =
        |values: &[f64], samples| DeviceObservation::new(&device, points, values, &variance, samples);
    assert!(
        refused(&values[..9], 1).is_err()
            && refused(&values, 0).is_err()
            && refused(&values, 65_536).is_err()
    );
    let mut reduction = refused(&values, 2).expect("fits");
    let (right, short) =
        (|| device.zeros::<f64>(20).expect("memory"), || device.zeros::<f64>(10).expect("memory"));
    let mut refused = |prediction, mut residual, mut gradient| {
        reduction.reduce(&prediction, &mut residual, Target::Compact, &mut gradient).is_err()
    };
    assert!(refused(short(), right(), right()));
    assert!(refused(right(), short(), right()));
    assert!(refused(right(), right(), short()));
    assert!(!refused(right(), right(), right()));
}
