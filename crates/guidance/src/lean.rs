//! ε_y = ε̂ − σ·factor·Jᵀv made in place and in pieces, beside x_t without a field of its own.

use crate::guide::{fit, fit_estimates};
use crate::{Evidence, Result};
use equipoise_denoiser::{Denoiser, DenoiserError, Linearised, Tape};
use equipoise_field::{Real, each, sum};
use equipoise_schedule::Level;
use std::ops::Range;

/// Members whose Jᵀv are taken in pieces off their ε̂.
pub(crate) struct Lean {
    pub(crate) level: Level,
    /// D.
    pub(crate) dim: usize,
    /// On Jᵀv.
    pub(crate) factor: f64,
}

impl Lean {
    /// Overwrites `eps` with x̂, which `weigh` is shown, then with ε̂, from which what `spread` writes of v, as
    /// entries of a member from one on, is taken as σ·factor·Jᵀv. The bits are those of whole fields.
    pub(crate) fn noise_estimates<R: Real>(
        &self,
        (denoiser, x_t): (&dyn Denoiser<R>, &[R]),
        (eps, tape): (&mut [R], &mut Tape),
        evidence: &mut [Evidence],
        weigh: impl FnOnce(&[R]) -> Result<()>,
        mut spread: impl FnMut(usize, usize, &mut [R]) -> Result<()>,
    ) -> Result<()> {
        let dim = self.dim;
        fit_estimates(evidence, denoiser.dim(), x_t, eps)?;
        fit(evidence.len(), dim, &[("x_t", x_t.len())])?;
        let mut local = denoiser.linearise(x_t, self.level, eps, tape)?;
        weigh(eps)?;
        let (mu, over_sigma) = (R::narrow(self.level.mu), R::narrow(1.0 / self.level.sigma));
        each::update1(eps, x_t, |h, x| (x - mu * h) * over_sigma);
        let mut fault = None;
        let mut give = |at: Range<usize>, out: &mut [R]| {
            for (k, own, part) in parts(at, dim) {
                if let Err(error) = spread(k, own, &mut out[part]) {
                    fault.get_or_insert(error);
                }
            }
        };
        let norms = self.subtract(&mut *local, eps, &mut give)?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        for (evidence, norm) in evidence.iter_mut().zip(norms) {
            *evidence = Evidence { guidance_norm: norm * self.factor, ..Evidence::default() };
        }
        Ok(())
    }

    /// eps ← eps − σ·factor·Jᵀv; ‖Jᵀv‖ of every member.
    fn subtract<R: Real>(
        &self,
        local: &mut (dyn Linearised<R> + '_),
        eps: &mut [R],
        give: &mut dyn FnMut(Range<usize>, &mut [R]),
    ) -> Result<Vec<f64>, DenoiserError> {
        let (factor, sigma) = (R::narrow(self.factor), R::narrow(self.level.sigma));
        let (len, mut norm, mut norms) = (eps.len(), Norm::default(), Vec::new());
        let mut take = |at: Range<usize>, product: &[R]| {
            for (_, own, part) in parts(at.clone(), self.dim) {
                let (end, piece) = (own + part.len(), &product[part]);
                norm.add(piece);
                if end == self.dim {
                    norms.push(std::mem::take(&mut norm).finish());
                }
            }
            each::update1(&mut eps[at], product, |e, g| e - sigma * (factor * g));
        };
        local.vjp_pieces(len, give, &mut take)?;
        Ok(norms)
    }
}

/// What of a range of entries of a batch is which member's: the member, its first entry, and the place in the range.
fn parts(at: Range<usize>, dim: usize) -> impl Iterator<Item = (usize, usize, Range<usize>)> {
    let mut from = at.start;
    std::iter::from_fn(move || {
        let (k, own) = (from / dim, from % dim);
        let end = at.end.min((k + 1) * dim);
        let part = from - at.start..end - at.start;
        from = end;
        (!part.is_empty()).then_some((k, own, part))
    })
}

/// ‖a‖ of what is added piece by piece, with the bits of [`sum::norm`].
struct Norm<R> {
    /// ‖·‖² of whole blocks.
    blocks: Vec<f64>,
    /// The beginning of a block.
    begun: Vec<R>,
}

impl<R> Default for Norm<R> {
    fn default() -> Self {
        Self { blocks: Vec::new(), begun: Vec::new() }
    }
}

impl<R: Real> Norm<R> {
    fn add(&mut self, mut piece: &[R]) {
        if !self.begun.is_empty() {
            let (head, rest) = piece.split_at(piece.len().min(sum::BLOCK - self.begun.len()));
            self.begun.extend_from_slice(head);
            piece = rest;
            if self.begun.len() < sum::BLOCK {
                return;
            }
            self.blocks.push(sum::squared_norm(&self.begun));
            self.begun.clear();
        }
        let (blocks, rest) = piece.as_chunks::<{ sum::BLOCK }>();
        self.blocks.extend(blocks.iter().map(|block| sum::squared_norm(block)));
        self.begun.extend_from_slice(rest);
    }

    fn finish(mut self) -> f64 {
        if !self.begun.is_empty() {
            self.blocks.push(sum::squared_norm(&self.begun));
        }
        sum::pairwise(&mut self.blocks).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    /// To the bit, whatever the pieces.
    #[test]
    fn norms_of_pieces_are_those_of_the_whole() {
        let x: Vec<f32> = Stream::new("x").normal(0, 3 * sum::BLOCK + 77);
        for pieces in [1, 77, 1000, sum::BLOCK - 1, sum::BLOCK, 5000, x.len()] {
            for len in [0, 5, sum::BLOCK, 2 * sum::BLOCK + 1, x.len()] {
                let mut norm = Norm::default();
                x[..len].chunks(pieces).for_each(|piece| norm.add(piece));
                assert_eq!(norm.finish().to_bits(), sum::norm(&x[..len]).to_bits(), "{len} in {pieces}");
            }
        }
    }

    #[test]
    fn parts_are_cut_at_members() {
        let found: Vec<_> = parts(3..14, 5).collect();
        assert_eq!(found, [(0, 3, 0..2), (1, 0, 2..7), (2, 0, 7..11)]);
        assert_eq!(parts(5..5, 5).count(), 0);
    }
}
