//! The process: threads of BLAS, closed and full outputs.

use crate::ran::{Ran, command, printed};
use std::process::Stdio;

const THREADS: &str = "OPENBLAS_NUM_THREADS";

#[test]
fn blas_is_pinned_whatever_the_environment_says_and_never_in_a_loop() {
    let pinned = printed(&["tables"]);
    for value in [None, Some(""), Some("01"), Some("4")] {
        let with_value = |marker: bool| -> Ran {
            let mut command = command(&["tables"]);
            match value {
                Some(value) => command.env(THREADS, value),
                None => command.env_remove(THREADS),
            };
            if marker {
                command.env("EQUIPOISE_RESTARTED", "1");
            }
            command.output().unwrap().into()
        };
        let free = with_value(false);
        assert_eq!((free.code, free.stderr.as_str(), &free.stdout), (Some(0), "", &pinned), "{value:?}");
        let looping = with_value(true);
        assert_eq!((looping.code, looping.stdout.as_str()), (Some(1), ""), "{value:?}");
        assert!(looping.stderr.starts_with("error: OPENBLAS_NUM_THREADS: found "), "{}", looping.stderr);
    }
}

#[test]
fn arguments_survive_the_restart() {
    let mut again = command(&["inspect", "no such  file.h5", "--format", "csv"]);
    let ran: Ran = again.env(THREADS, "3").output().unwrap().into();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), "error: no such  file.h5: no such file\n"));
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&["tables"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::create("/dev/full").unwrap();
    let output = command(&["tables"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(message.starts_with("error: standard output: ") && message.lines().count() == 1, "{message}");
}
