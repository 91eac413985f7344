//! A guidance under a sampler.

use crate::{Ensemble, Independent, Member, PosteriorSampler, Result, Start, Watch};
use equipoise_field::Real;
use equipoise_guidance::Guidance;
use equipoise_sampler::{Kept, Noise, Outcome, Reached, Rest, Sampler};
use equipoise_schedule::Schedule;
use std::sync::Arc;

/// Samples x | y by running a guided sampler from its start law.
#[derive(Clone, Debug)]
pub struct Guided<R: Real> {
    /// ε_y.
    pub guidance: Arc<dyn Guidance<R>>,
    /// How time advances.
    pub sampler: Arc<dyn Sampler<R>>,
    /// μ and σ over time.
    pub schedule: Arc<dyn Schedule>,
    /// The law of x_1.
    pub start: Start<R>,
    /// The largest |x| that a clean state can have, beyond which an excursion is recorded.
    pub bound: f64,
}

impl<R: Real> Guided<R> {
    /// One member, from its start or from a state that was kept on its way, with the bits that it has in any other
    /// drawing; `between` sees it after every step but the last, and answers whether to go on.
    ///
    /// # Errors
    /// As [`Sampler::run_from`].
    pub fn follow(
        &self,
        member: &Member,
        kept: Option<Kept<R>>,
        between: &mut dyn FnMut(Reached<'_, R>) -> bool,
    ) -> Result<Rest<R>> {
        let first = self.sampler.grid().first().copied().unwrap_or(1.0);
        let (dim, level) = (self.guidance.denoiser().dim(), self.schedule.level(first));
        let from = kept.unwrap_or_else(|| Kept::start(self.start.draw(dim, level, member.start)));
        let (guidance, schedule) = (&*self.guidance, &*self.schedule);
        Ok(self.sampler.run_from(guidance, schedule, from, &member.langevin, self.bound, between)?)
    }
}

impl<R: Real> Independent<R> for Guided<R> {
    fn batch(&self) -> usize {
        self.guidance.denoiser().batch()
    }

    fn run(&self, members: &[Member]) -> Result<Vec<Outcome<R>>> {
        let first = self.sampler.grid().first().copied().unwrap_or(1.0);
        let level = self.schedule.level(first);
        let dim = self.guidance.denoiser().dim();
        let start = |member: &Member| self.start.draw(dim, level, member.start);
        let starts: Vec<R> = members.iter().flat_map(start).collect();
        let noises: Vec<&dyn Noise<R>> = members.iter().map(|m| &m.langevin as &dyn Noise<R>).collect();
        Ok(self.sampler.run_batch(&*self.guidance, &*self.schedule, starts, &noises, self.bound)?)
    }
}

impl<R: Real> PosteriorSampler<R> for Guided<R> {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<R>> {
        self.draw_each(members, watch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_covariance::{Covariance, Modes};
    use equipoise_field::sum;
    use equipoise_guidance::{Excess, Sda, Strength};
    use equipoise_observation::NoiseVariance;
    use equipoise_observation::Observed;
    use equipoise_operator::Mask;
    use equipoise_sampler::PredictorCorrector;
    use equipoise_schedule::{Alpha, Level, Variance, uniform_grid};
    use equipoise_stream::Stream;
    use equipoise_wiener::Wiener;

    fn members(n: u64) -> Vec<Member> {
        (0..n)
            .map(|m| Member {
                start: Stream::new("start").number(m),
                langevin: Stream::new("langevin").number(m),
            })
            .collect()
    }

    /// An axis-aligned prior of 40 numbers with every second one observed, under `adaptive`, whose
    /// norms would betray a batch.
    fn problem() -> Guided<f64> {
        let dim = 40;
        let basis = (0..dim * dim).map(|i| f64::from(u8::from(i % (dim + 1) == 0))).collect();
        let values = (0..dim).map(|i| 4.0 / (1.0 + i as f64)).collect();
        let prior = Arc::new(Modes::new(dim, basis, values, None).unwrap());
        let operator = Arc::new(Mask::new(dim, (0..dim).step_by(2).collect()).unwrap());
        let y = Stream::new("y").normal(0, 20);
        let observation = Observed::shared(y, operator, NoiseVariance::Uniform(0.01)).unwrap();
        let strength = Strength {
            variance: NoiseVariance::Uniform(0.01),
            excess: Excess::Gamma(0.01),
            factor: 1.0,
            adaptive: Some(1.0),
        };
        let wiener = Arc::new(Wiener::new(vec![0.0; dim], prior).unwrap());
        Guided {
            guidance: Arc::new(Sda::new(wiener, Arc::new(observation), strength)),
            sampler: Arc::new(PredictorCorrector::new(uniform_grid(24).unwrap(), 1, 0.3).unwrap()),
            schedule: Arc::new(equipoise_schedule::Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap()),
            start: Start::Normal,
            bound: 10.0,
        }
    }

    /// Guidance and corrector are per sample: a larger ensemble, in another order, on other threads,
    /// has the same members bit for bit.
    #[test]
    fn members_do_not_know_of_each_other() {
        let problem = problem();
        let few = problem.draw(&members(2), Watch::NONE).unwrap().into_outcomes();
        let mut reversed = members(4);
        reversed.reverse();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let many = pool.install(|| problem.draw(&reversed, Watch::NONE)).unwrap().into_outcomes();
        assert_eq!(few[0], many[3]);
        assert_eq!(few[1], many[2]);
        assert_ne!(few[0], few[1]);
    }

    /// Stopped in the middle, with corrections, and gone on with on other threads: the bits of the ensemble's member.
    #[test]
    fn a_member_that_was_stopped_goes_on_with_its_bits() {
        let problem = problem();
        let members = members(2);
        let whole = problem.draw(&members, Watch::NONE).unwrap().into_outcomes();
        let stopped = problem.follow(&members[1], None, &mut |reached| reached.done < 7).unwrap();
        let Rest::Stopped(kept) = stopped else { panic!("{stopped:?}") };
        assert_eq!(kept.done, 7);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let ended = pool.install(|| problem.follow(&members[1], Some(kept), &mut |_| true)).unwrap();
        assert_eq!(ended, Rest::Ended(whole[1].clone()));
    }

    /// The prior start has variance μ²λ + σ² in every mode, within four standard errors.
    #[test]
    fn the_prior_start_has_the_exact_marginal() {
        let values = vec![400.0, 1.0];
        let prior = Modes::new(2, vec![1.0, 0.0, 0.0, 1.0], values.clone(), None).unwrap();
        let covariance: Arc<dyn Covariance<f64>> = Arc::new(prior);
        let start = Start::Prior { mean: Arc::new(vec![3.0, -2.0]), covariance };
        let level = Level { mu: 0.1, sigma: 0.995 };
        let n = 4000;
        let draws: Vec<Vec<f64>> = (0..n).map(|i| start.draw(2, level, Stream::new("s").number(i))).collect();
        for (mode, mean) in [(0, 0.3), (1, -0.2)] {
            let expected = 0.01 * values[mode] + level.sigma.powi(2);
            let variance = sum::of(draws.len(), |i| (draws[i][mode] - mean).powi(2)) / n as f64;
            let bound = 4.0 * expected * (2.0 / n as f64).sqrt();
            assert!((variance - expected).abs() < bound, "{variance} {expected}");
        }
    }
}
