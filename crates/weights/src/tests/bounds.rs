//! Files that would take long to walk, or whose lengths cannot be multiplied.

use super::made::{Described, Files, Pickle};
use super::refused::refused;
use crate::layout::Layout;
use crate::{Pick, State, Tensor, Values};

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
    let long = 1 << 40;
    for (shape, strides) in [([0, long, long], [1, long, 1]), ([long, long, 0], [0, 1, 1])] {
        let layout = Layout { offset: 3, shape: shape.to_vec(), strides: strides.to_vec() };
        assert_eq!((layout.len(), layout.end()), (Some(0), Some(3)));
        let empty = Tensor { shape: shape.to_vec(), values: Values::F32(Vec::new()) };
        assert_eq!(layout.gather(Values::F32(Vec::new())), empty);
    }
}

/// A hundred tensors of two numbers, each of which steps over a whole storage.
#[test]
fn what_strides_step_over_counts() {
    let (shape, strides) = ([2], [99_999]);
    let it = Described { count: 100_000, shape: &shape, strides: &strides, ..Described::default() };
    let of = |keys: i32| {
        let inside =
            |inside| (0..keys).fold(inside, |inside: Pickle, i| inside.text(&format!("w{i}")).tensor(it));
        Pickle::new().dictionary(inside).end()
    };
    let (pickle, numbers) = (of(100), vec![0; 400_000]);
    refused(
        &[("data.pkl", &pickle), ("data/0", &numbers)],
        "found tensors over 10000000 numbers in a file of",
    );
    let state = State::read(&Files::new().zip(&[("data.pkl", &of(3)), ("data/0", &numbers)]), Pick::Only);
    assert_eq!(state.unwrap().keys().count(), 3);
}

/// A key that takes long to compare is none.
#[test]
fn keys_are_names() {
    let long = "w".repeat(5000);
    let pickle = Pickle::new().dictionary(|inside| inside.text(&long).tensor(Described::default())).end();
    refused(&[("data.pkl", &pickle)], "a key of many thousand bytes");
}
