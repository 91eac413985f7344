//! One case of a flow to look through: layers side by side, a slider over frames and one over members.
//!
//! A layer is one picture with a tile a frame (across) and a member (down), of which the page shows one; all layers are on
//! one symmetric colour scale.

use crate::colour::level;
use crate::gallery::write_scale;
use crate::indexed::{Image, Indexed, NOT_FINITE_INDEX, POINT_INDEX, SOLID_INDEX};
use crate::markup::escape;
use crate::orientation::View;
use crate::panel::Quantity;
use crate::{ReportError, base64};
use equipoise_field::Grid;
use std::fmt::Write;

/// Pixels of the largest layer: beyond, a page is slow to open.
const MOST: usize = 1 << 22;

/// What all layers share.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// What is shown, in a sentence.
    pub caption: String,
    /// H and W.
    pub sides: [usize; 2],
    /// Which array axis x is, and the spacings.
    pub grid: Grid,
    /// The colour scale ends at ±`limit`.
    pub limit: f64,
    /// Unit of what is shown; empty for none.
    pub unit: String,
    /// What the numbers are.
    pub quantity: Quantity<'static>,
    /// What each frame is called, `t = 3.2`.
    pub frames: Vec<String>,
    /// What each member is called.
    pub members: Vec<String>,
    /// H·W cells, true inside a solid body.
    pub solid: Option<&'a [bool]>,
}

/// One layer.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A plane a frame, the same for all members.
    Frames(Vec<Vec<f32>>),
    /// A plane a frame for each member.
    Members(Vec<Vec<Vec<f32>>>),
    /// The cells observed in each frame, flat indices h·W + w.
    Points(Vec<Vec<usize>>),
}

/// Layers as pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    caption: String,
    limit: f64,
    unit: String,
    quantity: Quantity<'static>,
    frames: Vec<String>,
    members: Vec<String>,
    tile: [usize; 2],
    /// Name, whether it has a row a member, picture.
    layers: Vec<(String, bool, Image)>,
}

impl Viewer {
    /// How many members of so many frames a viewer takes without being slow.
    pub fn room(sides: [usize; 2], frames: usize) -> usize {
        (MOST / (sides[0] * sides[1] * frames).max(1)).max(1)
    }

    /// Draws layers, each by its name.
    ///
    /// # Errors
    /// [`ReportError`] when a length, a point, the limit or a spacing is wrong.
    pub fn draw(scene: Scene<'_>, layers: Vec<(&'static str, Shown)>) -> Result<Self, ReportError> {
        let draw = |(name, shown): (&'static str, Shown)| {
            Ok((name, matches!(shown, Shown::Members(_)), scene.image(&shown)?))
        };
        let layers = layers.into_iter().map(draw).collect::<Result<Vec<_>, ReportError>>()?;
        Self::of(scene, layers)
    }

    /// Of layers that [`Scene::image`] drew, each with its name and whether it has a row a member.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn of(scene: Scene<'_>, layers: Vec<(&'static str, bool, Image)>) -> Result<Self, ReportError> {
        let (_, _, tile) = scene.view()?;
        for (_, by_member, image) in &layers {
            scene.count("pixels across", image.width, tile[0] * scene.frames.len())?;
            let rows = if *by_member { scene.members.len() } else { 1 };
            scene.count("pixels down", image.height, tile[1] * rows)?;
        }
        let layers = layers.into_iter().map(|(name, rows, image)| (name.to_owned(), rows, image)).collect();
        let Scene { caption, limit, unit, quantity, frames, members, .. } = scene;
        Ok(Self { caption, limit, unit, quantity, frames, members, tile, layers })
    }

    pub(crate) fn write(&self, id: &str, html: &mut String) {
        write_scale(self.quantity, self.limit, &self.unit, html);
        let [width, height] = self.tile;
        let _ = write!(
            html,
            "<div class=\"viewer\" id=\"{id}\" data-width=\"{width}\" data-height=\"{height}\"><p>{}</p>\n\
             <div class=\"controls\">",
            escape(&self.caption)
        );
        for (name, labels) in [("Frame", &self.frames), ("Member", &self.members)] {
            let told = labels.join("\n");
            let last = labels.len().saturating_sub(1);
            let first = labels.first().map_or("", String::as_str);
            let _ = write!(
                html,
                "<label>{name} <input type=\"range\" min=\"0\" max=\"{last}\" value=\"0\" data-labels=\"{}\"{}>\
                 <output>{}</output></label>",
                escape(&told),
                if last == 0 { " disabled" } else { "" },
                escape(first)
            );
        }
        html.push_str("</div>\n<div class=\"layers\">");
        for (name, by_member, image) in &self.layers {
            let _ = write!(
                html,
                "<figure><canvas width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{0}\" \
                 data-by-member=\"{by_member}\"></canvas><figcaption>{0}</figcaption>\
                 <img hidden alt=\"\" src=\"data:image/png;base64,",
                escape(name)
            );
            base64::encode_into(&image.png, html);
            html.push_str("\"></figure>");
        }
        html.push_str("</div></div>\n");
    }
}

/// A plane as it is seen, the pixels of a cell, and those of a tile.
type Seen = (View, (usize, usize), [usize; 2]);

impl Scene<'_> {
    /// What every layer is seen through, the pixels of a cell and of a tile.
    fn view(&self) -> Result<Seen, ReportError> {
        let ([height, width], title) = (self.sides, &self.caption);
        if self.frames.is_empty() || height * width == 0 {
            let (title, frames) = (title.clone(), self.frames.len());
            return Err(ReportError::Empty { title, frames, height, width });
        }
        if !(self.limit.is_finite() && self.limit > 0.0) {
            let (title, found) = (title.clone(), self.limit);
            return Err(ReportError::NotPositive { title, what: "colour limit", found });
        }
        let view = View::new(height, width, &self.grid, title)?;
        let cell = view.pixels(1);
        Ok((view, cell, [view.nx * cell.0, view.ny * cell.1]))
    }

    /// The picture of a layer.
    ///
    /// # Errors
    /// As [`Viewer::draw`].
    pub fn image(&self, shown: &Shown) -> Result<Image, ReportError> {
        let (view, cell, tile) = self.view()?;
        let view = &view;
        let (frames, members) = (self.frames.len(), self.members.len());
        let by_member = matches!(shown, Shown::Members(_));
        let mut image = Indexed::new(tile[0] * frames, tile[1] * if by_member { members } else { 1 });
        match shown {
            Shown::Frames(planes) => self.row(view, 0, tile, cell, planes, &mut image)?,
            Shown::Members(all) => {
                self.count("members of a layer", all.len(), members)?;
                for (m, planes) in all.iter().enumerate() {
                    self.row(view, m * tile[1], tile, cell, planes, &mut image)?;
                }
            }
            Shown::Points(points) => {
                self.count("frames of a layer", points.len(), frames)?;
                let cells = self.sides[0] * self.sides[1];
                for (t, points) in points.iter().enumerate() {
                    for &index in points {
                        if index >= cells {
                            return Err(ReportError::Point { title: self.caption.clone(), index, cells });
                        }
                        let (column, row) = view.place(index);
                        let at = (t * tile[0] + column * cell.0, row * cell.1);
                        image.fill(at, cell, POINT_INDEX);
                    }
                }
            }
        }
        image.encode_coarse()
    }

    /// The frames of one member, or of all.
    fn row(
        &self,
        view: &View,
        top: usize,
        tile: [usize; 2],
        cell: (usize, usize),
        planes: &[Vec<f32>],
        image: &mut Indexed,
    ) -> Result<(), ReportError> {
        self.count("frames of a layer", planes.len(), self.frames.len())?;
        for (t, plane) in planes.iter().enumerate() {
            self.count("a frame", plane.len(), self.sides[0] * self.sides[1])?;
            for (row, column) in (0..view.ny).flat_map(|row| (0..view.nx).map(move |column| (row, column))) {
                let entry = view.cell(column, row);
                let colour = match self.solid.is_some_and(|solid| solid.get(entry) == Some(&true)) {
                    true => SOLID_INDEX,
                    false => level(plane[entry], self.limit).map_or(NOT_FINITE_INDEX, |level| level as u8),
                };
                image.fill((t * tile[0] + column * cell.0, top + row * cell.1), cell, colour);
            }
        }
        Ok(())
    }

    fn count(&self, what: &'static str, found: usize, expected: usize) -> Result<(), ReportError> {
        if found == expected {
            return Ok(());
        }
        Err(ReportError::Length { title: self.caption.clone(), what, found, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::{Axis, Boundary};

    fn scene(frames: usize, members: usize) -> Scene<'static> {
        Scene {
            caption: "a <case>".into(),
            sides: [2, 3],
            grid: Grid { x_axis: Axis::H, dx: 1.0, dy: 1.0, boundary: Boundary::Open },
            limit: 2.0,
            unit: String::new(),
            quantity: Quantity::VORTICITY,
            frames: (0..frames).map(|t| format!("t = {t}")).collect(),
            members: (0..members).map(|m| m.to_string()).collect(),
            solid: None,
        }
    }

    /// A tile a frame across and a member down; the member is the row that the script cuts out.
    #[test]
    fn tiles_lie_across_by_frame_and_down_by_member() {
        let plane = |m: usize, t: usize| vec![(m + 3 * t) as f32; 6];
        let members = (0..3).map(|m| (0..2).map(|t| plane(m, t)).collect()).collect();
        let points = Shown::Points(vec![vec![5], Vec::new()]);
        let layers = vec![("member", Shown::Members(members)), ("observed", points)];
        let viewer = Viewer::draw(scene(2, 3), layers).unwrap();
        assert_eq!(viewer.tile, [2, 3]);
        let sizes: Vec<_> =
            viewer.layers.iter().map(|(_, by, image)| (*by, image.width, image.height)).collect();
        assert_eq!(sizes, [(true, 4, 9), (false, 4, 3)]);
        let mut html = String::new();
        viewer.write("v0", &mut html);
        assert!(html.contains("a &lt;case&gt;") && html.contains("max=\"1\"") && html.contains("max=\"2\""));
        assert_eq!(html.matches("<canvas").count(), 2);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let of = |shown| Viewer::draw(scene(2, 3), vec![("a", shown)]).unwrap_err().to_string();
        assert!(of(Shown::Frames(vec![vec![0.0; 6]])).contains("frames of a layer"));
        assert!(of(Shown::Frames(vec![vec![0.0; 5]; 2])).contains("a frame"));
        assert!(of(Shown::Members(vec![vec![vec![0.0; 6]; 2]; 2])).contains("members of a layer"));
        assert!(of(Shown::Points(vec![vec![6], Vec::new()])).contains('6'));
        assert_eq!(Viewer::room([64, 64], 8), 128);
    }
}
