//! Times the kernels on a device against its own copies and against the CPU; prints a table and
//! writes JSON. `cargo xtask cuda --time [--device ORDINAL] [--json FILE]`.

mod report;

use cudarc::driver::sys::CUevent_flags;
use equipoise_field::{Real, Shape};
use equipoise_likelihood::{Backend, Cpu, Gradient, Observation, Variance};
use equipoise_likelihood_cuda::variant::{Layout, Target, Weight};
use equipoise_likelihood_cuda::{Cuda, CudaError, Device, DeviceObservation, Element, Points};
use equipoise_operator::Subsample;
use report::{Case, HEADER, Row, Times};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Launches before and within a timing.
const WARM: usize = 20;
const TIMED: usize = 200;
/// Calls of which the fastest counts, where the host takes part.
const CALLS: usize = 5;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (ordinal, json) = arguments(std::env::args().skip(1))?;
    let cuda = Cuda::new(Device::open(ordinal)?);
    println!("{} ({:?})\n{HEADER}", cuda.device().name()?, cuda.device());
    let mut rows = Vec::new();
    // The wake of the study, a larger field than any cache holds, and the turbulence.
    for (shape, strides) in [
        (Shape::new(16, 2, 199, 399), vec![1, 2, 4]),
        (Shape::new(64, 4, 512, 512), vec![1, 2]),
        (Shape::new(8, 2, 64, 64), vec![1, 4]),
    ] {
        for stride in strides {
            let lattice = Subsample::new(shape, stride)?;
            rows.extend(time_all::<f32>(&cuda, lattice)?);
            rows.extend(time_all::<f64>(&cuda, lattice)?);
        }
    }
    if let Some(file) = json {
        let all = serde_json::json!({
            "device": cuda.device().name()?,
            "rows": rows.iter().map(Row::json).collect::<Vec<_>>(),
        });
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

fn arguments(mut args: impl Iterator<Item = String>) -> Result<(usize, Option<PathBuf>), Box<dyn Error>> {
    let (mut ordinal, mut json) = (0, None);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("`{name}` needs a value"))?;
        match name.as_str() {
            "--device" => ordinal = value.parse()?,
            "--json" => json = Some(value.into()),
            _ => return Err(format!("unknown argument `{name}`").into()),
        }
    }
    Ok((ordinal, json))
}

fn time_all<R: Element<Real = R> + Real>(
    cuda: &Cuda,
    lattice: Subsample,
) -> Result<Vec<Row>, Box<dyn Error>> {
    let count = lattice.count();
    let each = vec![R::narrow(0.5); count];
    let variances =
        [(Weight::Scalar, Variance::Scalar(0.5)), (Weight::Each, Variance::PerObservation(&each))];
    let mut rows = Vec::new();
    for (weight, variance) in variances {
        for target in [Target::Compact, Target::Field] {
            let size = lattice.shape().len();
            let case = Case { storage: R::STORAGE, layout: Layout::Strided, target, weight, count, size };
            let times = time(cuda, lattice, variance, case)?;
            let row = Row { case, times };
            println!("{}", row.line());
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Numbers in (−1, 1) without a short period.
fn weyl<R: Real>(len: usize, step: f64) -> Vec<R> {
    (0..len).map(|i| R::narrow(2.0 * (i as f64 * step).fract() - 1.0)).collect()
}

fn time<R: Element<Real = R> + Real>(
    cuda: &Cuda,
    lattice: Subsample,
    variance: Variance<'_, R>,
    case: Case,
) -> Result<Times, Box<dyn Error>> {
    let device = cuda.device();
    let (field, values) = (weyl::<R>(case.size, 0.618_033_988_7), weyl::<R>(case.count, 0.414_213_562_3));
    let written = if case.target == Target::Field { case.size } else { case.count };
    let (mut residual, mut gradient) = (vec![R::zero(); case.count], vec![R::zero(); written]);

    let mut reduction = DeviceObservation::new(device, Points::Lattice(lattice), &values, &variance, 1)?;
    let prediction = device.upload(&field)?;
    let mut out = (device.zeros(case.count)?, device.zeros(written)?);
    let kernel = on_device(device, || reduction.reduce(&prediction, &mut out.0, case.target, &mut out.1))?;

    let (from, mut to) = (device.zeros::<u8>(case.bytes() / 2)?, device.zeros::<u8>(case.bytes() / 2)?);
    let copy = on_device(device, || {
        let copied = device.stream().memcpy_dtod(&from, &mut to);
        copied.map_err(|error| CudaError::Driver { what: "copy", reason: error.to_string() })
    })?;

    let mut call = |backend: &dyn Backend<R>| {
        let observation = Observation { values: &values, variance };
        let gradient = match case.target {
            Target::Compact => Gradient::Compact(&mut gradient),
            Target::Field => Gradient::Field(&mut gradient),
        };
        backend.strided(&field, lattice, observation, Some(&mut residual), gradient)
    };
    // The device is held to the CPU while it is there.
    let (here, there) = (call(&Cpu)?, call(cuda)?);
    if here.quadratic.to_bits() != there.quadratic.to_bits() {
        return Err(
            format!("Σ r²/v: found {}, expected {} bit for bit", there.quadratic, here.quadratic).into()
        );
    }
    let mut fastest = |backend: &dyn Backend<R>| -> Result<f64, Box<dyn Error>> {
        let mut best = f64::INFINITY;
        for _ in 0..CALLS {
            let begun = Instant::now();
            call(backend)?;
            best = best.min(begun.elapsed().as_secs_f64());
        }
        Ok(best)
    };
    Ok(Times { kernel, copy, cpu: fastest(&Cpu)?, end_to_end: fastest(cuda)? })
}

/// Seconds of one of many like pieces of work on the device's stream, by the device's clock.
fn on_device(
    device: &Device,
    mut work: impl FnMut() -> Result<(), CudaError>,
) -> Result<f64, Box<dyn Error>> {
    (0..WARM).try_for_each(|_| work())?;
    let start = device.stream().record_event(Some(CUevent_flags::CU_EVENT_DEFAULT))?;
    (0..TIMED).try_for_each(|_| work())?;
    let end = device.stream().record_event(Some(CUevent_flags::CU_EVENT_DEFAULT))?;
    Ok(f64::from(start.elapsed_ms(&end)?) * 1e-3 / TIMED as f64)
}
