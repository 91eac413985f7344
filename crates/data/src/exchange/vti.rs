//! VTK images: a folder with a file a frame, `series.pvd`, which says when each is, and `axes.json`.
//!
//! Points are those of the grid, x fastest, in one layer. Velocities along x and y are one vector with a third component
//! of 0. Numbers follow the XML as they are (appended data, encoding raw), each array behind its length in bytes
//! (VTK File Formats, XML).

use super::folder::{Folder, bytes};
use super::told::{TOLD, told};
use super::{Fields, Known};
use crate::Result;
use crate::store::Existing;
use equipoise_field::Axis;
use std::fmt::Write;
use std::path::Path;

/// Arrays of one file, and what follows the XML.
#[derive(Default)]
struct Appended {
    xml: String,
    data: Vec<u8>,
}

pub(super) fn write(fields: &Fields<'_>, path: &Path, existing: Existing) -> Result<()> {
    let to = Folder::create(path, existing)?;
    let mut listed = String::new();
    for t in 0..fields.shape.frames {
        let name = format!("frame_{t:04}.vti");
        let _ =
            writeln!(listed, "    <DataSet timestep=\"{}\" part=\"0\" file=\"{name}\"/>", time(fields, t));
        let (head, data) = image(fields, t);
        to.write(&name, &[head.as_bytes(), &data, b"\n  </AppendedData>\n</VTKFile>\n"])?;
    }
    let series = format!(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"1.0\" byte_order=\"LittleEndian\" \
         header_type=\"UInt64\">\n  <Collection>\n{listed}  </Collection>\n</VTKFile>\n"
    );
    to.write("series.pvd", &[series.as_bytes()])?;
    to.write(TOLD, &[told(fields, &[("points", &["y", "x"])]).as_bytes()])?;
    to.finish()
}

/// When a frame is; its number where the time between frames is not known.
pub(super) fn time(fields: &Fields<'_>, frame: usize) -> f64 {
    if fields.known.time {
        fields.t_first + frame as f64 * fields.coordinates.time_step
    } else {
        frame as f64
    }
}

/// x and y of the first point, 0 where it is not known, and their steps; places where those are not.
pub(super) fn placed(fields: &Fields<'_>) -> [[f64; 2]; 2] {
    let (at, grid) = (fields.coordinates, fields.grid);
    let first = |known: bool, place: f64| if known { place } else { 0.0 };
    match fields.known {
        Known { spacing: true, first: [x, y], .. } => {
            [[first(x, at.x_first), first(y, at.y_first)], [grid.dx, grid.dy]]
        }
        _ => [[0.0; 2], [1.0; 2]],
    }
}

/// The XML of a frame up to the numbers, and the numbers.
fn image(fields: &Fields<'_>, t: usize) -> (String, Vec<u8>) {
    let [nx, ny] = fields.extent();
    let [[x, y], [dx, dy]] = placed(fields);
    let extent = format!("0 {} 0 {} 0 0", nx.saturating_sub(1), ny.saturating_sub(1));
    let points = points(fields, t);
    let mut of_file = Appended { xml: String::new(), data: points.data };
    of_file.list("TimeValue", "Float64", 1, &time(fields, t).to_le_bytes());
    if let Some(weights) = fields.weights {
        of_file.list("weights", "Float64", weights.len(), &bytes(weights, f64::to_le_bytes));
    }
    let head = format!(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"LittleEndian\" \
         header_type=\"UInt64\">\n  <ImageData WholeExtent=\"{extent}\" Origin=\"{x} {y} 0\" \
         Spacing=\"{dx} {dy} 1\">\n    <FieldData>\n{}    </FieldData>\n    <Piece Extent=\"{extent}\">\n      \
         <PointData>\n{}      </PointData>\n    </Piece>\n  </ImageData>\n  <AppendedData encoding=\"raw\">\n_",
        of_file.xml, points.xml
    );
    (head, of_file.data)
}

/// The arrays of a frame: mean, standard deviation, members, mask.
fn points(fields: &Fields<'_>, t: usize) -> Appended {
    let mut points = Appended::default();
    let parts = fields.members.iter().zip(&fields.indices);
    let members = parts.map(|(member, index)| (format!("_member_{index}"), *member));
    let known = [("_mean", fields.mean), ("_std", fields.std)];
    let known = known.into_iter().filter_map(|(name, field)| Some((name.to_owned(), field?)));
    let names = fields.names(&["velocity", "mask"]);
    for (ending, field) in known.chain(members) {
        if let Some([u, v]) = fields.velocities {
            let both = [u, v].map(|c| points_of(fields, field, t, c));
            let vectors = both[0].iter().zip(&both[1]).flat_map(|(u, v)| [*u, *v, 0.0]).collect::<Vec<f32>>();
            points.add(&format!("velocity{ending}"), "Float32", 3, &bytes(&vectors, f32::to_le_bytes));
        }
        for c in (0..names.len()).filter(|c| fields.velocities.is_none_or(|both| !both.contains(c))) {
            let scalars = bytes(&points_of(fields, field, t, c), f32::to_le_bytes);
            points.add(&format!("{}{ending}", names[c]), "Float32", 1, &scalars);
        }
    }
    if let Some(mask) = fields.mask {
        let cells: Vec<u8> = mask.cells().iter().map(|hidden| u8::from(*hidden)).collect();
        points.add("mask", "UInt8", 1, &turned(fields, &cells));
    }
    points
}

impl Appended {
    /// An array of points.
    fn add(&mut self, name: &str, kind: &str, components: usize, values: &[u8]) {
        self.put(&format!("type=\"{kind}\" Name=\"{name}\" NumberOfComponents=\"{components}\""), values);
    }

    /// An array of the whole file.
    fn list(&mut self, name: &str, kind: &str, count: usize, values: &[u8]) {
        self.put(&format!("type=\"{kind}\" Name=\"{name}\" NumberOfTuples=\"{count}\""), values);
    }

    fn put(&mut self, told: &str, values: &[u8]) {
        let offset = self.data.len();
        let _ = writeln!(self.xml, "        <DataArray {told} format=\"appended\" offset=\"{offset}\"/>");
        self.data.extend((values.len() as u64).to_le_bytes());
        self.data.extend_from_slice(values);
    }
}

/// A plane with x fastest, NaN in cells without flow.
fn points_of(fields: &Fields<'_>, field: &[f32], frame: usize, component: usize) -> Vec<f32> {
    let mut plane = Vec::with_capacity(fields.shape.plane());
    fields.plane(field, frame, component, &mut plane);
    turned(fields, &plane)
}

/// An (H, W) plane with x fastest.
fn turned<E: Copy>(fields: &Fields<'_>, plane: &[E]) -> Vec<E> {
    let (height, width) = (fields.shape.height, fields.shape.width);
    match fields.grid.x_axis {
        Axis::W => plane.to_vec(),
        Axis::H => (0..plane.len()).map(|i| plane[i % height * width + i / height]).collect(),
    }
}
