//! Table 5: what the study measured with its trained network.

use super::{Entry, ReferenceTable, SUBS};
use crate::Law;

/// Measured quantities at sub 2, 4, 8, 16 as printed.
const PRINTED: [(Law, &str, [&str; 4]); 3] = [
    (Law::Dual, "standard deviation of the reconstruction", ["43.9", "20.9", "12.5", "12.6"]),
    (Law::ClampedLinear, "energy ratio", ["0.600", "0.625", "0.612", "0.593"]),
    (Law::ClampedLinear, "RMSE", ["0.57", "0.52", "0.56", "0.60"]),
];

/// Published outcomes; nothing here can be computed in closed form.
pub(super) fn table() -> ReferenceTable {
    let entries = PRINTED
        .into_iter()
        .flat_map(|(law, quantity, printed)| {
            SUBS.into_iter().zip(printed).map(move |(sub, text)| Entry {
                law: Some(law),
                flow: Some("ibpm"),
                sub: Some(sub),
                ..Entry::of(quantity).printed(text)
            })
        })
        .collect();
    ReferenceTable {
        number: 5,
        title: "Published outcomes of a trained network",
        sections: "9.1, 13.9",
        space: "normalised units for clamped_linear; the space of dual's standard deviations was not recorded",
        note: "Not reproducible here: the network and its training windows are not published. The windows' \
               time axis may have been the sample axis.",
        entries,
    }
}
