//! Table 3: the strength of the guidance against diffusion time.

use super::{Entry, ReferenceTable, WAKE, count};
use crate::{Law, NConvention, PUBLISHED_BASE, PUBLISHED_REFERENCE_SUB};

const LAW: Law = Law::LikelihoodWeighting;

/// t and the strength at sub 2, 8, 16 as printed.
const PRINTED: [(f64, [&str; 3]); 4] = [
    (0.01, ["1.00", "0.99", "0.97"]),
    (0.10, ["1.08", "0.76", "0.38"]),
    (0.20, ["1.35", "0.48", "0.16"]),
    (0.50, ["3.27", "0.26", "0.06"]),
];

/// N/v relative to sub 4 by t and stride.
pub(super) fn table(level_ratio: &impl Fn(f64) -> f64) -> ReferenceTable {
    let entries = PRINTED
        .into_iter()
        .flat_map(|(t, printed)| {
            let rho = level_ratio(t);
            [2, 8, 16].into_iter().zip(printed).map(move |(sub, text)| Entry {
                law: Some(LAW),
                flow: Some("ibpm"),
                sub: Some(sub),
                t: Some(t),
                ..Entry::of("N/v relative to sub 4")
                    .printed(text)
                    .computed(|n| strength(rho, sub, n) / strength(rho, PUBLISHED_REFERENCE_SUB, n))
            })
        })
        .collect();
    ReferenceTable {
        number: 3,
        title: "Guidance strength relative to sub 4 against diffusion time",
        sections: "8.3",
        space: "normalised units; base std 0.1, γ 0.01; N_ref of sub 4",
        note: "Computed with the linear_beta schedule, not with the cosine one of the study's code.",
        entries,
    }
}

fn strength(level_ratio: f64, sub: usize, convention: NConvention) -> f64 {
    let n_obs = count(WAKE, sub, convention);
    let n_ref = count(WAKE, PUBLISHED_REFERENCE_SUB, convention);
    n_obs as f64 / LAW.parameters(PUBLISHED_BASE, n_obs, n_ref).variance(level_ratio)
}
