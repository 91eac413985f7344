//! A batch against its members alone, to the bit.

use crate::{Denoiser, DenoiserError, Linearised, Result, Tape};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::ops::Range;

/// Checks that no member of a batch knows of the others: x̂ and every product that the denoiser has, at the
/// first 1, 2, 5, 16 and all of the states in `x_t`, in their order and reversed, have the bits of `denoise`,
/// `vjp` (also in pieces), `jvp` and `covariance` at one state; x̂ both linearised and by `estimates`. `v` are the vectors, as many as states.
///
/// # Errors
/// [`DenoiserError::Batch`]; [`DenoiserError::Length`] unless `x_t` and `v` are whole fields, as many; what
/// the denoiser returns.
pub fn check_batch<R: Real>(denoiser: &dyn Denoiser<R>, x_t: &[R], level: Level, v: &[R]) -> Result<()> {
    let dim = denoiser.dim();
    let count = Length::members("x_t", x_t.len(), dim)?;
    Length::check("v", v.len(), x_t.len())?;
    let alone = (0..count)
        .map(|k| Products::alone(denoiser, &x_t[k * dim..][..dim], level, &v[k * dim..][..dim]))
        .collect::<Result<Vec<_>, _>>()?;
    let mut tape = Tape::new();
    for size in [1, 2, 5, 16, count].into_iter().filter(|size| *size <= count) {
        for reversed in [false, true] {
            let order: Vec<usize> = if reversed { (0..size).rev().collect() } else { (0..size).collect() };
            let gather =
                |of: &[R]| order.iter().flat_map(|k| of[k * dim..][..dim].to_vec()).collect::<Vec<R>>();
            let (states, vectors) = (gather(x_t), gather(v));
            let found = Products::together(denoiser, &states, level, &vectors, &mut tape)?;
            for (place, &k) in order.iter().enumerate() {
                found.same(&alone[k], place, size, dim)?;
            }
        }
    }
    Ok(())
}

/// x̂ in both ways and the products, as far as the denoiser has them.
struct Products<R>([(&'static str, Option<Vec<R>>); 6]);

fn named<R>(always: [Vec<R>; 4], known: [Option<Vec<R>>; 2]) -> Products<R> {
    let names = ["x_hat", "x_hat without J", "vjp", "vjp in pieces", "jvp", "covariance"];
    let mut found = always.into_iter().map(Some).chain(known);
    Products(names.map(|name| (name, found.next().flatten())))
}

/// What a product wrote; `None` where the denoiser does not have it.
fn known<R: Real>(len: usize, product: impl FnOnce(&mut [R]) -> Result<()>) -> Result<Option<Vec<R>>> {
    let mut out = vec![R::nan(); len];
    match product(&mut out) {
        Ok(()) => Ok(Some(out)),
        Err(DenoiserError::Unknown { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl<R: Real> Products<R> {
    fn alone(denoiser: &dyn Denoiser<R>, x_t: &[R], level: Level, v: &[R]) -> Result<Self> {
        let (mut x_hat, mut vjp) = (vec![R::nan(); v.len()], vec![R::nan(); v.len()]);
        denoiser.denoise(x_t, level, &mut x_hat)?;
        denoiser.vjp(x_t, level, v, &mut vjp)?;
        let jvp = known(v.len(), |out| denoiser.jvp(x_t, level, v, out))?;
        let covariance = known(v.len(), |out| denoiser.covariance(x_t, level, v, out))?;
        Ok(named([x_hat.clone(), x_hat, vjp.clone(), vjp], [jvp, covariance]))
    }

    fn together(
        denoiser: &dyn Denoiser<R>,
        x_t: &[R],
        level: Level,
        v: &[R],
        tape: &mut Tape,
    ) -> Result<Self> {
        let [mut x_hat, mut estimate, mut vjp, mut pieces] =
            [const { Vec::new() }; 4].map(|_: Vec<R>| vec![R::nan(); v.len()]);
        denoiser.estimates(x_t, level, &mut estimate, tape)?;
        let mut local: Box<dyn Linearised<R> + '_> = denoiser.linearise(x_t, level, &mut x_hat, tape)?;
        local.vjp(v, &mut vjp)?;
        let mut give = |at: Range<usize>, out: &mut [R]| out.copy_from_slice(&v[at]);
        let mut take = |at: Range<usize>, product: &[R]| pieces[at].copy_from_slice(product);
        local.vjp_pieces(v.len(), &mut give, &mut take)?;
        let jvp = known(v.len(), |out| local.jvp(v, out))?;
        let covariance = known(v.len(), |out| local.covariance(v, out))?;
        Ok(named([x_hat, estimate, vjp, pieces], [jvp, covariance]))
    }

    /// Whether the member at `place` is `alone`.
    fn same(&self, alone: &Self, place: usize, batch: usize, dim: usize) -> Result<()> {
        for ((what, found), (_, expected)) in self.0.iter().zip(&alone.0) {
            let differ = |a: R, b: R| a.wide().to_bits() != b.wide().to_bits();
            let (found, expected) = match (found, expected) {
                (None, None) => continue,
                (Some(found), Some(expected)) => (&found[place * dim..][..dim], &expected[..]),
                _ => return Err(DenoiserError::Unknown { what }),
            };
            if let Some(index) = (0..dim).find(|&i| differ(found[i], expected[i])) {
                let (found, expected) = (found[index].wide(), expected[index].wide());
                return Err(DenoiserError::Batch { what, batch, member: place, index, found, expected });
            }
        }
        Ok(())
    }
}
