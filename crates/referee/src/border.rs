//! What stands at the border of a field, beside what stands inside.

use equipoise_field::{Real, Shape, sum};

/// Mean square differences of one frame, all channels: over the pair of lines at each end of H and of W (`wraps`:
/// across the seam between the last and the first), and over all pairs of lines inside. Pairs of cells without flow
/// do not count.
pub(crate) fn border(field: &[f32], shape: Shape, wraps: bool, flags: &[bool]) -> [f64; 2] {
    let Shape { height, width, .. } = shape;
    let mut sums = [[0.0; 2]; 2];
    let mut add = |outermost: bool, [square, count]: [f64; 2]| {
        let sum = &mut sums[usize::from(!outermost)];
        *sum = [sum[0] + square, sum[1] + count];
    };
    for plane in field.chunks_exact(shape.plane()) {
        let row = |h: usize| (&plane[h * width..(h + 1) * width], &flags[h * width..(h + 1) * width]);
        for h in 0..if wraps { height } else { height.saturating_sub(1) } {
            let outermost = if wraps { h + 1 == height } else { h == 0 || h + 2 == height };
            add(outermost, steps(row(h), row((h + 1) % height)));
        }
        for h in 0..height {
            let (values, flags) = row(h);
            let part = |from: usize, to: usize| (&values[from..to], &flags[from..to]);
            // Pairs of w and w + 1.
            let pairs = |from: usize, to: usize| steps(part(from, to), part(from + 1, to + 1));
            if wraps {
                add(true, steps(part(width - 1, width), part(0, 1)));
                add(false, pairs(0, width - 1));
            } else if width > 2 {
                add(true, pairs(0, 1));
                add(true, pairs(width - 2, width - 1));
                add(false, pairs(1, width - 2));
            } else if width > 1 {
                add(true, pairs(0, 1));
            }
        }
    }
    sums.map(|[square, count]| square / count)
}

/// Σ (b − a)² over cells that both have flow, and their number.
fn steps((a, of_a): (&[f32], &[bool]), (b, of_b): (&[f32], &[bool])) -> [f64; 2] {
    let open = |flags: &[bool]| flags.iter().all(|flag| *flag);
    if open(of_a) && open(of_b) {
        return [sum::squared_distance(a, b), a.len() as f64];
    }
    let both = a.iter().zip(b).zip(of_a.iter().zip(of_b)).filter(|(_, (a, b))| **a && **b);
    both.fold([0.0; 2], |[square, count], ((a, b), _)| [square + (b.wide() - a.wide()).powi(2), count + 1.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    /// Pair by pair, by definition.
    fn defined(field: &[f32], shape: Shape, wraps: bool, flags: &[bool]) -> [f64; 2] {
        let Shape { height, width, .. } = shape;
        let mut sums = [[0.0; 2]; 2];
        for (i, j, length, place) in (0..height * width).flat_map(|i| {
            let (h, w) = (i / width, i % width);
            [(i, (h + 1) % height * width + w, height, h), (i, h * width + (w + 1) % width, width, w)]
        }) {
            let seam = place + 1 == length;
            if (seam && !wraps) || !flags[i] || !flags[j] {
                continue;
            }
            let outermost = if wraps { seam } else { place == 0 || place + 2 == length };
            for plane in field.chunks_exact(shape.plane()) {
                let sum = &mut sums[usize::from(!outermost)];
                *sum = [sum[0] + (plane[j].wide() - plane[i].wide()).powi(2), sum[1] + 1.0];
            }
        }
        sums.map(|[square, count]| square / count)
    }

    #[test]
    fn rows_have_the_sums_of_pairs() {
        for (k, (height, width)) in [(2, 3), (5, 4), (7, 9), (4, 19)].into_iter().enumerate() {
            let shape = Shape::new(1, 2, height, width);
            let field: Vec<f32> = Stream::new("border").normal(k as u64, shape.len());
            let mut flags = vec![true; shape.plane()];
            for solid in [shape.plane(), 1, shape.plane() - 2] {
                flags.get_mut(solid).into_iter().for_each(|flag| *flag = false);
                for wraps in [false, true] {
                    let found = border(&field, shape, wraps, &flags);
                    let expected = defined(&field, shape, wraps, &flags);
                    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan());
                    assert!(
                        found.iter().zip(&expected).all(near),
                        "{shape:?} {wraps} {found:?} {expected:?}"
                    );
                }
            }
        }
    }

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
