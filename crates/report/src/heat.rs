//! A small matrix of states and numbers, such as law × sub.

use crate::markup::{Caption, escape};
use crate::significant;
use crate::verdict::Verdict;
use std::fmt::Write;

/// One cell of a [`HeatMap`].
#[derive(Clone, Debug, PartialEq)]
pub struct HeatCell {
    /// The state, which colours the cell and is written in it.
    pub verdict: Verdict,
    /// The number written in the cell.
    pub number: f64,
    /// More about the cell, shown by the browser on request; may be empty.
    pub detail: String,
}

/// Rows × columns of states with a number each.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// What is shown.
    pub caption: Caption,
    /// What the rows are, such as `"law"`.
    pub row_name: String,
    /// What the columns are, such as `"sub"`.
    pub column_name: String,
    /// What the number in a cell is, such as `"RMSE / floor"`.
    pub number_name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Name and cells of every row; a missing cell stays blank.
    pub rows: Vec<(String, Vec<Option<HeatCell>>)>,
}

impl HeatMap {
    pub(crate) fn write(&self, html: &mut String) {
        let _ = write!(
            html,
            "<div class=\"scroll\"><table class=\"heat\"><caption>{} Number in a cell: {}.</caption>\
             <thead><tr><th scope=\"col\">{} \\ {}</th>",
            self.caption.html(),
            escape(&self.number_name),
            escape(&self.row_name),
            escape(&self.column_name)
        );
        for column in &self.columns {
            let _ = write!(html, "<th scope=\"col\">{}</th>", escape(column));
        }
        html.push_str("</tr></thead>\n<tbody>");
        for (name, cells) in &self.rows {
            let _ = write!(html, "<tr><th scope=\"row\">{}</th>", escape(name));
            for column in 0..self.columns.len() {
                write_cell(html, cells.get(column).and_then(Option::as_ref));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table></div>\n");
    }
}

fn write_cell(html: &mut String, cell: Option<&HeatCell>) {
    let Some(cell) = cell else {
        html.push_str("<td class=\"absent\">–</td>");
        return;
    };
    let title =
        if cell.detail.is_empty() { String::new() } else { format!(" title=\"{}\"", escape(&cell.detail)) };
    let _ = write!(
        html,
        "<td class=\"{}\"{title}><b>{}</b><br><small>{}</small></td>",
        cell.verdict.tone.class(),
        significant(cell.number, 3),
        escape(&cell.verdict.label)
    );
}
