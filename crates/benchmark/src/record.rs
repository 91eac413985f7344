//! The records of a benchmark's journal: ensembles scored, parameters tuned.

use crate::choose::parameter;
use crate::{Case, Choice, Job, Result};
use equipoise_experiment::{Approach, Kind, SPACE, fields_of, number, text};
use equipoise_report::{Column, real};
use equipoise_solver::Recipe;
use serde::{Deserialize, Serialize};

/// The build of a record that none has written yet.
pub(crate) const NEW: usize = usize::MAX;

/// The fields of both kinds that hold words.
pub(crate) const WORDS: [&str; 9] =
    ["record", "dataset", "method", "law", "choice", "parameter", "state", "identity", "space"];

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// An ensemble.
    Score(Box<Score>),
    /// A tuned parameter.
    Tuned(Box<Tuned>),
}

/// One ensemble of one entrant on one case under one seed: a row of `scores.csv`, which lacks the wall time.
///
/// Lengths in normalised units. Numbers that are not finite are `NaN`, `inf` and `-inf` in CSV; what is undefined, not
/// judged of a point estimate, or held to a posterior that is not known, is an empty cell. Both are `null` in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The dataset, with its prior where that is not the Gaussian.
    pub dataset: String,
    /// Stride.
    pub sub: usize,
    /// Noise standard deviation.
    #[serde(with = "number")]
    pub noise: f64,
    /// Steps.
    pub steps: usize,
    /// The method.
    #[serde(with = "text")]
    pub method: Recipe,
    /// Its law, or its own name.
    pub law: String,
    /// Whether the parameter is the published or the tuned one.
    pub choice: Choice,
    /// Name of the parameter.
    pub parameter: Option<String>,
    /// Its value.
    #[serde(with = "number")]
    pub value: Option<f64>,
    /// Whether members are estimates of one point, of which spread is not judged.
    pub point_estimate: bool,
    /// Seed.
    pub seed: u64,
    /// M.
    pub members: usize,
    /// RMSE over members and entries.
    #[serde(with = "number")]
    pub rmse: f64,
    /// The RMSE of exact posterior samples with σ(0); of a point estimate, that of the posterior mean.
    #[serde(with = "number")]
    pub floor: Option<f64>,
    /// RMSE over floor.
    #[serde(with = "number")]
    pub excess: Option<f64>,
    /// ‖E[x | y] − posterior mean‖ over the posterior standard deviation.
    #[serde(with = "number")]
    pub bias: Option<f64>,
    /// Ensemble spread over the posterior standard deviation.
    #[serde(with = "number")]
    pub spread_ratio: Option<f64>,
    /// The larger coverage error of the two levels, as a magnitude.
    #[serde(with = "number")]
    pub coverage_error: Option<f64>,
    /// Coverage of exact posterior samples by the 50 % interval, less the expected one.
    #[serde(with = "number")]
    pub coverage_error_50: Option<f64>,
    /// As before, 90 %.
    #[serde(with = "number")]
    pub coverage_error_90: Option<f64>,
    /// Coverage of the truth by the 50 % interval.
    #[serde(with = "number")]
    pub coverage_50: Option<f64>,
    /// As before, 90 %.
    #[serde(with = "number")]
    pub coverage_90: Option<f64>,
    /// Fair CRPS on the truth; not of point estimates.
    #[serde(with = "number")]
    pub crps: Option<f64>,
    /// Of point estimates mean |x − truth| over members and entries, the CRPS of being sure of one of them.
    #[serde(with = "number")]
    pub mae: Option<f64>,
    /// The expectation of the CRPS for exact posterior samples on this truth.
    #[serde(with = "number")]
    pub crps_exact: Option<f64>,
    /// The standard error of the CRPS of as many exact samples about it.
    #[serde(with = "number")]
    pub crps_exact_error: Option<f64>,
    /// Sliced Wasserstein-2 distance to exact posterior samples.
    #[serde(with = "number")]
    pub sliced_w2: Option<f64>,
    /// Its mean between two exact ensembles of this size.
    #[serde(with = "number")]
    pub sliced_w2_floor: Option<f64>,
    /// χ = ‖y − A x‖/(s√N).
    #[serde(with = "number")]
    pub misfit: f64,
    /// State of the reconstruction.
    pub state: String,
    /// Calls of the denoiser for one member.
    #[serde(with = "number")]
    pub denoiser_calls: f64,
    /// Iterations of inner solvers for one member.
    #[serde(with = "number")]
    pub inner_iterations: f64,
    /// Wall time of drawing the ensemble, in seconds.
    #[serde(with = "number")]
    pub seconds: f64,
    /// The job.
    pub identity: String,
    /// Its place, from 0, among the `builds` of the manifest.
    pub build: usize,
    /// Space of the lengths.
    pub space: String,
}

/// One parameter of one method, tuned on one case: a row of `tuning.csv`, which lacks the wall time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuned {
    /// The dataset.
    pub dataset: String,
    /// Stride.
    pub sub: usize,
    /// Noise standard deviation.
    #[serde(with = "number")]
    pub noise: f64,
    /// Steps.
    pub steps: usize,
    /// The method.
    #[serde(with = "text")]
    pub method: Recipe,
    /// Its law, or its own name.
    pub law: String,
    /// Name of the parameter.
    pub parameter: String,
    /// Its published value.
    #[serde(with = "number")]
    pub published: f64,
    /// The values tried.
    pub grid: Vec<f64>,
    /// By what they were judged: `crps`, or `mae` for point estimates.
    pub judged_by: String,
    /// The score of each on the validation truth; none where it exploded.
    pub scores: Vec<Option<f64>>,
    /// The value of least score; the published one where all explode.
    #[serde(with = "number")]
    pub chosen: f64,
    /// Samples for each value.
    pub members: usize,
    /// Their seed.
    pub seed: u64,
    /// Calls of the denoiser, in all.
    pub denoiser_calls: usize,
    /// Iterations of inner solvers, in all.
    pub inner_iterations: usize,
    /// Wall time in seconds.
    #[serde(with = "number")]
    pub seconds: f64,
    /// The job.
    pub identity: String,
    /// Its place, from 0, among the `builds` of the manifest.
    pub build: usize,
}

impl Score {
    /// The score of a job before its ensemble is judged.
    ///
    /// # Errors
    /// For a law that does not take part.
    pub(crate) fn asked(job: &Job, value: Option<f64>, seed: u64) -> Result<Self> {
        let Job { dataset, case, approach, .. } = job;
        let parameter = parameter(approach)?;
        Ok(Self {
            dataset: dataset.clone(),
            sub: case.sub,
            noise: case.noise,
            steps: case.steps,
            method: approach.recipe().clone(),
            law: approach.label(),
            choice: if value.is_some() { Choice::Tuned } else { Choice::Published },
            parameter: parameter.map(|parameter| parameter.name.to_owned()),
            value: value.or(parameter.map(|parameter| parameter.published.number())),
            point_estimate: false,
            seed,
            members: 0,
            rmse: f64::NAN,
            floor: None,
            excess: None,
            bias: None,
            spread_ratio: None,
            coverage_error: None,
            coverage_error_50: None,
            coverage_error_90: None,
            coverage_50: None,
            coverage_90: None,
            crps: None,
            mae: None,
            crps_exact: None,
            crps_exact_error: None,
            sliced_w2: None,
            sliced_w2_floor: None,
            misfit: f64::NAN,
            state: String::new(),
            denoiser_calls: 0.0,
            inner_iterations: 0.0,
            seconds: 0.0,
            identity: job.to_string(),
            build: NEW,
            space: SPACE.to_owned(),
        })
    }

    /// The method with its law.
    pub fn approach(&self) -> Approach {
        Approach::labelled(&self.law, &self.method)
    }

    /// The case.
    pub fn case(&self) -> Case {
        Case { sub: self.sub, noise: self.noise, steps: self.steps }
    }

    /// The same ensemble, by the same build, entered as the tuned one: its parameter is the one that tuning
    /// chose.
    pub(crate) fn also_tuned(self, job: &Job) -> Self {
        Self { choice: Choice::Tuned, identity: job.to_string(), ..self }
    }
}

impl Tuned {
    /// The columns of the tuned parameters' file; `grid` and `scores` hold numbers joined by `;`.
    pub(crate) fn columns() -> Vec<Column<'static, Self>> {
        type At = Column<'static, Tuned>;
        let scores =
            |t: &Tuned| joined(t.scores.iter().map(|score| score.map_or_else(|| "exploded".into(), real)));
        vec![
            At::new("dataset", "with its prior where that is not the Gaussian", |t| t.dataset.clone()),
            At::new("sub", "stride of the observed lattice", |t| t.sub),
            At::new("noise", "its standard deviation", |t| t.noise).unit("normalised units"),
            At::new("steps", "of the sampler", |t| t.steps),
            At::new("method", "with its settings", |t| t.method.to_string()),
            At::new("law", "its law, or its own name", |t| t.law.clone()),
            At::new("parameter", "what is tuned", |t| t.parameter.clone()),
            At::new("published", "its published value", |t| t.published),
            At::new("chosen", "the value of least score", |t| t.chosen),
            At::new("grid", "the values tried, joined by ;", |t| joined(t.grid.iter().copied().map(real))),
            At::new("judged_by", "crps, or mae of point estimates", |t| t.judged_by.clone()),
            At::new("scores", "of each value on the validation truth, joined by ;", scores),
            At::new("members", "samples for each value", |t| t.members),
            At::new("denoiser_calls", "in all", |t| t.denoiser_calls).titled("denoiser calls"),
            At::new("inner_iterations", "of inner solvers, in all", |t| t.inner_iterations),
            At::new("seconds", "wall time", |t| t.seconds).unit("s"),
        ]
    }

    /// The method with its law.
    pub fn approach(&self) -> Approach {
        Approach::labelled(&self.law, &self.method)
    }

    /// The case.
    pub fn case(&self) -> Case {
        Case { sub: self.sub, noise: self.noise, steps: self.steps }
    }
}

impl equipoise_experiment::Record for Record {
    fn identity(&self) -> &str {
        match self {
            Self::Score(score) => &score.identity,
            Self::Tuned(tuned) => &tuned.identity,
        }
    }

    /// What was drawn before, and is entered once more, keeps the build that drew it.
    fn by(mut self, build: usize) -> Self {
        let place = self.build_mut();
        if *place == NEW {
            *place = build;
        }
        self
    }

    fn seconds(&self) -> f64 {
        match self {
            Self::Score(score) => score.seconds,
            Self::Tuned(tuned) => tuned.seconds,
        }
    }

    fn build_mut(&mut self) -> &mut usize {
        match self {
            Self::Score(score) => &mut score.build,
            Self::Tuned(tuned) => &mut tuned.build,
        }
    }

    fn words() -> Vec<&'static str> {
        WORDS.to_vec()
    }

    fn kinds() -> Vec<Kind> {
        vec![("score", fields_of::<Score>()), ("tuned", fields_of::<Tuned>())]
    }
}

/// Numbers joined by `;`, as a cell of a file holds them.
pub(crate) fn joined(numbers: impl Iterator<Item = String>) -> String {
    numbers.collect::<Vec<_>>().join(";")
}
