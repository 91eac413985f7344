//! What a benchmark prints at its end: entrants over all cases, and the parameters that tuning chose.

use crate::format::Format;
use crate::output;
use equipoise_benchmark::{
    LEADERBOARD_CSV, Overall, Results, Standing, Summary, Tuned, leaderboard, overall, overall_table,
    records, standings_table, tuning_table,
};
use equipoise_experiment::SPACE;
use equipoise_report::significant;
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// The outcome of a benchmark.
#[derive(Serialize)]
pub(super) struct Report {
    /// Units and space of the numbers.
    space: &'static str,
    n_convention: &'static str,
    subset: String,
    overall: Vec<Overall>,
    standings: Vec<Standing>,
    tuned: Vec<Tuned>,
    jobs: usize,
    records: usize,
    /// Records that were there before.
    skipped: usize,
    interrupted: bool,
    seconds: f64,
    leaderboard: PathBuf,
    /// None of a shard.
    report: Option<PathBuf>,
}

impl Report {
    pub(super) fn new(
        results: &Results,
        ran: Summary,
        page: Option<PathBuf>,
        took: Duration,
    ) -> anyhow::Result<Self> {
        let standings = leaderboard(results)?;
        let plan = results.manifest().plan;
        Ok(Self {
            space: SPACE,
            n_convention: "true",
            jobs: results.trials().len(),
            subset: plan.subset,
            overall: overall(&standings),
            standings,
            tuned: records(results)?.1,
            records: results.journal().len(),
            skipped: ran.skipped,
            interrupted: ran.interrupted,
            seconds: took.as_secs_f64(),
            leaderboard: results.folder().join(LEADERBOARD_CSV),
            report: page,
        })
    }

    pub(super) fn print(&self, format: Format) -> anyhow::Result<()> {
        output::print_as(format, |to| self.write_text(to), self, || standings_table(&self.standings))
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        for rows in
            self.overall.chunk_by(|a, b| a.dataset == b.dataset && a.point_estimate == b.point_estimate)
        {
            let Overall { dataset, cases, .. } = &rows[0];
            let ranking = rows[0].ranking();
            writeln!(
                to,
                "{dataset}, subset {}: {ranking} over {cases} cases, geometric means, {} units",
                self.subset, self.space
            )?;
            overall_table(rows).write_text(to, "  ")?;
            if let Some(error) = rows[0].exact_error {
                writeln!(to, "  exact samples: CRPS ratio 1 ± {} (standard error)", significant(error, 2))?;
            }
            writeln!(to)?;
        }
        if !self.tuned.is_empty() {
            writeln!(to, "tuned on the validation window: value chosen, by case")?;
            tuning_table(&self.tuned).write_text(to, "  ")?;
            writeln!(to)?;
        }
        let Self { records, jobs, seconds, .. } = self;
        writeln!(to, "{records} of {jobs} jobs have records; {seconds:.1} s")?;
        writeln!(to, "leaderboard  {}", self.leaderboard.display())?;
        match &self.report {
            Some(page) => writeln!(to, "report       {}", page.display()),
            None => Ok(()),
        }
    }
}
