//! The named subsets of cases, and the methods that enter.

use crate::choose::LAWS;
use crate::{Case, DatasetPlan, Plan, Tuning};
use equipoise_data::Kind;
use equipoise_experiment::{Approach, Flow, Start};
use equipoise_prior::DenoiserName;
use equipoise_sampler::SamplerName;
use equipoise_schedule::{Alpha, ScheduleName, Spacing, Variance};
use equipoise_solver::{Method, Recipe};
use std::fmt;

/// T of the wake: its test file has 16 frames, of which the first two are judged and the last two are
/// tuned on. More frames leave no core subset of 20 minutes.
pub(crate) const WAKE_WINDOW: usize = 2;

/// The embedded wake.
pub const WAKE: &str = "ibpm";

/// The noise levels and steps of the full benchmark.
const NOISES: [f64; 3] = [0.05, 0.1, 0.5];
const STEPS: [usize; 3] = [16, 64, 256];
/// The method that `core` is without.
const LEFT_OUT: &str = "daps";
/// The case that others are varied about.
const CENTRE: Case = Case { sub: 4, noise: 0.1, steps: 16 };

/// Which cases of the product sub × noise × steps are run, by which methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// One factor at a time about sub 4, noise 0.1 and 16 steps on the turbulence, and on the wake
    /// subs 4 and 16; every method but `daps`, whose hundred Langevin steps for each level cost more
    /// than all others together, and which `daps_exact` stands for. Sized for 20 minutes on two cores.
    Core,
    /// All cases, all methods.
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
        if self == Self::Full || wake {
            return product(&subs, &noises, &steps);
        }
        let Case { sub, noise, .. } = CENTRE;
        let mut cases = product(&subs, &noises, &[CENTRE.steps]);
        cases.extend(product(&[sub], &NOISES, &[CENTRE.steps]));
        cases.extend(product(&[sub], &[noise], &STEPS));
        // Cases that observe alike follow each other and share what is prepared for them.
        let by_observation = |a: &Case, b: &Case| a.sub.cmp(&b.sub).then(a.noise.total_cmp(&b.noise));
        cases.sort_by(|a, b| by_observation(a, b).then(a.steps.cmp(&b.steps)));
        cases.dedup();
        cases
    }

    /// The lists that a dataset's cases vary over, or, in `core`, that settings which are asked for
    /// are multiplied with.
    pub fn axes(self, wake: bool) -> Axes {
        let all = || vec![2, 4, 8, 16];
        match self {
            Self::Full => Axes { subs: all(), noises: NOISES.to_vec(), steps: STEPS.to_vec() },
            Self::Core => Axes {
                subs: if wake { vec![4, 16] } else { all() },
                noises: vec![CENTRE.noise],
                steps: vec![CENTRE.steps],
            },
        }
    }

    /// Its methods, `sda` once for each law that takes part.
    pub fn approaches(self) -> Vec<Approach> {
        let takes_part = |method: &Method| self == Self::Full || method.name() != LEFT_OUT;
        approaches(&Method::all().filter(takes_part).map(Recipe::from).collect::<Vec<_>>())
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

/// These methods, one that takes a law once for each that takes part and has its settings.
pub fn approaches(methods: &[Recipe]) -> Vec<Approach> {
    let of = |recipe: &Recipe| match recipe.method().spec().lawful {
        true => {
            let scaled = LAWS.map(|law| Approach::scaled(law, recipe)).into_iter();
            scaled.filter(|approach| approach.scaling().is_ok()).collect()
        }
        false => vec![Approach::of_method(recipe)],
    };
    methods.iter().flat_map(of).collect()
}

impl DatasetPlan {
    /// The cases of a subset on a flow's two windows, seeds 0, 1 and 2, once for each of its priors.
    pub fn of([test, validation]: &[Flow; 2], subset: Subset) -> Vec<Self> {
        let source = test.source();
        let wake = source.kind == Kind::IBPM;
        let under = |prior: &DenoiserName| Self {
            source: source.clone(),
            window: test.prior().settings().window,
            normalizer: test.units().clone(),
            covariance: test.covariance(),
            prior: prior.clone(),
            test: test.segment(),
            validation: validation.segment(),
            cases: subset.cases(wake),
            seeds: vec![0, 1, 2],
        };
        test.priors().iter().map(under).collect()
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
            schedule: ScheduleName::Sda(Alpha::Cos, Variance::Vp),
            eta: 0.01,
            sampler: SamplerName::default(),
            spacing: Spacing::default(),
            start: Start::Normal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_is_the_product_and_core_a_part_of_it() {
        let full = Subset::Full.cases(false);
        assert_eq!((full.len(), Subset::Full.cases(true).len()), (4 * 3 * 3, 4 * 3 * 3));
        for (wake, cases) in [(false, Subset::Core.cases(false)), (true, Subset::Core.cases(true))] {
            assert!(cases.iter().all(|case| full.contains(case)));
            // Four subs, two more noises, two more steps; two subs on the wake.
            assert_eq!(cases.len(), if wake { 2 } else { 8 });
            let stretches = cases.chunk_by(|a, b| a.same_observation(*b)).count();
            assert_eq!(stretches, if wake { 2 } else { 6 }, "cases that observe alike are adjacent");
        }
    }

    #[test]
    fn every_method_is_in_full_and_core_lacks_one() {
        let count = Method::all().count() - 1 + LAWS.len();
        assert_eq!((Subset::Full.approaches().len(), Subset::Core.approaches().len()), (count, count - 1));
    }
}
