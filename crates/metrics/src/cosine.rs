//! The two-dimensional discrete cosine transform of one plane, for fields that do not wrap.

use equipoise_field::{Real, Shape};
use equipoise_fourier::Fft;
use num_complex::Complex;
use std::f64::consts::PI;
use std::sync::Arc;

/// ĉ_pq = √(H·W) Σ x_ij a_p(i) a_q(j), a_p(i) = √((2 − δ_p0)/n) cos(πp(i + ½)/n): Σ ĉ² = H·W Σ x², as of the Fourier
/// transform without a scale.
///
/// It sees a field and its mirror images beyond its borders, which is continuous: a trend over the domain does not pour
/// into all wavenumbers, as it does where opposite borders are taken for neighbours, and no window takes the field away
/// there. Mode p has p half waves in the length n·Δ.
///
/// References: Denis, Côté & Laprise 2002, "Spectral decomposition of two-dimensional atmospheric fields on limited-area
/// domains using the discrete cosine transform", Mon. Weather Rev. 130, equations 1 to 8; by a Fourier transform of n
/// points, Makhoul 1980, IEEE Trans. Acoust. Speech Signal Process. 28.
pub(crate) struct Cosine {
    along: [Line; 2],
    shape: Shape,
    modes: Vec<Complex<f64>>,
    column: Vec<f64>,
}

/// A line of one length.
struct Line {
    fourier: Arc<dyn Fft<f64>>,
    /// e^{−iπp/2n} √(2 − δ_p0).
    turns: Vec<Complex<f64>>,
    buffer: Vec<Complex<f64>>,
}

impl Line {
    fn new(fourier: Arc<dyn Fft<f64>>, length: usize) -> Self {
        let turn = |p: usize| {
            let size = if p == 0 { 1.0 } else { 2f64.sqrt() };
            Complex::from_polar(size, -PI * p as f64 / (2.0 * length as f64))
        };
        Self { fourier, turns: (0..length).map(turn).collect(), buffer: vec![Complex::default(); length] }
    }

    /// In place, times √n.
    fn of(&mut self, line: &mut [f64]) {
        let n = line.len();
        for i in 0..n {
            // Even places in their order, then odd ones backwards.
            let from = if 2 * i < n { 2 * i } else { 2 * (n - i) - 1 };
            self.buffer[i] = Complex::new(line[from], 0.0);
        }
        self.fourier.process(&mut self.buffer);
        for ((out, x), turn) in line.iter_mut().zip(&self.buffer).zip(&self.turns) {
            *out = x.re * turn.re - x.im * turn.im;
        }
    }
}

impl Cosine {
    pub(crate) fn new(shape: Shape) -> Self {
        let lengths = [shape.width, shape.height];
        let [rows, columns] = equipoise_fourier::forward(lengths);
        Self {
            along: [Line::new(rows, lengths[0]), Line::new(columns, lengths[1])],
            shape,
            modes: vec![Complex::default(); shape.plane()],
            column: vec![0.0; shape.height.max(shape.width)],
        }
    }

    pub(crate) fn of<R: Real>(&mut self, plane: &[R]) -> &[Complex<f64>] {
        let Shape { height, width, .. } = self.shape;
        let [rows, columns] = &mut self.along;
        for (h, row) in plane.chunks_exact(width).enumerate() {
            let line = &mut self.column[..width];
            line.iter_mut().zip(row).for_each(|(to, x)| *to = x.wide());
            rows.of(line);
            self.modes[h * width..(h + 1) * width].iter_mut().zip(line).for_each(|(m, x)| m.re = *x);
        }
        for w in 0..width {
            let line = &mut self.column[..height];
            line.iter_mut().enumerate().for_each(|(h, to)| *to = self.modes[h * width + w].re);
            columns.of(line);
            line.iter().enumerate().for_each(|(h, x)| self.modes[h * width + w].re = *x);
        }
        &self.modes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    /// By definition, on every length of 1 to 7; and the sum of squares.
    #[test]
    fn cosines_are_those_of_the_definition() {
        for (height, width) in (1..8).flat_map(|h| (1..8).map(move |w| (h, w))) {
            let shape = Shape::new(1, 1, height, width);
            let x: Vec<f64> = Stream::new("cosines").normal(0, shape.plane());
            let mut transform = Cosine::new(shape);
            let found = transform.of(&x);
            let a = |p: usize, i: usize, n: usize| {
                let scale = if p == 0 { 1.0 } else { 2f64.sqrt() };
                scale * (PI * p as f64 * (i as f64 + 0.5) / n as f64).cos()
            };
            for (at, mode) in found.iter().enumerate() {
                let (p, q) = (at / width, at % width);
                let term = |(i, x): (usize, &f64)| x * a(p, i / width, height) * a(q, i % width, width);
                let expected: f64 = x.iter().enumerate().map(term).sum();
                assert!(
                    (mode.re - expected).abs() < 1e-12 && mode.im.abs() < 1e-15,
                    "{height} × {width}: {p}, {q}"
                );
            }
            let (squares, energy): (f64, f64) =
                (x.iter().map(|x| x * x).sum(), found.iter().map(|c| c.norm_sqr()).sum());
            assert!((energy - shape.plane() as f64 * squares).abs() < 1e-10 * energy, "{height} × {width}");
        }
    }
}
