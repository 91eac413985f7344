//! Between planes, (C, H·W), and pixels, (H·W, C).

use equipoise_field::Real;

/// Pixels a strip of which stays near the processor.
const STRIP: usize = 64;

/// Adds to every pixel of x those of a finer grid [H, W] that stand on it, line by line: `finer` along H and W each.
///
/// # Panics
/// Unless the lengths are those of both grids.
pub fn add_finer<R: Real>(v: &[R], grid: [usize; 2], finer: [usize; 2], x: &mut [R]) {
    assert_eq!(v.len(), x.len() * finer[0] * finer[1], "pixels of a finer grid: lengths differ");
    let line = v.len() / grid[0].max(1);
    let channels = line / grid[1].max(1);
    for (i, v) in v.chunks_exact(line.max(1)).enumerate() {
        let x = &mut x[i / finer[0] * (line / finer[1])..][..line / finer[1]];
        let pixels = x.chunks_exact_mut(channels.max(1)).zip(v.chunks_exact((finer[1] * channels).max(1)));
        for (x, v) in pixels {
            for v in v.chunks_exact(channels) {
                x.iter_mut().zip(v).for_each(|(x, &v)| *x += v);
            }
        }
    }
}

/// (C, H·W) as (H·W, C). Overwrites `pixels`.
///
/// # Panics
/// If the lengths differ.
pub fn of_planes<R: Real>(planes: &[R], channels: usize, pixels: &mut [R]) {
    assert_eq!(planes.len(), pixels.len(), "pixels of planes: lengths differ");
    let plane = planes.len() / channels.max(1);
    for (strip, pixels) in pixels.chunks_mut(STRIP * channels.max(1)).enumerate() {
        for (c, planes) in planes.chunks_exact(plane.max(1)).enumerate() {
            let planes = &planes[strip * STRIP..];
            pixels[c..].iter_mut().step_by(channels).zip(planes).for_each(|(pixel, value)| *pixel = *value);
        }
    }
}

/// (H·W, C) as (C, H·W). Overwrites `planes`.
///
/// # Panics
/// If the lengths differ.
pub fn to_planes<R: Real>(pixels: &[R], channels: usize, planes: &mut [R]) {
    assert_eq!(planes.len(), pixels.len(), "planes of pixels: lengths differ");
    let plane = planes.len() / channels.max(1);
    for (strip, pixels) in pixels.chunks(STRIP * channels.max(1)).enumerate() {
        for (c, planes) in planes.chunks_exact_mut(plane.max(1)).enumerate() {
            let planes = &mut planes[strip * STRIP..];
            planes
                .iter_mut()
                .zip(pixels[c..].iter().step_by(channels))
                .for_each(|(value, pixel)| *value = *pixel);
        }
    }
}
