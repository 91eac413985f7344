//! Fitting a stationary covariance to all windows of series that are read in runs of frames.

use super::fit::decomposed;
use super::{Spectrum, Stationary};
use crate::{CovarianceError, Result};
use equipoise_field::{Length, Shape, each, sum};
use num_complex::Complex;
use std::ops::Range;

/// Wavenumbers that are summed together.
const LANES: usize = 8;

/// The stationary covariance of all windows of T frames of series of L frames, frame by frame.
///
/// Windows share frames: a frame is transformed once, and a product x_j x_{j+τ}ᴴ of two frames, which
/// stands at every place (t, t + τ) of a block that has both in a window, is formed once where it stands
/// at all places. That is L·T·C² products per wavenumber and series, T/2 times fewer than window by
/// window. Memory: 16·K·(P(P + 1)/2 + T·C²) bytes for K wavenumbers and P = T·C planes, beside one run.
/// Sums run over frames in order, so the bits do not depend on how series are cut into runs.
#[derive(Debug)]
pub struct StationarySeries {
    shape: Shape,
    frames: usize,
    spectrum: Spectrum<f32>,
    tiles: Vec<Tile>,
    /// Frames of all series, one after the other, that others have summed.
    before: usize,
    /// The mean of every plane (series, frame, channel), which is what is special about wavenumber 0.
    means: Vec<f64>,
}

/// One number of [`LANES`] wavenumbers.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    re: [f64; LANES],
    im: [f64; LANES],
}

impl Lane {
    /// Adds x ȳ.
    #[inline(always)]
    fn add(&mut self, x: &Self, y: &Self) {
        for l in 0..LANES {
            self.re[l] += x.re[l] * y.re[l] + x.im[l] * y.im[l];
            self.im[l] += x.im[l] * y.re[l] - x.re[l] * y.im[l];
        }
    }
}

/// The sums of some wavenumbers.
#[derive(Debug)]
struct Tile {
    first: usize,
    /// (τ, channel of the later frame, channel of the earlier): products that stand at every place.
    common: Vec<Lane>,
    /// The lower triangle (row ≥ column) of the block: products near the ends of a series.
    ends: Vec<Lane>,
}

impl StationarySeries {
    /// Nothing summed yet, for windows of `shape` over series of `frames` frames.
    ///
    /// # Errors
    /// [`CovarianceError::Snapshots`] unless 1 ≤ T ≤ L.
    pub fn new(shape: Shape, frames: usize) -> Result<Self> {
        Self::from_frame(shape, frames, 0)
    }

    /// As [`new`](Self::new), for the frames from `first` on, counted over all series, one after the other: the sums
    /// of one process where several share the frames.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_frame(shape: Shape, frames: usize, first: usize) -> Result<Self> {
        if shape.is_empty() || shape.frames > frames {
            return Err(CovarianceError::Snapshots { found: frames, expected: shape.frames.max(1) });
        }
        let spectrum = Spectrum::new(shape.height, shape.width);
        let (planes, lags) = (shape.planes(), shape.frames * shape.channels.pow(2));
        let tile = |first| Tile {
            first,
            common: vec![Lane::default(); lags],
            ends: vec![Lane::default(); planes * (planes + 1) / 2],
        };
        let tiles = (0..spectrum.wavenumbers()).step_by(LANES).map(tile).collect();
        Ok(Self { shape, frames, spectrum, tiles, before: first, means: Vec::new() })
    }

    /// The bytes that the sums and the covariance made of them take beside one run.
    pub fn bytes(shape: Shape) -> usize {
        let (planes, count) = (shape.planes(), shape.plane() / 2 + shape.height + shape.width);
        let sums = planes * (planes + 1) / 2 + shape.frames * shape.channels.pow(2);
        // The sums are gone when the vectors are made once more, in f32.
        16 * count * (sums + planes.pow(2))
    }

    /// The runs that a series is handed over in: `length` new frames each, or as many as are left,
    /// before which the T − 1 frames ahead of them stand again.
    pub fn runs(&self, length: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        self.runs_of(0..self.frames, length)
    }

    /// As [`runs`](Self::runs), those whose new frames are some of a series.
    pub fn runs_of(&self, new: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (end, ahead) = (new.end, self.shape.frames - 1);
        new.step_by(length.max(1)).map(move |new| new.saturating_sub(ahead)..end.min(new + length.max(1)))
    }

    /// Adds a run of normalised frames of one series; `frames` is one of [`runs`](Self::runs), in order.
    ///
    /// # Panics
    /// If `values` does not hold these frames, or a run was left out.
    pub fn add(&mut self, frames: Range<usize>, values: &[f32]) {
        let (shape, channels) = (self.shape, self.shape.channels);
        assert_eq!(values.len(), frames.len() * shape.frame(), "stationary series: numbers of a run");
        let done = self.seen() % self.frames;
        assert!(frames.start <= done && done < frames.end, "stationary series: a run was left out");
        let plane = |p: usize| &values[p * shape.plane()..(p + 1) * shape.plane()];
        let plane_means = each::made(values.len() / shape.plane(), |p| sum::mean(plane(p)));
        let mut packed = vec![0.0f32; values.len()];
        each::chunk(&mut packed, shape.plane(), |p, packed| {
            let centred: Vec<f32> =
                plane(p).iter().map(|&x| (f64::from(x) - plane_means[p]) as f32).collect();
            self.spectrum.forward(&centred, packed);
        });
        self.means.extend_from_slice(&plane_means[(done - frames.start) * channels..]);
        let run = Run { shape, series: self.frames, frames, new: done, packed: &packed };
        let spectrum = &self.spectrum;
        each::entry(&mut self.tiles, |_, tile| run.add_to(spectrum, tile));
    }

    /// Frames of all series, one after the other, up to the last that was summed.
    fn seen(&self) -> usize {
        self.before + self.means.len() / self.shape.channels
    }

    /// The sums as numbers, for a process that adds up what several have summed: the means of planes, and the
    /// products of every wavenumber.
    pub fn into_numbers(self) -> [Vec<f64>; 2] {
        let lanes = self.tiles.iter().flat_map(|tile| tile.common.iter().chain(&tile.ends));
        [self.means, lanes.flat_map(|lane| lane.re.into_iter().chain(lane.im)).collect()]
    }

    /// Adds the [numbers](Self::into_numbers) of the frames that come next. The order of sums is that of the calls.
    ///
    /// # Errors
    /// [`CovarianceError::Length`] for numbers of other windows, or of a part of a frame.
    pub fn absorb(&mut self, [means, products]: &[Vec<f64>; 2]) -> Result<()> {
        let lanes = || self.tiles.iter().map(|tile| tile.common.len() + tile.ends.len());
        Length::check("products of wavenumbers", products.len(), 2 * LANES * lanes().sum::<usize>())?;
        let whole = means.len() / self.shape.channels * self.shape.channels;
        Length::check("means of planes", means.len(), whole)?;
        self.means.extend_from_slice(means);
        let lanes = self.tiles.iter_mut().flat_map(|tile| tile.common.iter_mut().chain(&mut tile.ends));
        for (lane, numbers) in lanes.zip(products.chunks_exact(2 * LANES)) {
            let sums = lane.re.iter_mut().chain(&mut lane.im);
            sums.zip(numbers).for_each(|(sum, x)| *sum += x);
        }
        Ok(())
    }

    /// The mean, one number per plane (t, c), and the covariance of all windows, plus `ridge`·I.
    ///
    /// # Errors
    /// [`CovarianceError::Ridge`], [`CovarianceError::Eigen`]; [`CovarianceError::Snapshots`] without a
    /// whole series.
    pub fn finish(self, ridge: f64) -> Result<(Vec<f32>, Stationary<f32>)> {
        crate::error::ridge(ridge)?;
        let Self { shape, frames, spectrum, tiles, means, .. } = self;
        let (channels, starts) = (shape.channels, frames - shape.frames + 1);
        let series = means.len() / (frames * channels);
        if series == 0 {
            return Err(CovarianceError::Snapshots { found: means.len() / channels, expected: frames });
        }
        let n = (series * starts) as f64;
        // Window (s, w) has the mean of plane p at this place of `means`.
        let at = |i: usize, p: usize| means[(i / starts * frames + i % starts) * channels + p];
        let windows = series * starts;
        let mean: Vec<f64> =
            (0..shape.planes()).map(|p| (0..windows).map(|i| at(i, p)).sum::<f64>() / n).collect();
        let about = |i: usize, p: usize| at(i, p) - mean[p];
        let zero = |row: usize, column: usize| {
            let total: f64 = (0..windows).map(|i| about(i, row) * about(i, column)).sum();
            Complex::new(total * shape.plane() as f64 / n, 0.0)
        };
        let lower = |k: usize| -> Vec<Complex<f64>> {
            let places = (0..shape.planes()).flat_map(|row| (0..=row).map(move |column| (row, column)));
            if k == 0 {
                return places.map(|(row, column)| zero(row, column)).collect();
            }
            let half = if k < spectrum.self_conjugate() { 1.0 } else { 0.5 };
            places
                .map(|(row, column)| tiles[k / LANES].entry(k % LANES, channels, row, column) * half / n)
                .collect()
        };
        let (vectors, values) = decomposed(shape.planes(), spectrum.wavenumbers(), ridge, lower)?;
        // What follows takes as much again for the vectors in f32.
        drop(tiles);
        let covariance = Stationary::new(shape, vectors, values)?;
        let field = mean.iter().flat_map(|&m| std::iter::repeat_n(m as f32, shape.plane())).collect();
        Ok((field, covariance))
    }
}

impl Tile {
    /// The sum at a place of the lower triangle of one wavenumber.
    fn entry(&self, lane: usize, channels: usize, row: usize, column: usize) -> Complex<f64> {
        let lag = row / channels - column / channels;
        let common = &self.common[(lag * channels + row % channels) * channels + column % channels];
        let ends = &self.ends[row * (row + 1) / 2 + column];
        Complex::new(common.re[lane] + ends.re[lane], common.im[lane] + ends.im[lane])
    }
}

/// Packed spectra of a run of frames of one series, from `new` on not seen before.
struct Run<'a> {
    shape: Shape,
    series: usize,
    frames: Range<usize>,
    new: usize,
    packed: &'a [f32],
}

impl Run<'_> {
    /// Adds every product whose later frame is new.
    fn add_to(&self, spectrum: &Spectrum<f32>, tile: &mut Tile) {
        let (channels, window) = (self.shape.channels, self.shape.frames);
        let x = self.gathered(spectrum, tile.first);
        let last_start = self.series - window;
        for later in self.new..self.frames.end {
            for lag in 0..window.min(later + 1) {
                let earlier = later - lag;
                // The places t of the earlier frame in a window that holds both.
                let (low, high) = (earlier.saturating_sub(last_start), earlier.min(window - 1 - lag));
                let everywhere = low == 0 && high == window - 1 - lag;
                for a in 0..channels {
                    for b in 0..channels {
                        let (u, v) = (
                            &x[(later - self.frames.start) * channels + a],
                            &x[(earlier - self.frames.start) * channels + b],
                        );
                        if everywhere {
                            tile.common[(lag * channels + a) * channels + b].add(u, v);
                            continue;
                        }
                        for t in low..=high {
                            let (row, column) = ((t + lag) * channels + a, t * channels + b);
                            if row >= column {
                                tile.ends[row * (row + 1) / 2 + column].add(u, v);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Every plane at the wavenumbers of a tile, times √2 where wavenumbers come in pairs.
    fn gathered(&self, spectrum: &Spectrum<f32>, first: usize) -> Vec<Lane> {
        let (own, count) = (spectrum.self_conjugate(), spectrum.wavenumbers());
        self.packed
            .chunks(spectrum.plane())
            .map(|plane| {
                let mut lane = Lane::default();
                for (l, k) in (first..count.min(first + LANES)).enumerate() {
                    lane.re[l] = f64::from(plane[k]);
                    lane.im[l] = if k < own { 0.0 } else { f64::from(plane[count + k - own]) };
                }
                lane
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Covariance, fit_stationary};
    use equipoise_stream::Stream;

    fn fit(shape: Shape, frames: usize, values: &[f32], run: usize) -> (Vec<f32>, Stationary<f32>) {
        let mut sums = StationarySeries::new(shape, frames).unwrap();
        for series in values.chunks(frames * shape.frame()) {
            let runs: Vec<_> = sums.runs(run).collect();
            for frames in runs {
                let part = frames.start * shape.frame()..frames.end * shape.frame();
                sums.add(frames, &series[part]);
            }
        }
        sums.finish(1e-3).unwrap()
    }

    /// Series of any length, from one window to many, give the fit of their windows written out; spectra
    /// are f32 there too, each one rounded by a few butterflies.
    #[test]
    fn is_the_fit_of_all_windows() {
        for (frames, (h, w)) in [(3, (4, 6)), (4, (5, 3)), (5, (4, 4)), (11, (6, 5)), (7, (1, 4))] {
            let shape = Shape::new(3, 2, h, w);
            let values: Vec<f32> = Stream::new("series").normal(frames as u64, 3 * frames * shape.frame());
            let snapshots: Vec<&[f32]> = values
                .chunks(frames * shape.frame())
                .flat_map(|series| series.windows(shape.len()).step_by(shape.frame()))
                .collect();
            let (mean, expected) = fit_stationary(shape, &snapshots, 1e-3).unwrap();
            let (found_mean, found) = fit(shape, frames, &values, 4);
            let probe: Vec<f32> = Stream::new("probe").normal(0, shape.len());
            let apply = |covariance: &Stationary<f32>| {
                let mut out = vec![0.0; shape.len()];
                covariance.apply(&covariance.weights(&|l| l), &probe, &mut out);
                out
            };
            let tolerance = 32.0 * f64::from(f32::EPSILON);
            let error = |a: &[f32], b: &[f32]| sum::squared_distance(a, b).sqrt() / sum::norm(b);
            assert!(error(&apply(&found), &apply(&expected)) < tolerance, "{frames} frames of {h} × {w}");
            assert!(error(&found_mean, &mean) < tolerance, "{frames} frames of {h} × {w}: mean");
        }
    }

    #[test]
    fn runs_do_not_change_a_bit() {
        let (shape, frames) = (Shape::new(4, 2, 6, 6), 13);
        let values: Vec<f32> = Stream::new("series").normal(0, 2 * frames * shape.frame());
        let vectors = |run| {
            let (mean, fit) = fit(shape, frames, &values, run);
            let count = fit.spectrum().wavenumbers();
            let blocks: Vec<_> = (0..count).flat_map(|k| fit.block_vectors(k).to_vec()).collect();
            (mean, blocks, fit.eigenvalues().to_vec())
        };
        let whole = vectors(frames);
        assert!([1, 2, 5].into_iter().all(|run| vectors(run) == whole));
    }

    /// Frames that are shared out, in parts that begin within a window and end in another series, give the fit of
    /// one process: sums in another order, so that blocks move by some roundings of their size.
    #[test]
    fn frames_that_are_shared_out_give_the_same_fit() {
        let (shape, frames) = (Shape::new(3, 2, 6, 5), 8);
        let values: Vec<f32> = Stream::new("series").normal(0, 3 * frames * shape.frame());
        let part = |all: Range<usize>| {
            let mut sums = StationarySeries::from_frame(shape, frames, all.start).unwrap();
            for n in all.start / frames..all.end.div_ceil(frames) {
                let own = |g: usize| g.saturating_sub(n * frames).min(frames);
                let runs: Vec<_> = sums.runs_of(own(all.start)..own(all.end), 2).collect();
                for run in runs {
                    let at = |t: usize| (n * frames + t) * shape.frame();
                    sums.add(run.clone(), &values[at(run.start)..at(run.end)]);
                }
            }
            sums.into_numbers()
        };
        let (mean, expected) = fit(shape, frames, &values, 4);
        let mut sums = StationarySeries::new(shape, frames).unwrap();
        for all in [0..1, 1..7, 7..19, 19..24] {
            sums.absorb(&part(all)).unwrap();
        }
        let (found_mean, found) = sums.finish(1e-3).unwrap();
        assert_eq!(found_mean, mean);
        let largest = expected.eigenvalues().iter().copied().fold(0.0, f64::max);
        for (a, b) in found.eigenvalues().iter().zip(expected.eigenvalues()) {
            assert!((a - b).abs() < 64.0 * f64::EPSILON * largest, "{a} {b}");
        }
        let mut other = StationarySeries::new(Shape::new(2, 2, 6, 5), frames).unwrap();
        let fault = other.absorb(&part(0..8)).unwrap_err().to_string();
        assert!(fault.starts_with("products of wavenumbers: found length"), "{fault}");
    }

    #[test]
    fn a_series_shorter_than_a_window_is_refused() {
        let error = StationarySeries::new(Shape::new(4, 1, 2, 2), 3).unwrap_err().to_string();
        assert_eq!(error, "snapshots: found 3, expected at least 4");
        let none = StationarySeries::new(Shape::new(4, 1, 2, 2), 4).unwrap().finish(0.0).unwrap_err();
        assert!(none.to_string().starts_with("snapshots: found 0"));
    }
}
