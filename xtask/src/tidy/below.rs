//! What stands below a crate at any depth, as cargo resolves it with the crate's default features: no
//! library of the system under what other solvers import, and nothing that a crate must never know.

use super::Finding;
use super::floors::NEVER;
use super::tree::Tree;
use crate::{call, workspace};
use std::collections::{BTreeMap, BTreeSet};

/// The crates that other solvers import one by one: no library of the system stands below them.
pub(super) const FREE: [&str; 17] = [
    "field",
    "stream",
    "convolution",
    "schedule",
    "operator",
    "observation",
    "covariance",
    "scaling",
    "metrics",
    "denoiser",
    "likelihood",
    "wiener",
    "locality",
    "guidance",
    "sampler",
    "solver",
    "equipoise",
];

/// Fragments of package names that stand for a library of the system.
const NATIVE: [&str; 6] = ["blas", "lapack", "netlib", "hdf5", "cudarc", "ndarray-linalg"];

const HERE: &str = "xtask/src/tidy/below.rs";
const MANIFEST: &str = "Cargo.toml";

/// Checks every crate of [`FREE`] and of [`NEVER`] that has a folder. `list` gives what `cargo tree` prints
/// for one package.
pub(super) fn faults(tree: &Tree, list: impl Fn(&str) -> anyhow::Result<String>) -> Vec<Finding> {
    let mut faults: Vec<_> = lost(tree).collect();
    let checked: BTreeSet<_> = FREE.into_iter().chain(NEVER.map(|(name, _)| name)).collect();
    let folders: BTreeSet<_> = tree.crates().collect();
    for name in checked.intersection(&folders) {
        match list(&package(name)) {
            Ok(listing) => faults.extend(crate_faults(name, &Graph::of(&listing))),
            // What keeps cargo from one crate keeps it from all.
            Err(error) => {
                faults.push(Finding::whole(MANIFEST, format!("cannot tell what stands below: {error:#}")));
                break;
            }
        }
    }
    faults
}

/// The crates of [`FREE`] that have a folder.
pub(super) fn free(tree: &Tree) -> Vec<&'static str> {
    let folders: BTreeSet<_> = tree.crates().collect();
    FREE.into_iter().filter(|name| folders.contains(name)).collect()
}

/// The package of a crate: the one that gathers the others bears the bare name.
pub(super) fn package(name: &str) -> String {
    if name == "equipoise" { name.to_owned() } else { format!("equipoise-{name}") }
}

/// What cargo prints for one package: depth and name of everything below it, in the order of a walk that
/// opens each package once.
///
/// # Errors
/// With cargo's own words, if it cannot resolve the package: a package that was never fetched, and no
/// network.
pub(super) fn listing(package: &str) -> anyhow::Result<String> {
    let args = ["tree", "--edges", "normal,build", "--prefix", "depth", "--format", " {p}", "--package"];
    call::output(workspace::cargo_here(args).arg(package))
}

/// Names of [`FREE`] with neither a folder nor a plan.
fn lost(tree: &Tree) -> impl Iterator<Item = Finding> {
    let folders: BTreeSet<_> = tree.crates().collect();
    let book = tree.text("ARCHITECTURE.md").unwrap_or_default();
    let known = move |name: &str| folders.contains(name) || book.contains(&format!("\n| {name} (planned) |"));
    let lost = FREE.into_iter().filter(move |name| !known(name));
    lost.map(|name| {
        Finding::whole(
            HERE,
            format!("names `{name}`, found neither crates/{name} nor a plan in ARCHITECTURE.md"),
        )
    })
}

fn crate_faults(name: &str, graph: &Graph) -> Vec<Finding> {
    let manifest = format!("crates/{name}/Cargo.toml");
    let never = NEVER.iter().filter(|(of, _)| *of == name).flat_map(|(_, never)| never.iter().copied());
    let mut faults = Vec::new();
    for path in graph.paths() {
        let [between @ .., last] = path.as_slice() else { continue };
        // An edge of the crate itself is the arrows' finding, which knows its line.
        if between.len() > 1 && never.clone().any(|never| never == *last) {
            faults.push(format!("{}: `{name}` must never know `{last}`", path.join(" → ")));
        }
        if FREE.contains(&name) && native(last) && !between.iter().any(|package| native(package)) {
            faults.push(format!("{}: found a system library, expected none", path.join(" → ")));
        }
    }
    faults.into_iter().map(|fault| Finding::whole(&manifest, fault)).collect()
}

/// Whether a package binds a library of the system.
fn native(package: &str) -> bool {
    package.ends_with("-sys") || NATIVE.iter().any(|part| package.contains(part))
}

/// The packages below one, each with those that it names itself. Crates of the house go by their folder.
struct Graph<'a> {
    root: &'a str,
    edges: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    /// Reads lines `DEPTH NAME …`. A package that was opened before is not opened again, so that every edge
    /// stands in the listing once.
    fn of(listing: &'a str) -> Self {
        let mut edges = BTreeMap::<_, Vec<_>>::new();
        let mut above: Vec<&str> = Vec::new();
        for line in listing.lines() {
            let mut words = line.split_whitespace();
            let depth = words.next().and_then(|word| word.parse().ok());
            let (Some(depth), Some(name)) = (depth, words.next()) else { continue };
            let name = name.strip_prefix("equipoise-").unwrap_or(name);
            above.truncate(depth);
            if let Some(parent) = above.last() {
                edges.entry(*parent).or_default().push(name);
            }
            above.push(name);
        }
        let root = listing.split_whitespace().nth(1).unwrap_or_default();
        Self { root: root.strip_prefix("equipoise-").unwrap_or(root), edges }
    }

    /// A shortest path from the root to every package below it, shorter ones first.
    fn paths(&self) -> Vec<Vec<&'a str>> {
        let mut seen = BTreeSet::from([self.root]);
        let mut paths = vec![vec![self.root]];
        let mut next = 0;
        while let Some(path) = paths.get(next).cloned() {
            let last = path.last().copied().unwrap_or(self.root);
            for name in self.edges.get(last).into_iter().flatten().copied().filter(|name| seen.insert(name)) {
                paths.push(path.iter().copied().chain([name]).collect());
            }
            next += 1;
        }
        paths.split_off(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo prints, indented as one reads it.
    fn printed(tree: &str) -> String {
        let line = |line: &str| format!("{} {}", line.len() - line.trim_start().len(), line.trim_start());
        tree.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    fn found(name: &str, tree: &str) -> Vec<String> {
        crate_faults(name, &Graph::of(&printed(tree))).iter().map(Finding::to_string).collect()
    }

    const SOLVER: &str = "equipoise-solver v0.1.0 (/house/crates/solver)\n equipoise-field v0.1.0\n  rayon v1.12.0\n \
                          equipoise-guidance v0.1.0\n  equipoise-observation v0.1.0\n   equipoise-field v0.1.0 (*)\n \
                          serde_derive v1.0.229 (proc-macro)\n  system-name v1.0.0";

    #[test]
    fn pure_rust_passes() {
        assert_eq!(found("solver", SOLVER), Vec::<String>::new());
        let whole = Graph::of("0 equipoise-solver v0.1.0").paths();
        assert!(whole.is_empty(), "{whole:?}");
    }

    #[test]
    fn a_system_library_is_found_at_any_depth_and_its_path_named_once() {
        let below = "   equipoise-field v0.1.0 (*)\n   equipoise-innovation v0.1.0\n    equipoise-blas v0.1.0\n     \
                     pkg-config v0.3.34\n";
        let spoiled = SOLVER.replace("   equipoise-field v0.1.0 (*)\n", below);
        let expected = "crates/solver/Cargo.toml: solver → guidance → observation → innovation → blas: found a system \
                        library, expected none";
        assert_eq!(found("solver", &spoiled), [expected]);
        for package in ["lapack-sys", "ndarray-linalg", "hdf5-metno-sys", "cudarc", "libz-sys"] {
            let spoiled = SOLVER.replace("system-name", package);
            let path = format!("solver → serde_derive → {package}: found a system library");
            let found = found("solver", &spoiled);
            assert!(found.len() == 1 && found[0].contains(&path), "{found:?}");
        }
        assert_eq!(found("sweep", &spoiled), Vec::<String>::new(), "sweep may stand on a system library");
    }

    /// The walk meets `field` first below `guidance`; the solver's own edge is the shorter path, and its line
    /// says `(*)`.
    #[test]
    fn the_shortest_path_is_named_whatever_the_order_of_the_walk() {
        let tree = "equipoise-sampler v0.1.0\n equipoise-guidance v0.1.0\n  equipoise-wiener v0.1.0\n   \
                    equipoise-covariance v0.1.0\n    lapack-sys v0.15.0\n equipoise-covariance v0.1.0 (*)";
        let expected = "sampler → covariance → lapack-sys";
        assert!(found("sampler", tree)[0].contains(expected), "{:?}", found("sampler", tree));
    }

    #[test]
    fn what_a_crate_must_never_know_is_found_behind_another_crate() {
        let tree = "equipoise-sampler v0.1.0\n equipoise-guidance v0.1.0\n  equipoise-operator v0.1.0\n  \
                    equipoise-innovation v0.1.0";
        let expected = "crates/sampler/Cargo.toml: sampler → guidance → innovation: `sampler` must never know `innovation`";
        assert_eq!(found("sampler", tree), [expected]);
        let direct = "equipoise-sampler v0.1.0\n equipoise-innovation v0.1.0";
        assert_eq!(found("sampler", direct), Vec::<String>::new(), "that is the arrows' finding");
    }

    #[test]
    fn a_free_crate_has_a_folder_or_a_plan_and_an_answer_of_cargo() {
        let plan = "the house\n| equipoise (planned) | the door | files |\n";
        let manifests: Vec<_> = FREE.iter().map(|name| format!("crates/{name}/Cargo.toml")).collect();
        let house = |without: &str, plan| {
            let kept = manifests.iter().filter(|path| !path.contains(&format!("/{without}/")));
            let mut files: Vec<_> = kept.map(|path| (path.as_str(), "")).collect();
            files.push(("ARCHITECTURE.md", plan));
            Tree::of(&files)
        };
        let answer = |package: &str| Ok(format!("0 {package} v0.1.0"));
        assert_eq!(faults(&house("equipoise", plan), answer), []);
        assert_eq!(free(&house("equipoise", plan)).len(), FREE.len() - 1);
        for without in ["equipoise", "wiener"] {
            let found = faults(&house(without, ""), answer);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].message.contains(&format!("neither crates/{without} nor a plan")), "{found:?}");
        }
        let dumb =
            faults(&house("equipoise", plan), |_| anyhow::bail!("no matching package in the registry"));
        assert_eq!(dumb.len(), 1, "{dumb:?}");
        assert!(
            dumb[0].message.ends_with("what stands below: no matching package in the registry"),
            "{dumb:?}"
        );
    }
}
