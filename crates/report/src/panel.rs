//! One picture of a trajectory: frames of vorticity on the colour scale of its dataset.

use crate::colour::level;
use crate::indexed::{GAP_INDEX, Image, Indexed, NOT_FINITE_INDEX, POINT_INDEX, SOLID_INDEX};
use crate::orientation::View;
use crate::{ReportError, significant};
use equipoise_field::Grid;

/// Pixels between two bare frames.
const GAP: usize = 1;

/// One frame of a picture.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// What stands above the frame, usually its time: `"t = 3.2"`.
    pub label: String,
    /// Vorticity, H·W cells with W fastest.
    pub vorticity: &'a [f32],
    /// Flat indices h·W + w of observed points to draw as dots; empty for none.
    pub observed: &'a [usize],
}

/// A picture of a trajectory: x to the right, y up, one colour scale, the body in grey, cells that
/// are not finite in magenta.
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    /// Title of the picture.
    pub title: String,
    /// The frames, in order of time.
    pub frames: Vec<Frame<'a>>,
    /// H, the length of the slower array axis.
    pub height: usize,
    /// W, the length of the faster array axis.
    pub width: usize,
    /// Which array axis x is, and the spacings.
    pub grid: Grid,
    /// The colour scale ends at ±`limit`; one number for all pictures of a dataset, such as
    /// [`robust_limit`](crate::robust_limit) of its truth.
    pub limit: f64,
    /// Unit of the vorticity; empty for none.
    pub unit: String,
    /// H·W cells, true inside a solid body.
    pub solid: Option<&'a [bool]>,
}

/// What the numbers of a [`Panel`] are, where they are not vorticity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity<'a> {
    /// Its name: `"vorticity"`.
    pub name: &'a str,
    /// Its symbol above the colour bar: `"ω"`.
    pub symbol: &'a str,
    /// Whether it can be negative; if not, the colour bar begins at zero.
    pub signed: bool,
}

impl Quantity<'_> {
    /// What a panel shows unless told otherwise.
    pub const VORTICITY: Self = Self { name: "vorticity", symbol: "ω", signed: true };

    /// Components of a field that has no vorticity, each less its mean and over its standard deviation.
    pub const COMPONENTS: Self = Self { name: "components, normalised", symbol: "z", signed: true };
}

impl Panel<'_> {
    /// The frames alone, one pixel per cell (per smaller side of a cell), without any text: for a
    /// page that says the rest in its own words, with every other level of the colour map. Frames much wider than high
    /// stand below each other.
    ///
    /// # Errors
    /// As [`Panel::picture`].
    pub fn cells(&self) -> Result<Image, ReportError> {
        let view = self.view()?;
        let cell = view.pixels(1);
        let frame = (view.nx * cell.0, view.ny * cell.1);
        let (columns, rows) = self.arrangement(frame, 1);
        let mut image =
            Indexed::new(columns * frame.0 + (columns - 1) * GAP, rows * frame.1 + (rows - 1) * GAP);
        let whole = (image.width, image.height);
        image.fill((0, 0), whole, GAP_INDEX);
        for index in 0..self.frames.len() {
            let at = (index % columns * (frame.0 + GAP), index / columns * (frame.1 + GAP));
            self.paint(&view, index, at, cell, &mut image);
        }
        image.encode_coarse()
    }

    /// What the picture says of its numbers: the true range, and how much of it the scale cuts.
    ///
    /// ```
    /// # use equipoise_report::{Frame, Panel, Quantity};
    /// # use equipoise_field::{Axis, Boundary, Grid};
    /// let panel = Panel {
    ///     title: "sum, sub 2".into(),
    ///     frames: vec![Frame { label: "t = 0".into(), vorticity: &[-1.0, 8.0, 0.5, f32::NAN], observed: &[] }],
    ///     height: 2,
    ///     width: 2,
    ///     grid: Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary: Boundary::Open },
    ///     limit: 4.0,
    ///     unit: "U/D".into(),
    ///     solid: None,
    /// };
    /// assert_eq!(
    ///     panel.summary(Quantity::VORTICITY),
    ///     "vorticity from -1.00 to 8.00 U/D, 33.3 % of cells beyond the colour scale ±4.00; \
    ///      1 cell not finite (magenta)",
    /// );
    /// ```
    pub fn summary(&self, quantity: Quantity<'_>) -> String {
        let count = Census::of(self);
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        let mut text = if count.finite == 0 {
            "no cell is finite".to_owned()
        } else {
            let (low, high) = (significant(count.low, 3), significant(count.high, 3));
            format!("{} from {low} to {high}{unit}", quantity.name)
        };
        if count.beyond > 0 {
            let share = significant(100.0 * count.beyond as f64 / count.finite as f64, 3);
            let sign = if quantity.signed { "±" } else { "up to " };
            text +=
                &format!(", {share} % of cells beyond the colour scale {sign}{}", significant(self.limit, 3));
        }
        if count.not_finite > 0 {
            let noun = if count.not_finite == 1 { "cell" } else { "cells" };
            text += &format!("; {} {noun} not finite (magenta)", count.not_finite);
        }
        text
    }

    /// How many frames stand beside each other, and in how many rows, when one takes `frame` pixels:
    /// at most four, or `wide` of those that are much wider than high.
    pub(crate) fn arrangement(&self, frame: (usize, usize), wide: usize) -> (usize, usize) {
        let frames = self.frames.len();
        let most = if frame.0 * 2 > frame.1 * 3 { wide } else { 4 };
        let rows = frames.div_ceil(most);
        (frames.div_ceil(rows), rows)
    }

    /// Paints frame `index` with its top left pixel at `at`, `cell` pixels a cell.
    pub(crate) fn paint(
        &self,
        view: &View,
        index: usize,
        at: (usize, usize),
        cell: (usize, usize),
        image: &mut Indexed,
    ) {
        let frame = &self.frames[index];
        for row in 0..view.ny {
            for column in 0..view.nx {
                let entry = view.cell(column, row);
                let colour = if self.solid.is_some_and(|solid| solid[entry]) {
                    SOLID_INDEX
                } else {
                    level(frame.vorticity[entry], self.limit).map_or(NOT_FINITE_INDEX, |l| l as u8)
                };
                image.fill((at.0 + column * cell.0, at.1 + row * cell.1), cell, colour);
            }
        }
        let side = dot_side(view.nx * view.ny, frame.observed.len(), cell);
        for &point in frame.observed {
            let (column, row) = view.place(point);
            let centre = |at: usize, place: usize, cell: usize| at + place * cell + cell / 2;
            let x = centre(at.0, column, cell.0).saturating_sub(side / 2).max(at.0);
            let y = centre(at.1, row, cell.1).saturating_sub(side / 2).max(at.1);
            let room = (at.0 + view.nx * cell.0 - x, at.1 + view.ny * cell.1 - y);
            image.fill((x, y), (side.min(room.0), side.min(room.1)), POINT_INDEX);
        }
    }

    pub(crate) fn view(&self) -> Result<View, ReportError> {
        let (title, expected) = (&self.title, self.height * self.width);
        if self.frames.is_empty() || expected == 0 {
            let frames = self.frames.len();
            return Err(ReportError::Empty {
                title: title.clone(),
                frames,
                height: self.height,
                width: self.width,
            });
        }
        if !(self.limit.is_finite() && self.limit > 0.0) {
            let what = "colour limit";
            return Err(ReportError::NotPositive { title: title.clone(), what, found: self.limit });
        }
        let lengths = self.frames.iter().map(|frame| ("a frame", frame.vorticity.len()));
        let lengths = lengths.chain(self.solid.map(|solid| ("the solid mask", solid.len())));
        for (what, found) in lengths {
            if found != expected {
                return Err(ReportError::Length { title: title.clone(), what, found, expected });
            }
        }
        let mut points = self.frames.iter().flat_map(|frame| frame.observed);
        if let Some(&index) = points.find(|&&index| index >= expected) {
            return Err(ReportError::Point { title: title.clone(), index, cells: expected });
        }
        View::new(self.height, self.width, &self.grid, title)
    }
}

/// Side of a dot: half a cell, or as much as lets `points` on `cells` cells stay apart.
fn dot_side(cells: usize, points: usize, cell: (usize, usize)) -> usize {
    let spacing = (cells as f64 / points.max(1) as f64).sqrt() * cell.0.min(cell.1) as f64;
    ((spacing / 3.0) as usize).clamp(1, 4)
}

/// Counts over the cells outside the body.
struct Census {
    low: f64,
    high: f64,
    finite: usize,
    beyond: usize,
    not_finite: usize,
}

impl Census {
    fn of(panel: &Panel<'_>) -> Self {
        let mut census =
            Self { low: f64::INFINITY, high: f64::NEG_INFINITY, finite: 0, beyond: 0, not_finite: 0 };
        for frame in &panel.frames {
            for (cell, &value) in frame.vorticity.iter().enumerate() {
                if !panel.solid.is_some_and(|solid| solid.get(cell).copied().unwrap_or(false)) {
                    census.count(f64::from(value), panel.limit);
                }
            }
        }
        census
    }

    fn count(&mut self, value: f64, limit: f64) {
        if value.is_finite() {
            self.low = self.low.min(value);
            self.high = self.high.max(value);
            self.finite += 1;
            self.beyond += usize::from(value.abs() > limit);
        } else {
            self.not_finite += 1;
        }
    }
}
