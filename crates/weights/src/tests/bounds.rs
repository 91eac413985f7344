//! Files that would take long to walk, or whose lengths cannot be multiplied.

use super::made::{Described, Files, Pickle, one};
use super::refused::refused;
use crate::{Pick, State};

/// A hundred thousand keys name one dictionary of as many pairs, or one list: each is walked once.
#[test]
fn a_value_of_many_names_is_walked_once() {
    const MANY: i32 = 100_000;
    let keys = |inside: Pickle, value: &[u8]| {
        (0..MANY).fold(inside, |inside, i| inside.text(&format!("{i:x}")).bytes(value))
    };
    let integers = Pickle::new().bytes(b"](");
    let list = (0..MANY).fold(integers, |inside, _| inside.bytes(b"K\x01")).bytes(b"eq\x010");
    let inner = list.bytes(b"}(");
    let inner = keys(inner, b"h\x01").bytes(b"uq\x000");
    let outer = inner.dictionary(|inside| {
        let named = inside.text("ema").dictionary(|inside| keys(inside, b"h\x01"));
        keys(named, b"h\x00")
    });
    let (pickle, began) = (outer.end(), std::time::Instant::now());
    refused(&[("data.pkl", &pickle)], "found a dictionary without tensors by name");
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// An empty tensor of other lengths that no memory could hold is one of no numbers.
#[test]
fn lengths_beside_none_are_not_multiplied() {
    let shape = [i32::MAX, 0, i32::MAX, i32::MAX, i32::MAX];
    let it = Described { count: 0, shape: &shape, strides: &[1; 5], ..Described::default() };
    let files = Files::new();
    let state = State::read(&files.zip(&[("data.pkl", &one(it))]), Pick::Only).unwrap();
    assert_eq!(state.tensor("w").unwrap().to::<f32>(), [0.0f32; 0]);
}

/// A key that takes long to compare is none.
#[test]
fn keys_are_names() {
    let long = "w".repeat(5000);
    let pickle = Pickle::new().dictionary(|inside| inside.text(&long).tensor(Described::default())).end();
    refused(&[("data.pkl", &pickle)], "a key of many thousand bytes");
}
