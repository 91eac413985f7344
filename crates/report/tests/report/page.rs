//! The page: self-contained, escaped, well formed, readable without colour or sight.

use equipoise_field::{Axis, Boundary, Grid};
use equipoise_report::{
    Block, Caption, Chart, Gallery, Head, HeatCell, HeatMap, Image, Page, Picture, Quantity, Scale, Scene,
    Section, Series, Shown, Table, Tone, Verdict, Viewer, page,
};

/// A name that breaks out of text and of attributes when it is not escaped.
const HOSTILE: &str = "<script>\"'&</td></table>";
const ESCAPED: &str = "&lt;script&gt;&quot;&#39;&amp;&lt;/td&gt;&lt;/table&gt;";

fn caption(word: &str) -> Caption {
    Caption { text: word.into(), space: word.into(), n_convention: word.into() }
}

fn blocks(word: &str) -> Vec<Block> {
    let text = || word.to_owned();
    let verdict = Verdict { label: text(), tone: Tone::Broken };
    let image = Image { png: b"foobar".to_vec(), width: 64, height: 32 };
    let picture = Picture { image, alt: text(), caption: text(), verdict: Some(verdict.clone()) };
    let heat = HeatCell { verdict: verdict.clone(), number: 1e12, detail: text() };
    vec![
        Block::Text(text()),
        Block::Gallery(Gallery {
            caption: text(),
            limit: 5.0,
            unit: text(),
            quantity: Quantity::VORTICITY,
            references: vec![picture.clone()],
            row_name: text(),
            columns: vec![text(), text()],
            rows: vec![(text(), vec![Some(picture), None])],
        }),
        Block::HeatMap(HeatMap {
            caption: caption(word),
            row_name: text(),
            column_name: text(),
            number_name: text(),
            columns: vec![text(), text()],
            rows: vec![(text(), vec![Some(heat)])],
        }),
        Block::Chart(Chart {
            caption: caption(word),
            x_name: text(),
            y_name: text(),
            y_scale: Scale::Log,
            y_bounds: (1e-3, 1e6),
            reference: Some((1.0, text())),
            series: vec![Series { name: text(), points: vec![(0.0, 1.0), (1.0, f64::NAN), (0.5, 3.0)] }],
        }),
        Block::Table(
            Table::new(
                vec![Head::new(text(), text()); 5],
                vec![vec![text().into(), 640_000usize.into(), f64::NAN.into(), verdict.into()]],
            )
            .captioned(caption(word)),
        ),
        Block::Viewer(viewer(word)),
    ]
}

fn viewer(word: &str) -> Viewer {
    let scene = Scene {
        caption: word.into(),
        sides: [2, 3],
        grid: Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary: Boundary::Open },
        limit: 1.0,
        unit: word.into(),
        quantity: Quantity::VORTICITY,
        frames: vec![word.into(); 2],
        members: vec![word.into()],
        solid: None,
    };
    Viewer::draw(scene, vec![("truth", Shown::Frames(vec![vec![0.5; 6]; 2]))]).unwrap()
}

fn whole(word: &str) -> String {
    let section = Section { title: word.into(), blocks: blocks(word) };
    page(&Page {
        title: word.into(),
        lead: vec![word.into()],
        facts: vec![(word.into(), word.into())],
        sections: vec![section.clone(), section],
        notes: vec![(word.into(), word.into())],
    })
}

/// The tags of a page without its style and script, in order, without brackets.
fn tags(html: &str) -> Vec<&str> {
    let body = html.split_once("<body>").expect("a body").1.split_once("<script>").expect("a script").0;
    body.split('<').skip(1).map(|piece| piece.split_once('>').expect("a closed tag").0).collect()
}

#[test]
fn every_text_is_escaped_everywhere() {
    let html = whole(HOSTILE);
    assert!(!html.contains(HOSTILE));
    assert_eq!(html.matches("<script>").count(), 1, "the page's own");
    let (clean, marked) = (whole("word").matches("word").count(), html.matches(ESCAPED).count());
    assert_eq!(marked, clean, "texts that arrive escaped against texts that arrive at all");
}

#[test]
fn nothing_is_fetched_from_anywhere() {
    let html = whole("word");
    // The numbers of pictures may spell anything.
    let pieces = html.split("data:image/png;base64,").enumerate();
    let words: String =
        pieces.map(|(k, piece)| if k == 0 { piece } else { piece.split_once('"').unwrap().1 }).collect();
    for forbidden in ["http", "//", "@import", "<link", "<iframe", "<object", "@font-face"] {
        assert!(!words.contains(forbidden), "{forbidden}");
    }
    for (start, allowed) in [("src=\"", "data:image/png;base64,"), ("href=\"", "#"), ("url(", "#")] {
        for piece in html.split(start).skip(1) {
            assert!(piece.starts_with(allowed), "{start}{}", &piece[..20]);
        }
    }
}

#[test]
fn pictures_are_inside() {
    assert_eq!(whole("word").matches("data:image/png;base64,Zm9vYmFy\"").count(), 4);
}

#[test]
fn tags_are_balanced() {
    let html = whole(HOSTILE);
    let mut open: Vec<&str> = vec!["body"];
    for tag in tags(&html) {
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else if !tag.ends_with('/') && !["img", "br", "meta", "input"].contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, ["body"]);
}

#[test]
fn identifiers_are_unique_and_every_reference_has_its_target() {
    let html = whole("word");
    let values = |start: &str| -> Vec<String> {
        html.split(start).skip(1).map(|piece| piece.split(['"', ')']).next().unwrap().to_owned()).collect()
    };
    let ids = values(" id=\"");
    let distinct: std::collections::HashSet<&String> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len());
    for reference in ["href=\"#", "aria-labelledby=\"", "url(#"].iter().flat_map(|start| values(start)) {
        assert!(distinct.contains(&reference), "{reference}");
    }
}

#[test]
fn words_stand_beside_every_picture_and_colour() {
    let html = whole("word");
    let tags = tags(&html);
    // What a script cuts its tiles out of is never shown; the canvas has the words.
    let shown = |t: &&&str| t.starts_with("img") && !t.contains(" hidden");
    assert!(tags.iter().filter(shown).all(|t| t.contains("alt=\"word\"")));
    assert!(tags.iter().filter(|t| t.starts_with("canvas")).all(|t| t.contains("aria-label=\"truth\"")));
    assert!(tags.iter().filter(|t| t.starts_with("th ")).all(|t| t.contains("scope=\"")));
    assert!(!tags.contains(&"th"));
    assert_eq!(html.matches("role=\"img\" aria-labelledby").count(), html.matches("<svg").count());
    assert!(html.contains("<td class=\"broken\" title=\"word\"><b>1.00e12</b><br><small>word</small></td>"));
}

#[test]
fn every_table_of_results_states_space_and_count_of_observations() {
    let html = whole("word");
    for kind in ["class=\"heat\"", "class=\"sortable\""] {
        for piece in html.split(kind).skip(1) {
            let caption = piece.split("</caption>").next().unwrap();
            assert!(caption.contains("Space: word. N: word."), "{caption}");
        }
    }
}

#[test]
fn the_same_page_gives_the_same_bytes() {
    assert_eq!(whole("word"), whole("word"));
}
