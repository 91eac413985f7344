//! The commands that a Markdown text tells its reader to type, for the tests that parse them.

/// A command by its words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Documented {
    pub(crate) words: Vec<String>,
    /// From a block to be typed as it stands, not from a sentence, which may name a verb alone.
    pub(crate) typed: bool,
}

/// Lines of `sh` blocks without their comments, and code in sentences that begins with `cargo`,
/// `equipoise` or `--dataset`, which lists arguments of `sweep`. Code with `…` or `|` is no whole command;
/// brackets around what is optional do not count.
pub(crate) fn commands(text: &str) -> Vec<Documented> {
    let (mut found, mut fence): (Vec<Documented>, Option<&str>) = (Vec::new(), None);
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), fence) {
            (Some(_), Some(_)) => fence = None,
            (Some(language), None) => fence = Some(language),
            (None, Some("sh")) => found.extend(command(line.split(" #").next().unwrap_or(line), true)),
            (None, Some(_)) => {}
            (None, None) => {
                found.extend(line.split('`').skip(1).step_by(2).filter_map(|code| command(code, false)))
            }
        }
    }
    found
}

fn command(code: &str, typed: bool) -> Option<Documented> {
    let words: Vec<String> =
        code.split_whitespace().map(|word| word.trim_matches(['[', ']']).to_owned()).collect();
    let begins = ["cargo", "equipoise", "--dataset"].contains(&words.first()?.as_str()) && words.len() > 1;
    (begins && !code.contains(['…', '|'])).then_some(Documented { words, typed })
}

/// README.md and the pages beside it, by their names.
pub(crate) fn pages(root: &std::path::Path) -> std::io::Result<Vec<(String, String)>> {
    let docs = std::fs::read_dir(root.join("docs"))?.map(|entry| entry.map(|entry| entry.path()));
    let named = ["README.md", "ARCHITECTURE.md", "data/README.md"].map(|name| Ok(root.join(name)));
    let paths = named.into_iter().chain(docs).collect::<std::io::Result<Vec<_>>>()?;
    let pages = paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    pages.map(|path| Ok((path.display().to_string(), std::fs::read_to_string(&path)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_typed_and_sentences_name() {
        let text = "Say `equipoise fit`, or `cargo xtask cuda [--time]`; `--noise 0.1`, `cargo`, `cargo run -- …`.\n\
                    ```sh\ncargo run -- fit --train a.h5   # once\n\n```\n```rust\ncargo::fetch();\n```\n";
        let found: Vec<_> = commands(text).into_iter().map(|c| (c.words.join(" "), c.typed)).collect();
        let expected = [
            ("equipoise fit", false),
            ("cargo xtask cuda --time", false),
            ("cargo run -- fit --train a.h5", true),
        ];
        assert_eq!(found, expected.map(|(words, typed)| (words.to_owned(), typed)));
    }
}
