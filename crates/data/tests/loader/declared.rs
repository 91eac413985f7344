//! What is declared of axes, spacings and times against what the numbers and their shape say.

use crate::census::warned;
use crate::recording::surveyed;
use crate::refusals::{generic, refused};
use crate::written::{Written, ntchw};
use equipoise_data::{
    Attribute, AxisOrder, Coordinates, DataError, Kind, LoadOptions, Suspicion, Turn, load,
};
use equipoise_field::{Axis, Boundary};

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];

/// The flow of a stream function ψ = sin(x) cos(2y) drifting in time, on H = y, W = x with
/// spacing 2π/32 and 2π/24: u = ∂ψ/∂y, v = −∂ψ/∂x.
fn solenoidal(change: impl Fn([f32; 2], [usize; 2]) -> ([f32; 2], [usize; 2])) -> Written {
    let shape = [2, 5, 2, 24, 32];
    let mut values = vec![0.0f32; shape.iter().product()];
    for frame in 0..10 {
        for h in 0..24 {
            for w in 0..32 {
                let x = std::f32::consts::TAU * w as f32 / 32.0 + 0.1 + 0.2 * frame as f32;
                let y = std::f32::consts::TAU * h as f32 / 24.0 + 0.1;
                let velocity = [-2.0 * x.sin() * (2.0 * y).sin(), -x.cos() * (2.0 * y).cos()];
                let (velocity, [h, w]) = change(velocity, [h, w]);
                for c in 0..2 {
                    values[((frame * 2 + c) * 24 + h) * 32 + w] = velocity[c];
                }
            }
        }
    }
    let file = Written::new();
    generic(file.series(shape, &values)).text("boundary", "periodic").text("H_axis", "y");
    file.numbers("dx", &[std::f64::consts::TAU / 32.0]).numbers("dy", &[std::f64::consts::TAU / 24.0]);
    file
}

/// Rows from the top, and a component with the other sign, leave a divergence that the right grid has not; a
/// mirror image of both does not.
#[test]
fn a_flow_that_is_solenoidal_only_upside_down_is_named() {
    assert_eq!(warned(&solenoidal(|u, at| (u, at))), []);
    assert_eq!(warned(&solenoidal(|[u, v], [h, w]| ([u, -v], [23 - h, w]))), []);
    let upside_down = |u, [h, w]: [usize; 2]| (u, [23 - h, w]);
    let negative = |[u, v]: [f32; 2], at| ([u, -v], at);
    for file in [solenoidal(upside_down), solenoidal(negative)] {
        let found = warned(&file);
        let [Suspicion::Divergence { stated, better, turn: Turn::Mirrored }] = found[..] else {
            panic!("{found:?}")
        };
        assert!(stated > 0.5 && better < 0.05, "{stated} {better}");
    }
    let found = warned(&solenoidal(|[u, v], [h, w]| ([v, u], [23 - h, w])));
    assert!(matches!(found[..], [Suspicion::Divergence { turn: Turn::Rotated, .. }]), "{found:?}");
    let found = warned(&solenoidal(|[u, v], at| ([v, u], at)));
    assert!(matches!(found[..], [Suspicion::Divergence { turn: Turn::Exchanged, .. }]), "{found:?}");
}

#[test]
fn components_on_the_last_axis_are_refused_whatever_flag_is_given() {
    let shape = [3, 4, 8, 9, 2];
    let file = Written::new();
    generic(file.series(shape, &ntchw(shape)));
    let error = refused(&file.path(), &["[3, 4, 8, 9, 2]", "np.moveaxis(x, -1, 2)"]);
    assert!(
        matches!(error, DataError::ChannelsLast { .. }) && error.to_string().contains("--axes NTHWC"),
        "{error}"
    );
    let given = LoadOptions { axes: Some(AxisOrder::NTCHW), kind: Some(Kind::GENERIC) };
    assert!(matches!(load(&file.path(), &given), Err(DataError::ChannelsLast { .. })));
    let shape = [9, 2, 6, 8, 9];
    let file = Written::new();
    file.series(shape, &ntchw(shape));
    let data = load(&file.path(), &given).unwrap();
    let expected = Suspicion::ManyChannels { axis: 1, length: 2, channels: 6 };
    assert!(data.warnings().contains(&expected), "{:?}", data.warnings());
}

#[test]
fn a_negative_spacing_says_how_to_turn_the_axis_round() {
    for (name, axis, slice) in [
        ("dy", "H_axis", "x[..., ::-1, :]"),
        ("dx", "W_axis", "x[..., ::-1]"),
        ("dx", "H_axis", "x[..., ::-1, :]"),
    ] {
        let file = Written::new();
        let direction = if (name, axis) == ("dy", "H_axis") { "y" } else { "x" };
        generic(file.series(SHAPE, &ntchw(SHAPE))).numbers(name, &[-0.39]).text(axis, direction);
        refused(&file.path(), &[name, "-0.39", "a positive number", slice]);
    }
}

#[test]
fn a_bare_file_taken_for_kolmogorov_flow_says_which_axis_is_x() {
    let file = Written::new();
    file.series(SHAPE, &ntchw(SHAPE)).text("axes", "NTCHW");
    let given = LoadOptions { axes: None, kind: Some(Kind::KOLMOGOROV) };
    let data = load(&file.path(), &given).unwrap();
    assert_eq!(data.grid().x_axis, Axis::H);
    assert!(data.notes().iter().any(|n| n.contains("H is taken as x")), "{:?}", data.notes());
}

/// The step of a dataset of times is Δt; uneven times and a contradiction are refused.
#[test]
fn times_beside_the_field_are_taken_or_refused() {
    let with = |times: &[f64], shape: &[usize], name: &str| {
        let file = Written::new();
        generic(file.series(SHAPE, &ntchw(SHAPE)));
        file.array(name, shape, times);
        file
    };
    let even: Vec<f64> = (0..12).map(|k| 1.7e9 + 0.25 * f64::from(k)).collect();
    let rows: Vec<f64> =
        [0.0, 7.0, 100.0].iter().flat_map(|t| (0..12).map(move |k| t + 0.25 * f64::from(k))).collect();
    for (times, shape, name) in [(&even, &[12usize][..], "time"), (&rows, &[3, 12][..], "t")] {
        let file = with(times, shape, name);
        let data = load(&file.path(), &LoadOptions::default()).unwrap();
        let (coordinates, _) = Coordinates::of(&data).unwrap();
        assert!((coordinates.time_step - 0.25).abs() < 1e-9);
        assert!(
            data.notes().iter().any(|n| n.contains(&format!("`{name}` has steps"))),
            "{:?}",
            data.notes()
        );
        let (_, survey) = surveyed(&file.path(), &LoadOptions::default(), 1).unwrap();
        assert_eq!(survey.notes, data.notes());
    }
    let mut uneven = even.clone();
    uneven[11] += 1.0;
    let error = refused(&with(&uneven, &[12], "time").path(), &["`time`", "0.25 to 1.25 apart"]);
    assert!(matches!(error, DataError::UnevenTimes { .. }));

    let file = Written::new();
    generic(file.series(SHAPE, &ntchw(SHAPE))).numbers("dt", &[0.2]);
    file.array("time", &[12], &even);
    refused(&file.path(), &["`dt`", "0.2", "0.25, the step of dataset `time`"]);

    // One time more than frames, and a dimension without coordinates as netCDF writes it.
    for (times, length) in [(vec![0.0; 12], 12), ((0..13).map(f64::from).collect(), 13)] {
        let data = load(&with(&times, &[length], "time").path(), &LoadOptions::default()).unwrap();
        assert!(data.notes().iter().any(|n| n.contains("`time` is not used")), "{:?}", data.notes());
        assert!(Coordinates::of(&data).unwrap().1.iter().any(|n| n.contains("counted in frames")));
    }
}

#[test]
fn times_count_along_the_time_axis_alone() {
    let with = |shape: [usize; 5], axes: &str, name: &str, of: &[usize], times: &[f64]| {
        let file = Written::new();
        file.series(shape, &ntchw(shape)).text("kind", "generic");
        file.array(name, of, times);
        (file, LoadOptions { axes: Some(axes.parse().unwrap()), kind: None })
    };
    let note = |(file, given): &(Written, LoadOptions)| {
        let data = load(&file.path(), given).unwrap();
        data.notes().iter().find(|n| n.contains("dataset `t")).cloned().unwrap()
    };
    // One number a trajectory, even and not, and beside a declared step.
    for starts in [[0.0, 5.0, 10.0], [0.0, 5.0, 7.0]] {
        let file = Written::new();
        generic(file.series(SHAPE, &ntchw(SHAPE))).numbers("dt", &[0.1]);
        file.array("t", &[3], &starts);
        assert!(note(&(file, LoadOptions::default())).contains("one number a trajectory"));
    }
    let square = [4, 4, 2, 3, 4];
    let ramp = |n: usize| (0..n).map(|k| 0.5 * k as f64).collect::<Vec<_>>();
    assert!(note(&with(square, "NTCHW", "time", &[4], &ramp(4))).contains("of either"));
    assert!(note(&with(SHAPE, "TNCHW", "time", &[3], &ramp(3))).contains("steps of 0.5"));
    // The second trajectory runs twice as fast.
    let rows =
        |fast: f64| [1.0, fast, 1.0].into_iter().flat_map(|s| (0..12).map(move |k| s * 0.5 * f64::from(k)));
    assert!(
        note(&with(SHAPE, "NTCHW", "t", &[3, 12], &rows(1.0).collect::<Vec<_>>())).contains("steps of 0.5")
    );
    let (file, given) = with(SHAPE, "NTCHW", "t", &[3, 12], &rows(2.0).collect::<Vec<_>>());
    let error = load(&file.path(), &given).unwrap_err();
    assert!(matches!(error, DataError::UnevenTimes { .. }), "{error}");
    let mut times = ramp(12);
    times[3] = f64::NAN;
    let (file, given) = with(SHAPE, "NTCHW", "time", &[12], &times);
    let error = load(&file.path(), &given).unwrap_err().to_string();
    assert!(error.contains("dataset `time`: found NaN at place 3") && !error.contains("`dt`"), "{error}");
}

#[test]
fn the_first_time_is_taken_where_no_attribute_states_one() {
    let times: Vec<f64> = (0..12).map(|k| 3.0 + 0.25 * f64::from(k)).collect();
    for (stated, expected) in [(None, 3.0), (Some(1.5), 1.5)] {
        let file = Written::new();
        generic(file.series(SHAPE, &ntchw(SHAPE))).numbers("dt", &[0.25]);
        if let Some(first) = stated {
            file.numbers("t_first", &[first]);
        }
        file.array("time", &[12], &times);
        let data = load(&file.path(), &LoadOptions::default()).unwrap();
        assert_eq!(data.attributes().get("t_first"), Some(&Attribute::Numbers(vec![expected])));
    }
}

#[test]
fn a_domain_that_is_said_not_to_wrap_is_open() {
    let boundary = |domain: &str| {
        let file = Written::new();
        generic(file.series(SHAPE, &ntchw(SHAPE))).text("domain", domain);
        let data = load(&file.path(), &LoadOptions::default()).unwrap();
        let noted = data.notes().iter().any(|n| n.starts_with("no attribute `boundary`"));
        assert_eq!(noted, data.grid().boundary == Boundary::Open, "{domain}");
        data.grid().boundary
    };
    for domain in
        ["non-periodic", "not periodic in y", "no periodic boundaries", "aperiodic", "Nonperiodic box"]
    {
        assert_eq!(boundary(domain), Boundary::Open, "{domain}");
    }
    for domain in ["[0, 2pi]^2, periodic", "Periodic box, no mean flow"] {
        assert_eq!(boundary(domain), Boundary::Periodic, "{domain}");
    }
}

#[test]
fn every_word_for_a_decreasing_coordinate_stops() {
    for word in ["decreasing", "Descending", "reversed", "from the top", "top to bottom", "downwards"] {
        let file = Written::new();
        generic(file.series(SHAPE, &ntchw(SHAPE))).text("H_axis", &format!("y, {word}"));
        refused(&file.path(), &["H_axis", word, "x[..., ::-1, :]"]);
    }
}
