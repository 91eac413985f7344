//! Files of safetensors, written byte by byte.

use super::made::{Files, singles};
use crate::{Pick, State, WeightsError};

fn file(files: &Files, header: &str, data: &[u8]) -> std::path::PathBuf {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    files.write("model.safetensors", &bytes)
}

#[test]
fn twins_are_asked_for_and_told_apart() {
    let files = Files::new();
    let header = r#"{"model.w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
        "model_ema.w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    let path = file(&files, header, &singles(&[1.0, 2.0]));
    let message = State::read(&path, Pick::Only).unwrap_err().to_string();
    assert!(
        message.contains("found raw and averaged weights (`model_ema.`), expected to be told"),
        "{message}"
    );
    for (pick, expected) in [(Pick::Raw, 1.0), (Pick::Ema, 2.0)] {
        let mut state = State::read(&path, pick).unwrap();
        assert_eq!(state.take("w", &[1]).unwrap().to::<f32>(), [expected]);
        state.finish().unwrap();
    }
}

#[test]
fn an_average_alone_needs_no_telling_unless_raw_is_asked() {
    let files = Files::new();
    let header = r#"{"ema.w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let path = file(&files, header, &singles(&[1.0]));
    for pick in [Pick::Only, Pick::Ema] {
        assert_eq!(State::read(&path, pick).unwrap().keys().collect::<Vec<_>>(), ["w"]);
    }
    let message = State::read(&path, Pick::Raw).unwrap_err().to_string();
    assert!(message.contains("found averaged (EMA) weights alone, expected raw ones"), "{message}");
}

/// `ema_net` beside `net` and another module; and Stability's `LitEma`, which leaves dots out of names.
#[test]
fn averages_of_other_forms_are_twins_too() {
    let files = Files::new();
    for (raw, averaged, kept) in [("net.a.w", "ema_net.a.w", "a.w"), ("model.a.w", "model_ema.aw", "a.w")] {
        let other = if raw.starts_with("net") { "loss.w" } else { "model.b" };
        let header = format!(
            r#"{{"{raw}":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}},
            "{averaged}":{{"dtype":"F32","shape":[1],"data_offsets":[4,8]}},
            "{other}":{{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}}}"#
        );
        let path = file(&files, &header, &singles(&[1.0, 2.0, 3.0]));
        let message = State::read(&path, Pick::Only).unwrap_err().to_string();
        assert!(message.contains("found raw and averaged weights"), "{message}");
        let mut state = State::read(&path, Pick::Ema).unwrap();
        assert_eq!(state.keys().collect::<Vec<_>>(), [kept]);
        assert_eq!(state.take(kept, &[1]).unwrap().to::<f32>(), [2.0]);
        let raw = State::read(&path, Pick::Raw).unwrap();
        assert_eq!(raw.keys().count(), 2);
        assert!(raw.keys().all(|key| !key.contains("ema")));
    }
}

/// Which of several averages is meant is not guessed.
#[test]
fn several_averages_are_named() {
    let files = Files::new();
    let of = |names: &[&str]| {
        let entry = |(i, name): (usize, &&str)| {
            format!(r#""{name}":{{"dtype":"F32","shape":[1],"data_offsets":[{},{}]}}"#, 4 * i, 4 * i + 4)
        };
        let header = names.iter().enumerate().map(entry).collect::<Vec<_>>().join(",");
        file(&files, &format!("{{{header}}}"), &singles(&vec![1.0; names.len()]))
    };
    let all = ["model.w", "ema_1.w", "ema_2.w"];
    for (names, pick, said) in [
        (&all[..], Pick::Ema, "found several averages (`ema_1.`, `ema_2.`), expected one"),
        (&all, Pick::Only, "found raw and averaged weights (`ema_1.`, `ema_2.`)"),
        (&["ema_1.w", "ema_2.w"], Pick::Ema, "found several averages (`ema_1.`, `ema_2.`), expected one"),
        (&["ema_1.w", "ema_2.w"], Pick::Raw, "found averaged (EMA) weights alone"),
    ] {
        let message = State::read(&of(names), pick).unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
    }
    let raw = State::read(&of(&all), Pick::Raw).unwrap();
    assert_eq!(raw.keys().collect::<Vec<_>>(), ["w"]);
}

/// A layer that happens to be called `ema` has no twin, and stays.
#[test]
fn a_layer_by_the_name_of_an_average_is_none() {
    let files = Files::new();
    let header = r#"{"ema.gate":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
        "head.w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    let path = file(&files, header, &singles(&[1.0, 2.0]));
    assert_eq!(State::read(&path, Pick::Only).unwrap().keys().collect::<Vec<_>>(), ["ema.gate", "head.w"]);
}

#[test]
fn integers_and_damage_are_refused() {
    let files = Files::new();
    let header = r#"{"w":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}"#;
    let message = State::read(&file(&files, header, &[0; 16]), Pick::Only).unwrap_err().to_string();
    assert!(message.contains("tensor w: found I64, expected float16"), "{message}");
    let header = r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let short = State::read(&file(&files, header, &[0; 7]), Pick::Only).unwrap_err();
    assert!(matches!(short, WeightsError::SafeTensors { .. }), "{short}");
}
