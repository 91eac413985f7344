//! The page: one HTML file that needs nothing else.

use crate::chart::Chart;
use crate::gallery::Gallery;
use crate::heat::HeatMap;
use crate::markup::escape;
use crate::table::Table;
use crate::viewer::Viewer;
use std::fmt::Write;

/// A whole report.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Title of the page.
    pub title: String,
    /// Opening paragraphs.
    pub lead: Vec<String>,
    /// Name and value of what the numbers rest on: versions, arguments, checksums, machine.
    pub facts: Vec<(String, String)>,
    /// The sections, such as one per dataset and protocol.
    pub sections: Vec<Section>,
    /// Name and text of every definition and threshold.
    pub notes: Vec<(String, String)>,
}

/// One section of a [`Page`].
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What it holds, in order.
    pub blocks: Vec<Block>,
}

/// One part of a [`Section`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// Pictures.
    Gallery(Gallery),
    /// States and numbers.
    HeatMap(HeatMap),
    /// Lines.
    Chart(Chart),
    /// A table that sorts and filters.
    Table(Table),
    /// Layers to look through.
    Viewer(Viewer),
}

/// The HTML of `page`: pictures as data URIs, style and script inline, nothing fetched from
/// anywhere, every text escaped. The same page gives the same bytes.
pub fn page(page: &Page) -> String {
    let mut html = String::new();
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{0}</title>\n<style>\n{1}</style>\n</head>\n\
         <body>\n<header>\n<button type=\"button\" id=\"theme\" hidden>Dark</button>\n<h1>{0}</h1>\n",
        escape(&page.title),
        include_str!("page.css")
    );
    for paragraph in &page.lead {
        let _ = writeln!(html, "<p>{}</p>", escape(paragraph));
    }
    write_facts(&page.facts, &mut html);
    html.push_str("</header>\n<nav aria-label=\"Sections\"><ul>\n");
    for (index, section) in page.sections.iter().enumerate() {
        let _ = writeln!(html, "<li><a href=\"#s{index}\">{}</a></li>", escape(&section.title));
    }
    html.push_str("<li><a href=\"#notes\">Definitions</a></li>\n</ul></nav>\n<main>\n");
    for (index, section) in page.sections.iter().enumerate() {
        write_section(index, section, &mut html);
    }
    write_notes(&page.notes, &mut html);
    let _ = write!(html, "</main>\n<script>\n{}</script>\n</body>\n</html>\n", include_str!("page.js"));
    html
}

fn write_facts(facts: &[(String, String)], html: &mut String) {
    html.push_str("<details open><summary>How this was made</summary><table class=\"facts\"><tbody>\n");
    for (name, value) in facts {
        let _ = writeln!(html, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape(name), escape(value));
    }
    html.push_str("</tbody></table></details>\n");
}

fn write_section(index: usize, section: &Section, html: &mut String) {
    let _ = writeln!(
        html,
        "<section aria-labelledby=\"s{index}\"><h2 id=\"s{index}\">{}</h2>",
        escape(&section.title)
    );
    for (place, block) in section.blocks.iter().enumerate() {
        match block {
            Block::Text(text) => {
                let _ = writeln!(html, "<p>{}</p>", escape(text));
            }
            Block::Gallery(gallery) => gallery.write(html),
            Block::HeatMap(map) => map.write(html),
            Block::Chart(chart) => chart.write(&format!("s{index}-{place}"), html),
            Block::Table(table) => table.write(html),
            Block::Viewer(viewer) => viewer.write(&format!("v{index}-{place}"), html),
        }
    }
    html.push_str("</section>\n");
}

fn write_notes(notes: &[(String, String)], html: &mut String) {
    html.push_str("<section aria-labelledby=\"notes\"><h2 id=\"notes\">Definitions</h2><dl>\n");
    for (name, text) in notes {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(text));
    }
    html.push_str("</dl></section>\n");
}
