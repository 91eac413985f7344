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
