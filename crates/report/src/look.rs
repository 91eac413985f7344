//! How the lines of a chart look: colour, dash and marker together tell them apart.

use std::fmt::Write;

/// Colours of the lines: all have a contrast of at least 3 on white and on the dark page.
const COLOURS: [&str; 10] = [
    "#2f78d0", "#d1622b", "#1f9677", "#c0559a", "#a17c15", "#7a6bd6", "#5d8c2c", "#1689ad", "#d04848",
    "#7d7d7d",
];
const DASHES: [&str; 4] = ["", "9 4", "2 3", "10 3 2 3"];
const MARKERS: [Marker; 5] = [Marker::Disc, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::Cross];

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Marker {
    Disc,
    Square,
    Triangle,
    Diamond,
    Cross,
}

/// The look of one line.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    colour: &'static str,
    dash: &'static str,
    marker: Marker,
}

/// The look of line number `index`.
pub(crate) fn look(index: usize) -> Look {
    Look {
        colour: COLOURS[index % COLOURS.len()],
        dash: DASHES[index % DASHES.len()],
        marker: MARKERS[index % MARKERS.len()],
    }
}

/// The attributes that draw a path as this line.
pub(crate) fn stroke(look: &Look) -> String {
    format!("fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\"", look.colour, look.dash)
}

/// Draws the line's marker with its middle at (x, y).
pub(crate) fn write_marker(look: &Look, x: f64, y: f64, html: &mut String) {
    let shape = match look.marker {
        Marker::Disc => "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
        Marker::Square => "m-3.5-3.5h7v7h-7z",
        Marker::Triangle => "m0-4.5l4.5 8h-9z",
        Marker::Diamond => "m0-5l5 5l-5 5l-5-5z",
        Marker::Cross => "m-4-3l3 3l-3 3l1 1l3-3l3 3l1-1l-3-3l3-3l-1-1l-3 3l-3-3z",
    };
    let _ = write!(html, "<path fill=\"{}\" d=\"M{x:.1} {y:.1}{shape}\"/>", look.colour);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::luminance;

    /// WCAG 2.2 asks 3:1 of graphics.
    #[test]
    fn every_colour_stands_out_on_white_and_on_the_dark_page() {
        let dark = luminance([0x16, 0x19, 0x1d]);
        for colour in COLOURS {
            let channel = |i: usize| u8::from_str_radix(&colour[i..i + 2], 16).unwrap();
            let own = luminance([channel(1), channel(3), channel(5)]);
            assert!(1.05 / (own + 0.05) >= 3.0, "{colour} on white");
            assert!((own + 0.05) / (dark + 0.05) >= 3.0, "{colour} on the dark page");
        }
    }

    #[test]
    fn ten_lines_differ_in_dash_and_marker_without_colour() {
        let looks: std::collections::HashSet<(&str, Marker)> =
            (0..10).map(|i| (look(i).dash, look(i).marker)).collect();
        assert_eq!(looks.len(), 10);
    }
}
