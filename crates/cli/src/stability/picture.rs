//! A map of numbers on a logarithmic scale as a PNG, with the verdicts' border drawn in.

use anyhow::{Context, anyhow};
use equipoise_report::significant;
use equipoise_stability::{EXPLODES_ABOVE, STABLE_UP_TO, TRANSIENT_ABOVE, Verdict};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

const FAMILY: &str = "stability map";
const FACE: &[u8] = include_bytes!("../../../report/fonts/DejaVuSans.ttf");

const CELL: (i32, i32) = (52, 34);
const LEFT: i32 = 92;
const TOP: i32 = 78;
const BELOW: i32 = 62;
const RIGHT: i32 = 150;
const BAR: i32 = 18;
/// The narrowest picture that holds the legend.
const NARROWEST: i32 = 640;
/// The largest power of ten that has a colour of its own.
const DECADES: f64 = 6.0;

/// From harmless to fatal; lightness falls all the way (ColorBrewer YlOrRd with a dark end).
const COLOURS: [(u8, u8, u8); 7] = [
    (255, 255, 229),
    (254, 217, 118),
    (254, 178, 76),
    (240, 98, 50),
    (200, 20, 32),
    (128, 0, 38),
    (50, 0, 20),
];

/// One axis: its name and a mark for each row or column.
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) marks: Vec<String>,
}

/// The numbers, row by row from the top, each with its verdict.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) cells: Vec<Vec<(f64, Verdict)>>,
}

/// A labelled map.
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) field: Field,
    pub(super) across: Axis,
    pub(super) down: Axis,
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>;

impl Picture {
    /// The bytes of the PNG.
    pub(super) fn png(&self) -> anyhow::Result<Vec<u8>> {
        // A face that cannot be registered shows itself as a fault of the first text.
        drop(register_font(FAMILY, FontStyle::Normal, FACE));
        let (rows, columns) = (self.down.marks.len() as i32, self.across.marks.len() as i32);
        let width = (LEFT + columns * CELL.0 + RIGHT).max(NARROWEST) as usize;
        let height = (TOP + rows * CELL.1 + BELOW) as usize;
        let mut pixels = vec![255u8; width * height * 3];
        {
            let area =
                BitMapBackend::with_buffer(&mut pixels, (width as u32, height as u32)).into_drawing_area();
            self.draw(&area).map_err(|fault| anyhow!("{}: cannot be drawn: {fault}", self.title))?;
        }
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().context("PNG")?;
        writer.write_image_data(&pixels).context("PNG")?;
        writer.finish().context("PNG")?;
        Ok(png)
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), Box<dyn std::error::Error>> {
        let cells = &self.field.cells;
        for (r, row) in cells.iter().enumerate() {
            for (c, &(value, _)) in row.iter().enumerate() {
                let [from, to] = corners(r, c);
                area.draw(&Rectangle::new([from, to], colour(value).filled()))?;
                let ink = if value.is_finite() && value < 300.0 { BLACK } else { WHITE };
                let at = (i32::midpoint(from.0, to.0), i32::midpoint(from.1, to.1));
                text(area, &short(value), at, 12, HPos::Center, &ink)?;
            }
        }
        let end = corners(cells.len(), self.across.marks.len())[0];
        area.draw(&Rectangle::new([(LEFT, TOP), end], BLACK.stroke_width(1)))?;
        self.borders(area)?;
        self.axes(area, end)?;
        bar(area, self.field.name, end)?;
        text(area, &self.title, (LEFT, 20), 17, HPos::Left, &BLACK)?;
        let scale = format!("{} on a logarithmic scale; black line: `explodes` begins", self.field.name);
        let verdicts = format!(
            "(above {EXPLODES_ABOVE}); dotted: `stable` ends, at {STABLE_UP_TO} or after a peak above {TRANSIENT_ABOVE}"
        );
        text(area, &scale, (LEFT, 42), 12, HPos::Left, &BLACK)?;
        text(area, &verdicts, (LEFT, 60), 12, HPos::Left, &BLACK)?;
        Ok(area.present()?)
    }

    /// Lines between cells on whose sides the verdicts differ.
    fn borders(&self, area: &Area<'_>) -> Result<(), Box<dyn std::error::Error>> {
        let cells = &self.field.cells;
        let verdict = |r: usize, c: usize| cells.get(r).and_then(|row| row.get(c)).map(|cell| cell.1);
        for r in 0..cells.len() {
            for c in 0..cells[r].len() {
                let [from, to] = corners(r, c);
                let right = [(to.0, from.1), to];
                let below = [(from.0, to.1), to];
                for (other, ends) in [(verdict(r, c + 1), right), (verdict(r + 1, c), below)] {
                    let (Some(own), Some(other)) = (verdict(r, c), other) else { continue };
                    if (own == Verdict::Explodes) != (other == Verdict::Explodes) {
                        area.draw(&PathElement::new(ends, BLACK.stroke_width(4)))?;
                    } else if (own == Verdict::Stable) != (other == Verdict::Stable) {
                        dotted(area, ends)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn axes(&self, area: &Area<'_>, end: (i32, i32)) -> Result<(), Box<dyn std::error::Error>> {
        for (c, mark) in self.across.marks.iter().enumerate() {
            let x = LEFT + c as i32 * CELL.0 + CELL.0 / 2;
            text(area, mark, (x, end.1 + 14), 12, HPos::Center, &BLACK)?;
        }
        for (r, mark) in self.down.marks.iter().enumerate() {
            let y = TOP + r as i32 * CELL.1 + CELL.1 / 2;
            text(area, mark, (LEFT - 8, y), 12, HPos::Right, &BLACK)?;
        }
        let middle = i32::midpoint(LEFT, end.0);
        text(area, self.across.name, (middle, end.1 + 40), 15, HPos::Center, &BLACK)?;
        text(area, self.down.name, (8, i32::midpoint(TOP, end.1)), 15, HPos::Left, &BLACK)
    }
}

/// Top left and bottom right of a cell.
fn corners(row: usize, column: usize) -> [(i32, i32); 2] {
    let from = (LEFT + column as i32 * CELL.0, TOP + row as i32 * CELL.1);
    [from, (from.0 + CELL.0, from.1 + CELL.1)]
}

fn dotted(area: &Area<'_>, [from, to]: [(i32, i32); 2]) -> Result<(), Box<dyn std::error::Error>> {
    let length = (to.0 - from.0).max(to.1 - from.1);
    for at in (0..length).step_by(6) {
        let share = |a: i32, b: i32| a + (b - a) * at / length;
        let point = (share(from.0, to.0), share(from.1, to.1));
        area.draw(&Rectangle::new([(point.0 - 1, point.1 - 1), (point.0 + 1, point.1 + 1)], BLACK.filled()))?;
    }
    Ok(())
}

/// The scale beside the map, with a mark at every second decade.
fn bar(area: &Area<'_>, name: &str, end: (i32, i32)) -> Result<(), Box<dyn std::error::Error>> {
    let (left, height) = (end.0 + 40, end.1 - TOP);
    for y in 0..height {
        let power = DECADES * f64::from(height - 1 - y) / f64::from(height - 1);
        let line = [(left, TOP + y), (left + BAR, TOP + y + 1)];
        area.draw(&Rectangle::new(line, colour(10f64.powf(power)).filled()))?;
    }
    area.draw(&Rectangle::new([(left, TOP), (left + BAR, end.1)], BLACK.stroke_width(1)))?;
    for power in [0, 2, 4, 6] {
        let y = TOP + ((1.0 - f64::from(power) / DECADES) * f64::from(height - 1)).round() as i32;
        area.draw(&PathElement::new([(left + BAR, y), (left + BAR + 4, y)], BLACK.stroke_width(1)))?;
        let mark = match power {
            0 => "≤ 1".to_owned(),
            6 => "≥ 10⁶".to_owned(),
            2 => "10²".to_owned(),
            _ => "10⁴".to_owned(),
        };
        text(area, &mark, (left + BAR + 8, y), 12, HPos::Left, &BLACK)?;
    }
    text(area, name, (left, TOP - 14), 13, HPos::Left, &BLACK)
}

/// The colour of a value: logarithmic from 1 to 10⁶.
fn colour(value: f64) -> RGBColor {
    let power = if value.is_finite() { value.max(1.0).log10() / DECADES } else { 1.0 };
    let place = power.min(1.0) * (COLOURS.len() - 1) as f64;
    let below = (place as usize).min(COLOURS.len() - 2);
    let share = place - below as f64;
    let (a, b) = (COLOURS[below], COLOURS[below + 1]);
    let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round() as u8;
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// A value in five letters or so.
fn short(value: f64) -> String {
    if !value.is_finite() {
        "∞".into()
    } else if value >= 1e4 {
        format!("1e{}", value.log10().floor())
    } else if value >= 10.0 {
        format!("{value:.0}")
    } else {
        significant(value, 2)
    }
}

fn text(
    area: &Area<'_>,
    words: &str,
    at: (i32, i32),
    size: u32,
    side: HPos,
    ink: &RGBColor,
) -> Result<(), Box<dyn std::error::Error>> {
    let style = TextStyle::from((FAMILY, size)).color(ink).pos(Pos::new(side, VPos::Center));
    Ok(area.draw_text(words, &style, at)?)
}
