//! What is said on standard error beside the results: the one place that writes there.

use equipoise_data::Remark;
use std::fmt::{Arguments, Display};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

/// What is told of a run that goes well; `-q` hides it.
macro_rules! note {
    ($($text:tt)*) => { $crate::messages::at_most($crate::messages::Loudness::Normal, format_args!($($text)*)) };
}

/// What no flag hides: a number may be wrong, or the work is not whole, and no folder of results says so.
macro_rules! caution {
    ($($text:tt)*) => { $crate::messages::at_most($crate::messages::Loudness::Quiet, format_args!($($text)*)) };
}

/// What is loaded and chosen, and how long it takes; `-v` shows it.
macro_rules! detail {
    ($($text:tt)*) => { $crate::messages::at_most($crate::messages::Loudness::Verbose, format_args!($($text)*)) };
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loudness {
    Quiet,
    Normal,
    Verbose,
}

static LOUDNESS: AtomicU8 = AtomicU8::new(Loudness::Normal as u8);

/// Flags that every verb has.
#[derive(clap::Args)]
pub(crate) struct Volume {
    /// Say nothing but results, errors, and warnings that no results keep
    ///
    /// Hidden are progress, costs, what was loaded, where results went, where `--backend auto` fell back to (rows have
    /// it as `backend`), and warnings that the results keep: those of `sweep` in its manifest and report, those of
    /// `fit` in the prior, those of `reconstruct` on its page. Any other warning that a number may be wrong is said all
    /// the same.
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 900)]
    quiet: bool,

    /// Say also what is loaded and chosen, and how long it took
    #[arg(short, long, global = true, display_order = 901)]
    verbose: bool,
}

impl Volume {
    /// Takes effect for the process.
    pub(crate) fn set(&self) {
        let loudness = match (self.quiet, self.verbose) {
            (true, _) => Loudness::Quiet,
            (_, true) => Loudness::Verbose,
            _ => Loudness::Normal,
        };
        LOUDNESS.store(loudness as u8, Ordering::Relaxed);
    }
}

/// Writes a line unless less than `level` is to be said. A reader that is gone is no fault.
pub(crate) fn at_most(level: Loudness, line: Arguments<'_>) {
    if level as u8 <= LOUDNESS.load(Ordering::Relaxed) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

/// Where lines go that have a form of their own.
pub(crate) fn raw() -> std::io::Stderr {
    std::io::stderr()
}

/// Whether notes are said.
pub(crate) fn are_told() -> bool {
    LOUDNESS.load(Ordering::Relaxed) > Loudness::Quiet as u8
}

/// Whether a bar is to be drawn.
pub(crate) fn shows_bars() -> bool {
    are_told() && std::io::stderr().is_terminal()
}

/// A remark on data that results do not keep.
pub(crate) fn remark(remark: &Remark) {
    if remark.is_warning() { caution!("{remark}") } else { note!("{remark}") }
}

/// What is odd about a file, which results do not keep.
pub(crate) fn warnings(path: &Path, warnings: &[impl Display]) {
    warnings.iter().for_each(|warning| caution!("warning: {}: {warning}", path.display()));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-q` and `-v` would miss what is written past them.
    #[test]
    fn nothing_else_writes_to_standard_error() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("messages.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let found = ["eprint", "io::stderr"].into_iter().find(|&word| text.contains(word));
                    assert_eq!(found, None, "{}", path.display());
                    read += 1;
                }
            }
        }
        assert!(read > 40, "{read} files");
    }
}
