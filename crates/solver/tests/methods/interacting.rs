//! A method whose members meet: two particles that exchange places half-way, by the public interface alone.

use equipoise_denoiser::{Closure, Denoiser};
use equipoise_field::sum;
use equipoise_guidance::{ConditionalCovariance, PigdmScore};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::Mask;
use equipoise_sampler::{Outcome, Trace};
use equipoise_schedule::Level;
use equipoise_solver::{
    Ensemble, Guided, Inference, Member, PosteriorSampler, Problem, SolverError, Start, Watch,
};
use std::sync::Arc;

const DIM: usize = 4;
const S2: f64 = 0.5;
const Y: [f64; 2] = [0.7, -0.3];

/// Particles of the prior, weighed by p(y | x) at their end. The two of a pair exchange their states half-way.
struct Swapping(Inference<f32>);

impl Swapping {
    /// x ← a draw of q(x′ given x_t, x_0 = x̂), from draw `number` of the member's noise.
    fn step(
        &self,
        x: &mut [f32],
        [now, then]: [Level; 2],
        member: &Member,
        number: u64,
    ) -> Result<(), SolverError> {
        let mut x_hat = vec![0.0; x.len()];
        let denoiser = self.0.problem.denoiser();
        denoiser.denoise(x, now, &mut x_hat).map_err(equipoise_guidance::GuidanceError::from)?;
        let z: Vec<f32> = member.langevin.normal(number, x.len());
        let fresh = equipoise_sampler::fresh_share(1.0, now, then);
        let keep = then.sigma * (1.0 - fresh).sqrt() / now.sigma;
        for i in 0..x.len() {
            let mean = keep * f64::from(x[i]) + (then.mu - keep * now.mu) * f64::from(x_hat[i]);
            x[i] = (mean + then.sigma * fresh.sqrt() * f64::from(z[i])) as f32;
        }
        Ok(())
    }
}

impl PosteriorSampler<f32> for Swapping {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<f32>, SolverError> {
        if members.len() % 2 == 1 {
            let (found, expected) = ("a particle without a partner", "pairs");
            return Err(SolverError::Needs { method: "swapping", found, expected });
        }
        let on = &self.0;
        let grid = on.sampler.grid();
        let first = on.schedule.level(grid[0]);
        let mut states: Vec<Vec<f32>> =
            members.iter().map(|m| on.start.draw(on.problem.dim(), first, m.start)).collect();
        for (index, times) in grid.windows(2).enumerate() {
            let levels = [times[0], times[1]].map(|t| on.schedule.level(t));
            for (x, member) in states.iter_mut().zip(members) {
                self.step(x, levels, member, index as u64)?;
            }
            if index + 1 == grid.len() / 2 {
                states.chunks_exact_mut(2).for_each(|pair| pair.reverse());
            }
        }
        (watch.go_on)(members.len());
        let seen = on.problem.observation();
        let logs: Vec<f64> = states.iter().map(|x| seen.log_likelihood(x)).collect();
        let constant = -0.5 * seen.count() as f64 * (2.0 * std::f64::consts::PI * S2).ln();
        let mean = sum::of(logs.len(), |k| logs[k].exp()) / logs.len() as f64;
        let finished = |x| Outcome::Finished { x, trace: Trace::default() };
        let ensemble = Ensemble::new(states.into_iter().map(finished).collect());
        Ok(ensemble.weighted(logs)?.with_evidence(mean.ln() + constant))
    }
}

/// x ~ N(0, I), of which two entries are seen.
fn inference() -> Inference<f32> {
    let gain = |level: Level| (level.mu / (level.mu.powi(2) + level.sigma.powi(2))) as f32;
    let scale = move |level: Level, v: &[f32], out: &mut [f32]| {
        out.iter_mut().zip(v).for_each(|(o, v)| *o = gain(level) * v);
        Ok(())
    };
    let white = Closure::new(
        DIM,
        move |x: &[f32], level, out: &mut [f32]| scale(level, x, out),
        move |_: &[f32], level, v: &[f32], out: &mut [f32]| scale(level, v, out),
    );
    let white: Arc<dyn Denoiser<f32>> = Arc::new(white);
    let mask = Mask::new(DIM, vec![0, 2]).unwrap();
    let seen = Observed::new(Y.map(|y| y as f32).to_vec(), mask, NoiseVariance::Uniform(S2)).unwrap();
    Inference {
        problem: Problem::new(ConditionalCovariance::Jacobian(white), Arc::new(seen)).unwrap(),
        schedule: super::schedule(),
        sampler: {
            let grid = equipoise_schedule::uniform_grid(128).unwrap();
            Arc::new(equipoise_sampler::Euler::new(grid).unwrap())
        },
        start: Start::Normal,
        bound: 20.0,
    }
}

/// What is exact for this prior.
fn guided(on: &Inference<f32>) -> Guided<f32> {
    let seen = Arc::clone(on.problem.observation());
    on.guided(Arc::new(PigdmScore::new(on.problem.denoiser(), seen)))
}

/// The weighted mean of an ensemble and its size, as any user of any method takes them.
fn mean(sampler: &dyn PosteriorSampler<f32>, members: &[Member]) -> (Vec<f64>, usize, Ensemble<f32>) {
    let ensemble = sampler.draw(members, Watch::NONE).unwrap();
    let logs = ensemble.log_weights().unwrap_or_else(|| vec![0.0; ensemble.len()]);
    let peak = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logs.iter().map(|w| (w - peak).exp()).collect();
    let total: f64 = weights.iter().sum();
    let of =
        |i: usize| ensemble.fields().zip(&weights).map(|(x, w)| w * f64::from(x[i])).sum::<f64>() / total;
    ((0..DIM).map(of).collect(), ensemble.len(), ensemble)
}

/// N(0, 1) observed with s²: mean y/(1 + s²), and p(y) = N(y; 0, 1 + s²).
#[test]
fn particles_that_meet_are_a_method_like_any_other() {
    let on = inference();
    let methods: [(&str, Box<dyn PosteriorSampler<f32>>); 2] =
        [("swapping", Box::new(Swapping(on.clone()))), ("pigdm_score", Box::new(guided(&on)))];
    let members: Vec<Member> = (0..4000).map(super::member).collect();
    for (name, sampler) in methods {
        let (mean, size, ensemble) = mean(&*sampler, &members);
        assert_eq!((size, ensemble.skipped(), ensemble.diverged()), (4000, 0, 0), "{name}");
        assert_eq!(ensemble.evidence().is_some(), name == "swapping");
        // Four standard errors of 1600 effective particles of variance 1.
        let expected = Y.map(|y| y / (1.0 + S2));
        for (found, expected) in [(mean[0], expected[0]), (mean[2], expected[1]), (mean[1], 0.0)] {
            assert!((found - expected).abs() < 0.1, "{name}: {found} {expected}");
        }
        if let Some(evidence) = ensemble.evidence() {
            let variance = 1.0 + S2;
            let law = |y: f64| -0.5 * (y * y / variance + (2.0 * std::f64::consts::PI * variance).ln());
            let expected: f64 = Y.into_iter().map(law).sum();
            assert!((evidence - expected).abs() < 0.06, "{evidence} {expected}");
        }
    }
}

#[test]
fn a_particle_ends_with_what_its_partner_began() {
    let sampler = Swapping(inference());
    let ends = |starts: [u64; 2]| {
        let member = |m: usize| Member { start: super::member(starts[m]).start, ..super::member(m as u64) };
        let drawn = sampler.draw(&[member(0), member(1)], Watch::NONE).unwrap();
        drawn.fields().map(<[f32]>::to_vec).collect::<Vec<_>>()
    };
    let (base, first, second) = (ends([0, 1]), ends([7, 1]), ends([0, 7]));
    // Who starts elsewhere leaves its own end as it was, and moves its partner's.
    assert!(base[0] == first[0] && base[1] != first[1]);
    assert!(base[1] == second[1] && base[0] != second[0]);
    // Weights reach whoever asks the ensemble.
    let members: Vec<Member> = (0..6).map(super::member).collect();
    let weighted = sampler.draw(&members, Watch::NONE).unwrap();
    let seen = sampler.0.problem.observation();
    assert_eq!(weighted.log_weights().unwrap().len(), 6);
    assert!(weighted.misfit(seen) < Ensemble::new(weighted.outcomes().to_vec()).misfit(seen));
    // One alone is refused by name, through `sample` too.
    let alone = sampler.sample(&members[0]).unwrap_err().to_string();
    assert_eq!(alone, "method swapping: found a particle without a partner, expected pairs");
}
