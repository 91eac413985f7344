//! Hellos, right and wrong.

use super::*;

/// A sound hello with one key changed, or left out for an empty value.
fn told(changes: &[(&str, &str)]) -> Result<Hello, Fault> {
    let mut keys = vec![
        ("protocol", "\"equipoise-serve\""),
        ("version", "1"),
        ("window", "[2, 1, 2, 3]"),
        ("dtype", "\"float32\""),
    ];
    for (key, value) in changes {
        keys.retain(|(known, _)| known != key);
        keys.push((key, value));
    }
    let keys = keys.iter().filter(|(_, value)| !value.is_empty());
    let keys: Vec<String> = keys.map(|(key, value)| format!("\"{key}\": {value}")).collect();
    Hello::parse(format!("{{{}}}\n", keys.join(", ")).as_bytes())
}

#[test]
fn keys_that_may_be_left_out_have_their_defaults() {
    let hello = told(&[]).unwrap();
    assert_eq!((hello.dim(), hello.batch, hello.jvp, hello.jacobian), (12, 1, false, Jacobian::General));
    assert_eq!((hello.levels, hello.mean, hello.identity), ([0.0, f64::INFINITY], None, None));
}

#[test]
fn a_hello_that_says_something_else_is_told_by_its_key() {
    for (key, value, part) in [
        ("version", "2", "hello, version: found 2, expected 1"),
        ("version", "", "hello, version: found null, expected 1"),
        ("protocol", "\"other\"", "hello, protocol: found \"other\", expected \"equipoise-serve\""),
        ("dtype", "\"float16\"", "unknown variant `float16`, expected `float32` or `float64`"),
        ("dtype", "", "missing field `dtype`"),
        ("window", "", "missing field `window`"),
        ("window", "[2, 12, 3]", "expected an array of length 4"),
        ("window", "[2, 1, 0, 3]", "hello, window: found [2, 1, 0, 3]"),
        ("window", "[65536, 65536, 65536, 65536]", "hello, window: found [65536,"),
        ("batch", "0", "hello, batch: found 0"),
        ("batch", "9000000000000000000", "hello, batch: found 9000000000000000000"),
        ("mean", "[0, 1]", "hello, mean: found [0.0, 1.0], expected a number for every component"),
        ("std", "[0]", "hello, std: found [0.0], expected a positive number"),
        ("mean", "[0]", "hello, mean and std: found mean alone, expected both or neither"),
        ("mean", "[NaN]", "expected value"),
        ("levels", "[2, 1]", "hello, levels: found [2, 1]"),
        ("levels", "[-1, null]", "hello, levels: found [-1, inf]"),
        ("jacobian", "\"positive\"", "expected `symmetric` or `unknown`"),
        ("x_axis", "\"X\"", "expected `H` or `W`"),
        ("deviation", "[1]", "unknown field `deviation`"),
    ] {
        let fault = told(&[(key, value)]).unwrap_err().to_string();
        assert!(fault.starts_with("hello, ") && fault.contains(part), "found no `{part}` in: {fault}");
    }
    let prose = Hello::parse(b"Loading\n").unwrap_err();
    assert!(matches!(prose, Fault::Prose { .. }), "{prose}");
}

/// A grid of levels may end where the model does, rounded.
#[test]
fn levels_hold_at_both_ends() {
    let hello = told(&[("levels", "[0.01, 100]")]).unwrap();
    let at = |mu, sigma| hello.knows(Level { mu, sigma });
    assert!(at(1.0, 0.01).is_ok() && at(0.01, 1.0).is_ok() && at(0.3, 0.003).is_ok());
    assert!(at(1.0, 0.0099).is_err() && at(1.0, 101.0).is_err() && at(0.0, 1.0).is_err());
    assert!(at(f64::NAN, 1.0).is_err());
    assert!(told(&[]).unwrap().knows(Level { mu: 0.0, sigma: 1.0 }).is_ok());
}
