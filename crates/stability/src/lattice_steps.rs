//! The predictor in one alias block: diagonal plus rank T·C.

use crate::alias::AliasBlock;
use crate::likelihood::Precision;
use crate::product::Steps;
use crate::small::Hermitian;
use crate::{Course, StabilityError};
use equipoise_observation::NoiseVariance;
use num_complex::Complex;

/// K_i v = v − q((I − H)v + ρ²H Vᴴ W V H v), H = λ/(λ + ρ²).
pub(crate) struct LatticeSteps<'a> {
    block: &'a AliasBlock,
    course: &'a Course,
    weights: Vec<Weight>,
    /// H at the beginning of every step.
    gains: Vec<Vec<f64>>,
}

/// W of a block.
pub(crate) enum Weight {
    /// One number for each plane.
    Planes(Vec<f64>),
    /// A full matrix.
    Matrix(Hermitian),
}

/// The entries that a diagonal over observations has on the planes of a lattice.
pub(crate) fn planes_of(diagonal: &NoiseVariance, planes: usize) -> Result<Vec<f64>, StabilityError> {
    match diagonal {
        NoiseVariance::Uniform(w) => Ok(vec![*w; planes]),
        NoiseVariance::PerChannel { values, .. } => {
            Ok((0..planes).map(|p| values[p % values.len()]).collect())
        }
        NoiseVariance::PerObservation(_) => match diagonal.uniform() {
            Some(w) => Ok(vec![w; planes]),
            None => Err(StabilityError::Weights {
                found: "an entry for each observation of",
                expected: " a plane",
            }),
        },
    }
}

/// S_q = diag(s²) + V diag(V_λ) Vᴴ with V_λ = ρ²λ/(λ + ρ²).
pub(crate) fn innovation(block: &AliasBlock, rho: f64, noise: &[f64]) -> Hermitian {
    let v: Vec<f64> = block.lambda.iter().map(|l| rho * rho * gain(*l, rho)).collect();
    let mut s = block.observed(&v);
    s.add_diagonal(noise);
    s
}

/// λ/(λ + ρ²), which is μ times the Jacobian's eigenvalue.
pub(crate) fn gain(lambda: f64, rho: f64) -> f64 {
    if lambda > 0.0 { lambda / (lambda + rho * rho) } else { 0.0 }
}

impl<'a> LatticeSteps<'a> {
    pub(crate) fn new(
        block: &'a AliasBlock,
        course: &'a Course,
        precisions: &[Precision],
        noise: &[f64],
    ) -> Result<Self, StabilityError> {
        let weight = |(i, precision): (usize, &Precision)| -> Result<Weight, StabilityError> {
            match precision {
                Precision::Diagonal(w) => Ok(Weight::Planes(planes_of(w, block.planes)?)),
                Precision::Innovation => {
                    let s = innovation(block, course.ratio(i), noise);
                    Ok(Weight::Matrix(s.function("an innovation block", |l| 1.0 / l)?))
                }
            }
        };
        let weights = precisions.iter().enumerate().map(weight).collect::<Result<_, _>>()?;
        let gains = (0..course.steps())
            .map(|i| block.lambda.iter().map(|&l| gain(l, course.ratio(i))).collect())
            .collect();
        Ok(Self { block, course, weights, gains })
    }

    /// Multiplies by (λ + ρ²)^{±½}.
    fn root(&self, i: usize, v: &mut [f64], f: impl Fn(f64) -> f64) {
        let rho2 = self.course.ratio(i).powi(2);
        let (re, im) = v.split_at_mut(self.block.len());
        for ((re, im), lambda) in re.iter_mut().zip(im).zip(&self.block.lambda) {
            let root = f((lambda + rho2).sqrt());
            *re *= root;
            *im *= root;
        }
    }
}

impl Steps for LatticeSteps<'_> {
    fn len(&self) -> usize {
        2 * self.block.len()
    }

    fn count(&self) -> usize {
        self.course.steps()
    }

    fn step(&self, i: usize, v: &mut [f64]) -> Result<(), StabilityError> {
        let (q, rho) = (self.course.share(i), self.course.ratio(i));
        let gains = &self.gains[i];
        let mut field: Vec<f64> = v.iter().zip(gains.iter().chain(gains)).map(|(v, h)| v * h).collect();
        let mut seen = vec![Complex::default(); self.block.planes];
        self.block.see(&field, &mut seen);
        let weighed: Vec<Complex<f64>> = match &self.weights[i] {
            Weight::Planes(w) => seen.iter().zip(w).map(|(y, w)| y * w).collect(),
            Weight::Matrix(w) => {
                let mut out = seen.clone();
                w.multiply(&seen, &mut out);
                out
            }
        };
        self.block.unsee(&weighed, &mut field);
        for ((v, h), pull) in v.iter_mut().zip(gains.iter().chain(gains)).zip(&field) {
            *v -= q * ((1.0 - h) * *v + rho * rho * h * pull);
        }
        Ok(())
    }

    fn colour(&self, i: usize, v: &mut [f64]) -> Result<(), StabilityError> {
        self.root(i, v, |root| root);
        Ok(())
    }

    fn whiten(&self, i: usize, v: &mut [f64]) -> Result<(), StabilityError> {
        self.root(i, v, |root| if root > 0.0 { 1.0 / root } else { 0.0 });
        Ok(())
    }
}
