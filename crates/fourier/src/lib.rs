//! Plans of the discrete Fourier transform of `f32` and `f64`.
//!
//! A planner holds the code of every algorithm that it may choose, for vectors of every width: of all generic
//! code of the workspace this is the most by far. The compiler would write it again into each crate that asks for
//! a plan of its own element type. Here it stands in functions without a type parameter, so that it is compiled
//! once, whatever stands above.

use equipoise_field::{Real, by_element, sketched};
use realfft::RealFftPlanner;
use rustfft::FftPlanner;
use std::sync::Arc;

pub use realfft::{ComplexToReal, RealToComplex};
pub use rustfft::Fft;

/// The transforms along the rows and along the columns of planes of H × W real numbers, none of them scaled.
pub struct Planes<R> {
    /// W real numbers → W/2 + 1 complex ones.
    pub row: Arc<dyn RealToComplex<R>>,
    /// W/2 + 1 complex numbers → W real ones.
    pub row_back: Arc<dyn ComplexToReal<R>>,
    /// H complex numbers, forward.
    pub column: Arc<dyn Fft<R>>,
    /// H complex numbers, back.
    pub column_back: Arc<dyn Fft<R>>,
}

sketched!([R] Planes<R>, "Planes");

type Plan<R> = fn(usize, usize) -> Planes<R>;

/// The plans for planes of `height` × `width` points.
pub fn planes<R: Real>(height: usize, width: usize) -> Planes<R> {
    by_element::<R, Plan<R>>(planes_f32 as Plan<f32>, planes_f64 as Plan<f64>)(height, width)
}

#[inline(never)]
fn planes_f32(height: usize, width: usize) -> Planes<f32> {
    plan(height, width)
}

#[inline(never)]
fn planes_f64(height: usize, width: usize) -> Planes<f64> {
    plan(height, width)
}

fn plan<R: Real>(height: usize, width: usize) -> Planes<R> {
    let (mut real, mut complex) = (RealFftPlanner::new(), FftPlanner::new());
    Planes {
        row: real.plan_fft_forward(width),
        row_back: real.plan_fft_inverse(width),
        column: complex.plan_fft_forward(height),
        column_back: complex.plan_fft_inverse(height),
    }
}

/// The forward transforms of `lengths` complex numbers each, not scaled.
#[inline(never)]
pub fn forward(lengths: [usize; 2]) -> [Arc<dyn Fft<f64>>; 2] {
    let mut planner = FftPlanner::new();
    lengths.map(|length| planner.plan_fft_forward(length))
}
