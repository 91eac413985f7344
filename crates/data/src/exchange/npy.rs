//! NumPy's `.npy`: a folder with a file an array, and `axes.json`, which says what their axes are.
//!
//! | file | axes |
//! |---|---|
//! | `members.npy` | member, time, component, and those of a plane |
//! | `mean.npy`, `std.npy` | time, component, and those of a plane; where there is one |
//! | `weights.npy` | member; where members do not count the same |
//! | `mask.npy` | those of a plane; true where there is no flow and fields are NaN |
//!
//! Version 1.0 of the format, C order, little-endian (NumPy Enhancement Proposal 1).

use super::Fields;
use super::folder::{Folder, bytes};
use super::told::{TOLD, told};
use crate::Result;
use crate::store::Existing;
use equipoise_field::Shape;
use std::path::Path;

/// Magic, version, and the length of what follows: so many bytes before the dictionary.
const HEAD: usize = 10;

/// Numbers begin at a multiple of so many bytes.
const ALIGNED: usize = 64;

pub(super) fn write(fields: &Fields<'_>, path: &Path, existing: Existing) -> Result<()> {
    let to = Folder::create(path, existing)?;
    let Shape { frames, channels, height, width } = fields.shape;
    let (field, [first, second]) = ([frames, channels, height, width], fields.axes());
    let of_field = ["time", "component", first, second];
    let of_members = ["member", "time", "component", first, second];
    let mut arrays: Vec<(&str, &[&str])> = Vec::new();
    if !fields.members.is_empty() {
        let members = [&[fields.members.len()], &field[..]].concat();
        let each: Vec<Vec<u8>> =
            fields.members.iter().map(|x| bytes(&fields.whole(x), f32::to_le_bytes)).collect();
        let head = header("<f4", &members);
        let parts: Vec<&[u8]> = std::iter::once(&head).chain(&each).map(Vec::as_slice).collect();
        to.write("members.npy", &parts)?;
        arrays.push(("members", &of_members));
    }
    for (name, array) in [("mean", fields.mean), ("std", fields.std)] {
        if let Some(array) = array {
            let values = bytes(&fields.whole(array), f32::to_le_bytes);
            to.write(&format!("{name}.npy"), &[&header("<f4", &field), &values])?;
            arrays.push((name, &of_field));
        }
    }
    if let Some(weights) = fields.weights {
        let values = bytes(weights, f64::to_le_bytes);
        to.write("weights.npy", &[&header("<f8", &[weights.len()]), &values])?;
        arrays.push(("weights", &of_members[..1]));
    }
    if let Some(mask) = fields.mask {
        let cells: Vec<u8> = mask.cells().iter().map(|hidden| u8::from(*hidden)).collect();
        to.write("mask.npy", &[&header("|b1", &[height, width]), &cells])?;
        arrays.push(("mask", &of_members[3..]));
    }
    to.write(TOLD, &[told(fields, &arrays).as_bytes()])?;
    to.finish()
}

/// What stands before the numbers of a file.
pub(super) fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let mut extent: Vec<String> = shape.iter().map(ToString::to_string).collect();
    if extent.len() == 1 {
        extent.push(String::new());
    }
    let extent = extent.join(", ");
    let mut text =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({}), }}", extent.trim_end());
    let whole = (HEAD + text.len() + 1).next_multiple_of(ALIGNED);
    text.extend(std::iter::repeat_n(' ', whole - HEAD - text.len() - 1));
    text.push('\n');
    let length = (text.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes()].concat()
}
