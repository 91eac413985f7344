//! One thread by a call has the bits of one thread from the start, in processes of their own.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use equipoise_blas::{BlasError, OPENMP_VARIABLE, require_single_thread, single_thread, threads};
use ndarray::Array2;
use ndarray_linalg::{Cholesky, Eigh, Inverse, UPLO};
use std::process::Command;

/// Says to a process of this test whether it calls `single_thread`.
const CALLS: &str = "BLAS_TEST_CALLS_SINGLE_THREAD";
/// Some of these differ between one thread and two under the kernels of every x86 core since Nehalem.
const SIZES: [usize; 3] = [64, 200, 300];
/// Factors on several threads overflow the 2 MiB of stack that a thread has otherwise (0.3.21).
const STACK: usize = 16 << 20;

/// Symmetric, its diagonal above the sum of each row.
fn matrix(n: usize) -> Array2<f64> {
    let entry = |i: usize, j: usize| ((i * j + i + j + 1) as f64).sin();
    Array2::from_shape_fn((n, n), |(i, j)| entry(i, j) + if i == j { 2.0 * n as f64 } else { 0.0 })
}

/// The bits of products, factors and eigenvectors.
fn results() -> Vec<u64> {
    let bits = |a: &Array2<f64>| a.iter().fold(0u64, |h, x| h.rotate_left(5).wrapping_mul(31) ^ x.to_bits());
    let all = SIZES.map(|n| {
        let a = matrix(n);
        let (lower, inverse) = (a.cholesky(UPLO::Lower).unwrap(), a.inv().unwrap());
        [bits(&a.dot(&a)), bits(&lower), bits(&inverse), bits(&a.eigh(UPLO::Lower).unwrap().1)]
    });
    all.concat()
}

/// What the test that goes by this name says of itself in another process.
fn child(calls: bool, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_process_tells_its_bits", "--nocapture"]);
    command.env(CALLS, calls.to_string()).env_remove(OPENMP_VARIABLE).env_remove("OPENBLAS_NUM_THREADS");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines().find_map(|line| line.split_once("told: ")).unwrap().1.to_owned()
}

/// Does nothing unless this is a process of [`child`]; the work is another thread's, as under rayon.
#[test]
fn a_process_tells_its_bits() {
    let Ok(calls) = std::env::var(CALLS) else { return };
    let held = if calls == "true" { single_thread() } else { require_single_thread() };
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(|| (threads(), results())).unwrap();
    let found = worker.join().unwrap();
    println!("told: {held:?} {} {:x?}", found.0, found.1);
}

#[test]
fn a_call_has_the_bits_of_one_thread_from_the_start() {
    let one = child(false, &[("OPENBLAS_NUM_THREADS", "1"), (OPENMP_VARIABLE, "1")]);
    assert!(one.starts_with("Ok(()) 1 "), "{one}");
    let on_four = |calls| child(calls, &[("OPENBLAS_NUM_THREADS", "4")]);
    let (free, held) = (on_four(false), on_four(true));
    if free.starts_with("Ok(()) 1 ") {
        println!("skipped: one processor, or a BLAS without threads, has no other bits");
        assert_eq!(held, one);
        return;
    }
    let word = |text: &str| text.split(" [").nth(1).map(str::to_owned);
    assert_ne!(word(&free), word(&one), "the sizes tell one thread from several");
    if free.contains("OpenMp") {
        assert!(held.starts_with("Err(OpenMp"), "{held}");
        assert_eq!(child(true, &[(OPENMP_VARIABLE, "1")]), one);
    } else {
        assert!(free.starts_with("Err(Threads {"), "{free}");
        assert_eq!(held, one);
    }
}

#[test]
fn errors_name_the_remedy() {
    let told =
        [BlasError::Threads { found: 8 }, BlasError::OpenMp { found: 8 }].map(|error| error.to_string());
    assert!(told[0].contains("8 threads") && told[0].contains("single_thread()"), "{}", told[0]);
    assert!(told[1].contains("8 threads") && told[1].ends_with("OMP_NUM_THREADS=1"), "{}", told[1]);
}
