//! The target that `EQUIPOISE_HOSTILE_TARGET` names, under libFuzzer.
#![no_main]

use equipoise_tests::hostile::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let asked = std::env::var("EQUIPOISE_HOSTILE_TARGET").unwrap_or_default();
    let names = TARGETS.map(|target| target.name).join(", ");
    let found = TARGETS.iter().find(|target| target.name == asked);
    found.unwrap_or_else(|| panic!("EQUIPOISE_HOSTILE_TARGET: found {asked:?}, expected one of {names}"))
});

fuzz_target!(|bytes: &[u8]| {
    (TARGET.run)(bytes);
});
