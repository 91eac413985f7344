//! What becomes of results that stand in the output folder.

use clap::ValueEnum;
use equipoise_data::{DataError, store};
use equipoise_experiment::Existing;
use std::path::PathBuf;

/// Whether results may be replaced, for every verb that writes some.
#[derive(clap::Args)]
pub(crate) struct Force {
    /// Replace what an earlier call left there; other files stay
    ///
    /// `sweep` and `benchmark` remove the files that the manifest there lists, and refuse files of others under names
    /// that they write. Every other verb replaces the files of the names that it writes, whoever made them.
    #[arg(long, help_heading = "Output")]
    force: bool,
}

impl Force {
    pub(crate) fn given(&self) -> bool {
        self.force
    }

    /// None of `files` stands there, or they may be replaced.
    ///
    /// # Errors
    /// The first that does.
    pub(crate) fn check(&self, mut files: impl Iterator<Item = PathBuf>) -> Result<(), DataError> {
        match files.find(|path| path.exists()) {
            Some(path) if !self.force => Err(DataError::Exists { path }),
            _ => Ok(()),
        }
    }

    pub(crate) fn existing(&self) -> store::Existing {
        if self.force { store::Existing::Replace } else { store::Existing::Refuse }
    }
}

/// Whether to go on there or to begin again.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Rule {
    /// Go on with the run in the folder; =anyway, whoever began it
    ///
    /// It stops where other sources, other kernels of BLAS or another backend would go on than wrote the rows
    /// there; `anyway` goes on, lists them in `manifest.json` and tells their rows apart by the column `build`.
    /// Trials of another backend are run again, and the table has the rows of the one that ran last.
    #[arg(long, value_name = "anyway", require_equals = true, conflicts_with = "force")]
    resume: Option<Option<Anyway>>,

    #[command(flatten)]
    force: Force,
}

/// Whatever wrote the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Anyway {
    Anyway,
}

impl Rule {
    pub(crate) fn existing(&self) -> Existing {
        match (self.resume, self.force.given()) {
            (Some(Some(Anyway::Anyway)), _) => Existing::ResumeAnyway,
            (Some(None), _) => Existing::Resume,
            (None, true) => Existing::Force,
            (None, false) => Existing::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        rule: Rule,
    }

    #[test]
    fn resuming_anyway_is_asked_for_in_so_many_words() {
        let of = |arguments: &[&str]| {
            Line::try_parse_from([&["sweep"], arguments].concat()).ok().map(|line| line.rule.existing())
        };
        assert_eq!(of(&[]), Some(Existing::Refuse));
        assert_eq!(of(&["--force"]), Some(Existing::Force));
        assert_eq!(of(&["--resume"]), Some(Existing::Resume));
        assert_eq!(of(&["--resume=anyway"]), Some(Existing::ResumeAnyway));
        for refused in [&["--resume", "anyway"][..], &["--resume=other"], &["--resume", "--force"]] {
            assert_eq!(of(refused), None, "{refused:?}");
        }
    }
}
