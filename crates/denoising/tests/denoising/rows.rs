//! Extents and shifts of fields in closed form, and rows of the Wiener filter.

use crate::made::flow;
use equipoise_denoising::{Pixel, anisotropy, invariances, rows, shifted_agreement, uniform_anisotropy};
use equipoise_field::{Axis, Boundary, Grid, Shape};

fn grid(x_axis: Axis, boundary: Boundary) -> Grid {
    Grid { x_axis, dx: 0.2, dy: 0.1, boundary }
}

/// J = exp(−x²/4a² − y²/4b²): J² has the deviations a and b. Sums over a lattice of spacing well below
/// them miss the integrals by less than f32 rounds.
#[test]
fn a_gaussian_field_has_its_own_extents() {
    let shape = Shape::new(1, 1, 61, 61);
    for x_axis in [Axis::H, Axis::W] {
        let row: Vec<f32> = (0..shape.len())
            .map(|n| {
                let (down, right) = ((n / 61) as f64 - 30.0, (n % 61) as f64 - 30.0);
                let (x, y) =
                    if x_axis == Axis::H { (0.2 * down, 0.1 * right) } else { (0.2 * right, 0.1 * down) };
                (-x * x / (4.0 * 0.49) - y * y / (4.0 * 0.09)).exp() as f32
            })
            .collect();
        for boundary in [Boundary::Open, Boundary::Periodic] {
            let found = anisotropy(shape, &grid(x_axis, boundary), shape.index(0, 0, 30, 30), &row).unwrap();
            assert!((found - 0.7 / 0.3).abs() < 1e-5, "{found}");
        }
    }
}

/// Σ (i − c)² over n points about their middle is n(n² − 1)/12.
#[test]
fn a_uniform_field_has_the_extents_of_the_domain() {
    let shape = Shape::new(1, 2, 5, 9);
    let found = uniform_anisotropy(shape, &grid(Axis::W, Boundary::Open), shape.index(0, 0, 2, 4)).unwrap();
    assert!((found - 2.0 * (80.0f64 / 24.0).sqrt()).abs() < 1e-12, "{found}");
    assert_eq!(anisotropy(shape, &grid(Axis::W, Boundary::Open), 0, &[0.0; 90]), None);
}

#[test]
fn a_shifted_field_agrees_and_a_scaled_one_only_correlates() {
    let shape = Shape::new(1, 1, 4, 6);
    let (from, to) = (shape.index(0, 0, 1, 1), shape.index(0, 0, 3, 5));
    let row: Vec<f32> = (0..24).map(|n| (n * n % 7) as f32).collect();
    let moved = |scale: f32| -> Vec<f32> {
        (0..24).map(|n| scale * row[(n / 6 + 2) % 4 * 6 + (n % 6 + 2) % 6]).collect()
    };
    let both =
        |to_row: &[f32], boundary| shifted_agreement(shape, boundary, [from, to], [&row, to_row]).unwrap();
    let same = both(&moved(1.0), Boundary::Periodic);
    assert!((same.pearson - 1.0).abs() < 1e-12 && (same.r_squared - 1.0).abs() < 1e-12, "{same:?}");
    let scaled = both(&moved(2.0), Boundary::Periodic);
    assert!((scaled.pearson - 1.0).abs() < 1e-12 && scaled.r_squared < 0.5, "{scaled:?}");
    // Only the overlap of two rows and two columns counts: what lies outside may be anything.
    let mut open = moved(1.0);
    (0..24).filter(|n| n / 6 < 2 || n % 6 < 4).for_each(|n| open[n] = 100.0);
    let overlap = both(&open, Boundary::Open);
    assert!((overlap.r_squared - 1.0).abs() < 1e-12, "{overlap:?}");
}

#[test]
fn rows_of_a_stationary_filter_are_one_field_and_agree_with_differences() {
    let flow = flow(200, 3);
    let denoisers = flow.denoisers(&["wiener".parse().unwrap(), "optimal".parse().unwrap()]).unwrap();
    let pixels = [Pixel { h: 1, w: 2 }, Pixel { h: 6, w: 7 }];
    let points = rows(&flow, &denoisers, &pixels, &[0.05, 10.0], 0, &mut || true).unwrap();
    assert_eq!(points.len(), 2 * 2 * 2);
    for p in &points {
        // Frames of variance 3.6 lie some 40 apart: one recalls at σ/μ = 0.05, and does not respond; none at 10.
        let recalls = p.denoiser.base() == "optimal" && p.ratio < 0.1;
        assert_eq!((p.silent, p.radius.is_some()), if recalls { (3, false) } else { (0, true) }, "{p:?}");
    }
    let deviations: Vec<f64> = points.iter().filter_map(|p| p.deviation).collect();
    // One for each of the three that respond. x̂ of size 4 to 8 rounds to 2⁻²², against what the best step moves it
    // by: some 1e-3 at least.
    assert!(deviations.len() == 3 && deviations.iter().all(|d| *d < 1e-3), "{deviations:?}");
    for i in invariances(&flow, &points).unwrap().iter().filter(|i| i.denoiser.base() == "wiener") {
        assert!(i.agreement.r_squared > 1.0 - 1e-9, "{i:?}");
    }
}

#[test]
fn a_pixel_outside_the_grid_names_the_range() {
    let flow = flow(10, 1);
    let message = Pixel { h: 8, w: 0 }.index(flow.shape()).unwrap_err().to_string();
    assert_eq!(message, "pixel: found 8,0, expected H,W with H from 0 to 7 and W from 0 to 7");
    assert_eq!(Pixel::defaults(&flow).len(), 3);
}
