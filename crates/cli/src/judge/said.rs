//! What is printed of a verdict.

use crate::format::Format;
use crate::output;
use equipoise_referee::{Finding, Fold, Row};
use equipoise_report::{Column, Table, significant};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Statistics that are listed where none fails.
const LISTED: usize = 6;

/// The verdict first, then what failed and where to look, then the statistics that stand furthest out.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn print(finding: &Finding, format: Format, out: &Path) -> anyhow::Result<()> {
    let failed = finding.judgement.failed().count();
    let table = table(finding.judgement.rows.iter().take(failed.max(LISTED)));
    let text = |to: &mut Vec<u8>| {
        writeln!(to, "{}", finding.headline())?;
        for sentence in finding.sentences() {
            writeln!(to, "  {sentence}")?;
        }
        for (k, hearing) in finding.hearings.iter().enumerate() {
            if let Some(chi) = hearing.used_chi {
                let band = hearing.used_band.map_or_else(
                    || "no band without a prior".to_owned(),
                    |[low, high]| {
                        format!("exact members {} to {} (99 %)", significant(low, 3), significant(high, 3))
                    },
                );
                writeln!(to, "  case {}: χ of used readings {}, {band}", k + 1, significant(chi, 3))?;
            }
        }
        writeln!(
            to,
            "\n{} of {} statistics, the furthest out first",
            table.rows.len(),
            finding.judgement.rows.len()
        )?;
        table.write_text(to, "  ")?;
        writeln!(to, "\n{}", out.join("judge.html").display())
    };
    output::print_as(format, text, finding, || self::table(&finding.judgement.rows))
}

fn table<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Table {
    let columns = [
        Column::new("statistic", "", |row: &Row| row.name.clone()),
        Column::new("found", "of the truth, mean over cases", |row: &Row| row.found),
        Column::new("half_interval", "95 % over independent cases", |row: &Row| row.half_interval)
            .titled("±"),
        Column::new("low", "members in its place", |row: &Row| row.band.map(|band| band[0])),
        Column::new("high", "members in its place", |row: &Row| row.band.map(|band| band[1])),
        Column::new("score", "", |row: &Row| row.score),
        Column::new("p_adjusted", "of the furthest of all", |row: &Row| row.p_adjusted).titled("p of all"),
    ];
    Table::of(&columns, rows).digits(3)
}

/// What to do with the tables of folds.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn print_folds(folds: &[Fold], level: f64, format: Format) -> anyhow::Result<()> {
    let members = (folds.len() as f64 / level).ceil() - 1.0;
    let shown = |of: fn(&Fold) -> &Path| -> Vec<String> {
        folds.iter().map(|fold| of(fold).display().to_string()).collect()
    };
    let (used, withheld) = (shown(|fold| &fold.used), shown(|fold| &fold.withheld));
    let text = |to: &mut Vec<u8>| {
        writeln!(
            to,
            "NOT JUDGED: no reading was withheld and there is no truth; χ of readings that were used tells nothing of \
             members.\nRun what made the members once a table, with nothing else changed:"
        )?;
        used.iter().try_for_each(|file| writeln!(to, "  {file}"))?;
        writeln!(
            to,
            "then judge all of them together, in this order:\n  equipoise judge --same-truth --members M1 … M{} --withheld {}",
            folds.len(),
            withheld.join(" ")
        )?;
        writeln!(
            to,
            "Folds share a truth and are no independent cases: {members} members a fold reach the level of {} %.",
            significant(100.0 * level, 2)
        )
    };
    let value = json!({ "verdict": null, "used": used, "withheld": withheld, "members_for_level": members });
    let table = || {
        let columns = [
            Column::new("used", "", |fold: &Fold| fold.used.display().to_string()),
            Column::new("withheld", "", |fold: &Fold| fold.withheld.display().to_string()),
        ];
        Table::of(&columns, folds)
    };
    output::print_as(format, text, &value, table)
}
