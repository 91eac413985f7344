//! Lanes are Philox under keys of their own, and what is made of them has its law.

use super::{Abreast, CHI_SQUARED, LANES, NORMAL, TOGETHER, pair, words};
use crate::Stream;
use rand_philox::{philox4x32_10, splitmix64};

fn streams(first: u64) -> [Stream; LANES] {
    std::array::from_fn(|l| Stream::new("lane").number(first + l as u64))
}

#[test]
fn every_lane_holds_the_words_of_its_key() {
    let streams = streams(5);
    let lanes = Abreast::new(streams);
    for (draw, purpose, index) in [(0, NORMAL, 0), (1 << 40 | 3, CHI_SQUARED, 7)] {
        let found = words(&lanes.keys, draw, purpose, index);
        for (l, stream) in streams.iter().enumerate() {
            let key = splitmix64(stream.text("abreast").key);
            let counter = [index, purpose, draw as u32, (draw >> 32) as u32];
            let [a, b, c, d] = philox4x32_10(counter, [key as u32, (key >> 32) as u32]).map(u64::from);
            assert_eq!([found[0][l], found[1][l]], [a | b << 32, c | d << 32]);
        }
    }
}

#[test]
fn a_prefix_is_the_shorter_draw() {
    let lanes = Abreast::new(streams(0));
    let (mut long, mut short) = ([[0.0; LANES]; 9], [[0.0; LANES]; 4]);
    lanes.fill_normal(2, &mut long);
    lanes.fill_normal(2, &mut short);
    assert_eq!(long[..4], short[..]);
    lanes.fill_normal(3, &mut short);
    assert_ne!(long[..4], short[..]);
}

/// However many are made together.
#[test]
fn deviates_are_those_of_their_places() {
    let lanes = Abreast::new(streams(3));
    let mut out = [[0.0; LANES]; 4 * TOGETHER + 3];
    lanes.fill_normal(9, &mut out);
    for (p, out) in (0..).zip(out.chunks(2)) {
        // Between vectors and scalars nothing differs, because every product is rounded as written.
        assert_eq!(*out, pair(&words(&lanes.keys, 9, NORMAL, p))[..out.len()]);
    }
}

/// Moments within five standard errors, and no correlation between the two of a pair, between pairs,
/// lanes and draws.
#[test]
fn deviates_are_standard_normal() {
    let (draws, rows) = (4000u64, 6);
    let lanes = Abreast::new(streams(11));
    let mut all = vec![[0.0; LANES]; rows * draws as usize];
    all.chunks_mut(rows).zip(0..).for_each(|(out, draw)| lanes.fill_normal(draw, out));
    let n = (all.len() * LANES) as f64;
    let mean = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
        (0..all.len()).map(|i| (0..LANES).map(|l| f(i, l)).sum::<f64>()).sum::<f64>() / n
    };
    // Variances of the powers: 1, 2, 15, 96, 945, 10170 of the first six.
    for (power, expected, variance) in
        [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10_170.0)]
    {
        let found = mean(&|i, l| all[i][l].powi(power));
        assert!((found - expected).abs() < 5.0 * (variance / n).sqrt(), "{power}: {found}");
    }
    let bound = 5.0 / n.sqrt();
    for (name, shift, across) in [("pair", 1, 0), ("next pair", 2, 0), ("draw", rows, 0), ("lane", 0, 1)] {
        for squares in [false, true] {
            let part = |z: f64| if squares { (z * z - 1.0) / 2f64.sqrt() } else { z };
            let found =
                mean(&|i, l| part(all[i][l]) * part(all[(i + shift) % all.len()][(l + across) % LANES]));
            assert!(found.abs() < bound, "{name}: {found}");
        }
    }
}

/// The shares of the deviates below some quantiles of the normal law, within five standard errors.
#[test]
fn tails_have_their_share() {
    let lanes = Abreast::new(streams(99));
    let mut all = vec![[0.0; LANES]; 50_000];
    lanes.fill_normal(0, &mut all);
    let n = (all.len() * LANES) as f64;
    for (quantile, share) in
        [(-3.0, 0.001_349_898), (-1.0, 0.158_655_254), (0.5, 0.691_462_461), (2.5, 0.993_790_335)]
    {
        let below = all.iter().flatten().filter(|z| **z < quantile).count() as f64 / n;
        assert!((below - share).abs() < 5.0 * (share * (1.0 - share) / n).sqrt(), "{quantile}: {below}");
    }
}

/// Mean k, variance 2k and third central moment 8k within five standard errors. Below two degrees of
/// freedom and after a rejection the single stream draws.
#[test]
fn squared_norms_have_the_chi_squared_law() {
    let laws = [1.0, 2.0, 3.0, 8.0, 1000.0, 2.4e6];
    let lanes = Abreast::new(streams(40));
    let freedom = laws.map(|k| [k; LANES]);
    let draws = 4000;
    let mut all = vec![[[0.0; LANES]; 6]; draws];
    all.iter_mut().zip(0..).for_each(|(out, draw)| lanes.chi_squared(draw, &freedom, out));
    let n = (draws * LANES) as f64;
    for (row, k) in laws.into_iter().enumerate() {
        let central =
            |p: i32| all.iter().flat_map(|rows| rows[row]).map(|x| (x - k).powi(p)).sum::<f64>() / n;
        // Its central moments from the second on; the fifth is not needed.
        let (second, third, fourth) = (2.0 * k, 8.0 * k, 12.0 * k * k + 48.0 * k);
        let sixth = 120.0 * k.powi(3) + 2080.0 * k * k + 3840.0 * k;
        assert!(central(1).abs() < 5.0 * (second / n).sqrt(), "{k}: mean {}", central(1));
        let error = ((fourth - second * second) / n).sqrt();
        assert!((central(2) - second).abs() < 5.0 * error, "{k}: variance {}", central(2));
        let error = ((sixth - third * third) / n).sqrt();
        assert!((central(3) - third).abs() < 5.0 * error, "{k}: third moment {}", central(3));
    }
    let mut none = [[1.0; LANES]];
    lanes.chi_squared(0, &[[0.0; LANES]], &mut none);
    assert_eq!(none, [[0.0; LANES]]);
}
