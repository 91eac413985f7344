//! Table 4: (std, γ) under the laws that follow the density.

use super::{Entry, ReferenceTable, SUBS, WAKE, count};
use crate::{Law, LawParameters, PUBLISHED_REFERENCE_SUB};

/// std and γ at sub 2, 4, 8, 16 as printed.
const PRINTED: [(Law, [[&str; 2]; 4]); 3] = [
    (Law::Dual, [["0.20", "0.04"], ["0.10", "0.01"], ["0.05", "0.0024"], ["0.024", "0.0006"]]),
    (Law::Linear, [["0.40", "0.16"], ["0.10", "0.01"], ["0.025", "0.0006"], ["0.006", "0.00004"]]),
    (Law::ClampedLinear, [["0.81", "0.66"], ["0.20", "0.04"], ["0.15", "0.02"], ["0.15", "0.02"]]),
];

/// std and γ by law and stride.
pub(super) fn table() -> ReferenceTable {
    let entries = PRINTED
        .into_iter()
        .flat_map(|(law, rows)| SUBS.into_iter().zip(rows).flat_map(move |(sub, text)| pair(law, sub, text)))
        .collect();
    ReferenceTable {
        number: 4,
        title: "std and γ under the laws that follow the density",
        sections: "10.3, 10.4, 13.9",
        space: "normalised units; base std 0.1, γ 0.01 (clamped_linear 0.2, 0.04); N_ref of sub 4",
        note: "The linear rows at sub 2 and 8 were printed from a ratio rounded to 4 and 1/4.",
        entries,
    }
}

fn pair(law: Law, sub: usize, printed: [&'static str; 2]) -> [Entry; 2] {
    let entry = |quantity, text, pick: fn(LawParameters) -> f64| Entry {
        law: Some(law),
        flow: Some("ibpm"),
        sub: Some(sub),
        ..Entry::of(quantity).printed(text).computed(|convention| {
            let n_ref = count(WAKE, PUBLISHED_REFERENCE_SUB, convention);
            pick(law.parameters(law.published_base(), count(WAKE, sub, convention), n_ref))
        })
    };
    [entry("std", printed[0], |p| p.std), entry("γ", printed[1], |p| p.gamma)]
}
