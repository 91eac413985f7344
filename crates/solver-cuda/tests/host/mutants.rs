//! The proof can fail: spoiled kernels are caught, by the emulation or by where their runs end.

use crate::engine::Host;
use crate::kernel::{have_compiler, proven};
use crate::problems::{Prior, SHAPE, apart, on, on_cpu, strength};
use equipoise_observation::NoiseVariance;
use equipoise_operator::Mask;
use equipoise_scaling::Law;
use equipoise_solver_cuda::STEP;
use std::sync::Arc;

/// (what is wrong, the text that is replaced, its replacement).
const MUTANTS: [(&str, &str, &str); 10] = [
    (
        "the gradient has the wrong sign",
        "estimate -= pull * load(a.weighted",
        "estimate += pull * load(a.weighted",
    ),
    ("ranks count the observation itself", "((1u << place) - 1)", "((2u << place) - 1)"),
    ("bits are read from the wrong end", "if (bits >> place & 1)", "if (bits >> (31 - place) & 1)"),
    ("the mean is added", "(state.item[k] - mu * mean.item[k])", "(state.item[k] + mu * mean.item[k])"),
    (
        "the tail is skipped",
        "for (unsigned at = first; at < a.size; ++at)",
        "for (unsigned at = a.size; at < a.size; ++at)",
    ),
    ("the gradient ignores j_rest", "static_cast<real>(a.pull * a.rest)", "static_cast<real>(a.pull)"),
    ("d keeps the mean", "static_cast<real>(a.mu) * load(a.mean_coefficients + k)", "real(0)"),
    ("the second gain is dropped", "load(a.gains + k) * load(a.pulled + k)", "load(a.pulled + k)"),
    ("the observed rest is dropped", "mean + static_cast<real>(a.rest) * (x", "mean + real(0) * (x"),
    (
        "a warp's largest number is read before it is there",
        "    __syncthreads();\n    if (threadIdx.x > 0) return;",
        "    if (threadIdx.x > 0) return;",
    ),
];

#[test]
fn spoiled_kernels_are_caught() {
    if !have_compiler() || proven() {
        return;
    }
    // D is a multiple of 4, not of 8 warps, and f64 takes 2 numbers a thread: an odd D has a tail.
    let mut prior = Prior::small();
    prior.basis =
        prior.basis.chunks(SHAPE.len()).flat_map(|mode| &mode[..SHAPE.len() - 1]).copied().collect();
    prior.mean.pop();
    let points = (0..prior.mean.len()).filter(|i| i % 3 == 1).collect();
    let operator = Arc::new(Mask::new(prior.mean.len(), points).unwrap());
    let inference = prior.inference::<f64>(operator, &NoiseVariance::Uniform(0.01));
    let strength = strength(Law::Matched, &inference);
    let cpu = on_cpu(&inference, &strength);
    let caught = |source: &str| match on(Host::with_source::<f64>(source).unwrap(), &inference, &strength).0 {
        Err(error) => Some(error),
        Ok(end) => (!apart(&inference, &strength, &cpu, &end).holds()).then(|| "another end".to_owned()),
    };
    assert_eq!(caught(STEP.text), None);
    for (what, text, spoiled) in MUTANTS {
        assert_eq!(STEP.text.matches(text).count(), 1, "{what}");
        let by = caught(&STEP.text.replace(text, spoiled));
        println!("{what}: {by:?}");
        assert!(by.is_some(), "{what}");
    }
}
