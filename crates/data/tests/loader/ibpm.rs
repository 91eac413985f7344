//! Files of the solver `ibpm`: those in `data/ibpm/native`, and small ones written here in the same layout.

use equipoise_data::{Attribute, Coordinates, Dataset, Kind, LoadOptions, load};
use equipoise_field::{Axis, Boundary};
use std::path::{Path, PathBuf};

fn native(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/ibpm/native").join(name)
}

fn read(path: &Path) -> Dataset {
    load(path, &LoadOptions::default()).unwrap()
}

/// One grid or more of 4 x 3 cells of 1/2, with this velocity at the edge from (x, y) on, then a time.
fn restart(velocity: impl Fn(f64, f64) -> [f64; 2], time: f64, big: bool) -> Vec<u8> {
    let (nx, ny, grids, dx) = (4i32, 3i32, 2, 0.5);
    let integer = |n: i32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let number = |x: f64| if big { x.to_be_bytes() } else { x.to_le_bytes() };
    let mut bytes: Vec<u8> = [nx, ny, grids].into_iter().flat_map(integer).collect();
    bytes.extend([dx, -1.0, -2.0].into_iter().flat_map(number));
    bytes.extend(integer(1));
    for level in 0..grids {
        let scale = if level == 0 { dx } else { 99.0 };
        let place = |i: i32, j: i32| [-1.0 + dx * f64::from(i), -2.0 + dx * f64::from(j)];
        for (i, j) in (0..=nx).flat_map(|i| (0..ny).map(move |j| (i, j))) {
            let [x, y] = place(i, j);
            bytes.extend(number(scale * velocity(x, y + dx / 2.0)[0]));
        }
        for (i, j) in (0..nx).flat_map(|i| (0..=ny).map(move |j| (i, j))) {
            let [x, y] = place(i, j);
            bytes.extend(number(scale * velocity(x + dx / 2.0, y)[1]));
        }
    }
    bytes.extend((0..grids * (nx - 1) * (ny - 1) + 2).flat_map(|_| number(7.0)));
    bytes.extend(integer(12));
    bytes.extend(number(time));
    bytes
}

/// A linear velocity is its own mean: u = 1 + 2x − 3y, v = x/4 − 2y at the inner vertices.
#[test]
fn velocities_stand_at_the_inner_vertices_of_the_finest_grid() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cylinder00012.bin");
    for big in [false, true] {
        std::fs::write(&path, restart(|x, y| [1.0 + 2.0 * x - 3.0 * y, x / 4.0 - 2.0 * y], 1.5, big))
            .unwrap();
        let data = read(&path);
        assert_eq!((data.kind(), data.shape(1).to_string().as_str()), (Kind::GENERIC, "(1, 2, 2, 3)"));
        let grid = data.grid();
        assert_eq!((grid.x_axis, grid.dx, grid.dy, grid.boundary), (Axis::W, 0.5, 0.5, Boundary::Open));
        let (at, _) = Coordinates::of(&data).unwrap();
        assert_eq!((at.x_first, at.y_first), (-0.5, -1.5));
        assert_eq!(data.attributes().get("t_first"), Some(&Attribute::Numbers(vec![1.5])));
        for (i, value) in data.values().iter().enumerate() {
            let (x, y) = (-0.5 + 0.5 * (i % 3) as f32, -1.5 + 0.5 * (i / 3 % 2) as f32);
            let expected = if i < 6 { 1.0 + 2.0 * x - 3.0 * y } else { x / 4.0 - 2.0 * y };
            assert!((value - expected).abs() < 1e-6, "{i}: {value} {expected}");
        }
    }
}

/// Numbers of NumPy by the formula of `LAYOUT.md`; the text agrees with the binary file to its own digits.
#[test]
fn the_two_files_of_one_frame_agree() {
    let [restart, text] = ["cylinder02000.bin", "cylinder02000.plt"].map(|name| read(&native(name)));
    assert_eq!(restart.shape(1).to_string(), "(1, 2, 99, 199)");
    assert_eq!(restart.shape(1), text.shape(1));
    for (at, value) in GOLDEN {
        assert!((f64::from(restart.values()[at]) - value).abs() < 1e-7, "{at}");
    }
    let (a, b) = (Coordinates::of(&restart).unwrap().0, Coordinates::of(&text).unwrap().0);
    assert!((a.x_first + 0.96).abs() < 1e-12 && (a.y_first + 1.96).abs() < 1e-12);
    assert!((a.x_first - b.x_first).abs() < 1e-9 && (text.grid().dx - 0.04).abs() < 1e-9);
    let plane = 99 * 199;
    for (i, (x, y)) in restart.values().iter().zip(text.values()).enumerate() {
        assert!((x - y).abs() <= if i < plane { 5.2e-6 } else { 5.7e-7 }, "{i}: {x} {y}");
    }
}

/// Places in the flat field and their values.
const GOLDEN: [(usize, f64); 6] = [
    (0, 1.0140047),
    (198, 0.8550369),
    (10_000, -0.1729692),
    (19_700, 1.1002340),
    (19_701, -0.1105406),
    (39_401, -0.1450057),
];

#[test]
fn frames_of_a_folder_are_in_the_order_of_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, time: f64| {
        let bytes = restart(|x, _| [x + time, 2.0 * time], time, false);
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    for (name, time) in [("a9.bin", 3.0), ("a10.bin", 4.0), ("b.bin", 5.0), ("c", 2.0)] {
        write(name, time);
    }
    let data = read(folder.path());
    assert_eq!((data.trajectories(), data.frames()), (1, 4));
    let first: Vec<f32> = (0..4).map(|t| data.window(0, t, 1).unwrap()[6]).collect();
    assert_eq!(first, [4.0, 6.0, 8.0, 10.0]);
    assert_eq!(Coordinates::of(&data).unwrap().0.time_step, 1.0);
    assert_eq!(data.attributes().get("t_first"), Some(&Attribute::Numbers(vec![2.0])));
    write("d.bin", 7.0);
    let refused = |path: &Path| load(path, &LoadOptions::default()).unwrap_err().to_string();
    let error = refused(folder.path());
    assert!(error.contains("frames are 1 to 2 apart"), "{error}");
    // Cut anywhere behind its header, a file is not as long as that says.
    let whole = restart(|x, y| [x, y], 1.0, false);
    let path = folder.path().join("a9.bin");
    for length in (41..whole.len()).step_by(50) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = refused(&path);
        assert!(error.contains(&format!("found {length} bytes, expected {}", whole.len())), "{error}");
    }
}
