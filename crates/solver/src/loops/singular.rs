//! The observation in the singular directions of its operator.

use super::decompose::decompose;
use super::walk::Walk;
use crate::{Result, SolverError};
use equipoise_field::{Real, each, sum};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{Gram, LinearOperator};
use equipoise_schedule::Level;
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// The largest N for which A Aᵀ is decomposed where it has no simple form.
const LIMIT: usize = 2048;
/// With A = U S Vᵀ: the numbers ȳ = S⁻¹Uᵀy, which are Vᵀx up to noise.
///
/// U = I where A Aᵀ is diagonal, else the eigenvectors of A Aᵀ. Directions whose S² is lost in the
/// rounding of A Aᵀ, below Nε of the largest, count as unseen; they are there when sensors repeat.
#[derive(Clone)]
pub(super) struct Singular<R: Real> {
    operator: Arc<dyn LinearOperator<R>>,
    rotation: Option<Arc<Array2<f64>>>,
    /// 1/S, zero in directions that A does not see.
    inverse: Vec<f64>,
    /// ȳ.
    pub(super) values: Vec<f64>,
}

impl<R: Real> Singular<R> {
    /// # Errors
    /// [`SolverError::Observation`] for a nonlinear A; [`SolverError::Needs`] where A Aᵀ has no simple
    /// form and N exceeds [`LIMIT`].
    pub(super) fn new(method: &'static str, observation: &Observed<R>) -> Result<Self> {
        let operator = Arc::clone(observation.linear(method)?);
        let count = observation.count();
        let (gram, rotation) = match operator.gram() {
            Gram::Scaled(c) => (vec![c; count], None),
            Gram::Diagonal(entries) => (entries.to_vec(), None),
            Gram::General if count > LIMIT => {
                let (found, expected) =
                    ("more than 2048 observations whose A Aᵀ is not diagonal", "at most 2048");
                return Err(SolverError::Needs { method, found, expected });
            }
            Gram::General => {
                let (gram, rotation) = decompose(method, &*operator)?;
                (gram, Some(Arc::new(rotation)))
            }
        };
        let lost = count as f64 * R::epsilon().wide() * gram.iter().copied().fold(0.0, f64::max);
        let inverse = gram.iter().map(|&g| if g > lost { g.sqrt().recip() } else { 0.0 }).collect();
        let mut basis = Self { operator, rotation, inverse, values: Vec::new() };
        basis.values = basis.turn(observation.values());
        Ok(basis)
    }

    /// δ = s/S, the deviations of ȳ.
    ///
    /// # Errors
    /// [`SolverError::Needs`] for noise that U mixes, unless it has one s².
    pub(super) fn deviations(&self, method: &'static str, noise: &NoiseVariance) -> Result<Vec<f64>> {
        if self.rotation.is_some() && noise.uniform().is_none() {
            let (found, expected) = ("noise that differs where A Aᵀ is not diagonal", "one s²");
            return Err(SolverError::Needs { method, found, expected });
        }
        Ok(self.inverse.iter().enumerate().map(|(i, s)| noise.at(i).sqrt() * s).collect())
    }

    /// S⁻¹Uᵀ v for v of length N.
    pub(super) fn turn(&self, v: &[R]) -> Vec<f64> {
        let wide: Vec<f64> = v.iter().map(|v| v.wide()).collect();
        let turned = match &self.rotation {
            None => wide,
            Some(u) => (0..v.len()).map(|j| sum::of(v.len(), |i| u[[i, j]] * wide[i])).collect(),
        };
        turned.iter().zip(&self.inverse).map(|(t, s)| t * s).collect()
    }

    /// U S⁻¹ c.
    fn turn_back(&self, c: &[f64], v: &mut [R]) {
        let scaled: Vec<f64> = c.iter().zip(&self.inverse).map(|(c, s)| c * s).collect();
        for (i, v) in v.iter_mut().enumerate() {
            *v = R::narrow(match &self.rotation {
                None => scaled[i],
                Some(u) => sum::of(c.len(), |j| u[[i, j]] * scaled[j]),
            });
        }
    }

    /// Vᵀx, zero in directions that A does not see. One product with A; overwrites `room`.
    pub(super) fn analyse(&self, x: &[R], room: &mut [R]) -> Vec<f64> {
        self.operator.apply(x, room);
        self.turn(room)
    }

    /// x ← x + V(c − Vᵀx): c in the directions that A sees, x in the others. Overwrites the walk's
    /// `field` and `residual`.
    pub(super) fn replace(&self, c: &[f64], walk: &mut Walk<'_, R>) {
        let now = self.analyse(&walk.x, &mut walk.residual);
        let change: Vec<f64> = c.iter().zip(now).map(|(c, now)| c - now).collect();
        self.turn_back(&change, &mut walk.residual);
        self.operator.adjoint(&walk.residual, &mut walk.field);
        each::update1(&mut walk.x, &walk.field, |x, f| x + f);
    }

    /// x ← μ′x̃′ with x̃′ = x̂ + a(x̃ − x̂) + kz, x̃ = x/μ, and the coefficients of x̃′ set to `seen` where A sees it.
    pub(super) fn step(
        &self,
        walk: &mut Walk<'_, R>,
        now: Level,
        then: Level,
        along_and_kick: [f64; 2],
        seen: &[f64],
    ) {
        let ([along, kick], inverse) = (along_and_kick.map(R::narrow), R::narrow(1.0 / now.mu));
        each::update2(&mut walk.x, &walk.x_hat, &walk.z, |x, h, z| h + along * (x * inverse - h) + kick * z);
        self.replace(seen, walk);
        let mu = R::narrow(then.mu);
        each::update(&mut walk.x, |x| mu * x);
    }
}

impl<R: Real> fmt::Debug for Singular<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.inverse.iter().filter(|s| **s > 0.0).count();
        f.debug_struct("Singular").field("seen", &seen).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::problem::{
        DIM, GAINS, Gains, NOISE, SEEN, VALUES, annealing, bound, linear_beta, member, observed, operators,
        sda, seen,
    };
    use crate::PosteriorSampler;
    use equipoise_observation::NoiseVariance;
    use equipoise_observation::Observed;
    use equipoise_operator::{Dense, LinearOperator};
    use equipoise_schedule::Schedule;
    use std::sync::Arc;

    fn samplers(
        operator: Arc<dyn LinearOperator<f64>>,
        values: &[f64],
        noise: f64,
        schedule: Arc<dyn Schedule>,
    ) -> [(&'static str, Box<dyn PosteriorSampler<f64>>); 2] {
        let noise = NoiseVariance::Uniform(noise);
        let observation = Observed::shared(values.to_vec(), operator, noise).unwrap();
        let annealing = annealing(observation, schedule, 10);
        [("ddrm", bound(annealing.clone(), "ddrm").unwrap()), ("ddnm", bound(annealing, "ddnm").unwrap())]
    }

    #[test]
    fn exact_observations_are_met_exactly() {
        for operator in operators() {
            for (name, sampler) in samplers(operator.clone(), &VALUES, 0.0, linear_beta()) {
                let x = sampler.sample(&member(1)).unwrap().x().to_vec();
                for (found, y) in seen(&*operator, &x).into_iter().zip(VALUES) {
                    // The condition of A Aᵀ, below 100, times a few dozen roundings.
                    assert!((found - y).abs() < 1e4 * f64::EPSILON, "{name}: {found} {y}");
                }
            }
        }
    }

    /// Two sensors at one place that disagree: A x is what of y lies in the range of A.
    #[test]
    fn sensors_that_repeat_are_averaged() {
        let mut matrix = vec![0.0; 3 * DIM];
        [1, 1, 4].into_iter().enumerate().for_each(|(row, at)| matrix[row * DIM + at] = 1.0);
        let operator = Arc::new(Dense::new(3, DIM, matrix).unwrap());
        let mcg = annealing(observed(operator.clone(), NOISE), linear_beta(), 10);
        let mcg = bound(mcg, "mcg").unwrap();
        let of_two = samplers(operator.clone(), &VALUES, 0.0, linear_beta());
        let mean = 0.5 * (VALUES[0] + VALUES[1]);
        for (name, sampler) in of_two.into_iter().chain([("mcg", mcg)]) {
            let x = sampler.sample(&member(1)).unwrap().x().to_vec();
            for (found, y) in seen(&*operator, &x).into_iter().zip([mean, mean, VALUES[2]]) {
                assert!((found - y).abs() < 64.0 * f64::EPSILON, "{name}: {found} {y}");
            }
        }
    }

    /// U diag(S) P and U y have the singular directions, and so the samples, of diag(S) P and y.
    #[test]
    fn rotated_observations_change_nothing() {
        let (c, s) = (0.6, 0.8);
        let rotation = [[c, -s, 0.0], [s * c, c * c, -s], [s * s, c * s, c]];
        let mut matrix = vec![0.0; 3 * DIM];
        let mut rotated = [0.0; 3];
        for (i, row) in rotation.iter().enumerate() {
            for k in 0..3 {
                matrix[i * DIM + SEEN[k]] = row[k] * GAINS[k];
                rotated[i] += row[k] * VALUES[k];
            }
        }
        let dense = Arc::new(Dense::new(3, DIM, matrix).unwrap());
        let plain = samplers(Arc::new(Gains), &VALUES, NOISE, sda());
        for ((name, plain), (_, turned)) in plain.iter().zip(samplers(dense, &rotated, NOISE, sda())) {
            let (a, b) = (plain.sample(&member(2)).unwrap(), turned.sample(&member(2)).unwrap());
            for (a, b) in a.x().iter().zip(b.x()) {
                // Eigenvectors to ε over the gaps of A Aᵀ, a few roundings in each of ten steps.
                assert!((a - b).abs() < 1e4 * f64::EPSILON, "{name}: {a} {b}");
            }
        }
    }

    /// The formulas entry by entry, where A sees entries one by one: δ is above and below ρ′ on the way.
    #[test]
    fn steps_follow_the_formulas() {
        const ETA: f64 = 0.85;
        let rest = (1.0 - ETA * ETA).sqrt();
        let schedule = sda();
        let base = annealing(observed(Arc::new(Gains), NOISE), schedule.clone(), 10);
        let start = base.start.draw(DIM, schedule.level(1.0), member(0).start);
        let mut expected = [start.clone(), start];
        for (index, times) in base.grid.windows(2).enumerate() {
            let (now, then) = (schedule.level(times[0]), schedule.level(times[1]));
            let (rho, next) = (now.ratio(), then.ratio());
            let z: Vec<f64> = member(0).langevin.normal(index as u64, DIM);
            for (method, x) in expected.iter_mut().enumerate() {
                let mut x_hat = vec![0.0; DIM];
                base.denoiser.denoise(x, now, &mut x_hat).unwrap();
                for i in 0..DIM {
                    let (h, tilde) = (x_hat[i], x[i] / now.mu);
                    let unseen = h + rest * next / rho * (tilde - h) + ETA * next * z[i];
                    let Some(k) = SEEN.iter().position(|s| *s == i) else {
                        x[i] = then.mu * unseen;
                        continue;
                    };
                    let (y, delta) = (VALUES[k] / GAINS[k], NOISE.sqrt() / GAINS[k]);
                    let (along, kick) = (rest * next / rho, ETA * next);
                    let weight = (1.0 - along).min(kick / delta);
                    let of_y = weight * delta;
                    let room = if weight < 1.0 - along { 0.0 } else { (kick * kick - of_y * of_y).sqrt() };
                    let free = (next * next - delta * delta).max(0.0).sqrt();
                    x[i] = then.mu
                        * match method {
                            0 if next < delta => h + rest * next * (y - h) / delta + ETA * next * z[i],
                            0 => y + free * z[i],
                            _ => h + weight * (y - h) + along * (tilde - h) + room * z[i],
                        };
                }
            }
        }
        let found = samplers(Arc::new(Gains), &VALUES, NOISE, sda());
        for ((name, sampler), expected) in found.iter().zip(expected) {
            let outcome = sampler.sample(&member(0)).unwrap();
            for (a, b) in outcome.x().iter().zip(expected) {
                assert!((a - b).abs() < 1e3 * f64::EPSILON, "{name}: {a} {b}");
            }
        }
    }
}
