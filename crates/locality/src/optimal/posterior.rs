//! The weights of all samples and their mean, of the members of a batch: passes that serve all of them.

use super::Optimal;
use crate::Result;
use crate::padded::Padded;
use crate::sums::{self, AddProducts, BLOCK, MEMBERS, SquaredDistances};
use crate::training::Pass;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, each, sum};
use equipoise_schedule::Level;
use pulp::Arch;

/// Bytes of the samples of a block, at most.
const COPIES: usize = 1 << 24;

/// Adds w·f(x) to the sums of all members, given (sums, w, a block of x).
type AddTerms<'a, R> = dyn Fn(&mut [Vec<f64>], &mut [f64], &[R]) + Sync + 'a;

/// The weights of all samples with their shifts, and their mean, of every member.
#[derive(Debug)]
pub(super) struct Posteriors {
    weights: Vec<Vec<f64>>,
    means: Padded,
}

impl Posteriors {
    /// x̂ of every member.
    pub(super) fn write<R: Real>(&self, x_hat: &mut [R], dim: usize) {
        for (m, x_hat) in x_hat.chunks_exact_mut(dim).enumerate() {
            x_hat.iter_mut().zip(self.means.field(m)).for_each(|(x, &mean)| *x = R::narrow(mean));
        }
    }
}

impl<R: Real> Optimal<R> {
    /// Samples that are handed over together: more than one pays where they are copied anyway, for their
    /// shifts, or serve several members.
    fn block(&self, members: usize) -> usize {
        let kept = COPIES / (self.dim() * size_of::<R>());
        if members == 1 && self.training.shifts().len() == 1 { 1 } else { kept.clamp(1, BLOCK) }
    }

    /// w_i of every member: no more of them than a batch.
    pub(super) fn weights_of(&self, x_t: &[R], level: Level) -> Result<Vec<Vec<f64>>> {
        let (dim, members, arch) = (self.dim(), x_t.len() / self.dim(), Arch::new());
        let states = &Padded::new(x_t.chunks_exact(dim), dim);
        let block = self.block(members);
        let pass = Pass { wanted: &|_| true, block, bytes: 0 };
        let logits = self.training.fold(
            &pass,
            &Vec::new,
            &|sums: &mut Vec<f64>, block| {
                let (count, mut squares) = (block.ids.len(), [0.0; MEMBERS * BLOCK]);
                let out = &mut squares[..members * count];
                arch.dispatch(SquaredDistances { states, mu: level.mu, block: block.values, dim, out });
                for (k, &id) in block.ids.iter().enumerate() {
                    let logit = |m: usize| -squares[m * count + k] / (2.0 * level.sigma * level.sigma);
                    sums.extend((0..members).map(|m| self.log_prior(id) + logit(m)));
                }
            },
            &mut |all, group| all.extend(group),
        )?;
        let of = |m: usize| softmax(&logits.iter().skip(m).step_by(members).copied().collect::<Vec<_>>());
        Ok(each::made(members, of))
    }

    /// Σ w_i f(x_i) of every member, f added by `add` for a block at a time; empty where all w_i are zero.
    fn averages(&self, weights: &[Vec<f64>], add: &AddTerms<'_, R>) -> Result<Vec<Vec<f64>>> {
        let (dim, members) = (self.dim(), weights.len());
        let wanted = |id: usize| weights.iter().any(|w| w[id] != 0.0);
        let bytes = size_of::<f64>() * dim * members;
        self.training.fold(
            &Pass { wanted: &wanted, block: self.block(members), bytes },
            &|| vec![Vec::new(); members],
            &|out: &mut Vec<Vec<f64>>, block| {
                let (count, mut own) = (block.ids.len(), [0.0; MEMBERS * BLOCK]);
                let own = &mut own[..members * count];
                for ((own, weights), out) in own.chunks_exact_mut(count).zip(weights).zip(out.iter_mut()) {
                    own.iter_mut().zip(block.ids).for_each(|(own, &id)| *own = weights[id]);
                    if out.is_empty() && own.iter().any(|w| *w != 0.0) {
                        out.resize(dim, 0.0);
                    }
                }
                add(out, own, block.values);
            },
            &mut |all, group| {
                let mut both: Vec<_> = all.iter_mut().zip(group).collect();
                each::entry(&mut both, |_, (all, group)| match all.is_empty() {
                    true => **all = std::mem::take(group),
                    false => sums::add(all, group),
                });
            },
        )
    }

    pub(super) fn means(&self, weights: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
        let (dim, arch) = (self.dim(), Arch::new());
        let add = |out: &mut [Vec<f64>], weights: &mut [f64], block: &[R]| {
            arch.dispatch(
                #[inline(always)]
                move || sums::add_scaled(out, weights, block, dim),
            );
        };
        self.averages(weights, &add)
    }

    pub(super) fn posteriors(&self, x_t: &[R], level: Level) -> Result<Posteriors> {
        let weights = self.weights_of(x_t, level)?;
        let means = self.means(&weights)?;
        Ok(Posteriors { weights, means: Padded::new(means.iter().map(Vec::as_slice), self.dim()) })
    }

    /// `scale` Cov_w(x) v of every member.
    pub(super) fn covered(&self, posteriors: &Posteriors, scale: f64, v: &[R], out: &mut [R]) -> Result<()> {
        let (dim, arch, Posteriors { weights, means }) = (self.dim(), Arch::new(), posteriors);
        let v = &Padded::new(v.chunks_exact(dim), dim);
        let add = |out: &mut [Vec<f64>], weights: &mut [f64], block: &[R]| {
            arch.dispatch(AddProducts { out, weights, block, dim, means, v });
        };
        let covered = self.averages(weights, &add)?;
        for (out, covered) in out.chunks_exact_mut(dim).zip(&covered) {
            out.fill(R::zero());
            out.iter_mut().zip(covered).for_each(|(o, v)| *o = R::narrow(scale * v));
        }
        Ok(())
    }
}

/// exp(l_i)/Σ exp(l_i), with zero for what is below the normal numbers.
pub(super) fn softmax(logits: &[f64]) -> Vec<f64> {
    let peak = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut weights: Vec<f64> = logits.iter().map(|l| (l - peak).exp()).collect();
    let total = sum::of(weights.len(), |i| weights[i]);
    weights.iter_mut().for_each(|w| *w = if *w < f64::MIN_POSITIVE { 0.0 } else { *w / total });
    weights
}
