//! The floors of the house, the edges that no floor forbids but a crate's nature does, and their
//! agreement with the folders and with ARCHITECTURE.md.

use super::Finding;
use super::tree::Tree;
use std::collections::BTreeSet;

/// The crates, from the ground up. A crate depends on crates of lower floors only.
pub(super) const FLOORS: [&[&str]; 13] = [
    &["field", "blas"],
    &["stream", "fourier", "operator", "weights", "convolution"],
    &["schedule", "observation", "covariance", "scaling", "metrics", "data"],
    &["denoiser", "likelihood", "innovation"],
    &[
        "wiener",
        "posterior",
        "locality",
        "elbo",
        "likelihood-cuda",
        "network",
        "composition",
        "served",
        "markov",
    ],
    &["guidance", "prior", "windows"],
    &["sampler", "training"],
    &["solver", "reduced"],
    &["report", "stability", "solver-cuda", "equipoise", "agreement"],
    &["experiment", "referee"],
    &["sweep", "reconstruction", "denoising"],
    &["benchmark"],
    &["cli", "throughput"],
];

/// The column "must never know" of ARCHITECTURE.md, as far as edges to lower floors can break it: at any
/// depth, with the default features of all between.
pub(super) const NEVER: [(&str, &[&str]); 27] = [
    ("schedule", &["field", "stream"]),
    ("observation", &["stream"]),
    ("scaling", &["field", "stream"]),
    ("denoiser", &["covariance"]),
    ("likelihood", &["scaling"]),
    ("innovation", &["schedule", "data"]),
    ("posterior", &["schedule", "denoiser"]),
    ("wiener", &["operator", "likelihood", "innovation"]),
    ("locality", &["operator", "likelihood", "innovation"]),
    ("likelihood-cuda", &["scaling", "denoiser", "innovation"]),
    ("elbo", &["operator", "covariance", "data"]),
    ("network", &["operator", "observation", "likelihood", "data"]),
    ("composition", &["operator", "observation", "weights"]),
    ("served", &["operator", "observation"]),
    ("markov", &["schedule", "denoiser", "data"]),
    ("windows", &["data"]),
    ("prior", &["likelihood", "innovation", "posterior"]),
    ("sampler", &["innovation"]),
    ("training", &["likelihood", "innovation", "posterior"]),
    ("solver", &["data"]),
    ("reduced", &["data", "prior"]),
    ("stability", &["data", "prior"]),
    ("solver-cuda", &["data", "prior"]),
    ("experiment", &["reduced", "stability", "likelihood-cuda", "solver-cuda"]),
    ("sweep", &["likelihood-cuda", "solver-cuda"]),
    ("referee", &["denoiser", "guidance", "prior", "sampler", "solver"]),
    ("report", &["denoiser", "guidance", "prior", "sampler", "solver"]),
];

/// What of that column binds the crate's own edges alone: two draw through `guidance`, whose methods
/// know observations and laws, and `prior` hands out a `markov` prior, whose posterior knows operators.
pub(super) const NEVER_ITSELF: [(&str, &[&str]); 3] = [
    ("prior", &["operator"]),
    ("sampler", &["operator", "scaling", "likelihood"]),
    ("denoising", &["operator", "likelihood", "innovation", "posterior"]),
];

const BOOK: &str = "ARCHITECTURE.md";

/// The floor of a crate.
pub(super) fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|names| names.contains(&name))
}

/// Folders, [`FLOORS`], and the drawing and the table of ARCHITECTURE.md name the same crates.
pub(super) fn faults(tree: &Tree) -> Vec<Finding> {
    let folders: BTreeSet<&str> = tree.crates().collect();
    let built: BTreeSet<&str> = FLOORS.concat().into_iter().collect();
    let mut faults = Vec::new();
    for name in folders.difference(&built) {
        faults.push(Finding::whole(&format!("crates/{name}"), "has no floor in xtask/src/tidy/floors.rs"));
    }
    for name in built.difference(&folders) {
        let message = format!("names `{name}`, found no folder crates/{name}");
        faults.push(Finding::whole("xtask/src/tidy/floors.rs", message));
    }
    let Some(book) = tree.text(BOOK) else {
        faults.push(Finding::whole(BOOK, "is missing"));
        return faults;
    };
    faults.extend(table_faults(book, &folders));
    faults.extend(drawing_faults(book));
    faults
}

/// Rows `| crate | …`; a row of a crate to come says `| crate (planned) | …`.
fn table_faults(book: &str, folders: &BTreeSet<&str>) -> Vec<Finding> {
    let mut rows = BTreeSet::new();
    let mut faults = Vec::new();
    for (index, line) in book.lines().enumerate() {
        let Some(cell) = line.strip_prefix("| ").and_then(|row| row.split(" |").next()) else { continue };
        let (name, planned) = match cell.strip_suffix(" (planned)") {
            Some(name) => (name, true),
            None => (cell, false),
        };
        if name == "crate" || name.contains(' ') {
            continue;
        }
        rows.insert(name);
        if folders.contains(name) == planned {
            let found = if planned { "a folder" } else { "no folder" };
            let message = format!("`{cell}`: found {found} crates/{name}");
            faults.push(Finding::at(BOOK, index + 1, message));
        }
    }
    for name in folders.difference(&rows) {
        faults.push(Finding::whole(BOOK, format!("the table of crates has no row for `{name}`")));
    }
    faults
}

/// Lines `floor N  a  b  (planned) | gloss`, equal to [`FLOORS`] apart from what is in brackets.
fn drawing_faults(book: &str) -> Vec<Finding> {
    let mut drawn = vec![false; FLOORS.len()];
    let mut faults = Vec::new();
    for (index, line) in book.lines().enumerate() {
        let Some(rest) = line.strip_prefix("floor ") else { continue };
        let mut words = rest.split('|').next().unwrap_or_default().split_whitespace();
        let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(usize::MAX);
        let names: BTreeSet<&str> = words.filter(|word| !word.starts_with('(') && *word != "xtask").collect();
        let expected = FLOORS.get(number).copied().unwrap_or_default();
        if names != expected.iter().copied().collect() {
            let message = format!("draws {names:?}, expected {expected:?} as in xtask/src/tidy/floors.rs");
            faults.push(Finding::at(BOOK, index + 1, message));
        }
        if let Some(drawn) = drawn.get_mut(number) {
            *drawn = true;
        }
    }
    for (number, _) in drawn.iter().enumerate().filter(|(_, drawn)| !**drawn) {
        faults.push(Finding::whole(BOOK, format!("the drawing has no line `floor {number}`")));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A drawing, a table and folders that agree with [`FLOORS`].
    fn house() -> (String, Vec<String>) {
        let mut book = String::new();
        for (number, names) in FLOORS.iter().enumerate() {
            book += &format!("floor {number}  {}  (later) | gloss\n", names.join("  "));
        }
        for name in FLOORS.concat() {
            book += &format!("| {name} | what it owns | what it must never know |\n");
        }
        book += "| later (planned) | something | nothing |\n";
        (book, FLOORS.concat().iter().map(|name| format!("crates/{name}/Cargo.toml")).collect())
    }

    fn messages(book: &str, manifests: &[String]) -> Vec<String> {
        let mut files: Vec<_> = manifests.iter().map(|path| (path.as_str(), "")).collect();
        files.push((BOOK, book));
        faults(&Tree::of(&files)).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn an_agreeing_house_has_no_fault() {
        let (book, manifests) = house();
        assert_eq!(messages(&book, &manifests), Vec::<String>::new());
    }

    #[test]
    fn a_new_folder_needs_a_floor_and_a_row() {
        let (book, mut manifests) = house();
        manifests.push("crates/attic/Cargo.toml".to_owned());
        let found = messages(&book, &manifests).join("\n");
        assert!(found.contains("crates/attic: has no floor"), "{found}");
        assert!(found.contains("no row for `attic`"), "{found}");
    }

    #[test]
    fn a_lost_folder_is_missed_by_table_and_book() {
        let (book, mut manifests) = house();
        manifests.retain(|path| !path.contains("wiener"));
        let found = messages(&book, &manifests).join("\n");
        assert!(found.contains("found no folder crates/wiener"), "{found}");
        assert!(found.contains("`wiener`: found no folder"), "{found}");
    }

    #[test]
    fn a_planned_crate_that_exists_and_a_moved_crate_are_found() {
        let (book, mut manifests) = house();
        manifests.push("crates/later/Cargo.toml".to_owned());
        assert!(messages(&book, &manifests).join("\n").contains("`later (planned)`: found a folder"));
        let moved = book.replace("floor 6  sampler", "floor 6").replace("floor 7", "floor 7 sampler");
        let found = messages(&moved, &house().1).join("\n");
        assert_eq!(found.matches(": draws {").count(), 2, "{found}");
    }

    #[test]
    fn a_floor_that_is_not_drawn_is_found() {
        let (book, manifests) = house();
        let found = messages(&book.replace("floor 3", "level 3"), &manifests);
        assert_eq!(found, ["ARCHITECTURE.md: the drawing has no line `floor 3`"]);
    }

    #[test]
    fn forbidden_edges_name_crates_of_lower_floors_only() {
        let all = [&NEVER[..], &NEVER_ITSELF[..]].concat();
        for (from, to) in all.iter().flat_map(|(from, never)| never.iter().map(move |to| (from, to))) {
            assert!(floor(to).unwrap() < floor(from).unwrap(), "{from} -> {to} is a floor's matter");
        }
    }
}
