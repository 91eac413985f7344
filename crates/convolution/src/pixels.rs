//! Between planes, (C, H·W), and pixels, (H·W, C).

use equipoise_field::Real;

/// Pixels a strip of which stays near the processor.
const STRIP: usize = 64;

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
