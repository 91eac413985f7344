//! Table 1: the number of observations.

use super::{Entry, ReferenceTable, SUBS, WAKE, count};

const KOLMOGOROV: [usize; 4] = [8, 2, 64, 64];

/// N by flow and stride.
pub(super) fn table() -> ReferenceTable {
    let flows = [
        ("ibpm", WAKE, ["630,000", "160,000", "40,000", "9,600"]),
        ("kolmogorov", KOLMOGOROV, ["16,384", "4,096", "1,024", "256"]),
    ];
    let entries = flows
        .into_iter()
        .flat_map(|(flow, shape, printed)| {
            SUBS.into_iter().zip(printed).map(move |(sub, text)| Entry {
                flow: Some(flow),
                sub: Some(sub),
                ..Entry::of("N").printed(text).computed(|convention| count(shape, sub, convention) as f64)
            })
        })
        .collect();
    ReferenceTable {
        number: 1,
        title: "Number of observations",
        sections: "2.2",
        space: "numbers of one window: (16, 2, 199, 399) for ibpm, (8, 2, 64, 64) for kolmogorov",
        note: "The study prints a floor count at sub 2, true counts at sub 4 and 8, and neither at sub 16. \
               Its 8,192 numbers of (8, 2, 64, 64) are 65,536.",
        entries,
    }
}
