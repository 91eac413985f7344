//! The sections of a configuration.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The network and what stands around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkPart {
    /// `sda` or `azula`.
    pub family: String,
    /// Frames of a window.
    pub window: usize,
    /// Channels, the finest grid first.
    pub widths: Vec<usize>,
    /// Blocks of each depth, on each way; empty for 3 everywhere.
    pub blocks: Vec<usize>,
    /// Points of a kernel along each axis.
    pub kernel: usize,
    /// Between depths.
    pub stride: usize,
    /// `circular` or `zeros`, one word or one along H and one along W; empty for what the borders of the flow are.
    pub padding: Vec<String>,
    /// Of `sda`.
    pub activation: String,
    /// Features of the embedded time of `sda`.
    pub embedding: usize,
    /// Features of the modulation of `azula`.
    pub mod_features: usize,
    /// Of `azula`: `layer`, `rms` or `group:G`.
    pub norm: String,
    /// Of `azula`: inner channels of a block over its outer ones.
    pub ffn_factor: usize,
    /// What is handed beside the state: `forcing`, `x`, `y`, `solid`.
    pub context: Vec<String>,
    /// `wiener`, or one that `network describe` takes.
    pub preconditioning: String,
    /// `x`, `epsilon`, `v` or `score`, of `none` and `simple`.
    pub prediction: String,
    /// What the network is told of the time; empty for what is usual.
    pub time: String,
    /// The schedule of `uniform_t` and of the preconditioning `none`, NAME or NAME:ETA.
    pub schedule: String,
}

impl Default for NetworkPart {
    fn default() -> Self {
        Self {
            family: "sda".into(),
            window: 5,
            widths: vec![24, 48, 96],
            blocks: Vec::new(),
            kernel: 3,
            stride: 2,
            padding: Vec::new(),
            activation: "SiLU".into(),
            embedding: 64,
            mod_features: 64,
            norm: "layer".into(),
            ffn_factor: 1,
            context: Vec::new(),
            preconditioning: "wiener".into(),
            prediction: "x".into(),
            time: String::new(),
            schedule: String::new(),
        }
    }
}

/// How the Gaussian is fitted to the windows that are trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GaussianPart {
    /// A prior of one's own, which `fit` saved, relative to the folder of the configuration; empty for one that is
    /// fitted here. Beside it the other entries have nothing to say.
    pub file: String,
    /// The normalizer, whose units are the network's; empty for that of the flow, or `channel` without `wiener`.
    pub normalizer: String,
    /// `dense`, `low_rank` or `stationary`; empty for what the borders allow.
    pub model: String,
    /// Of `low_rank`; 0 for its default.
    pub rank: usize,
    /// Normalised units; without the entry the model's default.
    pub ridge: Option<f64>,
    /// What `file` is relative to.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The law of the noise level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Laws {
    /// ln σ/μ uniform from ln low to ln high.
    LogUniform,
    /// ln σ/μ normal (Karras et al. 2022, table 1).
    LogNormal,
    /// t uniform on (0, 1) of the network's schedule.
    UniformT,
}

/// The noise levels that are trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoisePart {
    /// The law.
    pub law: Laws,
    /// The least σ/μ; what a law draws below is drawn again.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// Of ln σ/μ, under `log_normal`.
    pub mean: f64,
    /// Its deviation.
    pub deviation: f64,
    /// The share of draws that are `log_uniform` whatever the law.
    pub share: f64,
}

impl Default for NoisePart {
    fn default() -> Self {
        Self { law: Laws::LogNormal, low: 1e-3, high: 1e3, mean: -0.4, deviation: 1.2, share: 0.1 }
    }
}

/// Whose error the loss is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    /// ‖ε − ε̂‖².
    Epsilon,
    /// ‖x − x̂‖².
    X,
    /// ‖v − v̂‖², v = με − σx.
    V,
}

/// How much a level counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weightings {
    /// All alike, of the error that is named.
    Uniform,
    /// 1/c_out² of ‖x − x̂‖²: the network's own output at unit loss.
    Target,
    /// min(SNR, γ) of ‖x − x̂‖² (Hang et al. 2023, arXiv 2303.09556).
    MinSnr,
    /// max(SNR, 1) of ‖x − x̂‖² (Salimans and Ho 2022).
    TruncatedSnr,
    /// (σ² + s²)/(σs)² of ‖x − x̂‖² at μ = 1 (Karras et al. 2022, table 1).
    Edm,
}

/// The loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossPart {
    /// Of `uniform`.
    pub error: Errors,
    /// How much a level counts.
    pub weighting: Weightings,
    /// γ of `min_snr`.
    pub gamma: f64,
    /// s of `edm`, normalised units.
    pub sigma_data: f64,
}

impl Default for LossPart {
    fn default() -> Self {
        Self { error: Errors::Epsilon, weighting: Weightings::Target, gamma: 5.0, sigma_data: 1.0 }
    }
}

/// How the rate goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rates {
    /// It stays.
    Constant,
    /// Along a line.
    Linear,
    /// Half a cosine wave.
    Cosine,
}

/// The steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimiserPart {
    /// How many.
    pub steps: u64,
    /// Windows a step.
    pub batch: usize,
    /// η at its highest.
    pub rate: f64,
    /// How it falls.
    pub schedule: Rates,
    /// Steps in which it rises.
    pub warm_up: u64,
    /// What it falls to, over the rate.
    pub floor: f64,
    /// λ of AdamW.
    pub decay: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// The longest gradient; 0 for any.
    pub clip: f64,
    /// Decay of the running average, whose parameters are written; 0 for none.
    pub ema: f64,
    /// Whether the average forgets its first parameters soon.
    pub ema_warm_up: bool,
    /// Seed of all draws.
    pub seed: u64,
}

impl Default for OptimiserPart {
    fn default() -> Self {
        Self {
            steps: 10_000,
            batch: 8,
            rate: 5e-4,
            schedule: Rates::Cosine,
            warm_up: 100,
            floor: 0.01,
            decay: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            clip: 1.0,
            ema: 0.999,
            ema_warm_up: true,
            seed: 0,
        }
    }
}

/// The windows of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WindowsPart {
    /// n: every n-th point of the data along H and W is a point of the network's grid.
    pub stride: usize,
    /// Trajectories at the end of the file that are held out, of one trajectory frames; 0 for a tenth, at least one
    /// (of frames one window).
    pub held_out: usize,
    /// Symmetries that windows are moved by; without the entry all of the flow that the context allows.
    pub augment: Option<Vec<String>>,
}

impl Default for WindowsPart {
    fn default() -> Self {
        Self { stride: 1, held_out: 0, augment: None }
    }
}

/// Validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationPart {
    /// Steps between two; at the end too.
    pub every: u64,
    /// Held-out windows, evenly spread.
    pub windows: usize,
    /// σ/μ.
    pub ratios: Vec<f64>,
}

impl Default for ValidationPart {
    fn default() -> Self {
        Self { every: 1000, windows: 8, ratios: vec![0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0] }
    }
}

/// What is written, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputPart {
    /// Steps between two checkpoints; at the end and at Ctrl-C too.
    pub every: u64,
    /// Of the weights that are written: `f32` or `f16`.
    pub precision: String,
}

impl Default for OutputPart {
    fn default() -> Self {
        Self { every: 200, precision: "f32".into() }
    }
}
