//! Papers that sources cite and the page that lists them: the same arXiv numbers, and no other work that nobody cites.

use super::Finding;
use super::tree::Tree;

/// The page.
const PAGE: &str = "docs/references.md";

/// The word before a number in a source; a row of the page begins with the number alone.
const ARXIV: &str = "arxiv";

/// Checks every source against the page, and the page against all sources.
pub(super) fn faults(tree: &Tree) -> Vec<Finding> {
    let page = tree.text(PAGE).unwrap_or_default();
    let listed: Vec<(usize, &str)> =
        page.lines().enumerate().filter_map(|(at, line)| Some((at + 1, row(line)?))).collect();
    let mut cited = Vec::new();
    let mut faults = Vec::new();
    for (path, text) in tree.sources().filter(|(path, _)| path.starts_with("crates/")) {
        for (index, line) in text.lines().enumerate() {
            for number in numbers(line) {
                if !listed.iter().any(|(_, known)| *known == number) {
                    let message = format!("cites arXiv {number}, which {PAGE} does not list");
                    faults.push(Finding::at(path, index + 1, message));
                }
                cited.push(number);
            }
        }
    }
    let unused = listed.iter().filter(|(_, number)| !cited.contains(number));
    faults.extend(unused.map(|(line, number)| {
        Finding::at(PAGE, *line, format!("lists arXiv {number}, which no source cites"))
    }));
    faults.extend(unnamed(tree, page));
    faults
}

/// Works of the page, by first author and year, that stand together in no source.
fn unnamed<'a>(tree: &'a Tree, page: &'a str) -> impl Iterator<Item = Finding> + 'a {
    page.lines().enumerate().filter_map(move |(index, line)| {
        let (name, year) = work(line)?;
        let named = tree.sources().any(|(_, text)| text.contains(name) && text.contains(year));
        (!named).then(|| Finding::at(PAGE, index + 1, format!("lists {name} {year}, which no source names")))
    })
}

/// First author and year that a row begins with.
fn work(line: &str) -> Option<(&str, &str)> {
    let mut words = line.strip_prefix("| ")?.split([' ', ',']);
    let (name, year) = (words.next()?, words.next()?);
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    (is_year && name.starts_with(char::is_uppercase)).then_some((name, year))
}

/// The number that a row of the table begins with.
fn row(line: &str) -> Option<&str> {
    number(line.strip_prefix("| ")?)
}

/// The numbers that follow the word arXiv in a line, in whatever case, after a space, a colon or a path.
fn numbers(line: &str) -> impl Iterator<Item = &str> {
    let lower = line.to_ascii_lowercase();
    let ends: Vec<usize> = lower.match_indices(ARXIV).map(|(at, word)| at + word.len()).collect();
    ends.into_iter().filter_map(|end| {
        let rest = line[end..].trim_start_matches(".org");
        let rest =
            rest.trim_start_matches([' ', ':', '/']).trim_start_matches("abs/").trim_start_matches("pdf/");
        number(rest)
    })
}

/// Four digits, a point and four or five digits at the beginning of `text`.
fn number(text: &str) -> Option<&str> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let year = digits(text);
    let rest = text.get(year..)?.strip_prefix('.')?;
    let place = digits(rest);
    (year == 4 && (4..=5).contains(&place)).then(|| &text[..year + 1 + place])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAPER: &str = "2306.10574";

    fn told(page: &str, source: &str) -> Vec<String> {
        let tree = Tree::of(&[(PAGE, page), ("crates/a/src/lib.rs", source)]);
        faults(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_paper_on_one_side_alone_is_told() {
        let page = format!("# References\n| {PAPER} | Rozet | sda |\n");
        let source = |text: &str| format!("//! First.\n//! {text}\n");
        for cited in ["(arXiv 2306.10574, section 3)", "arXiv:2306.10574", "https://arxiv.org/abs/2306.10574"]
        {
            assert!(told(&page, &source(cited)).is_empty(), "{cited}");
        }
        let missing = told("# References\n", &source("arXiv 2306.10574"));
        assert_eq!(
            missing,
            [format!("crates/a/src/lib.rs:2: cites arXiv {PAPER}, which {PAGE} does not list")]
        );
        let unused = told(&page, &source("nothing"));
        assert_eq!(unused, [format!("{PAGE}:2: lists arXiv {PAPER}, which no source cites")]);
    }

    #[test]
    fn a_work_that_no_source_names_is_told() {
        let page = "# References\n| Ferro 2014, *Fair scores* | CRPS |\n";
        assert!(told(page, "//! First.\n/// Fair (Ferro 2014).\n").is_empty());
        let unnamed = told(page, "//! First.\n/// Fair (Ferro 2013).\n");
        assert_eq!(unnamed, [format!("{PAGE}:2: lists Ferro 2014, which no source names")]);
    }

    #[test]
    fn other_numbers_are_no_papers() {
        for text in ["arXiv 2306.105", "arXiv 23.10574", "tolerance 2306.10574", "| law | 2306.10574 |"] {
            assert!(told("", text).is_empty() && row(text).is_none(), "{text}");
        }
    }
}
