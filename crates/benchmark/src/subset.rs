//! The named subsets of cases, and the methods that enter.

use crate::choose::LAWS;
use crate::{Case, DatasetPlan, Plan, Tuning};
use equipoise_sampler::SamplerName;
use equipoise_schedule::Spacing;
use equipoise_solver::Method;
use equipoise_sweep::{Approach, Flow, Start};
use std::fmt;

/// T of the wake: its test file has 16 frames, which hold two windows of this length.
pub const WAKE_WINDOW: usize = 8;

/// The noise levels and steps of the full benchmark.
const NOISES: [f64; 3] = [0.05, 0.1, 0.5];
const STEPS: [usize; 3] = [16, 64, 256];
/// The one that others are varied about.
const NOISE: f64 = 0.1;
const SUB: usize = 4;

/// Which cases of the product sub × noise × steps are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// Crosses through the product, within 20 minutes on two cores.
    Core,
    /// All of it.
    Full,
}

impl Subset {
    /// Its name in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Full => "full",
        }
    }

    /// The cases of a dataset, by observation and then by steps.
    pub fn cases(self, wake: bool) -> Vec<Case> {
        let Axes { subs, noises, steps } = self.axes(wake);
        let mut cases = product(&subs, &noises, &steps);
        if self == Self::Core && !wake {
            cases.extend(product(&[SUB], &[0.05, 0.5], &steps));
            cases.extend(product(&[SUB], &[NOISE], &STEPS[2..]));
            // Cases that observe alike follow each other and share what is prepared for them.
            cases.sort_by(|a, b| a.sub.cmp(&b.sub).then(a.noise.total_cmp(&b.noise)));
        }
        cases
    }

    /// The lists whose product a dataset's cases are, or begin with.
    pub fn axes(self, wake: bool) -> Axes {
        match (self, wake) {
            (Self::Full, _) => {
                Axes { subs: vec![2, 4, 8, 16], noises: NOISES.to_vec(), steps: STEPS.to_vec() }
            }
            (Self::Core, false) => {
                Axes { subs: vec![2, 4, 8, 16], noises: vec![NOISE], steps: STEPS[..2].to_vec() }
            }
            (Self::Core, true) => Axes { subs: vec![4, 16], noises: vec![NOISE], steps: STEPS[..1].to_vec() },
        }
    }
}

/// Lists that are multiplied.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// Strides.
    pub subs: Vec<usize>,
    /// Noise standard deviations, normalised units.
    pub noises: Vec<f64>,
    /// Steps.
    pub steps: Vec<usize>,
}

impl fmt::Display for Subset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// sub × noise × steps.
pub fn product(subs: &[usize], noises: &[f64], steps: &[usize]) -> Vec<Case> {
    let with = |sub: usize, noise: f64| steps.iter().map(move |&steps| Case { sub, noise, steps });
    subs.iter().flat_map(|&sub| noises.iter().flat_map(move |&noise| with(sub, noise))).collect()
}

/// These methods, `sda` once for each law that takes part; all of them for an empty list.
pub fn approaches(methods: &[Method]) -> Vec<Approach> {
    let all = Method::ALL;
    let asked = if methods.is_empty() { &all[..] } else { methods };
    let of = |method: &Method| match method {
        Method::Sda => LAWS.iter().map(|law| Approach::of_law(law.name())).collect(),
        other => vec![Approach::of_law(other.name())],
    };
    asked.iter().flat_map(of).collect()
}

impl DatasetPlan {
    /// The cases of a subset on a flow's two windows, seeds 0, 1 and 2.
    pub fn of([test, validation]: &[Flow; 2], subset: Subset) -> Self {
        let plan = test.plan();
        let wake = plan.source.kind == "ibpm";
        Self {
            source: plan.source,
            window: plan.window,
            normalizer: plan.normalizer,
            covariance: plan.covariance,
            test: test.segment(),
            validation: validation.segment(),
            cases: subset.cases(wake),
            seeds: vec![0, 1, 2],
        }
    }
}

impl Plan {
    /// 16 members; two for each value that tuning tries, seed 0; predictor steps on a uniform grid
    /// of `cos` with η = 0.01 from N(0, I).
    pub fn of(subset: Subset, datasets: Vec<DatasetPlan>, approaches: Vec<Approach>) -> Self {
        Self {
            subset: subset.to_string(),
            datasets,
            approaches,
            members: 16,
            tuning: Tuning { members: 2, seed: 0 },
            schedule: "cos".into(),
            eta: 0.01,
            sampler: SamplerName::default().to_string(),
            spacing: Spacing::default().to_string(),
            start: Start::Normal,
        }
    }
}
