//! Files that PyTorch wrote, held to the formulas that they were filled with.

use super::{bits, read};
use crate::{Pick, State, Tensor, Values};

/// n/8 for every n of `places`.
fn eighths(places: &[u16]) -> Vec<f64> {
    places.iter().map(|place| f64::from(*place) / 8.0).collect()
}

#[test]
fn every_kind_of_tensor_is_read_as_torch_reads_it() {
    for file in ["kinds.pth", "protocol4.pth"] {
        let mut state = read(file, Pick::Only).unwrap();
        for (key, shape, places) in [
            ("single", &[2, 3][..], &[0, 1, 2, 3, 4, 5][..]),
            ("double", &[2, 3], &[0, 1, 2, 3, 4, 5]),
            ("half", &[2, 3], &[0, 1, 2, 3, 4, 5]),
            ("brain", &[2, 3], &[0, 1, 2, 3, 4, 5]),
            ("scalar", &[], &[4]),
            ("empty", &[0, 3], &[]),
            ("transposed", &[3, 2], &[0, 3, 1, 4, 2, 5]),
            ("part", &[2, 2], &[6, 8, 11, 13]),
            ("expanded", &[2, 3], &[0, 1, 2, 0, 1, 2]),
            ("shared", &[6], &[0, 1, 2, 3, 4, 5]),
            ("shared_tail", &[2, 2], &[2, 3, 4, 5]),
            ("parameter", &[2], &[0, 1]),
            ("attributed", &[2], &[0, 1]),
        ] {
            let tensor = state.take(key, shape).unwrap_or_else(|| panic!("{file}: {key}"));
            assert_eq!(matches!(tensor.values, Values::F64(_)), key == "double", "{file}: {key}");
            assert_eq!(tensor.to::<f64>(), eighths(places), "{file}: {key}");
        }
        assert_eq!(state.notes(), ["skipped counters: `norm.num_batches_tracked`"]);
        state.finish().unwrap();
    }
}

#[test]
fn both_formats_hold_the_same_bits() {
    let (pickled, safe) =
        (read("kinds.pth", Pick::Only).unwrap(), read("kinds.safetensors", Pick::Only).unwrap());
    for key in safe.keys() {
        let (a, b) = (pickled.tensor(key).unwrap(), safe.tensor(key).unwrap());
        assert_eq!((&a.shape, bits(&a.values)), (&b.shape, bits(&b.values)), "{key}");
    }
    assert_eq!(safe.keys().count(), pickled.keys().count() - 1, "shared_tail stands in one only");
}

#[test]
fn a_checkpoint_of_lightning_is_its_state_dict() {
    let state = read("lightning.ckpt", Pick::Only).unwrap();
    assert_eq!(state.keys().collect::<Vec<_>>(), ["0.weight", "0.bias", "2.weight", "2.bias"]);
    assert_eq!(
        state.notes(),
        [
            "took the tensors of `state_dict`",
            "skipped beside it: `epoch` (an integer), `global_step` (an integer), `optimizer_states` (a list), \
             `hyper_parameters` (a dictionary)",
            "removed `_orig_mod.` from keys",
            "removed the prefix `net.` of every key",
        ]
    );
}

fn weight(mut state: State) -> Vec<f32> {
    state.take("2.weight", &[1, 3]).as_ref().map(Tensor::to).unwrap()
}

#[test]
fn raw_and_averaged_weights_are_asked_for() {
    let refused = read("ema.pt", Pick::Only).unwrap_err().to_string();
    assert!(
        refused.ends_with(
            "ema.pt: found `model` and `ema`, expected to be told which are meant, the raw or the averaged (EMA) weights"
        ),
        "{refused}"
    );
    assert_eq!(weight(read("ema.pt", Pick::Raw).unwrap()), [0.0, 0.125, 0.25]);
    let averaged = read("ema.pt", Pick::Ema).unwrap();
    assert_eq!(
        averaged.notes(),
        [
            "took the tensors of `ema`",
            "skipped beside it: `step` (an integer), `model` (a dictionary), `opt` (a dictionary)",
            "left 4 raw tensors aside, as told (`ema_model.` is the average)",
            "removed the prefix `ema_model.` of every key",
            "skipped counters: `initted`, `step`",
        ]
    );
    assert_eq!(weight(averaged), [0.0, 0.25, 0.5]);
}

#[test]
fn an_averaged_model_loses_its_counter_and_prefix() {
    let state = read("averaged.pth", Pick::Only).unwrap();
    assert_eq!(
        state.notes(),
        ["removed the prefix `module.` of every key", "skipped counters: `n_averaged`"]
    );
    assert_eq!(weight(state), [0.0, 0.125, 0.25]);
    assert!(read("averaged.pth", Pick::Ema).is_err(), "nothing in the file says that it is an average");
}

#[test]
fn other_files_of_torch_are_refused_by_name() {
    for (file, named) in [
        ("legacy.pth", "found a pickle of torch before 1.6, without a zip file around it"),
        ("module.pth", "found the class or function `torch.nn.modules.container.Sequential`"),
        ("script.pt", "found an archive of TorchScript"),
    ] {
        let refused = read(file, Pick::Only).unwrap_err().to_string();
        assert!(refused.contains(named) && refused.contains("torch.save("), "{refused}");
    }
}
