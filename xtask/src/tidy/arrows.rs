//! Edges between crates point strictly down, never to what a crate must not know, and every
//! package takes the lints of the workspace.

use super::Finding;
use super::floors::{self, NEVER, NEVER_ITSELF};
use super::habits::BINDINGS;
use super::tree::Tree;

/// The package that gathers the crates; theirs are called `equipoise-<noun>`.
const HOUSE: &str = "equipoise";

/// What links a BLAS, and would bring a downloader with it: `equipoise-blas` links the system's for all.
const LINKED: &str = "openblas-src";

/// Checks every manifest.
pub(super) fn faults(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.files().filter(|(path, _)| path.ends_with("/Cargo.toml"));
    let root = tree.text("Cargo.toml").unwrap_or_default();
    manifests.flat_map(|(path, text)| manifest_faults(path, text, root)).collect()
}

fn manifest_faults(path: &str, text: &str, root: &str) -> Vec<Finding> {
    let mut faults = Vec::new();
    let owner = path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml"));
    if owner.is_some_and(|owner| BINDINGS.contains(&owner)) {
        faults
            .extend(missing_lints(text, root).map(|lint| Finding::whole(path, format!("found no `{lint}`"))));
    } else if !section(text, "lints").any(|(_, line)| squeezed(line) == "workspace=true") {
        faults.push(Finding::whole(path, "found no `[lints] workspace = true`"));
    }
    let named = dependencies(text).filter(|(_, line)| owner != Some("blas") && line.contains(LINKED));
    faults.extend(named.map(|(line, _)| {
        Finding::at(path, line, format!("found `{LINKED}`, expected `equipoise-blas`, which alone links it"))
    }));
    for (line, to) in edges(text) {
        let broken = match owner {
            Some(from) => broken_edge(from, to),
            None if path == "xtask/Cargo.toml" => Some("xtask depends on no crate of the house".to_owned()),
            None => None,
        };
        faults.extend(broken.map(|message| Finding::at(path, line, message)));
    }
    faults
}

/// The lints of the workspace, and those on `unsafe` itself, that a binding crate does not state:
/// Cargo lets no package take the workspace's lints less one.
fn missing_lints(text: &str, root: &str) -> impl Iterator<Item = String> {
    let bare = |line: &str| squeezed(line.split('#').next().unwrap_or_default());
    let unsafety = [
        ("rust", r#"unsafe_op_in_unsafe_fn="deny""#.to_owned()),
        ("clippy", r#"undocumented_unsafe_blocks="deny""#.to_owned()),
    ];
    let shared = ["rust", "clippy"].into_iter().flat_map(|tool| {
        let lines: Vec<_> =
            section(root, &format!("workspace.lints.{tool}")).map(|(_, line)| bare(line)).collect();
        lines.into_iter().filter(|line| line.contains('=')).map(move |line| (tool, line))
    });
    let expected: Vec<_> =
        shared.filter(|(_, line)| !line.starts_with("unsafe_code=")).chain(unsafety).collect();
    expected.into_iter().filter_map(move |(tool, lint)| {
        let stated = section(text, &format!("lints.{tool}")).any(|(_, line)| bare(line) == lint);
        (!stated).then_some(lint)
    })
}

fn broken_edge(from: &str, to: &str) -> Option<String> {
    // A crate without a floor is the floors' finding.
    let own = floors::floor(from)?;
    let Some(below) = floors::floor(to) else {
        return Some(format!("{from} -> {to}: `{to}` has no floor"));
    };
    if below >= own {
        return Some(format!("{from} -> {to}: found floor {own} -> {below}, expected an edge strictly down"));
    }
    let mut never = NEVER.iter().chain(&NEVER_ITSELF);
    let never = never.any(|(name, never)| *name == from && never.contains(&to));
    never.then(|| format!("{from} -> {to}: `{from}` must never know `{to}`"))
}

/// Line number and target of every edge.
fn edges(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    dependencies(manifest).flat_map(|(index, line)| {
        let mut names: Vec<_> = packages(line).map(|to| (index, to)).collect();
        names.dedup();
        names
    })
}

/// The numbered lines, headers with them, of every `[dependencies]`, `[build-dependencies]` or
/// `[target.….dependencies]` section. Tests may look anywhere.
fn dependencies(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut counts = false;
    manifest.lines().enumerate().filter_map(move |(index, line)| {
        let line = line.split('#').next().unwrap_or_default();
        if let Some(header) = line.trim_start().strip_prefix('[') {
            counts = header.contains("dependencies") && !header.contains("dev-dependencies");
        }
        counts.then_some((index + 1, line))
    })
}

/// The crates of the house whose packages stand in a line, and not in a path.
fn packages(line: &str) -> impl Iterator<Item = &str> {
    let places = line.match_indices(HOUSE).filter(|(at, _)| {
        !line[..*at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/'))
    });
    places.filter_map(|(at, _)| {
        let word = first_word(&line[at..]);
        if word == HOUSE { Some(word) } else { word.strip_prefix(HOUSE)?.strip_prefix('-') }
    })
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The numbered lines of one section of a manifest.
fn section<'a>(manifest: &'a str, name: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let mut inside = false;
    manifest.lines().enumerate().filter(move |(_, line)| {
        if line.starts_with('[') {
            inside = line.trim().trim_matches(['[', ']']) == name;
        }
        inside
    })
}

fn squeezed(line: &str) -> String {
    line.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[lints]\nworkspace = true\n";

    fn found(path: &str, text: &str) -> Vec<String> {
        faults(&Tree::of(&[(path, text)])).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn edges_down_and_edges_of_tests_pass() {
        let text = format!(
            "[package]\nname = \"equipoise-denoiser\"\n{LINTS}[dependencies]\n\
             equipoise-field.workspace = true\nserde = \"1\" # equipoise-cli\n\
             [dev-dependencies]\nequipoise-wiener.workspace = true\n"
        );
        assert_eq!(found("crates/denoiser/Cargo.toml", &text), Vec::<String>::new());
    }

    #[test]
    fn edges_up_and_along_a_floor_are_found_in_every_notation() {
        for edge in [
            "[dependencies]\nequipoise-wiener.workspace = true",
            "[dependencies]\nwiener = { package = \"equipoise-wiener\", path = \"../wiener\" }",
            "[dependencies.equipoise-wiener]\nworkspace = true",
            "[build-dependencies]\nequipoise-wiener = { workspace = true }",
            "[target.'cfg(unix)'.dependencies]\nequipoise-wiener.workspace = true",
        ] {
            for from in ["denoiser", "posterior"] {
                let found = found(&format!("crates/{from}/Cargo.toml"), &format!("{LINTS}{edge}\n"));
                assert_eq!(found.len(), 1, "{edge}: {found:?}");
                assert!(found[0].contains("expected an edge strictly down"), "{found:?}");
            }
        }
    }

    #[test]
    fn the_crate_that_gathers_the_others_goes_by_its_bare_name() {
        for (line, expected) in [
            ("equipoise.workspace = true", vec!["equipoise"]),
            ("[dependencies.equipoise]", vec!["equipoise"]),
            ("door = { package = \"equipoise\", path = \"../equipoise\" }", vec!["equipoise"]),
            ("equipoise-field = { path = \"../equipoise/crates/field\" }", vec!["field"]),
            ("equipoised = \"1\"", vec![]),
        ] {
            assert_eq!(packages(line).collect::<Vec<_>>(), expected, "{line}");
        }
    }

    #[test]
    fn what_a_crate_must_never_know_is_found_below_it_too() {
        let text = format!("{LINTS}[dependencies]\nequipoise-operator.workspace = true\n");
        let found = found("crates/wiener/Cargo.toml", &text);
        let expected = "crates/wiener/Cargo.toml:4: wiener -> operator: `wiener` must never know `operator`";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn one_crate_alone_links_blas() {
        let text = format!("{LINTS}[dependencies]\nopenblas-src.workspace = true\n");
        let found = found("crates/innovation/Cargo.toml", &text);
        let expected = "crates/innovation/Cargo.toml:4: found `openblas-src`, expected `equipoise-blas`";
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    }

    #[test]
    fn xtask_stands_alone_and_an_unknown_target_is_found() {
        let text = format!("{LINTS}[dependencies]\nequipoise-field.workspace = true\n");
        assert!(found("xtask/Cargo.toml", &text)[0].contains("no crate of the house"));
        assert_eq!(found("tests/Cargo.toml", &text), Vec::<String>::new());
        let text = text.replace("field", "attic");
        assert!(found("crates/cli/Cargo.toml", &text)[0].contains("`attic` has no floor"));
    }

    #[test]
    fn a_binding_crate_states_every_lint_but_the_one_on_unsafe() {
        let root = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\" # why\n\
                    [workspace.lints.clippy]\ntodo = \"warn\"\n";
        let own = "[lints.rust]\nunsafe_op_in_unsafe_fn = \"deny\"\nmissing_docs = \"warn\"\n\
                   [lints.clippy]\nundocumented_unsafe_blocks = \"deny\"\ntodo = \"warn\"\n";
        let found = |text: &str| {
            let tree = Tree::of(&[("Cargo.toml", root), ("crates/likelihood-cuda/Cargo.toml", text)]);
            faults(&tree).iter().map(Finding::to_string).collect::<Vec<_>>()
        };
        assert_eq!(found(own), Vec::<String>::new());
        for lint in own.lines().filter(|line| line.contains('=')) {
            let lacking = found(&own.replace(lint, ""));
            assert_eq!(
                lacking,
                [format!("crates/likelihood-cuda/Cargo.toml: found no `{}`", squeezed(lint))]
            );
        }
        assert!(!found("[lints]\nworkspace = true\n").is_empty());
    }

    #[test]
    fn a_package_without_the_lints_is_found() {
        for text in ["[package]\n", "[lints]\nworkspace = false\n", "[dependencies]\nworkspace = true\n"] {
            assert!(found("crates/field/Cargo.toml", text)[0].contains("[lints]"), "{text}");
        }
    }
}
