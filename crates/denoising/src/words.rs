//! Captions and names in this crate's words.

use crate::Flow;
use equipoise_report::{Caption, Column, significant};

/// The space of every number unless a column says otherwise.
pub(crate) const SPACE: &str = "normalised units";

/// A caption of numbers from the held-out windows of flows.
pub(crate) fn caption(text: &str, flows: &[&Flow]) -> Caption {
    let counts: Vec<String> =
        flows.iter().map(|flow| format!("{}: {}", flow.name(), flow.counts())).collect();
    Caption { text: text.into(), space: SPACE.into(), n_convention: counts.join("; ") }
}

/// The column that says the space of the others.
pub(crate) fn space<'a, R>() -> Column<'a, R> {
    Column::new("space", "", |_| SPACE)
}

/// A ratio σ/μ as titles and file names write it: 0.05, 2.
pub(crate) fn plain(ratio: f64) -> String {
    let short = ratio.to_string();
    if short.len() <= 6 { short } else { significant(ratio, 3) }
}

/// A denoiser's name in the name of a file.
pub(crate) fn in_file(name: impl ToString) -> String {
    name.to_string().replace([':', '@', '#', '/', '\\'], "_")
}
