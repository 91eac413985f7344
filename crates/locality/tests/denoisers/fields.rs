//! Sensitivity fields, their radius, and the distance to the training set.

use crate::{LEVEL, all, noisy, samples, training};
use equipoise_field::{Axis, Shape};
use equipoise_locality::{
    Border, locality_radius, memorisation_index, nearest, sensitivity, sensitivity_by_differences,
};

const SHAPE: Shape = Shape::new(1, 2, 4, 6);

/// The row from one vjp is the row from differences, which no transposed Jacobian would pass.
#[test]
fn rows_agree_with_differences() {
    let (x_t, inputs) = (noisy(SHAPE, LEVEL), (0..SHAPE.len()).collect::<Vec<_>>());
    for (name, denoiser) in all(SHAPE, 30) {
        let rows = sensitivity(denoiser.as_ref(), &x_t, LEVEL, &[0, 31]).unwrap();
        for (pixel, row) in [0, 31].into_iter().zip(rows) {
            let slopes =
                sensitivity_by_differences(denoiser.as_ref(), &x_t, LEVEL, pixel, &inputs, 1e-5).unwrap();
            for n in 0..SHAPE.len() {
                // The difference errs by h² times a third derivative, some 1e2, and by rounding of 1e-15/h.
                assert!(
                    (row[n] - slopes[n]).abs() < 1e-8,
                    "{name}: J[{pixel}, {n}] = {} {}",
                    row[n],
                    slopes[n]
                );
            }
        }
        assert!(sensitivity(denoiser.as_ref(), &x_t, LEVEL, &[SHAPE.len()]).is_err());
        assert!(sensitivity_by_differences(denoiser.as_ref(), &x_t, LEVEL, 0, &[48], 1e-5).is_err());
    }
}

/// Squares 4, 1 and 1 at distances 0, 1 (across the border) and √5.
#[test]
fn the_radius_holds_its_share() {
    let mut row = vec![0.0; SHAPE.len()];
    row[SHAPE.index(0, 0, 1, 0)] = 2.0;
    row[SHAPE.index(0, 1, 1, 5)] = -1.0;
    row[SHAPE.index(0, 0, 2, 2)] = 1.0;
    let radius =
        |border, share| locality_radius(SHAPE, [border; 2], SHAPE.index(0, 1, 1, 0), &row, share).unwrap();
    assert_eq!([0.0, 0.6, 0.8, 1.0].map(|s| radius(Border::Periodic, s)), [0.0, 0.0, 1.0, 5f64.sqrt()]);
    // Without the way round the second lies 5 away.
    assert_eq!([0.6, 0.8, 1.0].map(|s| radius(Border::Clipped, s)), [0.0, 5f64.sqrt(), 5.0]);
    let nothing = vec![0.0; SHAPE.len()];
    assert_eq!(locality_radius(SHAPE, [Border::Clipped; 2], 0, &nothing, 0.5).unwrap(), 0.0);
    assert!(locality_radius(SHAPE, [Border::Clipped; 2], 0, &row[1..], 0.5).is_err());
}

#[test]
fn a_recalled_sample_is_found_with_its_shift() {
    let set = training(SHAPE, 20).shifted(Axis::W, 3).unwrap();
    let all = samples(SHAPE, 20);
    let x = &all[17 * SHAPE.len()..18 * SHAPE.len()];
    // The second shift reads x(w + 4); a tenth is added to every number.
    let moved: Vec<f64> = (0..x.len()).map(|n| x[n / 6 * 6 + (n + 4) % 6] + 0.1).collect();
    let found = nearest(&set, &moved).unwrap();
    assert_eq!((found.sample, found.shift), (17, 2));
    assert!((found.distance - 0.1).abs() < 1e-14);
    assert!((memorisation_index(found.distance, &[0.3, 0.5, 0.1, 0.7]) - 0.25).abs() < 1e-14);
    assert!(memorisation_index(1.0, &[]).is_nan());
}
