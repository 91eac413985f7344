//! XDMF: what ParaView is told of the HDF5 file beside it, whose numbers it reads from there.
//!
//! A grid a frame, with every component of mean, standard deviation and members as an attribute of its points: a
//! hyperslab of one plane. Where x is the slower axis of the arrays, points are listed one by one, since the numbers stay
//! in their order (XDMF model and format 3.0). Cells without flow hold what they hold there; `mask` tells them.

use super::Fields;
use super::folder;
use super::vti::{placed, time};
use crate::store::Existing;
use crate::{Attribute, DataError, Result};
use equipoise_field::{Axis, Shape};
use std::fmt::Write;
use std::path::Path;

/// How a file begins.
const BEGIN: &str = "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n  <Domain>\n    <Grid Name=\"series\" \
                     GridType=\"Collection\" CollectionType=\"Temporal\">\n";

/// Whether a file was written so.
pub(super) fn is_own(path: &Path) -> bool {
    folder::says(path, BEGIN)
}

pub(super) fn write(fields: &Fields<'_>, path: &Path, existing: Existing) -> Result<()> {
    let beside = path.with_extension("h5");
    if !beside.is_file() {
        return Err(DataError::Missing { path: beside });
    }
    let file = escaped(&beside.file_name().unwrap_or_default().to_string_lossy());
    let mut xml = BEGIN.to_owned();
    for (name, value) in &fields.attributes {
        if let Attribute::Text(text) = value {
            let _ = writeln!(xml, "      <Information Name=\"{name}\" Value=\"{}\"/>", escaped(text));
        }
    }
    for t in 0..fields.shape.frames {
        frame(fields, t, &file, &mut xml);
    }
    xml.push_str("    </Grid>\n  </Domain>\n</Xdmf>\n");
    folder::write(path, existing, xml.as_bytes())
}

fn frame(fields: &Fields<'_>, t: usize, file: &str, xml: &mut String) {
    let _ = writeln!(xml, "      <Grid Name=\"frame {t}\">\n        <Time Value=\"{}\"/>", time(fields, t));
    space(fields, t, xml);
    let (members, channels) = (fields.members.len(), fields.shape.channels);
    let names = fields.names(&["mask"]);
    for (c, name) in names.iter().enumerate() {
        if fields.mean.is_some() {
            let extent = extent(fields, &[1]);
            attribute(fields, &format!("{name}_mean"), (file, fields.stored.mean), &[0, t, c], &extent, xml);
        }
        if fields.std.is_some() {
            let extent = extent(fields, &[]);
            attribute(fields, &format!("{name}_std"), (file, fields.stored.std), &[t, c], &extent, xml);
        }
    }
    let extent = extent(fields, &[members]);
    for (m, c) in (0..members).flat_map(|m| (0..channels).map(move |c| (m, c))) {
        let name = format!("{}_member_{}", names[c], fields.indices[m]);
        attribute(fields, &name, (file, fields.stored.members), &[m, t, c], &extent, xml);
    }
    if fields.mask.is_some() {
        let _ = writeln!(
            xml,
            "        <Attribute Name=\"mask\" AttributeType=\"Scalar\" Center=\"Node\"><DataItem \
             Dimensions=\"{}\" NumberType=\"UChar\" Precision=\"1\" \
             Format=\"HDF\">{file}:/mask</DataItem></Attribute>",
            points_along(fields)
        );
    }
    xml.push_str("      </Grid>\n");
}

/// Where the points of a frame are.
fn space(fields: &Fields<'_>, t: usize, xml: &mut String) {
    let Shape { height, width, .. } = fields.shape;
    match (fields.grid.x_axis, t) {
        (Axis::W, _) => {
            let [[x, y], [dx, dy]] = placed(fields);
            let item = "<DataItem Dimensions=\"3\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">";
            // One layer in space: VTK's reader lays a grid of two dimensions into the plane of y and z.
            let _ = writeln!(
                xml,
                "        <Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"1 {height} {width}\"/>\n        \
                 <Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n          {item}0 {y} {x}</DataItem>\n          \
                 {item}1 {dy} {dx}</DataItem>\n        </Geometry>"
            );
        }
        (Axis::H, 0) => points(fields, xml),
        (Axis::H, _) => {
            let first = "/Xdmf/Domain/Grid[1]/Grid[1]";
            let _ = writeln!(
                xml,
                "        <Topology Reference=\"XML\">{first}/Topology[1]</Topology>\n        \
                 <Geometry Reference=\"XML\">{first}/Geometry[1]</Geometry>"
            );
        }
    }
}

/// The points of a frame along its axes, as attributes state them: as many axes as the topology has.
fn points_along(fields: &Fields<'_>) -> String {
    let Shape { height, width, .. } = fields.shape;
    if fields.grid.x_axis == Axis::W { format!("1 {height} {width}") } else { format!("{height} {width}") }
}

/// The points of a plane in the order of the arrays, x the slower.
fn points(fields: &Fields<'_>, xml: &mut String) {
    let Shape { height, width, .. } = fields.shape;
    let [[x, y], [dx, dy]] = placed(fields);
    let _ = write!(
        xml,
        "        <Topology TopologyType=\"2DSMesh\" Dimensions=\"{height} {width}\"/>\n        \
         <Geometry GeometryType=\"XY\">\n          <DataItem Dimensions=\"{height} {width} 2\" NumberType=\"Float\" \
         Precision=\"8\" Format=\"XML\">\n"
    );
    for h in 0..height {
        let of_row: Vec<String> =
            (0..width).map(|w| format!("{} {}", x + h as f64 * dx, y + w as f64 * dy)).collect();
        let _ = writeln!(xml, "{}", of_row.join(" "));
    }
    xml.push_str("          </DataItem>\n        </Geometry>\n");
}

fn extent(fields: &Fields<'_>, leading: &[usize]) -> Vec<usize> {
    let Shape { frames, channels, height, width } = fields.shape;
    [leading, &[frames, channels, height, width]].concat()
}

/// One plane of an array: where it begins, steps of 1, and how much is read.
fn attribute(
    fields: &Fields<'_>,
    name: &str,
    (file, dataset): (&str, &str),
    at: &[usize],
    extent: &[usize],
    xml: &mut String,
) {
    let words = |numbers: &[usize]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let (rank, plane) = (extent.len(), points_along(fields));
    let begin = words(&[at, &[0, 0]].concat());
    let count = words(&[&vec![1; at.len()], &extent[rank - 2..]].concat());
    let _ = writeln!(
        xml,
        "        <Attribute Name=\"{name}\" AttributeType=\"Scalar\" Center=\"Node\"><DataItem ItemType=\"HyperSlab\" \
         Dimensions=\"{plane}\"><DataItem Dimensions=\"3 {rank}\" Format=\"XML\">{begin} {} {count}</DataItem><DataItem \
         Dimensions=\"{}\" NumberType=\"Float\" Precision=\"4\" Format=\"HDF\">{file}:/{dataset}</DataItem></DataItem>\
         </Attribute>",
        words(&vec![1; rank]),
        words(extent)
    );
}

/// A text as XML takes it.
fn escaped(text: &str) -> String {
    let replaced =
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    replaced.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
