//! Answers held to the network that they are about, and to each other.

use super::*;

#[test]
fn answers_are_held_to_the_network() {
    refused(&Answers { window: Some(2), ..told() }, "window: found 2, expected a divisor of the 3 channels");
    refused(
        &Answers { mean: Some(vec![0.0; 2]), ..told() },
        "mean: found 2 numbers, expected 1, or one for each of",
    );
    refused(&Answers { std: Some(vec![0.0]), ..told() }, "std: found 0, expected numbers above 0");
    refused(&Answers { mean: Some(vec![f64::NAN]), ..told() }, "mean: found NaN, expected finite numbers");
    refused(
        &Answers { x_axis: Some(Axis::H), ..told() },
        "x_axis, boundary: found h, open, expected w, open",
    );
    refused(
        &Answers { prediction: Some(Predicts::Epsilon), ..told() },
        "prediction: found epsilon, expected x",
    );
    refused(&Answers { context: Some("c".to_owned()), ..told() }, "context: found c, expected none");
    refused(&Answers { grid: Some([0, 4]), ..told() }, "found 0 x 4");
    refused(&Answers { ratios: Some([2.0, 1.0]), ..told() }, "ratios: found 2, 1, expected a smaller and");
    let activation = Some(crate::Activation::ReLU);
    refused(
        &Answers { activation, ..told() },
        "activation: found ReLU, expected none: the network is azula's",
    );
    let norm = Answers { norm: Some(crate::Norm::Rms), ..Answers::default() };
    let foreign = describe(&case("sda_small/w3"), &norm).unwrap_err().to_string();
    assert!(foreign.contains("norm: found rms, expected none: the network is SDA's"), "{foreign}");
    let data = Particulars { dt: Some(-1.0), ..Particulars::default() };
    refused(&Answers { data, ..told() }, "dt: found -1, expected a finite number above 0");
    let grid = Answers { grid: Some([16, 16]), ..Answers::default() };
    let own = describe(&case("sda_small/w3"), &grid).unwrap_err().to_string();
    assert!(own.contains("grid: found [16, 16], expected [8, 8], that of the buffer in the file"), "{own}");
}
