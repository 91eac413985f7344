//! Text in pictures, drawn in an embedded face so that no font of the system matters.

use crate::ReportError;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, TextStyle, register_font};
use std::sync::OnceLock;

const FAMILY: &str = "DejaVu Sans";
const FACE: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");

/// One piece of text and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) text: String,
    /// Size of the em in pixels.
    pub(crate) size: u32,
    /// The point of the picture that `anchor` of the text stands on, in pixels from the top left.
    pub(crate) at: (i32, i32),
    pub(crate) anchor: Anchor,
    /// Reads from bottom to top.
    pub(crate) upright: bool,
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
pub(crate) fn ink(width: usize, height: usize, labels: &[Label]) -> Result<Vec<u8>, ReportError> {
    register();
    let mut rgb = vec![255u8; width * height * 3];
    {
        let backend = BitMapBackend::with_buffer(&mut rgb, (width as u32, height as u32));
        let area = backend.into_drawing_area();
        for label in labels {
            area.draw_text(&label.text, &style(label), label.at).map_err(|e| fault(label, &e))?;
        }
        area.present().map_err(|e| ReportError::Lettering { text: String::new(), reason: e.to_string() })?;
    }
    Ok(rgb.chunks_exact(3).map(|pixel| 255 - pixel[1]).collect())
}

/// Width of `text` in pixels at `size`.
pub(crate) fn width(text: &str, size: u32) -> Result<usize, ReportError> {
    register();
    let style = TextStyle::from((FAMILY, size));
    let (width, _) = style
        .font
        .box_size(text)
        .map_err(|e| ReportError::Lettering { text: text.into(), reason: e.to_string() })?;
    Ok(width as usize)
}

/// `text` broken at spaces into lines of at most `room` pixels; a longer word keeps its own line.
pub(crate) fn wrap(text: &str, size: u32, room: usize) -> Result<Vec<String>, ReportError> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer {
            Some(longer) if width(&longer, size)? <= room => {
                lines.pop();
                lines.push(longer);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    Ok(lines)
}

fn style(label: &Label) -> TextStyle<'static> {
    let (h, v) = match label.anchor {
        Anchor::TopLeft => (HPos::Left, VPos::Top),
        Anchor::TopCentre => (HPos::Center, VPos::Top),
        Anchor::MiddleLeft => (HPos::Left, VPos::Center),
        Anchor::MiddleRight => (HPos::Right, VPos::Center),
        Anchor::Middle => (HPos::Center, VPos::Center),
    };
    let style = TextStyle::from((FAMILY, label.size)).color(&BLACK).pos(Pos::new(h, v));
    if label.upright { style.transform(FontTransform::Rotate270) } else { style }
}

fn fault(label: &Label, error: &dyn std::fmt::Display) -> ReportError {
    ReportError::Lettering { text: label.text.clone(), reason: error.to_string() }
}

/// Registers the face once a process; a failure shows itself as a typed fault of the first text.
fn register() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let _ = register_font(FAMILY, FontStyle::Normal, FACE);
    });
}
