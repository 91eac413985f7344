//! Files of an ensemble and its truth, draws of one law, for programs that judge them.

use crate::error::{Result, work};
use equipoise_data::store::{Existing, Writer};
use equipoise_stream::Stream;
use rayon::prelude::*;
use std::path::Path;

/// Frames, components, rows and columns of a field.
const SHAPE: [usize; 4] = [16, 2, 256, 256];

/// What a frame keeps of the one before it.
const KEPT: f32 = 0.9;

/// Passes over a plane, each of which takes the mean of neighbours along either axis.
const PASSES: usize = 6;

/// Writes `members.h5`, 64 of them or 16, and `truth.h5` into a folder.
///
/// # Errors
/// Of writing.
pub(crate) fn write(folder: &Path, quick: bool) -> Result<()> {
    for (name, count) in [("members", if quick { 16 } else { 64 }), ("truth", 1)] {
        let file = Writer::create(&folder.join(format!("{name}.h5")), Existing::Replace).map_err(work)?;
        let shape = [&[count], &SHAPE[..]].concat();
        let fields = (0..count).map(|m| field(&Stream::new(name).number(m as u64)));
        file.write_in_parts("velocity", &shape, fields).map_err(work)?;
        for (name, text) in [
            ("axes", "NTCHW"),
            ("kind", "generic"),
            ("H_axis", "y"),
            ("W_axis", "x"),
            ("boundary", "periodic"),
            ("channels", "u,v"),
        ] {
            file.set_text(name, text).map_err(work)?;
        }
        for (names, number) in [(["dx", "dy", "dt"], 1.0), (["x_first", "y_first", "t_first"], 0.0)] {
            names.iter().try_for_each(|name| file.set_numbers(name, &[number])).map_err(work)?;
        }
        file.finish().map_err(work)?;
    }
    Ok(())
}

/// A field of smooth planes, each component a series of its own in time.
fn field(stream: &Stream) -> Vec<f32> {
    let [frames, channels, rows, columns] = SHAPE;
    let plane = |at: usize| {
        let mut plane: Vec<f32> = stream.normal(at as u64, rows * columns);
        (0..PASSES).for_each(|_| plane = smoothed(&plane, columns));
        plane
    };
    let mut planes: Vec<Vec<f32>> = (0..frames * channels).into_par_iter().map(plane).collect();
    let fresh = (1.0 - KEPT * KEPT).sqrt();
    for at in channels..planes.len() {
        let (before, from) = planes.split_at_mut(at);
        let last = &before[at - channels];
        from[0].iter_mut().zip(last).for_each(|(x, last)| *x = KEPT * last + fresh * *x);
    }
    planes.concat()
}

/// Half the sum of every number of a periodic plane and its next ones along both axes.
fn smoothed(plane: &[f32], columns: usize) -> Vec<f32> {
    let rows = plane.len() / columns;
    let at = |row: usize, column: usize| plane[row % rows * columns + column % columns];
    let sum = |h: usize, w: usize| at(h, w) + at(h + 1, w) + at(h, w + 1) + at(h + 1, w + 1);
    (0..rows).flat_map(|h| (0..columns).map(move |w| 0.5 * sum(h, w))).collect()
}
