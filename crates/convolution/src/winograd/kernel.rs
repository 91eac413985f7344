//! G g Gᵀ of the kernels, a panel of 32 filters at a time.

use super::PLACES;
use crate::Convolution;
use crate::block::{DEPTH, WIDE};
use pulp::{Simd, WithSimd};

/// Taps of a kernel.
const TAPS: usize = 9;

/// Kernels in the order of a file, for a convolution or for its adjoint, whose filters are its channels.
#[derive(Debug)]
pub(crate) struct Taps<'w> {
    w: &'w [f32],
    filters: usize,
    channels: usize,
    is_turned: bool,
}

/// 16 channels of 32 filters, near the processor: (filter, channel, tap), (channel, filter, tap) of the adjoint's.
type Near = [f32; WIDE * DEPTH * TAPS];

impl<'w> Taps<'w> {
    pub(crate) fn forward(of: &Convolution, w: &'w [f32]) -> Self {
        Self { w, filters: of.filters, channels: of.channels, is_turned: false }
    }

    /// Of the adjoint, with every kernel turned by half a turn.
    pub(crate) fn turned(of: &Convolution, w: &'w [f32]) -> Self {
        Self { w, filters: of.channels, channels: of.filters, is_turned: true }
    }

    /// Numbers of a panel.
    pub(super) fn panel_len(&self) -> usize {
        PLACES * self.channels.next_multiple_of(DEPTH) * WIDE
    }

    /// Panels from `first` on: (filters in 32s, place, channels in 16s, 16 channels, 32 filters).
    pub(super) fn spread<'a>(&'a self, first: usize, into: &'a mut [f32]) -> Panels<'a> {
        Panels { taps: self, first, into }
    }

    /// Channels from `from` on of the filters of a panel; zeros beyond the last.
    fn gather(&self, panel: usize, from: usize, into: &mut Near) {
        let first = panel * WIDE;
        let (filters, channels) = (WIDE.min(self.filters - first), DEPTH.min(self.channels - from));
        if filters * channels < WIDE * DEPTH {
            into.fill(0.0);
        }
        let (w, _) = self.w.as_chunks::<TAPS>();
        let (into, _) = into.as_chunks_mut::<TAPS>();
        if self.is_turned {
            for (c, into) in into.chunks_exact_mut(WIDE).enumerate().take(channels) {
                into[..filters].copy_from_slice(&w[(from + c) * self.filters + first..][..filters]);
            }
        } else {
            for (f, into) in into.chunks_exact_mut(DEPTH).enumerate().take(filters) {
                into[..channels].copy_from_slice(&w[(first + f) * self.channels + from..][..channels]);
            }
        }
    }

    /// A channel's taps of 32 filters.
    #[inline(always)]
    fn channel(&self, near: &Near, c: usize) -> [[f32; WIDE]; TAPS] {
        let mut g = [[0.0; WIDE]; TAPS];
        for t in 0..TAPS {
            if self.is_turned {
                take::<TAPS>(&near[c * WIDE * TAPS + TAPS - 1 - t..], &mut g[t]);
            } else {
                take::<{ DEPTH * TAPS }>(&near[c * TAPS + t..], &mut g[t]);
            }
        }
        g
    }
}

/// Every so manieth number.
#[inline(always)]
fn take<const APART: usize>(from: &[f32], into: &mut [f32; WIDE]) {
    into.iter_mut().zip(from.iter().step_by(APART)).for_each(|(into, from)| *into = *from);
}

/// Panels in the making.
pub(super) struct Panels<'a> {
    taps: &'a Taps<'a>,
    first: usize,
    into: &'a mut [f32],
}

impl WithSimd for Panels<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { taps, first, into } = self;
        let depth = taps.channels.next_multiple_of(DEPTH);
        let mut near: Near = [0.0; WIDE * DEPTH * TAPS];
        // Places stand apart by powers of two: a line of the cache is written at once or fetched again and again.
        let mut made = [[0.0; WIDE]; PLACES];
        for (panel, into) in into.chunks_exact_mut(taps.panel_len()).enumerate() {
            for from in (0..depth).step_by(DEPTH) {
                taps.gather(first + panel, from, &mut near);
                for c in 0..DEPTH {
                    let g = taps.channel(&near, c);
                    for h in (0..WIDE).step_by(S::F32_LANES) {
                        for (place, u) in spread(s, &g, h).into_iter().enumerate() {
                            S::as_mut_simd_f32s(&mut made[place][h..h + S::F32_LANES]).0[0] = u;
                        }
                    }
                    for (place, made) in made.iter().enumerate() {
                        into[(place * depth + from + c) * WIDE..][..WIDE].copy_from_slice(made);
                    }
                }
            }
        }
    }
}

/// G g Gᵀ of the filters from `h` on.
#[inline(always)]
fn spread<S: Simd>(s: S, g: &[[f32; WIDE]; TAPS], h: usize) -> [S::f32s; PLACES] {
    let zero = s.splat_f32s(0.0);
    let mut rows = [[zero; 3]; 4];
    for l in 0..3 {
        let mut column = [zero; 3];
        for k in 0..3 {
            column[k] = S::as_simd_f32s(&g[3 * k + l][h..h + S::F32_LANES]).0[0];
        }
        let made = along(s, column);
        for k in 0..4 {
            rows[k][l] = made[k];
        }
    }
    let mut all = [zero; PLACES];
    for k in 0..4 {
        [all[4 * k], all[4 * k + 1], all[4 * k + 2], all[4 * k + 3]] = along(s, rows[k]);
    }
    all
}

/// G g.
#[inline(always)]
fn along<S: Simd>(s: S, [a, b, c]: [S::f32s; 3]) -> [S::f32s; 4] {
    let half = s.splat_f32s(0.5);
    let (ends, middle) = (s.mul_f32s(half, s.add_f32s(a, c)), s.mul_f32s(half, b));
    [a, s.add_f32s(ends, middle), s.sub_f32s(ends, middle), c]
}
