//! What a sweep varies: laws, methods, subs, seeds, protocols, and the settings that all trials share.

use crate::diffusion::StartName;
use crate::failure::usage;
use crate::number::{count, fraction, non_negative, positive};
use crate::priors::refuse_unknown;
use crate::spectrum::Spectrum;
use crate::sweep::{Methods, methods_help};
use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use equipoise_experiment::{Approach, Error, Flow, Label, Protocol, Seed, Start, law};
use equipoise_prior::DenoiserName;
use equipoise_report::significant;
use equipoise_sampler::SamplerName;
use equipoise_scaling::{Law, NConvention};
use equipoise_schedule::{ScheduleName, Spacing};
use equipoise_solver::{Method, Recipe};
use equipoise_sweep::{DatasetPlan, Plan, SweepFile};

/// σ(1) above which N(0, I) is no start: the schedules of the study reach 1 + η, `azula-ve` 1/η.
const START_SPREAD: f64 = 2.0;

/// What `--method` is, ahead of the table.
const METHODS: &str = "Posterior methods with their settings; sda runs under every law named or, without --law, all; \
                       with --law alone it is sda [default: sda,exact]";

/// Lists that are multiplied, and what all trials share.
#[derive(clap::Args)]
#[command(next_help_heading = "Trials")]
pub(crate) struct Design {
    /// Scaling laws of sda [default: all]
    #[arg(long, value_delimiter = ',', value_parser = laws())]
    law: Vec<Law>,

    /// Posterior methods with their settings [default: sda,exact]
    #[arg(long, value_name = "METHOD", long_help = methods_help(METHODS))]
    method: Vec<Methods>,

    /// Strides of the observed lattice [default: of 2,4,8,16]
    ///
    /// Without it those of 2,4,8,16 that every grid allows.
    #[arg(long, value_delimiter = ',', value_parser = count, allow_negative_numbers = true)]
    sub: Vec<usize>,

    /// Seeds of all streams [default: 0 for ibpm, else 0,1]
    #[arg(long = "seeds", value_name = "SEED", value_delimiter = ',', allow_negative_numbers = true)]
    seed: Vec<u64>,

    /// Posterior samples a trial [default: 1 for ibpm, else 2]
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    members: Option<usize>,

    /// fast: 32 steps; study: 256 steps, 1 correction [default: both]
    ///
    /// Without it fast alone for generic data, and for ibpm where methods or priors are among the trials that
    /// have no reduced space.
    #[arg(
        long, value_enum, value_delimiter = ',',
        conflicts_with_all = ["steps", "corrections", "tau", "sampler", "spacing"]
    )]
    protocol: Vec<ProtocolName>,

    /// Predictor steps, as protocol `custom` [default there: 32]
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    steps: Option<usize>,

    /// Corrector steps after each, likewise [default there: 0]
    #[arg(long, allow_negative_numbers = true)]
    corrections: Option<usize>,

    /// Size of a corrector step, likewise [default there: 0.5]
    #[arg(long, value_parser = positive, allow_negative_numbers = true)]
    tau: Option<f64>,

    /// How time advances, likewise [default there: predictor_corrector]
    ///
    /// predictor_corrector, ddim:ETA, ddpm, ddpm_beta, euler, heun or exponential; methods with a step of their
    /// own keep it.
    #[arg(long)]
    sampler: Option<SamplerName>,

    /// Times from 1 to 0, likewise [default there: uniform]
    ///
    /// uniform, log_snr or edm.
    #[arg(long)]
    spacing: Option<Spacing>,

    /// The schedule
    #[arg(long, default_value = "cos")]
    schedule: ScheduleName,

    /// η, the noise left at t = 0
    #[arg(long, default_value = "0.01", value_parser = fraction, allow_negative_numbers = true)]
    eta: f64,

    /// The law of x at t = 1: normal or prior
    ///
    /// N(0, I), or the Gaussian prior's exact marginal, under every prior.
    #[arg(long, value_enum, default_value_t = StartName::Normal)]
    start: StartName,

    /// Base std of the laws, normalised units [default: the noise]
    ///
    /// Without it the noise, or the law's own.
    #[arg(long, value_parser = non_negative, allow_negative_numbers = true)]
    std: Option<f64>,

    /// Base γ of the laws [default: the law's own]
    #[arg(long, value_parser = non_negative, allow_negative_numbers = true)]
    gamma: Option<f64>,

    /// N_ref of the laws [default: N at sub 4]
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    n_ref: Option<usize>,

    /// N of the operator, or as the study counts it
    #[arg(long, value_name = "true|floor", default_value_t = NConvention::True)]
    n_convention: NConvention,
}

/// A protocol by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProtocolName {
    Fast,
    Study,
}

/// Names of laws; that of a method is refused as one.
fn laws() -> impl TypedValueParser<Value = Law> {
    let laws = Law::ALL.map(Law::name).map(PossibleValue::new);
    let methods = Method::all().map(|method| PossibleValue::new(method.name()).hide(true));
    PossibleValuesParser::new(laws.into_iter().chain(methods)).try_map(|name| match law(&name) {
        Err(Error::IsMethod { method }) => Err(format!("{method} is a method: --method {method}")),
        found => found.map_err(|e| e.to_string()),
    })
}

impl Design {
    /// The laws with their methods; `None` for all.
    ///
    /// # Errors
    /// Bad usage: a law that no method named beside it takes, or settings that do not go with it.
    pub(crate) fn approaches(&self) -> anyhow::Result<Option<Vec<Approach>>> {
        let named = Methods::flatten(&self.method);
        if self.law.is_empty() && named.is_empty() {
            return Ok(None);
        }
        let (lawful, others): (Vec<Recipe>, Vec<Recipe>) = if named.is_empty() {
            (vec![Method::SDA.into()], Vec::new())
        } else {
            named.iter().cloned().partition(|recipe| recipe.method().spec().lawful)
        };
        if let (Some(law), true) = (self.law.first(), lawful.is_empty()) {
            let found = named.iter().map(Recipe::to_string).collect::<Vec<_>>().join(",");
            let expected = Method::SDA;
            return Err(usage(&format!("--method: found {found}, expected {expected} for --law {law}")));
        }
        let laws = if self.law.is_empty() { &Law::ALL[..] } else { &self.law };
        let scaled =
            |recipe: &Recipe| laws.iter().map(|&law| Approach::scaled(law, recipe)).collect::<Vec<_>>();
        let mut approaches: Vec<Approach> = lawful.iter().flat_map(scaled).collect();
        for approach in others.iter().map(Approach::of_method) {
            if !approaches.contains(&approach) {
                approaches.push(approach);
            }
        }
        Approach::check(&approaches).map_err(|fault| usage(&format!("--method: {fault}")))?;
        Ok(Some(approaches))
    }

    /// What is asked of the trials.
    ///
    /// # Errors
    /// As [`approaches`](Self::approaches).
    pub(crate) fn asked(&self) -> anyhow::Result<SweepFile> {
        fn some<T: Clone>(list: &[T]) -> Option<Vec<T>> {
            (!list.is_empty()).then(|| list.to_vec())
        }
        let labels = |approaches: Vec<Approach>| approaches.into_iter().map(Label).collect();
        Ok(SweepFile {
            subs: some(&self.sub),
            approaches: self.approaches()?.map(labels),
            seeds: some(&self.seed).map(|seeds| seeds.into_iter().map(Seed).collect()),
            members: self.members,
            protocols: some(&self.protocols()),
            schedule: Some(self.schedule),
            eta: Some(self.eta),
            start: Some(self.start.into()),
            std: self.std,
            gamma: self.gamma,
            n_ref: self.n_ref,
            n_convention: Some(self.n_convention),
            ..SweepFile::default()
        })
    }

    /// The protocols asked for; empty for those of each flow.
    fn protocols(&self) -> Vec<Protocol> {
        let step = self.steps.is_some() || self.corrections.is_some() || self.tau.is_some();
        if !step && self.sampler.is_none() && self.spacing.is_none() {
            let named = |name: &ProtocolName| match name {
                ProtocolName::Fast => Protocol::fast(),
                ProtocolName::Study => Protocol::study(),
            };
            return self.protocol.iter().map(named).collect();
        }
        let fast = Protocol::fast();
        vec![Protocol {
            name: "custom".into(),
            steps: self.steps.unwrap_or(fast.steps),
            corrections: self.corrections.unwrap_or(fast.corrections),
            tau: self.tau.unwrap_or(fast.tau),
            sampler: self.sampler.unwrap_or(fast.sampler),
            spacing: self.spacing.unwrap_or(fast.spacing),
        }]
    }
}

/// The plan of what is asked, over these flows.
///
/// # Errors
/// If a flow cannot be observed at one of the subs, or a method asked for on the line does not run under a prior.
pub(crate) fn plan(asked: &SweepFile, flows: &[Flow], on_the_line: bool) -> anyhow::Result<Plan> {
    let plan = asked.plan(flows)?;
    if on_the_line && asked.approaches.is_some() {
        refuse_unknown(plan.datasets.iter().flat_map(|dataset| &dataset.priors), &plan.approaches)?;
    }
    Ok(plan)
}

/// What the default lists leave out: strides that a grid does not allow, approaches under some of the priors.
pub(crate) fn left_out(asked: &SweepFile, plan: &Plan) -> Vec<String> {
    let strides = Plan::standard(Vec::new()).subs;
    let strides = strides.iter().filter(|sub| asked.subs.is_none() && !plan.subs.contains(sub));
    let strides: Vec<String> = strides.map(usize::to_string).collect();
    let strides =
        (!strides.is_empty()).then(|| format!("sub {} left out: the grid is too small", strides.join(", ")));
    let of = |dataset: &DatasetPlan| {
        let name = &dataset.source.dataset;
        let left = |prior: &DenoiserName| {
            let skipped = plan.approaches.iter().filter(|approach| !approach.runs_under(prior));
            let told = |approach: &Approach| {
                let (law, needs) = (approach.label(), approach.recipe().method().spec().needs);
                format!("{name}: no {law} under {prior}: it needs {}", needs.words())
            };
            skipped.map(told).collect::<Vec<_>>()
        };
        dataset.priors.iter().flat_map(left).collect::<Vec<_>>()
    };
    strides.into_iter().chain(plan.datasets.iter().flat_map(of)).collect()
}

/// How much of the prior the start at t = 1 ignores: (μ/σ)²λ_max there, η²λ_max for `cos`.
pub(crate) fn start_note(plan: &Plan, spectrum: &Spectrum) -> Option<String> {
    let (schedule, start) = (plan.schedule.build(plan.eta).ok()?, plan.start);
    let signal = schedule.level(1.0).ratio().powi(-2) * spectrum.largest()?;
    let mut text = format!("(μ/σ)²λ_max at t = 1 is {} (η²λ_max under cos)", significant(signal, 3));
    if start == Start::Normal && signal > 1.0 {
        text += ": above 1, x_1 ~ N(0, I) ignores part of the prior; see --start prior";
    }
    let sigma = schedule.sigma(1.0);
    if start == Start::Normal && sigma > START_SPREAD {
        let sigma = significant(sigma, 3);
        text += &format!("; σ at t = 1 is {sigma}: x_1 ~ N(0, I) is that much too narrow; see --start prior");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use equipoise_data::Kind;
    use equipoise_experiment::{CovarianceSettings, ModelName, Source};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        design: Design,
    }

    fn chosen(arguments: &[&str]) -> String {
        let line = Line::try_parse_from([&["sweep"], arguments].concat()).unwrap();
        let name = |approach: Approach| format!("{}/{}", approach.label(), approach.method());
        match line.design.approaches() {
            Ok(None) => "all".into(),
            Ok(Some(approaches)) => approaches.into_iter().map(name).collect::<Vec<_>>().join(" "),
            Err(refusal) => refusal.to_string().trim().to_owned(),
        }
    }

    #[test]
    fn laws_belong_to_sda_and_exact_to_itself() {
        assert_eq!(chosen(&[]), "all");
        assert_eq!(chosen(&["--law", "matched"]), "matched/sda");
        assert_eq!(chosen(&["--law", "matched", "--method", "sda"]), "matched/sda");
        assert_eq!(chosen(&["--law", "dual", "--method", "sda,exact"]), "dual/sda exact/exact");
        assert_eq!(chosen(&["--method", "exact"]), "exact/exact");
        assert_eq!(chosen(&["--method", "sda"]).split(' ').count(), Law::ALL.len());
        assert_eq!(chosen(&["--method", "exact,sda"]).split(' ').count(), Law::ALL.len() + 1);
        let mixed = chosen(&["--law", "dual", "--method", "sda,mmps,diffpir"]);
        assert_eq!(mixed, "dual/sda mmps/mmps diffpir/diffpir");
        assert_eq!(chosen(&["--method", "tmpd"]), "tmpd/tmpd");
        let refused = chosen(&["--law", "sum", "--method", "exact"]);
        assert_eq!(refused, "error: --method: found exact, expected sda for --law sum");
    }

    #[test]
    fn settings_go_with_their_method() {
        let set = chosen(&[
            "--method",
            "mmps:iterations=3,daps:steps=50,rate=3e-4",
            "--method",
            "red_diff:lambda=0.5",
        ]);
        let label = |text: &str| format!("{text}/{text}");
        let expected = ["mmps:iterations=3", "daps:rate=0.0003,steps=50", "red_diff:lambda=0.5"].map(label);
        assert_eq!(set, expected.join(" "));
        assert_eq!(chosen(&["--law", "dual", "--method", "sda:gamma=0.1"]), "dual/sda:gamma=0.1");
        let traced = chosen(&["--law", "dual,matched", "--method", "sda:gamma=0.1"]);
        assert!(
            traced.starts_with("error: --method: plan: found law matched with method sda:gamma=0.1"),
            "{traced}"
        );
        let twice = chosen(&["--law", "dual", "--method", "sda,sda:gamma=0.1"]);
        assert!(twice.contains("found law dual with method sda:gamma=0.1"), "{twice}");
    }

    /// No other law is a method, and no method a law.
    #[test]
    fn the_name_of_a_method_is_refused_as_a_law() {
        for method in Method::all() {
            let line = Line::try_parse_from(["sweep", "--law", method.name()]);
            let refused = line.err().unwrap().to_string();
            let told = format!("{method} is a method: --method {method}");
            assert!(refused.contains(&told) && refused.contains("--law"), "{refused}");
        }
    }

    #[test]
    fn long_runs_of_whole_fields_wait_until_asked_for() {
        let of = |kind: Kind, prior: &str, methods: &[&str]| {
            let source = Source {
                dataset: kind.to_string(),
                data_checksum: String::new(),
                train_checksum: String::new(),
                kind,
                axes: "NTCHW".parse().ok(),
            };
            let mut dataset = DatasetPlan {
                source,
                window: 16,
                normalizer: "channel".parse().unwrap(),
                covariance: CovarianceSettings { model: ModelName::LowRank, rank: Some(20), ridge: 1e-6 },
                priors: vec![prior.parse().unwrap()],
                noise: vec![0.1],
                seeds: vec![0],
                members: 1,
                protocols: vec![Protocol::fast(), Protocol::study()],
            };
            dataset.spare(&methods.iter().map(|label| label.parse().unwrap()).collect::<Vec<_>>());
            dataset.protocols.into_iter().map(|protocol| protocol.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(Kind::IBPM, "wiener", &["matched", "exact"]), "fast study");
        assert_eq!(of(Kind::IBPM, "wiener", &["matched", "mmps"]), "fast");
        assert_eq!(of(Kind::IBPM, "optimal", &["matched"]), "fast");
        assert_eq!(of(Kind::KOLMOGOROV, "optimal", &["mmps"]), "fast study");
    }

    #[test]
    fn any_setting_of_a_protocol_makes_a_custom_one() {
        let protocols = |arguments: &[&str]| {
            Line::try_parse_from([&["sweep"], arguments].concat()).unwrap().design.protocols()
        };
        assert_eq!(protocols(&[]), []);
        assert_eq!(protocols(&["--protocol", "study,fast"]), [Protocol::study(), Protocol::fast()]);
        let custom = Protocol { name: "custom".into(), corrections: 2, ..Protocol::fast() };
        assert_eq!(protocols(&["--corrections", "2"]), [custom]);
        let custom = Protocol { name: "custom".into(), sampler: "ddpm".parse().unwrap(), ..Protocol::fast() };
        assert_eq!(protocols(&["--sampler", "ddim:1"]), [custom]);
    }
}
