//! M + 1 fields, each of which takes the truth's place among the other M in turn, in one pass.

mod block;
mod lists;

use crate::calibration::interval;
use crate::{MetricsError, Result};
use equipoise_field::{Real, by_element};
use equipoise_stream::Stream;

/// Sums over entries of what each of n = M + 1 values is among the other M.
///
/// If the truth and the members are exchangeable, so are the n numbers that any function of this kind yields, whatever
/// the correlations between entries: the truth's has a uniform rank among them (Besag & Clifford 1989, "Generalized
/// Monte Carlo significance tests", Biometrika 76). With c_e = x_e − mean(x) and s² = Σ c²/M over all n values of an
/// entry, every sum is a symmetric function of the others. One sort of n values an entry, 32 entries at a time; O(n²) memory.
#[derive(Clone, Debug, PartialEq)]
pub struct InTurn {
    count: usize,
    entries: u64,
    draws: Stream,
    /// [who][rank]
    histograms: Vec<u64>,
    /// Σ |x_e − x_j| over the others.
    rows: Vec<f64>,
    /// Σ |x_j − x_k| over all ordered pairs.
    pairs: f64,
    squares: Vec<f64>,
    studentised: Vec<f64>,
    signed: Vec<f64>,
    reference: Vec<f64>,
    variance: f64,
}

impl InTurn {
    /// No entry yet, of `count` = M + 1 fields; `draws` breaks ties and draws the reference of
    /// [`reference_distance`](Self::reference_distance).
    ///
    /// # Errors
    /// [`MetricsError::Empty`] for fewer than three fields, two members.
    pub fn new(count: usize, draws: Stream) -> Result<Self> {
        if count < 3 {
            return Err(MetricsError::Empty { what: "second member" });
        }
        let zeros = vec![0.0; count];
        Ok(Self {
            count,
            entries: 0,
            draws,
            histograms: vec![0; count * count],
            rows: zeros.clone(),
            pairs: 0.0,
            squares: zeros.clone(),
            studentised: zeros.clone(),
            signed: zeros.clone(),
            reference: zeros,
            variance: 0.0,
        })
    }

    /// Entries of the block named `block`, the same ones of every field. A block is added once.
    ///
    /// # Panics
    /// For another number of fields, or lengths that differ.
    pub fn add_block<R: Real>(&mut self, block: u64, fields: &[&[R]]) {
        assert_eq!(fields.len(), self.count, "fields");
        assert!(fields.iter().all(|field| field.len() == fields[0].len()), "fields of one length");
        by_element::<R, Adding<R>>(single as Adding<f32>, double as Adding<f64>)(self, block, fields);
    }

    /// The sums of entries of other blocks on top. In one order of blocks the bits are those of one pass.
    pub fn merge(&mut self, other: &Self) {
        self.entries += other.entries;
        self.variance += other.variance;
        self.pairs += other.pairs;
        self.histograms.iter_mut().zip(&other.histograms).for_each(|(a, b)| *a += b);
        for (own, more) in [
            (&mut self.rows, &other.rows),
            (&mut self.squares, &other.squares),
            (&mut self.studentised, &other.studentised),
            (&mut self.signed, &other.signed),
            (&mut self.reference, &other.reference),
        ] {
            own.iter_mut().zip(more).for_each(|(a, b)| *a += b);
        }
    }

    /// n = M + 1.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Entries so far.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How often each rank 0..=M was that of `who` among the others, ties broken by keyed draws.
    ///
    /// # Panics
    /// If `who` is none of them.
    pub fn histogram(&self, who: usize) -> &[u64] {
        &self.histograms[who * self.count..(who + 1) * self.count]
    }

    /// Pearson's Σ (n_k − n/(M+1))²/(n/(M+1)) of that histogram. Its law is not χ²: entries are correlated.
    ///
    /// # Panics
    /// If `who` is none of them.
    pub fn unevenness(&self, who: usize) -> f64 {
        pearson(self.histogram(who))
    }

    /// The share of entries inside the central interval of the others, as [`coverage`](crate::coverage); none where
    /// there are too few members for one.
    ///
    /// # Errors
    /// [`MetricsError::Level`].
    ///
    /// # Panics
    /// If `who` is none of them.
    pub fn coverage(&self, who: usize, level: f64) -> Result<Option<f64>> {
        let members = self.count - 1;
        let inside =
            interval(members, level)?.map(|l| self.histogram(who)[l..=members - l].iter().sum::<u64>());
        Ok(inside.map(|inside| inside as f64 / self.entries as f64))
    }

    /// The fair CRPS of the others, by Σ_j |x_j − x_e|/M − Σ_jk |x_j − x_k|/(2M(M − 1)): [`crps`](crate::crps).
    pub fn crps(&self, who: usize) -> f64 {
        let members = self.count as f64 - 1.0;
        let (own, others) = (self.rows[who], self.pairs - 2.0 * self.rows[who]);
        self.mean(own / members - others / (2.0 * members * (members - 1.0)))
    }

    /// The mean square distance from the mean of the others, c²((M + 1)/M)².
    pub fn square_error(&self, who: usize) -> f64 {
        let n = self.count as f64;
        self.mean(self.squares[who]) * (n / (n - 1.0)).powi(2)
    }

    /// The mean unbiased variance of the others, times (M + 1)/M: what [`square_error`](Self::square_error) is on
    /// average where all are exchangeable (Fortin et al. 2014, J. Hydrometeorol. 15, equation 15).
    pub fn fair_variance(&self, who: usize) -> f64 {
        let n = self.count as f64;
        let all = self.mean(self.variance) * (n - 1.0);
        (all - self.mean(self.squares[who]) * n / (n - 1.0)) / (n - 2.0) * n / (n - 1.0)
    }

    /// mean c²/s², 1 on average over all n; entries that are equal in all fields add nothing.
    pub fn studentised(&self, who: usize) -> f64 {
        self.mean(self.studentised[who])
    }

    /// mean c/s, 0 on average over all n.
    pub fn signed(&self, who: usize) -> f64 {
        self.mean(self.signed[who])
    }

    /// The distance from a random point mean(x) + s z, z standard normal by the key: the distance of TARP with
    /// references about the fields (Lemos et al. 2023, "Sampling-based accuracy testing of posterior estimators",
    /// ICML; any law of the reference that does not know the truth will do).
    pub fn reference_distance(&self, who: usize) -> f64 {
        self.reference[who].sqrt()
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / self.entries as f64
    }
}

type Adding<R> = fn(&mut InTurn, u64, &[&[R]]);

/// Compiled here, so that no caller's level of optimisation is its own.
#[inline(never)]
fn single(turn: &mut InTurn, block: u64, fields: &[&[f32]]) {
    block::sum(turn, block, fields);
}

#[inline(never)]
fn double(turn: &mut InTurn, block: u64, fields: &[&[f64]]) {
    block::sum(turn, block, fields);
}

/// Σ_k (n_k − n/B)²/(n/B) over B bins.
fn pearson(histogram: &[u64]) -> f64 {
    let expected = histogram.iter().sum::<u64>() as f64 / histogram.len() as f64;
    histogram.iter().map(|&n| (n as f64 - expected).powi(2) / expected).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ensemble, Inclusion, coverage, crps, rank_histogram};

    fn fields(count: usize, n: usize) -> Vec<Vec<f64>> {
        (0..count as u64).map(|k| Stream::new("in turn").normal(k, n)).collect()
    }

    fn turned(fields: &[Vec<f64>], blocks: usize) -> InTurn {
        let size = fields[0].len().div_ceil(blocks);
        let of = |b: usize| {
            let mut turn = InTurn::new(fields.len(), Stream::new("draws")).unwrap();
            let end = fields[0].len().min((b + 1) * size);
            let part: Vec<&[f64]> = fields.iter().map(|field| &field[b * size..end]).collect();
            turn.add_block(b as u64, &part);
            turn
        };
        let mut parts = (0..blocks).map(of);
        let first = parts.next().unwrap();
        parts.fold(first, |mut all, part| {
            all.merge(&part);
            all
        })
    }

    /// Every field in the truth's place has what the functions of one truth say.
    #[test]
    fn each_in_turn_is_a_truth_among_the_others() {
        let fields = fields(10, 300);
        let turn = turned(&fields, 3);
        for (who, truth) in fields.iter().enumerate() {
            let others: Vec<&[f64]> =
                fields.iter().enumerate().filter(|(k, _)| *k != who).map(|(_, f)| &f[..]).collect();
            let ensemble = Ensemble::new(&others).unwrap();
            let all = Inclusion::All;
            assert_eq!(turn.histogram(who), &rank_histogram(&ensemble, truth, all).unwrap()[..]);
            assert_eq!(turn.coverage(who, 0.6).unwrap(), coverage(&ensemble, truth, 0.6, all).unwrap());
            let score = crps(&ensemble, truth, all).unwrap().unwrap();
            assert!((turn.crps(who) - score).abs() < 1e-13, "{who}");
            let mean = ensemble.mean();
            let error = (0..300).map(|i| (truth[i] - mean[i]).powi(2)).sum::<f64>() / 300.0;
            assert!((turn.square_error(who) - error).abs() < 1e-13, "{who}");
            let variance = (0..300).map(|i| ensemble.variance_at(i)).sum::<f64>() / 300.0 * 10.0 / 9.0;
            assert!((turn.fair_variance(who) - variance).abs() < 1e-13, "{who}");
        }
        let sum = |of: &dyn Fn(usize) -> f64| (0..10).map(of).sum::<f64>();
        assert!((sum(&|k| turn.studentised(k)) - 9.0).abs() < 1e-12);
        assert!(sum(&|k| turn.signed(k)).abs() < 1e-12);
    }

    /// Equal values have every rank equally often; a count of n/3 to within five deviations.
    #[test]
    fn ties_are_broken_by_draws() {
        let (n, count) = (3000, 3);
        let turn = turned(&vec![vec![1.0; n]; count], 2);
        for who in 0..count {
            for bin in turn.histogram(who) {
                let bound = 5.0 * (n as f64 * 2.0 / 9.0).sqrt();
                assert!((*bin as f64 - n as f64 / 3.0).abs() < bound, "{bin}");
            }
        }
        assert!(InTurn::new(2, Stream::new("draws")).is_err());
    }

    /// Singles are taken for the doubles that they are: one law of ranks and sums.
    #[test]
    fn singles_have_the_sums_of_doubles() {
        let singles: Vec<Vec<f32>> = (0..7).map(|k| Stream::new("singles").normal(k, 101)).collect();
        let doubles: Vec<Vec<f64>> =
            singles.iter().map(|field| field.iter().map(|x| x.wide()).collect()).collect();
        let mut turns = [0; 2].map(|_| InTurn::new(7, Stream::new("draws")).unwrap());
        turns[0].add_block(0, &singles.iter().map(Vec::as_slice).collect::<Vec<_>>());
        turns[1].add_block(0, &doubles.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(turns[0], turns[1]);
    }

    /// The offset of a field costs no digits.
    #[test]
    fn a_common_offset_changes_nothing_but_rounding() {
        let fields = fields(5, 100);
        let far: Vec<Vec<f64>> = fields.iter().map(|f| f.iter().map(|x| x + 1e6).collect()).collect();
        let (near, far) = (turned(&fields, 1), turned(&far, 1));
        // 100 sums of values that carry 1e6 ε.
        let bound = 1e6 * f64::EPSILON * 10.0;
        assert!((0..5).all(|k| (near.crps(k) - far.crps(k)).abs() < bound));
    }
}
