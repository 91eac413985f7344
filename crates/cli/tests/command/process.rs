//! The process: threads of BLAS, closed and full outputs.

use crate::ran::{Ran, command, printed};
use std::process::Stdio;

const THREADS: [&str; 2] = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"];

#[test]
fn blas_has_one_thread_whatever_the_environment_says_and_no_restart_loops() {
    let printed = printed(&["inspect", "data/ibpm/test.h5"]);
    for value in [None, Some("01"), Some("4")] {
        for restarted in [false, true] {
            let mut command = command(&["inspect", "data/ibpm/test.h5"]);
            for variable in THREADS {
                match value {
                    Some(value) => command.env(variable, value),
                    None => command.env_remove(variable),
                };
            }
            if restarted {
                command.env("EQUIPOISE_RESTARTED", "1");
            }
            let ran: Ran = command.output().unwrap().into();
            // An OpenBLAS on OpenMP has one thread after a restart, and none is left after a second.
            if restarted && ran.code == Some(1) {
                let expected = "error: BLAS: this OpenBLAS was built on OpenMP";
                assert!(ran.stdout.is_empty() && ran.stderr.starts_with(expected), "{}", ran.stderr);
            } else {
                assert_eq!(
                    (ran.code, ran.stderr.as_str(), &ran.stdout),
                    (Some(0), "", &printed),
                    "{value:?}"
                );
            }
        }
    }
}

#[test]
fn arguments_survive_the_restart() {
    let mut again = command(&["inspect", "no such  file.h5", "--format", "csv"]);
    let ran: Ran = again.envs(THREADS.map(|variable| (variable, "3"))).output().unwrap().into();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), "error: no such  file.h5: no such file\n"));
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output =
        command(&["inspect", "data/ibpm/test.h5"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::create("/dev/full").unwrap();
    let output =
        command(&["inspect", "data/ibpm/test.h5"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(message.starts_with("error: standard output: ") && message.lines().count() == 1, "{message}");
}
