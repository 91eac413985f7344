//! Pipes that are full, and what is left of a child: nothing.

use crate::child::{DIM, LEVEL, command, fields, python, start};
use equipoise_denoiser::Denoiser;
use equipoise_served::Served;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A child that answers while it still reads, with more than pipes hold on either side, blocks nobody; nor
/// do one that writes byte by byte and one that fills its standard error.
#[test]
fn full_pipes_block_nobody() {
    if !python() {
        return;
    }
    let eager = start(&command("eager window='[32, 2, 64, 64]'")).unwrap();
    let x_t: Vec<f32> = (0..eager.dim()).map(|i| i as f32).collect();
    let mut out = vec![0.0; eager.dim()];
    eager.denoise(&x_t, LEVEL, &mut out).unwrap();
    assert_eq!(out, x_t);
    let x_t = fields(1, 0);
    let mut expected = [0.0; DIM];
    start(&command("none")).unwrap().denoise(&x_t, LEVEL, &mut expected).unwrap();
    for fault in ["slow", "chatty"] {
        let mut out = [0.0; DIM];
        start(&command(fault)).unwrap().denoise(&x_t, LEVEL, &mut out).unwrap();
        assert_eq!(out, expected, "{fault}");
    }
}

/// Whether a process is there, be it a zombie.
fn lives(process: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("kill -0 {process}")]).stderr(Stdio::null());
    command.status().unwrap().success()
}

/// The child and its own child.
fn family(served: &Served) -> Vec<String> {
    let identity = served.hello().identity.as_deref().unwrap();
    let family: Vec<String> = identity.split(' ').map(str::to_owned).collect();
    assert!(family.len() == 2 && family.iter().all(|process| lives(process)), "{family:?}");
    family
}

#[track_caller]
fn gone(family: &[String]) {
    let begun = Instant::now();
    // A grandchild is reaped by whoever reaps orphans.
    while begun.elapsed() < Duration::from_secs(5) && family.iter().any(|process| lives(process)) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!lives(&family[0]), "the child, or its zombie, is left");
    let state = std::fs::read_to_string(format!("/proc/{}/stat", family[1])).unwrap_or_default();
    assert!(!lives(&family[1]) || state.contains(") Z "), "the grandchild is left");
}

/// Neither a child that will not end nor what it started outlives its owner; one that ends is not waited for.
#[test]
fn nothing_is_left_of_a_child() {
    if !python() {
        return;
    }
    let begun = Instant::now();
    drop(start(&command("none")).unwrap());
    assert!(begun.elapsed() < Duration::from_secs(2), "a child that ends at the end of its input was killed");
    // It does not end at the end of its input, and a shell stands between.
    let served = start(&format!("{}; true", command("grandchild").trim_start_matches("exec "))).unwrap();
    let family = family(&served);
    drop(served);
    gone(&family);
}

/// A child that is given up is gone at once, not only when its owner is.
#[test]
fn a_child_that_is_given_up_is_gone() {
    if !python() {
        return;
    }
    let settings =
        equipoise_served::Settings { request: Duration::from_millis(300), ..crate::child::PATIENT };
    let served = Served::start_with(&command("grandchild_mute"), &settings).unwrap();
    let family = family(&served);
    served.denoise(&fields(1, 0), LEVEL, &mut [0.0; DIM]).unwrap_err();
    gone(&family);
}
