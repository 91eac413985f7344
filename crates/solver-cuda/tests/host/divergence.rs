//! A run that diverges ends as on the CPU: at the same time, in the same state.

use crate::engine::Host;
use crate::kernel::have_compiler;
use crate::problems::{Prior, SHAPE, on, on_cpu, on_host};
use equipoise_guidance::{Excess, Strength};
use equipoise_observation::NoiseVariance;
use equipoise_operator::Subsample;
use equipoise_sampler::Outcome;
use equipoise_solver_cuda::STEP;
use std::sync::Arc;

/// A variance so small that one guided step leaves the range of `f32`, from some step on.
fn steep(factor: f64) -> Strength {
    Strength { variance: NoiseVariance::Uniform(1e-9), excess: Excess::Gamma(0.0), factor, adaptive: None }
}

#[test]
fn a_diverging_run_stops_where_the_cpus_does() {
    if !have_compiler() {
        return;
    }
    let operator = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    let inference = Prior::small().inference::<f32>(operator, &NoiseVariance::Uniform(0.01));
    for factor in [1.0, 1e6, 1e30] {
        let (cpu, host) = (on_cpu(&inference, &steep(factor)), on_host(&inference, &steep(factor)));
        let (
            Outcome::Diverged { t, non_finite, trace, x },
            Outcome::Diverged { t: at, non_finite: found, trace: traced, x: end },
        ) = (&cpu, &host)
        else {
            panic!("{factor:e}: {:?} {:?}", cpu.trace(), host.trace());
        };
        assert_eq!((t.to_bits(), trace.evaluations), (at.to_bits(), traced.evaluations), "{factor:e}");
        assert!(traced.guidance_norm.is_nan());
        assert_eq!(end.iter().filter(|x| !x.is_finite()).count(), *found, "{factor:e}");
        // Which entries overflow in the last step is a matter of roundings; most are the same.
        let same = x.iter().zip(end).filter(|(a, b)| a.is_finite() == b.is_finite()).count();
        assert!(same * 10 >= x.len() * 9, "{factor:e}: {same} of {}, {non_finite} {found}", x.len());
        let first = |trace: &equipoise_sampler::Trace| trace.excursion.unwrap().t.to_bits();
        assert_eq!(first(trace), first(traced), "{factor:e}");
    }
}

/// The step after a divergence must leave the state as it is.
#[test]
fn a_kernel_that_goes_on_after_a_divergence_is_caught() {
    if !have_compiler() {
        return;
    }
    let operator = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    let inference = Prior::small().inference::<f32>(operator, &NoiseVariance::Uniform(0.01));
    let (kept, spoiled) = ("if (diverged > 0) {", "if (diverged > a.size) {");
    assert_eq!(STEP.text.matches(kept).count(), 1);
    let fault = |source: &str| on(Host::with_source::<f32>(source).unwrap(), &inference, &steep(1.0)).0.err();
    assert_eq!(fault(STEP.text), None);
    let found = fault(&STEP.text.replace(kept, spoiled)).unwrap();
    assert!(found.contains("advance: an array is read or written against its purpose"), "{found}");
}
