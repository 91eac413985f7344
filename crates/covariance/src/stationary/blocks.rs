//! One square matrix per wavenumber, applied to packed spectra.

use super::Spectrum;
use equipoise_field::Real;
use num_complex::Complex;
use pulp::Arch;

/// Wavenumbers that one pass of the kernel keeps in registers.
const LANES: usize = 32;

/// A P × P complex matrix M_k per independent wavenumber, real where the wavenumber is
/// self-conjugate, stored with the wavenumber as the fastest axis so that lanes run over it.
#[derive(Clone, Debug)]
pub struct Blocks<R> {
    planes: usize,
    plane: usize,
    own: usize,
    /// Self-conjugate wavenumbers: (row, column, k), real.
    real: Vec<R>,
    /// The others: (row, column, k), real and imaginary part.
    re: Vec<R>,
    im: Vec<R>,
}

impl<R: Real> Blocks<R> {
    /// From `entry(k, row, column)`, in the order of wavenumbers of `spectrum`. The imaginary part
    /// at self-conjugate wavenumbers is dropped.
    pub fn new(
        planes: usize,
        spectrum: &Spectrum<R>,
        entry: impl Fn(usize, usize, usize) -> Complex<f64>,
    ) -> Self {
        let own = spectrum.self_conjugate();
        let paired = spectrum.wavenumbers() - own;
        let fill = |first: usize, count: usize, part: &dyn Fn(Complex<f64>) -> f64| {
            let mut out = Vec::with_capacity(planes * planes * count);
            for (row, column) in (0..planes).flat_map(|r| (0..planes).map(move |c| (r, c))) {
                out.extend((first..first + count).map(|k| R::narrow(part(entry(k, row, column)))));
            }
            out
        };
        Self {
            planes,
            plane: spectrum.plane(),
            own,
            real: fill(0, own, &|z| z.re),
            re: fill(own, paired, &|z| z.re),
            im: fill(own, paired, &|z| z.im),
        }
    }

    /// out_k = M_k x_k for packed spectra of P planes.
    ///
    /// # Panics
    /// If a length differs from P·H·W.
    pub fn multiply(&self, x: &[R], out: &mut [R]) {
        self.run(x, out, |row, column| row * self.planes + column, R::one());
    }

    /// out_k = M_kᴴ x_k for packed spectra of P planes.
    ///
    /// # Panics
    /// If a length differs from P·H·W.
    pub fn multiply_adjoint(&self, x: &[R], out: &mut [R]) {
        self.run(x, out, |row, column| column * self.planes + row, -R::one());
    }

    /// `sign` is that of the imaginary part; `at` gives the block's place for (out row, in row).
    fn run(&self, x: &[R], out: &mut [R], at: impl Fn(usize, usize) -> usize, sign: R) {
        assert_eq!(x.len(), self.planes * self.plane, "blocks: input length");
        assert_eq!(out.len(), x.len(), "blocks: output length");
        let arch = Arch::new();
        for (row, out) in out.chunks_mut(self.plane).enumerate() {
            let (own, rest) = out.split_at_mut(self.own);
            self.multiply_own(x, own, row, &at);
            let (re, im) = rest.split_at_mut(rest.len() / 2);
            arch.dispatch(
                #[inline(always)]
                || self.multiply_row(x, re, im, row, &at, sign),
            );
        }
    }

    fn multiply_own(&self, x: &[R], out: &mut [R], row: usize, at: &impl Fn(usize, usize) -> usize) {
        for (k, out) in out.iter_mut().enumerate() {
            *out = (0..self.planes).fold(R::zero(), |sum, column| {
                sum + self.real[at(row, column) * self.own + k] * x[column * self.plane + k]
            });
        }
    }

    /// One output row over all paired wavenumbers, [`LANES`] at a time with the sums in registers.
    #[inline(always)]
    fn multiply_row(
        &self,
        x: &[R],
        out_re: &mut [R],
        out_im: &mut [R],
        row: usize,
        at: &impl Fn(usize, usize) -> usize,
        sign: R,
    ) {
        let count = out_re.len();
        let mut start = 0;
        while start < count {
            let lanes = LANES.min(count - start);
            let (mut re, mut im) = ([R::zero(); LANES], [R::zero(); LANES]);
            for column in 0..self.planes {
                let block = at(row, column) * count + start;
                let from = column * self.plane + self.own + start;
                let (a, b) = (&self.re[block..block + lanes], &self.im[block..block + lanes]);
                let (c, d) = (&x[from..from + lanes], &x[from + count..from + count + lanes]);
                match (a.as_array(), b.as_array(), c.as_array(), d.as_array()) {
                    (Some(a), Some(b), Some(c), Some(d)) => whole_lanes(a, b, c, d, sign, &mut re, &mut im),
                    _ => {
                        for l in 0..lanes {
                            re[l] += a[l] * c[l] - sign * b[l] * d[l];
                            im[l] += a[l] * d[l] + sign * b[l] * c[l];
                        }
                    }
                }
            }
            out_re[start..start + lanes].copy_from_slice(&re[..lanes]);
            out_im[start..start + lanes].copy_from_slice(&im[..lanes]);
            start += lanes;
        }
    }
}

/// (re + i·im) += (a ± i·b)(c + i·d) in every lane.
#[inline(always)]
fn whole_lanes<R: Real>(
    a: &[R; LANES],
    b: &[R; LANES],
    c: &[R; LANES],
    d: &[R; LANES],
    sign: R,
    re: &mut [R; LANES],
    im: &mut [R; LANES],
) {
    for l in 0..LANES {
        re[l] += a[l] * c[l] - sign * b[l] * d[l];
        im[l] += a[l] * d[l] + sign * b[l] * c[l];
    }
}
