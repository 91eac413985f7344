//! The energy score of a whole field.

use crate::{Ensemble, Inclusion, MetricsError, Result, SquaredDistances};
use equipoise_field::{Length, Real};

/// The fair energy score over the entries that count, in the field's unit times √entries; none with one member:
///
///   (1/M) Σ_i ‖x_i − y‖ − 1/(2M(M − 1)) Σ_ij ‖x_i − x_j‖
///
/// It sees the dependence between entries, which a CRPS averaged over them does not.
///
/// # Errors
/// If a length differs, the mask does not fit or nothing is included; [`MetricsError::Weighted`].
///
/// Reference: Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102, equation 22; fair as of Ferro 2014, Q. J. R.
/// Meteorol. Soc. 140.
pub fn energy_score<R: Real>(
    ensemble: &Ensemble<'_, R>,
    truth: &[R],
    inclusion: Inclusion<'_>,
) -> Result<Option<f64>> {
    Length::check("truth", truth.len(), ensemble.field_len())?;
    ensemble.equally_weighted("energy score")?;
    if inclusion.count(truth.len())? == 0 {
        return Err(MetricsError::Empty { what: "energy score" });
    }
    let held: Vec<usize> = (0..truth.len()).filter(|i| inclusion.holds(*i)).collect();
    let member = |m: usize| held.iter().map(|&i| ensemble.value(m, i)).collect::<Vec<f64>>();
    let truth: Vec<f64> = held.iter().map(|&i| truth[i].wide()).collect();
    let fields: Vec<Vec<f64>> = std::iter::once(truth).chain((0..ensemble.size()).map(member)).collect();
    let slices: Vec<&[f64]> = fields.iter().map(Vec::as_slice).collect();
    let mut distances = SquaredDistances::new(fields.len());
    distances.add(&slices)?;
    Ok((ensemble.size() > 1).then(|| distances.energy_scores()[0]))
}
