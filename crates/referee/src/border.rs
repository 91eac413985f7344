//! What stands at the border of a field, beside what stands inside.

use equipoise_field::{Axis, Real, Shape};

/// Mean square differences of one frame, all channels: over the pair of lines at each end of H and of W (`wraps`:
/// across the seam between the last and the first), and over all pairs of lines inside. Pairs of cells without flow
/// do not count.
pub(crate) fn border(field: &[f32], shape: Shape, wraps: bool, flags: &[bool]) -> [f64; 2] {
    let mut sums = [[0.0, 0.0], [0.0, 0.0]];
    for axis in [Axis::H, Axis::W] {
        let (length, across) = match axis {
            Axis::H => (shape.height, shape.width),
            Axis::W => (shape.width, shape.height),
        };
        let cell = |line: usize, place: usize| match axis {
            Axis::H => line * shape.width + place,
            Axis::W => place * shape.width + line,
        };
        let pairs = if wraps { length } else { length.saturating_sub(1) };
        for line in 0..pairs {
            let next = (line + 1) % length;
            let outermost = if wraps { next == 0 } else { line == 0 || line + 1 == pairs };
            let sum = &mut sums[usize::from(!outermost)];
            for place in 0..across {
                let (a, b) = (cell(line, place), cell(next, place));
                if flags[a] && flags[b] {
                    for c in 0..shape.channels {
                        let plane = &field[c * shape.plane()..];
                        sum[0] += (plane[b].wide() - plane[a].wide()).powi(2);
                        sum[1] += 1.0;
                    }
                }
            }
        }
    }
    sums.map(|[square, count]| square / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ramp along W has one difference everywhere but across the seam.
    #[test]
    fn a_ramp_breaks_at_the_seam() {
        let shape = Shape::new(1, 1, 2, 4);
        let ramp = [0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0];
        let flags = [true; 8];
        // Across both seams: 3² in two rows, 0 in four columns; inside 1 in six pairs, 0 in four.
        assert_eq!(border(&ramp, shape, true, &flags).to_vec(), vec![3.0, 0.6]);
        // Open: the outermost pairs of W, four of difference 1, and the only pair of H, 4 of 0.
        assert_eq!(border(&ramp, shape, false, &flags).to_vec(), vec![0.5, 1.0]);
    }
}
