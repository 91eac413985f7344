//! One inverse problem, and any method bound to it.

use crate::{
    Annealing, Daps, Ddnm, Ddrm, Dps, Dsg, Guided, Inner, Mcg, Method, ObservedGaussian, Pigdm, PnpAdmm,
    PosteriorSampler, RedDiff, SdaDps, SolverError, Start,
};
use equipoise_covariance::Covariance;
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_guidance::{
    ConditionalCovariance, Conditioned, DiffPir, Exact, Excess, Guidance, Jfps, Mmps, PigdmScore, Poly2, Sda,
    Strength, Tmpd,
};
use equipoise_observation::ConjugateGradients;
use equipoise_observation::Observed;
use equipoise_sampler::Sampler;
use equipoise_schedule::{Level, Schedule};
use std::sync::Arc;

/// Residual, relative to ‖r‖, at which the solves of [`Mmps`] stop before their iterations are spent.
const MMPS_TOLERANCE: f64 = 1e-10;

/// A prior, an observation, and how a run advances: what every method is bound to.
#[derive(Clone)]
pub struct Inference<R: Real> {
    /// The prior's denoiser, with what it knows of Cov[x | x_t].
    pub denoiser: ConditionalCovariance<R>,
    /// What only a Gaussian prior has, seen through the observation's operator; `None` for others.
    pub gaussian: Option<Arc<ObservedGaussian<R>>>,
    /// y, A and s².
    pub observation: Arc<Observed<R>>,
    /// μ and σ over time.
    pub schedule: Arc<dyn Schedule>,
    /// How time advances, where the method leaves that open, and the grid of those that do not.
    pub sampler: Arc<dyn Sampler<R>>,
    /// The law of x_1.
    pub start: Start<R>,
    /// The largest |x| that a clean state can have.
    pub bound: f64,
}

impl<R: Real> Inference<R> {
    /// A method ready to sample; `parameter` replaces its published one, `strength` is the law of
    /// [`Method::Sda`], whose γ the parameter replaces.
    ///
    /// # Errors
    /// [`SolverError::Needs`] when the method asks for a law or a Gaussian prior that is not there,
    /// [`SolverError::Parameter`] for a parameter out of range or of a method without one, and the
    /// errors of preparing the levels.
    pub fn bind(
        &self,
        method: Method,
        parameter: Option<f64>,
        strength: Option<&Strength>,
    ) -> Result<Box<dyn PosteriorSampler<R>>, SolverError> {
        if method.owns_loop() {
            return self.looped(method, parameter);
        }
        Ok(Box::new(Guided {
            guidance: self.guidance(method, parameter, strength)?,
            sampler: Arc::clone(&self.sampler),
            schedule: Arc::clone(&self.schedule),
            start: self.start.clone(),
            bound: self.bound,
        }))
    }

    /// A method that owns its loop.
    fn looped(
        &self,
        method: Method,
        parameter: Option<f64>,
    ) -> Result<Box<dyn PosteriorSampler<R>>, SolverError> {
        let value = checked(method, parameter)?;
        let annealing = Annealing {
            denoiser: self.plain(),
            observation: Arc::clone(&self.observation),
            schedule: Arc::clone(&self.schedule),
            grid: self.sampler.grid().to_vec(),
            start: self.start.clone(),
            bound: self.bound,
        };
        Ok(match method {
            Method::Dps => Box::new(Dps::new(annealing)?.with_zeta(value)?),
            Method::SdaDps => Box::new(SdaDps::new(annealing)?.with_zeta(value)?),
            Method::Dsg => Box::new(Dsg::new(annealing)?.with_weight(value)?),
            Method::Mcg => Box::new(Mcg::new(annealing)?.with_zeta(value)?),
            Method::Pigdm => Box::new(Pigdm::new(annealing)?.with_eta(value)?),
            Method::Ddrm => Box::new(Ddrm::new(annealing)?.with_eta(value)?),
            Method::Ddnm => Box::new(Ddnm::new(annealing)?.with_eta(value)?),
            Method::PnpAdmm => Box::new(PnpAdmm::new(annealing)?.with_lambda(value)?),
            Method::RedDiff => Box::new(RedDiff::new(annealing)?.with_rate(value)?),
            Method::Daps => {
                let Inner::Langevin { steps, decay, .. } = Inner::LANGEVIN else {
                    return Err(needs(method, "exact inner draws", "Langevin steps"));
                };
                let inner = Inner::Langevin { steps, rate: value, decay };
                Box::new(Daps::new(annealing)?.with_inner(inner)?)
            }
            Method::DapsExact => {
                let daps = Daps::new(annealing)?.with_flow_steps(value as usize)?;
                Box::new(daps.with_inner(Inner::Exact)?)
            }
            _ => return Err(needs(method, "a guidance", "a method that owns its loop")),
        })
    }

    /// The guidance of a method that has one.
    ///
    /// # Errors
    /// As [`bind`](Self::bind); [`SolverError::Needs`] for a method that owns its loop.
    pub fn guidance(
        &self,
        method: Method,
        parameter: Option<f64>,
        strength: Option<&Strength>,
    ) -> Result<Arc<dyn Guidance<R>>, SolverError> {
        let value = checked(method, parameter)?;
        let observation = Arc::clone(&self.observation);
        Ok(match method {
            Method::Sda => self.sda(parameter, strength)?,
            Method::Exact => self.exact()?,
            Method::Jfps => self.jfps()?,
            Method::Mmps => {
                let solver = ConjugateGradients { iterations: value as usize, tolerance: MMPS_TOLERANCE };
                Arc::new(Mmps::new(self.denoiser.clone(), observation, solver))
            }
            Method::Poly2 => {
                let quadratics = self.gaussian(method)?.quadratics(&self.levels(), &observation)?;
                Arc::new(Poly2::new(self.denoiser.clone(), observation, quadratics))
            }
            Method::Tmpd => Arc::new(Tmpd::new(self.denoiser.clone(), observation)),
            Method::PigdmScore => Arc::new(PigdmScore::new(self.plain(), observation)),
            Method::DiffPir => Arc::new(DiffPir::new(self.plain(), observation).with_lambda(value)),
            _ => return Err(needs(method, "a loop of its own", "a method with a guidance")),
        })
    }

    fn sda(
        &self,
        parameter: Option<f64>,
        strength: Option<&Strength>,
    ) -> Result<Arc<dyn Guidance<R>>, SolverError> {
        let mut strength = strength.cloned().ok_or(needs(Method::Sda, "no law", "a law's strength"))?;
        if let Some(gamma) = parameter {
            let Excess::Gamma(of_law) = &mut strength.excess else {
                return Err(needs(Method::Sda, "gamma for a law without one", "no parameter"));
            };
            *of_law = gamma;
        }
        let sda = Sda::new(self.plain(), Arc::clone(&self.observation), strength);
        Ok(match &self.gaussian {
            Some(gaussian) => Arc::new(sda.along(Arc::clone(gaussian.path()))),
            None => Arc::new(sda),
        })
    }

    fn exact(&self) -> Result<Arc<dyn Guidance<R>>, SolverError> {
        if let ConditionalCovariance::Empirical(prior) = &self.denoiser {
            return Ok(Arc::new(Conditioned::new(Arc::clone(prior), &self.observation)?));
        }
        let gaussian = self.gaussian(Method::Exact)?;
        let innovations = gaussian.innovations(&self.levels())?;
        let exact = Exact::new(self.plain(), Arc::clone(&self.observation), innovations);
        Ok(Arc::new(exact.along(Arc::clone(gaussian.path()))))
    }

    fn jfps(&self) -> Result<Arc<dyn Guidance<R>>, SolverError> {
        let gaussian = self.gaussian(Method::Jfps)?;
        let innovations = gaussian.innovations(&self.levels())?;
        let covariance: Arc<dyn Covariance<R>> = Arc::clone(gaussian.wiener().prior_covariance());
        Ok(Arc::new(Jfps::new(self.plain(), Arc::clone(&self.observation), covariance, innovations)?))
    }

    fn gaussian(&self, method: Method) -> Result<&Arc<ObservedGaussian<R>>, SolverError> {
        self.gaussian.as_ref().ok_or(needs(method, "a denoiser", "a Gaussian prior"))
    }

    /// The denoiser as any method takes it.
    fn plain(&self) -> Arc<dyn Denoiser<R>> {
        match &self.denoiser {
            ConditionalCovariance::Exact(denoiser) => Arc::clone(denoiser) as Arc<dyn Denoiser<R>>,
            ConditionalCovariance::Empirical(denoiser) => Arc::clone(denoiser) as Arc<dyn Denoiser<R>>,
            ConditionalCovariance::Jacobian(denoiser) => Arc::clone(denoiser),
        }
    }

    /// The levels at which the sampler may evaluate a guidance.
    pub fn levels(&self) -> Vec<Level> {
        self.sampler.evaluated().iter().map(|&t| self.schedule.level(t)).collect()
    }
}

fn needs(method: Method, found: &'static str, expected: &'static str) -> SolverError {
    SolverError::Needs { method: method.name(), found, expected }
}

/// The parameter of a method, or its published one; 0 for a method without.
fn checked(method: Method, parameter: Option<f64>) -> Result<f64, SolverError> {
    let Some(known) = method.parameter() else {
        return match parameter {
            Some(_) => Err(needs(method, "a parameter", "none: the method has nothing to tune")),
            None => Ok(0.0),
        };
    };
    let value = parameter.unwrap_or(known.published);
    let whole = matches!(method, Method::Mmps | Method::DapsExact);
    let share = matches!(method, Method::Pigdm | Method::Ddrm | Method::Ddnm);
    let (holds, expected) = match () {
        () if whole => (value >= 1.0 && value.fract() == 0.0, "a whole number of at least 1"),
        () if share => ((0.0..=1.0).contains(&value), "a number from 0 to 1"),
        () => (value.is_finite() && value > 0.0, "a finite number above 0"),
    };
    if holds {
        return Ok(value);
    }
    Err(SolverError::Parameter { method: method.name(), parameter: known.name, found: value, expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Member;
    use equipoise_covariance::Modes;
    use equipoise_field::{Shape, sum};
    use equipoise_locality::{Memory, Optimal, Training};
    use equipoise_observation::NoiseVariance;
    use equipoise_operator::Mask;
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
        let operator = Arc::new(Mask::new(dim, (0..dim).step_by(3).collect()).unwrap());
        let noise = NoiseVariance::Uniform(0.01);
        let y = Stream::new("y").normal(0, 4);
        let schedule = Arc::new(equipoise_schedule::Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap());
        let grid = Spacing::Uniform.grid(&*schedule, 32).unwrap();
        let probes = Stream::new("probes");
        let gaussian = ObservedGaussian::new(Arc::clone(&wiener), operator.clone(), noise.clone(), probes);
        Inference {
            denoiser: ConditionalCovariance::Exact(wiener),
            gaussian: Some(Arc::new(gaussian.unwrap())),
            observation: Arc::new(Observed::shared(y, operator, noise).unwrap()),
            schedule,
            sampler: Arc::new(PredictorCorrector::new(grid, 0, 0.5).unwrap()),
            start: Start::Normal,
            bound: 10.0,
        }
    }

    fn end(inference: &Inference<f64>, method: Method, parameter: Option<f64>) -> Vec<f64> {
        let member = Member { start: Stream::new("start"), langevin: Stream::new("langevin") };
        let sampler = inference.bind(method, parameter, None).unwrap();
        sampler.sample(&member).unwrap().x().to_vec()
    }

    /// With a diagonal prior and a selection all have the guidance of `exact`: `jfps` and `mmps` by
    /// definition, `tmpd` because the row sums are the matrix.
    #[test]
    fn methods_that_coincide_on_a_diagonal_problem_do() {
        let inference = inference();
        let exact = end(&inference, Method::Exact, None);
        for (method, parameter) in [(Method::Mmps, Some(5.0)), (Method::Jfps, None), (Method::Tmpd, None)] {
            let error = sum::squared_distance(&end(&inference, method, parameter), &exact).sqrt();
            // CG stops at 1e-10 in each of 32 evaluations.
            assert!(error < 32.0 * 1e-10 * sum::norm(&exact), "{method}: {error:e}");
        }
    }

    #[test]
    fn a_method_runs_under_every_sampler() {
        let mut inference = inference();
        let reference = end(&inference, Method::Exact, None);
        for name in ["euler", "heun", "ddpm", "exponential"] {
            let grid = Spacing::LogSnr.grid(&*inference.schedule, 32).unwrap();
            inference.sampler =
                name.parse::<SamplerName>().unwrap().build(&*inference.schedule, grid, 0, 0.5).unwrap();
            let x = end(&inference, Method::Exact, None);
            assert_ne!(x, reference, "{name}");
            // Observed to ±0.1: every sampler of this posterior stays within six of its deviations.
            let misfit = (0..4).map(|k| (x[3 * k] - inference.observation.values()[k]).abs() / 0.1);
            assert!(misfit.fold(0.0, f64::max) < 6.0, "{name}");
        }
    }

    /// Names, defaults and kinds agree with the samplers that they stand for.
    #[test]
    fn every_method_is_bound_and_runs() {
        let inference = inference();
        let levels = inference.levels();
        let ratios = inference.gaussian.as_ref().unwrap().ratios(Law::Matched, &levels);
        let strength = Strength::traced(&NoiseVariance::Uniform(0.01), ratios);
        let member = Member { start: Stream::new("start"), langevin: Stream::new("langevin") };
        for method in Method::ALL {
            let sampler = inference.bind(method, None, Some(&strength)).unwrap();
            assert_eq!(sampler.is_point_estimate(), method.is_point_estimate(), "{method}");
            assert_eq!(inference.guidance(method, None, Some(&strength)).is_err(), method.owns_loop());
            let published = method.parameter().filter(|_| method != Method::Sda).map(|p| p.published);
            let again = inference.bind(method, published, Some(&strength)).unwrap();
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
        inference.denoiser = ConditionalCovariance::Empirical(Arc::new(Optimal::new(training)));
        inference.gaussian = None;
        inference.observation = Arc::new(observation);
        let grid = Spacing::LogSnr.grid(&*inference.schedule, 64).unwrap();
        inference.sampler =
            "ddpm".parse::<SamplerName>().unwrap().build(&*inference.schedule, grid, 0, 0.5).unwrap();
        let sampler = inference.bind(Method::Exact, None, None).unwrap();
        let stream = |what, m| Stream::new(what).number(m);
        let members: Vec<Member> =
            (0..400).map(|m| Member { start: stream("start", m), langevin: stream("langevin", m) }).collect();
        let runs = sampler.ensemble(&members).unwrap();
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
        let mut inference = inference();
        let message = |inference: &Inference<f64>, method, parameter| {
            inference.bind(method, parameter, None).err().unwrap().to_string()
        };
        let mut messages = vec![
            message(&inference, Method::Sda, None),
            message(&inference, Method::Tmpd, Some(1.0)),
            message(&inference, Method::Mmps, Some(1.5)),
            message(&inference, Method::DiffPir, Some(-1.0)),
        ];
        inference.gaussian = None;
        messages.push(message(&inference, Method::Exact, None));
        insta::assert_snapshot!(messages.join("\n"), @r"
        method sda: found no law, expected a law's strength
        method tmpd: found a parameter, expected none: the method has nothing to tune
        method mmps, iterations: found 1.5, expected a whole number of at least 1
        method diffpir, lambda: found -1, expected a finite number above 0
        method exact: found a denoiser, expected a Gaussian prior
        ");
    }
}
