//! Where two denoisers must agree.

use crate::{LEVEL, assert_near, denoise, noisy, over, samples, stationary, training, vjp};
use equipoise_covariance::{Covariance, Modes};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Axis, Boundary, Shape};
use equipoise_locality::{Border, Memory, Optimal, Patch, Pixelwise, Training};
use std::sync::Arc;

const SHAPE: Shape = Shape::new(1, 2, 4, 6);

fn agree(what: &str, a: &dyn Denoiser<f64>, b: &dyn Denoiser<f64>, bound: f64) {
    let x_t = noisy(SHAPE, LEVEL);
    let v: Vec<f64> = (0..x_t.len()).map(|i| (0.7 * i as f64).sin()).collect();
    assert_near(what, &denoise(a, &x_t, LEVEL), &denoise(b, &x_t, LEVEL), bound);
    let (left, right) = (vjp(a, &x_t, LEVEL, &v), vjp(b, &x_t, LEVEL, &v));
    assert!(right.iter().any(|p| p.abs() > 1e-3), "{what}: the products are too small to compare");
    assert_near(what, &left, &right, bound);
}

#[test]
fn a_patch_of_the_whole_frame_is_optimal() {
    let optimal = Optimal::new(training(SHAPE, 30));
    for boundary in [Boundary::Periodic, Boundary::Open] {
        agree("whole", &Pixelwise::local(training(SHAPE, 30), Patch::square(9, boundary)), &optimal, 1e-12);
    }
}

/// M is all ones when the field has one mode, constant over it, and for any θ ≤ 1; the soft mask too.
#[test]
fn a_mask_of_ones_is_optimal() {
    let optimal = Optimal::new(training(SHAPE, 30));
    let constant = vec![1.0 / (SHAPE.len() as f64).sqrt(); SHAPE.len()];
    let one = Modes::new(SHAPE.len(), constant, vec![2.0], Some(0.0)).unwrap();
    let covariance: Arc<dyn Covariance<f64>> = Arc::new(one);
    for threshold in [0.0, 0.5] {
        let masked = Pixelwise::locality(training(SHAPE, 30), Arc::clone(&covariance), threshold).unwrap();
        agree("ones", &masked, &optimal, 1e-11);
    }
}

/// With θ above every other entry a pixel sees only itself: LS with the patch of one point, were the
/// channels apart.
#[test]
fn a_mask_of_the_diagonal_is_one_softmax_per_number() {
    let shape = SHAPE;
    let flat = Shape::new(1, 1, 1, shape.len());
    let alone = Pixelwise::local(over(flat, samples(shape, 30)), Patch::square(0, Boundary::Open));
    let covariance = stationary(shape, &samples(shape, 64));
    let masked = Pixelwise::locality(training(shape, 30), covariance, 0.95).unwrap();
    agree("diagonal", &masked, &alone, 1e-11);
}

#[test]
fn one_offset_is_local() {
    for boundary in [Boundary::Periodic, Boundary::Open] {
        let patch = Patch::square(1, boundary);
        let single = Pixelwise::equivariant_local(&training(SHAPE, 30), patch, [4, 6]).unwrap();
        agree("one offset", &single, &Pixelwise::local(training(SHAPE, 30), patch), 0.0);
    }
}

/// Against the definition, one pair of patches after the other, on mixed borders.
#[test]
fn equivariant_is_the_softmax_over_all_patches() {
    let patch = Patch { radius: [1, 1], border: [Border::Clipped, Border::Periodic] };
    let (count, values) = (5, samples(SHAPE, 5));
    let found = Pixelwise::equivariant_local(&training(SHAPE, count), patch, [1, 1]).unwrap();
    let x_t = noisy(SHAPE, LEVEL);
    let (height, width) = (SHAPE.height, SHAPE.width);
    // What the border cuts off above and below a patch.
    let cut = |h: usize| (1usize.saturating_sub(h), (h + 1).saturating_sub(height - 1));
    let expected: Vec<f64> = (0..SHAPE.len())
        .map(|m| {
            let (_, channel, h, w) = SHAPE.position(m);
            let (mut total, mut mean) = (0.0, 0.0);
            for x in values.chunks(SHAPE.len()) {
                for (p, q) in (0..height).flat_map(|p| (0..width).map(move |q| (p, q))) {
                    if cut(p) != cut(h) || (cut(h) != (0, 0) && p != h) {
                        continue;
                    }
                    let mut distance = 0.0;
                    for (c, dh, dw) in (0..18).map(|j| (j / 9, j / 3 % 3, j % 3)) {
                        if h + dh == 0 || h + dh > height {
                            continue;
                        }
                        let at = SHAPE.index(0, c, h + dh - 1, (w + dw + width - 1) % width);
                        let from = SHAPE.index(0, c, p + dh - 1, (q + dw + width - 1) % width);
                        distance += (x_t[at] - LEVEL.mu * x[from]).powi(2);
                    }
                    let weight = (-distance / (2.0 * LEVEL.sigma.powi(2))).exp();
                    total += weight;
                    mean += weight * x[SHAPE.index(0, channel, p, q)];
                }
            }
            mean / total
        })
        .collect();
    assert_near("ELS", &denoise(&found, &x_t, LEVEL), &expected, 1e-13);
}

/// With all offsets of a periodic axis the denoiser commutes with every shift along it.
#[test]
fn equivariance() {
    let patch = Patch { radius: [1, 1], border: [Border::Clipped, Border::Periodic] };
    let denoiser = Pixelwise::equivariant_local(&training(SHAPE, 8), patch, [4, 1]).unwrap();
    let x_t = noisy(SHAPE, LEVEL);
    let shift = |x: &[f64]| -> Vec<f64> {
        let source = |n: usize| n / 6 * 6 + (n + 2) % 6;
        (0..x.len()).map(|n| x[source(n)]).collect()
    };
    let after = shift(&denoise(&denoiser, &x_t, LEVEL));
    assert_near("shifted", &denoise(&denoiser, &shift(&x_t), LEVEL), &after, 1e-13);
}

/// Shifts that are made while reading are the shifts that could have been stored.
#[test]
fn shifts_are_samples() {
    let stored: Vec<f64> = samples(SHAPE, 3)
        .chunks(SHAPE.len())
        .flat_map(|x| {
            let shifted = |k: usize| {
                (0..x.len()).map(move |n| {
                    let (t, c, h, w) = SHAPE.position(n);
                    x[SHAPE.index(t, c, (h + 2 * (k / 3)) % 4, (w + 2 * (k % 3)) % 6)]
                })
            };
            (0..6).flat_map(shifted).collect::<Vec<f64>>()
        })
        .collect();
    let made = training(SHAPE, 3).shifted(Axis::H, 2).unwrap().shifted(Axis::W, 3).unwrap();
    assert_eq!(made.count(), 18);
    assert_eq!(made.shifts()[1], [0, 2]);
    agree("shifts", &Optimal::new(made), &Optimal::new(over(SHAPE, stored)), 1e-14);
    let refused = training(SHAPE, 3).shifted(Axis::W, 4).err().unwrap().to_string();
    assert_eq!(refused, "shifts along W: found 4, expected a divisor of the axis' length 6");
}

/// Windows of a trajectory overlap and are not copied.
#[test]
fn windows_are_samples() {
    let series = Shape::new(5, 1, 2, 3);
    let values = samples(series, 2);
    let shape = Shape::new(2, 1, 2, 3);
    let copied: Vec<f64> =
        values.chunks(30).flat_map(|s| s.windows(12).step_by(6).flatten().copied()).collect();
    let windows = Training::new(shape, Arc::new(Memory::windows(values, series, 2).unwrap())).unwrap();
    assert_eq!(windows.count(), 8);
    let x_t = noisy(shape, LEVEL);
    let (a, b) = (Optimal::new(windows), Optimal::new(over(shape, copied)));
    assert_eq!(denoise(&a, &x_t, LEVEL), denoise(&b, &x_t, LEVEL));
}
