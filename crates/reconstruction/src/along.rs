//! The Gauss–Markov prior of a trajectory that the windows of a prior tell, and its exact posterior: what stands beside
//! a composite in the place of closed forms that it has none of.

use crate::exact::{Draw, Draws, stream};
use crate::{Chained, Drawn, Problem, ReconstructionError, Result, Score};
use equipoise_markov::{Clipped, Markov, Moments, Posterior};
use equipoise_solver::{Member, PosteriorSampler, Watch};
use std::fmt;
use std::sync::OnceLock;

/// x | y under the Gauss–Markov prior of a prior's windows: exact for that prior, by a Kalman filter and a smoother.
pub(crate) struct Along {
    posterior: Posterior<f32>,
    count: usize,
    clipped: Clipped,
}

impl Along {
    /// # Errors
    /// [`ReconstructionError::Prior`] for windows that do not tell how frames follow each other, of one frame such as;
    /// [`ReconstructionError::Markov`] for readings that its filter does not take.
    fn of(problem: &Problem) -> Result<Self> {
        let (markov, clipped): (Markov, Clipped) = problem.prior.markov(None)?;
        let posterior = markov.posterior(problem.shape.frames, problem.observation())?;
        Ok(Self { posterior, count: problem.observation().count(), clipped })
    }

    /// The innovations of its filter: one pass.
    pub(crate) fn chained(&self) -> Result<Chained> {
        let (evidence, n) = (self.posterior.log_evidence()?, self.count as f64);
        let innovations = Score::new(evidence.squared_innovation, n, n);
        Ok(Chained { prior: self.to_string(), innovations, log_evidence: evidence.value })
    }

    /// E[x | y] and the standard deviation of every entry, normalised units.
    pub(crate) fn mean_and_std(&self) -> Result<(Vec<f32>, Vec<f32>)> {
        let Moments { mean, mut variance } = self.posterior.moments()?;
        variance.iter_mut().for_each(|v| *v = v.max(0.0).sqrt());
        Ok((mean, variance))
    }

    /// Draws of it, the k-th member the k-th.
    pub(crate) fn draw(&self, seed: u64, members: &[Member], watch: Watch<'_>) -> Result<Drawn> {
        let stream = stream(seed);
        let draw = |k: u64| -> Draw {
            self.posterior.sample(stream, k).map_err(|why| ReconstructionError::from(why).into())
        };
        Ok(Draws { members, draw }.draw(members, watch)?)
    }
}

/// In words.
impl fmt::Display for Along {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Gauss–Markov prior of the same windows")?;
        let Clipped { count, of, limit, .. } = self.clipped;
        if count > 0 {
            write!(f, " ({count} of {of} singular values of its lag-1 correlation clipped at {limit:.4})")?;
        }
        Ok(())
    }
}

/// That of a problem, once somebody asked for it. It can only begin empty: what a problem is made with knows no other.
#[derive(Default)]
pub(crate) struct Beside(OnceLock<Along>);

impl Problem {
    /// That of the same windows, made when it is first asked for.
    ///
    /// # Errors
    /// Those of [`Along::of`].
    pub(crate) fn along(&self) -> Result<&Along> {
        if let Some(along) = self.along.0.get() {
            return Ok(along);
        }
        // Two who ask at the same time both make it, and the one kept first is used.
        let made = Along::of(self)?;
        Ok(self.along.0.get_or_init(|| made))
    }
}
