//! What a denoiser of a network refuses, each in one error.

use super::{Folder, azula, case, noise};
use crate::{Learned, Manifest, Network, NetworkError, Preconditioning};
use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_field::Length;
use equipoise_schedule::Level;
use equipoise_weights::{Pick, State, Tensor, Values};

const LEVEL: Level = Level { mu: 0.6, sigma: 0.8 };

#[test]
fn grids_and_levels_are_held_to_the_network() {
    let path = case("sda_small/w3");
    let message = Learned::<f32>::open(&path, Some([8, 16])).unwrap_err().to_string();
    assert_eq!(message, "grid: found 8 x 16, expected 8 x 8, that of the network");
    let folder = Folder::of("azula_small/nomod_periodic", &azula(Preconditioning::Karras));
    let message = Learned::<f32>::open(folder.path(), None).unwrap_err().to_string();
    assert!(message.contains("--grid H,W --force"), "{message}");
    let learned = Learned::<f32>::open(&path, None).unwrap();
    let (x, mut out) = (noise::<f32>(learned.dim(), 1), vec![0.0; learned.dim()]);
    let far = learned.denoise(&x, Level { mu: 1e-4, sigma: 1.0 }, &mut out).unwrap_err().to_string();
    assert!(far.contains("found sigma/mu = 10000, expected 0.001 to 1000"), "{far}");
    let short = learned.denoise(&x[1..], LEVEL, &mut out).unwrap_err();
    assert!(
        matches!(short, DenoiserError::Length(Length { what: "x_t", found: 383, expected: 384 })),
        "{short}"
    );
    assert!(learned.vjp(&x, LEVEL, &x[1..], &mut out).is_err());
    assert!(learned.jvp(&x, LEVEL, &x, &mut out[1..]).is_err());
}

/// The network of w3 with its last weights so large that its output is no number in f32.
fn overflowing() -> Learned<f32> {
    let manifest = Manifest::find(&case("sda_small/w3")).unwrap().0;
    let state = State::read(&case("sda_small/w3"), Pick::Only).unwrap();
    let scaled = state.keys().map(|key| {
        let tensor = state.tensor(key).unwrap();
        let factor = if key.ends_with("tails.1.weight") { f32::MAX } else { 1.0 };
        let values = tensor.to::<f32>().into_iter().map(|v| (v * factor).clamp(f32::MIN, f32::MAX)).collect();
        (key.to_owned(), Tensor { shape: tensor.shape.clone(), values: Values::F32(values) })
    });
    let state = State::new(state.path(), scaled.collect::<Vec<_>>());
    let network = Network::new(&manifest.architecture, state).unwrap();
    Learned::new(manifest, network, [8, 8], Vec::new(), None).unwrap()
}

#[test]
fn a_network_that_makes_no_numbers_is_an_error_and_a_diverged_run_is_none() {
    let learned = overflowing();
    let (mut x, mut out) = (noise::<f32>(learned.dim(), 1), vec![0.0; learned.dim()]);
    let fault = learned.denoise(&x, LEVEL, &mut out).unwrap_err();
    let expected = "output of the network, entry";
    assert!(
        matches!(fault, DenoiserError::NotFinite { .. }) && fault.to_string().starts_with(expected),
        "{fault}"
    );
    x[7] = f32::NAN;
    learned.denoise(&x, LEVEL, &mut out).unwrap();
    assert!(out.iter().any(|value| value.is_nan()));
}

#[test]
fn a_manifest_of_another_network_is_refused() {
    let manifest = Manifest::find(&case("sda_small/w3")).unwrap().0;
    let other = Manifest::find(&case("sda_small/a16")).unwrap().0;
    let state = || State::read(&case("sda_small/w3"), Pick::Only).unwrap();
    let network = || Network::<f64>::new(&manifest.architecture, state()).unwrap();
    assert!(Learned::new(other.clone(), network(), [8, 8], Vec::new(), None).is_err());
    let context = Learned::new(manifest.clone(), network(), [8, 8], vec![0.0; 64], None).unwrap_err();
    assert!(matches!(context, NetworkError::Length { what: "context", found: 64, .. }), "{context}");
    let keys = Network::<f64>::new(&other.architecture, state()).unwrap_err().to_string();
    assert!(keys.contains("missing") && keys.contains("misshapen"), "{keys}");
}

#[test]
fn contexts_are_held_to_the_network() {
    let mut answers = azula(Preconditioning::Karras);
    answers.context = Some("context.safetensors".to_owned());
    let folder = Folder::of("azula_small/rms_periodic_cond", &answers);
    let open = || Learned::<f64>::open(folder.path(), None).unwrap_err().to_string();
    assert!(open().contains("context.safetensors"), "{}", open());
    std::fs::copy(case("sda_small/w3/state.safetensors"), folder.path().join("context.safetensors")).unwrap();
    assert!(open().contains("expected one tensor of shape [1, H, W]"), "{}", open());
    let unasked = crate::describe(&case("sda_small/w3"), &answers).unwrap_err().to_string();
    assert!(unasked.contains("context"), "{unasked}");
}
