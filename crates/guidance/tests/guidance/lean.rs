//! ε_y in place and in pieces against the definition.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_composition::{Composition, Fold};
use equipoise_denoiser::{Closure, Denoiser, DenoiserError, Give, Linearised, Take, Tape};
use equipoise_field::Shape;
use equipoise_guidance::{Evidence, Guidance, Scratch, Sda, Strength};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{Coarsen, Mask, Subsample};
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;

const LEVEL: Level = Level { mu: 0.7, sigma: 0.6 };

/// A denoiser whose Jᵀv is asked for and handed over in pieces.
struct Cut(Composition<f32>, usize);

impl Denoiser<f32> for Cut {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn denoise(&self, x: &[f32], level: Level, out: &mut [f32]) -> Result<(), DenoiserError> {
        self.0.denoise(x, level, out)
    }
    fn vjp(&self, x: &[f32], level: Level, v: &[f32], out: &mut [f32]) -> Result<(), DenoiserError> {
        self.0.vjp(x, level, v, out)
    }
    fn linearise<'a>(
        &'a self,
        x_t: &'a [f32],
        level: Level,
        x_hat: &mut [f32],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f32> + 'a>, DenoiserError> {
        Ok(Box::new(Pieces(self.0.linearise(x_t, level, x_hat, tape)?, self.1)))
    }
}

struct Pieces<'a>(Box<dyn Linearised<f32> + 'a>, usize);

impl Linearised<f32> for Pieces<'_> {
    fn vjp(&mut self, v: &[f32], out: &mut [f32]) -> Result<(), DenoiserError> {
        self.0.vjp(v, out)
    }
    fn vjp_pieces(
        &mut self,
        len: usize,
        give: Give<'_, f32>,
        take: Take<'_, f32>,
    ) -> Result<(), DenoiserError> {
        let (mut v, mut out) = (vec![f32::NAN; len], vec![f32::NAN; len]);
        for first in (0..len).step_by(self.1) {
            let at = first..len.min(first + self.1);
            give(at.clone(), &mut v[at]);
        }
        self.0.vjp(&v, &mut out)?;
        for first in (0..len).step_by(self.1 + 3) {
            let at = first..len.min(first + self.1 + 3);
            take(at.clone(), &out[at]);
        }
        Ok(())
    }
}

/// Windows of three frames of 16 numbers, x̂_i = tanh(x_i) + 0.2 x_{i+16}, cyclic.
fn window() -> Arc<dyn Denoiser<f32>> {
    let denoise = |x: &[f32], _: Level, out: &mut [f32]| {
        (0..48).for_each(|i| out[i] = x[i].tanh() + 0.2 * x[(i + 16) % 48]);
        Ok(())
    };
    let vjp = |x: &[f32], _: Level, v: &[f32], out: &mut [f32]| {
        (0..48).for_each(|i| out[i] = (1.0 - x[i].tanh().powi(2)) * v[i] + 0.2 * v[(i + 32) % 48]);
        Ok(())
    };
    Arc::new(Closure::new(48, denoise, vjp))
}

fn shape() -> Shape {
    Shape::new(7, 1, 4, 4)
}

fn composition() -> Composition<f32> {
    Composition::new(window(), 16, 7, Fold::Centre).unwrap()
}

fn observations() -> Vec<(&'static str, Observed<f32>)> {
    let y = |count| Stream::new("y").normal(0, count);
    let apart = |count: usize| (0..count).map(|i| 0.1 + 0.01 * i as f64).collect();
    let mask = Mask::new(112, vec![0, 5, 40, 41, 99, 111]).unwrap();
    let lattice = Subsample::new(shape(), 2).unwrap();
    let coarse = Coarsen::new(shape(), 2).unwrap();
    vec![
        ("mask", Observed::new(y(6), mask, NoiseVariance::PerObservation(apart(6))).unwrap()),
        ("lattice", Observed::new(y(28), lattice, NoiseVariance::Uniform(0.04)).unwrap()),
        ("coarse", Observed::new(y(28), coarse, NoiseVariance::Uniform(0.04)).unwrap()),
    ]
}

/// To the bit: of two members, whatever the pieces, with a factor that is not one.
#[test]
fn in_place_and_in_pieces_is_the_definition() {
    let x_t: Vec<f32> = Stream::new("x").normal(0, 2 * shape().len());
    for ((name, seen), piece) in observations().iter().flat_map(|seen| [(seen, 5), (seen, 61), (seen, 1000)])
    {
        let law = Strength::of_law(Law::Linear, seen.noise(), 0.3, seen.count(), 4).unwrap();
        let strength = Strength { factor: 0.8, ..law };
        let cut = Arc::new(Cut(composition(), piece));
        let sda = Sda::new(cut, Arc::new(seen.clone()), strength);
        let made = |plain: bool| {
            let (mut eps, mut evidence) = (vec![f32::NAN; x_t.len()], [Evidence::default(); 2]);
            let scratch = &mut Scratch::new();
            match plain {
                true => sda.plain_noise_estimates(&x_t, LEVEL, &mut eps, &mut evidence, scratch).unwrap(),
                false => sda.noise_estimates(&x_t, LEVEL, &mut eps, &mut evidence, scratch).unwrap(),
            }
            (eps.iter().map(|e| e.to_bits()).collect::<Vec<_>>(), evidence)
        };
        assert_eq!(made(true), made(false), "{name} in pieces of {piece}");
    }
}
