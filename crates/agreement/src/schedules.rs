//! The schedules of a file of values.

use crate::layout::alpha_of;
use crate::quantity::Scale;
use crate::values::{Values, expect};
use crate::{AgreementError, Result};
use equipoise_field::Real;
use equipoise_schedule::{Alpha, Cosine, Decay, Rectified, Schedule, ScheduleName, Sda, Variance, Ve, Vp};

/// η where a file does not say it: the one that SDA's code has unless told otherwise.
const ETA: f64 = 1e-3;

/// The scales of one schedule at the times of the file.
pub(crate) fn scales<R: Real>(
    values: &Values,
    path: &str,
    schedule: &dyn Schedule,
    scale: Scale,
) -> Result<Vec<R>> {
    let times = values.array::<f64>("t")?;
    expect(path, &values.shape(path)?, &times.shape)?;
    let of = |t: &f64| match scale {
        Scale::Mu => R::narrow(schedule.mu(*t)),
        Scale::Sigma => R::narrow(schedule.sigma(*t)),
    };
    Ok(times.values.iter().map(of).collect())
}

/// η of a dataset or group, SDA's own where the file does not say it.
fn eta(values: &Values, path: &str) -> Result<f64> {
    match values.number(path, "eta") {
        Err(AgreementError::NoAttribute { .. }) => Ok(ETA),
        stated => stated,
    }
}

/// A schedule of SDA's family with the η of the file.
pub(crate) fn of_family(values: &Values, path: &str, alpha: Alpha, variance: Variance) -> Result<Sda> {
    Ok(Sda::new(alpha, variance, eta(values, path)?)?)
}

/// The schedule that SDA's guidance, sampler and training ran under: variance preserving, `cos` and η = 1e-3
/// unless attributes `alpha` and `eta` say otherwise.
pub(crate) fn sda(values: &Values, path: &str) -> Result<(ScheduleName, f64)> {
    let alpha = match values.text(path, "alpha")? {
        None => Alpha::Cos,
        Some(name) => alpha_of(&name)
            .ok_or_else(|| AgreementError::attribute(path, "alpha", name, "lin, cos or exp"))?,
    };
    Ok((ScheduleName::Sda(alpha, Variance::Vp), eta(values, path)?))
}

/// [`sda`], built.
pub(crate) fn sda_built(values: &Values, path: &str) -> Result<Box<dyn Schedule>> {
    let (name, eta) = sda(values, path)?;
    Ok(name.build(eta)?)
}

/// The schedule of azula that the attribute `schedule` names, with azula's default scales.
pub(crate) fn azula(values: &Values, path: &str) -> Result<Box<dyn Schedule>> {
    let name = "schedule";
    let found = values.text(path, name)?;
    let found = found.ok_or_else(|| AgreementError::NoAttribute { dataset: path.into(), name })?;
    Ok(match found.as_str() {
        "vp" => Box::new(Vp::default()),
        "ve" => Box::new(Ve::default()),
        "cosine" => Box::new(Cosine::default()),
        "rectified" => Box::new(Rectified::default()),
        "decay" => Box::new(Decay::default()),
        _ => {
            let expected = "vp, ve, cosine, rectified or decay";
            return Err(AgreementError::attribute(path, name, found, expected));
        }
    })
}
