//! The forms that networks come in: what scales them, what they predict, what they are told of the time.

use equipoise_schedule::{Conversion, Level, Prediction, ScheduleName};
use serde::{Deserialize, Serialize};

/// c_in, c_skip and c_out as functions of the network's own (μ, σ).
///
/// | kind | c_in | c_skip | c_out | own level |
/// |---|---|---|---|---|
/// | `none` | 1 | 0 | 1 | the schedule's |
/// | `simple` | (μ² + σ²)^−½ | 0 | 1 | the schedule's, or μ² + σ² = 1 |
/// | `karras` | (μ² + σ²)^−½ | μ/(μ² + σ²) | σ(μ² + σ²)^−½ | as `simple` |
/// | `edm` | (s² + σ²)^−½ | s²/(s² + σ²) | σs(s² + σ²)^−½ | μ = 1 |
/// | `appa` | (1 + σ²)^−½ | 1/(1 + σ²) | σ(1 + σ²)^−½ | μ = 1 |
/// | `flow` | 1/(μ + σ) | 1/(μ + σ) | −σ/(μ + σ) | μ + σ = 1 |
/// | `wiener` | (μ² + σ²)^−½ | the Wiener filter W | (tr V/D)^½ | as `simple` |
///
/// Of `wiener` W and V = Cov[x | x_t] are those of a Gaussian that stands beside the network
/// ([`Manifest::gaussian`](crate::Manifest::gaussian)): x̂ = W x_t + c_out·F. Whoever has that Gaussian puts x̂
/// together; the factors here are those of F alone, without c_out.
///
/// References: Karras et al. 2022 (arXiv 2206.00364), table 1, for `edm`; azula 0.11 for `simple` and `karras`; Appa
/// (arXiv 2504.18720) for `appa`; Liu et al. 2022 (arXiv 2209.03003) for `flow`, where F is the velocity ε − x.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Preconditioning {
    /// The network is given x_t as it is, and gives the predicted value.
    None,
    /// azula's `SimpleDenoiser`.
    Simple,
    /// azula's `KarrasDenoiser`.
    Karras,
    /// Karras et al.'s, as physicsnemo and InverseBench have it.
    Edm {
        /// s, the deviation of the data.
        sigma_data: f64,
    },
    /// Appa's.
    Appa,
    /// A flow's, whose velocity is ε − x.
    Flow,
    /// The Wiener filter of a Gaussian beside the network.
    Wiener,
}

/// What D is an estimate of. The preconditionings other than `none` and `simple` make x̂.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicts {
    /// ε̂.
    Epsilon,
    /// x̂.
    X,
    /// v̂ = με̂ − σx̂ at the network's own level (Salimans and Ho 2022, arXiv 2202.00512).
    V,
    /// ∇ log p(x_t) = −ε̂/σ at the network's own level.
    Score,
}

/// What the network is told of the time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TimeInput {
    /// ln σ/μ (azula).
    LogRatio,
    /// ¼ ln σ at μ = 1 (EDM).
    QuarterLogSigma,
    /// 10 ln σ at μ = 1 (Appa).
    TenLogSigma,
    /// σ/(μ + σ), the time of a straight flow.
    Fraction,
    /// `factor`·t, t ∈ [0, 1] the time of the schedule that the network was trained on (SDA: 1).
    Schedule {
        /// What t is multiplied by.
        factor: f64,
    },
}

/// The schedule that a network was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainedOn {
    /// Its name.
    pub schedule: ScheduleName,
    /// Its smallest scale.
    pub eta: f64,
}

impl Preconditioning {
    /// The time that networks of this kind are told; none where each has its own.
    pub fn usual_time(self) -> Option<TimeInput> {
        match self {
            Self::None => None,
            Self::Simple | Self::Karras | Self::Wiener => Some(TimeInput::LogRatio),
            Self::Edm { .. } => Some(TimeInput::QuarterLogSigma),
            Self::Appa => Some(TimeInput::TenLogSigma),
            Self::Flow => Some(TimeInput::Fraction),
        }
    }

    /// Whether what is around the network makes x̂, whatever it predicts itself.
    pub fn makes_x(self) -> bool {
        !matches!(self, Self::None | Self::Simple)
    }

    /// c_in, c_skip and c_out at the network's own level.
    pub(super) fn factors(self, Level { mu, sigma }: Level) -> [f64; 3] {
        let power = mu.mul_add(mu, sigma * sigma);
        match self {
            Self::None => [1.0, 0.0, 1.0],
            Self::Simple | Self::Wiener => [power.sqrt().recip(), 0.0, 1.0],
            Self::Karras => [power.sqrt().recip(), mu / power, sigma / power.sqrt()],
            Self::Edm { sigma_data } => edm(sigma_data, sigma),
            Self::Appa => edm(1.0, sigma),
            Self::Flow => [1.0 / (mu + sigma), 1.0 / (mu + sigma), -sigma / (mu + sigma)],
        }
    }

    /// The level of ratio ρ that the formulas are for, where no schedule says it.
    pub(super) fn own_level(self, rho: f64) -> Level {
        let mu = match self {
            Self::None | Self::Simple | Self::Karras | Self::Wiener => rho.hypot(1.0).recip(),
            Self::Edm { .. } | Self::Appa => 1.0,
            Self::Flow => (1.0 + rho).recip(),
        };
        Level { mu, sigma: rho * mu }
    }
}

fn edm(s: f64, sigma: f64) -> [f64; 3] {
    let power = s.mul_add(s, sigma * sigma);
    [power.sqrt().recip(), s * s / power, sigma * s / power.sqrt()]
}

impl Predicts {
    /// From the predicted value to x̂ at the network's own level.
    pub(super) fn to_clean(self, level: Level) -> Conversion {
        let kind = match self {
            Self::Epsilon => Prediction::Noise,
            Self::X => Prediction::Clean,
            Self::V => Prediction::Velocity,
            Self::Score => Prediction::Score,
        };
        kind.to_clean(level)
    }
}
