//! No file names a folder of one person's machine.

use super::Finding;
use super::tree::Tree;

// Written in two parts, so that this file passes its own check.
const HOMES: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
const OUTSIDE: &str = concat!("../sha", "red");

/// Checks every text file.
pub(super) fn faults(tree: &Tree) -> Vec<Finding> {
    let mut faults = Vec::new();
    for (path, text) in tree.files() {
        for (index, line) in text.lines().enumerate() {
            if let Some(found) = machine_path(line) {
                let message = format!("found `{found}`, a path of one machine");
                faults.push(Finding::at(path, index + 1, message));
            }
        }
    }
    faults
}

/// A path that begins in somebody's home or leaves the project. A folder of that name further
/// down a relative path is no such thing.
fn machine_path(line: &str) -> Option<&'static str> {
    let inner = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let absolute = |home: &&&str| line.match_indices(**home).any(|(at, _)| !line[..at].ends_with(inner));
    let home = HOMES.iter().find(absolute).copied();
    home.or_else(|| line.contains(OUTSIDE).then_some(OUTSIDE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_homes_and_ways_out_are_found_in_any_file() {
        for found in [HOMES[0], HOMES[1], HOMES[2], OUTSIDE] {
            for (path, line) in
                [("README.md", format!("see `{found}x`")), ("crates/a.rs", format!("// {found}x"))]
            {
                let faults = faults(&Tree::of(&[(path, &format!("first\n{line}\n"))]));
                let message = format!("found `{found}`, a path of one machine");
                assert_eq!(faults, [Finding::at(path, 2, message)]);
            }
        }
    }

    #[test]
    fn relative_folders_of_the_same_name_pass() {
        let line = format!("net{}x .{}x", HOMES[0], HOMES[1]);
        assert!(faults(&Tree::of(&[("a.md", &line)])).is_empty());
    }
}
