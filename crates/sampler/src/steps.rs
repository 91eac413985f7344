//! What the steps of a sampler are made of: stated once, for whoever takes them elsewhere or reckons with them.

use crate::PredictorCorrector;

/// What every step of a sampler is made of.
///
/// A sampler states it by [`Sampler::steps`](crate::Sampler::steps), and a name without being built by
/// [`SamplerName::steps`](crate::SamplerName::steps). Accelerators, certificates and curves take a run by this alone:
/// one whose sampler states nothing is taken by none of them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Steps {
    /// Whether a step is [`Run::advance`](crate::Run::advance) after one evaluation at its beginning, and then
    /// nothing but what [`corrector`](Self::corrector) says.
    pub euler: bool,
    /// The Langevin corrections at its end, where there are any.
    pub corrector: Option<Corrector>,
    /// Evaluations of the guidance a step, at most.
    pub evaluations: usize,
    /// Fields of noise that a step draws, at most.
    pub draws: usize,
    /// Whether x′ is affine in x and in what is drawn, wherever ε_y is affine in x.
    pub affine: bool,
    /// Whether a step follows from x, its number and its times alone, so that a run may stop between two steps and
    /// go on from x: nothing of [`Run::eps`](crate::Run::eps) or [`Run::spare`](crate::Run::spare) is read before it
    /// is written.
    pub follows_from_state: bool,
}

/// Langevin corrections x ← x − σ′(δ ε_y(x, t′) + √(2δ) z), δ = τ/mean(ε_y²), after every step that leaves noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corrector {
    /// How many after a step.
    pub corrections: usize,
    /// τ.
    pub tau: f64,
}

impl Steps {
    /// Steps that are linear combinations of x, of ε_y at `evaluations` states made so, and of `draws` fields of
    /// noise.
    pub const fn affine(evaluations: usize, draws: usize) -> Self {
        Self { euler: false, corrector: None, evaluations, draws, affine: true, follows_from_state: true }
    }

    /// x′ = (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y(x, t).
    pub const fn euler() -> Self {
        Self { euler: true, ..Self::affine(1, 0) }
    }

    /// These with corrections at their end, whose δ is no linear function of x; none change nothing.
    #[must_use]
    pub fn corrected(self, Corrector { corrections, tau }: Corrector) -> Self {
        if corrections == 0 {
            return self;
        }
        Self {
            corrector: Some(Corrector { corrections, tau }),
            evaluations: self.evaluations + corrections,
            draws: self.draws + corrections,
            affine: false,
            ..self
        }
    }

    /// Whether they are Euler's and nothing else: whoever takes them needs the grid alone.
    pub fn is_euler(&self) -> bool {
        self.euler && self.corrector.is_none()
    }

    /// Whether nothing is drawn on the way.
    pub fn is_deterministic(&self) -> bool {
        self.draws == 0
    }

    /// The predictor–corrector that takes these steps along `grid`, where it does.
    pub fn predictor_corrector(&self, grid: &[f64]) -> Option<PredictorCorrector> {
        // Without corrections their size plays no part.
        let Corrector { corrections, tau } = self.corrector.unwrap_or(Corrector { corrections: 0, tau: 1.0 });
        let along = || PredictorCorrector::new(grid.to_vec(), corrections, tau).ok();
        self.euler.then(along).flatten()
    }
}

#[cfg(test)]
mod tests {

    use crate::problem::{Scalar, schedule};
    use crate::{Euler, Kept, Outcome, Rest, Sampler, SamplerName};
    use equipoise_schedule::uniform_grid;
    use equipoise_stream::Stream;

    const PROBLEM: Scalar = Scalar { prior: 4.0, pull: 0.1, dim: 6 };

    /// Every sampler by name, with corrections where it takes them.
    fn named() -> Vec<(SamplerName, usize)> {
        let names = [
            "predictor_corrector",
            "ddim:0",
            "ddim:0.5",
            "ddpm",
            "ddpm_beta",
            "euler",
            "heun",
            "exponential",
        ];
        let plain = names.iter().map(|name| (name.parse().unwrap(), 0));
        plain.chain([(SamplerName::PredictorCorrector, 2)]).collect()
    }

    fn draw(name: &str) -> Vec<f64> {
        Stream::new(name).normal(0, PROBLEM.dim)
    }

    /// ε_y of the problem is linear in x. Every word of the statement against what the steps do with it.
    #[test]
    fn what_is_stated_is_what_the_steps_do() {
        let grid = uniform_grid(6).unwrap();
        for (name, corrections) in named() {
            let sampler = name.build::<f64>(&schedule(), grid.clone(), corrections, 0.3).unwrap();
            let steps = sampler.steps().unwrap();
            let what = format!("{name} {corrections}: {steps:?}");
            assert_eq!(name.steps(corrections, 0.3), steps, "{what}");
            let run = |start: Vec<f64>, noise: &str| {
                sampler.run(&PROBLEM, &schedule(), start, &Stream::new(noise), 1e3).unwrap()
            };
            let (a, b) = (draw("a"), draw("b"));
            let middle = a.iter().zip(&b).map(|(a, b)| 0.25 * a + 0.75 * b).collect();
            let [of_a, of_b, of_middle] = [a.clone(), b, middle].map(|start| run(start, "z"));
            let ends = of_a.x().iter().zip(of_b.x()).map(|(a, b)| 0.25 * a + 0.75 * b);
            let apart = ends.zip(of_middle.x()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            // A few roundings each of some ten operations on numbers of size 10.
            assert_eq!(apart < 1e-12, steps.affine, "{what}: {apart:e}");
            assert_eq!(run(a.clone(), "other").x() == of_a.x(), steps.is_deterministic(), "{what}");
            let most = steps.evaluations * (sampler.grid().len() - 1);
            assert_eq!(of_a.trace().evaluations, most, "{what}");
            let euler = Euler::new(grid.clone()).unwrap().run(
                &PROBLEM,
                &schedule(),
                a.clone(),
                &Stream::new("z"),
                1e3,
            );
            assert_eq!(euler.unwrap() == of_a, steps.is_euler(), "{what}");
            let taken = steps.predictor_corrector(sampler.grid());
            let taken =
                taken.map(|it| it.run(&PROBLEM, &schedule(), a.clone(), &Stream::new("z"), 1e3).unwrap());
            assert_eq!(taken.is_some_and(|taken| taken == of_a), steps.euler, "{what}");
            assert!(steps.follows_from_state && goes_on(&*sampler, a) == of_a, "{what}");
        }
    }

    /// Stopped after two steps.
    fn goes_on(sampler: &dyn Sampler<f64>, start: Vec<f64>) -> Outcome<f64> {
        let on = |state, until: usize| {
            let noise = Stream::new("z");
            sampler.run_from(&PROBLEM, &schedule(), state, &noise, 1e3, &mut |at| at.done != until).unwrap()
        };
        let Rest::Stopped(kept) = on(Kept::start(start), 2) else { panic!("there are more steps") };
        let Rest::Ended(outcome) = on(kept, 0) else { panic!("nobody stops it again") };
        outcome
    }
}
