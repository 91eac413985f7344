//! Cells of a grid that hold no flow: land, solids, what was never measured.

use crate::{Attribute, DataError, Result};
use std::path::Path;
use std::sync::Arc;

/// The name of the dataset.
pub(crate) const MASK: &str = "mask";

/// Words for cells that hold no flow, and for cells that do.
const HIDDEN: [&str; 12] = [
    "land", "solid", "invalid", "masked", "missing", "body", "obstacle", "wall", "bad", "dry", "excluded",
    "outside",
];
const OPEN: [&str; 10] =
    ["fluid", "valid", "water", "sea", "ocean", "wet", "good", "flow", "included", "inside"];

/// The attributes of a dataset `mask` that say what 1 means.
const MEANING: [&str; 2] = ["ones", "flag_meanings"];

/// What to do with a dataset of this name that means something else.
const WAY_OUT: &str = "; rename it where it means something else";

/// Which cells of an (H, W) plane hold no flow; at least one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    cells: Arc<[bool]>,
}

impl Mask {
    /// From `cells`, flat (H, W), true where there is no flow; `None` where all hold flow, or none does.
    pub fn new(width: usize, cells: Vec<bool>) -> Option<Self> {
        let hidden = cells.iter().filter(|hidden| **hidden).count();
        let mixed = hidden > 0 && hidden < cells.len() && width > 0 && cells.len().is_multiple_of(width);
        mixed.then(|| Self { width, cells: cells.into() })
    }

    /// From the numbers of a dataset, given its attributes.
    ///
    /// # Errors
    /// [`DataError::Mask`] unless numbers are 0 and 1, an attribute says what 1 means, and some cell holds flow.
    #[expect(clippy::float_cmp, reason = "flags are 0 and 1")]
    pub(crate) fn read(
        path: &Path,
        [height, width]: [usize; 2],
        (shape, numbers): (&[usize], &[f64]),
        attribute: impl Fn(&str) -> Option<Attribute>,
    ) -> Result<Option<Self>> {
        let refused = |detail: String| Err(DataError::Mask { path: path.into(), detail: detail + WAY_OUT });
        if shape != [height, width] {
            return refused(format!("found shape {shape:?}, expected (H, W) = [{height}, {width}]"));
        }
        if let Some(other) = numbers.iter().find(|x| **x != 0.0 && **x != 1.0) {
            return refused(format!("found {other}, expected 0 and 1"));
        }
        let text = |name: &str| match attribute(name) {
            Some(Attribute::Text(text)) => Some(text.to_lowercase()),
            _ => None,
        };
        let [ones, flags] = MEANING.map(text);
        // CF: a word for each of `flag_values`, 0 and 1 where that is missing.
        let of_one = flags.and_then(|flags| {
            let at = match attribute("flag_values") {
                Some(Attribute::Numbers(values)) => values.iter().position(|x| *x == 1.0)?,
                _ => 1,
            };
            flags.split([' ', ',']).filter(|word| !word.is_empty()).nth(at).map(str::to_owned)
        });
        let word = ones.or(of_one);
        let says = |known: &[&str]| word.as_deref().is_some_and(|word| known.contains(&word.trim()));
        let hidden = match (says(&HIDDEN), says(&OPEN)) {
            (true, _) => 1.0,
            (_, true) => 0.0,
            _ => {
                let found = word.map_or_else(|| "no attribute `ones`".into(), |word| format!("{word:?}"));
                return refused(format!(
                    "found {found}, expected an attribute `ones` that says what 1 means: {}, or {}",
                    HIDDEN.join(", "),
                    OPEN.join(", ")
                ));
            }
        };
        if numbers.iter().all(|x| *x == hidden) {
            return refused("found every cell masked, expected one with flow".into());
        }
        Ok(Self::new(width, numbers.iter().map(|x| *x == hidden).collect()))
    }

    /// (H, W).
    pub fn sides(&self) -> [usize; 2] {
        [self.cells.len() / self.width, self.width]
    }

    /// Whether each cell holds no flow, flat (H, W).
    pub fn cells(&self) -> &[bool] {
        &self.cells
    }

    /// Whether the cell in this row and column holds no flow.
    pub fn hides(&self, row: usize, column: usize) -> bool {
        self.cells[row * self.width + column]
    }

    /// Whether one of the cells that a number at a place, in rows and columns that need not be whole, is interpolated
    /// from, with a weight that an `f32` feels, is masked; indices past the end begin again.
    pub fn touches(&self, row: f64, column: f64) -> bool {
        let slack = f64::from(f32::EPSILON);
        let beside = |x: f64, length: usize| {
            [(x + slack).floor() as usize % length, (x - slack).ceil() as usize % length]
        };
        let [height, width] = self.sides();
        let (rows, columns) = (beside(row, height), beside(column, width));
        rows.iter().any(|h| columns.iter().any(|w| self.hides(*h, *w)))
    }

    /// How many cells hold no flow.
    pub fn count(&self) -> usize {
        self.cells.iter().filter(|hidden| **hidden).count()
    }

    /// A sentence on it.
    pub(crate) fn note(&self) -> String {
        format!(
            "{} of {} cells are masked: they take no part in statistics and errors",
            self.count(),
            self.cells.len()
        )
    }

    /// The first cell that holds flow, as a flat index.
    pub(crate) fn first_open(&self) -> Option<usize> {
        self.cells.iter().position(|hidden| !hidden)
    }

    /// The flat indices of cells that hold flow.
    pub(crate) fn open(&self) -> Vec<usize> {
        (0..self.cells.len()).filter(|i| !self.cells[*i]).collect()
    }

    /// With every cell taken from `from` its flat index, on planes of this width.
    pub(crate) fn moved(&self, width: usize, from: impl Fn(usize) -> usize) -> Self {
        Self { width, cells: (0..self.cells.len()).map(|i| self.cells[from(i)]).collect() }
    }
}
