//! The labelled layout of a picture: title, frames, axes, colour bar.

use crate::ReportError;
use crate::colour::{LEVELS, STEPS};
use crate::indexed::{INK, Image, Indexed};
use crate::lettering::{Anchor, Label, ink, shortened, width, wrap};
use crate::orientation::View;
use crate::panel::{Panel, Quantity};
use crate::significant;
use crate::ticks;

const TITLE: u32 = 19;
const TEXT: u32 = 14;
const LINE: usize = 19;
const MARGIN: usize = 10;
/// Pixels that the longer side of a frame is to come near.
const FRAME_SIDE: usize = 400;
const SQUARE_SIDE: usize = 256;
/// Room for the name and the numbers of the y axis.
const Y_AXIS: usize = 56;
/// Room for the name and the numbers of the x axis.
const X_AXIS: usize = 40;
const FRAME_LABEL: usize = 26;
const BETWEEN: usize = 14;
const BAR: usize = 16;
const BAR_GAP: usize = 22;
const TICK: usize = 4;

/// Where everything of a picture stands, in pixels.
struct Layout {
    cell: (usize, usize),
    frame: (usize, usize),
    columns: usize,
    rows: usize,
    title: Vec<String>,
    notes: Vec<String>,
    bar_ticks: Vec<(f64, String)>,
    bar_room: usize,
    width: usize,
    height: usize,
}

impl Panel<'_> {
    /// The labelled picture: title, true range, frame labels, axes in the grid's unit of length from
    /// the corner of the first cell, colour bar. A cell is a block of whole pixels. What dots are beside another
    /// quantity than vorticity, the title has to say.
    ///
    /// # Errors
    /// [`ReportError`] when a length, an observed point, the limit or a spacing is wrong, or the
    /// text cannot be drawn.
    pub fn picture(&self, quantity: Quantity<'_>) -> Result<Image, ReportError> {
        draw(self, &self.view()?, quantity)?.encode()
    }
}

/// Draws the labelled picture of a checked panel.
fn draw(panel: &Panel<'_>, view: &View, quantity: Quantity<'_>) -> Result<Indexed, ReportError> {
    let layout = Layout::new(panel, view, quantity)?;
    let mut image = Indexed::new(layout.width, layout.height);
    let mut labels = layout.headings();
    for index in 0..panel.frames.len() {
        let at = layout.frame_at(index);
        panel.paint(view, index, at, layout.cell, &mut image);
        outline(&mut image, at, layout.frame);
        labels.push(Label {
            text: shortened(&panel.frames[index].label, TEXT, layout.frame.0 + BETWEEN - 4)?,
            size: TEXT,
            at: (at.0 + layout.frame.0 / 2, at.1 - FRAME_LABEL + 8),
            anchor: Anchor::TopCentre,
        });
        if index % layout.columns == 0 {
            layout.y_axis(view, at, &mut image, &mut labels);
        }
        if index + layout.columns >= panel.frames.len() {
            layout.x_axis(view, at, &mut image, &mut labels);
        }
    }
    layout.colour_bar(bar_title(panel, quantity), &mut image, &mut labels);
    image.print(&ink(layout.width, layout.height, &labels)?);
    Ok(image)
}

impl Layout {
    fn new(panel: &Panel<'_>, view: &View, quantity: Quantity<'_>) -> Result<Self, ReportError> {
        let elongated = view.extent.0.max(view.extent.1) > 1.5 * view.extent.0.min(view.extent.1);
        let cell = view.pixels(if elongated { FRAME_SIDE } else { SQUARE_SIDE });
        let frame = (view.nx * cell.0, view.ny * cell.1);
        let (columns, rows) = panel.arrangement(frame, 2);
        let limit = panel.limit;
        let low = if quantity.signed { -1.0 } else { 0.0 };
        let share = |k: u32| low + (1.0 - low) * f64::from(k) / 4.0;
        let bar_ticks: Vec<(f64, String)> =
            (0..=4).rev().map(|k| (share(k), significant(share(k) * limit, 3))).collect();
        let mut bar_room = width(&bar_title(panel, quantity), TEXT)?;
        for (_, text) in &bar_ticks {
            bar_room = bar_room.max(BAR + TICK + 4 + width(text, TEXT)?);
        }
        let right = Y_AXIS + columns * frame.0 + (columns - 1) * BETWEEN;
        let width = (MARGIN + right + BAR_GAP + bar_room + MARGIN).max(360);
        let title = wrap(&panel.title, TITLE, width - 2 * MARGIN)?;
        let notes = wrap(&note(panel, quantity), TEXT, width - 2 * MARGIN)?;
        let head = MARGIN + title.len() * (LINE + 4) + notes.len() * LINE;
        let height = head + rows * (FRAME_LABEL + frame.1) + X_AXIS + MARGIN;
        Ok(Self { cell, frame, columns, rows, title, notes, bar_ticks, bar_room, width, height })
    }

    fn top(&self) -> usize {
        MARGIN + self.title.len() * (LINE + 4) + self.notes.len() * LINE
    }

    fn frame_at(&self, index: usize) -> (usize, usize) {
        let (column, row) = (index % self.columns, index / self.columns);
        let x = MARGIN + Y_AXIS + column * (self.frame.0 + BETWEEN);
        (x, self.top() + row * (FRAME_LABEL + self.frame.1) + FRAME_LABEL)
    }

    fn headings(&self) -> Vec<Label> {
        let line = |text: &String, size, y: usize| Label {
            text: text.clone(),
            size,
            at: (MARGIN, y),
            anchor: Anchor::TopLeft,
        };
        let below = MARGIN + self.title.len() * (LINE + 4);
        let title = self.title.iter().enumerate().map(|(k, t)| line(t, TITLE, MARGIN + k * (LINE + 4)));
        title.chain(self.notes.iter().enumerate().map(|(k, t)| line(t, TEXT, below + k * LINE))).collect()
    }

    fn x_axis(&self, view: &View, at: (usize, usize), image: &mut Indexed, labels: &mut Vec<Label>) {
        let bottom = at.1 + self.frame.1;
        for tick in ticks::linear(0.0, view.extent.0, (self.frame.0 / 60).max(1)) {
            let x = at.0 + (tick.value / view.extent.0 * self.frame.0 as f64).round() as usize;
            image.fill((x, bottom), (1, TICK), INK);
            labels.push(label(tick.label, (x, bottom + TICK + 2), Anchor::TopCentre));
        }
        labels.push(label("x".into(), (at.0 + self.frame.0 / 2, bottom + TICK + 18), Anchor::TopCentre));
    }

    fn y_axis(&self, view: &View, at: (usize, usize), image: &mut Indexed, labels: &mut Vec<Label>) {
        for tick in ticks::linear(0.0, view.extent.1, (self.frame.1 / 40).max(1)) {
            let down = (tick.value / view.extent.1 * self.frame.1 as f64).round() as usize;
            let y = at.1 + self.frame.1 - down;
            image.fill((at.0 - TICK, y), (TICK, 1), INK);
            labels.push(label(tick.label, (at.0 - TICK - 3, y), Anchor::MiddleRight));
        }
        labels.push(Label {
            text: "y".into(),
            size: TEXT,
            at: (MARGIN + 8, at.1 + self.frame.1 / 2),
            anchor: Anchor::Middle,
        });
    }

    fn colour_bar(&self, title: String, image: &mut Indexed, labels: &mut Vec<Label>) {
        let left = self.width - MARGIN - self.bar_room;
        let (top, bottom) =
            (self.frame_at(0).1, self.frame_at((self.rows - 1) * self.columns).1 + self.frame.1);
        let span = bottom - top;
        let lowest = self.bar_ticks.last().map_or(-1.0, |(share, _)| *share);
        let first = if lowest < 0.0 { 0 } else { STEPS };
        for y in 0..span {
            let level = first + (span - 1 - y) * (LEVELS - first) / span;
            image.fill((left, top + y), (BAR, 1), level as u8);
        }
        outline(image, (left, top), (BAR, span));
        for (position, text) in &self.bar_ticks {
            let y = top + ((1.0 - position) / (1.0 - lowest) * (span - 1) as f64).round() as usize;
            image.fill((left + BAR, y), (TICK, 1), INK);
            labels.push(label(text.clone(), (left + BAR + TICK + 4, y), Anchor::MiddleLeft));
        }
        labels.push(label(title, (left, top - FRAME_LABEL + 3), Anchor::TopLeft));
    }
}

fn label(text: String, at: (usize, usize), anchor: Anchor) -> Label {
    Label { text, size: TEXT, at, anchor }
}

fn bar_title(panel: &Panel<'_>, quantity: Quantity<'_>) -> String {
    let symbol = quantity.symbol;
    if panel.unit.is_empty() { symbol.into() } else { format!("{symbol} [{}]", panel.unit) }
}

fn note(panel: &Panel<'_>, quantity: Quantity<'_>) -> String {
    let mut text = panel.summary(quantity);
    let dotted = panel.frames.iter().find(|frame| !frame.observed.is_empty());
    if let Some(frame) = dotted.filter(|_| quantity == Quantity::VORTICITY) {
        text += &format!("; dots: the {} observed points of a frame", frame.observed.len());
    }
    if panel.solid.is_some() {
        text += "; grey: solid";
    }
    text
}

/// A hairline just outside a rectangle.
fn outline(image: &mut Indexed, at: (usize, usize), size: (usize, usize)) {
    let (left, top) = (at.0 - 1, at.1 - 1);
    image.fill((left, top), (size.0 + 2, 1), INK);
    image.fill((left, top + size.1 + 1), (size.0 + 2, 1), INK);
    image.fill((left, top), (1, size.1 + 2), INK);
    image.fill((left + size.0 + 1, top), (1, size.1 + 2), INK);
}
