//! The machine on pickles written byte by byte.

use crate::pickle::{Node, PickleFault, read};

fn fault(bytes: &[u8]) -> PickleFault {
    read(bytes).unwrap_err()
}

#[test]
fn integers_of_every_length_are_read() {
    for (bytes, expected) in [
        (&b"K\xff."[..], Some(255)),
        (b"M\x00\x01.", Some(256)),
        (b"J\xff\xff\xff\xff.", Some(-1)),
        (b"\x8a\x00.", Some(0)),
        (b"\x8a\x02\x00\x80.", Some(-32768)),
        (b"\x8b\x03\x00\x00\x00\x00\x00\x01.", Some(65536)),
        (b"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", None),
    ] {
        let pickle = read(bytes).unwrap();
        assert_eq!(pickle.node(pickle.root()), &Node::Int(expected), "{bytes:?}");
    }
}

#[test]
fn of_two_entries_of_one_key_the_later_stays() {
    let pickle = read(b"}(X\x01\0\0\0aK\x01X\x01\0\0\0bK\x02X\x01\0\0\0aK\x03u.").unwrap();
    let entries = pickle.entries(pickle.root()).unwrap();
    let values: Vec<_> = entries.iter().map(|(key, id)| (*key, pickle.node(*id).clone())).collect();
    assert_eq!(values, [("a", Node::Int(Some(3))), ("b", Node::Int(Some(2)))]);
}

#[test]
fn the_stack_is_held_to_its_marks() {
    for bytes in [&b"."[..], b"K\x01(.", b"(K\x01\x86.", b"K\x01t.", b"(0K\x01e.", b"h\x07.", b"K\x01(q\x00."]
    {
        assert!(matches!(fault(bytes), PickleFault::Operand { .. }), "{bytes:?}");
    }
    assert_eq!(fault(b"I1\n."), PickleFault::Instruction { at: 0, found: b'I' });
    assert!(read(b"K\x01(0.").is_ok(), "a mark is taken off like a value");
}

#[test]
fn only_containers_are_filled_and_only_callables_called() {
    for bytes in [&b"K\x01K\x02a."[..], b"]K\x01K\x02s.", b"}K\x01a.", b"K\x01)R.", b"]K\x01b.", b"}(K\x01u."]
    {
        assert!(matches!(fault(bytes), PickleFault::Operand { .. }), "{bytes:?}");
    }
}

/// Memory is bounded: a length is not believed before its bytes are seen, a tuple made again is counted.
#[test]
fn lengths_and_copies_are_bounded() {
    let long = b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.";
    assert_eq!(fault(long), PickleFault::Ended { at: long.len() });
    let mut copies = b"(".to_vec();
    (0..5000).for_each(|_| copies.extend(b"K\x01K\x02\x86"));
    copies.extend(b"lq\x00");
    (0..1000).for_each(|_| copies.extend(b"ccollections\nOrderedDict\nh\x00\x85R"));
    assert!(matches!(fault(&copies), PickleFault::Limit { .. }));
    let many = [b"N".repeat(3 << 20), b".".to_vec()].concat();
    assert!(matches!(fault(&many), PickleFault::Limit { .. }));
}

/// A chain of a million lists within lists neither recurses when read nor when dropped.
#[test]
fn deep_nesting_does_not_recurse() {
    let depth = 1 << 20;
    let bytes = [b"]".repeat(depth), b"a".repeat(depth - 1), b".".to_vec()].concat();
    assert_eq!(read(&bytes).unwrap().nodes.len(), depth);
}
