//! Batches against their members, J v against Jᵀw, and what a linearisation keeps; each suite fails a
//! denoiser that is wrong in what it looks at.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_denoiser::{
    Closure, Denoiser, DenoiserError, Linearised, Pullback, Tape, check_batch, check_jvp,
};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const LEVEL: Level = Level { mu: 0.6, sigma: 0.8 };
const DIM: usize = 3;

fn fields(name: &str, count: usize) -> Vec<f64> {
    Stream::new(name).normal(0, count * DIM)
}

/// x̂_i = μx_{i+1}, with J v and Jᵀv, and with its linearisation spoiled.
struct Shifted(Fault);

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// x̂ of a member takes 1e-15 of the member before it.
    Mixed,
    /// So does Jᵀv.
    MixedProduct,
    /// The last member of five or more is off by a bit.
    LastOfMany,
    /// x̂ without J is off by a bit.
    Estimate,
    /// The first J v is that of the linearisation alone.
    OnlyTogether,
    /// Jᵀv in place of J v.
    Turned,
    /// J v 1e-6 too large.
    Scaled,
}

fn turned(by: usize, from: &[f64], out: &mut [f64]) {
    (0..DIM).for_each(|i| out[i] = LEVEL.mu * from[(i + by) % DIM]);
}

impl Denoiser<f64> for Shifted {
    fn dim(&self) -> usize {
        DIM
    }
    fn denoise(&self, x_t: &[f64], _: Level, x_hat: &mut [f64]) -> Result<(), DenoiserError> {
        turned(1, x_t, x_hat);
        Ok(())
    }
    fn vjp(&self, _: &[f64], _: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        turned(DIM - 1, v, out);
        Ok(())
    }
    fn jvp(&self, _: &[f64], _: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        if self.0 == Fault::OnlyTogether {
            return Err(DenoiserError::Unknown { what: "J v" });
        }
        turned(if self.0 == Fault::Turned { DIM - 1 } else { 1 }, v, out);
        if self.0 == Fault::Scaled {
            out.iter_mut().for_each(|o| *o *= 1.0 + 1e-6);
        }
        Ok(())
    }
    fn linearise<'a>(
        &'a self,
        x_t: &'a [f64],
        level: Level,
        x_hat: &mut [f64],
        _: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f64> + 'a>, DenoiserError> {
        for (x_t, x_hat) in x_t.chunks_exact(DIM).zip(x_hat.chunks_exact_mut(DIM)) {
            self.denoise(x_t, level, x_hat)?;
        }
        if self.0 == Fault::Mixed {
            (DIM..x_hat.len()).for_each(|i| x_hat[i] *= 1.0 + 1e-15 * x_t[i - DIM].signum());
        }
        if self.0 == Fault::LastOfMany && x_hat.len() >= 5 * DIM {
            let last = x_hat.last_mut().unwrap();
            *last = f64::from_bits(last.to_bits() + 1);
        }
        Ok(Box::new(Together(self.0)))
    }
    fn estimates(
        &self,
        x_t: &[f64],
        level: Level,
        x_hat: &mut [f64],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.linearise(x_t, level, x_hat, tape)?;
        if self.0 == Fault::Estimate {
            x_hat[0] = f64::from_bits(x_hat[0].to_bits() + 1);
        }
        Ok(())
    }
}

struct Together(Fault);

impl Linearised<f64> for Together {
    fn vjp(&mut self, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        for (v, out) in v.chunks_exact(DIM).zip(out.chunks_exact_mut(DIM)) {
            turned(DIM - 1, v, out);
        }
        if self.0 == Fault::MixedProduct {
            (DIM..out.len()).for_each(|i| out[i] += 1e-15 * v[i - DIM]);
        }
        Ok(())
    }
    fn jvp(&mut self, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        for (v, out) in v.chunks_exact(DIM).zip(out.chunks_exact_mut(DIM)) {
            turned(1, v, out);
        }
        Ok(())
    }
}

#[test]
fn members_that_know_of_each_other_fail() {
    let check = |fault| check_batch(&Shifted(fault), &fields("x_t", 16), LEVEL, &fields("v", 16));
    check(Fault::None).unwrap();
    for (fault, product, size) in
        [(Fault::Mixed, "x_hat", 2), (Fault::MixedProduct, "vjp", 2), (Fault::LastOfMany, "x_hat", 5)]
    {
        let found = check(fault).unwrap_err();
        assert!(
            matches!(found, DenoiserError::Batch { what, batch, member, .. }
                if what == product && batch == size && member == size - 1),
            "{found}"
        );
    }
    let found = check(Fault::Estimate).unwrap_err().to_string();
    assert!(found.starts_with("x_hat without J of member 0 in a batch of 1, entry 0"), "{found}");
    let found = check(Fault::OnlyTogether).unwrap_err();
    assert!(matches!(found, DenoiserError::Unknown { what: "jvp" }), "{found}");
    let short = check_batch(&Shifted(Fault::None), &fields("x_t", 2), LEVEL, &fields("v", 1)).unwrap_err();
    assert_eq!(short.to_string(), "v: found length 3, expected 6");
    let short = check_batch(&Shifted(Fault::None), &[0.0; 4], LEVEL, &[0.0; 4]).unwrap_err();
    assert_eq!(short.to_string(), "x_t: found length 4, expected 3");
}

#[test]
fn a_jvp_that_is_no_adjoint_fails() {
    let check = |fault| check_jvp(&Shifted(fault), &fields("x_t", 1), LEVEL);
    assert!(check(Fault::None).unwrap());
    assert!(!check(Fault::OnlyTogether).unwrap());
    for fault in [Fault::Turned, Fault::Scaled] {
        let found = check(fault).unwrap_err();
        assert!(matches!(found, DenoiserError::Adjoint { .. }), "{found}");
    }
    let short = check_jvp(&Shifted(Fault::None), &[0.0; 2], LEVEL).unwrap_err();
    assert_eq!(short.to_string(), "x_t: found length 2, expected 3");
}

/// tanh, whose forward pass counts itself and refuses numbers above 10, and whose slope refuses NaN.
fn counted(calls: &Arc<AtomicUsize>) -> impl Denoiser<f64> + use<> {
    let calls = Arc::clone(calls);
    Pullback::new(DIM, move |x_t: &[f64], _: Level, x_hat: &mut [f64]| {
        calls.fetch_add(1, Ordering::Relaxed);
        if x_t.iter().any(|x| *x > 10.0) {
            return Err("found a number above 10".into());
        }
        x_hat.iter_mut().zip(x_t).for_each(|(h, x)| *h = x.tanh());
        let slope: Vec<f64> = x_hat.iter().map(|h| 1.0 - h * h).collect();
        Ok(move |v: &[f64], out: &mut [f64]| {
            if v.iter().any(|v| v.is_nan()) {
                return Err("found a vector that is NaN".into());
            }
            (0..DIM).for_each(|i| out[i] = slope[i] * v[i]);
            Ok(())
        })
    })
}

#[test]
fn a_pullback_runs_forward_once_for_any_number_of_products() {
    let calls = Arc::new(AtomicUsize::new(0));
    let (model, mut tape) = (counted(&calls), Tape::new());
    let (x_t, mut x_hat, mut out) = (fields("x_t", 5), vec![f64::NAN; 15], vec![f64::NAN; 15]);
    let mut local = model.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
    for _ in 0..7 {
        local.vjp(&x_t, &mut out).unwrap();
    }
    assert!(matches!(local.jvp(&x_t, &mut out), Err(DenoiserError::Unknown { what: "J v" })));
    assert!(matches!(local.covariance(&x_t, &mut out), Err(DenoiserError::Unknown { .. })));
    drop(local);
    assert_eq!(calls.swap(0, Ordering::Relaxed), 5);
    model.vjp(&x_t[..3], LEVEL, &x_t[..3], &mut out[..3]).unwrap();
    assert_eq!(calls.swap(0, Ordering::Relaxed), 1);
    check_batch(&model, &fields("x_t", 16), LEVEL, &fields("v", 16)).unwrap();
}

/// A closure has no other way than to be asked again: one forward a linearisation, none a product.
#[test]
fn a_closure_is_denoised_once_for_any_number_of_products() {
    let calls = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let (forward, backward) = (Arc::clone(&calls), Arc::clone(&calls));
    let model = Closure::new(
        DIM,
        move |x_t: &[f64], _, x_hat: &mut [f64]| {
            forward[0].fetch_add(1, Ordering::Relaxed);
            turned(1, x_t, x_hat);
            Ok(())
        },
        move |_, _, v: &[f64], out: &mut [f64]| {
            backward[1].fetch_add(1, Ordering::Relaxed);
            turned(DIM - 1, v, out);
            Ok(())
        },
    );
    let (x_t, mut x_hat, mut tape) = (fields("x_t", 2), vec![f64::NAN; 6], Tape::new());
    let mut local = model.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
    for _ in 0..7 {
        local.vjp(&x_t, &mut [0.0; 6]).unwrap();
    }
    drop(local);
    assert_eq!([&calls[0], &calls[1]].map(|c| c.load(Ordering::Relaxed)), [2, 14]);
    check_batch(&model, &fields("x_t", 16), LEVEL, &fields("v", 16)).unwrap();
}

#[test]
fn lengths_and_failures_of_a_pullback_are_told() {
    let calls = Arc::new(AtomicUsize::new(0));
    let model = counted(&calls);
    let (x_t, mut x_hat) = (fields("x_t", 2), vec![0.0; 6]);
    let told = |outcome: Result<(), DenoiserError>| outcome.unwrap_err().to_string();
    let linearised = |x_t: &[f64], x_hat: &mut [f64]| {
        let mut tape = Tape::new();
        model.linearise(x_t, LEVEL, x_hat, &mut tape).map(|_| ())
    };
    assert_eq!(told(linearised(&x_t[1..], &mut x_hat)), "x_t: found length 5, expected 3");
    assert_eq!(told(linearised(&x_t, &mut x_hat[1..])), "x_hat: found length 5, expected 6");
    assert_eq!(told(model.denoise(&x_t, LEVEL, &mut [0.0; 3])), "x_t: found length 6, expected 3");
    assert_eq!(told(model.vjp(&x_t[..3], LEVEL, &[0.0; 2], &mut [0.0; 3])), "v: found length 2, expected 3");
    assert_eq!(told(linearised(&[0.0, 0.0, 11.0], &mut [0.0; 3])), "denoiser: found a number above 10");
    let mut tape = Tape::new();
    let mut local = model.linearise(&x_t, LEVEL, &mut x_hat, &mut tape).unwrap();
    assert_eq!(told(local.vjp(&[0.0; 3], &mut [0.0; 6])), "v: found length 3, expected 6");
    assert_eq!(told(local.vjp(&[0.0; 6], &mut [0.0; 3])), "out: found length 3, expected 6");
    assert_eq!(told(local.vjp(&[f64::NAN; 6], &mut [0.0; 6])), "denoiser: found a vector that is NaN");
}

#[test]
fn a_tape_keeps_what_was_put_there_until_another_type_is_asked_for() {
    let mut tape = Tape::new();
    assert_eq!(format!("{tape:?}"), "Tape { in_use: false }");
    assert_eq!(*tape.room::<Vec<f32>>(), [0.0; 0]);
    tape.room::<Vec<f32>>().push(2.0);
    assert_eq!(*tape.room::<Vec<f32>>(), [2.0]);
    assert_eq!(format!("{tape:?}"), "Tape { in_use: true }");
    // Another denoiser's room; the first comes back empty.
    assert_eq!(*tape.room::<usize>(), 0);
    assert_eq!(*tape.room::<Vec<f32>>(), [0.0; 0]);
}
