//! Formats whose files hold one frame each, and nothing that has a name.

use crate::array::Member;
use crate::location::Location;
use crate::parts::Layout;
use crate::{AxisOrder, DataError, Result};
use std::path::Path;

/// What messages call the numbers of a frame.
pub(super) const VARIABLE: &str = "u, v";

/// The only order of axes that a format has.
///
/// # Errors
/// [`DataError::Name`] where another was given; [`DataError::NoEntry`] where datasets were asked for.
pub(super) fn only(
    path: &Path,
    at: &Location,
    axes: Option<AxisOrder>,
    expected: &'static str,
) -> Result<AxisOrder> {
    let order: AxisOrder = expected.parse()?;
    if let Some(given) = axes.filter(|given| *given != order) {
        return Err(DataError::Name {
            field: "axis order of such files",
            found: given.to_string(),
            expected,
        });
    }
    if at.datasets.is_empty() {
        return Ok(order);
    }
    let (path, name, found) = (path.into(), at.selection(), vec!["nothing that has a name".to_owned()]);
    Err(DataError::NoEntry { path, what: "dataset", name, found })
}

/// Arrays that are the field, one after the other along time where each is a frame.
pub(super) fn layout(members: Vec<Member>, order: AxisOrder, at: &Location, frames_apart: bool) -> Layout {
    Layout { variable: VARIABLE.to_owned(), frames_apart, ..Layout::of(vec![members], order, at) }
}
