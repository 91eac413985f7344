//! What is refused, and in which words.

use super::made::{made, networks, wanted, weights};
use crate::{Architecture, AzulaUNet, Input, Keep, Network, Norm, Result, Room, SdaUNet};
use equipoise_weights::{State, Tensor, Values};
use serde_json::{Value, json};

/// The first network of each family on its grid.
fn sda() -> (SdaUNet, [usize; 2]) {
    let wanted = |of: Architecture| match of {
        Architecture::Sda(sda) if sda.forcing > 0 && sda.hidden_channels.len() > 1 => Some(sda),
        _ => None,
    };
    networks().into_iter().find_map(|(of, grid)| Some((wanted(of)?, grid))).unwrap()
}

fn azula() -> (AzulaUNet, [usize; 2]) {
    let wanted = |of: Architecture| match of {
        Architecture::Azula(azula) if azula.cond_channels > 0 && azula.hid_blocks[0] > 0 => Some(azula),
        _ => None,
    };
    networks().into_iter().find_map(|(of, grid)| Some((wanted(of)?, grid))).unwrap()
}

fn said<T: std::fmt::Debug>(outcome: Result<T>, words: &[&str]) {
    let text = outcome.unwrap_err().to_string();
    for word in words {
        assert!(text.contains(word), "expected `{word}` in: {text}");
    }
}

fn zeros(shape: &[usize]) -> Tensor {
    Tensor { shape: shape.to_vec(), values: Values::F32(vec![0.0; shape.iter().product()]) }
}

#[test]
fn every_key_is_accounted_for() {
    let (of, grid) = azula();
    let of = Architecture::Azula(of);
    let mut all = wanted(&of, grid);
    let (gone, _) = all.remove(3);
    all[1].1.push(1);
    let bent = all[1].0.clone();
    all.push(("extra".to_owned(), vec![2]));
    said(
        Network::<f32>::new(&of, weights(&all, 0.0, &[])),
        &[&gone, &bent, "extra", "missing (1)", "surplus (1)"],
    );
}

#[test]
fn a_weight_that_is_no_number_is_named() {
    let (of, grid) = sda();
    let of = Architecture::Sda(of);
    let all = wanted(&of, grid);
    let total: usize = all.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
    let bent = all.iter().position(|(key, _)| key.ends_with("heads.1.0.weight")).unwrap();
    let place: usize = all[..bent].iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
    let with = |value: f64| {
        let mut direction = vec![0.0; total];
        direction[place + 1] = value;
        weights(&all, 1.0, &direction)
    };
    said(Network::<f64>::new(&of, with(f64::NAN)), &[&all[bent].0, "entry 1", "NaN"]);
    assert!(Network::<f64>::new(&of, with(1e39)).is_ok());
    said(Network::<f32>::new(&of, with(1e39)), &[&all[bent].0, "entry 1", "inf"]);
}

#[test]
fn a_family_stands_once() {
    let state = State::new(
        "state.pth",
        ["a.network.heads.0.weight", "b.network.heads.0.weight"]
            .map(|key| (key.to_owned(), zeros(&[2, 3, 3, 3]))),
    );
    said(SdaUNet::from_state(&state), &["state.pth", "`a.network.heads.0.weight`, `b."]);
    let other = State::new("state.pth", [("encoder.weight".to_owned(), zeros(&[1]))]);
    said(Architecture::from_state(&other), &["`encoder.weight`", "SDA", "azula"]);
    said(SdaUNet::from_config(&json!({}), &other), &["`encoder.weight`", "network.heads.0.weight"]);
    let one_axis = State::new("state.pth", [("unet.descent.0.0.weight".to_owned(), zeros(&[2, 3, 3]))]);
    said(AzulaUNet::from_state(&one_axis), &["unet.descent.0.0.weight", "[2, 3, 3]", "two axes"]);
}

#[test]
fn configurations_are_refused_by_name() {
    let (of, grid) = azula();
    let state = weights(&wanted(&Architecture::Azula(of), grid), 0.0, &[]);
    let plain = json!({"in_channels": 2, "out_channels": 2});
    let read = |more: Value| {
        let mut config = plain.clone();
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Architecture::from_config(&config, &state)
    };
    assert!(
        read(json!({"dropout": 0.1, "checkpointing": true, "identity_init": true, "spatial": 2})).is_ok()
    );
    for (entry, words) in [
        (json!({"attention_heads": {"2": 4}}), ["attention_heads", "azula"]),
        (json!({"spatial": 3}), ["spatial", "3"]),
        (json!({"norm": "batch"}), ["norm", "layer, rms or group"]),
        (json!({"norm": "group", "groups": 7}), ["groups", "divisor"]),
        (json!({"mod_features": 5}), ["mod_features", "even"]),
        (json!({"kernel_size": 4}), ["kernel_size", "odd"]),
        (json!({"kernel_size": [3, 3, 3]}), ["kernel_size", "along H"]),
        (json!({"stride": 0}), ["stride", "1 to"]),
        (json!({"hid_channels": [8], "hid_blocks": [1, 1]}), ["hid_blocks", "2 counts"]),
        (json!({"hid_channels": [1, 8, 8]}), ["hid_channels", "found 1"]),
        (json!({"hid_channels": [4_000_000_000u64, 8, 8]}), ["hid_channels", "4000000000"]),
        (json!({"hid_blocks": [3, 3, 1_000_000]}), ["hid_blocks", "1000000"]),
        (json!({"periodic": "yes"}), ["periodic", "true or false"]),
        (json!({"in_channels": -1}), ["in_channels", "-1"]),
    ] {
        said(read(entry), &words);
    }
    said(
        Architecture::from_config(&json!({"unet": plain, "mod": 4, "x": 1}), &State::new("s", [])),
        &["s: "],
    );
    let double = json!({"unet": {"in_channels": 2, "out_channels": 2, "mod_features": 2}, "mod": 4});
    said(Architecture::from_config(&double, &state), &["mod_features", "`mod`"]);
    said(Architecture::from_config(&json!({"layers": 3}), &state), &["layers"]);
    said(Architecture::from_config(&json!([1]), &state), &["config", "object"]);
}

#[test]
fn sda_is_refused_by_name() {
    let (of, grid) = sda();
    let channels = of.window * of.features;
    let state = weights(&wanted(&Architecture::Sda(of.clone()), grid), 0.0, &[]);
    let read = |config: Value| SdaUNet::from_config(&config, &state);
    assert_eq!(read(json!({"window": channels, "epochs": 4096})).unwrap().features, 1);
    said(read(json!({"window": channels + 1})), &["window", "divisor"]);
    said(read(json!({"window": 0})), &["window"]);
    said(read(json!({"window": 1, "activation": "Tanh"})), &["activation", "Tanh", "SiLU"]);
    said(read(json!({"window": 1, "hidden_channels": []})), &["hidden_blocks"]);
    said(read(json!({"window": 1, "hidden_channels": 3})), &["hidden_channels", "list"]);
    let both = Architecture::Sda(SdaUNet { context: 1, ..of });
    said(Network::<f64>::new(&both, state), &["context", "LocalScoreUNet"]);
}

/// Lengths of 0 in a file, of which no network is made.
#[test]
fn lengths_of_nothing_are_refused() {
    let empty = |of: &Architecture, grid, ends: &[(&str, usize)], words: &[&str]| {
        let mut all = wanted(of, grid);
        for (key, shape) in &mut all {
            ends.iter().filter(|(end, _)| key.ends_with(end)).for_each(|(_, axis)| shape[*axis] = 0);
        }
        let tensors = all.iter().map(|(key, shape)| (key.clone(), zeros(shape)));
        let state = State::new("made", tensors.collect::<Vec<_>>());
        said(Network::<f32>::new(of, state.clone()), words);
        Architecture::from_state(&state)
    };
    let (of, grid) = sda();
    let of = Architecture::Sda(of);
    let waves = [("embedding.freqs", 0), ("embedding.0.weight", 1)];
    assert!(empty(&of, grid, &waves, &["embedding.freqs, length: found 0"]).is_ok());
    let inner = [("embedding.0.weight", 0), ("embedding.0.bias", 0), ("embedding.2.weight", 1)];
    assert!(empty(&of, grid, &inner, &["embedding.0.weight, outputs: found 0"]).is_ok());
    assert!(empty(&of, grid, &[("forcing", 1)], &["forcing: found 0 x"]).is_ok());
    said(empty(&of, grid, &[("heads.0.weight", 2)], &["heads.0.weight"]), &["kernel_size: found 0"]);
    said(empty(&of, grid, &[("heads.0.weight", 0)], &["heads.0.weight"]), &["hidden_channels: found 0"]);
    said(empty(&of, grid, &[("embedding.2.weight", 0)], &["embedding.2.weight"]), &["embedding: found 0"]);
    let (of, grid) = azula();
    let of = Architecture::Azula(of);
    said(empty(&of, grid, &[("descent.0.0.weight", 3)], &["descent.0.0"]), &["kernel_size: found 0"]);
    said(empty(&of, grid, &[("ffn.0.weight", 0)], &["ffn.0.weight"]), &["ffn_factor: found 0"]);
}

/// Lengths whose sum or product cannot be counted, of tensors without numbers.
#[test]
fn lengths_that_cannot_be_counted_are_refused() {
    let (of, grid) = sda();
    for (end, axis) in [("forcing", 0), ("tails.1.weight", 0), ("embedding.freqs", 0)] {
        let mut tensors: Vec<_> = wanted(&Architecture::Sda(of.clone()), grid)
            .into_iter()
            .map(|(key, shape)| (key, zeros(&shape)))
            .collect();
        for (_, tensor) in tensors.iter_mut().filter(|(key, _)| key.ends_with(end)) {
            *tensor = zeros(&[0; 4]);
            tensor.shape[axis] = usize::MAX;
        }
        let state = State::new("made", tensors);
        assert!(Network::<f32>::new(&Architecture::Sda(of.clone()), state.clone()).is_err());
        let read = SdaUNet::from_state(&state);
        assert!(read.is_err() || end == "embedding.freqs", "{end}: {read:?}");
    }
}

#[test]
fn grids_are_refused_with_what_fits() {
    let (mut of, _) = sda();
    (of.stride, of.forcing, of.kernel_size) = ([2, 2], 0, [3, 3]);
    let high = 1 << (of.hidden_channels.len() - 1);
    let network = made::<f64>(&Architecture::Sda(of.clone()), [8, 8]);
    assert!(network.check_grid([high, 3 * high]).is_ok());
    said(network.check_grid([high + 1, high]), &[&format!("multiple of {high}")]);
    said(network.check_grid([0, high]), &["1 to"]);
    said(network.check_grid([1 << 40, high]), &["1 to"]);
    let forced = made::<f64>(&Architecture::Sda(SdaUNet { forcing: 1, context: 0, ..of }), [8, 16]);
    assert_eq!(forced.grid(), Some([8, 16]));
    said(forced.check_grid([16, 8]), &["16 x 8", "8 x 16", "forcing"]);
}

#[test]
fn lengths_and_times_are_checked() {
    let (of, grid) = azula();
    let network = made::<f32>(&Architecture::Azula(of), grid);
    let pixels = grid[0] * grid[1];
    let [state, context] = [network.channels(), network.context()].map(|channels| channels * pixels);
    let run = |x: usize, times: &[f64], context: usize, out: usize| {
        let (x, context, mut out) = (vec![0.0; x], vec![0.0; context], vec![0.0; out]);
        let mut room = Room::default();
        let input = Input { grid, x: &x, c_time: times, context: &context };
        network.run(input, Keep::Output, &mut out, &mut room).map(|_| ())
    };
    assert!(run(3 * state, &[0.1], context, 3 * state).is_ok());
    assert!(run(3 * state, &[0.1, 0.2, 0.3], 3 * context, 3 * state).is_ok());
    assert!(run(0, &[0.1], context, 0).is_ok());
    said(run(3 * state + 1, &[0.1], context, 3 * state), &["x: ", "multiple"]);
    said(run(3 * state, &[0.1, 0.2], context, 3 * state), &["c_time", "1 or 3"]);
    said(run(3 * state, &[0.1], 2 * context, 3 * state), &["context"]);
    said(run(3 * state, &[0.1], context, state), &["out"]);
    said(run(state, &[f64::NEG_INFINITY], context, state), &["c_time, entry 0", "-inf"]);
    said(network.embedding(f64::NAN), &["c_time"]);
}

#[test]
fn products_need_what_was_kept() {
    let (of, grid) = azula();
    let network = made::<f32>(&Architecture::Azula(of), grid);
    let pixels = grid[0] * grid[1];
    let (x, context) = (vec![0.5; network.channels() * pixels], vec![0.1; network.context() * pixels]);
    let (mut out, mut room) = (x.clone(), Room::default());
    let mut gradient = vec![0.0; network.parameter_count()];
    for keep in [Keep::Output, Keep::Products, Keep::Gradients] {
        let input = Input { grid, x: &x, c_time: &[0.0], context: &context };
        let mut run = network.run(input, keep, &mut out, &mut room).unwrap();
        let mut back = x.clone();
        assert_eq!(run.vjp(&x, &mut back).is_ok(), keep != Keep::Output);
        assert_eq!(run.jvp(&x, &mut back).is_ok(), keep != Keep::Output);
        assert_eq!(run.gradients(&x, &mut gradient).is_ok(), keep == Keep::Gradients);
        if keep == Keep::Products {
            said(run.gradients(&x, &mut gradient), &["gradient", "products", "gradients need"]);
            said(run.vjp(&x[1..], &mut back), &["v: "]);
            said(run.jvp(&x, &mut back[1..]), &["out: "]);
        }
        if keep == Keep::Gradients {
            said(run.gradients(&x, &mut gradient[1..]), &["gradient: "]);
        }
    }
}

/// What is kept: the inputs of norms and of activations, those of the last depths' norms on the way up, and with
/// adaptive modulation its vector.
#[test]
fn a_tape_is_as_long_as_its_formula() {
    for (architecture, grid) in networks() {
        let kept = made::<f32>(&architecture, grid).kept(grid, Keep::Products).unwrap();
        let depth = |stride: [usize; 2], i: u32| {
            let [high, wide] = [0, 1].map(|k| (0..i).fold(grid[k], |size, _| size.div_ceil(stride[k])));
            high * wide
        };
        let expected: usize = match &architecture {
            Architecture::Sda(of) => (0..of.hidden_channels.len())
                .map(|i| {
                    let inputs = 4 * of.hidden_blocks[i] + usize::from(i > 0);
                    inputs * of.hidden_channels[i] * depth(of.stride, i as u32)
                })
                .sum(),
            Architecture::Azula(of) => (0..of.hid_channels.len())
                .map(|i| {
                    let vector = if of.mod_features > 0 { 3 } else { 0 };
                    let block = (1 + of.ffn_factor) * depth(of.stride, i as u32) + vector;
                    2 * of.hid_blocks[i] * of.hid_channels[i] * block
                })
                .sum(),
        };
        assert_eq!(kept, expected, "{architecture:?}");
        assert_eq!(made::<f32>(&architecture, grid).kept(grid, Keep::Output).unwrap(), 0);
    }
}

#[test]
fn a_norm_is_read_with_its_groups() {
    let text = serde_json::to_string(&Norm::Group { groups: 4 }).unwrap();
    assert_eq!(text, r#"{"group":{"groups":4}}"#);
    assert_eq!(serde_json::from_str::<Norm>(r#""layer""#).unwrap(), Norm::Layer);
}
