//! Text as it may stand in HTML: escaped, and with its caption.

/// `text` with the five characters that mean something in HTML replaced; safe between tags and in
/// quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// What a chart, heat map or table shows, and in which space and by which count of observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// What is shown, in a sentence.
    pub text: String,
    /// The space of its numbers, such as `"normalised units"`.
    pub space: String,
    /// How N is counted, such as `"true N of the operator"`.
    pub n_convention: String,
}

impl Caption {
    pub(crate) fn html(&self) -> String {
        format!(
            "{} <span class=\"space\">Space: {}. N: {}.</span>",
            escape(&self.text),
            escape(&self.space),
            escape(&self.n_convention)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_characters() {
        assert_eq!(escape(r#"<a href="x">&'</a>"#), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
        assert_eq!(escape("ω ≤ 3"), "ω ≤ 3");
    }
}
