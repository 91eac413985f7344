//! What becomes of results that stand in the output folder.

use clap::ValueEnum;
use equipoise_data::{DataError, store};
use equipoise_experiment::{Aside, Existing, JOURNAL, MANIFEST, Output, Resume, Work};
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
    /// Go on with the run there; =anyway whoever began it, =mend if damaged
    ///
    /// It stops where other sources, other kernels of BLAS or another backend would go on than wrote the rows
    /// there; `anyway` goes on, lists them in `manifest.json` and tells their rows apart by the column `build`.
    /// Trials of another backend are run again, and the table has the rows of the one that ran last. It stops at a
    /// journal with a line that is no row too; `mend` sets that file aside as it is, goes on with its whole rows and
    /// runs the others again. Both: `--resume=anyway,mend`.
    #[arg(
        long, value_name = "anyway,mend", require_equals = true, num_args = 0..=1, value_delimiter = ',',
        conflicts_with = "force"
    )]
    resume: Option<Vec<InSpiteOf>>,

    #[command(flatten)]
    force: Force,
}

/// What a run goes on in spite of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InSpiteOf {
    /// Whoever wrote the rows
    Anyway,
    /// Lines of the journal that are no rows
    Mend,
}

impl Rule {
    /// Whether anything is said of what stands there.
    pub(crate) fn is_given(&self) -> bool {
        self.existing() != Existing::Refuse
    }

    pub(crate) fn existing(&self) -> Existing {
        match (&self.resume, self.force.given()) {
            (Some(given), _) => Existing::Resume(Resume {
                anyway: given.contains(&InSpiteOf::Anyway),
                mend: given.contains(&InSpiteOf::Mend),
            }),
            (None, true) => Existing::Force,
            (None, false) => Existing::Refuse,
        }
    }
}

/// Says that an earlier process died in the folder, that rows are missing, and that a damaged journal was set aside.
pub(crate) fn resumed<W: Work>(output: &Output<W>) {
    let reopened = output.reopened();
    for holder in output.lease().ended() {
        detail!("{}: {holder} has ended", output.folder().display());
    }
    if reopened.missing > 0 {
        let missing = reopened.missing;
        caution!(
            "{JOURNAL}: {missing} rows that {MANIFEST} counts are not there; their trials are run again"
        );
    }
    if let Some(Aside { name, kept, damaged }) = &reopened.aside {
        caution!(
            "{JOURNAL} was damaged and stands as {name}: {kept} rows go on, {damaged} lines were no rows"
        );
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
        for (flag, anyway, mend) in [
            ("--resume", false, false),
            ("--resume=anyway", true, false),
            ("--resume=mend", false, true),
            ("--resume=mend,anyway", true, true),
        ] {
            assert_eq!(of(&[flag]), Some(Existing::Resume(Resume { anyway, mend })), "{flag}");
        }
        for refused in [&["--resume", "anyway"][..], &["--resume=other"], &["--resume", "--force"]] {
            assert_eq!(of(refused), None, "{refused:?}");
        }
    }
}
