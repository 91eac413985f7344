//! The state of a run between two steps, from which it can go on with the same bits.

use crate::{Breakdown, Excursion, Outcome, Trace};

/// One member between two steps: with its grid, its guidance and its noise all that the rest of its run follows
/// from, for draws are numbered by the steps that they belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept<R> {
    /// Steps done.
    pub done: usize,
    /// x at the time reached.
    pub x: Vec<R>,
    /// The way there.
    pub trace: Trace,
}

impl<R> Kept<R> {
    /// A member at the beginning of its run.
    pub fn start(x: Vec<R>) -> Self {
        Self { done: 0, x, trace: Trace::default() }
    }
}

/// One member between two steps, as whoever follows it sees it.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'a, R> {
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub steps: usize,
    /// x at the time reached.
    pub x: &'a [R],
    /// The way there.
    pub trace: &'a Trace,
}

/// How a run that somebody follows came to rest.
#[derive(Clone, Debug, PartialEq)]
pub enum Rest<R> {
    /// At its end.
    Ended(Outcome<R>),
    /// On the way, because whoever follows it said so.
    Stopped(Kept<R>),
}

/// Numbers of a trace.
const NUMBERS: usize = 20;

impl Trace {
    /// All of it as numbers, bit for bit, for a file.
    pub fn numbers(&self) -> Vec<f64> {
        let Self { evaluations, peak, peak_deviation, excursion, guidance_norm, .. } = self;
        let mut all = vec![*evaluations as f64, *peak, *guidance_norm];
        let optional = |all: &mut Vec<f64>, value: Option<f64>| {
            all.extend([f64::from(u8::from(value.is_some())), value.unwrap_or_default()]);
        };
        optional(&mut all, *peak_deviation);
        optional(&mut all, self.residual);
        let excursion = excursion.map(|e| [e.t, e.max_abs, e.bound]);
        optional(&mut all, excursion.map(|e| e[0]));
        all.extend(excursion.map_or([0.0; 2], |e| [e[1], e[2]]));
        all.extend([self.iterations as f64, self.breakdowns as f64, self.floors as f64]);
        let first = self.first_breakdown;
        optional(&mut all, first.map(|b| b.t));
        all.extend(first.map_or([0.0; 2], |b| [b.iteration as f64, b.curvature]));
        optional(&mut all, first.and_then(|b| b.growth));
        all
    }

    /// The trace whose [`numbers`](Self::numbers) these are; `None` for a list of another length.
    pub fn of_numbers(numbers: &[f64]) -> Option<Self> {
        let n: &[f64; NUMBERS] = numbers.try_into().ok()?;
        let optional = |at: usize| (n[at] > 0.0).then_some(n[at + 1]);
        let excursion = optional(7).map(|t| Excursion { t, max_abs: n[9], bound: n[10] });
        let first = optional(14).map(|t| Breakdown {
            t,
            iteration: n[16] as usize,
            curvature: n[17],
            growth: optional(18),
        });
        Some(Self {
            evaluations: n[0] as usize,
            peak: n[1],
            guidance_norm: n[2],
            peak_deviation: optional(3),
            residual: optional(5),
            excursion,
            iterations: n[11] as usize,
            breakdowns: n[12] as usize,
            floors: n[13] as usize,
            first_breakdown: first,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Scalar, schedule};
    use crate::{Heun, PredictorCorrector, Sampler, SamplerName};
    use equipoise_schedule::uniform_grid;
    use equipoise_stream::Stream;

    const PROBLEM: Scalar = Scalar { prior: 4.0, pull: 0.1, dim: 5 };

    /// Stops after every step and goes on from the numbers that a file would hold.
    fn in_parts(sampler: &dyn Sampler<f64>, start: Vec<f64>) -> (Outcome<f64>, usize) {
        let (mut state, mut parts) = (Kept::start(start), 0);
        loop {
            let from = state.done;
            let mut between = |reached: Reached<'_, f64>| reached.done == from;
            let noise = Stream::new("z");
            match sampler.run_from(&PROBLEM, &schedule(), state, &noise, 0.1, &mut between).unwrap() {
                Rest::Ended(outcome) => return (outcome, parts),
                Rest::Stopped(kept) => {
                    parts += 1;
                    let trace = Trace::of_numbers(&kept.trace.numbers()).unwrap();
                    assert_eq!(trace, kept.trace);
                    state = Kept { trace, ..kept };
                }
            }
        }
    }

    /// Every sampler, and corrections, whose draws are numbered: the bits and the account of one run.
    #[test]
    fn a_run_in_parts_is_the_run() {
        let start: Vec<f64> = Stream::new("start").normal(0, PROBLEM.dim);
        let grid = uniform_grid(6).unwrap();
        let names = ["predictor_corrector", "ddim:0.5", "ddpm", "ddpm_beta", "euler", "heun", "exponential"];
        for (name, corrections) in names.map(|name| (name, 0)).into_iter().chain([("predictor_corrector", 2)])
        {
            let name: SamplerName = name.parse().unwrap();
            let sampler = name.build::<f64>(&schedule(), grid.clone(), corrections, 0.3).unwrap();
            let noise = Stream::new("z");
            let whole = sampler.run(&PROBLEM, &schedule(), start.clone(), &noise, 0.1).unwrap();
            let (found, parts) = in_parts(&*sampler, start.clone());
            assert_eq!((&found, parts), (&whole, sampler.grid().len() - 2), "{name} {corrections}");
            assert!(whole.is_finished() && whole.trace().excursion.is_some());
        }
    }

    #[test]
    fn every_number_of_a_trace_survives() {
        let growth = Some(1.5);
        let trace = Trace {
            evaluations: 3,
            peak: 0.1,
            peak_deviation: Some(0.0),
            excursion: Some(Excursion { t: 0.0, max_abs: f64::INFINITY, bound: 3.0 }),
            guidance_norm: 1e300,
            iterations: 7,
            residual: Some(1e-7),
            breakdowns: 2,
            first_breakdown: Some(Breakdown { t: 0.25, iteration: 1, curvature: -0.5, growth }),
            floors: 9,
        };
        assert_eq!(Trace::of_numbers(&trace.numbers()).unwrap(), trace);
        assert_eq!(Trace::of_numbers(&Trace::default().numbers()).unwrap(), Trace::default());
        assert_eq!(Trace::of_numbers(&[0.0]), None);
    }

    /// What cannot be gone on from is refused.
    #[test]
    fn faults_are_named() {
        struct Remembering(Vec<f64>);
        impl Sampler<f64> for Remembering {
            fn grid(&self) -> &[f64] {
                &self.0
            }
            fn evaluated(&self) -> &[f64] {
                &self.0
            }
            fn step(
                &self,
                _: &mut crate::Run<'_, f64>,
                _: usize,
                _: f64,
                _: f64,
            ) -> Result<(), crate::SamplerError> {
                Ok(())
            }
        }
        let refused = |sampler: &dyn Sampler<f64>, state: Kept<f64>| {
            let run = sampler.run_from(&PROBLEM, &schedule(), state, &Stream::new("z"), 1.0, &mut |_| true);
            run.unwrap_err().to_string()
        };
        let fresh = || Kept::start(vec![0.0; PROBLEM.dim]);
        let told = "sampler: found one that may keep something from one step to the next, expected one whose steps \
                    follow from x alone";
        assert_eq!(refused(&Remembering(vec![1.0, 0.5, 0.0]), fresh()), told);
        let heun = Heun::new(vec![1.0, 0.5, 0.0]).unwrap();
        let told = "state: found 3 steps done, expected at most the run's 2";
        assert_eq!(refused(&heun, Kept { done: 3, ..fresh() }), told);
        let short = PredictorCorrector::new(vec![1.0, 0.0], 0, 1.0).unwrap();
        assert_eq!(refused(&short, Kept::start(vec![0.0])), "start: found length 1, expected 5");
    }
}
