//! Numbers that are no velocities: refused or named, the same whether a file is read whole or in portions.

use crate::recording::surveyed;
use crate::refusals::{generic, refused};
use crate::written::Written;
use equipoise_data::samples::Sample;
use equipoise_data::{LoadOptions, Suspicion, load};
use equipoise_field::Axis;

const SHAPE: [usize; 5] = [4, 6, 2, 40, 36];
const PLANE: usize = 40 * 36;
const FRAME: usize = 2 * PLANE;

/// Two travelling waves: no two numbers of a frame are alike, none is 0.
fn flow() -> Vec<f32> {
    let value = |n: usize, t: usize, c: usize, i: usize| {
        let (n, t, c, i) = (n as f32, t as f32, c as f32, i as f32);
        (2.4 * n + 0.3 * t + 0.011 * i + c).sin() + 0.3 * (0.037 * i - 0.2 * t + n).cos() + 2e-5 * (i + 0.5)
    };
    (0..24 * FRAME).map(|i| value(i / (6 * FRAME), i / FRAME % 6, i / PLANE % 2, i % PLANE)).collect()
}

fn at([n, t]: [usize; 2], c: usize, [row, column]: [usize; 2]) -> usize {
    (n * 6 + t) * FRAME + c * PLANE + row * 36 + column
}

fn written(values: &[f32]) -> Written {
    let file = Written::new();
    generic(file.series(SHAPE, values));
    file
}

/// The warnings of a file read whole, which are those of portions of one block.
pub(crate) fn warned(file: &Written) -> Vec<Suspicion> {
    let data = load(&file.path(), &LoadOptions::default()).unwrap();
    let (_, survey) = surveyed(&file.path(), &LoadOptions::default(), 1).unwrap();
    assert_eq!(survey.warnings, data.warnings());
    data.warnings().to_vec()
}

#[test]
fn clean_flows_give_no_warning() {
    assert_eq!(warned(&written(&flow())), []);
    for sample in Sample::ALL {
        let data = load(&sample.path().unwrap(), &LoadOptions::default()).unwrap();
        assert_eq!(data.warnings(), [], "{}", sample.name());
    }
}

#[test]
fn vectors_of_zero_are_counted_and_solids_are_told_from_them() {
    let mut values = flow();
    // A zero of one channel alone is a velocity.
    values[at([0, 0], 0, [3, 3])] = 0.0;
    for frame in [[1, 2], [1, 4], [3, 0]] {
        for c in 0..2 {
            values[at(frame, c, [39, 7])] = 0.0;
        }
    }
    let expected = Suspicion::ZeroVectors { count: 3, more: false, frames: 3, first: [1, 2], cell: [39, 7] };
    assert_eq!(warned(&written(&values)), [expected]);

    let mut values = flow();
    for frame in 0..24 {
        for c in 0..2 {
            for cell in [500, 501, 536] {
                values[frame * FRAME + c * PLANE + cell] = 0.0;
            }
            values[frame * FRAME + c * PLANE + 700] = 0.25;
            // A wall on the border of an open flow.
            values[frame * FRAME + c * PLANE + 5] = 0.0;
        }
    }
    let solid = Suspicion::ZeroCells { count: 3, cells: PLANE, first: [13, 32] };
    let fixed = Suspicion::FixedCells { count: 1, cells: PLANE, first: [19, 16] };
    assert_eq!(warned(&written(&values)), [solid, fixed]);
}

#[test]
fn stand_ins_without_an_attribute_are_refused_and_lone_outliers_named() {
    for stand_in in [-999.0, 9999.0, -42.5, -32768.0, 1e20] {
        let mut values = flow();
        for place in [at([0, 1], 0, [2, 2]), at([3, 5], 0, [2, 2])] {
            values[place] = stand_in;
        }
        let file = written(&values);
        let parts = [&*format!("{stand_in:?} stands 2 time(s)"), "[0, 1, 0, 2, 2]"];
        match load(&file.path(), &LoadOptions::default()) {
            Ok(_) => {
                assert!((stand_in + 42.5).abs() < 0.1, "{stand_in}");
                assert!(matches!(warned(&file)[0], Suspicion::Apart { count: 2, .. }));
            }
            Err(_) => drop(refused(&file.path(), &parts)),
        }
    }
    let mut values = flow();
    values[at([2, 2], 1, [0, 9])] = 17.0;
    let found = warned(&written(&values));
    assert!(matches!(found[0], Suspicion::Apart { count: 1, first: [2, 2, 1, 0, 9], .. }), "{found:?}");

    values[at([2, 2], 1, [0, 9])] = 9.969_21e36;
    refused(&written(&values).path(), &["1e30", "[2, 2, 1, 0, 9]", "never written"]);
}

/// One frame that blew up: the axes are not blamed, and no flag leads past it.
#[test]
fn a_frame_that_stands_out_is_found() {
    for factor in [100.0, 1e12] {
        let mut values = flow();
        values[at([2, 5], 0, [0, 0])..][..FRAME].iter_mut().for_each(|x| *x *= factor);
        let file = written(&values);
        let error = refused(&file.path(), &["frame [2, 5]", "blew up"]);
        assert!(!error.to_string().contains("--axes"), "{error}");
        let given = LoadOptions { axes: Some("NTCHW".parse().unwrap()), kind: None };
        assert_eq!(load(&file.path(), &given).map(|_| ()).unwrap_err().to_string(), error.to_string());
    }
    // The last frames grow one after the other: odd, but a series.
    let mut values = flow();
    for (t, factor) in [(3, 3.0), (4, 8.0), (5, 20.0)] {
        values[at([0, t], 0, [0, 0])..][..FRAME].iter_mut().for_each(|x| *x *= factor);
    }
    let given = LoadOptions { axes: Some("NTCHW".parse().unwrap()), kind: None };
    let data = load(&written(&values).path(), &given).unwrap();
    assert!(
        matches!(data.warnings(), [Suspicion::Loud { count: 1, loudest: [0, 5], .. }]),
        "{:?}",
        data.warnings()
    );
}

#[test]
fn frames_and_trajectories_that_repeat_are_named() {
    let mut values = flow();
    values.copy_within(at([1, 3], 0, [0, 0])..at([1, 4], 0, [0, 0]), at([1, 4], 0, [0, 0]));
    let expected = Suspicion::RepeatedFrames { count: 1, frames: 24, first: [1, 4], original: [1, 3] };
    assert_eq!(warned(&written(&values)), [expected]);
    let mut values = flow();
    values.copy_within(at([0, 0], 0, [0, 0])..at([1, 0], 0, [0, 0]), at([2, 0], 0, [0, 0]));
    let expected = Suspicion::RepeatedSeries { count: 1, trajectories: 4, first: 2, original: 0 };
    assert_eq!(warned(&written(&values)), [expected]);
}

#[test]
fn frames_that_were_never_written_are_refused_and_a_start_from_rest_is_named() {
    let zeroed = |frames: &[(usize, std::ops::Range<usize>)]| {
        let mut values = flow();
        for (n, t) in frames.iter().flat_map(|(n, times)| times.clone().map(move |t| (*n, t))) {
            values[at([n, t], 0, [0, 0])..][..FRAME].fill(0.0);
        }
        written(&values)
    };
    // The first frames at rest, and a trajectory at rest throughout.
    let expected = Suspicion::ZeroFrames { count: 2, frames: 24, first: [1, 0] };
    assert!(warned(&zeroed(&[(1, 0..2)])).contains(&expected));
    let expected = Suspicion::ZeroFrames { count: 6, frames: 24, first: [0, 0] };
    assert!(warned(&zeroed(&[(0, 0..6)])).contains(&expected));
    // The end of a trajectory, one frame within, and the last trajectories.
    for (frames, first) in [
        (&[(1, 0..1), (2, 4..6)][..], "2 of 24 frames are 0 everywhere, the first at [2, 4]"),
        (&[(1, 2..3)], "1 of 24 frames are 0 everywhere, the first at [1, 2]"),
        (&[(0, 0..6), (2, 0..6), (3, 0..6)], "12 of 24 frames are 0 everywhere, the first at [2, 0]"),
    ] {
        refused(&zeroed(frames).path(), &[first, "never written"]);
    }
    let mut values = flow();
    values[at([3, 4], 0, [0, 0])..].fill(0.5);
    let found = warned(&written(&values));
    assert_eq!(found, [Suspicion::UniformFrames { count: 2, frames: 24, first: [3, 4] }]);
}

/// A Taylor–Green vortex loses exp(−2.5) a frame; reversed, an instability grows as fast.
#[test]
fn geometric_growth_and_decay_are_no_blow_up() {
    let given = LoadOptions { axes: Some("NTCHW".parse().unwrap()), kind: None };
    for sign in [-1.0, 1.0] {
        for rate in [2.5f32, 6.0] {
            let mut values = flow();
            let frames = values.chunks_mut(FRAME).enumerate();
            frames.for_each(|(frame, x)| {
                let factor = (sign * rate * (frame % 6) as f32).exp();
                x.iter_mut().for_each(|x| *x *= factor);
            });
            let data = load(&written(&values).path(), &given).unwrap();
            assert!(data.warnings().iter().any(|odd| matches!(odd, Suspicion::Loud { .. })), "{sign} {rate}");
        }
    }
    let mut values = flow();
    for (t, factor) in [(4, 20.0), (5, 1e9)] {
        values[at([0, t], 0, [0, 0])..][..FRAME].iter_mut().for_each(|x| *x *= factor);
    }
    refused(&written(&values).path(), &["frame [0, 5]", "blew up"]);
}

#[test]
fn a_number_that_stands_in_fixed_cells_is_no_stand_in_unless_it_is_a_usual_one() {
    let inflow = |value: f32| {
        let mut values: Vec<f32> = flow().iter().map(|x| 0.001 * x).collect();
        for frame in values.chunks_mut(FRAME) {
            (16..20).for_each(|row| frame[row * 36] = value);
        }
        written(&values)
    };
    let found = warned(&inflow(1.0));
    assert!(matches!(found[0], Suspicion::Apart { count: 96, .. }), "{found:?}");
    refused(&inflow(-999.0).path(), &["-999.0 stands 96 time(s)"]);
    let mut values: Vec<f32> = flow().iter().map(|x| 0.001 * x).collect();
    values[..FRAME].chunks_mut(36).for_each(|line| line[3] = 1.0);
    refused(&written(&values).path(), &["1.0 stands 40 time(s)"]);
}

#[test]
fn an_end_point_that_is_stored_twice_is_named_on_periodic_grids() {
    let boundary = |values: &[f32], boundary: &str| {
        let file = written(values);
        file.text("boundary", boundary);
        file
    };
    let mut columns = flow();
    columns.chunks_mut(36).for_each(|line| line[35] = line[0]);
    let mut rows = flow();
    rows.chunks_mut(PLANE).for_each(|plane| plane.copy_within(..36, PLANE - 36));
    for (values, axis) in [(columns, Axis::W), (rows, Axis::H)] {
        assert_eq!(warned(&boundary(&values, "periodic")), [Suspicion::Seam { axis }]);
        assert_eq!(warned(&boundary(&values, "open")), []);
    }
    // A shear flow u(y), v = 0, and one along the other axis: all columns or all rows are alike.
    for axis in [Axis::W, Axis::H] {
        let mut shear = flow();
        for (frame, values) in shear.chunks_mut(FRAME).enumerate() {
            values[PLANE..].fill(0.0);
            for (cell, x) in values[..PLANE].iter_mut().enumerate() {
                let across = if axis == Axis::W { cell / 36 } else { cell % 36 };
                *x = (0.1 * across as f32 + 0.3 * frame as f32).sin();
            }
        }
        let found = warned(&boundary(&shear, "periodic"));
        assert!(!found.iter().any(|odd| matches!(odd, Suspicion::Seam { .. })), "{found:?}");
    }
}

#[test]
fn extremes_that_repeat_are_named() {
    let mut values = flow();
    values.iter_mut().for_each(|x| *x = x.min(1.0));
    let found = warned(&written(&values));
    for (channel, odd) in found.iter().enumerate() {
        let Suspicion::Clipped { count, numbers, first, value } = *odd else { panic!("{odd:?}") };
        assert_eq!((numbers, first[2], value.to_bits()), (24 * PLANE, channel, 1.0f32.to_bits()));
        assert!(count > numbers / 200 && odd.to_string().contains("saturated or clipped"), "{odd}");
    }
    assert_eq!(found.len(), 2);
    let mut few = flow();
    let top = few.iter().copied().fold(0.0, f32::max);
    few[100..107].fill(top);
    assert_eq!(warned(&written(&few)), []);
}
