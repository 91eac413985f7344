//! Pictures in rows and columns on one colour scale, inside the page.

use crate::base64;
use crate::colour::ANCHORS;
use crate::indexed::Image;
use crate::markup::escape;
use crate::panel::Quantity;
use crate::significant;
use crate::verdict::Verdict;
use std::fmt::Write;

/// Width in pixels that small pictures are enlarged towards, by whole factors.
const SHOWN_WIDTH: usize = 300;

/// A picture with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The picture.
    pub image: Image,
    /// What a reader who cannot see the picture is told.
    pub alt: String,
    /// The line below the picture; may be empty.
    pub caption: String,
    /// The state shown before the caption.
    pub verdict: Option<Verdict>,
}

/// Reference pictures, then one row of pictures per law and one column per sub.
#[derive(Clone, Debug, PartialEq)]
pub struct Gallery {
    /// What is shown.
    pub caption: String,
    /// The colour scale of every picture ends at ±`limit`.
    pub limit: f64,
    /// Unit of what is shown; empty for none.
    pub unit: String,
    /// What the pictures show.
    pub quantity: Quantity<'static>,
    /// Labelled pictures shown first at full size, such as the truth.
    pub references: Vec<Picture>,
    /// What the rows are, such as `"law"`.
    pub row_name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Name and pictures of every row; a missing picture stays blank.
    pub rows: Vec<(String, Vec<Option<Picture>>)>,
}

impl Gallery {
    /// Pictures at full size, without rows.
    pub fn of(references: Vec<Picture>) -> Self {
        let (caption, limit, unit, row_name) = Default::default();
        let (quantity, columns, rows) = (Quantity::VORTICITY, Vec::new(), Vec::new());
        Self { caption, limit, unit, quantity, references, row_name, columns, rows }
    }

    pub(crate) fn write(&self, html: &mut String) {
        html.push_str("<div class=\"references\">");
        for picture in &self.references {
            picture.write(1, html);
        }
        html.push_str("</div>\n");
        if self.rows.is_empty() {
            return;
        }
        write_scale(self.quantity, self.limit, &self.unit, html);
        let _ = write!(
            html,
            "<div class=\"scroll\"><table class=\"gallery\"><caption>{}</caption>\n<thead><tr><th scope=\"col\">{}</th>",
            escape(&self.caption),
            escape(&self.row_name)
        );
        for column in &self.columns {
            let _ = write!(html, "<th scope=\"col\">{}</th>", escape(column));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for (name, pictures) in &self.rows {
            let _ = write!(html, "<tr><th scope=\"row\">{}</th>", escape(name));
            for column in 0..self.columns.len() {
                html.push_str("<td>");
                match pictures.get(column).and_then(Option::as_ref) {
                    Some(picture) => picture.write(enlargement(picture.image.width), html),
                    None => html.push('–'),
                }
                html.push_str("</td>");
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table></div>\n");
    }
}

/// What the colours are.
pub(crate) fn write_scale(quantity: Quantity<'_>, limit: f64, unit: &str, html: &mut String) {
    let stops: Vec<String> = ANCHORS.iter().map(|[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}")).collect();
    let unit = if unit.is_empty() { String::new() } else { format!(" [{}]", escape(unit)) };
    let limit = significant(limit, 3);
    let _ = writeln!(
        html,
        "<p class=\"scale\">{} {}{unit}: <span>−{limit}</span>\
         <i style=\"background:linear-gradient(90deg,{})\"></i><span>{limit}</span> \
         <b class=\"solid\"></b> solid <b class=\"wild\"></b> not finite. \
         Values beyond the scale take its end colours; x to the right, y up.</p>",
        escape(quantity.name),
        escape(quantity.symbol),
        stops.join(",")
    );
}

impl Picture {
    /// A picture that shows no state.
    pub fn new(image: Image, alt: impl Into<String>, caption: impl Into<String>) -> Self {
        Self { image, alt: alt.into(), caption: caption.into(), verdict: None }
    }

    fn write(&self, enlargement: usize, html: &mut String) {
        let _ = write!(
            html,
            "<figure><img{} width=\"{}\" height=\"{}\" alt=\"{}\" src=\"data:image/png;base64,",
            if enlargement > 1 { " class=\"enlarged\"" } else { "" },
            self.image.width * enlargement,
            self.image.height * enlargement,
            escape(&self.alt)
        );
        base64::encode_into(&self.image.png, html);
        html.push_str("\">");
        let verdict = self.verdict.as_ref().map_or_else(String::new, |v| v.html() + " ");
        if !(verdict.is_empty() && self.caption.is_empty()) {
            let _ = write!(html, "<figcaption>{verdict}{}</figcaption>", escape(&self.caption));
        }
        html.push_str("</figure>");
    }
}

/// The whole factor that brings `width` pixels nearest to [`SHOWN_WIDTH`] without passing it.
fn enlargement(width: usize) -> usize {
    (SHOWN_WIDTH / width.max(1)).max(1)
}
