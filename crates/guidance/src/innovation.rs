//! Products with M = s²I + A C Aᵀ at the states of a batch, A linearised at x̂ where it is nonlinear.

use crate::guide::each_member;
use crate::{ConditionalCovariance, Result};
use equipoise_denoiser::Linearised;
use equipoise_field::Real;
use equipoise_observation::Observed;
use equipoise_schedule::Level;

/// M of every member: what it is made of, and room for a field and a half of each.
pub(crate) struct Innovation<'a, R: Real> {
    pub(crate) covariance: &'a ConditionalCovariance<R>,
    pub(crate) observation: &'a Observed<R>,
    pub(crate) level: Level,
    pub(crate) x_hat: &'a [R],
    pub(crate) spread: &'a mut [R],
    pub(crate) room: &'a mut [R],
}

impl<R: Real> Innovation<'_, R> {
    /// out = M v of every member.
    pub(crate) fn apply(
        &mut self,
        local: &mut (dyn Linearised<R> + '_),
        v: &[R],
        out: &mut [R],
    ) -> Result<()> {
        let (seen, dim, count) = (self.observation, self.observation.dim(), self.observation.count());
        let members = self.x_hat.len() / dim;
        each_member(members, [dim, count], |f, o| {
            seen.pull_back(&self.x_hat[f.clone()], &v[o], &mut self.spread[f]);
        });
        self.covariance.apply(local, self.level, self.spread, self.room)?;
        each_member(members, [dim, count], |f, o| {
            seen.push_forward(&self.x_hat[f.clone()], &self.room[f], &mut out[o.clone()]);
            seen.add_noise(&v[o.clone()], &mut out[o]);
        });
        Ok(())
    }
}
