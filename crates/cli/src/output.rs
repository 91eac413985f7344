//! Standard output: written at once, and a reader that leaves early is no fault.

use crate::format::Format;
use anyhow::Context;
use equipoise_report::Table;
use serde::Serialize;
use std::io::{self, ErrorKind, Write};

/// Writes to standard output what `render` puts into the buffer; nothing when it fails.
///
/// # Errors
/// What `render` or the stream reports, except that the reader has closed it.
pub(crate) fn print(render: impl FnOnce(&mut Vec<u8>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut text = Vec::new();
    render(&mut text)?;
    let mut to = io::stdout().lock();
    match to.write_all(&text).and_then(|()| to.flush()) {
        Err(fault) if fault.kind() != ErrorKind::BrokenPipe => Err(fault).context("standard output"),
        _ => Ok(()),
    }
}

/// Prints a value in the form that is asked for, as text or a table where that is no JSON.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_as(
    format: Format,
    text: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    value: &impl Serialize,
    csv: impl FnOnce() -> Table,
) -> anyhow::Result<()> {
    print(|to| match format {
        Format::Table => Ok(text(to)?),
        Format::Json => write_json(to, value),
        Format::Csv => Ok(csv().write_csv(to)?),
    })
}

/// Prints titled tables, or the value that they show.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_sections(
    format: Format,
    sections: &[(&'static str, Table)],
    value: &impl Serialize,
) -> anyhow::Result<()> {
    print_as(format, |to| Table::write_sections(to, sections), value, || Table::long(sections))
}

/// Indented JSON with a final line break.
///
/// # Errors
/// If the value has no JSON form, as a path that is no Unicode text.
pub(crate) fn write_json(to: &mut Vec<u8>, value: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *to, value).context("cannot be written as JSON")?;
    to.push(b'\n');
    Ok(())
}
