//! ‖∏ P̃_t‖ of a product of steps and of all its beginnings, by power iteration.

use crate::Result;
use equipoise_stream::Stream;

/// Power iterations on one product before its norm is taken as it stands.
const ITERATIONS: usize = 24;
/// Relative gain of the norm at which an iteration has done its work. Verdicts compare with 3, 10
/// and 100: a few per cent do not matter.
const TOLERANCE: f64 = 0.01;
/// How much larger than the end a beginning's norm must be seen to be worth its own search.
const PEAK_WORTH: f64 = 1.2;
/// Searches for the peak.
const SEARCHES: usize = 4;

/// The steps of the whitened predictor on one invariant subspace,
///
/// > P̃_i = (Σ + ρ_{i+1}²)^{−½} K_i (Σ + ρ_i²)^{½},
///
/// in the variable x/μ, with K_i symmetric: in a product the roots between two steps cancel.
pub(crate) trait Steps: Sync {
    /// The length of a vector.
    fn len(&self) -> usize;

    /// The number of steps.
    fn count(&self) -> usize;

    /// v ← K_i v.
    fn step(&self, i: usize, v: &mut [f64]) -> Result<()>;

    /// v ← f((Σ + ρ_i²)^{½}) v.
    fn root(&self, i: usize, v: &mut [f64], f: fn(f64) -> f64) -> Result<()>;

    /// v ← (Σ + ρ_i²)^{½} v.
    fn colour(&self, i: usize, v: &mut [f64]) -> Result<()> {
        self.root(i, v, |root| root)
    }

    /// v ← (Σ + ρ_i²)^{−½} v, 0 where the root is 0.
    fn whiten(&self, i: usize, v: &mut [f64]) -> Result<()> {
        self.root(i, v, |root| if root > 0.0 { 1.0 / root } else { 0.0 })
    }
}

/// What the search found.
pub(crate) struct Amplification {
    /// ln ‖P̃_{i−1} ⋯ P̃_0‖ for i = 0 ..= count, each as the largest that any trial vector reached.
    pub(crate) log: Vec<f64>,
    /// The whitened state, of unit norm, at the entry where `log` is largest.
    pub(crate) direction: Vec<f64>,
    /// ln ‖(Σ + ρ²)^{½} w‖ at the end, w being what the end's trial vector has become: the size of
    /// the field x/μ that the amplification leads to.
    pub(crate) field: f64,
}

impl Amplification {
    /// The entry at which the amplification is largest.
    pub(crate) fn peak(&self) -> usize {
        largest(&self.log)
    }
}

fn largest(log: &[f64]) -> usize {
    (0..log.len()).fold(0, |best, i| if log[i] > log[best] || log[i].is_nan() { i } else { best })
}

/// A trial vector and what its passes have shown.
struct Search<'a> {
    steps: &'a dyn Steps,
    log: Vec<f64>,
    scratch: Vec<f64>,
}

/// Norms of the whole product and of its beginnings.
///
/// Every pass of the power iteration shows a lower bound for all beginnings at once. The entry where
/// the bound is largest is then iterated on, until that entry stays where it is.
///
/// `iterations` bounds each power iteration.
pub(crate) fn amplify(steps: &dyn Steps, stream: Stream, iterations: usize) -> Result<Amplification> {
    let count = steps.count();
    let mut search =
        Search { steps, log: vec![f64::NEG_INFINITY; count + 1], scratch: vec![0.0; steps.len()] };
    search.log[0] = 0.0;
    let mut v: Vec<f64> = stream.normal(0, steps.len());
    let mut direction = search.iterate(count, &mut v, iterations)?;
    let mut end = direction.clone();
    steps.colour(count, &mut end)?;
    let field = search.log[count] + norm(&end).ln();
    let mut target = count;
    for draw in 1..=SEARCHES {
        let peak = largest(&search.log);
        if peak == target || peak == 0 || search.log[peak] < search.log[count] + PEAK_WORTH.ln() {
            break;
        }
        if !search.log[peak].is_finite() {
            break;
        }
        stream.fill_normal(draw as u64, &mut v);
        direction = search.iterate(peak, &mut v, iterations)?;
        target = peak;
    }
    Ok(Amplification { log: search.log, direction, field })
}

/// The bound on iterations for a norm that is to be exact to [`TOLERANCE`].
pub(crate) const THOROUGH: usize = ITERATIONS;

impl Search<'_> {
    /// Power iteration on the first `target` steps from `v`; the whitened state there.
    fn iterate(&mut self, target: usize, v: &mut [f64], iterations: usize) -> Result<Vec<f64>> {
        let mut before = f64::NEG_INFINITY;
        normalise(v);
        for _ in 0..iterations {
            let found = self.forward(target, v)?;
            if !found.is_finite() || found - before <= TOLERANCE {
                break;
            }
            before = found;
            self.backward(target, v)?;
        }
        let mut reached = self.scratch.clone();
        normalise(&mut reached);
        Ok(reached)
    }

    /// v ← P̃_{target−1} ⋯ P̃_0 v normalised, recording the norm at every entry; its logarithm.
    fn forward(&mut self, target: usize, v: &mut [f64]) -> Result<f64> {
        let mut scale = 0.0;
        let mut white = 0.0;
        self.steps.colour(0, v)?;
        for i in 0..target {
            self.steps.step(i, v)?;
            scale += normalise(v).ln();
            self.scratch.copy_from_slice(v);
            self.steps.whiten(i + 1, &mut self.scratch)?;
            white = scale + norm(&self.scratch).ln();
            if white.is_nan() || white == f64::INFINITY {
                self.log[i + 1..=target].fill(f64::INFINITY);
                return Ok(f64::INFINITY);
            }
            self.log[i + 1] = self.log[i + 1].max(white);
        }
        v.copy_from_slice(&self.scratch);
        normalise(v);
        Ok(white)
    }

    /// v ← (P̃_{target−1} ⋯ P̃_0)ᵀ v, normalised.
    fn backward(&mut self, target: usize, v: &mut [f64]) -> Result<()> {
        self.steps.whiten(target, v)?;
        for i in (0..target).rev() {
            self.steps.step(i, v)?;
            normalise(v);
        }
        self.steps.colour(0, v)?;
        normalise(v);
        Ok(())
    }
}

fn norm(v: &[f64]) -> f64 {
    equipoise_field::sum::norm(v)
}

/// v ← v/‖v‖, unless it is zero; ‖v‖.
fn normalise(v: &mut [f64]) -> f64 {
    let size = norm(v);
    if size > 0.0 {
        v.iter_mut().for_each(|x| *x /= size);
    }
    size
}
