//! Laws of the streamed fits, on frames in memory that are cut as a file would be.

use super::*;
use crate::{Covariance, LowRankFit, check_covariance, fit_low_rank};
use equipoise_field::sum;
use equipoise_stream::Stream;

/// Frames in memory: groups of `group` columns, blocks of `block`, slabs of some blocks.
struct Memory {
    values: Vec<f32>,
    rows: usize,
    group: usize,
    block: usize,
    blocks_a_slab: usize,
}

impl Frames for Memory {
    type Error = CovarianceError;

    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.values.len() / self.rows
    }

    fn visit(&self, take: &mut dyn FnMut(&Slab<'_>) -> Result<()>) -> Result<()> {
        let columns = self.columns();
        for (group, first) in (0..columns).step_by(self.group).enumerate() {
            for offset in (0..self.group).step_by(self.block * self.blocks_a_slab) {
                let width = (self.group - offset).min(self.block * self.blocks_a_slab);
                let start = first + offset;
                let rows = self.values.chunks(columns);
                let values: Vec<f32> = rows.flat_map(|r| &r[start..start + width]).copied().collect();
                take(&Slab { group, start, width, block: self.block, values: &values, pitch: width })?;
            }
        }
        Ok(())
    }
}

/// `rank` fields with amplitudes 4, 2, 1, … about a mean of size 3, over `rows` frames.
fn frames(rows: usize, columns: usize, rank: usize) -> Vec<f32> {
    let fields: Vec<Vec<f64>> = (0..rank).map(|j| Stream::new("field").normal(j as u64, columns)).collect();
    let series: Vec<Vec<f64>> = (0..rank).map(|j| Stream::new("series").normal(j as u64, rows)).collect();
    let at = |s: usize, i: usize| {
        3.0 + (0..rank).map(|j| 0.5f64.powi(j as i32 - 2) * series[j][s] * fields[j][i]).sum::<f64>()
    };
    (0..rows).flat_map(|s| (0..columns).map(move |i| (s, i))).map(|(s, i)| at(s, i) as f32).collect()
}

fn memory(rows: usize, rank: usize, blocks_a_slab: usize) -> Memory {
    Memory { values: frames(rows, 6000, rank), rows, group: 3000, block: 700, blocks_a_slab }
}

const SCALE: [f64; 2] = [2.0, 0.5];

fn by_gram(memory: &Memory, windows: &Windows, rank: usize) -> LowRankFit<f32> {
    let mut gram = FrameGram::new(memory.rows, 2);
    memory
        .visit(&mut |slab| {
            gram.add(slab);
            Ok(())
        })
        .unwrap();
    let temporal = TemporalModes::of_gram(gram.of_windows(windows, &SCALE), rank).unwrap();
    fit_low_rank_streamed(memory, windows, &SCALE, &temporal, 1e-6).unwrap()
}

fn by_sampling(memory: &Memory, windows: &Windows, rank: usize) -> (LowRankFit<f32>, ErrorBound) {
    let stream = Stream::new("test");
    let (temporal, bound) = Randomised::default().fit(memory, windows, &SCALE, rank, stream).unwrap();
    (fit_low_rank_streamed(memory, windows, &SCALE, &temporal, 1e-6).unwrap(), bound)
}

/// Every window written out in `f64`, its columns divided by their scale.
fn written_out(memory: &Memory, windows: &Windows) -> Vec<Vec<f64>> {
    let columns = memory.columns();
    let frame = |row: usize| {
        let scaled = move |i: usize| f64::from(memory.values[row * columns + i]) / SCALE[i / memory.group];
        (0..columns).map(scaled)
    };
    (0..windows.count())
        .map(|w| (0..windows.window()).flat_map(|t| frame(windows.row(w, t))).collect())
        .collect()
}

/// The largest relative difference of Σv over some windows.
fn action(fit: &LowRankFit<f32>, exact: &LowRankFit<f64>, probes: &[Vec<f64>]) -> f64 {
    let weights = (fit.covariance.weights(&|l| l), exact.covariance.weights(&|l| l));
    let error = |v: &Vec<f64>| {
        let narrow: Vec<f32> = v.iter().map(|&x| x as f32).collect();
        let (mut a, mut b) = (vec![0.0f32; v.len()], vec![0.0f64; v.len()]);
        fit.covariance.apply(&weights.0, &narrow, &mut a);
        exact.covariance.apply(&weights.1, v, &mut b);
        let a: Vec<f64> = a.iter().map(|&x| f64::from(x)).collect();
        sum::squared_distance(&a, &b).sqrt() / sum::norm(&b)
    };
    probes.iter().map(error).fold(0.0, f64::max)
}

/// The frame Gram matrix gives what the windows give when each is written out: eigenvalues to rounding
/// of f64, Σv to that of the modes' f32, the mean to f32.
#[test]
fn windows_need_not_be_written_out() {
    for (time_first, window, rank) in [(false, 1, 5), (false, 4, 7), (true, 4, 7)] {
        let memory = memory(18, 9, 2);
        let windows = Windows::new(2, 9, window, time_first).unwrap();
        let snapshots = written_out(&memory, &windows);
        let views: Vec<&[f64]> = snapshots.iter().map(Vec::as_slice).collect();
        let exact = fit_low_rank(&views, rank, 1e-6).unwrap();
        let fit = by_gram(&memory, &windows, rank);
        for (a, b) in fit.spectrum.iter().zip(&exact.spectrum) {
            // n products of condition (mean/spread)² ≈ 1 and an eigensolver of n × n.
            assert!((a - b).abs() < 100.0 * f64::EPSILON * exact.spectrum[0], "{a} {b}");
        }
        let (a, b) = (fit.covariance.complement().unwrap(), exact.covariance.complement().unwrap());
        assert!((a / b - 1.0).abs() < 1e-9, "λ_⊥ {a} {b}");
        let error = action(&fit, &exact, &snapshots[..3]);
        assert!(error < 8.0 * f64::from(f32::EPSILON), "Σv: {error}");
        for (i, (a, b)) in fit.mean.iter().zip(&exact.mean).enumerate() {
            let scaled = f64::from(*a) / SCALE[i % 6000 / 3000];
            assert!(
                (scaled - b).abs() < f64::from(f32::EPSILON) * b.abs().max(1.0),
                "mean {i}: {scaled} {b}"
            );
        }
        let probe = |w: usize| snapshots[w].iter().map(|&x| x as f32).collect::<Vec<_>>();
        check_covariance(&fit.covariance, [&probe(0), &probe(1)], 32.0 * f64::from(f32::EPSILON));
    }
}

/// Frames of rank 3 have three eigenvalues; both methods find them and know that nothing is left, up to
/// what f32 frames of size 10 hide: a variance of (10·2^-24)² in each of 6000 columns over scale ½.
#[test]
fn frames_of_rank_three_are_recovered() {
    let memory = memory(40, 3, 1);
    let windows = Windows::new(40, 1, 1, false).unwrap();
    let (gram, (sampled, bound)) = (by_gram(&memory, &windows, 3), by_sampling(&memory, &windows, 3));
    let hidden = 6000.0 * (10.0 * f64::from(f32::EPSILON)).powi(2) / 0.25;
    assert!(gram.spectrum[3..].iter().sum::<f64>() < hidden, "{:?}", &gram.spectrum[..5]);
    assert!(bound.variance < 64.0 * hidden, "{bound:?} {hidden}");
    for (a, b) in gram.spectrum.iter().zip(&sampled.spectrum[..3]) {
        assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    }
    for j in 0..3 {
        let overlap = sum::dot(gram.covariance.mode(j), sampled.covariance.mode(j)).abs();
        assert!((overlap - 1.0).abs() < 4.0 * f64::from(f32::EPSILON), "mode {j}: {overlap}");
    }
}

/// Ritz values lie below the eigenvalues, the trace is that of all, and the bound holds, without being
/// more than its factor 10·√(2/π) above what the probes can see, over a spectrum without a gap.
#[test]
fn the_bound_of_the_randomised_method_holds() {
    let memory = memory(120, 60, 3);
    let windows = Windows::new(4, 30, 2, false).unwrap();
    let full = by_gram(&memory, &windows, 20);
    let (sampled, bound) = by_sampling(&memory, &windows, 20);
    let largest = full.spectrum[0];
    for (i, (ritz, value)) in sampled.spectrum.iter().zip(&full.spectrum).enumerate() {
        assert!(*ritz <= value + 100.0 * f64::EPSILON * largest, "{i}: {ritz} {value}");
        assert!(i >= 20 || *ritz > 0.99 * value, "{i}: {ritz} {value}");
    }
    let traces = (sampled.covariance.trace(&|l| l), full.covariance.trace(&|l| l));
    assert!((traces.0 / traces.1 - 1.0).abs() < 1e-9, "{traces:?}");
    let missed = full.spectrum[30];
    assert!(bound.variance >= missed, "{bound:?} {missed}");
    // No more than all variance that is left, and what ten probes see of √Σλ² within a factor of 2.
    let left: f64 = full.spectrum[30..].iter().sum();
    let seen = full.spectrum[30..].iter().map(|l| l * l).sum::<f64>().sqrt();
    assert!(bound.variance <= left.min(8.0 * 2.0 * seen) * 1.1, "{bound:?} {left} {seen}");
}

#[test]
fn neither_slabs_nor_threads_change_a_bit() {
    let windows = Windows::new(10, 20, 3, true).unwrap();
    let fits = |blocks_a_slab, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let memory = memory(200, 12, blocks_a_slab);
        pool.install(|| {
            let (gram, (sampled, bound)) = (by_gram(&memory, &windows, 6), by_sampling(&memory, &windows, 6));
            let bits = |fit: LowRankFit<f32>| {
                let values: Vec<u64> = fit.spectrum.iter().map(|l| l.to_bits()).collect();
                (fit.mean, fit.covariance.basis().to_vec(), values, fit.covariance.complement())
            };
            (bits(gram), bits(sampled), bound)
        })
    };
    let expected = fits(5, 1);
    assert!(expected == fits(1, 1) && expected == fits(2, 3));
}

/// Columns that are shared out give the products of one process, in another order of sums.
#[test]
fn columns_that_are_shared_out_give_the_same_modes() {
    let (memory, windows) = (memory(18, 9, 1), Windows::new(2, 9, 4, false).unwrap());
    let mut products = FrameProducts::new(18, 2);
    for first in [true, false] {
        let mut gram = FrameGram::new(18, 2);
        let mut take = |slab: &Slab<'_>| {
            if (slab.start % 3000 < 1400) == first {
                gram.add(slab);
            }
            Ok(())
        };
        memory.visit(&mut take).unwrap();
        products.add(&gram.into_numbers()).unwrap();
    }
    let temporal = TemporalModes::of_gram(products.of_windows(&windows, &SCALE), 5).unwrap();
    let expected = by_gram(&memory, &windows, 5).spectrum;
    for (a, b) in temporal.eigenvalues.iter().zip(&expected) {
        assert!((a - b).abs() < 64.0 * f64::EPSILON * expected[0], "{a} {b}");
    }
    let other = FrameProducts::new(17, 1).add(&[0.0; 171]).unwrap_err().to_string();
    assert_eq!(other, "products of frames: found length 171, expected 153");
}

#[test]
fn faults_are_named() {
    assert!(Windows::new(2, 5, 6, false).unwrap_err().to_string().contains("found 5, expected at least 6"));
    let memory = memory(6, 2, 1);
    let few = Windows::new(1, 6, 5, false).unwrap();
    let rank = |rank| Randomised::default().fit(&memory, &few, &SCALE, rank, Stream::new("x")).unwrap_err();
    assert_eq!(rank(2).to_string(), "rank: found 2, expected 1 to 1 with 2 snapshots");
    let other = Windows::new(7, 1, 1, false).unwrap();
    let error = Randomised::default().fit(&memory, &other, &SCALE, 1, Stream::new("x")).unwrap_err();
    assert_eq!(error.to_string(), "frames: found length 6, expected 7");
    let low = TemporalModes::of_gram(Array2::zeros((3, 3)), 1).unwrap_err();
    assert_eq!(low.to_string(), "rank: found 1, expected 1 to 0 with 3 snapshots");
}
