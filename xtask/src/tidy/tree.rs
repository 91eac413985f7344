//! The text files of the workspace, read once.

use crate::files;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;

/// Folders of the root whose files are checked, besides the text files of the root itself.
const FOLDERS: [&str; 8] = [".cargo", ".ci", "crates", "data", "docs", "findings", "tests", "xtask"];

/// Files from this length on are data, not text that somebody wrote.
const LONGEST: u64 = 1 << 20;

/// Text by path from the root, with `/` between folders.
pub(super) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads the UTF-8 files of [`FOLDERS`] and of `root` itself.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let unreadable = || format!("cannot list {}", root.display());
        let mut all = Vec::new();
        for entry in std::fs::read_dir(root).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let is_file = entry.file_type().with_context(unreadable)?.is_file();
            if is_file || FOLDERS.iter().any(|folder| entry.file_name() == *folder) {
                all.extend(files::below(&entry.path())?);
            }
        }
        let mut texts = BTreeMap::new();
        for path in all {
            let unreadable = || format!("cannot read {}", path.display());
            if path.metadata().with_context(unreadable)?.len() < LONGEST
                && let Ok(text) = String::from_utf8(std::fs::read(&path).with_context(unreadable)?)
            {
                texts.insert(files::relative(root, &path), text);
            }
        }
        Ok(Self(texts))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Every path with its text, in order of path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The Rust sources.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(path, _)| path.ends_with(".rs"))
    }

    /// The names of the folders in `crates/` that hold a manifest.
    pub(super) fn crates(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|path| {
            let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
            (!name.contains('/')).then_some(name)
        })
    }
}
