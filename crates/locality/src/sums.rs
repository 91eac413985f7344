//! Sums over blocks of samples for many members in `f64`, compiled for the machine's vectors.
//!
//! A run of a block is widened once and stays in the cache for all members. Every sum takes its terms in an
//! order that depends on the length of a field alone.

use crate::padded::{Padded, RUN};
use equipoise_field::{Real, sum};
use pulp::{Simd, WithSimd};

/// Members that one pass serves at most.
pub(crate) const MEMBERS: usize = 16;
/// Samples of a block at most.
pub(crate) const BLOCK: usize = 8;
/// Interleaved accumulators: the order of every sum depends on the length alone.
const LANES: usize = 16;
/// Samples whose sums stand in registers at a time.
const WIDE: usize = 4;

/// A run of every sample of a block.
type Runs = [[f64; RUN]; BLOCK];
/// The accumulators of every sample of a block.
type Lanes = [[f64; LANES]; BLOCK];

/// The samples of a block whose weight for a member is not zero.
#[derive(Clone, Copy)]
struct Used {
    which: [usize; BLOCK],
    count: usize,
}

impl Used {
    #[inline(always)]
    fn new(weights: &[f64]) -> Self {
        let mut used = Self { which: [0; BLOCK], count: 0 };
        for (k, _) in weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            used.which[used.count] = k;
            used.count += 1;
        }
        used
    }

    #[inline(always)]
    fn which(&self) -> &[usize] {
        &self.which[..self.count]
    }
}

/// Run r of every sample of a block times `factor`, with zeros past the end of a sample.
#[inline(always)]
fn widen<R: Real>(block: &[R], dim: usize, r: usize, factor: f64, runs: &mut Runs) {
    for (x, run) in block.chunks_exact(dim).zip(runs) {
        let x = &x[r * RUN..dim.min((r + 1) * RUN)];
        run[x.len()..].fill(0.0);
        run.iter_mut().zip(x).for_each(|(to, x)| *to = factor * x.wide());
    }
}

/// One term of a sum, from a sample's numbers and two of the member.
trait Term: Copy {
    fn of<S: Simd>(self, simd: S, x: S::f64s, of_member: [S::f64s; 2]) -> S::f64s;
}

/// (x_t − x)².
#[derive(Clone, Copy)]
struct Square;

impl Term for Square {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::f64s, [x_t, _]: [S::f64s; 2]) -> S::f64s {
        let d = simd.sub_f64s(x_t, x);
        simd.mul_f64s(d, d)
    }
}

/// (x − c)·v.
#[derive(Clone, Copy)]
struct Along;

impl Term for Along {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::f64s, [centre, v]: [S::f64s; 2]) -> S::f64s {
        simd.mul_f64s(simd.sub_f64s(x, centre), v)
    }
}

/// lanes_p += term of P samples, lane by lane, N vectors of lanes at a time.
#[inline(always)]
fn accumulate<S: Simd, T: Term, const P: usize, const N: usize>(
    simd: S,
    term: T,
    of_member: [&[f64; RUN]; 2],
    x: [&[f64; RUN]; P],
    lanes: [&mut [f64; LANES]; P],
) {
    let vectors = LANES / S::F64_LANES;
    let (x, of_member) = (x.map(|x| S::as_simd_f64s(x).0), of_member.map(|m| S::as_simd_f64s(m).0));
    let lanes = lanes.map(|lanes| S::as_mut_simd_f64s(lanes).0);
    for first in (0..vectors).step_by(N) {
        let mut sums = [[simd.splat_f64s(0.0); N]; P];
        for p in 0..P {
            sums[p].copy_from_slice(&lanes[p][first..first + N]);
        }
        for step in 0..RUN / LANES {
            for n in 0..N {
                let at = step * vectors + first + n;
                let both = [of_member[0][at], of_member[1][at]];
                for p in 0..P {
                    sums[p][n] = simd.add_f64s(sums[p][n], term.of(simd, x[p][at], both));
                }
            }
        }
        for p in 0..P {
            lanes[p][first..first + N].copy_from_slice(&sums[p]);
        }
    }
}

/// The same for any number of samples of a block.
#[inline(always)]
fn accumulate_all<S: Simd, T: Term>(
    simd: S,
    term: T,
    of_member: [&[f64; RUN]; 2],
    runs: &Runs,
    which: &[usize],
    lanes: &mut Lanes,
) {
    let (fours, rest) = which.as_chunks::<WIDE>();
    let (of_fours, of_rest) = lanes.split_at_mut(fours.len() * WIDE);
    for (which, lanes) in fours.iter().zip(of_fours.as_chunks_mut::<WIDE>().0) {
        let x = [&runs[which[0]], &runs[which[1]], &runs[which[2]], &runs[which[3]]];
        accumulate::<S, T, WIDE, 1>(simd, term, of_member, x, lanes.each_mut());
    }
    for (&k, lanes) in rest.iter().zip(of_rest) {
        // A single chain of additions would be waited for.
        accumulate::<S, T, 1, 2>(simd, term, of_member, [&runs[k]], [lanes]);
    }
}

/// ‖x_t − μx‖² of every member m and every sample k of a block. Overwrites `out`, at m·K + k.
pub(crate) struct SquaredDistances<'a, R> {
    pub(crate) states: &'a Padded,
    pub(crate) mu: f64,
    pub(crate) block: &'a [R],
    pub(crate) dim: usize,
    pub(crate) out: &'a mut [f64],
}

impl<R: Real> WithSimd for SquaredDistances<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { states, mu, block, dim, out } = self;
        let count = block.len() / dim;
        let all = Used::new(&[1.0; BLOCK][..count]);
        let mut runs = [[0.0; RUN]; BLOCK];
        let mut lanes = [[[0.0; LANES]; BLOCK]; MEMBERS];
        for r in 0..dim.div_ceil(RUN) {
            widen(block, dim, r, mu, &mut runs);
            for (m, lanes) in lanes.iter_mut().enumerate().take(states.count()) {
                accumulate_all(simd, Square, [states.run(m, r); 2], &runs, all.which(), lanes);
            }
        }
        for (lanes, out) in lanes.iter_mut().zip(out.chunks_exact_mut(count)) {
            lanes.iter_mut().zip(out).for_each(|(lanes, out)| *out = sum::pairwise(lanes));
        }
    }
}

/// out_m += Σ_k w_mk x_k, sample by sample, where w_mk is not zero.
#[inline(always)]
pub(crate) fn add_scaled<R: Real>(out: &mut [Vec<f64>], weights: &[f64], block: &[R], dim: usize) {
    let mut runs = [[0.0; RUN]; BLOCK];
    for r in 0..dim.div_ceil(RUN) {
        widen(block, dim, r, 1.0, &mut runs);
        for (out, weights) in out.iter_mut().zip(weights.chunks_exact(block.len() / dim)) {
            let used = Used::new(weights);
            let Some(out) = out.chunks_mut(RUN).nth(r) else { continue };
            // x − 0 = x.
            add_all(out, &runs, used.which(), weights, &[0.0; RUN]);
        }
    }
}

/// out += Σ_k w_k (x_k − c), sample by sample.
#[inline(always)]
fn add_all(out: &mut [f64], runs: &Runs, which: &[usize], weights: &[f64], centre: &[f64; RUN]) {
    let (fours, rest) = which.as_chunks::<WIDE>();
    for which in fours {
        let ([a, b, c, d], w) = (which.map(|k| &runs[k]), which.map(|k| weights[k]));
        let others = c.iter().zip(d).zip(centre);
        for ((out, (a, b)), ((c, d), centre)) in out.iter_mut().zip(a.iter().zip(b)).zip(others) {
            *out =
                *out + w[0] * (a - centre) + w[1] * (b - centre) + w[2] * (c - centre) + w[3] * (d - centre);
        }
    }
    for &k in rest {
        let w = weights[k];
        for ((out, x), centre) in out.iter_mut().zip(&runs[k]).zip(centre) {
            *out += w * (x - centre);
        }
    }
}

/// out_m += Σ_k w_mk ⟨x_k − c_m, v_m⟩ (x_k − c_m), sample by sample, where w_mk is not zero.
pub(crate) struct AddProducts<'a, R> {
    /// Of every member.
    pub(crate) out: &'a mut [Vec<f64>],
    /// w at m·K + k; ⟨x_k − c_m, v_m⟩ w_mk afterwards.
    pub(crate) weights: &'a mut [f64],
    pub(crate) block: &'a [R],
    pub(crate) dim: usize,
    /// c.
    pub(crate) means: &'a Padded,
    pub(crate) v: &'a Padded,
}

impl<R: Real> WithSimd for AddProducts<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { out, weights, block, dim, means, v } = self;
        let count = block.len() / dim;
        let mut runs = [[0.0; RUN]; BLOCK];
        let mut lanes = [[[0.0; LANES]; BLOCK]; MEMBERS];
        let mut used = [Used::new(&[]); MEMBERS];
        used.iter_mut().zip(weights.chunks_exact(count)).for_each(|(used, w)| *used = Used::new(w));
        for r in 0..dim.div_ceil(RUN) {
            widen(block, dim, r, 1.0, &mut runs);
            for (m, (lanes, used)) in lanes.iter_mut().zip(&used).enumerate().take(v.count()) {
                let of_member = [means.run(m, r), v.run(m, r)];
                accumulate_all(simd, Along, of_member, &runs, used.which(), lanes);
            }
        }
        for ((lanes, used), weights) in lanes.iter_mut().zip(&used).zip(weights.chunks_exact_mut(count)) {
            for (lanes, &k) in lanes.iter_mut().zip(used.which()) {
                weights[k] *= sum::pairwise(lanes);
            }
        }
        for r in 0..dim.div_ceil(RUN) {
            widen(block, dim, r, 1.0, &mut runs);
            for (m, (out, weights)) in out.iter_mut().zip(weights.chunks_exact(count)).enumerate() {
                let Some(out) = out.chunks_mut(RUN).nth(r) else { continue };
                add_all(out, &runs, used[m].which(), weights, means.run(m, r));
            }
        }
    }
}

/// into_i += from_i.
pub(crate) fn add(into: &mut [f64], from: &[f64]) {
    into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
}
