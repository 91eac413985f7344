//! A stand-in for the CUDA driver, under which the device's tests run on the CPU: the layers from
//! slices of the host to the record of arguments are then the shipped ones, and the kernel is the
//! shipped source. The embedded PTX selects the kernel by its fingerprint, as NVRTC is out of reach.

use equipoise_likelihood_cuda::variant::Storage;
use equipoise_likelihood_cuda::{Architecture, LIKELIHOOD, NVRTC_VARIABLE};
use std::path::Path;
use std::process::Command;

/// What the stand-in calls its device's generation.
const ARCHITECTURE: Architecture = Architecture::new(80);

#[test]
fn the_device_tests_pass_on_a_driver_that_runs_kernels_on_the_host() {
    if std::env::var_os("EQUIPOISE_CUDA_PROVEN").is_some() {
        return println!("skipped: `cargo xtask cuda` has passed on these sources");
    }
    let Some(words) = compiler() else { return };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = tempfile::tempdir().expect("a folder");
    let kernel = folder.path().join("kernel.cu");
    std::fs::write(&kernel, LIKELIHOOD.text).expect("the source written");
    // The suite launches these two.
    for storage in [Storage::F32, Storage::F64] {
        let named = format!("-DKERNEL=\"{}\"", kernel.display());
        let library = folder.path().join(LIKELIHOOD.fingerprint(storage, ARCHITECTURE));
        let shim = tests.join("shim/driver.cpp");
        compile(&words, &["-ffp-contract=off", storage.option(), &named], &shim, &library);
    }
    compile(
        &words,
        &["-Wall", "-Wextra", "-Werror"],
        &tests.join("device/driver.cpp"),
        &folder.path().join("libcuda.so"),
    );

    let mut child = Command::new(std::env::current_exe().expect("this test"));
    child.args(["suite::", "--show-output"]);
    child.env("LD_LIBRARY_PATH", folder.path()).env("STAND_IN_KERNELS", folder.path());
    child.env(NVRTC_VARIABLE, folder.path().join("none"));
    let output = child.output().expect("the tests start");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && !said.contains("skipped"), "{said}");
    assert!(said.contains("on the stand-in"), "the tests met another driver: {said}");
}

/// The words of the C++ compiler's name: `$CXX`, or else `c++`.
fn compiler() -> Option<Vec<String>> {
    let named = std::env::var("CXX").unwrap_or_default();
    let named = if named.trim().is_empty() { "c++" } else { &named };
    let words: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    let runs = Command::new(&words[0]).args(&words[1..]).arg("--version").output();
    if runs.is_ok_and(|output| output.status.success()) {
        return Some(words);
    }
    assert!(std::env::var_os("CI").is_none(), "no C++ compiler: `{named}` does not run");
    println!("skipped: no C++ compiler: `{named}` does not run");
    None
}

fn compile(words: &[String], options: &[&str], source: &Path, library: &Path) {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["-std=c++17", "-O1", "-U_FORTIFY_SOURCE", "-shared", "-fPIC"]);
    command.args(options).arg("-o").arg(library).arg(source).arg("-ldl");
    let output = command.output().expect("the compiler starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
