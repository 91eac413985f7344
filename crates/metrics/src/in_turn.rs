//! M + 1 fields, each of which takes the truth's place among the other M in turn, in one pass.

use crate::MetricsError;
use crate::calibration::interval;
use crate::chi_square::pearson;
use equipoise_stream::Stream;

/// Sums over entries of what each of n = M + 1 values is among the other M.
///
/// If the truth and the members are exchangeable, so are the n numbers that any function of this kind yields, whatever
/// the correlations between entries: the truth's has a uniform rank among them (Besag & Clifford 1989, "Generalized
/// Monte Carlo significance tests", Biometrika 76). With c_e = x_e − mean(x) and s² = Σ c²/M over all n values of an
/// entry, every sum is a symmetric function of the others. One sort of n values an entry; O(n²) memory.
#[derive(Clone, Debug, PartialEq)]
pub struct InTurn {
    count: usize,
    entries: u64,
    draws: Stream,
    /// [who][rank]
    histograms: Vec<u64>,
    crps: Vec<f64>,
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
    pub fn new(count: usize, draws: Stream) -> Result<Self, MetricsError> {
        if count < 3 {
            return Err(MetricsError::Empty { what: "second member" });
        }
        let zeros = vec![0.0; count];
        Ok(Self {
            count,
            entries: 0,
            draws,
            histograms: vec![0; count * count],
            crps: zeros.clone(),
            squares: zeros.clone(),
            studentised: zeros.clone(),
            signed: zeros.clone(),
            reference: zeros,
            variance: 0.0,
        })
    }

    /// Entries of the block named `block`, n values each, entry by entry. A block is added once.
    ///
    /// # Panics
    /// Unless `values` holds whole entries.
    pub fn add_block(&mut self, block: u64, values: &[f64]) {
        assert!(values.len().is_multiple_of(self.count), "{} values, {} fields", values.len(), self.count);
        let theta: Vec<f64> = self.draws.text("reference").normal(block, values.len() / self.count);
        let (mut order, mut keys) = (Vec::with_capacity(self.count), Vec::with_capacity(self.count));
        for (k, values) in values.chunks_exact(self.count).enumerate() {
            let ties = self.draws.text("ties").number(block);
            sort(values, &mut keys, &mut order);
            self.add(&mut order, theta[k], |n| ties.uniform(k as u64, n));
        }
    }

    /// The sums of entries of other blocks on top. In one order of blocks the bits are those of one pass.
    pub fn merge(&mut self, other: &Self) {
        self.entries += other.entries;
        self.variance += other.variance;
        self.histograms.iter_mut().zip(&other.histograms).for_each(|(a, b)| *a += b);
        for (own, more) in [
            (&mut self.crps, &other.crps),
            (&mut self.squares, &other.squares),
            (&mut self.studentised, &other.studentised),
            (&mut self.signed, &other.signed),
            (&mut self.reference, &other.reference),
        ] {
            own.iter_mut().zip(more).for_each(|(a, b)| *a += b);
        }
    }

    fn add(&mut self, order: &mut [(f64, usize)], theta: f64, ties: impl FnOnce(usize) -> Vec<f64>) {
        let n = self.count as f64;
        break_ties(order, ties);
        let squares: f64 = order.iter().map(|(c, _)| c * c).sum();
        let variance = squares / (n - 1.0);
        let (scale, std) = (if variance > 0.0 { variance.recip() } else { 0.0 }, variance.sqrt());
        let all: f64 = order.iter().map(|(c, _)| c).sum();
        // Σ_j |x_(k) − x_j| by the sums before and after, and Σ over all ordered pairs.
        let (mut before, mut pairs) = (0.0, 0.0);
        let apart = |k: usize, c: f64, before: f64| {
            let k = k as f64;
            (k * c - before) + (all - before - c) - (n - 1.0 - k) * c
        };
        for (k, (c, _)) in order.iter().enumerate() {
            pairs += apart(k, *c, before);
            before += c;
        }
        before = 0.0;
        let members = n - 1.0;
        for (k, &(c, who)) in order.iter().enumerate() {
            let row = apart(k, c, before);
            before += c;
            self.histograms[who * self.count + k] += 1;
            self.crps[who] += row / members - (pairs - 2.0 * row) / (2.0 * members * (members - 1.0));
            self.squares[who] += c * c;
            self.studentised[who] += c * c * scale;
            self.signed[who] += c * scale.sqrt();
            self.reference[who] += (c - std * theta).powi(2);
        }
        self.variance += variance;
        self.entries += 1;
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
    pub fn coverage(&self, who: usize, level: f64) -> Result<Option<f64>, MetricsError> {
        let members = self.count - 1;
        let inside =
            interval(members, level)?.map(|l| self.histogram(who)[l..=members - l].iter().sum::<u64>());
        Ok(inside.map(|inside| inside as f64 / self.entries as f64))
    }

    /// The fair CRPS of the others, by Σ_j |x_j − x_e|/M − Σ_jk |x_j − x_k|/(2M(M − 1)): [`crps`](crate::crps).
    pub fn crps(&self, who: usize) -> f64 {
        self.mean(self.crps[who])
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

/// The distances of values from their mean in ascending order, each with its place. Values that are those of an `f32`, as
/// of fields, are sorted as whole numbers with their places behind.
fn sort(values: &[f64], keys: &mut Vec<u64>, order: &mut Vec<(f64, usize)>) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    order.clear();
    keys.clear();
    for (who, x) in values.iter().enumerate() {
        let single = *x as f32;
        if f64::from(single).to_bits() != x.to_bits() {
            break;
        }
        let bits = single.to_bits();
        // Ascending as the numbers are: negative ones turned round, below the others.
        let ascending = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
        keys.push(u64::from(ascending) << 32 | who as u64);
    }
    if keys.len() == values.len() {
        keys.sort_unstable();
        order.extend(keys.iter().map(|key| {
            let who = (key & 0xffff_ffff) as usize;
            (values[who] - mean, who)
        }));
    } else {
        order.extend(values.iter().enumerate().map(|(who, x)| (x - mean, who)));
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }
}

/// Puts runs of equal values into the order of keyed draws, one a field, made where there is such a run.
fn break_ties(order: &mut [(f64, usize)], draws: impl FnOnce(usize) -> Vec<f64>) {
    if order.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        return;
    }
    let keys = draws(order.len());
    for run in order.chunk_by_mut(|a, b| a.0.total_cmp(&b.0).is_eq() || (a.0 == 0.0 && b.0 == 0.0)) {
        run.sort_unstable_by(|a, b| keys[a.1].total_cmp(&keys[b.1]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ensemble, Inclusion, coverage, crps, rank_histogram};

    fn fields(count: usize, n: usize) -> Vec<Vec<f64>> {
        (0..count as u64).map(|k| Stream::new("in turn").normal(k, n)).collect()
    }

    fn turned(fields: &[Vec<f64>], blocks: usize) -> InTurn {
        let n = fields[0].len();
        let entries: Vec<f64> = (0..n).flat_map(|i| fields.iter().map(move |f| f[i])).collect();
        let of = |b: usize, part: &[f64]| {
            let mut turn = InTurn::new(fields.len(), Stream::new("draws")).unwrap();
            turn.add_block(b as u64, part);
            turn
        };
        let size = n.div_ceil(blocks) * fields.len();
        let mut parts = entries.chunks(size).enumerate().map(|(b, part)| of(b, part));
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

    /// Numbers of an `f32` are in the order of all numbers, zeros of either sign side by side.
    #[test]
    fn singles_are_sorted_as_doubles_are() {
        let [tiny, huge] = [1e-42_f32, 1e30_f32].map(f64::from);
        let values = [0.5, -0.0, -3.25, tiny, 0.0, huge, -huge, -tiny, 0.5];
        let (mut keys, mut order, mut other) = (Vec::new(), Vec::new(), Vec::new());
        sort(&values, &mut keys, &mut order);
        assert_eq!(keys.len(), values.len());
        let nudged = [&values[..], &[0.1]].concat();
        sort(&nudged, &mut keys, &mut other);
        let ascending = order.windows(2).all(|pair| values[pair[0].1] <= values[pair[1].1]);
        assert!(ascending && other.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!(order.len(), 9);
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
