//! Text in pictures, drawn in an embedded face so that no font of the system matters.

use crate::ReportError;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{TextStyle, register_font};
use std::sync::OnceLock;

const FAMILY: &str = "DejaVu Sans";
const FACE: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");
/// Letters are placed on a grid this many times finer than the pixels, then averaged: the drawing
/// library rounds every letter to a whole pixel, which at 12 pixels spaces words unevenly.
const FINE: usize = 4;

/// One piece of text and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) text: String,
    /// Height of a line in pixels.
    pub(crate) size: u32,
    /// The point of the picture that `anchor` of the text stands on, in pixels from the top left.
    pub(crate) at: (usize, usize),
    pub(crate) anchor: Anchor,
}

/// The point of a piece of text that its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    TopLeft,
    TopCentre,
    MiddleLeft,
    MiddleRight,
    Middle,
}

/// Ink of every pixel of a `width` × `height` picture that holds `labels`: 0 is paper, 255 ink.
/// What does not fit is cut off.
pub(crate) fn ink(width: usize, height: usize, labels: &[Label]) -> Result<Vec<u8>, ReportError> {
    let mut picture = vec![0u8; width * height];
    for label in labels {
        let stamp = Stamp::of(&label.text, label.size)?;
        let (left, top) = stamp.corner(label);
        for row in 0..stamp.height {
            for column in 0..stamp.width {
                let (x, y) = (left + column as i64, top + row as i64);
                if (0..width as i64).contains(&x) && (0..height as i64).contains(&y) {
                    let pixel = &mut picture[y as usize * width + x as usize];
                    *pixel = (*pixel).max(stamp.ink[row * stamp.width + column]);
                }
            }
        }
    }
    Ok(picture)
}

/// Width of `text` in pixels at `size`.
pub(crate) fn width(text: &str, size: u32) -> Result<usize, ReportError> {
    let (width, _) = style(size).font.box_size(text).map_err(|e| fault(text, &e))?;
    Ok((width as usize).div_ceil(FINE))
}

/// `text` broken at spaces into lines of at most `room` pixels; a longer word, as of a path, within itself.
pub(crate) fn wrap(text: &str, size: u32, room: usize) -> Result<Vec<String>, ReportError> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer {
            Some(longer) if width(&longer, size)? <= room => {
                lines.pop();
                lines.push(longer);
            }
            _ => broken(word, size, room, &mut lines)?,
        }
    }
    Ok(lines)
}

/// A word in lines of its own, each as long as the room takes, at least one letter.
fn broken(word: &str, size: u32, room: usize, lines: &mut Vec<String>) -> Result<(), ReportError> {
    lines.push(String::new());
    for letter in word.chars() {
        let line = lines.last().map_or_else(String::new, |line| format!("{line}{letter}"));
        if line.chars().count() > 1 && width(&line, size)? > room {
            lines.push(letter.to_string());
        } else {
            lines.pop();
            lines.push(line);
        }
    }
    Ok(())
}

/// `text` with its middle left out where it is longer than `room` pixels.
pub(crate) fn shortened(text: &str, size: u32, room: usize) -> Result<String, ReportError> {
    let letters: Vec<char> = text.chars().collect();
    let mut shown = text.to_owned();
    let mut kept = letters.len();
    while kept > 2 && width(&shown, size)? > room {
        kept -= 1;
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let (head, tail) = (letters[..head].iter(), letters[letters.len() - tail..].iter());
        shown = head.chain(&['…']).chain(tail).collect();
    }
    Ok(shown)
}

/// The ink of one piece of text.
struct Stamp {
    width: usize,
    height: usize,
    ink: Vec<u8>,
}

impl Stamp {
    fn of(text: &str, size: u32) -> Result<Self, ReportError> {
        let (width, height) = (width(text, size)? + 2, size as usize + size as usize / 2);
        let (wide, high) = (width * FINE, height * FINE);
        let mut rgb = vec![255u8; wide * high * 3];
        {
            let area = BitMapBackend::with_buffer(&mut rgb, (wide as u32, high as u32)).into_drawing_area();
            // The library puts the baseline half a line below this point.
            let down = (size as usize * FINE * 3 / 10) as i32;
            area.draw_text(text, &style(size), (0, down)).map_err(|e| fault(text, &e))?;
            area.present().map_err(|e| fault(text, &e))?;
        }
        let mean = |pixel: usize| {
            let (x, y) = (pixel % width * FINE, pixel / width * FINE);
            let paper = |k: usize| usize::from(rgb[((y + k / FINE) * wide + x + k % FINE) * 3]);
            255 - ((0..FINE * FINE).map(paper).sum::<usize>() / (FINE * FINE)) as u8
        };
        let ink = (0..width * height).map(mean).collect();
        Ok(Self { width, height, ink })
    }

    /// The top left pixel of the stamp, so that the anchor meets the label's position.
    fn corner(&self, label: &Label) -> (i64, i64) {
        let (x, y) = (label.at.0 as i64, label.at.1 as i64);
        let width = self.width as i64 - 2;
        let left = match label.anchor {
            Anchor::TopLeft | Anchor::MiddleLeft => x,
            Anchor::TopCentre | Anchor::Middle => x - width / 2,
            Anchor::MiddleRight => x - width,
        };
        let top = match label.anchor {
            Anchor::TopLeft | Anchor::TopCentre => y,
            Anchor::MiddleLeft | Anchor::MiddleRight | Anchor::Middle => y - middle(label.size),
        };
        (left, top)
    }
}

/// Rows from the top of a stamp to the middle of its digits.
fn middle(size: u32) -> i64 {
    i64::from(size) / 2
}

fn style(size: u32) -> TextStyle<'static> {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    // A face that cannot be registered shows itself as a typed fault of the first text.
    REGISTERED.get_or_init(|| drop(register_font(FAMILY, FontStyle::Normal, FACE)));
    TextStyle::from((FAMILY, size * FINE as u32)).color(&BLACK).pos(Pos::new(HPos::Left, VPos::Top))
}

fn fault(text: &str, error: &dyn std::fmt::Display) -> ReportError {
    ReportError::Lettering { text: text.into(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows, or columns, of a picture that hold ink.
    fn inked(ink: &[u8], width: usize, of: impl Fn(usize) -> usize) -> (usize, usize) {
        let places = || (0..ink.len()).filter(|&i| ink[i] > 40).map(&of);
        assert!(places().count() > 0 && width > 0);
        (places().min().unwrap(), places().max().unwrap())
    }

    /// The middle of an even number of rows lies between two pixels, and blur adds another.
    #[test]
    fn anchors_hold_the_middle_of_digits() {
        for size in [14, 19] {
            for (anchor, left, right) in
                [(Anchor::MiddleLeft, 60, 72), (Anchor::Middle, 54, 66), (Anchor::MiddleRight, 48, 60)]
            {
                let label = Label { text: "0".into(), size, at: (60, 30), anchor };
                let ink = ink(120, 60, &[label]).unwrap();
                let (top, bottom) = inked(&ink, 120, |i| i / 120);
                assert!((top + bottom).abs_diff(60) <= 2, "{size}: rows {top} to {bottom}");
                let (first, last) = inked(&ink, 120, |i| i % 120);
                assert!(first + 1 >= left && last <= right + 1, "{size} {anchor:?}: {first} to {last}");
            }
        }
    }

    #[test]
    fn text_beyond_the_border_is_cut_and_not_a_fault() {
        let label = |at, anchor| Label { text: "0.125".into(), size: 14, at, anchor };
        let ink = ink(20, 20, &[label((0, 0), Anchor::Middle), label((19, 19), Anchor::TopLeft)]).unwrap();
        assert_eq!(ink.len(), 400);
        assert!(ink.iter().any(|&i| i > 0));
    }

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let text = "vorticity from -1.75e12 to 1.75e12, 100 % of cells beyond the colour scale";
        let lines = wrap(text, 14, 180).unwrap();
        assert!(lines.len() > 2);
        for line in &lines {
            assert!(width(line, 14).unwrap() <= 180, "{line}");
        }
        assert_eq!(lines.join(" "), text);
        let name = "network:data/networks/kolmogorov#3f0c2a9be1d44c07";
        let lines = wrap(&format!("under {name}"), 19, 340).unwrap();
        assert!(lines.iter().all(|line| width(line, 19).unwrap() <= 340), "{lines:?}");
        assert_eq!(lines.concat(), format!("under{name}"));
        let short = shortened(name, 14, 200).unwrap();
        assert!(
            width(&short, 14).unwrap() <= 200 && short.starts_with("network:") && short.ends_with("4c07")
        );
        assert_eq!(shortened("wiener", 14, 200).unwrap(), "wiener");
    }
}
