//! Every move commutes with the equation of the forced flow, on a field of the embedded data.

use super::*;
use equipoise_data::samples::Sample;
use equipoise_data::{Kind, LoadOptions, load};
use equipoise_field::Grid;

const N: usize = 64;

/// u·∇ω − ν∇²ω + 0.1ω − curl f by central differences, x along H, y = (j + ½)h along W: what ∂ω/∂t is, but for its
/// sign, under f = sin(4y) e_x. Differences are symmetric, so that what holds of the equation holds of them.
fn residual(frame: &[f32]) -> Vec<f64> {
    let h = std::f64::consts::TAU / N as f64;
    let at = |c: usize, i: usize, j: usize| f64::from(frame[(c * N + i % N) * N + j % N]);
    let along = |c: usize, i: usize, j: usize| (at(c, i + 1, j) - at(c, i + N - 1, j)) / (2.0 * h);
    let across = |c: usize, i: usize, j: usize| (at(c, i, j + 1) - at(c, i, j + N - 1)) / (2.0 * h);
    let vorticity: Vec<f64> = (0..N * N).map(|k| along(1, k / N, k % N) - across(0, k / N, k % N)).collect();
    let w = |i: usize, j: usize| vorticity[(i % N) * N + j % N];
    let one = |k: usize| {
        let (i, j) = (k / N, k % N);
        let slopes = [w(i + 1, j) - w(i + N - 1, j), w(i, j + 1) - w(i, j + N - 1)].map(|d| d / (2.0 * h));
        let bend = w(i + 1, j) + w(i + N - 1, j) + w(i, j + 1) + w(i, j + N - 1) - 4.0 * w(i, j);
        let curl = -4.0 * (4.0 * (j as f64 + 0.5) * h).cos();
        at(0, i, j) * slopes[0] + at(1, i, j) * slopes[1] - 1e-3 * bend / (h * h) + 0.1 * w(i, j) - curl
    };
    (0..N * N).map(one).collect()
}

fn data() -> Dataset {
    load(&Sample::KolmogorovTest.path().unwrap(), &LoadOptions::default()).unwrap()
}

/// The largest difference between the residual of a moved field and the moved residual, over the largest residual. The
/// residual is a vorticity, which a reflection turns.
fn broken(moves: &Moves, by: Move, frame: &[f32], shape: Shape) -> f64 {
    let mut moved = vec![f32::NAN; frame.len()];
    moves.apply(by, shape, frame, &mut moved);
    let (before, after) = (residual(frame), residual(&moved));
    let mut expected = vec![f64::NAN; before.len()];
    moves.plane(by, N, &before, &mut expected);
    let sign = if by.x.turned != by.y.turned { -1.0 } else { 1.0 };
    let largest = before.iter().fold(0.0f64, |a, b| a.max(b.abs()));
    after.iter().zip(&expected).fold(0.0f64, |a, (b, c)| a.max((b - sign * c).abs())) / largest
}

#[test]
fn the_equation_does_not_see_a_move() {
    let data = data();
    let (moves, shape) = (Moves::of(&data, None).unwrap(), data.shape(1));
    assert_eq!(moves.symmetries(), Symmetry::FORCED);
    let frame = data.window(0, 3, 1).unwrap();
    for symmetry in Symmetry::FORCED {
        let by = moves.generator(symmetry);
        let found = broken(&moves, by, frame, shape);
        assert!(found < 1e-6, "{symmetry}: {found}");
        // A sign, or a shift along y by one point, is seen.
        let turned = Move { turns: [!by.turns[0], by.turns[1]], ..by };
        let found = broken(&moves, turned, frame, shape);
        assert!(found > 1e-3, "{symmetry}, a sign: {found}");
        let y = Reads { shift: by.y.shift + 1, ..by.y };
        let found = broken(&moves, Move { y, ..by }, frame, shape);
        assert!(found > 1e-3, "{symmetry}, a point: {found}");
    }
    let mut seen = Vec::new();
    for draw in 0..40 {
        let by = moves.draw(Stream::new("moves"), draw);
        assert!(broken(&moves, by, frame, shape) < 1e-6, "{by:?}");
        if !seen.contains(&(by.x.turned, by.y.turned, by.y.shift)) {
            seen.push((by.x.turned, by.y.turned, by.y.shift));
        }
    }
    // Of the 16 (turns along x and y, four shifts along y) most are met.
    assert!(seen.len() > 10, "{seen:?}");
}

#[test]
fn what_a_flow_does_not_have_is_refused() {
    let (data, all) = (data(), Symmetry::FORCED.map(|symmetry| symmetry.name().to_owned()));
    let refused =
        |data: &Dataset, name: &str| Moves::of(data, Some(&[name.to_owned()])).unwrap_err().to_string();
    assert_eq!(Moves::of(&data, Some(&all[..2])).unwrap().symmetries(), &Symmetry::FORCED[..2]);
    let message = refused(&data, "mirror");
    assert!(message.contains("mirror") && message.contains("shift_reflect"), "{message}");
    let made = |kind, width: usize, boundary| {
        let grid = Grid { x_axis: Axis::H, dx: 1.0, dy: 1.0, boundary };
        let series = Shape::new(1, 2, 4, width);
        Dataset::in_memory(kind, grid, series, vec![0.5; series.len()]).unwrap()
    };
    let generic = made(Kind::GENERIC, 8, Boundary::Periodic);
    assert!(refused(&generic, "shift_x").contains("which is generic: none"));
    assert!(Moves::of(&generic, None).unwrap().symmetries().is_empty());
    let narrow = made(Kind::KOLMOGOROV, 12, Boundary::Periodic);
    assert!(refused(&narrow, "shift_reflect").contains("12 points along y are a multiple of 8"));
    let allowed = [Symmetry::ShiftX, Symmetry::ShiftY, Symmetry::Rotate];
    assert_eq!(Moves::of(&narrow, None).unwrap().symmetries(), allowed);
}

/// How far the mirror image of frame k is from the flow half a period later, over the deviation of the flow: a period
/// is 19 frames, and 9.5 are a frame and a half of two neighbours.
fn apart(data: &Dataset, moves: &Moves, by: Move) -> f64 {
    let (shape, frames) = (data.shape(1), data.frames());
    let (mut square, mut size) = (0.0, 0.0);
    let all = data.window(0, 0, frames).unwrap();
    let mut mean = vec![0.0; shape.len()];
    for frame in all.chunks_exact(shape.len()) {
        mean.iter_mut().zip(frame).for_each(|(m, x)| *m += f64::from(*x) / frames as f64);
    }
    for k in (0..frames - 10).step_by(3) {
        let [now, before, after] = [k, k + 9, k + 10].map(|at| data.window(0, at, 1).unwrap());
        let mut moved = vec![f32::NAN; now.len()];
        moves.apply(by, shape, now, &mut moved);
        for (((x, a), b), m) in moved.iter().zip(before).zip(after).zip(&mean) {
            let later = (f64::from(*a) + f64::from(*b)) / 2.0;
            (square, size) = (square + (f64::from(*x) - later).powi(2), size + (later - m).powi(2));
        }
    }
    (square / size).sqrt()
}

/// The mirror image of the wake is the wake half a period later; of its second harmonic the mean of two neighbours
/// misses (2π/19)²/2 = 5 %.
#[test]
fn the_wake_is_its_mirror_image_half_a_period_later() {
    let data = load(&Sample::IbpmTrain.path().unwrap(), &LoadOptions::default()).unwrap();
    for data in [data.clone(), data.clone().thinned(2).unwrap()] {
        let moves = Moves::of(&data, None).unwrap();
        assert_eq!(moves.symmetries(), [Symmetry::ReflectY]);
        let by = moves.generator(Symmetry::ReflectY);
        let found = apart(&data, &moves, by);
        assert!(found < 0.04, "{found}");
        for spoiled in [
            Move { turns: [false, false], ..by },
            Move { turns: [true, true], ..by },
            Move { y: Reads { shift: by.y.shift - 1, ..by.y }, ..by },
            Move { y: Reads::SELF, ..by },
        ] {
            let found = apart(&data, &moves, spoiled);
            assert!(found > 0.07, "{spoiled:?}: {found}");
        }
    }
    // A body beside the middle, and a mask on one side.
    let refused = |data: &Dataset| Moves::of(data, Some(&["reflect_y".into()])).unwrap_err().to_string();
    let message = refused(&data.clone().thinned(4).unwrap());
    assert!(message.contains("reflect_y, expected a body in the middle of the 50 points"), "{message}");
    let width = data.shape(1).width;
    let mask = equipoise_data::Mask::new(width, (0..199 * width).map(|i| i < 7).collect()).unwrap();
    let masked = data.masked(mask).unwrap();
    let message = refused(&masked);
    assert!(message.contains("reflect_y, expected a body in the middle of the 199 points"), "{message}");
    assert!(Moves::of(&masked, None).unwrap().symmetries().is_empty());
}
