//! Conjugate gradients on a symmetric positive definite map (Hestenes & Stiefel 1952).

use equipoise_field::{Real, each, sum};

/// When conjugate gradients stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConjugateGradients {
    /// Iterations after which a solve stops, short of its tolerance or not.
    pub iterations: usize,
    /// The relative residual at which it stops, or 64 ε where that is more: rounding bounds what
    /// iterations can reach.
    pub tolerance: f64,
}

impl Default for ConjugateGradients {
    /// To 1e-10, in at most 1000 iterations.
    fn default() -> Self {
        Self { iterations: 1000, tolerance: 1e-10 }
    }
}

/// How far beyond its bound ‖z‖ may be for rounding.
const SLACK: f64 = 1.01;

/// What a positive definite M does not show: a direction d with dᵀMd ≤ 0, or an iterate past its bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakdown {
    /// Iterations done before it.
    pub iteration: usize,
    /// dᵀMd.
    pub curvature: f64,
    /// ‖z‖ over its bound, of the iterate that was past it, where that ended the descent: see
    /// [`ConjugateGradients::solve_each_within`].
    pub growth: Option<f64>,
}

/// What a solve cost and how well it went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solved {
    /// Iterations; zero for a direct solve.
    pub iterations: usize,
    /// ‖r − S z‖/‖r‖ as the iteration carries it; `None` for a direct solve.
    pub residual: Option<f64>,
}

/// How a descent ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// Iterations and relative residual of the iterate it left.
    pub solved: Solved,
    /// What ended it early, if M is not positive definite.
    pub breakdown: Option<Breakdown>,
}

impl Descent {
    fn ended(iterations: usize, residual: f64) -> Self {
        Self { solved: Solved { iterations, residual: Some(residual) }, breakdown: None }
    }
}

impl ConjugateGradients {
    /// z ≈ M⁻¹r from a zero start, scalars in `f64`; `product` writes M v into its second argument.
    ///
    /// A non-positive curvature ends the descent and leaves the iterate before it. Numbers that are
    /// not finite, in r or in a product, make all of z NaN.
    ///
    /// # Errors
    /// Those of `product`.
    ///
    /// # Panics
    /// If the lengths of `r` and `z` differ.
    pub fn solve<R: Real, E>(
        &self,
        product: impl FnMut(&[R], &mut [R]) -> Result<(), E>,
        r: &[R],
        z: &mut [R],
    ) -> Result<Descent, E> {
        self.solve_preconditioned(product, |r, z| z.copy_from_slice(r), r, z)
    }

    /// As [`solve`](Self::solve), with `precondition` writing P⁻¹v, P ≈ M positive definite.
    ///
    /// # Errors
    /// Those of `product`.
    ///
    /// # Panics
    /// If the lengths of `r` and `z` differ.
    pub fn solve_preconditioned<R: Real, E>(
        &self,
        product: impl FnMut(&[R], &mut [R]) -> Result<(), E>,
        precondition: impl Fn(&[R], &mut [R]),
        r: &[R],
        z: &mut [R],
    ) -> Result<Descent, E> {
        let mut descents = self.descend((1, f64::INFINITY), product, precondition, r, z)?;
        Ok(descents.swap_remove(0))
    }

    /// As [`solve`](Self::solve) for `count` systems of one length side by side, whose r and z stand one
    /// after the other: `product` takes one vector of every system, zero where a descent has ended. Each
    /// has the bits that it has alone.
    ///
    /// M may be no positive definite one: `gain` is a bound that the solution for such an M keeps to,
    /// ‖z‖ ≤ `gain`·‖r‖. For M = diag(s²) + A V Aᵀ with a covariance V it is 1/min s², and every iterate from a
    /// zero start keeps to it. An iterate more than 1 % past it ends the descent, as a non-positive curvature
    /// does, and leaves the one before; an infinite bound ends none.
    ///
    /// Of an M that is not symmetric z is whatever the directions lead to; the residual is that of z all the
    /// same.
    ///
    /// # Errors
    /// Those of `product`.
    ///
    /// # Panics
    /// If the lengths of `r` and `z` differ, or are no multiple of `count`.
    pub fn solve_each_within<R: Real, E>(
        &self,
        (count, gain): (usize, f64),
        product: impl FnMut(&[R], &mut [R]) -> Result<(), E>,
        r: &[R],
        z: &mut [R],
    ) -> Result<Vec<Descent>, E> {
        self.descend((count, gain), product, |r, z| z.copy_from_slice(r), r, z)
    }

    fn descend<R: Real, E>(
        &self,
        (count, gain): (usize, f64),
        mut product: impl FnMut(&[R], &mut [R]) -> Result<(), E>,
        precondition: impl Fn(&[R], &mut [R]),
        r: &[R],
        z: &mut [R],
    ) -> Result<Vec<Descent>, E> {
        assert_eq!(r.len(), z.len(), "conjugate gradients: lengths differ");
        let len = r.len().checked_div(count).unwrap_or(0);
        assert_eq!(len * count, r.len(), "conjugate gradients: systems of unequal lengths");
        z.fill(R::zero());
        let tolerance = self.tolerance.max(64.0 * R::epsilon().wide());
        let mut systems: Vec<System> = (0..count).map(|k| System::new(&r[k * len..][..len], gain)).collect();
        let mut rest = r.to_vec();
        let mut search = vec![R::zero(); r.len()];
        let (mut along, mut image) = (vec![R::zero(); len], search.clone());
        for iteration in 0..self.iterations {
            for (k, system) in systems.iter_mut().enumerate().filter(|(_, s)| s.ended.is_none()) {
                let at = k * len..(k + 1) * len;
                precondition(&rest[at.clone()], &mut along);
                system.turn(iteration, &rest[at.clone()], &along, &mut search[at]);
            }
            if systems.iter().all(|system| system.ended.is_some()) {
                break;
            }
            product(&search, &mut image)?;
            for (k, system) in systems.iter_mut().enumerate().filter(|(_, s)| s.ended.is_none()) {
                let at = k * len..(k + 1) * len;
                let [z, rest] = [&mut z[at.clone()], &mut rest[at.clone()]];
                system.step(iteration, tolerance, &search[at.clone()], &image[at.clone()], [z, rest]);
                if system.ended.is_some() {
                    search[at].fill(R::zero());
                }
            }
        }
        let ended =
            |system: System| system.ended.unwrap_or_else(|| Descent::ended(self.iterations, system.residual));
        Ok(systems.into_iter().map(ended).collect())
    }
}

/// The scalars of one descent.
struct System {
    /// ‖r‖.
    scale: f64,
    /// rᵀP⁻¹r of the iterate.
    power: f64,
    /// ‖r − M z‖/‖r‖ of the iterate.
    residual: f64,
    /// What ‖z‖ may be.
    bound: f64,
    ended: Option<Descent>,
}

impl System {
    fn new<R: Real>(r: &[R], gain: f64) -> Self {
        let scale = sum::norm(r);
        let ended = (scale == 0.0).then(|| Descent::ended(0, 0.0));
        Self { scale, power: 0.0, residual: 1.0, bound: gain * scale, ended }
    }

    fn broken(&mut self, breakdown: Breakdown) {
        let ended = Descent::ended(breakdown.iteration, self.residual);
        self.ended = Some(Descent { breakdown: Some(breakdown), ..ended });
    }

    /// The next direction, conjugate to those before it.
    fn turn<R: Real>(&mut self, iteration: usize, rest: &[R], along: &[R], search: &mut [R]) {
        let next = sum::dot(rest, along);
        let turn = R::narrow(if iteration == 0 { 0.0 } else { next / self.power });
        self.power = next;
        each::update1(search, along, |d, z| z + turn * d);
    }

    /// The step along it, given its image under M.
    fn step<R: Real>(
        &mut self,
        iteration: usize,
        tolerance: f64,
        search: &[R],
        image: &[R],
        [z, rest]: [&mut [R]; 2],
    ) {
        let curvature = sum::dot(search, image);
        if !curvature.is_finite() {
            z.fill(R::nan());
            self.ended = Some(Descent::ended(iteration, f64::NAN));
            return;
        }
        if curvature <= 0.0 {
            self.broken(Breakdown { iteration, curvature, growth: None });
            return;
        }
        let step = R::narrow(self.power / curvature);
        if self.bound.is_finite() {
            let next = sum::of(z.len(), |i| (z[i] + step * search[i]).wide().powi(2)).sqrt();
            if next > SLACK * self.bound {
                self.broken(Breakdown { iteration, curvature, growth: Some(next / self.bound) });
                return;
            }
        }
        each::update1(z, search, |z, d| z + step * d);
        each::update1(rest, image, |r, i| r - step * i);
        self.residual = sum::norm(rest) / self.scale;
        if self.residual <= tolerance {
            self.ended = Some(Descent::ended(iteration + 1, self.residual));
        }
    }
}

#[cfg(test)]
mod tests;
