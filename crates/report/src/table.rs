//! A results table that sorts by any column.

use crate::markup::{Caption, escape};
use crate::significant;
use crate::verdict::Verdict;
use std::fmt::Write;

/// One column of a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as in the results file.
    pub name: String,
    /// What it holds and in which unit; shown by the browser on request, may be empty.
    pub meaning: String,
}

/// One cell of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A whole number, printed in full.
    Count(u64),
    /// A measured number, printed with four significant digits.
    Number(f64),
    /// A state.
    State(Verdict),
    /// Nothing to say.
    Absent,
}

/// Rows of cells under named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What is shown.
    pub caption: Caption,
    /// The columns.
    pub columns: Vec<Column>,
    /// One cell per column in every row; missing cells read as [`Cell::Absent`].
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn write(&self, html: &mut String) {
        let _ = write!(
            html,
            "<div class=\"scroll tall\"><table class=\"sortable\"><caption>{}</caption>\n<thead><tr>",
            self.caption.html()
        );
        for column in &self.columns {
            let meaning = if column.meaning.is_empty() {
                String::new()
            } else {
                format!(" title=\"{}\"", escape(&column.meaning))
            };
            let _ = write!(
                html,
                "<th scope=\"col\"{meaning}><button type=\"button\">{}</button></th>",
                escape(&column.name)
            );
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            html.push_str("<tr>");
            for column in 0..self.columns.len() {
                html.push_str(&row.get(column).map_or_else(|| Cell::Absent.html(), Cell::html));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table></div>\n");
    }
}

impl Cell {
    /// The `td` element; `data-v` carries the number that sorting compares.
    fn html(&self) -> String {
        match self {
            Self::Text(text) => format!("<td>{}</td>", escape(text)),
            Self::Count(count) => format!("<td class=\"n\" data-v=\"{count}\">{count}</td>"),
            Self::Number(value) => {
                let shown = significant(*value, 4);
                format!("<td class=\"n\" data-v=\"{value:e}\">{shown}</td>")
            }
            Self::State(verdict) => format!("<td>{}</td>", verdict.html()),
            Self::Absent => "<td class=\"absent\">–</td>".into(),
        }
    }
}
