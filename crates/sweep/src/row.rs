//! One row of the results: what was asked for and what came of it.

use crate::{Noise, Result, SPACE, Trial};
use equipoise_experiment::{Record, number};
use serde::{Deserialize, Serialize};

/// What a trial yielded. Lengths and norms are in normalised units; `None` where undefined.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Outcome {
    /// N, observations as the convention counts them.
    pub n_obs: usize,
    /// N_ref that the law used.
    pub n_ref: Option<usize>,
    /// The law's standard deviation.
    pub std: Option<f64>,
    /// The law's γ.
    pub gamma: Option<f64>,
    /// Smallest value of the reconstructions.
    pub min: f64,
    /// Largest value of the reconstructions.
    pub max: f64,
    /// Smallest value of the truth.
    pub truth_min: f64,
    /// Largest value of the truth.
    pub truth_max: f64,
    /// std(reconstruction)/std(truth) of the whole field.
    pub energy_ratio: f64,
    /// The same about the Gaussian's mean.
    pub fluctuation_ratio: f64,
    /// RMSE over the field.
    pub rmse: f64,
    /// RMSE at observed points.
    pub rmse_observed: f64,
    /// RMSE at unobserved points.
    pub rmse_unobserved: Option<f64>,
    /// χ = ‖y − A x‖/(s√N).
    pub misfit: f64,
    /// RMSE of the exact posterior mean.
    pub posterior_mean_rmse: Option<f64>,
    /// RMSE over the cells of `rmse` of exact posterior samples that keep the sampler's last noise:
    /// √(mean((posterior mean − truth)² + posterior variance) + σ(0)²).
    pub floor_rmse: Option<f64>,
    /// ‖E[x|y] − posterior mean‖ over the posterior standard deviation with σ(0), over the same cells.
    pub bias_over_posterior_std: Option<f64>,
    /// Ensemble spread over the exact posterior standard deviation with σ(0), over the same cells.
    pub spread_ratio: Option<f64>,
    /// ‖g‖/‖g_exact‖ at t = 0.9, 0.5 and 0.1; `None` also where g_exact is 0.
    pub guidance_excess: [Option<f64>; 3],
    /// State of the reconstruction.
    pub state: String,
    /// Diffusion time at which the run diverged.
    pub diverged_at: Option<f64>,
    /// Wall time of the trial in seconds.
    pub seconds: f64,
    /// Largest max|x_t| on the way; `None` in reduced space, where no entry is known on the way.
    pub peak: Option<f64>,
    /// Largest ‖x_t − μm‖/√D on the way, m the prior's mean; `None` outside reduced space.
    pub peak_deviation: Option<f64>,
    /// Evaluations of the denoiser by all members.
    pub evaluations: usize,
    /// Remarks.
    pub note: String,
}

/// One row: the trial, its outcome and its identity, in the order of the columns of `results.csv`.
///
/// Non-finite numbers are the strings `nan`, `inf`, `-inf`; an undefined number is `null` in JSON and
/// an empty cell in CSV.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the columns are those of `Trial` and `Outcome`")]
pub struct Row {
    pub dataset: String,
    pub protocol: String,
    pub prior: String,
    pub law: String,
    pub method: String,
    pub sub: usize,
    pub n_obs: usize,
    pub n_ref: Option<usize>,
    pub n_convention: String,
    #[serde(with = "number::option")]
    pub std: Option<f64>,
    #[serde(with = "number::option")]
    pub gamma: Option<f64>,
    pub schedule: String,
    pub steps: usize,
    pub corrections: usize,
    #[serde(with = "number")]
    pub tau: f64,
    pub sampler: String,
    pub spacing: String,
    pub noise: Noise,
    pub seed: u64,
    pub members: usize,
    pub normalizer: String,
    pub axes: String,
    #[serde(with = "number")]
    pub min: f64,
    #[serde(with = "number")]
    pub max: f64,
    #[serde(with = "number")]
    pub truth_min: f64,
    #[serde(with = "number")]
    pub truth_max: f64,
    #[serde(with = "number")]
    pub energy_ratio: f64,
    #[serde(with = "number")]
    pub fluctuation_ratio: f64,
    #[serde(with = "number")]
    pub rmse: f64,
    #[serde(with = "number")]
    pub rmse_observed: f64,
    #[serde(with = "number::option")]
    pub rmse_unobserved: Option<f64>,
    #[serde(with = "number")]
    pub misfit: f64,
    #[serde(with = "number::option")]
    pub posterior_mean_rmse: Option<f64>,
    #[serde(with = "number::option")]
    pub floor_rmse: Option<f64>,
    #[serde(with = "number::option")]
    pub bias_over_posterior_std: Option<f64>,
    #[serde(with = "number::option")]
    pub spread_ratio: Option<f64>,
    #[serde(rename = "guidance_excess_t0.9", with = "number::option")]
    pub guidance_excess_early: Option<f64>,
    #[serde(rename = "guidance_excess_t0.5", with = "number::option")]
    pub guidance_excess_middle: Option<f64>,
    #[serde(rename = "guidance_excess_t0.1", with = "number::option")]
    pub guidance_excess_late: Option<f64>,
    pub state: String,
    #[serde(with = "number::option")]
    pub diverged_at: Option<f64>,
    #[serde(with = "number")]
    pub seconds: f64,
    pub identity: String,
    pub backend: String,
    /// Its place, from 0, among the `builds` of the manifest.
    pub build: usize,
    pub space: String,
    #[serde(with = "number::option")]
    pub peak: Option<f64>,
    #[serde(with = "number::option")]
    pub peak_deviation: Option<f64>,
    pub evaluations: usize,
    pub note: String,
}

impl Record for Row {
    fn identity(&self) -> &str {
        &self.identity
    }
}

impl Row {
    /// The row of a trial that the build of this place in the manifest finished.
    ///
    /// # Errors
    /// If the trial has no identity because it cannot be written as JSON.
    pub fn new(trial: &Trial, outcome: Outcome, build: usize) -> Result<Self> {
        let [early, middle, late] = outcome.guidance_excess;
        Ok(Self {
            dataset: trial.dataset().to_owned(),
            protocol: trial.protocol.clone(),
            prior: trial.prior.to_string(),
            law: trial.law(),
            method: trial.approach.method(),
            sub: trial.sub,
            n_obs: outcome.n_obs,
            n_ref: outcome.n_ref,
            n_convention: trial.n_convention.to_string(),
            std: outcome.std,
            gamma: outcome.gamma,
            schedule: trial.schedule.to_string(),
            steps: trial.steps,
            corrections: trial.corrections,
            tau: trial.tau,
            sampler: trial.sampler.to_string(),
            spacing: trial.spacing.to_string(),
            noise: Noise::of(&trial.noise),
            seed: trial.seed,
            members: trial.members,
            normalizer: trial.normalizer.to_string(),
            axes: trial.source.axes.map_or_else(String::new, |order| order.to_string()),
            min: outcome.min,
            max: outcome.max,
            truth_min: outcome.truth_min,
            truth_max: outcome.truth_max,
            energy_ratio: outcome.energy_ratio,
            fluctuation_ratio: outcome.fluctuation_ratio,
            rmse: outcome.rmse,
            rmse_observed: outcome.rmse_observed,
            rmse_unobserved: outcome.rmse_unobserved,
            misfit: outcome.misfit,
            posterior_mean_rmse: outcome.posterior_mean_rmse,
            floor_rmse: outcome.floor_rmse,
            bias_over_posterior_std: outcome.bias_over_posterior_std,
            spread_ratio: outcome.spread_ratio,
            guidance_excess_early: early,
            guidance_excess_middle: middle,
            guidance_excess_late: late,
            state: outcome.state,
            diverged_at: outcome.diverged_at,
            seconds: outcome.seconds,
            identity: trial.identity()?,
            backend: trial.backend.clone(),
            build,
            space: SPACE.into(),
            peak: outcome.peak,
            peak_deviation: outcome.peak_deviation,
            evaluations: outcome.evaluations,
            note: outcome.note,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::trial::tests::example;
    use proptest::prelude::*;

    /// An outcome with every kind of number: undefined, non-finite, subnormal, of many digits.
    pub(crate) fn outcome() -> Outcome {
        Outcome {
            n_obs: 16384,
            n_ref: Some(4096),
            std: Some(0.1),
            min: f64::NEG_INFINITY,
            max: f64::INFINITY,
            truth_min: -3.0,
            truth_max: 0.1 + 0.2,
            energy_ratio: f64::NAN,
            fluctuation_ratio: 5e-324,
            rmse: 1.0e300 / 3.0,
            rmse_observed: -0.0,
            posterior_mean_rmse: Some(f64::NAN),
            floor_rmse: Some(f64::INFINITY),
            guidance_excess: [Some(1e-7), None, Some(f64::NEG_INFINITY)],
            state: "nan".into(),
            diverged_at: Some(0.96875),
            seconds: 1.25,
            note: "a \"quoted\", two-line\nremark: σ".into(),
            ..Outcome::default()
        }
    }

    fn through_json(row: &Row) -> Row {
        serde_json::from_str(&serde_json::to_string(row).unwrap()).unwrap()
    }

    fn through_csv(row: &Row) -> Row {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(row).unwrap();
        let bytes = writer.into_inner().unwrap();
        csv::Reader::from_reader(bytes.as_slice()).deserialize().next().unwrap().unwrap()
    }

    /// `Debug` prints floats in the shortest form that reads back to the same bits, and tells NaN
    /// from an infinity, −0 from 0 and both from `None`; NaN equals itself in it.
    fn same(a: &Row, b: &Row) -> bool {
        format!("{a:?}") == format!("{b:?}")
    }

    #[test]
    fn every_kind_of_number_survives_json_and_csv() {
        let row = Row::new(&example(), outcome(), 0).unwrap();
        assert!(same(&through_json(&row), &row));
        assert!(same(&through_csv(&row), &row));
        let uneven = Trial { noise: vec![0.1, 1e-9], ..example() };
        let row = Row::new(&uneven, outcome(), 0).unwrap();
        assert!(same(&through_json(&row), &row));
        assert!(same(&through_csv(&row), &row));
    }

    proptest! {
        #[test]
        fn any_bits_survive_json_and_csv(bits in any::<u64>(), more in any::<u64>()) {
            let found = f64::from_bits(bits);
            let outcome = Outcome { rmse: found, spread_ratio: Some(f64::from_bits(more)), ..outcome() };
            let row = Row::new(&example(), outcome, 0).unwrap();
            prop_assert!(same(&through_json(&row), &row));
            prop_assert!(same(&through_csv(&row), &row));
        }
    }

    #[test]
    fn json_spells_non_finite_and_undefined_numbers_apart() {
        let row = Row::new(&example(), outcome(), 0).unwrap();
        let json = serde_json::to_string(&row).unwrap().replace(",\"", ",\n\"");
        insta::assert_snapshot!(json, @r#"
        {"dataset":"kolmogorov",
        "protocol":"fast",
        "prior":"wiener",
        "law":"dual",
        "method":"sda",
        "sub":4,
        "n_obs":16384,
        "n_ref":4096,
        "n_convention":"true",
        "std":0.1,
        "gamma":null,
        "schedule":"cos",
        "steps":32,
        "corrections":0,
        "tau":0.5,
        "sampler":"predictor_corrector",
        "spacing":"uniform",
        "noise":0.1,
        "seed":0,
        "members":2,
        "normalizer":"profile",
        "axes":"NTCHW",
        "min":"-inf",
        "max":"inf",
        "truth_min":-3.0,
        "truth_max":0.30000000000000004,
        "energy_ratio":"nan",
        "fluctuation_ratio":5e-324,
        "rmse":3.3333333333333335e+299,
        "rmse_observed":-0.0,
        "rmse_unobserved":null,
        "misfit":0.0,
        "posterior_mean_rmse":"nan",
        "floor_rmse":"inf",
        "bias_over_posterior_std":null,
        "spread_ratio":null,
        "guidance_excess_t0.9":1e-7,
        "guidance_excess_t0.5":null,
        "guidance_excess_t0.1":"-inf",
        "state":"nan",
        "diverged_at":0.96875,
        "seconds":1.25,
        "identity":"54925b2e5deb6490",
        "backend":"cpu",
        "build":0,
        "space":"normalised",
        "peak":null,
        "peak_deviation":null,
        "evaluations":0,
        "note":"a \"quoted\", two-line\nremark: σ"}
        "#);
    }
}
