//! How a problem is run, and any method bound to it.

use crate::entries::{Bind, Entry, entries};
use crate::{Annealing, Guided, Method, PosteriorSampler, Problem, Recipe, Result, SolverError, Start};
use equipoise_field::Real;
use equipoise_guidance::{Guidance, Strength};
use equipoise_sampler::Sampler;
use equipoise_schedule::{Level, Schedule};
use std::sync::Arc;

/// A problem, and how a run of it advances: what every method is bound to.
#[derive(Clone, Debug)]
pub struct Inference<R: Real> {
    /// Prior and observation.
    pub problem: Problem<R>,
    /// μ and σ over time.
    pub schedule: Arc<dyn Schedule>,
    /// How time advances, where the method leaves that open, and the grid of those that do not.
    pub sampler: Arc<dyn Sampler<R>>,
    /// The law of x_1.
    pub start: Start<R>,
    /// The largest |x| that a clean state can have, beyond which an excursion is recorded; infinite where
    /// none is known.
    pub bound: f64,
}

impl<R: Real> Inference<R> {
    /// A method ready to sample, with the parameters of its recipe; `strength` is the law of
    /// [`Method::SDA`], whose γ a given one replaces.
    ///
    /// # Errors
    /// [`SolverError::Needs`] when the method asks for a law or a Gaussian prior that is not there,
    /// [`SolverError::Parameter`] for a parameter out of range, and the errors of preparing the levels.
    pub fn bind(&self, recipe: &Recipe, strength: Option<&Strength>) -> Result<Box<dyn PosteriorSampler<R>>> {
        match entry(recipe.method())?.bind {
            Bind::Loop(bind) => bind(self.annealing(), recipe),
            Bind::Guidance(bind) => Ok(Box::new(self.guided(bind(self, recipe, strength)?))),
        }
    }

    /// The guidance of a method that has one.
    ///
    /// # Errors
    /// As [`bind`](Self::bind); [`SolverError::Needs`] for a method that owns its loop.
    pub fn guidance(&self, recipe: &Recipe, strength: Option<&Strength>) -> Result<Arc<dyn Guidance<R>>> {
        match entry(recipe.method())?.bind {
            Bind::Guidance(bind) => bind(self, recipe, strength),
            Bind::Loop(_) => Err(SolverError::Needs {
                method: recipe.method().name(),
                found: "a loop of its own",
                expected: "a method with a guidance",
            }),
        }
    }

    /// A guidance, of one's own too, under the sampler.
    pub fn guided(&self, guidance: Arc<dyn Guidance<R>>) -> Guided<R> {
        Guided {
            guidance,
            sampler: Arc::clone(&self.sampler),
            schedule: Arc::clone(&self.schedule),
            start: self.start.clone(),
            bound: self.bound,
        }
    }

    /// What a method that owns its loop runs on.
    pub fn annealing(&self) -> Annealing<R> {
        Annealing {
            denoiser: self.problem.denoiser(),
            observation: Arc::clone(self.problem.observation()),
            schedule: Arc::clone(&self.schedule),
            grid: self.sampler.grid().to_vec(),
            start: self.start.clone(),
            bound: self.bound,
        }
    }

    /// The levels at which the sampler may evaluate a guidance, as far as they are known beforehand.
    pub fn levels(&self) -> Vec<Level> {
        self.sampler.evaluated().iter().map(|&t| self.schedule.level(t)).collect()
    }
}

fn entry<R: Real>(method: Method) -> Result<Entry<R>> {
    let unknown = || SolverError::UnknownMethod { found: method.name().to_owned() };
    entries().into_iter().find(|entry| entry.method == method).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Member, ObservedGaussian, Watch};
    use equipoise_covariance::Modes;
    use equipoise_field::{Shape, sum};
    use equipoise_guidance::ConditionalCovariance;
    use equipoise_locality::{Memory, Optimal, Training};
    use equipoise_observation::{NoiseVariance, Observed};
    use equipoise_operator::{LinearOperator, Mask};
    use equipoise_sampler::{PredictorCorrector, SamplerName};
    use equipoise_scaling::Law;
    use equipoise_schedule::{Alpha, Spacing, Variance};
    use equipoise_stream::Stream;
    use equipoise_wiener::Wiener;

    /// Twelve independent numbers, every third observed.
    fn inference() -> Inference<f64> {
        let dim = 12;
        let basis = (0..dim * dim).map(|i| f64::from(u8::from(i % (dim + 1) == 0))).collect();
        let values = (0..dim).map(|i| 4.0 / (1.0 + i as f64)).collect();
        let wiener = Wiener::new(vec![0.5; dim], Arc::new(Modes::new(dim, basis, values, None).unwrap()));
        let wiener = Arc::new(wiener.unwrap());
        let operator: Arc<dyn LinearOperator<f64>> =
            Arc::new(Mask::new(dim, (0..dim).step_by(3).collect()).unwrap());
        let noise = NoiseVariance::Uniform(0.01);
        let y = Stream::new("y").normal(0, 4);
        let schedule = Arc::new(equipoise_schedule::Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap());
        let grid = Spacing::Uniform.grid(&*schedule, 32).unwrap();
        let probes = Stream::new("probes");
        let gaussian = ObservedGaussian::new(wiener, Arc::clone(&operator), noise.clone(), probes).unwrap();
        let observation = Arc::new(Observed::shared(y, operator, noise).unwrap());
        Inference {
            problem: Problem::gaussian(Arc::new(gaussian), observation).unwrap(),
            schedule,
            sampler: Arc::new(PredictorCorrector::new(grid, 0, 0.5).unwrap()),
            start: Start::Normal,
            bound: 10.0,
        }
    }

    /// The same prior, of which nothing but the denoiser is known.
    fn without_gaussian(inference: &Inference<f64>) -> Inference<f64> {
        let prior = ConditionalCovariance::Jacobian(inference.problem.denoiser());
        let problem = Problem::new(prior, Arc::clone(inference.problem.observation())).unwrap();
        Inference { problem, ..inference.clone() }
    }

    fn end(inference: &Inference<f64>, recipe: &str) -> Vec<f64> {
        let member = Member { start: Stream::new("start"), langevin: Stream::new("langevin") };
        let sampler = inference.bind(&recipe.parse().unwrap(), None).unwrap();
        sampler.sample(&member).unwrap().x().to_vec()
    }

    /// With a diagonal prior and a selection all have the guidance of `exact`: `jfps` and `mmps` by
    /// definition, `tmpd` because the row sums are the matrix.
    #[test]
    fn methods_that_coincide_on_a_diagonal_problem_do() {
        let inference = inference();
        let exact = end(&inference, "exact");
        for recipe in ["mmps:iterations=5", "jfps", "tmpd"] {
            let error = sum::squared_distance(&end(&inference, recipe), &exact).sqrt();
            // CG stops at 1e-10 in each of 32 evaluations.
            assert!(error < 32.0 * 1e-10 * sum::norm(&exact), "{recipe}: {error:e}");
        }
    }

    #[test]
    fn a_method_runs_under_every_sampler() {
        let mut inference = inference();
        let reference = end(&inference, "exact");
        for name in ["euler", "heun", "ddpm", "exponential"] {
            let grid = Spacing::LogSnr.grid(&*inference.schedule, 32).unwrap();
            inference.sampler =
                name.parse::<SamplerName>().unwrap().build(&*inference.schedule, grid, 0, 0.5).unwrap();
            let x = end(&inference, "exact");
            assert_ne!(x, reference, "{name}");
            // Observed to ±0.1: every sampler of this posterior stays within six of its deviations.
            let misfit = (0..4).map(|k| (x[3 * k] - inference.problem.observation().values()[k]).abs() / 0.1);
            assert!(misfit.fold(0.0, f64::max) < 6.0, "{name}");
        }
    }

    /// Names, defaults and kinds agree with the samplers that they stand for.
    #[test]
    fn every_method_is_bound_and_runs() {
        let inference = inference();
        let levels = inference.levels();
        let ratios = inference.problem.as_gaussian().unwrap().ratios(Law::Matched, &levels);
        let strength = Strength::traced(&NoiseVariance::Uniform(0.01), ratios);
        let member = Member { start: Stream::new("start"), langevin: Stream::new("langevin") };
        for method in Method::all() {
            let recipe = Recipe::from(method);
            let sampler = inference.bind(&recipe, Some(&strength)).unwrap();
            assert_eq!(sampler.is_point_estimate(), method.is_point_estimate(), "{method}");
            assert_eq!(inference.guidance(&recipe, Some(&strength)).is_err(), method.owns_loop());
            // This law has no γ to take the place of.
            let given = method.spec().parameters.iter().filter(|_| method != Method::SDA);
            let published =
                given.fold(recipe, |recipe, p| recipe.with(p.name, p.published.number()).unwrap());
            let again = inference.bind(&published, Some(&strength)).unwrap();
            assert_eq!(sampler.sample(&member).unwrap(), again.sample(&member).unwrap(), "{method}");
        }
    }

    /// `exact` on a prior of two fields draws them as often as p(x | y) says: 64 steps and 400 members,
    /// within four binomial deviations, 0.09 of the share.
    #[test]
    fn exact_draws_two_fields_as_often_as_the_posterior() {
        let (mut inference, dim) = (inference(), 12);
        let field: Vec<f64> = (0..dim).map(|i| (0.9 * i as f64).cos()).collect();
        let both = field.iter().copied().chain(field.iter().map(|x| -x)).collect();
        let samples = Arc::new(Memory::new(both, dim).unwrap());
        let training = Training::new(Shape::new(1, 1, 1, dim), samples).unwrap();
        let operator = Arc::new(Mask::new(dim, vec![0]).unwrap());
        // ln odds = 2 y x_0/s² = 0.8.
        let observation = Observed::shared(vec![0.4], operator, NoiseVariance::Uniform(1.0)).unwrap();
        let prior = ConditionalCovariance::Empirical(Arc::new(Optimal::new(training)));
        inference.problem = Problem::new(prior, Arc::new(observation)).unwrap();
        let grid = Spacing::LogSnr.grid(&*inference.schedule, 64).unwrap();
        inference.sampler =
            "ddpm".parse::<SamplerName>().unwrap().build(&*inference.schedule, grid, 0, 0.5).unwrap();
        let sampler = inference.bind(&Method::EXACT.into(), None).unwrap();
        let stream = |what, m| Stream::new(what).number(m);
        let members: Vec<Member> =
            (0..400).map(|m| Member { start: stream("start", m), langevin: stream("langevin", m) }).collect();
        let runs = sampler.draw(&members, Watch::NONE).unwrap().into_outcomes();
        let along = |x: &[f64]| sum::dot(x, &field) / sum::squared_norm(&field);
        // The run ends with σ(0) = 0.01 of noise on a field of norm √6.
        assert!(runs.iter().all(|run| (along(run.x()).abs() - 1.0).abs() < 0.05));
        let share = runs.iter().filter(|run| along(run.x()) > 0.0).count() as f64 / 400.0;
        let expected = 1.0 / (1.0 + (-0.8f64).exp());
        assert!(
            (share - expected).abs() < 4.0 * (expected * (1.0 - expected) / 400.0).sqrt(),
            "{share} {expected}"
        );
    }

    #[test]
    fn what_a_method_lacks_is_named() {
        let inference = inference();
        let refused = |inference: &Inference<f64>, recipe: &str| {
            let recipe: Recipe = recipe.parse().unwrap();
            inference.bind(&recipe, None).err().unwrap().to_string()
        };
        let tuned = |method: &str, number| {
            Recipe::from(method.parse::<Method>().unwrap()).tuned(number).unwrap_err().to_string()
        };
        let unknown = without_gaussian(&inference);
        let messages = [
            refused(&inference, "sda"),
            tuned("tmpd", 1.0),
            tuned("mmps", 1.5),
            tuned("diffpir", -1.0),
            refused(&unknown, "exact"),
            refused(&unknown, "poly2"),
            refused(&unknown, "jfps"),
            inference.guidance(&"dps".parse().unwrap(), None).err().unwrap().to_string(),
        ];
        insta::assert_snapshot!(messages.join("\n"), @r"
        method sda: found no law, expected a law's strength
        method tmpd: found a parameter, expected none: the method has nothing to tune
        method mmps, iterations: found 1.5, expected a whole number of at least 1
        method diffpir, lambda: found -1, expected a finite number above 0
        method exact: found a denoiser, expected a Gaussian prior, or one on finitely many fields
        method poly2: found a denoiser, expected a Gaussian prior
        method jfps: found a denoiser, expected a Gaussian prior
        method dps: found a loop of its own, expected a method with a guidance
        ");
    }
}
