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
    /// # Errors
    /// Those of `product`.
    ///
    /// # Panics
    /// If the lengths of `r` and `z` differ, or are no multiple of `count`.
    pub fn solve_each<R: Real, E>(
        &self,
        count: usize,
        product: impl FnMut(&[R], &mut [R]) -> Result<(), E>,
        r: &[R],
        z: &mut [R],
    ) -> Result<Vec<Descent>, E> {
        self.descend((count, f64::INFINITY), product, |r, z| z.copy_from_slice(r), r, z)
    }

    /// As [`solve_each`](Self::solve_each) for an M that may be no positive definite one, with a bound that the
    /// solution for such an M keeps to: ‖z‖ ≤ `gain`·‖r‖. For M = diag(s²) + A V Aᵀ with a covariance V it is
    /// 1/min s², and every iterate from a zero start keeps to it. An iterate more than 1 % past it ends the
    /// descent, as a non-positive curvature does, and leaves the one before.
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
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// M = diag(values).
    fn diagonal(values: &[f64]) -> impl Fn(&[f64], &mut [f64]) -> Result<(), Infallible> {
        move |v, out| {
            out.iter_mut().zip(v).zip(values).for_each(|((o, v), m)| *o = m * v);
            Ok(())
        }
    }

    fn solve(values: &[f64], iterations: usize) -> (Vec<f64>, Descent) {
        let mut z = vec![f64::INFINITY; values.len()];
        let solver = ConjugateGradients { iterations, ..ConjugateGradients::default() };
        let Ok(descent) = solver.solve(diagonal(values), &vec![1.0; values.len()], &mut z);
        (z, descent)
    }

    /// As many iterations as distinct eigenvalues.
    #[test]
    fn distinct_eigenvalues_are_counted() {
        let values = [1.0, 4.0, 4.0, 9.0, 1.0];
        let (z, descent) = solve(&values, 100);
        assert_eq!((descent.solved.iterations, descent.breakdown), (3, None));
        assert!(descent.solved.residual.unwrap() <= 1e-10);
        // The residual is at most 1e-10·√5 and the smallest eigenvalue one.
        assert!(z.iter().zip(values).all(|(z, m)| (z - 1.0 / m).abs() < 3e-10), "{z:?}");
    }

    /// One step from zero is r·(rᵀr/rᵀMr), here 3/6, and leaves r − Mr/2 = (1/2, 0, −1/2).
    #[test]
    fn the_cap_ends_a_descent_with_its_residual() {
        let (z, descent) = solve(&[1.0, 2.0, 3.0], 1);
        assert_eq!((z, descent.solved.iterations), (vec![0.5; 3], 1));
        let expected = (0.5f64 / 3.0).sqrt();
        assert!((descent.solved.residual.unwrap() - expected).abs() < 4.0 * f64::EPSILON);
    }

    #[test]
    fn a_non_positive_curvature_leaves_the_iterate_before_it() {
        let first = Some(Breakdown { iteration: 0, curvature: -2.0, growth: None });
        assert_eq!(
            solve(&[1.0, -3.0], 9),
            (vec![0.0; 2], Descent { breakdown: first, ..Descent::ended(0, 1.0) })
        );
        let (z, descent) = solve(&[3.0, -1.0], 9);
        // 2/2 along r; then rest = (−2, 2), d = rest + 4r = (2, 6), dᵀMd = 12 − 36.
        assert_eq!(z, [1.0, 1.0]);
        assert_eq!(descent.breakdown, Some(Breakdown { iteration: 1, curvature: -24.0, growth: None }));
        assert_eq!(descent.solved, Solved { iterations: 1, residual: Some(2.0) });
    }

    /// M = diag(1, ½, ¼) has a solution twice and four times as long along its second and third axes as one with
    /// M ≥ I. The first step from r = (1, 1, 1) is 3/(1 + ½ + ¼) r, within a gain of 2; the whole way is not.
    #[test]
    fn an_iterate_past_its_bound_leaves_the_one_before() {
        let (values, r) = ([1.0, 0.5, 0.25], [1.0; 3]);
        let within = |gain: f64| {
            let mut z = [f64::NAN; 3];
            let solver = ConjugateGradients::default();
            let Ok(descent) = solver.solve_each_within((1, gain), diagonal(&values), &r, &mut z);
            (z, descent[0])
        };
        let (z, descent) = within(2.0);
        let found = descent.breakdown.unwrap();
        assert_eq!((z, found.iteration, descent.solved.iterations), ([3.0 / 1.75; 3], 1, 1));
        assert!(found.curvature > 0.0 && found.growth.unwrap() > SLACK, "{found:?}");
        let left = r.iter().zip(values).map(|(r, m)| (r - m * z[0]).powi(2)).sum::<f64>();
        assert!((descent.solved.residual.unwrap() - (left / 3.0).sqrt()).abs() < 1e-15);
        // The solution, (1, 2, 4), has √7 times the length of r.
        let (z, descent) = within(7f64.sqrt());
        assert!(descent.breakdown.is_none() && (z[2] - 4.0).abs() < 1e-9, "{descent:?}");
        assert_eq!(within(f64::INFINITY).0.to_vec(), solve(&values, 1000).0);
        let (z, descent) = within(0.5);
        assert_eq!((z, descent.breakdown.unwrap().iteration), ([0.0; 3], 0));
    }

    /// A covariance never comes near: M = s²I + V with V ≥ 0 of rank one, down to V = 0, whose solution is
    /// at the bound.
    #[test]
    fn a_true_covariance_keeps_to_its_bound() {
        for size in [0.0, 1e-9, 1e-3, 1.0, 1e6f32] {
            for s2 in [1e-6, 1e-2, 1.0f32] {
                let u: Vec<f32> = (0..40).map(|i| size.sqrt() * (0.7 * i as f32).sin()).collect();
                let product = |v: &[f32], out: &mut [f32]| {
                    let along = sum::dot(&u, v) as f32;
                    out.iter_mut().zip(v).zip(&u).for_each(|((o, v), u)| *o = s2 * v + along * u);
                    Ok::<_, Infallible>(())
                };
                let r: Vec<f32> = (0..40).map(|i| (1.3 * i as f32 + 0.2).cos()).collect();
                let (mut z, gain) = (vec![0.0; 40], 1.0 / f64::from(s2));
                let solver = ConjugateGradients { iterations: 10, ..ConjugateGradients::default() };
                let Ok(descent) = solver.solve_each_within((1, gain), product, &r, &mut z);
                assert_eq!(descent[0].breakdown, None, "{size} {s2}");
            }
        }
    }

    #[test]
    fn numbers_that_are_not_finite_spread() {
        for values in [[f64::NAN, 1.0], [f64::INFINITY, 1.0]] {
            let (z, descent) = solve(&values, 9);
            assert!(z.iter().all(|z| z.is_nan()) && descent.solved.residual.unwrap().is_nan());
        }
    }

    #[test]
    fn nothing_is_solved_by_nothing() {
        let mut z = [f64::NAN; 2];
        let Ok(descent) = ConjugateGradients::default().solve(diagonal(&[1.0, 2.0]), &[0.0; 2], &mut z);
        assert_eq!((z, descent), ([0.0; 2], Descent::ended(0, 0.0)));
    }

    /// Systems that end at different iterations: by tolerance, by curvature, by the cap, at once.
    #[test]
    fn systems_side_by_side_have_the_bits_they_have_alone() {
        let systems = [[1.0, 4.0, 9.0], [3.0, -1.0, 2.0], [5.0, 5.0, 5.0], [1.0, 1e4, 1e8]];
        let right = [[1.0, 2.0, 3.0], [1.0, 1.0, 0.0], [0.3, -0.2, 0.1], [1.0, 1.0, 1.0]];
        let solver = ConjugateGradients { iterations: 2, ..ConjugateGradients::default() };
        let (mut z, all) = (vec![0.0; 12], diagonal(systems.as_flattened()));
        let Ok(together) = solver.solve_each(4, all, right.as_flattened(), &mut z);
        for (k, (values, r)) in systems.iter().zip(&right).enumerate() {
            let mut alone = [0.0; 3];
            let Ok(descent) = solver.solve(diagonal(values), r, &mut alone);
            assert_eq!((descent, &alone[..]), (together[k], &z[3 * k..][..3]), "{k}");
        }
    }
}
