//! Our numbers against those of two public codes and of closed forms, and the account of which
//! datasets of the golden files are compared.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod denoiser;
mod dps;
mod draws;
mod guidance;
mod ledger;
mod methods;
mod physicsnemo;
mod pigdm;
mod posterior;
mod problem;
mod sampler;
mod schedule;
mod unconditional;

use equipoise_tests::Golden;
use ledger::{Check, audit};

/// Every check, with the datasets it answers for.
const CHECKS: [Check; 11] = [
    schedule::CHECK,
    denoiser::CHECK,
    draws::CHECK,
    guidance::CHECK,
    methods::CHECK,
    dps::CHECK,
    physicsnemo::CHECK,
    pigdm::CHECK,
    posterior::CHECK,
    sampler::CHECK,
    unconditional::CHECK,
];

/// Datasets whose counterpart is not built yet.
const WAITING: [(&str, &str); 0] = [];

#[test]
fn every_dataset_is_compared_used_or_awaited() {
    let visited: Vec<_> = CHECKS.iter().map(|check| (check, (check.run)())).collect();
    let faults = audit(&Golden::open().datasets(), &visited, &WAITING);
    assert!(faults.is_empty(), "{faults:#?}");
}
