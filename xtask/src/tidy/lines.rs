//! How many lines of each crate are code, comments, blank and tests.

use super::habits::{is_test, owner};
use super::source;
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::AddAssign;

/// Lines by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lines {
    /// What is shipped.
    code: usize,
    /// Documentation and comments beside that code.
    comments: usize,
    /// Empty lines beside it.
    blank: usize,
    /// Every line of a test, an example or a bench: files of their own, and items that `#[cfg(test)]` guards.
    tests: usize,
}

impl AddAssign for Lines {
    fn add_assign(&mut self, other: Self) {
        self.code += other.code;
        self.comments += other.comments;
        self.blank += other.blank;
        self.tests += other.tests;
    }
}

/// A line for each crate, and one for all of them.
pub(super) fn table(tree: &Tree) -> String {
    let crates = count(tree);
    let mut all = Lines::default();
    let mut text = format!("{:<18}{:>8}{:>10}{:>8}{:>8}\n", "crate", "code", "comments", "blank", "tests");
    let mut row = |name: &str, Lines { code, comments, blank, tests }: Lines| {
        let _infallible = writeln!(text, "{name:<18}{code:>8}{comments:>10}{blank:>8}{tests:>8}");
    };
    for (name, lines) in crates {
        row(name, lines);
        all += lines;
    }
    row("total", all);
    text
}

fn count(tree: &Tree) -> BTreeMap<&str, Lines> {
    let ours = |path: &str| ["crates/", "tests/", "xtask/"].iter().any(|folder| path.starts_with(folder));
    let mut crates = BTreeMap::<_, Lines>::new();
    let guarded = guarded_files(tree);
    for (path, text) in tree.sources().filter(|(path, _)| ours(path)) {
        let shipped = path.contains("/src/") || path.ends_with("/build.rs");
        let lines = if !shipped || is_test(path) || within(path, &guarded) {
            Lines { tests: text.lines().count(), ..Lines::default() }
        } else {
            of_file(text)
        };
        *crates.entry(owner(path)).or_default() += lines;
    }
    crates
}

fn of_file(text: &str) -> Lines {
    let code = source::code(text);
    let number = |at: usize| code[..at].matches('\n').count();
    let tests: Vec<_> =
        source::guarded(&code).into_iter().map(|span| number(span.start)..=number(span.end - 1)).collect();
    let mut lines = Lines::default();
    for (at, (line, uncommented)) in text.lines().zip(source::uncommented(text).lines()).enumerate() {
        let kind = if tests.iter().any(|span| span.contains(&at)) {
            &mut lines.tests
        } else if line.trim().is_empty() {
            &mut lines.blank
        } else if uncommented.trim().is_empty() {
            &mut lines.comments
        } else {
            &mut lines.code
        };
        *kind += 1;
    }
    lines
}

/// The modules, by their path without the ending, that another file declares under `#[cfg(test)]`.
fn guarded_files(tree: &Tree) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for (path, text) in tree.sources().filter(|(_, text)| text.contains("#[cfg(test)]")) {
        let code = source::code(text);
        let folder = ["/lib.rs", "/main.rs", "/mod.rs"].iter().find_map(|name| path.strip_suffix(name));
        let folder = folder.unwrap_or_else(|| path.trim_end_matches(".rs"));
        for span in source::guarded(&code) {
            let name = code[span].split_whitespace().last().unwrap_or_default();
            files.extend(name.strip_suffix(';').map(|name| format!("{folder}/{name}")));
        }
    }
    files
}

/// Whether a file is one of these modules or lies below one.
fn within(path: &str, modules: &BTreeSet<String>) -> bool {
    let module = path.trim_end_matches(".rs");
    module.match_indices('/').any(|(at, _)| modules.contains(&module[..at])) || modules.contains(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = "//! Owns.\n\n/// A sum.\nfn f() {\n    // why\n    g(\"\n// text\n\n\"); // here\n}\n/* a\n b */\n\n\
                           #[cfg(test)]\nmod checks;\n#[cfg(test)]\nmod tests {\n\n    // c\n    fn t() {}\n}\n";

    #[test]
    fn every_line_is_counted_once_as_what_it_is() {
        let lines = Lines { code: 5, comments: 5, blank: 3, tests: 8 };
        assert_eq!(of_file(SHIPPED), lines);
        assert_eq!(lines.code + lines.comments + lines.blank + lines.tests, SHIPPED.lines().count());
    }

    #[test]
    fn tests_are_files_of_their_own_too() {
        let tree = Tree::of(&[
            ("crates/a/build.rs", "fn main() {}\n"),
            ("crates/a/src/lib.rs", SHIPPED),
            ("crates/a/src/checks.rs", "x\n"),
            ("crates/a/src/checks/deep.rs", "x\n"),
            ("crates/a/src/checksum.rs", "x\n"),
            ("crates/a/src/b/tests.rs", "x\n\n"),
            ("crates/a/tests/a/main.rs", "x\n"),
            ("crates/a/examples/e.rs", "x\n"),
            ("findings/x.rs", "x\n"),
            ("xtask/src/main.rs", "//! Owns.\nfn main() {}\n"),
        ]);
        let expected = "\
crate                 code  comments   blank   tests
a                        7         5       3      14
xtask                    1         1       0       0
total                    8         6       3      14
";
        assert_eq!(table(&tree), expected);
    }
}
