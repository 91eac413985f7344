//! Pictures: known fields give known colours at known places, whichever array axis x is.

use equipoise_field::{Axis, Boundary, Grid};
use equipoise_report::colour::{ANCHORS, NOT_FINITE, POINT, Rgb, SOLID, level, of_level};
use equipoise_report::{Frame, Image, Panel, Quantity};

/// A decoded palette PNG.
struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<Rgb>,
}

impl Pixels {
    fn of(image: &Image) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&image.png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        assert_eq!(reader.info().color_type, png::ColorType::Indexed);
        let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut bytes).expect("pixels");
        let rgb = bytes.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        Self { width: info.width as usize, height: info.height as usize, rgb }
    }

    fn at(&self, x: usize, y: usize) -> Rgb {
        self.rgb[y * self.width + x]
    }

    /// (left, top, right, bottom) of the pixels of one colour, and how many there are.
    fn bounds(&self, colour: Rgb) -> ((usize, usize, usize, usize), usize) {
        let places = || (0..self.rgb.len()).filter(|&i| self.rgb[i] == colour);
        let (xs, ys) = (|| places().map(|i| i % self.width), || places().map(|i| i / self.width));
        let bounds = xs().min().zip(ys().min()).zip(xs().max().zip(ys().max()));
        let ((left, top), (right, bottom)) = bounds.expect("a pixel of that colour");
        ((left, top, right, bottom), places().count())
    }
}

fn grid(x_axis: Axis) -> Grid {
    Grid { x_axis, dx: 0.1, dy: 0.1, boundary: Boundary::Open }
}

/// A panel of `planes` on `nx` × `ny` physical cells.
fn panel<'a>(planes: &'a [Vec<f32>], x_axis: Axis, nx: usize, ny: usize) -> Panel<'a> {
    let frame = |vorticity: &'a Vec<f32>| Frame { label: "t = 0".into(), vorticity, observed: &[] };
    let (height, width) = if x_axis == Axis::H { (nx, ny) } else { (ny, nx) };
    Panel {
        title: "sum, sub 2".into(),
        frames: planes.iter().map(frame).collect(),
        height,
        width,
        grid: grid(x_axis),
        limit: 1.0,
        unit: "1/s".into(),
        solid: None,
    }
}

/// The plane whose value at (x, y) is `value(x, y)`.
fn plane(x_axis: Axis, nx: usize, ny: usize, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    match x_axis {
        Axis::H => (0..nx * ny).map(|i| value(i / ny, i % ny)).collect(),
        Axis::W => (0..nx * ny).map(|i| value(i % nx, i / nx)).collect(),
    }
}

/// Every other level of the map, which a page shows: halves go away from white.
fn coarse(level: usize) -> usize {
    let apart = level as i32 - 64;
    (64 + (apart + apart.signum()) / 2 * 2) as usize
}

#[test]
fn every_cell_has_the_colour_of_its_value_where_x_runs_right_and_y_up() {
    let (nx, ny) = (7, 4);
    let field = |x: usize, y: usize| (x as f32 - 3.0) * 0.2 + y as f32 * 0.09;
    for x_axis in [Axis::H, Axis::W] {
        let planes = [plane(x_axis, nx, ny, field)];
        let image = panel(&planes, x_axis, nx, ny).cells().unwrap();
        let pixels = Pixels::of(&image);
        assert_eq!((pixels.width, pixels.height), (nx, ny));
        for x in 0..nx {
            for y in 0..ny {
                let expected = of_level(coarse(level(field(x, y), 1.0).unwrap()));
                assert_eq!(pixels.at(x, ny - 1 - y), expected, "{x_axis:?}: x {x}, y {y}");
            }
        }
    }
}

#[test]
fn both_array_orders_give_the_same_labelled_picture() {
    let field = |x: usize, y: usize| (x as f32 * 0.3).sin() * y as f32 * 0.05;
    let draw =
        |x_axis| panel(&[plane(x_axis, 24, 12, field)], x_axis, 24, 12).picture(Quantity::VORTICITY).unwrap();
    assert!(draw(Axis::H) == draw(Axis::W));
}

#[test]
fn a_cell_at_large_x_and_large_y_is_a_whole_block_at_the_top_right() {
    let (nx, ny) = (64, 64);
    for x_axis in [Axis::H, Axis::W] {
        let corner = |x: usize, y: usize| if (x, y) == (nx - 1, ny - 1) { f32::NAN } else { 0.0 };
        let origin = |x: usize, y: usize| if (x, y) == (0, 0) { f32::NAN } else { 0.0 };
        let block = |field: &dyn Fn(usize, usize) -> f32| {
            let planes = [plane(x_axis, nx, ny, field)];
            let pixels = Pixels::of(&panel(&planes, x_axis, nx, ny).picture(Quantity::VORTICITY).unwrap());
            pixels.bounds(NOT_FINITE)
        };
        let ((left, top, right, bottom), count) = block(&corner);
        // 64 cells in 256 pixels: 4 × 4 pixels each, no smoothing.
        assert_eq!((right - left + 1, bottom - top + 1, count), (4, 4, 16));
        let ((first, highest, _, _), _) = block(&origin);
        assert_eq!((left - first, highest - top), (4 * 63, 4 * 63));
    }
}

#[test]
fn values_that_are_not_finite_and_the_body_have_colours_of_their_own() {
    let values = vec![0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e12];
    let planes = [values];
    let solid = [false, false, false, false, true, false];
    let mut panel = panel(&planes, Axis::W, 6, 1);
    panel.solid = Some(&solid);
    let pixels = Pixels::of(&panel.cells().unwrap());
    let white = [255, 255, 255];
    assert_eq!(pixels.rgb, [white, NOT_FINITE, NOT_FINITE, NOT_FINITE, SOLID, ANCHORS[10]]);
    assert_eq!(
        panel.summary(Quantity::VORTICITY),
        "vorticity from 0 to 1.00e12 1/s, 50.0 % of cells beyond the colour scale ±1.00; \
         3 cells not finite (magenta)"
    );
}

#[test]
fn bare_frames_stand_beside_each_other_and_wide_ones_below() {
    let planes = vec![vec![0.25; 36]; 2];
    let square = panel(&planes, Axis::W, 6, 6).cells().unwrap();
    assert_eq!((square.width, square.height), (13, 6));
    let wide = panel(&planes, Axis::H, 12, 3).cells().unwrap();
    assert_eq!((wide.width, wide.height), (12, 7));
}

#[test]
fn observed_points_are_dots_in_their_cells() {
    for x_axis in [Axis::H, Axis::W] {
        let planes = [vec![0.0; 256], vec![0.0; 256]];
        let mut panel = panel(&planes, x_axis, 16, 16);
        let points = [0, 255];
        panel.frames[0].observed = &points;
        let pixels = Pixels::of(&panel.cells().unwrap());
        let dark = (0..256).filter(|i| pixels.at(i % 16, i / 16) == POINT).count();
        let second = (0..256).filter(|i| pixels.at(17 + i % 16, i / 16) == POINT).count();
        assert!((2..=32).contains(&dark), "{dark}");
        assert_eq!(second, 0, "the second frame has no points");
        assert_eq!((pixels.at(0, 15), pixels.at(15, 0)), (POINT, POINT));
    }
}

#[test]
fn the_png_has_the_stated_size_and_the_same_input_gives_the_same_bytes() {
    let planes: Vec<Vec<f32>> = (0..5)
        .map(|t| plane(Axis::W, 40, 20, |x, y| ((x + t) as f32 * 0.4).sin() * y as f32 * 0.1))
        .collect();
    for frames in 1..=5 {
        let draw = || panel(&planes[..frames], Axis::W, 40, 20);
        for image in [draw().picture(Quantity::VORTICITY).unwrap(), draw().cells().unwrap()] {
            let pixels = Pixels::of(&image);
            assert_eq!((pixels.width, pixels.height), (image.width, image.height));
        }
        assert!(draw().picture(Quantity::VORTICITY).unwrap() == draw().picture(Quantity::VORTICITY).unwrap());
    }
}

#[test]
fn one_scale_serves_all_pictures_of_a_dataset() {
    let (tame, wild) = ([vec![0.5, 0.1]], [vec![0.5, 1e9]]);
    let colour = |planes: &[Vec<f32>]| Pixels::of(&panel(planes, Axis::W, 2, 1).cells().unwrap()).at(0, 0);
    assert_eq!(colour(&tame), colour(&wild));
}

#[test]
fn a_narrow_picture_still_holds_its_title() {
    let planes = [vec![0.0; 4]];
    let mut panel = panel(&planes, Axis::W, 2, 2);
    panel.title = "a title of many words that cannot stand in one line of so narrow a picture ".repeat(3);
    let tall = Pixels::of(&panel.picture(Quantity::VORTICITY).unwrap());
    panel.title = "short".into();
    let low = Pixels::of(&panel.picture(Quantity::VORTICITY).unwrap());
    assert!(tall.width == low.width && tall.height > low.height);
}

#[test]
fn faults_name_the_picture_what_was_found_and_what_was_expected() {
    type Spoil = fn(&mut Panel<'_>);
    let cases: [(Spoil, &str); 6] = [
        (|p| p.frames.clear(), "0 frames of 2 × 3 cells"),
        (|p| p.width = 4, "a frame has 6 entries, expected H·W = 8"),
        (|p| p.solid = Some(&[true]), "the solid mask has 1 entries, expected H·W = 6"),
        (|p| p.frames[0].observed = &[6], "observed point 6 lies outside a plane of 6 cells"),
        (|p| p.limit = f64::NAN, "colour limit is NaN, expected a positive finite number"),
        (|p| p.grid.dy = -1.0, "grid spacing dy is -1, expected a positive finite number"),
    ];
    let planes = [vec![0.0; 6]];
    for (spoil, expected) in cases {
        let mut panel = panel(&planes, Axis::W, 3, 2);
        spoil(&mut panel);
        for result in [panel.picture(Quantity::VORTICITY), panel.cells()] {
            let message = result.unwrap_err().to_string();
            assert!(message.contains("\"sum, sub 2\"") && message.contains(expected), "{message}");
        }
    }
}
