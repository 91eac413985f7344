//! The forms in which every verb prints.

use clap::ValueEnum;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned plain text, numbers rounded
    Table,
    /// One JSON value, numbers in full; null where a number is absent or not finite
    Json,
    /// Comma separated with a header, numbers in full; empty where a number is absent
    Csv,
}

/// Seconds up to two minutes, minutes up to two hours, hours beyond.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
