//! What stands around a network: how its input is scaled, what it is told of the time, and the way from its
//! output to x̂.
//!
//! A network sees its scaled input and the ratio ρ = σ/μ alone, in whatever form. So x_t of any schedule is first
//! brought to the level that the network was trained at for this ρ, its own (μ, σ), by a factor; then
//!
//! > D = c_skip·x_t + c_out·F(c_in·x_t, c_time)
//!
//! is what the network predicts, and x̂ follows from it.

mod kinds;

pub use kinds::{Preconditioning, Predicts, TimeInput, TrainedOn};

use crate::entries::fault;
use crate::{NetworkError, Result};
use equipoise_schedule::{Level, Schedule, ScheduleError, times_of_ratios};

/// The relative distance past an end of the range of ρ that is taken for the end: roundings of schedules there.
const ROUNDING: f64 = 1e-9;

/// x̂ = `skip`·x_t + `out`·F(`scale`·x_t, `time`), with x_t of the level that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients {
    /// What x_t is multiplied by for the network.
    pub scale: f64,
    /// What the network is told of the time.
    pub time: f64,
    /// The factor of x_t.
    pub skip: f64,
    /// The factor of the network's output.
    pub out: f64,
}

/// All that stands around a network.
#[derive(Debug)]
pub struct Preconditioner {
    preconditioning: Preconditioning,
    predicts: Predicts,
    time: TimeInput,
    schedule: Option<Box<dyn Schedule>>,
    range: Option<[f64; 2]>,
}

impl Preconditioner {
    /// What stands around a network that was trained on `trained_on`, or on the ratios from `range[0]` to
    /// `range[1]`; without either it is asked at any level.
    ///
    /// # Errors
    /// [`NetworkError::Architecture`] for parts that do not go together, or a parameter out of its range.
    pub fn new(
        preconditioning: Preconditioning,
        predicts: Predicts,
        time: TimeInput,
        trained_on: Option<TrainedOn>,
        range: Option<[f64; 2]>,
    ) -> Result<Self> {
        if preconditioning.makes_x() && predicts != Predicts::X {
            let expected = "x: this preconditioning makes x̂ of what the network gives";
            return Err(fault("prediction", predicts, expected));
        }
        if let Preconditioning::Edm { sigma_data } = preconditioning {
            positive("sigma_data", sigma_data)?;
        }
        if let TimeInput::Schedule { factor } = time {
            positive("time, factor", factor)?;
        }
        let needs = match (preconditioning, time) {
            (Preconditioning::None, _) => Some("one: without preconditioning its scale is the network's"),
            (_, TimeInput::Schedule { .. }) => Some("one, whose t the network is told"),
            _ => None,
        };
        if let (Some(expected), None) = (needs, trained_on) {
            return Err(fault("schedule", "none", expected));
        }
        let schedule = trained_on.map(|it| it.schedule.build(it.eta)).transpose();
        let schedule = schedule.map_err(|error| fault("schedule", error, "one that can be built"))?;
        let uses_t = uses_t(preconditioning, time);
        let range = Self::ratios(range, schedule.as_deref(), uses_t)?;
        Ok(Self { preconditioning, predicts, time, schedule, range })
    }

    /// The range of ρ: the one told, or else the schedule's, within which one lies where t is asked for.
    fn ratios(
        told: Option<[f64; 2]>,
        schedule: Option<&dyn Schedule>,
        uses_t: bool,
    ) -> Result<Option<[f64; 2]>> {
        let own = schedule.map(|schedule| [0.0, 1.0].map(|t| schedule.level(t).ratio()));
        let Some([low, high]) = told else { return Ok(own) };
        let expected = match own {
            _ if !(low >= 0.0 && high > low && high.is_finite()) => {
                "a smaller and a larger number".to_owned()
            }
            Some(own) if uses_t && (low < slack(own)[0] || high > slack(own)[1]) => {
                format!("a range within {} to {}, that of the schedule, whose t is asked for", own[0], own[1])
            }
            _ => return Ok(told),
        };
        Err(fault("ratios", format!("{low}, {high}"), expected))
    }

    /// The range of ρ = σ/μ that the network was trained on, where it is known.
    pub fn range(&self) -> Option<[f64; 2]> {
        self.range
    }

    /// The coefficients at a level of any schedule.
    ///
    /// # Errors
    /// [`NetworkError::Level`] for a level that the network was not trained for; [`NetworkError::NoLevel`] for one
    /// that is none.
    pub fn at(&self, level: Level) -> Result<Coefficients> {
        let rho = self.ratio(level)?;
        let t = match &self.schedule {
            Some(schedule) if uses_t(self.preconditioning, self.time) => Some(time_of(&**schedule, rho)?),
            _ => None,
        };
        let own = match (self.preconditioning, &self.schedule, t) {
            (
                Preconditioning::None | Preconditioning::Simple | Preconditioning::Karras,
                Some(schedule),
                Some(t),
            ) => schedule.level(t),
            (preconditioning, ..) => preconditioning.own_level(rho),
        };
        let time = match self.time {
            TimeInput::LogRatio => rho.ln(),
            TimeInput::QuarterLogSigma => 0.25 * rho.ln(),
            TimeInput::TenLogSigma => 10.0 * rho.ln(),
            TimeInput::Fraction => rho / (1.0 + rho),
            TimeInput::Schedule { factor } => factor * t.unwrap_or(f64::NAN),
        };
        let rescale = own.mu / level.mu;
        let [c_in, c_skip, c_out] = self.preconditioning.factors(own);
        let clean = self.predicts.to_clean(own);
        Ok(Coefficients {
            scale: c_in * rescale,
            time,
            skip: clean.value.mul_add(c_skip, clean.state) * rescale,
            out: clean.value * c_out,
        })
    }

    /// ρ of a level, brought to an end of the range that it passes by rounding alone.
    fn ratio(&self, level: Level) -> Result<f64> {
        let found = level.ratio();
        let is_level = level.mu > 0.0 && level.mu.is_finite() && level.sigma.is_finite();
        let Some([low, high]) = self.range else {
            let is_above = is_level && found >= f64::MIN_POSITIVE && found.is_finite();
            return if is_above { Ok(found) } else { Err(NetworkError::NoLevel { found }) };
        };
        let [least, most] = slack([low, high]);
        if is_level && found >= least && found <= most {
            return Ok(found.clamp(low, high));
        }
        Err(NetworkError::Level { found, low, high })
    }
}

/// Whether the t of the schedule is asked for: for the network's own level, or as what it is told of the time.
fn uses_t(preconditioning: Preconditioning, time: TimeInput) -> bool {
    let of_schedule =
        matches!(preconditioning, Preconditioning::None | Preconditioning::Simple | Preconditioning::Karras);
    of_schedule || matches!(time, TimeInput::Schedule { .. })
}

/// A range of ρ, wider by roundings.
fn slack([low, high]: [f64; 2]) -> [f64; 2] {
    [low * (1.0 - ROUNDING), high * (1.0 + ROUNDING)]
}

/// The time at which a schedule passes ρ, an end where ρ lies past it by rounding alone; farther is an error.
fn time_of(schedule: &dyn Schedule, rho: f64) -> Result<f64> {
    let refused =
        |error: ScheduleError| fault("schedule", error, "one whose sigma/mu passes that of the level");
    let [low, high] = [0.0, 1.0].map(|t| schedule.level(t).ratio());
    let [least, most] = slack([low, high]);
    if !(least..=most).contains(&rho) {
        return Err(NetworkError::Level { found: rho, low, high });
    }
    let times = times_of_ratios(schedule, &[rho.clamp(low, high)]).map_err(refused)?;
    Ok(times.first().copied().unwrap_or(f64::NAN))
}

fn positive(field: &str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(fault(field, value, "a finite number above 0"))
}

#[cfg(test)]
mod tests;
