//! The continuous ranked probability score.

use crate::weights::Weights;
use crate::{Ensemble, Inclusion, Result};
use equipoise_field::{Length, Real};

/// The fair CRPS, averaged over the entries that count, in the field's unit; 0 is perfect.
///
///   (1/M) Σ_i |x_i − y| − 1/(2M(M−1)) Σ_ij |x_i − x_j|
///   Σ_i w_i |x_i − y| − 1/(2(1 − Σ w²)) Σ_ij w_i w_j |x_i − x_j| with weights
///
/// Its expectation is that of an infinite ensemble, so ensembles of different size compare. With
/// weights this holds exactly where they do not depend on the members; under importance weights, which
/// do, it holds up to O(1/M), the bias of every self-normalised estimate. None with one member. Costs
/// M²/2 differences per entry.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included.
///
/// Reference: Ferro 2014, "Fair scores for ensemble forecasts", Q. J. R. Meteorol. Soc. 140, for equal
/// weights; with others E|X − X′| is likewise the weighted mean over pairs of different members.
pub fn crps<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    inclusion: Inclusion<'_>,
) -> Result<Option<f64>> {
    let size = ensemble.size() as f64;
    let pairs = ensemble.weights().map_or(size * (size - 1.0), Weights::pairs);
    let score = score("crps", ensemble, truth, inclusion, pairs)?;
    Ok((ensemble.size() > 1).then_some(score))
}

/// The CRPS of the ensemble's own law, atoms of weight w_i at x_i, averaged over the entries that count:
///
///   Σ_i w_i |x_i − y| − ½ Σ_ij w_i w_j |x_i − x_j|, w_i = 1/M with equal weights
///
/// What other programs call the CRPS of an ensemble. It depends on the law alone, so that weights that
/// are shares of copies score as the copies do; finite samples of the truth's law score worse than that
/// law by E|X − X′|/2 over [`effective_size`](Ensemble::effective_size), which [`crps`] takes out. One
/// member scores its absolute error. Costs M²/2 differences per entry.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included.
///
/// Reference: Gneiting & Raftery 2007, "Strictly proper scoring rules, prediction, and estimation",
/// J. Am. Stat. Assoc. 102, equation 21.
pub fn empirical_crps<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    inclusion: Inclusion<'_>,
) -> Result<f64> {
    let size = ensemble.size() as f64;
    let pairs = if ensemble.is_weighted() { 1.0 } else { size * size };
    score("empirical crps", ensemble, truth, inclusion, pairs)
}

/// The mean distance to the truth less the sum over pairs i < j, with their weights, over `pairs`.
fn score<R: Real>(
    what: &'static str,
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    inclusion: Inclusion<'_>,
    pairs: f64,
) -> Result<f64> {
    Length::check("truth", truth.len(), ensemble.field_len())?;
    let size = ensemble.size() as f64;
    let Some(weights) = ensemble.weights().map(Weights::of_members) else {
        return inclusion.mean(what, truth.len(), |i| {
            let y = truth[i].wide();
            let (mut error, mut apart) = (0.0, 0.0);
            for (k, x) in ensemble.at(i).enumerate() {
                error += (x - y).abs();
                apart += ensemble.at(i).take(k).map(|other| (x - other).abs()).sum::<f64>();
            }
            error / size - apart / pairs
        });
    };
    inclusion.mean(what, truth.len(), |i| {
        let y = truth[i].wide();
        let (mut error, mut apart) = (0.0, 0.0);
        for (k, (x, w)) in ensemble.at(i).zip(weights).enumerate() {
            let before = ensemble.at(i).zip(weights).take(k);
            error += w * (x - y).abs();
            apart += w * before.map(|(other, v)| v * (x - other).abs()).sum::<f64>();
        }
        error - apart / pairs
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    fn draws(count: u64, n: usize) -> Vec<Vec<f64>> {
        (0..count).map(|k| Stream::new("crps").normal(k, n)).collect()
    }

    #[test]
    fn a_gaussian_ensemble_scores_its_closed_form_at_every_size() {
        let n = 200_000;
        for members in [2, 5] {
            let fields = draws(members, n);
            let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
            let ensemble = Ensemble::new(&slices).unwrap();
            // y = 1: y(2Φ(y) − 1) + 2φ(y) − 1/√π with Φ(1) = 0.841344746, φ(1) = 0.241970725.
            let at_one = crps(&ensemble, &vec![1.0; n], Inclusion::All).unwrap().unwrap();
            let expected = 2.0 * 0.841344746 - 1.0 + 2.0 * 0.241970725 - 1.0 / std::f64::consts::PI.sqrt();
            // One score lies within |x̄ − y| + half the mean distance of pairs, whose second moment
            // is below (√2 + 1)²; five standard errors.
            let bound = 5.0 * (1.0 + 2f64.sqrt()) / (n as f64).sqrt();
            assert!((at_one - expected).abs() <= bound, "{members}: {at_one} {expected}");
            // y from the same law: 2/√π − 1/√π.
            let truth = Stream::new("truth").normal(0, n);
            let own = crps(&ensemble, &truth, Inclusion::All).unwrap().unwrap();
            let expected = 1.0 / std::f64::consts::PI.sqrt();
            assert!((own - expected).abs() <= bound, "{members}: {own} {expected}");
        }
    }

    #[test]
    fn one_member_has_no_fair_score() {
        let ensemble_members: [&[f64]; 1] = [&[1.0]];
        let ensemble = Ensemble::new(&ensemble_members).unwrap();
        assert_eq!(crps(&ensemble, &[0.0], Inclusion::All), Ok(None));
    }

    #[test]
    fn two_members_by_hand() {
        let members: [&[f32]; 2] = [&[0.0, 9.0], &[4.0, 9.0]];
        let ensemble = Ensemble::new(&members).unwrap();
        // (|0 − 1| + |4 − 1|)/2 − 4/2; the second entry is masked.
        assert_eq!(crps(&ensemble, &[1.0, 0.0], Inclusion::Entries(&[true, false])), Ok(Some(0.0)));
    }
}
