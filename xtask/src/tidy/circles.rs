//! Circles between files of one crate: none of them can be understood, or moved, before the others.

use super::habits::is_test;
use super::tree::Tree;
use super::{Finding, source};
use std::collections::{BTreeMap, BTreeSet};

/// Files that a note names; of larger knots it says how many there are.
const NAMED: usize = 6;

/// A module's path below its crate, empty for the crate itself.
type Module = Vec<String>;

/// What a file says: the names that it brings in, each with its path, and all paths that it goes by itself.
#[derive(Default)]
struct File {
    names: BTreeMap<String, Module>,
    paths: Vec<Module>,
}

/// Files of one crate that know each other, for notice only. A module and those below it are one matter; what is
/// handed on (`pub use`) counts for whoever takes it.
pub(super) fn notes(tree: &Tree) -> Vec<Finding> {
    let mut crates = BTreeMap::<&str, BTreeMap<Module, File>>::new();
    for (path, text) in tree.sources().filter(|(path, _)| !is_test(path)) {
        if let Some((home, module)) = module(path) {
            crates.entry(home).or_default().insert(module, file(text));
        }
    }
    let circles = crates.iter().flat_map(|(home, files)| circles(files).into_iter().map(move |c| (home, c)));
    circles
        .map(|(home, circle)| {
            let names: Vec<_> = circle.iter().take(NAMED).map(|module| module.join("::")).collect();
            let more = if circle.len() > NAMED { ", …" } else { "" };
            let message = format!("{} files know each other: {}{more}", circle.len(), names.join(", "));
            Finding::whole(home, message)
        })
        .collect()
}

/// `crates/a/src` and b::c of `crates/a/src/b/c.rs`.
fn module(path: &str) -> Option<(&str, Module)> {
    let at = path.find("/src/")? + "/src".len();
    let (home, rest) = (&path[..at], path[at + 1..].strip_suffix(".rs")?);
    let mut module: Module = rest.split('/').map(str::to_owned).collect();
    if matches!(module.last()?.as_str(), "lib" | "main" | "mod") {
        module.pop();
    }
    Some((home, module))
}

fn file(text: &str) -> File {
    let code = source::without_tests(&source::code(text));
    let mut file = File::default();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("use ").filter(|at| begins_word(statement, *at)) else {
            file.paths.extend(paths(statement));
            continue;
        };
        file.paths.extend(paths(&statement[..at]));
        let handed_on = statement[..at].trim_end().rsplit('\n').next().is_some_and(|line| {
            let line = line.trim();
            line == "pub" || line.starts_with("pub(")
        });
        for (path, name) in brought_in(&statement[at + "use ".len()..]) {
            if !handed_on {
                file.paths.push(path.clone());
            }
            file.names.insert(name, path);
        }
    }
    file
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn begins_word(text: &str, at: usize) -> bool {
    !text[..at].ends_with(is_part)
}

/// `a::b::c` of code, in segments: what begins with `::` or has one segment is no path of the house.
fn paths(code: &str) -> impl Iterator<Item = Module> {
    code.split(|c: char| !is_part(c) && c != ':').filter_map(|word| {
        let segments: Module = word.trim_end_matches(':').split("::").map(str::to_owned).collect();
        let whole = segments.iter().all(|segment| !segment.is_empty() && !segment.contains(':'));
        (whole && segments.len() > 1).then_some(segments)
    })
}

/// The paths of a `use`, each with the name that it has from there on.
fn brought_in(text: &str) -> Vec<(Module, String)> {
    let text = text.trim();
    if let Some((before, list)) = text.split_once('{') {
        let before: Module =
            before.split("::").map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();
        let list = list.trim_end().strip_suffix('}').unwrap_or(list);
        let inner = source::parts(list).into_iter().flat_map(brought_in);
        return inner.map(|(path, name)| ([before.clone(), path].concat(), name)).collect();
    }
    let (path, name) = text.split_once(" as ").map_or((text, None), |(path, name)| (path, Some(name)));
    let mut path: Module = path.split("::").map(|segment| segment.trim().to_owned()).collect();
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = name.map(|name| name.trim().to_owned()).or_else(|| path.last().cloned());
    name.map(|name| (path, name)).into_iter().collect()
}

/// The module that holds what `path` names in `from`; `None` for what is not of this crate. `left` bounds how often
/// a name may stand for another.
fn holder(files: &BTreeMap<Module, File>, from: &Module, path: &[String], left: usize) -> Option<Module> {
    let left = left.checked_sub(1)?;
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => (from[..from.len().checked_sub(1)?].to_vec(), &path[1..]),
        first => {
            let below = [&from[..], &path[..1]].concat();
            let known = files.get(from)?.names.get(first).filter(|known| known[..] != *path);
            match known {
                _ if files.contains_key(&below) => (from.clone(), path),
                Some(known) => return holder(files, from, &[known, &path[1..]].concat(), left),
                None => return None,
            }
        }
    };
    while let Some(next) = rest.first() {
        let below = [&at[..], std::slice::from_ref(next)].concat();
        if next == "super" {
            at.pop();
        } else if files.contains_key(&below) {
            at = below;
        } else if let Some(known) = files.get(&at)?.names.get(next) {
            return holder(files, &at, &[known, &rest[1..]].concat(), left);
        } else {
            break;
        }
        rest = &rest[1..];
    }
    Some(at)
}

/// The sets of more than one file that reach each other.
fn circles(files: &BTreeMap<Module, File>) -> Vec<Vec<&Module>> {
    /// A chain of names that stand for names.
    const CHAIN: usize = 12;
    let known = |(module, file): (&Module, &File)| -> BTreeSet<Module> {
        let found = file.paths.iter().filter_map(|path| holder(files, module, path, CHAIN));
        found.filter(|other| !other.starts_with(module) && !module.starts_with(other)).collect()
    };
    let edges: BTreeMap<&Module, BTreeSet<Module>> = files.iter().map(|f| (f.0, known(f))).collect();
    let reach = |from: &Module| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            let new = edges.get(&module).into_iter().flatten().filter(|other| seen.insert((*other).clone()));
            next.extend(new.cloned().collect::<Vec<_>>());
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = files.keys().map(|m| (m, reach(m))).collect();
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for (module, own) in reached.iter().filter(|(module, own)| own.contains(**module)) {
        let circle: Vec<&Module> =
            files.keys().filter(|other| own.contains(*other) && reached[other].contains(*module)).collect();
        if told.insert(circle[0]) {
            circles.push(circle);
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> =
            files.iter().map(|(name, text)| (format!("crates/a/src/{name}.rs"), *text)).collect();
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        notes(&Tree::of(&files)).iter().map(Finding::to_string).collect()
    }

    const LIB: (&str, &str) = ("lib", "mod b;\nmod c;\npub use b::B;\npub use c::{C, deep::D as E};\n");

    #[test]
    fn two_files_that_take_from_each_other_are_a_circle_however_they_say_it() {
        let expected = ["crates/a/src: 2 files know each other: b, c"];
        let b = ("b", "use crate::c::{self, C};\npub struct B;\n");
        for c in [
            "use crate::B;\n",
            "use super::b;\nfn f() { b::g() }\n",
            "use std::fmt;\nfn f() -> crate::b::B { x }\n",
            "use crate as house;\nfn f(b: house::B) {}\n",
            "use crate::{E, b::{x, y as z}};\n",
        ] {
            assert_eq!(found(&[LIB, b, ("c", c), ("c/deep", "pub struct D;")]), expected, "{c}");
        }
    }

    #[test]
    fn one_way_tests_comments_and_what_lies_below_are_none() {
        let b = ("b", "use crate::C;\npub struct B;\n");
        for c in [
            "",
            "// use crate::B;\n",
            "#[cfg(test)]\nmod tests {\n    use crate::B;\n}\n",
            "mod deep;\nuse deep::D;\nfn f() { other::b::g(\"crate::B\") }\n",
            "pub use crate::b::B;\n",
        ] {
            let deep = ("c/deep", "use super::C;\npub struct D;");
            assert_eq!(found(&[LIB, b, ("c", c), deep]), [""; 0], "{c}");
        }
    }

    #[test]
    fn a_long_way_round_is_one_circle_and_large_ones_are_counted() {
        let names: Vec<String> = (0..8).map(|i| format!("m{i}")).collect();
        let texts: Vec<String> = (0..8).map(|i| format!("use crate::m{};\n", (i + 1) % 8)).collect();
        let files: Vec<_> = names.iter().zip(&texts).map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let expected = "crates/a/src: 8 files know each other: m0, m1, m2, m3, m4, m5, …";
        assert_eq!(found(&files), [expected]);
        assert_eq!(found(&files[..7]), [""; 0]);
    }
}
