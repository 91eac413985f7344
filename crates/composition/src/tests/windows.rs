//! Composites of a window that is neither linear nor symmetric: conformance, batches, calls.

use super::folds::cases;
use crate::{Composition, CompositionError, Fold};
use equipoise_denoiser::{
    Denoiser, DenoiserError, Jacobian, Linearised, Tape, check_batch, check_denoiser, check_jvp,
};
use equipoise_field::{Real, Shape};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const LEVEL: Level = Level { mu: 0.8, sigma: 0.6 };
const FRAME: usize = 2;

/// x̂_i = 0.4 x_i + ½ tanh(0.9 x_i − 0.3 x_{i+1}) + 0.2 x_{i+2}, cyclic within the window: every entry feels
/// where in its window it is. Counts how often it is linearised, asked for x̂ alone, and for how many windows; and
/// of how many windows something is kept, now and at most.
#[derive(Default)]
struct Window {
    dim: usize,
    batch: usize,
    linearised: AtomicUsize,
    estimated: AtomicUsize,
    windows: AtomicUsize,
    held: AtomicUsize,
    most: AtomicUsize,
}

impl Window {
    fn of(frames: usize, batch: usize) -> Arc<Self> {
        Arc::new(Self { dim: frames * FRAME, batch, ..Self::default() })
    }

    fn taken(&self) -> [usize; 3] {
        [&self.linearised, &self.estimated, &self.windows].map(|calls| calls.swap(0, Ordering::Relaxed))
    }

    /// (i, ∂x̂_i/∂x_j) by j = i, i + 1, i + 2.
    fn slopes<R: Real>(&self, x: &[R], i: usize) -> [(usize, f64); 3] {
        let at = |by: usize| (i + by) % self.dim;
        let weight = |j: usize| 1.0 + 0.1 * j as f64;
        let tanh = (0.9 * x[i].wide() - 0.3 * weight(i) * x[at(1)].wide()).tanh();
        let steep = 0.5 * (1.0 - tanh * tanh);
        [(i, 0.4 + 0.9 * steep), (at(1), -0.3 * weight(i) * steep), (at(2), 0.2)]
    }
}

impl<R: Real> Denoiser<R> for Window {
    fn dim(&self) -> usize {
        self.dim
    }
    fn denoise(&self, x: &[R], _: Level, out: &mut [R]) -> Result<(), DenoiserError> {
        for (i, out) in out.iter_mut().enumerate() {
            let at = |by: usize| x[(i + by) % self.dim].wide();
            let tanh = (0.9 * at(0) - 0.3 * (1.0 + 0.1 * i as f64) * at(1)).tanh();
            *out = R::narrow(0.4 * at(0) + 0.5 * tanh + 0.2 * at(2));
        }
        Ok(())
    }
    fn vjp(&self, x: &[R], _: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let mut sum = vec![0.0; self.dim];
        for (i, v) in v.iter().enumerate() {
            self.slopes(x, i).into_iter().for_each(|(j, slope)| sum[j] += slope * v.wide());
        }
        out.iter_mut().zip(sum).for_each(|(o, s)| *o = R::narrow(s));
        Ok(())
    }
    fn jvp(&self, x: &[R], _: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        for (i, out) in out.iter_mut().enumerate() {
            *out = R::narrow(self.slopes(x, i).into_iter().map(|(j, slope)| slope * v[j].wide()).sum());
        }
        Ok(())
    }
    fn batch(&self) -> usize {
        self.batch
    }
    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        self.linearised.fetch_add(1, Ordering::Relaxed);
        let windows = x_t.chunks(self.dim).zip(x_hat.chunks_mut(self.dim));
        for (x_t, x_hat) in windows {
            self.windows.fetch_add(1, Ordering::Relaxed);
            self.denoise(x_t, level, x_hat)?;
        }
        // What a network keeps, so that a tape used for another call would be noticed.
        let kept: &mut Vec<R> = tape.room();
        kept.clear();
        kept.extend_from_slice(x_t);
        let held = x_t.len() / self.dim;
        self.most.fetch_max(held + self.held.fetch_add(held, Ordering::Relaxed), Ordering::Relaxed);
        Ok(Box::new(Kept { window: self, x_t: kept, level }))
    }
    fn estimates(&self, x_t: &[R], level: Level, x_hat: &mut [R], _: &mut Tape) -> Result<(), DenoiserError> {
        self.estimated.fetch_add(1, Ordering::Relaxed);
        x_t.chunks(self.dim).zip(x_hat.chunks_mut(self.dim)).try_for_each(|(x_t, x_hat)| {
            self.windows.fetch_add(1, Ordering::Relaxed);
            self.denoise(x_t, level, x_hat)
        })
    }
}

struct Kept<'a, R> {
    window: &'a Window,
    x_t: &'a [R],
    level: Level,
}

impl<R> Drop for Kept<'_, R> {
    fn drop(&mut self) {
        self.window.held.fetch_sub(self.x_t.len() / self.window.dim, Ordering::Relaxed);
    }
}

impl<R: Real> Linearised<R> for Kept<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let dim = self.window.dim;
        let mut vectors = v.chunks(dim).zip(out.chunks_mut(dim)).zip(self.x_t.chunks(dim));
        vectors.try_for_each(|((v, out), x_t)| self.window.vjp(x_t, self.level, v, out))
    }
    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let dim = self.window.dim;
        let mut vectors = v.chunks(dim).zip(out.chunks_mut(dim)).zip(self.x_t.chunks(dim));
        vectors.try_for_each(|((v, out), x_t)| self.window.jvp(x_t, self.level, v, out))
    }
}

fn composed<R: Real>(window: &Arc<Window>, frames: usize, fold: Fold) -> Composition<R> {
    Composition::new(Arc::clone(window) as Arc<dyn Denoiser<R>>, FRAME, frames, fold).unwrap()
}

fn states<R: Real>(name: &str, dim: usize, count: usize) -> Vec<R> {
    Stream::new(name).normal(0, count * dim)
}

/// The suites that every denoiser passes, of every fold, in both types.
fn conforms<R: Real>() {
    for (fold, window, frames) in cases() {
        let inner = Window::of(window, 1);
        let composition = composed::<R>(&inner, frames, fold);
        let (dim, x_t) = (composition.dim(), states::<R>("x", frames * FRAME, 7));
        let shape = Shape::new(frames, 1, 1, FRAME);
        let found = check_denoiser(&composition, &x_t[..dim], LEVEL, shape);
        assert!(found.is_ok(), "{fold}, {window} of {frames}: {found:?}");
        assert!(check_jvp(&composition, &x_t[..dim], LEVEL).unwrap(), "{fold}, {window} of {frames}");
        for batch in [1, 3] {
            let inner = Window::of(window, batch);
            for (at_once, kept) in [(1, 0), (50, 30), (1 << 22, 1 << 22)] {
                let composition = composed::<R>(&inner, frames, fold).with_at_once(at_once).keeping(kept);
                check_batch(&composition, &x_t, LEVEL, &states("v", dim, 7)).unwrap();
            }
        }
    }
}

#[test]
fn composites_conform_in_double_precision() {
    conforms::<f64>();
}

#[test]
fn composites_conform_in_single_precision() {
    conforms::<f32>();
}

/// x̂ alone is of all windows of all members in one call, or of whole multiples of the windows' batch where they hold
/// too much; what is kept is one batch, and another while a product is made, whatever is in flight, unless told
/// otherwise.
#[test]
fn what_is_kept_is_one_batch_of_the_windows_unless_told_otherwise() {
    let (x_t, mut x_hat, mut tape) = (states("x", 18, 4), vec![f64::NAN; 4 * 18], Tape::new());
    let (v, mut out) = (states("v", 18, 4), vec![f64::NAN; 4 * 18]);
    let mut calls = |batch: usize, made: &dyn Fn(Composition<f64>) -> Composition<f64>| {
        let inner = Window::of(5, batch);
        let composition = made(composed(&inner, 9, Fold::Centre));
        assert_eq!(composition.windows(), 5);
        composition.estimates(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
        let estimates = inner.taken();
        let mut local = composition.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
        let linearised = inner.taken();
        local.vjp(&v, &mut out).unwrap();
        drop(local);
        let most = inner.most.load(Ordering::Relaxed);
        assert_eq!(inner.held.load(Ordering::Relaxed), 0);
        ([estimates, linearised, inner.taken()], most)
    };
    assert_eq!(calls(3, &|all| all), ([[0, 1, 20], [1, 6, 20], [6, 0, 17]], 6));
    // Six windows of ten numbers at a time, twice the batch.
    assert_eq!(calls(3, &|all| all.with_at_once(89)), ([[0, 4, 20], [1, 6, 20], [6, 0, 17]], 6));
    assert_eq!(calls(3, &|all| all.keeping(79)), ([[0, 1, 20], [2, 5, 20], [5, 0, 14]], 9));
    assert_eq!(calls(3, &|all| all.keeping(1 << 20)), ([[0, 1, 20], [7, 0, 20], [0, 0, 0]], 20));
    // One at a time, nothing is kept.
    assert_eq!(calls(1, &|all| all), ([[0, 20, 20], [0, 20, 20], [0, 0, 0]], 0));
    assert_eq!(calls(1, &|all| all.keeping(200)), ([[0, 20, 20], [1, 0, 20], [0, 0, 0]], 20));
}

#[test]
fn batches_hold_as_many_members_as_their_windows() {
    let batch = |inner: usize| composed::<f64>(&Window::of(5, inner), 9, Fold::Centre).batch();
    assert_eq!([1, 3, 32].map(batch), [1, 2, 6]);
}

/// x̂ and both products, to the bit.
#[test]
fn a_single_window_is_the_window_itself() {
    let inner = Window::of(5, 4);
    for fold in [
        Fold::Centre,
        Fold::Symmetrical { stride: 2 },
        Fold::Causal { stride: 3 },
        Fold::Average { stride: 1 },
    ] {
        let composition = composed::<f64>(&inner, 5, fold);
        assert_eq!((composition.windows(), composition.batch()), (1, 4));
        let (x_t, v) = (states::<f64>("x", 10, 1), states::<f64>("v", 10, 1));
        let made = |denoiser: &dyn Denoiser<f64>| {
            let mut out = [const { [f64::NAN; 10] }; 3];
            denoiser.denoise(&x_t, LEVEL, &mut out[0]).unwrap();
            denoiser.vjp(&x_t, LEVEL, &v, &mut out[1]).unwrap();
            denoiser.jvp(&x_t, LEVEL, &v, &mut out[2]).unwrap();
            out.as_flattened().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(made(&composition), made(&*inner), "{fold}");
        // Window says nothing of its J.
        assert_eq!(composition.jacobian(), Jacobian::Symmetric);
    }
    assert_eq!(composed::<f64>(&inner, 6, Fold::Centre).jacobian(), Jacobian::General);
}

#[test]
fn lengths_and_windows_that_do_not_fit_are_named() {
    let composition = composed::<f64>(&Window::of(3, 1), 5, Fold::Centre);
    let mut out = vec![0.0; 20];
    let told = |found: Result<(), DenoiserError>| found.unwrap_err().to_string();
    assert_eq!(told(composition.denoise(&[0.0; 20], LEVEL, &mut out)), "x_t: found length 20, expected 10");
    assert_eq!(told(composition.denoise(&[0.0; 10], LEVEL, &mut out)), "x_hat: found length 20, expected 10");
    assert_eq!(
        told(composition.vjp(&[0.0; 10], LEVEL, &[0.0; 9], &mut out)),
        "v: found length 9, expected 10"
    );
    assert_eq!(
        told(composition.jvp(&[0.0; 10], LEVEL, &[0.0; 10], &mut out)),
        "out: found length 20, expected 10"
    );
    let window = Arc::new(Window { dim: 7, ..Window::default() }) as Arc<dyn Denoiser<f64>>;
    for frame in [0, 2, 8] {
        let refused = Composition::new(Arc::clone(&window), frame, 9, Fold::Centre).unwrap_err();
        assert_eq!(refused, CompositionError::Frame { dim: 7, frame });
    }
}
