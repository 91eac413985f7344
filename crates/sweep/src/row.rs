//! One row of the results: what was asked for and what came of it, each column said once.

use crate::{Result, SPACE, Trial};
use equipoise_experiment::{Kind, Noise, Record, fields_of, number};
use equipoise_report::{Cell, Column};
use serde::{Deserialize, Serialize};

/// A row and its columns, from one line each: the name in files, the field, its type, its meaning and its unit.
macro_rules! columns {
    ($($name:literal $field:ident: $type:ty, $meaning:literal, $unit:literal;)*) => {
        /// One row, in the order of the columns of `results.csv`, which lacks the wall time alone. Lengths and norms are in
        /// normalised units.
        ///
        /// A number that is not finite is `NaN`, `inf` or `-inf` in CSV, `null` in a line of the journal; an undefined
        /// number is `None`, an empty cell in CSV and `null` too.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Row {
            $(
                #[doc = $meaning]
                #[serde(rename = $name, with = "number")]
                pub $field: $type,
            )*
        }

        impl Row {
            /// The name and the type of every field.
            const TYPES: &'static [(&'static str, &'static str)] = &[$(($name, stringify!($type)),)*];

            /// The columns of the results, in order.
            pub fn columns() -> Vec<Column<'static, Self>> {
                vec![$(Column::new($name, $meaning, |row: &Self| row.$field.cell()).unit($unit),)*]
            }
        }
    };
}

columns! {
    "dataset" dataset: String, "name of the dataset", "";
    "protocol" protocol: String, "name of the protocol", "";
    "prior" prior: String, "the prior's denoiser", "";
    "law" law: String, "scaling law, or method", "";
    "method" method: String, "posterior method with the settings that are not as published", "";
    "sub" sub: usize, "stride of the observed lattice", "";
    "n_obs" n_obs: usize, "N", "";
    "n_ref" n_ref: Option<usize>, "N_ref that the law used", "";
    "n_convention" n_convention: String, "how N is counted", "";
    "std" std: Option<f64>, "the law's standard deviation, normalised", "";
    "gamma" gamma: Option<f64>, "the law's γ; none where v comes from traces", "";
    "schedule" schedule: String, "the schedule", "";
    "steps" steps: usize, "predictor steps", "";
    "corrections" corrections: usize, "corrector steps after each predictor step", "";
    "tau" tau: f64, "size of a corrector step", "";
    "sampler" sampler: String, "the sampler of methods that leave it open", "";
    "spacing" spacing: String, "how the times are spaced", "";
    "noise" noise: Noise, "standard deviation of the observation noise, normalised; one a channel where they differ", "";
    "seed" seed: u64, "seed of all streams", "";
    "members" members: usize, "posterior samples", "";
    "normalizer" normalizer: String, "units of the prior", "";
    "axes" axes: String, "axis order that the loader used", "";
    "min" min: f64, "smallest value", "";
    "max" max: f64, "largest value", "";
    "truth_min" truth_min: f64, "smallest value of the truth", "";
    "truth_max" truth_max: f64, "largest value of the truth", "";
    "energy_ratio" energy_ratio: f64, "std(reconstruction)/std(truth)", "";
    "fluctuation_ratio" fluctuation_ratio: f64, "the same about the Gaussian's mean", "";
    "rmse" rmse: f64, "root mean square error", "";
    "rmse_observed" rmse_observed: f64, "the same at observed points", "";
    "rmse_unobserved" rmse_unobserved: Option<f64>, "the same at unobserved points", "";
    "misfit" misfit: f64, "χ = ‖y − A x‖/(s√N)", "";
    "posterior_mean_rmse" posterior_mean_rmse: Option<f64>, "RMSE of the exact posterior mean", "";
    "floor_rmse" floor_rmse: Option<f64>, "RMSE of exact posterior samples with σ(0)", "";
    "bias_over_posterior_std" bias_over_posterior_std: Option<f64>, "of the ensemble mean; needs two members", "";
    "spread_ratio" spread_ratio: Option<f64>, "ensemble spread over the exact one; needs two members", "";
    "guidance_excess_t0.9" guidance_excess_early: Option<f64>, "‖g‖/‖g_exact‖ at t = 0.9; none where g_exact is 0", "";
    "guidance_excess_t0.5" guidance_excess_middle: Option<f64>, "the same at t = 0.5", "";
    "guidance_excess_t0.1" guidance_excess_late: Option<f64>, "the same at t = 0.1", "";
    "state" state: String, "see the definitions below", "";
    "diverged_at" diverged_at: Option<f64>, "diffusion time", "";
    "seconds" seconds: f64, "wall time of the trial", "s";
    "identity" identity: String, "of the trial", "";
    "backend" backend: String, "what ran it", "";
    "build" build: usize, "its place, from 0, among the builds of the manifest", "";
    "space" space: String, "of every number whose column does not say otherwise", "";
    "peak" peak: Option<f64>, "largest max|x_t| on the way; none in reduced space, where no entry is known on the way", "";
    "peak_deviation" peak_deviation: Option<f64>, "largest ‖x_t − μm‖/√D on the way, m the prior's mean; none outside reduced space", "";
    "evaluations" evaluations: usize, "of the denoiser, by all members", "";
    "note" note: String, "remarks", "";
}

/// What a column shows of a field.
trait Show {
    fn cell(&self) -> Cell;
}

impl<T: Clone + Into<Cell>> Show for T {
    fn cell(&self) -> Cell {
        self.clone().into()
    }
}

impl Record for Row {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn by(self, build: usize) -> Self {
        Self { build, ..self }
    }

    fn seconds(&self) -> f64 {
        self.seconds
    }

    fn build_mut(&mut self) -> &mut usize {
        &mut self.build
    }

    fn words() -> Vec<&'static str> {
        Self::TYPES
            .iter()
            .filter(|(_, kind)| ["String", "Noise"].contains(kind))
            .map(|(name, _)| *name)
            .collect()
    }

    fn kinds() -> Vec<Kind> {
        vec![("", fields_of::<Self>())]
    }
}

impl Row {
    /// The row of a trial before anything came of it.
    ///
    /// # Errors
    /// If the trial has no identity because it cannot be written as JSON.
    pub fn of(trial: &Trial) -> Result<Self> {
        Ok(Self {
            dataset: trial.dataset().to_owned(),
            protocol: trial.protocol.clone(),
            prior: trial.prior.to_string(),
            law: trial.law(),
            method: trial.approach.method(),
            sub: trial.sub,
            n_convention: trial.base.n_convention.to_string(),
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
            identity: trial.identity()?,
            backend: trial.backend.clone(),
            space: SPACE.into(),
            ..Self::default()
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::results;
    use crate::trial::tests::example;
    use proptest::prelude::*;

    /// A row with every kind of number: undefined, non-finite, subnormal, of many digits.
    pub(crate) fn outcome(trial: &Trial) -> Row {
        Row {
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
            guidance_excess_early: Some(1e-7),
            guidance_excess_late: Some(f64::NEG_INFINITY),
            state: "nan".into(),
            diverged_at: Some(0.96875),
            seconds: 1.25,
            note: "a \"quoted\", two-line\nremark: σ".into(),
            ..Row::of(trial).unwrap()
        }
    }

    fn through_json(row: &Row) -> Row {
        serde_json::from_str(&serde_json::to_string(row).unwrap()).unwrap()
    }

    fn through_csv(row: &Row) -> Row {
        let bytes = results::table(std::slice::from_ref(row)).csv().unwrap();
        csv::Reader::from_reader(bytes.as_slice()).deserialize().next().unwrap().unwrap()
    }

    /// `Debug` prints floats in the shortest form that reads back to the same bits, and tells NaN
    /// from an infinity, −0 from 0 and both from `None`; NaN equals itself in it.
    fn same(a: &Row, b: &Row) -> bool {
        format!("{a:?}") == format!("{b:?}")
    }

    #[test]
    fn every_kind_of_number_survives_json_and_csv() {
        let row = outcome(&example());
        assert!(same(&through_json(&row), &row));
        assert!(same(&through_csv(&row), &row));
        let uneven = Trial { noise: vec![0.1, 1e-9], ..example() };
        let row = outcome(&uneven);
        assert!(same(&through_json(&row), &row));
        assert!(same(&through_csv(&row), &row));
    }

    proptest! {
        #[test]
        fn any_bits_survive_json_and_csv(bits in any::<u64>(), more in any::<u64>()) {
            let found = f64::from_bits(bits);
            let row = Row { rmse: found, spread_ratio: Some(f64::from_bits(more)), ..outcome(&example()) };
            prop_assert!(same(&through_json(&row), &row));
            prop_assert!(same(&through_csv(&row), &row));
        }
    }

    #[test]
    fn json_spells_non_finite_and_undefined_numbers_apart() {
        let row = outcome(&example());
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
