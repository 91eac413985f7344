//! Convolutions against their definition in f64, adjoints against each other, the same bits on any shares.

use super::*;
use equipoise_blas as _;
use pixels::{of_planes, to_planes};
use pulp::Arch;
use std::cell::Cell;

thread_local! {
    /// The vectors that this thread's kernels run in, in place of the widest.
    pub(crate) static ASKED: Cell<Option<Arch>> = const { Cell::new(None) };
}

/// Every kind of vectors that kernels have code for and this processor runs, the widest last.
fn vectors() -> Vec<Arch> {
    let mut all = vec![Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all.extend(pulp::x86::V4::try_new().map(Arch::V4));
    }
    all
}

/// Numbers of mean 0 and variance about 1 that depend on `seed` alone.
fn numbers<R: Real>(seed: u64, len: usize) -> Vec<R> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..len).map(|_| R::narrow(f64::from((0..12).map(|_| uniform()).sum::<f64>() as f32))).collect()
}

/// Kernels, strides, paddings, sizes: odd and even, channels short of a vector, of a block, beyond both.
fn cases() -> Vec<(Convolution, [usize; 2])> {
    let mut cases = Vec::new();
    let kernels = [
        ([3, 3], [1, 1]),
        ([3, 3], [2, 2]),
        ([1, 1], [1, 1]),
        ([5, 3], [1, 1]),
        ([3, 5], [3, 1]),
        ([1, 3], [1, 2]),
    ];
    let sizes = [
        ([2, 1], 1, 1),
        ([4, 4], 3, 2),
        ([5, 7], 17, 33),
        ([8, 6], 16, 32),
        ([11, 13], 5, 40),
        ([3, 9], 35, 70),
    ];
    let paddings = [[false, false], [true, true], [true, false], [false, true]];
    for (kernel, stride) in kernels {
        for (grid, channels, filters) in sizes {
            for circular in paddings {
                let convolution = Convolution { filters, channels, kernel, finer: [1, 1], stride, circular };
                if convolution.wraps_once(grid) {
                    cases.push((convolution, grid));
                }
            }
        }
    }
    for ((kernel, stride), finer) in kernels[..3].iter().zip([[2, 2], [1, 3], [3, 2]]) {
        let of = Convolution {
            filters: 5,
            channels: 17,
            kernel: *kernel,
            finer,
            stride: *stride,
            circular: [false; 2],
        };
        cases.extend(paddings.map(|circular| (Convolution { circular, ..of }, [3, 5])));
    }
    cases
}

/// Σ over the definition, by `each(y, w, x)`, indices of y, w and x that meet.
fn meet(of: &Convolution, grid: [usize; 2], mut each: impl FnMut(usize, usize, usize)) {
    let [filters, channels, high, wide] = of.shape();
    let [height, width] = of.target(grid);
    let inside = |axis: usize, at: usize, tap: usize| {
        let at = (at * of.stride[axis] + tap) as isize - (of.kernel[axis] / 2) as isize;
        let (size, circular) = ((grid[axis] * of.finer[axis]) as isize, of.circular[axis]);
        (circular || (0..size).contains(&at)).then(|| at.rem_euclid(size) as usize / of.finer[axis])
    };
    for (i, j) in (0..height * width).map(|n| (n / width, n % width)) {
        for (k, l) in (0..high * wide).map(|n| (n / wide, n % wide)) {
            let (Some(row), Some(column)) = (inside(0, i, k), inside(1, j, l)) else { continue };
            for (f, c) in (0..filters * channels).map(|n| (n / channels, n % channels)) {
                let y = (i * width + j) * filters + f;
                let x = (row * grid[1] + column) * channels + c;
                each(y, ((f * channels + c) * high + k) * wide + l, x);
            }
        }
    }
}

struct Made {
    y: Vec<f64>,
    added: Vec<f64>,
    x: Vec<f64>,
    w: Vec<f64>,
}

/// What the kernels make of fixed numbers on so many shares.
fn made<R: Real>(of: &Convolution, grid: [usize; 2], shares: usize) -> Made {
    let [height, width] = of.target(grid);
    let (x, x2) =
        (numbers::<R>(1, grid[0] * grid[1] * of.channels), numbers::<R>(2, grid[0] * grid[1] * of.channels));
    let w = numbers::<R>(3, of.shape().iter().product());
    let (v, v2) =
        (numbers::<R>(4, height * width * of.filters), numbers::<R>(5, height * width * of.filters));
    let bias = numbers::<R>(6, of.filters);
    let mut room = Room::default();
    room.share(shares);
    let mut y = vec![R::nan(); v.len()];
    of.apply(grid, &x, &w, Some(&bias), &mut y, &mut room);
    let mut added = y.clone();
    of.apply(grid, &x2, &w, None, &mut added, &mut room);
    let mut back = x2.clone();
    of.adjoint(grid, &v, &w, &mut back, &mut room);
    let mut gradient = w.clone();
    of.correlate(grid, &[[&x, &v], [&x2, &v2]], &mut gradient, &mut room);
    let wide = |of: Vec<R>| of.iter().map(|v| v.wide()).collect();
    Made { y: wide(y), added: wide(added), x: wide(back), w: wide(gradient) }
}

fn defined(of: &Convolution, grid: [usize; 2]) -> Made {
    let [height, width] = of.target(grid);
    let (x, x2) = (
        numbers::<f64>(1, grid[0] * grid[1] * of.channels),
        numbers::<f64>(2, grid[0] * grid[1] * of.channels),
    );
    let w = numbers::<f64>(3, of.shape().iter().product());
    let (v, v2) =
        (numbers::<f64>(4, height * width * of.filters), numbers::<f64>(5, height * width * of.filters));
    let bias = numbers::<f64>(6, of.filters);
    let mut made = Made {
        y: (0..v.len()).map(|n| bias[n % of.filters]).collect(),
        added: vec![0.0; v.len()],
        x: x2.clone(),
        w: w.clone(),
    };
    meet(of, grid, |a, b, c| {
        made.y[a] += w[b] * x[c];
        made.added[a] += w[b] * x2[c];
        made.x[c] += w[b] * v[a];
        made.w[b] += x[c] * v[a] + x2[c] * v2[a];
    });
    made.added.iter_mut().zip(&made.y).for_each(|(added, y)| *added += y);
    made
}

fn near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    let error = found.iter().zip(expected).fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / scale;
    assert!(error <= tolerance, "{what}: {error:e}");
}

#[test]
fn convolutions_and_adjoints_are_as_defined() {
    for (of, grid) in cases() {
        let expected = defined(&of, grid);
        for (name, found, tolerance) in
            [("f64", made::<f64>(&of, grid, 1), 1e-13), ("f32", made::<f32>(&of, grid, 1), 2e-6)]
        {
            let what = format!("{of:?} on {grid:?} in {name}");
            near(&format!("{what}: y"), &found.y, &expected.y, tolerance);
            near(&format!("{what}: y added to"), &found.added, &expected.added, tolerance);
            near(&format!("{what}: x"), &found.x, &expected.x, tolerance);
            near(&format!("{what}: w"), &found.w, &expected.w, tolerance);
        }
    }
}

/// AVX2 on a processor with AVX-512, and none on either: no other machine has to be waited for.
#[test]
fn narrower_vectors_are_right_and_wider_ones_change_no_bit() {
    for (of, grid) in cases() {
        let expected = defined(&of, grid);
        let mut fused: Option<Made> = None;
        for arch in vectors() {
            ASKED.set(Some(arch));
            let found = made::<f32>(&of, grid, 1);
            ASKED.set(None);
            let what = format!("{of:?} on {grid:?}, {arch:?}");
            let bits = |of: &Made| {
                [&of.y, &of.added, &of.x, &of.w].map(|of| of.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
            };
            for (found, expected) in [
                (&found.y, &expected.y),
                (&found.added, &expected.added),
                (&found.x, &expected.x),
                (&found.w, &expected.w),
            ] {
                near(&what, found, expected, 2e-6);
            }
            if !matches!(arch, Arch::Scalar) {
                assert!(fused.as_ref().is_none_or(|fused| bits(fused) == bits(&found)), "{what}");
                fused = Some(found);
            }
        }
    }
}

#[test]
fn the_widest_vectors_are_taken() {
    struct Lanes;
    impl pulp::WithSimd for Lanes {
        type Output = usize;
        fn with_simd<S: pulp::Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    let widest = *vectors().last().expect("there is one without vectors");
    assert_eq!(single::vector::widest(Lanes), widest.dispatch(Lanes));
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        assert!(widest.dispatch(Lanes) >= 8);
    }
}

#[test]
fn no_bit_depends_on_the_shares() {
    for (of, grid) in cases() {
        let one = made::<f32>(&of, grid, 1);
        for shares in [2, 3, 8] {
            let found = made::<f32>(&of, grid, shares);
            for (a, b) in
                [(&one.y, &found.y), (&one.added, &found.added), (&one.x, &found.x), (&one.w, &found.w)]
            {
                assert!(
                    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()),
                    "{of:?} on {grid:?}, {shares}"
                );
            }
        }
    }
}

/// A finer x gives the bits of one that is made, forwards, back, and in the weights.
#[test]
fn a_finer_grid_need_not_be_made() {
    for (of, grid) in cases().into_iter().filter(|(of, _)| of.finer != [1, 1]) {
        let (plain, fine) = (Convolution { finer: [1, 1], ..of }, of.finer(grid));
        let [height, width] = of.target(grid);
        let x = numbers::<f32>(1, grid[0] * grid[1] * of.channels);
        let w = numbers::<f32>(2, of.shape().iter().product());
        let v = numbers::<f32>(3, height * width * of.filters);
        let repeated: Vec<f32> = (0..fine[0] * fine[1])
            .map(|n| (n / fine[1] / of.finer[0], n % fine[1] / of.finer[1]))
            .flat_map(|(i, j)| x[(i * grid[1] + j) * of.channels..][..of.channels].to_vec())
            .collect();
        let mut room = Room::default();
        let mut y = [vec![0.0; v.len()], vec![0.0; v.len()]];
        of.apply(grid, &x, &w, None, &mut y[0], &mut room);
        plain.apply(fine, &repeated, &w, None, &mut y[1], &mut room);
        assert_eq!(y[0], y[1], "{of:?}");
        let mut gradients = [w.clone(), w.clone()];
        of.correlate(grid, &[[&x, &v]], &mut gradients[0], &mut room);
        plain.correlate(fine, &[[&repeated, &v]], &mut gradients[1], &mut room);
        assert_eq!(gradients[0], gradients[1], "{of:?}");
        let (mut back, mut made) = (x.clone(), vec![0.0; repeated.len()]);
        let mut expected = x.clone();
        of.adjoint(grid, &v, &w, &mut back, &mut room);
        plain.adjoint(fine, &v, &w, &mut made, &mut room);
        pixels::add_finer(&made, fine, of.finer, &mut expected);
        assert_eq!(back, expected, "{of:?}");
    }
}

/// As many parts as it takes, none empty, together all panels.
#[test]
fn weights_come_in_parts_of_about_one_size() {
    for (panels, panel, most, expected) in [
        (8, 10, 100, vec![8]),
        (8, 10, 79, vec![4, 4]),
        (5, 10, 20, vec![2, 2, 1]),
        (3, 10, 1, vec![1, 1, 1]),
    ] {
        let found: Vec<_> = room::parts(panels, panel, most).collect();
        assert_eq!(found.iter().map(std::iter::ExactSizeIterator::len).collect::<Vec<_>>(), expected);
        assert!(found.iter().cloned().flatten().eq(0..panels));
    }
}

#[test]
fn planes_become_pixels_and_come_back() {
    for (channels, plane) in [(1, 1), (3, 5), (17, 130), (4, 64)] {
        let planes = numbers::<f32>(1, channels * plane);
        let (mut pixels, mut back) = (vec![0.0; planes.len()], vec![0.0; planes.len()]);
        of_planes(&planes, channels, &mut pixels);
        assert!(
            (0..planes.len())
                .all(|n| pixels[n % plane * channels + n / plane].to_bits() == planes[n].to_bits())
        );
        to_planes(&pixels, channels, &mut back);
        assert_eq!(planes, back);
    }
}
