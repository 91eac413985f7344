//! The files of a verdict: JSON, tables, and one page.

use crate::finding::Finding;
use crate::hearing::Heard;
use crate::judgement::{PlaceRow, Row, Verdict};
use crate::page::page_of;
use crate::{RefereeError, Result};
use equipoise_data::sensors::Entry;
use equipoise_report::{Column, Table, page, write_atomically};
use std::path::Path;

/// The names of all files but those of folds.
pub const FILES: [&str; 5] = ["judge.json", "statistics.csv", "sensors.csv", "readings.csv", "judge.html"];

/// Columns of statistics.
pub(crate) fn statistics() -> Vec<Column<'static, Row>> {
    vec![
        Column::new("statistic", "what is compared", |row: &Row| row.name.clone()),
        Column::new("found", "of the truth, mean over cases", |row: &Row| row.found),
        Column::new("half_interval", "of that mean at 95 % over independent cases", |row: &Row| {
            row.half_interval
        })
        .titled("±"),
        Column::new("low", "from here on what members give in the truth's place", |row: &Row| {
            row.band.map(|b| b[0])
        }),
        Column::new("high", "up to here", |row: &Row| row.band.map(|b| b[1])),
        Column::new("score", "how far out, about standard normal", |row: &Row| row.score),
        Column::new("p", "of this statistic alone", |row: &Row| row.p),
        Column::new("p_adjusted", "of the furthest of all statistics", |row: &Row| row.p_adjusted)
            .titled("p of all"),
        Column::new("cases", "that have it", |row: &Row| row.cases),
        Column::new("meaning", "what it is", |row: &Row| row.meaning),
    ]
}

/// Columns of places.
pub(crate) fn sensors() -> Vec<Column<'static, PlaceRow>> {
    vec![
        Column::new("x", "in the table's unit of length", |row: &PlaceRow| row.x),
        Column::new("y", "in the table's unit of length", |row: &PlaceRow| row.y),
        Column::new("cases", "that read there", |row: &PlaceRow| row.cases),
        Column::new("readings", "in all cases", |row: &PlaceRow| row.readings),
        Column::new("bias", "mean residual, standardised", |row: &PlaceRow| row.bias),
        Column::new("chi", "mean square residual, standardised", |row: &PlaceRow| row.chi),
        Column::new("p", "of the larger of both among all places", |row: &PlaceRow| row.p),
    ]
}

/// Writes everything into a folder that is there; `facts` say how it was made.
///
/// # Errors
/// [`RefereeError::Report`], [`RefereeError::Written`].
pub fn write(
    folder: &Path,
    finding: &Finding,
    heard: &[(String, Heard)],
    facts: Vec<(String, String)>,
) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(finding)
        .map_err(|e| RefereeError::Written { what: "judge.json", detail: e.to_string().into() })?;
    json.push(b'\n');
    let table = |name, table: Table| {
        let bytes = table.csv();
        let bytes =
            bytes.map_err(|e| RefereeError::Written { what: "table", detail: e.to_string().into() })?;
        Ok::<_, RefereeError>(write_atomically(&folder.join(name), &bytes)?)
    };
    table("statistics.csv", Table::of(&statistics(), &finding.judgement.rows))?;
    table("sensors.csv", Table::of(&sensors(), &finding.judgement.places))?;
    table("readings.csv", readings(heard))?;
    write_atomically(&folder.join("judge.html"), page(&page_of(finding, facts)).as_bytes())?;
    Ok(write_atomically(&folder.join("judge.json"), &json)?)
}

fn readings(heard: &[(String, Heard)]) -> Table {
    type Of = (usize, Entry, String, f64);
    let columns = [
        Column::new("case", "from 1", |r: &Of| r.0),
        Column::new("row", "of its table", |r: &Of| r.1.row),
        Column::new("time", "in the table's unit", |r: &Of| r.1.time),
        Column::new("x", "in the table's unit of length", |r: &Of| r.1.x),
        Column::new("y", "in the table's unit of length", |r: &Of| r.1.y),
        Column::new("component", "as the members' file calls it", |r: &Of| r.2.clone()),
        Column::new("value", "physical units", |r: &Of| r.1.measured.value),
        Column::new("noise", "its standard deviation", |r: &Of| r.1.measured.noise),
        Column::new("residual", "(value − mean of members)/noise", |r: &Of| r.3),
    ];
    let rows: Vec<Of> = heard
        .iter()
        .enumerate()
        .flat_map(|(k, (_, one))| {
            let name = |entry: &Entry| one.components[entry.sensor.channel].clone();
            one.residuals.iter().map(move |(entry, residual)| (k + 1, *entry, name(entry), *residual))
        })
        .collect();
    Table::of(&columns, &rows)
}

/// The word of a verdict.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Consistent => "consistent",
        Verdict::Fails => "fails",
        Verdict::Undecided => "undecided",
    }
}
