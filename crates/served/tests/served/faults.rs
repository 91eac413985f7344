//! Children that do something wrong: each is one error that names the command, what was found, what was
//! expected and the child's last words.

use crate::child::{DIM, LEVEL, PATIENT, command, fields, python, start};
use equipoise_denoiser::{Denoiser, DenoiserError, Tape};
use equipoise_field::Length;
use equipoise_schedule::Level;
use equipoise_served::{Fault, Served, ServedError, Settings};
use std::time::{Duration, Instant};

/// For children of which nothing is to be expected.
const HASTY: Settings =
    Settings { hello: Duration::from_millis(1500), request: Duration::from_millis(800), forward: false };

fn served(of: DenoiserError) -> ServedError {
    match of {
        DenoiserError::Model(fault) => *fault.downcast().unwrap(),
        other => panic!("{other}"),
    }
}

fn denoise(served: &Served) -> Result<Vec<f32>, ServedError> {
    let mut out = vec![0.0; served.dim()];
    let x_t = vec![0.5; served.dim()];
    served.denoise(&x_t, LEVEL, &mut out).map(|()| out).map_err(self::served)
}

#[track_caller]
fn says(error: &ServedError, fault: &str, parts: &[&str]) {
    let text = error.to_string();
    assert!(text.starts_with("served model `") && text.contains(fault), "{text}");
    for part in parts {
        assert!(text.contains(part), "found no `{part}` in: {text}");
    }
}

/// The error of a child without a sound hello.
#[track_caller]
fn refused(fault: &str, settings: &Settings, parts: &[&str]) {
    let error = Served::start_with(&command(fault), settings).unwrap_err();
    says(&error, fault, parts);
}

#[test]
fn a_child_without_a_hello_is_told_by_what_it_did() {
    if !python() {
        return;
    }
    let words = "\n  its last words on standard error:\n    reading weights";
    refused(
        "exits",
        &PATIENT,
        &[
            "found a process that ended with exit status: 3, expected the hello, one line of JSON",
            &format!("{words}\n    no such file: model.pt"),
        ],
    );
    refused(
        "prose",
        &PATIENT,
        &["found the text `Loading model from cache` on the child's standard output", words],
    );
    refused(
        "silent",
        &HASTY,
        &["found no word for 1.5 s, expected the hello", "EQUIPOISE_SERVE_HELLO_SECONDS", words],
    );
    refused("endless", &PATIENT, &["found more than 65536 bytes in the first line", words]);
    refused("none version=2", &PATIENT, &["hello, version: found 2, expected 1", words]);
    refused("unfinished", &PATIENT, &["found `{\"protocol\": \"equipo`", "EOF while parsing", words]);
    let absent = start("no-such-program --serve").unwrap_err();
    says(
        &absent,
        "no-such-program",
        &["exit status: 127, the shell's for a program that it does not find", "not found"],
    );
    let empty = start("").unwrap_err();
    says(&empty, "found a process that ended with exit status: 0", &["it said nothing on standard error"]);
}

/// What ends a conversation is told at once, and again by every later call.
#[track_caller]
fn ends(fault: &str, settings: &Settings, parts: &[&str]) {
    let served = Served::start_with(&command(fault), settings).unwrap();
    let error = denoise(&served).unwrap_err();
    says(&error, fault, parts);
    assert!(error.fault.ends());
    let begun = Instant::now();
    assert_eq!(denoise(&served).unwrap_err().to_string(), error.to_string());
    assert!(begun.elapsed() < Duration::from_millis(200), "{fault}");
}

#[test]
fn an_answer_that_does_not_fit_is_told_by_its_field() {
    if !python() {
        return;
    }
    for (fault, told) in [
        ("wrong_version", "answer to denoise, version: found 2, expected 1"),
        ("wrong_kind", "answer to denoise, kind: found 128, expected 129"),
        ("wrong_dtype", "answer to denoise, dtype: found 2, expected 1"),
        ("wrong_request", "answer to denoise, request: found 5, expected 4"),
        ("wrong_state", "answer to denoise, state: found 1, expected 0"),
        ("wrong_members", "answer to denoise, members: found 2, expected 1"),
        ("wrong_bytes", "answer to denoise, bytes: found 49, expected 48"),
        ("fewer", "answer to denoise, bytes: found 44, expected 48"),
        ("too_long", "answer to denoise, bytes: found 9223372036854775808, expected no more than"),
        ("prints", "found the text `Epoch 1"),
        ("prints_short", "found the text ``"),
    ] {
        ends(fault, &PATIENT, &[told, "reading weights"]);
    }
}

#[test]
fn a_child_that_ends_is_told_with_how() {
    if !python() {
        return;
    }
    let expected = "expected the answer to denoise";
    ends("dies", &PATIENT, &["ended with exit status: 5", expected, "Traceback: CUDA out of memory"]);
    ends(
        "killed",
        &PATIENT,
        &["signal: 9 (SIGKILL), the signal of the system when memory runs out", expected],
    );
    ends(
        "half_header",
        &PATIENT,
        &["found 20 of 56 bytes of an answer, then a process that ended with exit status: 0"],
    );
    ends(
        "half_answer",
        &PATIENT,
        &["found 60 of 104 bytes of an answer, then a process that ended with exit status: 1"],
    );
    ends("closes_output", &PATIENT, &["a process that runs on with its standard output closed", expected]);
    // A shell in between ends with 128 and the signal.
    let below_a_shell = format!("{}; exit $?", command("killed").trim_start_matches("exec "));
    let error = denoise(&start(&below_a_shell).unwrap()).unwrap_err();
    says(&error, "exit status: 137 (137 = 128 + signal 9), the signal of the system", &[expected]);
}

#[test]
fn a_child_that_does_not_answer_is_not_waited_for_long() {
    if !python() {
        return;
    }
    let silence = "found no word for 0.8 s, expected the answer to denoise; EQUIPOISE_SERVE_REQUEST_SECONDS";
    ends("mute", &HASTY, &[silence]);
    ends("stalls", &HASTY, &[silence]);
    ends("deaf", &HASTY, &[silence]);
    // More than a pipe holds: the writer is blocked.
    refused("deaf@0 window='[64, 2, 64, 64]'", &HASTY, &[silence]);
    refused(
        "closes_input@0 window='[64, 2, 64, 64]'",
        &PATIENT,
        &["found the child's standard input closed"],
    );
}

#[test]
fn an_answer_that_nobody_asked_for_is_told_by_the_next_request() {
    if !python() {
        return;
    }
    let served = start(&command("twice")).unwrap();
    denoise(&served).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let error = denoise(&served).unwrap_err();
    assert!(matches!(*error.fault, Fault::Unasked { kind: 129, request: 4 }), "{error}");
    says(&error, "that nobody waits for, expected silence until the next request", &[]);
    // Before the first request, or as if it were its answer.
    let early = start(&command("early")).unwrap_err();
    assert!(matches!(
        *early.fault,
        Fault::Unasked { request: 77, .. } | Fault::Answer { field: "request", .. }
    ));
    says(&early, "77", &["reading weights"]);
}

/// Numbers that are none are told by their place; the child answers on.
#[test]
fn numbers_that_are_none_are_told_by_their_place() {
    if !python() {
        return;
    }
    for fault in ["nan", "inf"] {
        let served = start(&command(fault)).unwrap();
        let error = denoise(&served).unwrap_err();
        let place = "x̂ of member 0, frame 1, component 0, point (0, 1): found";
        says(&error, place, &["expected a finite number", "reading weights"]);
        assert!(!error.fault.ends());
        let error = start(&command(&format!("{fault}@0"))).unwrap_err();
        assert!(matches!(*error.fault, Fault::NotFinite { .. }), "{error}");
    }
    let served = start(&command("nan_product@13 batch=2")).unwrap();
    // The last of five is alone in its request, and sound.
    let (x_t, v) = (fields(5, 0), fields(5, 1));
    let (mut x_hat, mut out, mut tape) = (vec![0.0; 5 * DIM], vec![0.0; 5 * DIM], Tape::new());
    let mut local = served.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
    let error = self::served(local.vjp(&v, &mut out).unwrap_err());
    says(&error, "Jᵀv of member 3, frame 1, component 0, point (1, 2): found NaN", &[]);
    drop(local);
    denoise(&served).unwrap();
}

/// Numbers that depend on how they are asked for are found before they change an ensemble.
#[test]
fn numbers_that_depend_on_how_they_are_asked_for_are_refused() {
    if !python() {
        return;
    }
    let refused = |fault: &str| start(&command(fault)).unwrap_err();
    let error = refused("mixes@0 batch=4");
    assert!(matches!(*error.fault, Fault::Bits { what: "x̂", member: 0, otherwise: "alone", .. }), "{error}");
    says(&error, "x̂ of member 0 in a batch of 4: found", &["as it is alone; answer with batches filled up"]);
    let error = refused("mixes_products@0 batch=4");
    assert!(matches!(*error.fault, Fault::Bits { what: "Jᵀv", otherwise: "alone", .. }), "{error}");
    let error = refused("two_forms@0");
    assert!(matches!(*error.fault, Fault::Bits { what: "x̂", otherwise: "with J", .. }), "{error}");
    says(&error, "answer denoise by the x̂ of linearise", &["reading weights"]);
}

/// Where a run has exploded, a model may say anything: the run is told to have diverged, the model is not
/// blamed.
#[test]
fn an_exploded_state_is_no_fault_of_the_model() {
    if !python() {
        return;
    }
    let served = start(&command("nan")).unwrap();
    let mut out = [0.0; DIM];
    let mut x_t = fields(1, 0);
    for exploded in [3e6, f32::INFINITY, f32::NAN] {
        x_t[2] = exploded;
        served.denoise(&x_t, LEVEL, &mut out).unwrap();
        assert!(out[7].is_nan());
    }
    x_t[2] = 1e3;
    served.denoise(&x_t, LEVEL, &mut out).unwrap_err();
}

/// An error of the model is told in its words, and ends nothing.
#[test]
fn the_models_own_error_is_told_in_its_words() {
    if !python() {
        return;
    }
    let served = start(&command("error")).unwrap();
    let error = denoise(&served).unwrap_err();
    says(&error, "denoise: the child answered with an error: ValueError: the model knows no Δ⏎at all", &[]);
    denoise(&served).unwrap();
}

#[test]
fn buffers_of_the_wrong_length_are_not_sent() {
    if !python() {
        return;
    }
    let served = start(&command("counts")).unwrap();
    let (field, mut out) = (vec![0.1; DIM], vec![0.0; DIM + 1]);
    let length = |fault: Result<(), DenoiserError>, name: &str| match fault {
        Err(DenoiserError::Length(Length { what, .. })) => assert_eq!(what, name),
        other => panic!("{name}: {other:?}"),
    };
    length(served.denoise(&field[1..], LEVEL, &mut out[1..]), "x_t");
    length(served.denoise(&field, LEVEL, &mut out), "x_hat");
    length(served.vjp(&field, LEVEL, &field[1..], &mut out[1..]), "v");
    length(served.vjp(&field, LEVEL, &field, &mut out), "out");
    let mut tape = Tape::new();
    length(served.linearise(&field[1..], LEVEL, &mut out[1..], &mut tape).map(|_| ()), "x_t");
    length(served.linearise(&field, LEVEL, &mut out, &mut tape).map(|_| ()), "x_hat");
    let mut local = served.linearise(&field, LEVEL, &mut out[1..], &mut tape).unwrap();
    let mut product = [0.0; DIM];
    length(local.vjp(&field[1..], &mut product), "v");
    drop(local);
    // One linearisation, and this.
    assert_eq!(denoise(&served).unwrap()[0].to_bits(), 2.0f32.to_bits());
    let level = Level { mu: 0.0, sigma: 1.0 };
    served.denoise(&field, level, &mut product).unwrap();
}
