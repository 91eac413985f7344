//! The shape of the workspace, checked: arrows between crates, what stands below them, habits of files.

mod arrows;
mod below;
mod causes;
mod circles;
mod floors;
mod habits;
mod lines;
mod machine_paths;
mod references;
mod source;
mod tree;

use crate::workspace;
use anyhow::bail;
use std::fmt;
use tree::Tree;

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: Option<usize>,
    message: String,
}

impl Finding {
    fn whole(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, message: message.into() }
    }

    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: Some(line), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// The crates that are built with no library of the system, and the packages they make.
///
/// # Errors
/// If a file of the workspace cannot be read.
pub(crate) fn free() -> anyhow::Result<Vec<String>> {
    let tree = Tree::read(&workspace::root())?;
    Ok(below::free(&tree).into_iter().map(below::package).collect())
}

/// `cargo xtask tidy`.
pub(crate) fn run() -> anyhow::Result<()> {
    let tree = Tree::read(&workspace::root())?;
    for note in habits::long_files(&tree).into_iter().chain(circles::notes(&tree)) {
        eprintln!("note: {note}");
    }
    let faults = [faults(&tree), below::faults(&tree, below::listing)].concat();
    if !faults.is_empty() {
        let list: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
        bail!("{} places are not tidy{list}", faults.len());
    }
    println!("{} files are tidy", tree.len());
    Ok(())
}

/// `cargo xtask tidy --lines`.
pub(crate) fn count() -> anyhow::Result<()> {
    print!("{}", lines::table(&Tree::read(&workspace::root())?));
    Ok(())
}

fn faults(tree: &Tree) -> Vec<Finding> {
    let places =
        [arrows::faults(tree), causes::faults(tree), floors::faults(tree), habits::faults(tree)].concat();
    [places, machine_paths::faults(tree), references::faults(tree)].concat()
}
