//! Rust text with its comments, literals and test code blanked out, line for line.

use std::ops::Range;

/// `text` with the contents of comments, strings and characters replaced by spaces.
pub(super) fn code(text: &str) -> String {
    blanked(text, |_| true)
}

/// `text` with its comments alone replaced by spaces.
pub(super) fn uncommented(text: &str) -> String {
    blanked(text, |span| span.starts_with('/'))
}

/// `text` without the comments and the insides of literals that `leaves_out` chooses.
fn blanked(text: &str, leaves_out: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let (opening, len) = match literal(rest, after_word) {
            Some((opening, len)) if leaves_out(&rest[..len]) => (opening, len),
            Some((_, len)) => (len, len),
            None => (first.len_utf8(), first.len_utf8()),
        };
        out.push_str(&rest[..opening]);
        blank(&rest[opening..len], &mut out);
        after_word = first.is_alphanumeric() || first == '_';
        rest = &rest[len..];
    }
    out
}

/// `code` without what `#[cfg(test)]` guards.
pub(super) fn without_tests(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut done = 0;
    for Range { start, end } in guarded(code) {
        out.push_str(&code[done..start]);
        blank(&code[start..end], &mut out);
        done = end;
    }
    out.push_str(&code[done..]);
    out
}

/// Where the items lie that `#[cfg(test)]` guards, each with its guard.
pub(super) fn guarded(code: &str) -> Vec<Range<usize>> {
    const GUARD: &str = "#[cfg(test)]";
    let mut spans = Vec::new();
    let mut done = 0;
    while let Some(at) = code[done..].find(GUARD) {
        let start = done + at;
        let item = start + GUARD.len();
        done = item + item_len(&code[item..]);
        spans.push(start..done);
    }
    spans
}

/// Whether `word` stands in `line` with no identifier character on either side.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part))
}

/// The length of an item that ends with `;` or with its matching brace.
fn item_len(item: &str) -> usize {
    match item.find([';', '{', '}']) {
        Some(at) if item[at..].starts_with('{') => (closing(item, at) + 1).min(item.len()),
        Some(at) => at + 1,
        None => item.len(),
    }
}

/// The place of the bracket that closes the one at `open`, or the end.
pub(super) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, c) in code[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth <= 1 => return open + at,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// The text between commas that stand in no bracket, without what is blank.
pub(super) fn parts(code: &str) -> Vec<&str> {
    let (mut depth, mut before) = (0i32, ' ');
    let at_comma = |c: char| {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        before = c;
        c == ',' && depth <= 0
    };
    code.split(at_comma).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The comment or literal that `rest` begins with: how much of it to keep, and its length.
fn literal(rest: &str, after_word: bool) -> Option<(usize, usize)> {
    if rest.starts_with("//") {
        return Some((0, rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return Some((0, block_comment_len(rest)));
    }
    if rest.starts_with('"') {
        return Some((1, quoted_len(rest, '"')));
    }
    if rest.starts_with('\'') {
        return character_len(rest).map(|len| (1, len));
    }
    if !after_word && (rest.starts_with('r') || rest.starts_with("br")) {
        return raw_string_len(rest).map(|len| (0, len));
    }
    None
}

fn block_comment_len(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted_len(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character has one element or an escape between its quotes; anything else is a lifetime.
fn character_len(rest: &str) -> Option<usize> {
    let mut inside = rest[1..].chars();
    let first = inside.next()?;
    let closes = first == '\\' || inside.next() == Some('\'');
    closes.then(|| quoted_len(rest, '\''))
}

fn raw_string_len(rest: &str) -> Option<usize> {
    let body = rest.trim_start_matches('b').strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let start = rest.len() - body.len() + hashes + 1;
    if !body[hashes..].starts_with('"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    Some(rest[start..].find(&close).map_or(rest.len(), |at| start + at + close.len()))
}

/// A blank for every byte, so that places are the same as in the text.
fn blank(text: &str, out: &mut String) {
    out.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squeezed(text: &str) -> String {
        code(text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_vanish_and_code_stays() {
        for (text, expected) in [
            ("a // x\nb", "a b"),
            ("a /* x /* y */ z */ b", "a b"),
            ("a(\"x\\\"y\") b", "a(\" ) b"),
            ("a(r#\"x\"y\"#) b", "a( ) b"),
            ("a(br\"x\\\") b", "a( ) b"),
            ("f('\"', '\\'', 'x') b", "f(' , ' , ' ) b"),
            ("fn f<'a>(x: &'a str) -> &'static str", "fn f<'a>(x: &'a str) -> &'static str"),
            ("for x in var \"s\" b", "for x in var \" b"),
            ("σ // µ\n+ 'é' + ρ", "σ + ' + ρ"),
            ("let _ = r_value;", "let _ = r_value;"),
        ] {
            assert_eq!(squeezed(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = "a\n/* b\nc */\n\"d\ne\"\nf";
        assert_eq!(code(text).lines().count(), text.lines().count());
        let tests = "#[cfg(test)]\nmod tests {\n}\nlast";
        assert_eq!(without_tests(tests).lines().nth(3), Some("last"));
    }

    #[test]
    fn guarded_items_vanish_and_the_rest_stays() {
        let text = "a();\n#[cfg(test)]\nmod tests { fn f() { b() } }\nc();\n#[cfg(test)]\nmod more;\nd();";
        let left = without_tests(text);
        for (word, stays) in [("a", true), ("b", false), ("c", true), ("more", false), ("d", true)] {
            assert_eq!(has_word(&left, word), stays, "{word} in {left}");
        }
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("x = unsafe {", "unsafe"));
        assert!(!has_word("forbid(unsafe_code)", "unsafe"));
    }
}
