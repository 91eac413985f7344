//! Manifests written and read, entries held to each other, and questions asked all at once.

mod held;

use super::*;
use crate::Learned;
use equipoise_weights::{State, Tensor, Values};
use std::path::PathBuf;

fn case(name: &str) -> PathBuf {
    let folder = std::env::var("GOLDEN").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/networks"));
    folder.join(name)
}

/// A folder with the weights of a case, and its configuration if `config`.
fn folder(name: &str, config: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |file: &str| fs::copy(case(name).join(file), folder.path().join(file)).unwrap();
    copy("state.safetensors");
    if config {
        copy("config.json");
    }
    folder
}

/// The flags that a description asks for.
fn asked(weights: &Path, answers: &Answers) -> Vec<&'static str> {
    match describe(weights, answers) {
        Err(NetworkError::Unsettled { questions, .. }) => questions.0.iter().map(|q| q.flag).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(answers: &Answers, named: &str) {
    let message = describe(&case("azula_small/layer_periodic"), answers).unwrap_err().to_string();
    assert!(message.contains(named), "{message}\nexpected: {named}");
}

/// Answers to all questions about `layer_periodic`, of 3 channels.
fn told() -> Answers {
    Answers {
        preconditioning: Some(Preconditioning::Karras),
        window: Some(1),
        mean: Some(vec![0.5]),
        std: Some(vec![2.0, 3.0, 4.0]),
        kind: Some(FlowKind::Ibpm),
        ..Answers::default()
    }
}

#[test]
fn what_sda_writes_settles_all_and_is_named() {
    let described = describe(&case("sda_small/w3"), &Answers::default()).unwrap();
    let text = serde_json::to_string_pretty(&described.manifest).unwrap();
    let expected = r#"{
  "format": "equipoise-network 1",
  "weights": "state.safetensors",
  "pick": "only",
  "architecture": {
    "family": "sda",
    "window": 3,
    "features": 2,
    "context": 0,
    "forcing": 1,
    "embedding": 8,
    "hidden_channels": [
      4,
      6
    ],
    "hidden_blocks": [
      1,
      1
    ],
    "kernel_size": [
      3,
      3
    ],
    "stride": [
      2,
      2
    ],
    "activation": "SiLU",
    "padding": [
      "circular",
      "circular"
    ]
  },
  "window": 3,
  "components": 2,
  "channel_order": "frames",
  "prediction": "epsilon",
  "preconditioning": {
    "kind": "none"
  },
  "time": {
    "kind": "schedule",
    "factor": 1.0
  },
  "schedule": {
    "schedule": "cos",
    "eta": 0.001
  },
  "mean": [
    0.0,
    0.0
  ],
  "std": [
    1.0,
    1.0
  ],
  "kind": "kolmogorov",
  "x_axis": "H",
  "boundary": "periodic",
  "context": {
    "kind": "buffer"
  },
  "grid": [
    8,
    8
  ],
  "preset": "sda_kolmogorov"
}"#;
    assert_eq!(text, expected);
    let facts = described.facts();
    let fact = |name| facts.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str());
    assert_eq!(fact("sigma/mu"), Some("0.001000 to 1000.000000"));
    assert_eq!(fact("window"), Some("3 frames of 2 components, frames first"));
    assert_eq!(fact("flow"), Some("kolmogorov, x along H, periodic borders"));
    assert_eq!(fact("parameters"), Some("13516"));
}

#[test]
fn a_manifest_reads_back_and_is_not_replaced_unasked() {
    let folder = folder("azula_small/layer_periodic", true);
    let answers = Answers {
        ratios: Some([0.002, 80.0]),
        grid: Some([16, 16]),
        data: Particulars { dx: Some(0.25), units: Some("m/s".to_owned()), ..Particulars::default() },
        ..told()
    };
    let manifest = describe(folder.path(), &answers).unwrap().manifest;
    assert_eq!((&manifest.mean, &manifest.std), (&vec![0.5; 3], &vec![2.0, 3.0, 4.0]));
    let path = folder.path().join(MANIFEST);
    manifest.write(&path, false).unwrap();
    assert_eq!(Manifest::read(&path).unwrap(), manifest);
    let other = Manifest { weights: "other.pth".to_owned(), ..manifest.clone() };
    assert!(matches!(other.write(&path, false), Err(NetworkError::File { .. })));
    assert_eq!(Manifest::read(&path).unwrap(), manifest);
    other.write(&path, true).unwrap();
    assert_eq!(Manifest::read(&path).unwrap(), other);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no file is left behind");
    let part = path.with_extension(format!("json.{}.part", std::process::id()));
    fs::write(&part, "of a process that was killed").unwrap();
    manifest.write(&path, true).unwrap();
    assert_eq!((Manifest::read(&path).unwrap(), part.exists()), (manifest, false));
}

#[test]
fn all_is_asked_at_once() {
    let azula = folder("azula_small/layer_periodic", false);
    assert_eq!(
        asked(azula.path(), &Answers::default()),
        [
            "--padding circular|zeros",
            "--stride N",
            "--norm layer|rms|group:G",
            "--window N",
            "--preconditioning none|simple|karras|edm[:SIGMA_DATA]|appa|flow",
            "--prediction epsilon|x|v|score",
            "--mean M,…",
            "--std S,…",
            "--kind ibpm|kolmogorov|generic",
        ]
    );
    let message = describe(azula.path(), &Answers::default()).unwrap_err().to_string();
    assert!(
        message
            .contains("state.safetensors: found a network of which not all is known, expected answers to:\n")
    );
    assert!(message.contains("\n  --window N                  "), "{message}");
    // One answer may open another question.
    let answers = Answers {
        window: Some(3),
        preconditioning: Some(Preconditioning::None),
        prediction: Some(Predicts::V),
        kind: Some(FlowKind::Generic),
        mean: Some(vec![0.0]),
        std: Some(vec![1.0]),
        ..Answers::default()
    };
    assert_eq!(
        asked(&case("azula_small/layer_periodic"), &answers),
        [
            "--time log-ratio|quarter-log-sigma|ten-log-sigma|fraction|t[:FACTOR]",
            "--schedule NAME[:ETA]",
            "--x-axis H|W",
            "--boundary periodic|open",
        ]
    );
    let context = case("azula_small/rms_periodic_cond");
    let answers = Answers { std: Some(vec![1.0]), ..told() };
    assert_eq!(asked(&context, &answers), ["--context FILE"]);
}

#[test]
fn sda_without_its_configuration_is_asked_or_told_by_its_preset() {
    let folder = folder("sda_small/w3", false);
    assert_eq!(asked(folder.path(), &Answers::default()).len(), 9);
    let preset = Answers { preset: Some(Preset::SdaKolmogorov), ..Answers::default() };
    assert_eq!(asked(folder.path(), &preset), ["--window N"]);
    let manifest = describe(folder.path(), &Answers { window: Some(3), ..preset.clone() }).unwrap().manifest;
    assert_eq!(manifest, describe(&case("sda_small/w3"), &Answers::default()).unwrap().manifest);
    let wrong =
        describe(folder.path(), &Answers { window: Some(4), ..preset.clone() }).unwrap_err().to_string();
    assert!(wrong.contains("window: found 4, expected a divisor of the 6 channels"), "{wrong}");
    refused(&Answers { preset: Some(Preset::Sda), ..told() }, "preset: found sda, expected none");
}

#[test]
fn raw_and_averaged_weights_are_asked_for() {
    let state = State::read(&case("sda_small/w3"), equipoise_weights::Pick::Only).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let twins = state.keys().flat_map(|key| {
        let tensor = state.tensor(key).unwrap();
        let double = Tensor {
            values: Values::F32(tensor.to::<f32>().iter().map(|v| 2.0 * v).collect()),
            shape: tensor.shape.clone(),
        };
        [(format!("model.{key}"), tensor.clone()), (format!("ema.{key}"), double)]
    });
    let bytes =
        |tensor: &Tensor| tensor.to::<f32>().iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let held: Vec<_> = twins.map(|(key, tensor)| (key, tensor.shape.clone(), bytes(&tensor))).collect();
    let views = held.iter().map(|(key, shape, bytes)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
        (key.as_str(), view.unwrap())
    });
    fs::write(folder.path().join("twins.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
    fs::copy(case("sda_small/w3/config.json"), folder.path().join("config.json")).unwrap();
    assert_eq!(asked(folder.path(), &Answers::default()), ["--pick raw|ema"]);
    let mut first = [Picked::Raw, Picked::Ema].map(|pick| {
        let answers = Answers { pick: Some(pick), ..Answers::default() };
        let manifest = describe(folder.path(), &answers).unwrap().manifest;
        manifest.write(&folder.path().join(MANIFEST), true).unwrap();
        let learned = Learned::<f32>::open(folder.path(), None).unwrap();
        learned.network().parameters().next().unwrap().values[0]
    });
    first[0] *= 2.0;
    assert_eq!(first[0].to_bits(), first[1].to_bits());
}

#[test]
fn manifests_of_other_making_are_refused_with_the_entry() {
    let folder = folder("azula_small/layer_periodic", true);
    let path = folder.path().join(MANIFEST);
    describe(folder.path(), &told()).unwrap().manifest.write(&path, false).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for (right, wrong, named) in [
        (
            "equipoise-network 1",
            "equipoise-network 2",
            "format: found \"equipoise-network 2\", expected \"equipoise",
        ),
        ("\"window\": 1,", "\"window\": 1,\n\"windows\": 2,", "unknown field `windows`"),
        ("\"window\": 1,", "\"window\": 2,", "window × components: found 2 × 3, expected the 3 channels"),
        ("\"karras\"", "\"karma\"", "unknown variant `karma`"),
        ("\"prediction\": \"x\"", "\"prediction\": \"v\"", "prediction: found v, expected x"),
        ("\"kind\": \"ibpm\"", "\"kind\": \"kolmogorov\"", "expected h, periodic, those of kolmogorov"),
        ("    2.0,\n", "", "std: found 2 numbers, expected one for each of the 3 components"),
        ("\"hid_blocks\"", "\"blocks\"", "unknown field `blocks`"),
        ("{", "[", "network.json"),
    ] {
        let spoiled = text.replacen(right, wrong, 1);
        assert_ne!(spoiled, text, "{right}");
        fs::write(&path, spoiled).unwrap();
        let fault = Manifest::read(&path).unwrap_err();
        let cause = std::error::Error::source(&fault).map_or_else(String::new, ToString::to_string);
        let message = format!("{fault}: {cause}");
        assert!(message.contains(named) && message.contains("network.json"), "{message}\nexpected: {named}");
    }
}
