//! The predictor in the invariant space of explicit modes, and on the scalars beyond it.

use crate::lattice_steps::gain;
use crate::likelihood::Precision;
use crate::product::Steps;
use crate::reduced::Reduced;
use crate::{Course, StabilityError};

/// K_i = I − q(I − H + ρ²H AᵀWA H) as dense matrices.
pub(crate) struct ReducedSteps<'a> {
    lambda: Vec<f64>,
    course: &'a Course,
    /// K_i row by row.
    matrices: Vec<Vec<f64>>,
}

/// The parts of the predictor: 𝒮, what each class sees beyond, what nothing sees.
pub(crate) fn parts<'a>(
    space: &Reduced,
    course: &'a Course,
    precisions: &[Precision],
) -> Result<Vec<ReducedSteps<'a>>, StabilityError> {
    let weighed = precisions
        .iter()
        .enumerate()
        .map(|(i, precision)| space.weighed(precision, course.ratio(i)))
        .collect::<Result<Vec<_>, _>>()?;
    let inner = (0..course.steps()).map(|i| {
        let (q, rho) = (course.share(i), course.ratio(i));
        let h: Vec<f64> = space.lambda.iter().map(|&l| gain(l, rho)).collect();
        let n = h.len();
        let entry = |r: usize, c: usize| {
            let own = if r == c { 1.0 - q * (1.0 - h[r]) } else { 0.0 };
            own - q * rho * rho * h[r] * weighed[i].0.at(r, c).re * h[c]
        };
        (0..n * n).map(|at| entry(at / n, at % n)).collect()
    });
    let mut parts = vec![ReducedSteps { lambda: space.lambda.clone(), course, matrices: inner.collect() }];
    let scalar = |pull: &dyn Fn(usize) -> f64| {
        let one = |i: usize| {
            let (q, rho) = (course.share(i), course.ratio(i));
            let h = gain(space.complement, rho);
            vec![1.0 - q * (1.0 - h + rho * rho * h * h * pull(i))]
        };
        let matrices = (0..course.steps()).map(one).collect();
        ReducedSteps { lambda: vec![space.complement], course, matrices }
    };
    for class in (0..space.beyond.len()).filter(|&k| space.beyond[k] > 0.0) {
        parts.push(scalar(&|i| weighed[i].1[class]));
    }
    if space.unseen > 0.0 {
        parts.push(scalar(&|_| 0.0));
    }
    Ok(parts)
}

impl ReducedSteps<'_> {
    fn root(&self, i: usize, v: &mut [f64], f: impl Fn(f64) -> f64) {
        let rho2 = self.course.ratio(i).powi(2);
        v.iter_mut().zip(&self.lambda).for_each(|(v, l)| *v *= f((l + rho2).sqrt()));
    }
}

impl Steps for ReducedSteps<'_> {
    fn len(&self) -> usize {
        self.lambda.len()
    }

    fn count(&self) -> usize {
        self.course.steps()
    }

    fn step(&self, i: usize, v: &mut [f64]) -> Result<(), StabilityError> {
        let rows = self.matrices[i].chunks(v.len());
        let out: Vec<f64> = rows.map(|row| crate::small::dot(row, v)).collect();
        v.copy_from_slice(&out);
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
