//! Runs on the host as a device end where the CPU's do, whatever the order of threads, and move what
//! the documents say.

use crate::engine::Host;
use crate::kernel::have_compiler;
use crate::problems::{Prior, SHAPE, STEPS, apart, on, on_cpu, on_host, strength};
use equipoise_field::Real;
use equipoise_observation::NoiseVariance;
use equipoise_operator::{LinearOperator, Mask, Subsample};
use equipoise_scaling::Law;
use equipoise_solver_cuda::{Kernel, Number};
use std::sync::Arc;

const UNIFORM: NoiseVariance = NoiseVariance::Uniform(0.01);

fn lattice<R: Real>(stride: usize) -> Arc<dyn LinearOperator<R>> {
    Arc::new(Subsample::new(SHAPE, stride).unwrap())
}

fn mask<R: Real>(keep: impl Fn(usize) -> bool) -> Arc<dyn LinearOperator<R>> {
    Arc::new(Mask::new(SHAPE.len(), (0..SHAPE.len()).filter(|i| keep(*i)).collect()).unwrap())
}

/// Lattices that divide the grid nowhere, a mask whose segments have several and no observations, and
/// one of the first and the last numbers.
fn operators<R: Real>() -> Vec<Arc<dyn LinearOperator<R>>> {
    let (scattered, ends) = (mask(|i| i % 5 == 1 || i % 32 == 31), mask(|i| i < 3 || i == SHAPE.len() - 1));
    vec![lattice(2), lattice(4), lattice(7), scattered, ends]
}

fn noises(count: usize) -> Vec<NoiseVariance> {
    let each = (0..count).map(|i| 0.01 + 0.001 * (i % 7) as f64).collect();
    let mut noises = vec![UNIFORM, NoiseVariance::PerObservation(each)];
    let planes = SHAPE.frames * SHAPE.channels;
    if count.is_multiple_of(planes) {
        noises.push(NoiseVariance::PerChannel { values: vec![0.01, 0.04], plane: count / planes });
    }
    noises
}

fn every_operator_noise_and_law<R: Number>() {
    if !have_compiler() {
        return;
    }
    for operator in operators::<R>() {
        for noise in noises(operator.len_out()) {
            let inference = Prior::small().inference(operator.clone(), &noise);
            for law in [Law::Matched, Law::Mean, Law::Dual] {
                let strength = strength(law, &inference);
                let (cpu, host) = (on_cpu(&inference, &strength), on_host(&inference, &strength));
                let form = format!("{noise:?}");
                let form = form.split(['(', ' ']).next().unwrap_or_default();
                let case = format!("{law}, N = {}, {form}", operator.len_out());
                apart(&inference, &strength, &cpu, &host).check(&case);
            }
        }
    }
}

#[test]
fn runs_end_where_the_cpus_do_f32() {
    every_operator_noise_and_law::<f32>();
}

#[test]
fn runs_end_where_the_cpus_do_f64() {
    every_operator_noise_and_law::<f64>();
}

/// No observations, a complete basis without a rest, and the start from the prior's marginal.
#[test]
fn the_ends_of_the_ranges_are_ordinary() {
    if !have_compiler() {
        return;
    }
    let nothing = Prior::small().inference::<f64>(mask(|_| false), &UNIFORM);
    let unit = strength(Law::Sum, &nothing);
    apart(&nothing, &unit, &on_cpu(&nothing, &unit), &on_host(&nothing, &unit)).check("N = 0");

    let dim = 40;
    let identity = (0..dim * dim).map(|i| f64::from(u8::from(i % (dim + 1) == 0))).collect();
    let eigenvalues = (0..dim).map(|i| 4.0 / (1.0 + i as f64)).collect();
    let complete = Prior { mean: vec![0.5; dim], basis: identity, eigenvalues, complement: None };
    let points = Arc::new(Mask::new(dim, (0..dim).step_by(3).collect()).unwrap());
    let mut complete = complete.inference::<f64>(points, &UNIFORM);
    let wiener = complete.problem.as_gaussian().unwrap().wiener();
    complete.start = equipoise_solver::Start::Prior {
        mean: Arc::new(wiener.mean().to_vec()),
        covariance: Arc::clone(wiener.prior_covariance()),
    };
    let matched = strength(Law::Matched, &complete);
    let (cpu, host) = (on_cpu(&complete, &matched), on_host(&complete, &matched));
    apart(&complete, &matched, &cpu, &host).check("a complete basis");
}

#[test]
fn no_order_of_threads_or_blocks_changes_a_bit() {
    if !have_compiler() {
        return;
    }
    let inference = Prior::small().inference::<f32>(lattice(2), &UNIFORM);
    let strength = strength(Law::Matched, &inference);
    let ends = [0, 1, 2, 3].map(|schedule| on(Host::new::<f32>(schedule), &inference, &strength).0.unwrap());
    assert!(ends.iter().all(|end| *end == ends[0]));
}

/// The table of the crate's documents, for the kernels of the step: what `advance` asks for of bits and
/// ranks is the same eight bytes for all threads of a segment.
#[test]
fn a_step_moves_what_the_documents_say() {
    if !have_compiler() {
        return;
    }
    let inference = Prior::small().inference::<f32>(lattice(2), &UNIFORM);
    let (end, host) = on(Host::new::<f32>(0), &inference, &strength(Law::Matched, &inference));
    end.unwrap();
    let (d, n, steps) = (SHAPE.len() as u64, inference.problem.observation().count() as u64, STEPS as u64);
    let moved = host.moved;
    assert_eq!(moved[&Kernel::Observe], (STEPS, steps * (2 * 4 + 4) * n, steps * 4 * n));
    // A thread has four numbers, and D is a multiple of four; all ask for the count of the step before.
    let read = steps * (3 * 4 * d + 4 * n + 8 * (d / 4)) + (steps - 1) * 8 * 256 * d.div_ceil(4 * 256);
    assert_eq!(moved[&Kernel::Advance], (STEPS, read, steps * 4 * d));
}
