//! Habits of source files: what they open with, how long and how named they are, and what no
//! finished code holds.

use super::Finding;
use super::source;
use super::tree::Tree;

/// Longer files are split, without exception.
const LONGEST: usize = 600;
/// Longer files are worth a look.
const LONG: usize = 300;
/// Names that say nothing of what a module owns.
const NAMELESS: [&str; 7] = ["common", "helper", "helpers", "misc", "shared", "util", "utils"];
/// Macros of unfinished code.
const UNFINISHED: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];
/// Crates in which `unsafe` may stand: the bindings to foreign code.
pub(super) const BINDINGS: [&str; 3] = ["blas", "likelihood-cuda", "solver-cuda"];

/// Sources of more than [`LONG`] lines, for notice only.
pub(super) fn long_files(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| (LONG + 1..=LONGEST).contains(lines))
        .map(|(path, lines)| Finding::whole(path, format!("{lines} lines, aim at {LONG}")))
        .collect()
}

/// Checks every source and the change log.
pub(super) fn faults(tree: &Tree) -> Vec<Finding> {
    let mut faults: Vec<Finding> = tree
        .sources()
        .flat_map(|(path, text)| [file_faults(path, text), line_faults(path, text)].concat())
        .collect();
    faults.extend(tree.files().filter_map(|(path, text)| silenced(tree, path, text)));
    let log = tree.text("CHANGELOG.md").unwrap_or_default();
    if !log.lines().any(|line| line.trim_end() == "## [Unreleased]") {
        faults.push(Finding::whole("CHANGELOG.md", "found no section `## [Unreleased]`"));
    }
    faults
}

/// Unit tests of a library whose manifest says that it has none: they would never run.
fn silenced(tree: &Tree, path: &str, manifest: &str) -> Option<Finding> {
    let folder = path.strip_suffix("Cargo.toml")?;
    let section = manifest.split("\n[").find(|section| section.starts_with("lib]"))?;
    let within = format!("{folder}src/");
    let tested = |(path, text): &(&str, &str)| path.starts_with(&within) && text.contains("#[test]");
    let silent = section.lines().any(|line| line.trim() == "test = false");
    let (test, _) = tree.sources().filter(|_| silent).find(tested)?;
    Some(Finding::whole(path, format!("says `test = false`, found tests in {test}")))
}

fn file_faults(path: &str, text: &str) -> Vec<Finding> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push(Finding::at(path, 1, "expected a `//!` line that says what the file owns"));
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        faults.push(Finding::whole(path, format!("found {lines} lines, expected at most {LONGEST}")));
    }
    let module = path.trim_end_matches(".rs").trim_end_matches("/mod").rsplit('/').next().unwrap_or_default();
    if NAMELESS.contains(&module) {
        faults.push(Finding::whole(path, format!("`{module}` does not say what the module owns")));
    }
    faults
}

fn line_faults(path: &str, text: &str) -> Vec<Finding> {
    let code = source::code(text);
    let shipped = if is_test(path) { String::new() } else { source::without_tests(&code) };
    let mut faults = Vec::new();
    for (index, line) in code.lines().enumerate() {
        if line.contains("#[ignore") && !gives_reason(text.lines().nth(index).unwrap_or_default()) {
            faults.push(Finding::at(path, index + 1, "expected `#[ignore = \"the reason\"]`"));
        }
        if source::has_word(line, "unsafe") && !BINDINGS.contains(&owner(path)) {
            faults.push(Finding::at(path, index + 1, "found `unsafe` outside the binding crates"));
        }
    }
    for (index, line) in shipped.lines().enumerate() {
        let unfinished = UNFINISHED
            .iter()
            .find(|name| line.contains(*name) && source::has_word(line, name.trim_end_matches('!')));
        if let Some(name) = unfinished {
            faults.push(Finding::at(path, index + 1, format!("found `{name}` in shipped code")));
        }
        if line.contains(".unwrap()") && owner(path) != "cli" {
            let message = "found `.unwrap()`, expected `?`, or `expect` with the invariant";
            faults.push(Finding::at(path, index + 1, message));
        }
    }
    faults
}

/// Whether an `#[ignore` attribute carries a text that is not empty.
fn gives_reason(line: &str) -> bool {
    line.split_once("#[ignore = \"").is_some_and(|(_, reason)| !reason.starts_with('"'))
}

/// Whether a file holds tests and nothing else, by its place.
pub(super) fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// The crate that a path belongs to.
pub(super) fn owner(path: &str) -> &str {
    path.strip_prefix("crates/").unwrap_or(path).split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: (&str, &str) = ("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n");

    fn found(path: &str, text: &str) -> Vec<String> {
        faults(&Tree::of(&[LOG, (path, text)])).iter().map(Finding::to_string).collect()
    }

    fn found_in_body(path: &str, body: &str) -> Vec<String> {
        found(path, &format!("//! Owns a thing.\n{body}\n"))
    }

    #[test]
    fn a_tidy_file_passes() {
        let body = "fn f() -> Option<u8> { g().ok() } // .unwrap() todo!()\n#[cfg(test)]\nmod tests {\n    \
                    #[ignore = \"needs a device\"]\n    fn t() { f().unwrap(); }\n}";
        assert_eq!(found_in_body("crates/field/src/shape.rs", body), Vec::<String>::new());
    }

    #[test]
    fn each_habit_is_found_with_its_line() {
        for (body, message) in [
            ("fn f() { g().unwrap(); }", "found `.unwrap()`"),
            ("fn f() { todo!() }", "found `todo!`"),
            ("fn f() { unimplemented!(\"x\") }", "found `unimplemented!`"),
            ("fn f() { dbg!(1); }", "found `dbg!`"),
            ("fn f() { unsafe { g() } }", "found `unsafe`"),
            ("#[ignore] fn t() {}", "expected `#[ignore ="),
            ("#[ignore = \"\"] fn t() {}", "expected `#[ignore ="),
        ] {
            let found = found_in_body("crates/field/src/shape.rs", body);
            assert_eq!(found.len(), 1, "{body}: {found:?}");
            assert!(found[0].starts_with("crates/field/src/shape.rs:2: "), "{found:?}");
            assert!(found[0].contains(message), "{found:?}");
        }
    }

    #[test]
    fn unsafe_may_stand_in_binding_crates() {
        let body = "fn f() { unsafe { g() } }";
        assert!(found_in_body("crates/likelihood-cuda/src/device.rs", body).is_empty());
        assert_eq!(found_in_body("crates/likelihood/src/cpu.rs", body).len(), 1);
    }

    #[test]
    fn tests_may_unwrap_but_not_ignore_in_silence() {
        for path in ["tests/tests/golden.rs", "crates/data/tests/read.rs", "xtask/src/setup/tests.rs"] {
            assert!(found_in_body(path, "fn t() { f().unwrap(); }").is_empty(), "{path}");
            assert_eq!(found_in_body(path, "#[ignore]").len(), 1, "{path}");
        }
    }

    #[test]
    fn the_command_may_unwrap_but_not_be_unfinished() {
        assert!(found_in_body("crates/cli/src/main.rs", "fn f() { g().unwrap(); }").is_empty());
        assert_eq!(found_in_body("crates/cli/src/main.rs", "fn f() { todo!() }").len(), 1);
    }

    #[test]
    fn length_name_and_opening_are_checked() {
        let long = format!("//! Long.\n{}", "\n".repeat(LONGEST));
        assert!(found("crates/field/src/a.rs", &long)[0].contains("found 601 lines"));
        assert!(found("crates/field/src/utils.rs", "//! Owns.\n")[0].contains("`utils` does not say"));
        assert!(found("crates/field/src/common/mod.rs", "//! Owns.\n")[0].contains("`common` does not say"));
        assert!(found("tests/tests/law.rs", "use x;\n")[0].contains("law.rs:1: expected a `//!` line"));
        let notes = long_files(&Tree::of(&[("a.rs", &"\n".repeat(LONG + 1)), ("b.rs", &"\n".repeat(LONG))]));
        assert_eq!(notes, [Finding::whole("a.rs", "301 lines, aim at 300")]);
    }

    #[test]
    fn tests_that_would_never_run_are_found() {
        let log = ("CHANGELOG.md", "## [Unreleased]");
        let source =
            ("crates/a/src/b.rs", "//! Owns b.\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {}\n}\n");
        let found =
            |manifest: &str| faults(&Tree::of(&[log, source, ("crates/a/Cargo.toml", manifest)])).len();
        assert_eq!(found("[package]\n\n[lib]\ntest = false\n"), 1);
        assert_eq!(found("[package]\n\n[lib]\ndoctest = false\n\n[[bin]]\ntest = false\n"), 0);
    }

    #[test]
    fn a_log_without_an_unreleased_section_is_found() {
        let found = faults(&Tree::of(&[("CHANGELOG.md", "## 1.0\n")]));
        assert_eq!(found, [Finding::whole("CHANGELOG.md", "found no section `## [Unreleased]`")]);
        assert_eq!(faults(&Tree::of(&[])).len(), 1);
    }
}
