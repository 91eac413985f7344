//! Components that do not lie at one point of a cell.

use crate::attribute::Attribute;
use crate::source::Header;
use crate::ticks::EVEN;
use crate::{DataError, Result, Suspicion};
use std::path::Path;

/// A component with the names of its axes and its attribute `offset`.
pub(super) type Side = (String, Vec<String>, Option<Attribute>);

/// Looks where components lie, and takes the offset that all have.
///
/// `offset` is that of jax-cfd: where in a cell a component lies along x and y, in cells, ½ for its centre, whereas
/// the coordinates of the file are those of centres whatever the offset. Axes of other names are those of staggered
/// grids with coordinates of their own (`xC`, `xF`).
///
/// # Errors
/// [`DataError::AttributeValue`] for an offset that is none.
pub(super) fn look(path: &Path, header: &mut Header, sides: &[Side]) -> Result<()> {
    let offsets = sides.iter().map(|(_, _, offset)| plane(path, header, offset.as_ref()));
    let offsets = offsets.collect::<Result<Vec<_>, _>>()?;
    let apart = offsets.iter().any(|offset| *offset != offsets[0]);
    if apart {
        let told = sides.iter().zip(&offsets).map(|((name, ..), offset)| match offset {
            Some([x, y]) => format!("{name} at ({x}, {y})"),
            None => format!("{name} at the centre"),
        });
        let offsets = told.collect::<Vec<_>>().join(", ").into();
        header.warnings.push(Suspicion::Staggered { offsets });
    } else if let Some(Some(offset)) = offsets.first() {
        for (name, step, offset) in [("x_first", "dx", offset[0]), ("y_first", "dy", offset[1])] {
            let [first, step] = [name, step].map(|name| header.attributes.numbers::<1>(path, name));
            if let (Some([first]), Some([step])) = (first?, step?)
                && (offset - 0.5).abs() > EVEN
            {
                header.attributes.state(name, Attribute::Numbers(vec![first + (offset - 0.5) * step]));
                header
                    .notes
                    .push(format!("`{name}`: the field lies at {offset} of a cell, by attribute `offset`"));
            }
        }
    }
    if !apart && sides.iter().any(|(_, axes, _)| *axes != sides[0].1) {
        let told = sides.iter().map(|(name, axes, _)| format!("{name} along {}", axes.join(", ")));
        header.warnings.push(Suspicion::Staggered { offsets: told.collect::<Vec<_>>().join("; ").into() });
    }
    Ok(())
}

/// The offset along x and y.
fn plane(path: &Path, header: &Header, offset: Option<&Attribute>) -> Result<Option<[f64; 2]>> {
    let refused = |found: &Attribute| {
        let expected = "where in a cell the component lies along x, y (and z), in cells";
        Err(DataError::attribute(path, "offset", found, expected))
    };
    match offset {
        None => Ok(None),
        Some(Attribute::Numbers(found)) if found.iter().all(|x| (0.0..=1.0).contains(x)) => {
            // In the order of the axes x, y, z of jax-cfd.
            let space = header.order.letters().iter().filter(|letter| b"XYZ".contains(letter)).count();
            if found.len() == space {
                Ok(Some([found[0], found[1]]))
            } else {
                refused(&Attribute::Numbers(found.clone()))
            }
        }
        Some(found) => refused(found),
    }
}
