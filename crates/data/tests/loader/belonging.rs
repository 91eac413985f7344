//! Two files side by side: what is converted, what contradicts, what is only remarked on.

use crate::written::{Written, ntchw};
use equipoise_data::{DataError, Dataset, Described, Kind, LoadOptions, Remark, load, load_beside};
use equipoise_field::{Axis, Boundary};

const SHAPE: [usize; 5] = [4, 5, 2, 4, 6];
const WINDOW: usize = 3;

/// What a file states; `None` where it says nothing.
#[derive(Clone, Copy)]
struct Stated {
    x_axis: Option<Axis>,
    boundary: Option<&'static str>,
    dx: Option<f64>,
    x_first: Option<f64>,
    dt: Option<f64>,
    units: Option<&'static str>,
    length_units: Option<&'static str>,
    channels: Option<&'static str>,
    /// What the waves are multiplied with.
    size: f32,
}

const FULL: Stated = Stated {
    x_axis: Some(Axis::W),
    boundary: Some("periodic"),
    dx: Some(0.5),
    x_first: Some(0.0),
    dt: Some(0.2),
    units: Some("m/s"),
    length_units: Some("m"),
    channels: Some("u, v"),
    size: 1.0,
};
const BARE: Stated = Stated {
    x_axis: None,
    boundary: None,
    dx: None,
    x_first: None,
    dt: None,
    units: None,
    length_units: None,
    channels: None,
    size: 1.0,
};

fn written(stated: Stated, shape: [usize; 5], values: &[f32]) -> Written {
    let file = Written::new();
    file.series(shape, values).text("axes", "NTCHW").text("kind", "generic");
    if let Some(axis) = stated.x_axis {
        file.text("H_axis", if axis == Axis::H { "x" } else { "y" });
    }
    for (name, text) in [
        ("boundary", stated.boundary),
        ("units", stated.units),
        ("length_units", stated.length_units),
        ("channels", stated.channels),
    ] {
        text.iter().for_each(|text| {
            file.text(name, text);
        });
    }
    for (name, number) in [("dx", stated.dx), ("x_first", stated.x_first), ("dt", stated.dt)] {
        number.iter().for_each(|number| {
            file.numbers(name, &[*number]);
        });
    }
    file
}

fn read(stated: Stated) -> Dataset {
    let values: Vec<f32> = ntchw(SHAPE).into_iter().map(|x| stated.size * x).collect();
    load(&written(stated, SHAPE, &values).path(), &LoadOptions::default()).unwrap()
}

/// `data` beside `reference`: its values, and the remarks.
fn meet(data: Dataset, reference: &Dataset) -> Result<(Dataset, Vec<Remark>), DataError> {
    let mut described = Described::of(reference).unwrap();
    // That the same waves stand in both is another matter.
    described.particulars.frames = vec![-1.0];
    described.receive(data, WINDOW)
}

fn refused(data: Stated, reference: Stated, parts: &[&str]) {
    let (data, reference) = (read(data), read(reference));
    let paths = [data.path().display().to_string(), reference.path().display().to_string()];
    let message = meet(data, &reference).unwrap_err().to_string();
    let both = paths.iter().map(String::as_str);
    parts
        .iter()
        .copied()
        .chain(both)
        .for_each(|part| assert!(message.contains(part), "{part:?} in {message:?}"));
}

/// The data after they met, and the only remark.
fn remarked(data: Stated, reference: Stated, warning: bool, part: &str) -> Dataset {
    let (met, remarks) = meet(read(data), &read(reference)).unwrap();
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(
        remarks[0].is_warning() == warning && remarks[0].text().contains(part),
        "{part:?} in {remarks:?}"
    );
    met
}

#[test]
fn equal_files_meet_without_a_word_and_keep_their_bits() {
    for stated in [FULL, BARE] {
        let (met, remarks) = meet(read(stated), &read(stated)).unwrap();
        assert_eq!(remarks, []);
        assert_eq!((met.values(), met.grid()), (read(stated).values(), read(stated).grid()));
    }
    // Attributes in f32.
    let rounded = Stated { dx: Some(f64::from(0.1f32)), dt: Some(f64::from(0.3f32)), ..FULL };
    let exact = Stated { dx: Some(0.1), dt: Some(0.3), ..FULL };
    assert_eq!(meet(read(rounded), &read(exact)).unwrap().1, []);
}

/// The value at (t, c, x, y) is the same before and after, whichever axis is x.
#[test]
fn the_other_orientation_is_transposed() {
    let [n, t, c, h, w] = SHAPE;
    let straight = ntchw(SHAPE);
    let across: Vec<f32> = (0..straight.len())
        .map(|i| {
            let (plane, x, y) = (i / (h * w), i / h % w, i % h);
            straight[plane * h * w + y * w + x]
        })
        .collect();
    let turned = Stated { x_axis: Some(Axis::H), ..FULL };
    let data = load(&written(turned, [n, t, c, w, h], &across).path(), &LoadOptions::default()).unwrap();
    let (met, remarks) = meet(data, &read(FULL)).unwrap();
    assert_eq!(met.values(), straight);
    assert_eq!((met.grid(), met.shape(1)), (read(FULL).grid(), read(FULL).shape(1)));
    assert!(
        matches!(&remarks[..], [Remark::Note(text)] if text.contains("x along H, transposed to x along W")),
        "{remarks:?}"
    );
    // A file that does not say which axis is x lies as the other does; one that says so against a guess is refused.
    let silent = Stated { x_axis: None, ..FULL };
    let data = load(&written(silent, [n, t, c, w, h], &across).path(), &LoadOptions::default()).unwrap();
    let reference = load(&written(turned, [n, t, c, w, h], &across).path(), &LoadOptions::default()).unwrap();
    let (met, remarks) = meet(data, &reference).unwrap();
    assert_eq!((met.grid().x_axis, met.values()), (Axis::H, &across[..]));
    assert!(remarks[0].text().contains("does not state orientation: taken as in"), "{remarks:?}");
    refused(turned, silent, &["orientation: found x along H, expected x along W", "`H_axis` and `W_axis`"]);
}

#[test]
fn a_whole_number_of_cells_around_the_period_is_a_shift() {
    let met = remarked(Stated { x_first: Some(-1.0), ..FULL }, FULL, false, "shifted around the period to 0");
    // x = −1 + i/2 of the file, x = j/2 afterwards: j = i − 2.
    for (row, own) in met.values().chunks(6).zip(read(FULL).values().chunks(6)) {
        assert_eq!(row, [&own[2..], &own[..2]].concat());
    }
    // The whole period, 3.
    assert_eq!(meet(read(Stated { x_first: Some(3.0), ..FULL }), &read(FULL)).unwrap().1, []);
    let parts = ["x_first: found 0.6, expected 0", "1.2 cells apart, no whole number"];
    refused(Stated { x_first: Some(0.6), ..FULL }, FULL, &parts);
    let open = Stated { boundary: Some("open"), ..FULL };
    refused(Stated { x_first: Some(-1.0), ..open }, open, &["x_first: found -1, expected 0"]);
}

#[test]
fn known_units_are_converted() {
    let small = Stated { units: Some("mm s-1"), length_units: Some("cm"), dx: Some(50.0), size: 1e3, ..FULL };
    let (met, remarks) = meet(read(small), &read(FULL)).unwrap();
    let far = met.values().iter().zip(read(FULL).values()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(far < 2.0 * f32::EPSILON, "{far}");
    assert!(remarks.len() == 2 && remarks.iter().all(|r| !r.is_warning()), "{remarks:?}");
    assert!(remarks[0].text().contains("unit of velocity mm s-1, converted to m/s"), "{remarks:?}");
    assert_eq!(met.grid().dx.to_bits(), 0.5f64.to_bits());
    refused(
        Stated { units: Some("px/frame"), ..FULL },
        FULL,
        &["unit of velocity: found px/frame, expected m/s"],
    );
    remarked(Stated { units: Some("U_inf"), ..FULL }, FULL, true, "\"U_inf\"");
}

#[test]
fn what_both_state_and_differs_is_an_error_with_both_files() {
    refused(
        Stated { boundary: Some("open"), ..FULL },
        FULL,
        &["boundary: found open borders, expected periodic"],
    );
    refused(Stated { dx: Some(0.25), ..FULL }, FULL, &["dx: found 0.25, expected 0.5"]);
    refused(Stated { dx: Some(500.0), ..FULL }, FULL, &["1000 times as large: another unit of length?"]);
    refused(
        Stated { dt: Some(0.05), ..FULL },
        FULL,
        &["time step: found 0.05, expected 0.2", "one frame in 4 of"],
    );
    refused(Stated { dt: Some(0.13), ..FULL }, FULL, &["time step: found 0.13, expected 0.2"]);
    refused(Stated { channels: Some("p, q"), ..FULL }, FULL, &["channels: found p, q, expected u, v"]);
    let values = ntchw([4, 5, 2, 6, 4]);
    let other = load(&written(FULL, [4, 5, 2, 6, 4], &values).path(), &LoadOptions::default()).unwrap();
    let message = meet(other, &read(FULL)).unwrap_err().to_string();
    assert!(message.contains("(2, 6, 4)") && message.contains("(2, 4, 6)"), "{message}");
    assert!(message.contains("H and W are exchanged"), "{message}");
    let data = load(
        &written(FULL, SHAPE, &ntchw(SHAPE)).path(),
        &LoadOptions { kind: Some(Kind::KOLMOGOROV), axes: None },
    );
    assert!(data.is_err(), "x along W is no Kolmogorov flow");
}

#[test]
fn what_one_states_is_taken_and_said() {
    let met = remarked(
        BARE,
        FULL,
        false,
        "does not state boundary, unit of velocity, unit of length, dx, dy, time step: taken as in",
    );
    assert_eq!((met.grid(), met.values()), (read(FULL).grid(), read(BARE).values()));
    assert!(!met.notes().iter().any(|note| note.contains("`dx`")), "{:?}", met.notes());
    let (met, remarks) = meet(read(FULL), &read(BARE)).unwrap();
    assert_eq!(met.grid().boundary, Boundary::Periodic);
    let told: Vec<String> = remarks.iter().map(ToString::to_string).collect();
    assert!(
        told[0].starts_with("note: ") && told[0].contains("dx 0.5 (there taken as 1), dy 0.5"),
        "{told:?}"
    );
    assert!(told[1].starts_with("warning: ") && told[1].contains("does not state its borders"), "{told:?}");
}

#[test]
fn the_time_step_of_single_frames_is_only_remarked_on() {
    let described = Described::of(&read(FULL)).unwrap();
    let other = Stated { dt: Some(0.1), size: 1.5, ..FULL };
    let remarks = described.receive(read(other), 1).unwrap().1;
    assert!(matches!(&remarks[..], [Remark::Warning(text)] if text.contains("time step 0.1")), "{remarks:?}");
    assert!(described.receive(read(other), 2).is_err());
}

#[test]
fn spreads_and_means_that_look_odd_are_told() {
    for (size, part) in [(1e3, "1000 times"), (8.0, "8 times"), (0.1, "0.1 times")] {
        let (_, remarks) = meet(read(Stated { size, ..FULL }), &read(FULL)).unwrap();
        assert_eq!(remarks.len(), 2, "one a channel: {remarks:?}");
        assert!(remarks[0].is_warning() && remarks[0].text().contains(part), "{remarks:?}");
    }
    assert_eq!(meet(read(Stated { size: 2.0, ..FULL }), &read(FULL)).unwrap().1, []);
    let lifted: Vec<f32> = ntchw(SHAPE).into_iter().map(|x| x + 5.0).collect();
    let lifted = load(&written(FULL, SHAPE, &lifted).path(), &LoadOptions::default()).unwrap();
    let (_, remarks) = meet(lifted, &read(FULL)).unwrap();
    assert!(remarks[0].text().contains("the mean of channel 0"), "{remarks:?}");
}

#[test]
fn frames_that_stand_in_both_are_counted() {
    let reference = Described::of(&read(FULL)).unwrap();
    let (_, remarks) = reference.receive(read(FULL), WINDOW).unwrap();
    assert!(
        matches!(&remarks[..], [Remark::Warning(text)] if text.contains("all 20 frames stand bit for bit")),
        "{remarks:?}"
    );
    let mut values: Vec<f32> = ntchw(SHAPE).into_iter().map(|x| 1.25 * x).collect();
    values[48..96].copy_from_slice(&ntchw(SHAPE)[144..192]);
    let partly = load(&written(FULL, SHAPE, &values).path(), &LoadOptions::default()).unwrap();
    let (_, remarks) = reference.receive(partly, WINDOW).unwrap();
    assert!(remarks[0].text().contains("1 of 20 frames"), "{remarks:?}");
}

#[test]
fn a_file_of_no_kind_has_that_of_the_file_beside_it() {
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE)).text("axes", "NTCHW");
    assert!(load(&file.path(), &LoadOptions::default()).is_err());
    let data = load_beside(&file.path(), &LoadOptions::default(), Kind::GENERIC).unwrap();
    assert_eq!(data.kind(), Kind::GENERIC);
    assert!(data.notes()[0].contains("taken as generic"), "{:?}", data.notes());
}

#[test]
fn exchanged_components_are_refused_in_any_file() {
    let file = written(Stated { channels: Some("v (along y), u (along x)"), ..FULL }, SHAPE, &ntchw(SHAPE));
    let message = load(&file.path(), &LoadOptions::default()).unwrap_err().to_string();
    assert!(message.contains("`channels`: found v, u, expected u, v"), "{message}");
}
