//! The PTX of the steps: fresh, assembled without spills, and moving no more than it must.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_likelihood_cuda::source::{form, options};
use equipoise_likelihood_cuda::variant::Storage;
use equipoise_likelihood_cuda::{Architecture, NVRTC_VARIABLE, Nvrtc};
use equipoise_solver_cuda::{Kernel, STEP};
use std::path::{Path, PathBuf};
use std::process::Command;

const PTXAS_VARIABLE: &str = "EQUIPOISE_PTXAS";
/// What ships is for this and for newer ones.
const SHIPPED: Architecture = Architecture::new(80);
const STORAGES: [Storage; 2] = [Storage::F32, Storage::F64];
/// Registers of a thread with which eight blocks of 256 threads fit the 65,536 of a multiprocessor.
const REGISTERS: usize = 32;

/// What a variable names, or else what `cargo xtask cuda` installed. Without either, a test prints
/// that it is skipped, but fails in continuous integration. Where `cargo xtask test` found the sources as `cargo xtask
/// cuda` last passed on them, nothing is compiled again.
fn place(variable: &str, installed: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if set("EQUIPOISE_CUDA_PROVEN").is_some() {
        println!("skipped: `cargo xtask cuda` has passed on these sources");
        return None;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cuda/nvidia").join(installed);
    let found = set(variable).map(PathBuf::from).or_else(|| file.is_file().then_some(file));
    if found.is_none() {
        assert!(set("CI").is_none(), "{variable} is not set; `cargo xtask cuda` installs what it names");
        println!("skipped: {variable} is not set; `cargo xtask cuda` installs what it names");
    }
    found
}

fn compile(storage: Storage, architecture: Architecture) -> Option<String> {
    let file = place(NVRTC_VARIABLE, "cuda_nvrtc/lib/libnvrtc.so.12")?;
    let nvrtc = Nvrtc::open_file(&file).unwrap();
    Some(nvrtc.compile(storage.name(), STEP.text, &options(storage), architecture).unwrap())
}

#[test]
fn embedded_ptx_is_of_this_source_and_these_options() {
    for storage in STORAGES {
        let text = STEP.embedded(storage, SHIPPED).unwrap();
        let first = form(&STEP.fingerprint(storage, SHIPPED), "");
        assert!(text.starts_with(&first), "stale: run `cargo xtask cuda --emit`");
        assert!(text.contains("\n.target sm_80\n"));
    }
    for architecture in Architecture::PROVEN {
        assert!(STEP.embedded(Storage::F32, architecture).is_ok());
    }
    assert!(STEP.embedded(Storage::F32, Architecture::new(75)).is_err());
    assert!(STEP.embedded(Storage::F16, SHIPPED).is_err());
}

#[test]
fn embedded_ptx_is_what_the_compiler_writes() {
    for storage in STORAGES {
        let Some(fresh) = compile(storage, SHIPPED) else { return };
        let formed = form(&STEP.fingerprint(storage, SHIPPED), &fresh);
        let same = STEP.embedded(storage, SHIPPED).unwrap() == formed;
        assert!(same, "{} differs: run `cargo xtask cuda --emit`", storage.name());
    }
}

/// The number before `unit` in what ptxas says of a kernel.
fn count(said: &str, unit: &str) -> usize {
    let before = said.split(unit).next().unwrap();
    before.split_whitespace().last().unwrap().trim_start_matches('(').parse().unwrap()
}

#[test]
fn no_kernel_spills_and_all_stay_within_their_registers() {
    let Some(ptxas) = place(PTXAS_VARIABLE, "cuda_nvcc/bin/ptxas") else { return };
    let folder = tempfile::tempdir().unwrap();
    for (storage, architecture) in STORAGES.into_iter().flat_map(|s| Architecture::PROVEN.map(|a| (s, a))) {
        let Some(text) = compile(storage, architecture) else { return };
        let (source, object) = (folder.path().join("step.ptx"), folder.path().join("step.o"));
        std::fs::write(&source, text).unwrap();
        let mut command = Command::new(&ptxas);
        command.args(["-v", &format!("-arch={architecture}"), "-o"]).args([&object, &source]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        for kernel in Kernel::ALL.map(Kernel::name) {
            let of = said.split(&format!("entry function '{kernel}'")).nth(1).unwrap();
            let (spilled, registers) = (count(of, " bytes spill stores"), count(of, " registers"));
            println!("{architecture} {} {kernel}: {registers} registers", storage.name());
            assert_eq!(spilled + count(of, " bytes spill loads"), 0, "{architecture} {kernel}");
            assert!(registers <= REGISTERS, "{architecture} {kernel}: {registers} registers");
        }
    }
}

/// `advance` moves 16 bytes at a time: three loads and a store for a whole group of numbers.
#[test]
fn the_fields_pass_in_vectors() {
    for (storage, vector) in [(Storage::F32, "v4.f32"), (Storage::F64, "v2.f64")] {
        let text = STEP.embedded(storage, SHIPPED).unwrap();
        let advance = text.split(".entry advance").nth(1).unwrap();
        let advance = advance.split(".entry").next().unwrap();
        let vectors = |what: &str| advance.matches(&format!("{what}.global.{vector}")).count();
        assert_eq!((vectors("ld"), vectors("st")), (3, 1), "{}", storage.name());
        assert!(!text.contains("ld.local") && !text.contains("st.local"));
    }
}
