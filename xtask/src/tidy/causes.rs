//! Errors whose message quotes a cause that they also return: whoever prints the chain says it twice.

use super::Finding;
use super::source;
use super::tree::Tree;

/// Checks every source for variants and structs of `thiserror` that print a field which is their source:
/// one named `source`, or marked `#[source]` or `#[from]`.
pub(super) fn faults(tree: &Tree) -> Vec<Finding> {
    let mut faults = Vec::new();
    for (path, text) in tree.sources() {
        for (line, field) in quoted_causes(text) {
            let message = format!("prints `{field}` and returns it as the source: say it once");
            faults.push(Finding::at(path, line, message));
        }
    }
    faults
}

/// Line of the message and name of the field, for every cause that is quoted.
fn quoted_causes(text: &str) -> Vec<(usize, String)> {
    let code = source::code(text);
    let mut found = Vec::new();
    for (at, opening) in code.match_indices("#[error(") {
        let start = at + opening.len();
        let end = source::closing(&code, start - 1);
        let quoted = cause(code[end..].trim_start_matches([')', ']']));
        let quoted = quoted.filter(|field| prints(&text[start..end], &code[start..end], field));
        found.extend(quoted.map(|field| (1 + text[..at].matches('\n').count(), field)));
    }
    found
}

/// The field that the item in front returns as its source: its name, or its place in a tuple.
fn cause(code: &str) -> Option<String> {
    let mut code = code.trim_start();
    while code.starts_with('#') {
        code = code.get(source::closing(code, code.find('[')?) + 1..)?.trim_start();
    }
    if code.starts_with("pub(") {
        code = code.get(source::closing(code, 3) + 1..)?;
    }
    // The fields of a struct or variant come before anything that ends one without fields.
    let open = code.find(['(', '{', ',', ';', '}'])?;
    let named = code[open..].starts_with('{');
    if !named && !code[open..].starts_with('(') {
        return None;
    }
    let fields = source::parts(&code[open + 1..source::closing(code, open)]);
    fields.into_iter().enumerate().find_map(|(place, field)| {
        let marked = field.contains("#[source]") || field.contains("#[from]");
        let name = if named { declared(field) } else { place.to_string() };
        (marked || named && name == "source").then_some(name)
    })
}

/// The name of a named field: the last word before its colon.
fn declared(field: &str) -> String {
    let name = field.split(':').next().unwrap_or_default();
    name.split_whitespace().next_back().unwrap_or_default().to_owned()
}

/// Whether a message (as written, and with its literals blanked) prints the field: in place, or as an
/// argument.
fn prints(raw: &str, code: &str, field: &str) -> bool {
    let in_place = raw.replace("{{", "").split('{').skip(1).any(|rest| {
        let name = rest.split(['}', ':']).next().unwrap_or_default();
        name.trim() == field
    });
    let tuple = field.starts_with(|c: char| c.is_ascii_digit());
    let arguments = code.split(',').skip(1).map(|argument| {
        let value = argument.rsplit('=').next().unwrap_or_default();
        value.trim().trim_start_matches('*').trim_start_matches('&').to_owned()
    });
    let as_argument = if tuple { format!(".{field}") } else { field.to_owned() };
    in_place || arguments.into_iter().any(|argument| argument == as_argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Vec<(usize, String)> {
        quoted_causes(&format!(
            "//! Errors.\n#[derive(Debug, thiserror::Error)]\npub enum E {{\n{body}\n}}\n"
        ))
    }

    #[test]
    fn causes_that_are_said_twice_are_found() {
        for (body, line, field) in [
            ("#[error(\"µ of {what}: {source}\")]\nA { what: String, source: io::Error },", 4, "source"),
            (
                "#[error(\"a\")]\nB,\n#[error(\"{source:?}\")]\n#[cfg(x)]\nA { source: io::Error },",
                6,
                "source",
            ),
            ("/// Doc.\n#[error(\"x: {0}\")]\nA(#[from] io::Error),", 5, "0"),
            ("#[error(\"x: {1}\")]\nA(HashMap<u8, u8>, #[source] io::Error),", 4, "1"),
            ("#[error(\"x: {why}\")]\nA {\n/// Why.\n#[source]\nwhy: io::Error },", 4, "why"),
            (
                "#[error(\"{}: {}\", path.display(), source)]\nA { path: P, source: Box<dyn Error> },",
                4,
                "source",
            ),
            ("#[error(\n\"{}: {e}\", f(a, b), e = source)]\nA { source: E },", 4, "source"),
            ("#[error(\"x: {}\", .0)]\nA(#[from] io::Error),", 4, "0"),
        ] {
            assert_eq!(of(body), [(line, field.to_owned())], "{body}");
        }
        let whole = "#[derive(Debug, Error)]\n#[error(\"x: {source}\")]\npub struct S { source: io::Error }";
        assert_eq!(quoted_causes(whole), [(2, "source".to_owned())]);
        let inner = "#[error(\"x: {0}\")]\npub(crate) struct S(#[from] io::Error);";
        assert_eq!(quoted_causes(inner), [(1, "0".to_owned())]);
    }

    #[test]
    fn causes_that_are_said_once_pass() {
        for body in [
            "#[error(\"{what}\")]\nA { what: String, source: io::Error },",
            "#[error(transparent)]\nA(#[from] io::Error),",
            "#[error(\"x: {0}\")]\nA(String),",
            "#[error(\"x: {0}\")]\nA(u8, #[source] io::Error),",
            "#[error(\"x: {reason}\")]\nA { reason: io::Error },",
            "#[error(\"{{source}}\")]\nA { source: io::Error },",
            "#[error(\"line {}\", source.line())]\nA { source: serde_json::Error },",
            "#[error(\"{}.{}\", found.0, found.1)]\nA { found: (u32, u32), source: E },",
            "#[error(\"a {source}\")]\nA,\n#[error(\"b\")]\nB { source: io::Error },",
        ] {
            assert_eq!(of(body), [], "{body}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let spoiled = "#[error(\"x: {source}\")]\nA { source: E },";
        let tree = Tree::of(&[("crates/a/Cargo.toml", ""), ("crates/a/src/error.rs", spoiled)]);
        let told: Vec<String> = faults(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["crates/a/src/error.rs:1: prints `source` and returns it as the source: say it once"]
        );
    }
}
