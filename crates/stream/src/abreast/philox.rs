//! Philox4x32-10 (Salmon et al. 2011) with a key for every lane.

use super::LANES;

/// The low word of a lane: words of 32 bits are kept in lanes of 64, where products fit.
pub(super) const LOW: u64 = 0xffff_ffff;

/// The generator's multipliers and key increments.
const MULTIPLIERS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u64; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// Lanes whose rounds fit the registers of a machine with vectors of 256 bits.
const HALF: usize = LANES / 2;

/// The four words of one counter under every lane's key, in pairs of 32 bits, the low one first.
#[inline(always)]
pub(super) fn words(counter: [u32; 4], keys: &[[u64; LANES]; 2]) -> [[u64; LANES]; 2] {
    let mut out = [[0; LANES]; 2];
    for first in [0, HALF] {
        let key = std::array::from_fn(|i| std::array::from_fn(|l| keys[i][first + l]));
        let half = rounds(counter, key);
        for (out, half) in out.iter_mut().zip(half) {
            out[first..first + HALF].copy_from_slice(&half);
        }
    }
    out
}

/// Bits above the low word of x and key are of no account until the end.
#[inline(always)]
fn rounds(counter: [u32; 4], mut key: [[u64; HALF]; 2]) -> [[u64; HALF]; 2] {
    let mut x = counter.map(|word| [u64::from(word); HALF]);
    for _ in 0..10 {
        let mut next = [[0; HALF]; 4];
        for l in 0..HALF {
            let (a, b) = ((x[0][l] & LOW) * MULTIPLIERS[0], (x[2][l] & LOW) * MULTIPLIERS[1]);
            next[0][l] = (b >> 32) ^ x[1][l] ^ key[0][l];
            next[1][l] = b;
            next[2][l] = (a >> 32) ^ x[3][l] ^ key[1][l];
            next[3][l] = a;
            key[0][l] = key[0][l].wrapping_add(WEYL[0]);
            key[1][l] = key[1][l].wrapping_add(WEYL[1]);
        }
        x = next;
    }
    let mut out = [[0; HALF]; 2];
    for l in 0..HALF {
        out[0][l] = x[0][l] & LOW | x[1][l] << 32;
        out[1][l] = x[2][l] & LOW | x[3][l] << 32;
    }
    out
}
