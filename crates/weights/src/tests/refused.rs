//! What is refused, and what is read though it is unusual.

use super::made::{Described, Files, Pickle, one, singles};
use crate::{Pick, State};

/// The message of refusal of a zip file of `records`.
fn refusal(records: &[(&str, &[u8])]) -> String {
    let files = Files::new();
    State::read(&files.zip(records), Pick::Only).unwrap_err().to_string()
}

pub(super) fn refused(records: &[(&str, &[u8])], named: &str) {
    let message = refusal(records);
    assert!(message.contains(named), "{message}\nexpected: {named}");
}

#[test]
fn a_file_written_by_hand_is_read() {
    let files = Files::new();
    let numbers = singles(&[1.0, -2.5]);
    let file = files.zip(&[("data.pkl", &one(Described::default())), ("data/0", &numbers)]);
    let mut state = State::read(&file, Pick::Only).unwrap();
    assert_eq!(state.take("w", &[2]).unwrap().to::<f32>(), [1.0, -2.5]);
    // The folder holds one file of weights, which names it as well.
    assert!(State::read(&files.folder(), Pick::Only).is_ok());
}

#[test]
fn big_endian_storages_are_turned() {
    let files = Files::new();
    let numbers: Vec<u8> = [1.0f32, -2.5].iter().flat_map(|value| value.to_be_bytes()).collect();
    let pickle = one(Described::default());
    let file = files.zip(&[("data.pkl", &pickle), ("byteorder", b"big"), ("data/0", &numbers)]);
    let mut state = State::read(&file, Pick::Only).unwrap();
    assert_eq!(state.take("w", &[2]).unwrap().to::<f32>(), [1.0, -2.5]);
    refused(
        &[("data.pkl", &pickle), ("byteorder", b"middle"), ("data/0", &numbers)],
        "record byteorder: found \"middle\", expected little or big",
    );
}

#[test]
fn globals_outside_the_list_are_named() {
    for (module, name) in [("os", "system"), ("builtins", "eval"), ("__main__", "UNet"), ("torch", "load")] {
        let pickle = Pickle::new().global(module, name).text("true").bytes(b"\x85R").end();
        refused(&[("data.pkl", &pickle)], &format!("found the class or function `{module}.{name}`"));
    }
    let pickle = Pickle(vec![0x80, 4]).bytes(b"\x8c\x02os\x8c\x06system\x93").end();
    refused(&[("data.pkl", &pickle)], "found the class or function `os.system`");
}

#[test]
fn storages_are_held_to_their_records() {
    let it = Described::default();
    let numbers = singles(&[1.0, 2.0]);
    refused(
        &[("data.pkl", &one(it)), ("data/0", &numbers[..7])],
        "record data/0: found 7 bytes, expected 2 numbers",
    );
    refused(&[("data.pkl", &one(it))], "record data/0: found none, expected one");
    let it = Described { class: "HalfStorage", ..it };
    refused(&[("data.pkl", &one(it)), ("data/0", &numbers)], "expected 2 numbers of float16 (2 bytes each)");
}

#[test]
fn tensors_are_held_to_their_storages() {
    for (offset, shape, strides) in [
        (1, &[2][..], &[1][..]),
        (0, &[2], &[2]),
        (0, &[i32::MAX, i32::MAX, i32::MAX], &[i32::MAX, i32::MAX, i32::MAX]),
        (0, &[2, 2], &[1, 1]),
    ] {
        let it = Described { offset, shape, strides, ..Described::default() };
        let numbers = singles(&[1.0, 2.0]);
        refused(
            &[("data.pkl", &one(it)), ("data/0", &numbers)],
            "expected an end within the 2 numbers of its storage",
        );
    }
    let it = Described { shape: &[2, 1], ..Described::default() };
    refused(&[("data.pkl", &one(it))], "expected a tensor: (storage, offset, shape, strides, …)");
    let it = Described { flag: Some("neg"), ..Described::default() };
    refused(&[("data.pkl", &one(it))], "found a view that turns the sign of its numbers");
    let it = Described { offset: -1, ..Described::default() };
    refused(&[("data.pkl", &one(it))], "of no negative number");
}

#[test]
fn integers_are_no_weights() {
    let it = Described { class: "LongStorage", ..Described::default() };
    let pickle = Pickle::new().dictionary(|inside| {
        inside.text("w").tensor(it).text("b").tensor(Described { record: "1", ..Described::default() })
    });
    let message = refusal(&[("data.pkl", &pickle.end()), ("data/0", &[0; 16]), ("data/1", &[0; 8])]);
    assert!(
        message.ends_with("tensor w: found int64, expected float16, bfloat16, float32 or float64"),
        "{message}"
    );
}

#[test]
fn a_small_file_does_not_fill_the_memory() {
    let it = Described { shape: &[i32::MAX, i32::MAX], strides: &[0, 0], ..Described::default() };
    let numbers = singles(&[1.0, 2.0]);
    refused(&[("data.pkl", &one(it)), ("data/0", &numbers)], "expected no more than sixteen for each byte");
}

#[test]
fn several_dictionaries_are_told_apart_or_named() {
    let numbers = singles(&[1.0, 2.0]);
    let inner = |inside: Pickle, names: &[&str]| {
        names.iter().fold(inside, |inside, name| {
            inside.text(name).dictionary(|inside| inside.text("w").tensor(Described::default()))
        })
    };
    let of = |names: &[&str]| Pickle::new().dictionary(|inside| inner(inside, names)).end();
    refused(
        &[("data.pkl", &of(&["generator", "discriminator"])), ("data/0", &numbers)],
        "found several dictionaries of tensors: `generator`, `discriminator`, expected one",
    );
    refused(
        &[("data.pkl", &of(&["net", "net_ema"])), ("data/0", &numbers)],
        "found `net` and `net_ema`, expected to be told which",
    );
    refused(
        &[("data.pkl", &of(&["g_ema", "g", "d"])), ("data/0", &numbers)],
        "found `g` and `d` and `g_ema`, expected to be told which",
    );
    refused(
        &[("data.pkl", &of(&["model", "target_model"])), ("data/0", &numbers)],
        "found `model` and `target_model`, expected to be told which",
    );
    refused(
        &[("data.pkl", &of(&["state_dict", "current_model_state"])), ("data/0", &numbers)],
        "found `current_model_state` and `state_dict`, expected to be told which",
    );
    let files = Files::new();
    let file = files.zip(&[("data.pkl", &of(&["model", "loss"])), ("data/0", &numbers)]);
    let state = State::read(&file, Pick::Only).unwrap();
    assert_eq!(
        state.notes(),
        ["took the tensors of `model`", "passed over `loss`", "skipped beside it: `loss` (a dictionary)"]
    );
    let nothing = Pickle::new().dictionary(|inside| inside.text("epoch").integer(3)).end();
    refused(
        &[("data.pkl", &nothing)],
        "found a dictionary without tensors by name: `epoch` (an integer), expected",
    );
    let list = Pickle::new().bytes(b"]").end();
    refused(&[("data.pkl", &list)], "found a list, expected a dictionary of tensors by name");
}

#[test]
fn averages_without_names_are_not_matched() {
    let pickle = Pickle::new().dictionary(|inside| {
        let inside = inside.text("model").dictionary(|inside| inside.text("w").tensor(Described::default()));
        let list = |inside: Pickle| inside.bytes(b"](").tensor(Described::default()).bytes(b"e");
        inside.text("ema").dictionary(|inside| list(inside.text("shadow_params")))
    });
    let (pickle, numbers) = (pickle.end(), singles(&[1.0, 2.0]));
    let records: [(&str, &[u8]); 2] = [("data.pkl", &pickle), ("data/0", &numbers)];
    refused(&records, "found `model` and `ema.shadow_params`, expected to be told which");
    let files = Files::new();
    let file = files.zip(&records);
    assert!(State::read(&file, Pick::Raw).is_ok());
    let message = State::read(&file, Pick::Ema).unwrap_err().to_string();
    assert!(
        message.contains("found averaged weights without names (`ema.shadow_params`, a list)"),
        "{message}"
    );
}

#[test]
fn a_dictionary_within_itself_is_left() {
    let pickle = Pickle::new().bytes(b"}q\x00(").text("model").bytes(b"h\x00u").end();
    refused(&[("data.pkl", &pickle)], "found a dictionary without tensors by name: `model` (a dictionary)");
}

#[test]
fn compressed_records_and_doubled_names_are_refused() {
    let files = Files::new();
    let (pickle, numbers) = (one(Described::default()), singles(&[1.0, 2.0]));
    let file = files.zip(&[("data.pkl", &pickle), ("data/0", &numbers)]);
    let mut bytes = std::fs::read(&file).unwrap();
    // The method stands 8 bytes into a local header and 10 into a central one.
    for (magic, at) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
        let starts: Vec<usize> = (0..bytes.len() - 4).filter(|i| bytes[*i..].starts_with(magic)).collect();
        starts.iter().for_each(|start| bytes[start + at] = 8);
    }
    let file = files.write("packed.pth", &bytes);
    let message = State::read(&file, Pick::Only).unwrap_err().to_string();
    assert!(message.contains("record data.pkl: found a compressed record (Deflate"), "{message}");
    refused(&[("other.pkl", &pickle)], "found a zip file without the record data.pkl");
    refused(&[("weight.npy", &numbers)], "found a zip file of NumPy arrays");
    refused(&[("data.pkl", &pickle), ("code/a.py", b"")], "found an archive of TorchScript");
}

#[test]
fn files_of_other_kinds_are_told_by_their_beginning() {
    let files = Files::new();
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, named) in [
        (&b""[..], "found an empty file"),
        (b"\n<!DOCTYPE html><html>", "found a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "found a pointer of Git LFS"),
        (b"\x89HDF\r\n\x1a\n", "found an HDF5 file"),
        (b"\x80\x04\x95", "found a pickle that torch.save did not write"),
        (b"{\"window\": 5}", "found text in JSON"),
        (b"\x1f\x8b\x08", "found a file compressed by gzip"),
        (b"abcd", "found a file that begins with [61, 62, 63, 64]"),
        (&tar, "found a tar file, as torch before 0.1.10 wrote"),
    ] {
        let message = State::read(&files.write("state.pth", bytes), Pick::Only).unwrap_err().to_string();
        assert!(message.contains(named), "{message}");
    }
}

#[test]
fn a_folder_holds_exactly_one() {
    let files = Files::new();
    let message = |files: &Files| State::read(&files.folder(), Pick::Only).unwrap_err().to_string();
    assert!(message(&files).contains("found none, expected exactly one file of weights"));
    files.write("state.pth", b"");
    files.write("model.safetensors", b"");
    assert!(
        message(&files).contains("found model.safetensors, state.pth, expected exactly one"),
        "{}",
        message(&files)
    );
    files.write("model.safetensors.index.json", b"");
    assert!(message(&files).contains("found weights in several parts"));
    assert!(State::read(&files.folder().join("none"), Pick::Only).is_err());
}

#[test]
fn copies_in_a_folder_are_one_network() {
    let files = Files::new();
    let pickle = one(Described::default());
    let write = |numbers: &[f32]| {
        let file = files.zip(&[("data.pkl", &pickle), ("data/0", &singles(numbers))]);
        std::fs::read(file).unwrap()
    };
    let other = write(&[1.0, 3.0]);
    files.write("copy.pt", &write(&[1.0, 2.0]));
    let state = State::read(&files.folder(), Pick::Only).unwrap();
    assert_eq!(state.notes(), ["copy.pt, state.pth hold the same tensors"]);
    files.write("copy.pt", &other);
    let message = State::read(&files.folder(), Pick::Only).unwrap_err().to_string();
    assert!(message.contains("found copy.pt, state.pth, expected exactly one"), "{message}");
}

#[test]
fn keys_at_fault_are_told_at_once() {
    let numbers: Vec<u8> = singles(&[1.0, 2.0]);
    let pickle = Pickle::new().dictionary(|inside| {
        (0..12)
            .fold(inside, |inside, index| inside.text(&format!("layer.{index}")).tensor(Described::default()))
    });
    let files = Files::new();
    let file = files.zip(&[("data.pkl", &pickle.end()), ("data/0", &numbers)]);
    let mut state = State::read(&file, Pick::Only).unwrap();
    assert!(state.take("layer.1", &[2]).is_some());
    assert!(state.take("layer.2", &[2, 1]).is_none());
    assert!(state.take("head", &[3]).is_none());
    let message = state.finish().unwrap_err().to_string();
    let expected = "\n  missing (1):\n    head [3]\n  surplus (10):\n    layer.0 [2]\n";
    assert!(message.contains(expected), "{message}");
    assert!(
        message.contains("\n    and 2 more\n  misshapen (1):\n    layer.2: found [2], expected [2, 1]"),
        "{message}"
    );
}
