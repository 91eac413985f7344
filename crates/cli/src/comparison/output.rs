//! Where results go and what is printed of them.

use super::source::Opened;
use crate::destination;
use crate::existing::Force;
use crate::format::Format;
use crate::interrupt::INTERRUPTED;
use crate::number::count;
use crate::output;
use crate::threads::use_threads;
use equipoise_data::store::Existing;
use equipoise_denoising::{Named, Results, check_free};
use equipoise_report::Table;
use equipoise_report::significant;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Folder, threads and form.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// The folder of the results
    // The default is the verb's name, which each verb states.
    #[arg(long, value_name = "DIR", required = false)]
    pub(crate) out: PathBuf,

    #[command(flatten)]
    pub(crate) force: Force,

    /// Threads, which no number depends on [default: all of the machine]
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

impl Output {
    /// Checks the folder and starts the threads, before anything takes time.
    ///
    /// # Errors
    /// A folder that may not be written into, or that holds a file which is `read`.
    pub(crate) fn prepare(&self, read: &[&Path]) -> anyhow::Result<()> {
        destination::folder(&self.out)?;
        destination::apart(read, &self.out, None)?;
        check_free(&self.out, self.force.given())?;
        use_threads(self.threads)
    }

    /// The folder, where a verb has files of its own to write.
    pub(crate) fn folder(&self) -> &Path {
        &self.out
    }

    /// Whether files may be replaced.
    pub(crate) fn existing(&self) -> Existing {
        self.force.existing()
    }

    /// Writes everything and prints the tables named.
    ///
    /// # Errors
    /// A folder or standard output that cannot be written.
    pub(crate) fn finish(
        &self,
        results: &Results,
        shown: &[&str],
        interrupted: bool,
    ) -> anyhow::Result<ExitCode> {
        results.write(&self.out)?;
        let tables: Vec<_> =
            results.tables.iter().filter(|(name, _)| shown.contains(&name.as_str())).collect();
        output::print(|to| match self.format {
            Format::Table => {
                let sections: Vec<(&str, Table)> =
                    tables.iter().map(|(name, table)| (name.as_str(), table.clone())).collect();
                Ok(Table::write_sections(to, &sections)?)
            }
            Format::Json => {
                let named: BTreeMap<&str, &Table> =
                    tables.iter().map(|(name, table)| (name.as_str(), table)).collect();
                output::write_json(to, &serde_json::to_value(named)?)
            }
            Format::Csv => tables.first().map_or(Ok(()), |(_, table)| Ok(table.write_csv(to)?)),
        })?;
        let page = self.out.join(format!("{}.html", results.name));
        note!("{}", page.display());
        if interrupted {
            caution!("interrupted: the results hold what was finished");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Name and value of what the page's numbers rest on.
    pub(crate) fn facts(&self, seed: u64) -> Vec<(String, String)> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("revision", option_env!("EQUIPOISE_REVISION").unwrap_or("unknown").to_owned()),
            ("arguments", arguments.join(" ")),
            ("seed", seed.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

/// Says on standard error what so many denoisings by each denoiser of a flow will cost.
///
/// # Errors
/// A denoiser that fails.
pub(crate) fn tell_cost(Opened { flow, denoisers }: &Opened, calls: usize) -> anyhow::Result<()> {
    let timed = |named: &Named| Ok((named.name.to_string(), calls as u32 * flow.probe(named)?));
    let parts = denoisers.iter().map(timed).collect::<anyhow::Result<Vec<_>>>()?;
    let seconds = |d: Duration| format!("{} s", significant(d.as_secs_f64(), 2));
    let each: Vec<String> = parts.iter().map(|(name, time)| format!("{name} {}", seconds(*time))).collect();
    let total = parts.iter().map(|part| part.1).sum();
    note!("{}: about {}: {}", flow.name(), seconds(total), each.join(", "));
    Ok(())
}
