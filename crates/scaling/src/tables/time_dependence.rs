//! Table 2: the γ-term against diffusion time.

use super::{Entry, ReferenceTable, WAKE, count};
use crate::{Law, PUBLISHED_BASE, PUBLISHED_REFERENCE_SUB};

const LAW: Law = Law::LikelihoodWeighting;

/// t; σ/μ, γ(σ/μ)², and the share of the γ-term at sub 2 and 16 as printed.
const PRINTED: [(f64, [&str; 4]); 4] = [
    (0.01, ["0.04", "0.00002", "0", "3"]),
    (0.10, ["0.34", "0.0012", "3", "65"]),
    (0.50, ["3.41", "0.1165", "74", "99.5"]),
    (0.90, ["58.8", "34.6", "99.9", "100"]),
];

/// σ/μ, γ(σ/μ)² and 100·γ(σ/μ)²/v by t.
pub(super) fn table(level_ratio: &impl Fn(f64) -> f64) -> ReferenceTable {
    let entries = PRINTED.into_iter().flat_map(|(t, printed)| row(t, level_ratio(t), printed)).collect();
    ReferenceTable {
        number: 2,
        title: "The γ-term of the variance against diffusion time",
        sections: "8.2",
        space: "normalised units; base std 0.1, γ 0.01; N_ref of sub 4; shares in per cent",
        note: "Computed with the linear_beta schedule, not with the cosine one of the study's code. \
               The 65 % at sub 16 comes from a ratio rounded to 1/16.",
        entries,
    }
}

fn row(t: f64, level_ratio: f64, printed: [&'static str; 4]) -> [Entry; 4] {
    let gamma_term = PUBLISHED_BASE.gamma * level_ratio * level_ratio;
    let share = |sub, text| Entry {
        law: Some(LAW),
        flow: Some("ibpm"),
        sub: Some(sub),
        t: Some(t),
        ..Entry::of("share of the γ-term in v [%]").printed(text).computed(|convention| {
            let n_ref = count(WAKE, PUBLISHED_REFERENCE_SUB, convention);
            let parameters = LAW.parameters(PUBLISHED_BASE, count(WAKE, sub, convention), n_ref);
            100.0 * parameters.gamma_term(level_ratio) / parameters.variance(level_ratio)
        })
    };
    [
        Entry { t: Some(t), ..Entry::of("σ/μ").printed(printed[0]).computed(|_| level_ratio) },
        Entry { t: Some(t), ..Entry::of("γ(σ/μ)²").printed(printed[1]).computed(|_| gamma_term) },
        share(2, printed[2]),
        share(16, printed[3]),
    ]
}
