//! The account of the golden file: which check answers for which dataset, and whether it does.

use equipoise_tests::Visits;

/// A comparison, with the datasets it answers for.
pub(crate) struct Check {
    /// Its name in faults.
    pub(crate) name: &'static str,
    /// Patterns of the datasets it compares with numbers of ours.
    pub(crate) compares: &'static [&'static str],
    /// Patterns of the datasets it takes as inputs.
    pub(crate) takes: &'static [&'static str],
    /// Compares, and returns what it used.
    pub(crate) run: fn() -> Visits,
}

/// An entry of the account that does not balance.
#[derive(Debug, PartialEq)]
pub(crate) enum Fault {
    /// A dataset that no check answers for and that is not awaited.
    Unclaimed { path: String },
    /// A dataset that a check answers for and did not use as it says.
    Unread { check: &'static str, path: String },
    /// A dataset that a check used without answering for it.
    Undeclared { check: &'static str, path: String },
    /// An awaited dataset that is compared.
    Arrived { path: String },
    /// A pattern that no dataset has.
    Empty { pattern: &'static str },
    /// An awaited pattern without a reason.
    Unreasoned { pattern: &'static str },
}

/// Whether `path` has the form of `pattern`, in which `*` stands for any text within a segment.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    pattern.split('/').count() == path.split('/').count()
        && pattern.split('/').zip(path.split('/')).all(|(pattern, text)| fits(pattern, text))
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|tail| tail.char_indices().any(|(i, _)| fits(rest, &tail[i..])) || rest.is_empty()),
    }
}

fn any(patterns: &[&str], path: &str) -> bool {
    patterns.iter().any(|p| matches(p, path))
}

/// Balances the datasets of a file against what every check used and what is awaited.
pub(crate) fn audit(
    datasets: &[String],
    visited: &[(&Check, Visits)],
    waiting: &[(&'static str, &str)],
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (check, visits) in visited {
        let name = check.name;
        for (patterns, used) in [(check.compares, &visits.compared), (check.takes, &visits.given)] {
            let claimed = |path: &&String| any(patterns, path);
            let unread = datasets.iter().filter(claimed).filter(|path| !used.contains(*path));
            faults.extend(unread.map(|path| Fault::Unread { check: name, path: path.clone() }));
            let undeclared = used.iter().filter(|path| !claimed(path));
            faults.extend(undeclared.map(|path| Fault::Undeclared { check: name, path: path.clone() }));
        }
    }
    for path in datasets {
        let claimed = visited.iter().any(|(c, _)| any(c.compares, path) || any(c.takes, path));
        let compared = visited.iter().any(|(_, v)| v.compared.contains(path));
        let awaited = waiting.iter().any(|(pattern, _)| matches(pattern, path));
        if awaited && compared {
            faults.push(Fault::Arrived { path: path.clone() });
        }
        if !awaited && !claimed {
            faults.push(Fault::Unclaimed { path: path.clone() });
        }
    }
    let claims = visited.iter().flat_map(|(c, _)| c.compares.iter().chain(c.takes)).copied();
    let empty = |pattern: &&'static str| !datasets.iter().any(|path| matches(pattern, path));
    let patterns = claims.chain(waiting.iter().map(|(pattern, _)| *pattern));
    faults.extend(patterns.filter(empty).map(|pattern| Fault::Empty { pattern }));
    let unreasoned = waiting.iter().filter(|(_, reason)| reason.trim().is_empty());
    faults.extend(unreasoned.map(|(pattern, _)| Fault::Unreasoned { pattern }));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: Check =
        Check { name: "sum", compares: &["a/k=*/sum"], takes: &["a/k=*/x"], run: Visits::default };
    const WAITING: [(&str, &str); 1] = [("a/k=*/product", "method product")];

    fn names(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|p| (*p).to_owned()).collect()
    }

    fn file() -> Vec<String> {
        names(&["a/k=1/sum", "a/k=2/sum", "a/k=1/x", "a/k=2/x", "a/k=1/product"])
    }

    fn visits(compared: &[&str]) -> Visits {
        let set = |paths: &[&str]| names(paths).into_iter().collect();
        Visits { given: set(&["a/k=1/x", "a/k=2/x"]), compared: set(compared) }
    }

    fn faults(datasets: &[String], compared: &[&str]) -> Vec<Fault> {
        audit(datasets, &[(&CHECK, visits(compared))], &WAITING)
    }

    const BOTH: [&str; 2] = ["a/k=1/sum", "a/k=2/sum"];

    #[test]
    fn a_balanced_account_has_no_faults() {
        assert_eq!(faults(&file(), &BOTH), []);
    }

    #[test]
    fn an_extra_name_is_unclaimed() {
        for extra in ["a/k=1/quotient", "a/k=1", "a/k=1/sum/again", "b/k=1/sum", "sum"] {
            let datasets = [file(), names(&[extra])].concat();
            assert_eq!(faults(&datasets, &BOTH), [Fault::Unclaimed { path: extra.into() }]);
        }
    }

    #[test]
    fn a_claimed_name_that_is_not_used_is_unread() {
        let unread = |path: &str| Fault::Unread { check: "sum", path: path.into() };
        assert_eq!(faults(&file(), &BOTH[..1]), [unread("a/k=2/sum")]);
        let datasets = [file(), names(&["a/k=3/sum", "a/k=3/x"])].concat();
        assert_eq!(faults(&datasets, &BOTH), [unread("a/k=3/sum"), unread("a/k=3/x")]);
    }

    #[test]
    fn an_awaited_name_that_is_compared_must_leave_the_list() {
        let found = faults(&file(), &["a/k=1/sum", "a/k=2/sum", "a/k=1/product"]);
        let undeclared = Fault::Undeclared { check: "sum", path: "a/k=1/product".into() };
        assert_eq!(found, [undeclared, Fault::Arrived { path: "a/k=1/product".into() }]);
    }

    #[test]
    fn a_pattern_without_datasets_or_reason_is_a_fault() {
        let without = &file()[..4];
        assert_eq!(faults(without, &BOTH), [Fault::Empty { pattern: "a/k=*/product" }]);
        let found = audit(&file(), &[(&CHECK, visits(&BOTH))], &[("a/k=*/product", " ")]);
        assert_eq!(found, [Fault::Unreasoned { pattern: "a/k=*/product" }]);
    }

    #[test]
    fn a_star_stays_within_its_segment() {
        assert!(matches("s/sub=*/t=*/x", "s/sub=2/t=0.05/x"));
        assert!(matches("s/std=*,gamma=*,detach=1", "s/std=0.1,gamma=0.01,detach=1"));
        assert!(!matches("s/std=*,gamma=*,detach=1", "s/std=0.1,gamma=0.01,detach=0"));
        assert!(!matches("s/*", "s/a/b"));
        assert!(!matches("s/ab*ba", "s/aba"));
    }
}
