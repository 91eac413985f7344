//! Bytes changed and cut off: an error or another network, never a panic.

use super::fixture;
use super::made::Files;
use crate::{Pick, State, pickle};
use std::panic::catch_unwind;

/// A sequence of numbers that look drawn: x ← 6364136223846793005 x + 1442695040888963407 (Knuth's MMIX).
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

#[test]
fn damaged_files_never_panic() {
    let files = Files::new();
    let mut drawn = Drawn(7);
    for name in ["kinds.pth", "lightning.ckpt", "ema.pt", "kinds.safetensors"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for round in 0..150 {
            let mut bytes = whole.clone();
            if round % 3 == 0 {
                bytes.truncate(drawn.below(bytes.len()));
            }
            for _ in 0..=drawn.below(4) {
                let place = drawn.below(bytes.len());
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << drawn.below(8);
                }
            }
            let path = files.write("damaged", &bytes);
            let outcome = catch_unwind(|| State::read(&path, Pick::Only).map(|_| ()));
            assert!(outcome.is_ok(), "{name}, round {round}");
        }
    }
}

/// The checksums of the zip file hide the pickle from the test above.
#[test]
fn damaged_pickles_never_panic() {
    let mut drawn = Drawn(11);
    for name in ["kinds.pth", "protocol4.pth", "lightning.ckpt", "ema.pt"] {
        let mut archive = crate::archive::Archive::open(&fixture(name)).unwrap();
        let whole = archive.read("data.pkl").unwrap();
        for _ in 0..1500 {
            let mut bytes = whole.clone();
            for _ in 0..=drawn.below(3) {
                let place = drawn.below(bytes.len());
                bytes[place] = drawn.below(256) as u8;
            }
            if let Ok(read) = pickle::read(&bytes) {
                for pick in [Pick::Only, Pick::Raw, Pick::Ema] {
                    let _ = crate::checkpoint::choose(&read, pick);
                }
            }
        }
    }
}

#[test]
fn every_truncation_of_a_file_is_one_error() {
    let files = Files::new();
    for name in ["averaged.pth", "kinds.safetensors"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for length in (0..whole.len()).step_by(13) {
            let path = files.write("cut", &whole[..length]);
            assert!(State::read(&path, Pick::Only).is_err(), "{name} of {length} bytes");
        }
    }
}

#[test]
fn every_truncation_of_a_pickle_is_one_error() {
    let mut archive = crate::archive::Archive::open(&fixture("kinds.pth")).unwrap();
    let whole = archive.read("data.pkl").unwrap();
    for length in 0..whole.len() {
        let fault = pickle::read(&whole[..length]).unwrap_err();
        assert!(matches!(fault, pickle::PickleFault::Ended { .. }), "{length}: {fault}");
    }
}
