//! `equipoise man`: the manual, a page a verb.

use crate::existing::Force;
use crate::{destination, help};
use anyhow::Context;
use clap::Command;
use clap_mangen::Man;
use equipoise_report::write_atomically;
use std::path::PathBuf;

/// Write the manual, a page a verb.
///
/// `man` finds the pages in a folder `man1` below one that it searches: with --out ~/.local/share/man/man1,
/// `man equipoise-sweep` shows one of them; `man ./man/equipoise-sweep.1` does from anywhere.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of the pages
    #[arg(long, value_name = "DIR", default_value = "man", help_heading = "Output")]
    out: PathBuf,

    #[command(flatten)]
    force: Force,
}

/// Writes them.
///
/// # Errors
/// A folder that cannot be written, or pages that stand there, without `--force`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    destination::folder(&arguments.out)?;
    let pages = pages(help::command())?;
    arguments.force.check(pages.iter().map(|(name, _)| arguments.out.join(name)))?;
    std::fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    for (name, page) in &pages {
        write_atomically(&arguments.out.join(name), page)?;
    }
    note!("{} pages in {}", pages.len(), arguments.out.display());
    Ok(())
}

/// The name and the text of the page of a command and of each below it.
fn pages(command: Command) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let version = concat!("equipoise ", env!("CARGO_PKG_VERSION"));
        let man = Man::new(command).source(version).manual("Equipoise");
        let mut page = Vec::new();
        man.render(&mut page)?;
        pages.push((man.get_filename(), page));
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page_with_its_name() {
        let pages = pages(help::command()).unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["equipoise", "equipoise-sweep", "equipoise-network-describe", "equipoise-man"] {
            assert!(names.contains(&format!("{name}.1").as_str()), "{names:?}");
        }
        for (name, page) in &pages {
            let page = String::from_utf8(page.clone()).unwrap();
            let told = name.trim_end_matches(".1").replace('-', "\\-");
            assert!(page.contains(&format!(".SH NAME\n{told} \\- ")), "{name}: {page}");
        }
        let sweep = &pages.iter().find(|(name, _)| name == "equipoise-sweep.1").unwrap().1;
        let sweep = String::from_utf8_lossy(sweep);
        for word in ["Units and space", "likelihood_weighting", "red_diff", "equivariant_local"] {
            assert!(sweep.contains(word), "{word}");
        }
    }
}
