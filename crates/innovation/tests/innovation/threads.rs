//! A BLAS with several threads is refused, until the program says the rule.

#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::{Covariance, Modes};
use equipoise_innovation::{InnovationError, ObservedPrior};
use equipoise_observation::NoiseVariance;
use equipoise_operator::Mask;
use std::process::Command;
use std::sync::Arc;

/// Marks the process of a test.
const FREE: &str = "INNOVATION_TEST_THREADS";

fn observed() -> Result<ObservedPrior<f64>, InnovationError> {
    let covariance: Arc<dyn Covariance<f64>> =
        Arc::new(Modes::new(2, vec![1.0, 0.0, 0.0, 1.0], vec![2.0, 1.0], None).unwrap());
    let operator = Arc::new(Mask::new(2, vec![0]).unwrap());
    ObservedPrior::new(covariance, operator, NoiseVariance::Uniform(0.5))
}

/// Does nothing unless this is a process of the test below.
#[test]
fn in_a_process_with_threads() {
    if std::env::var_os(FREE).is_none() {
        return;
    }
    let found = equipoise_blas::threads();
    if found > 1 {
        let Err(InnovationError::Blas(error)) = observed() else { panic!("several threads were taken") };
        assert!(error.to_string().contains(&format!("{found} threads")), "{error}");
        if equipoise_blas::single_thread().is_err() {
            return;
        }
    }
    assert!(observed().and_then(|prior| prior.innovation(&|x| x)).is_ok());
    println!("told: {found} threads");
}

#[test]
fn several_threads_are_refused_until_the_program_gives_blas_one() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "threads::in_a_process_with_threads", "--nocapture"]).env(FREE, "1");
    let output = command.env("OPENBLAS_NUM_THREADS", "4").env_remove("OMP_NUM_THREADS").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    if text.contains("told: 1 threads") {
        println!("skipped: one processor, or a BLAS without threads");
    }
}
