//! Ends of the grid that are walls.

use equipoise_field::{Axis, Shape};

/// What the attribute `walls` may say.
pub(crate) const EXPECTED: &str =
    "ends of the grid, separated by commas: x or y (both ends), x_low, x_high, y_low, y_high";

/// At which ends of x and y the grid ends at a wall, as the attribute `walls` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walls {
    /// Low and high end of x, low and high end of y.
    ends: [bool; 4],
}

impl Walls {
    /// Of `x`, `y`, `x_low`, `x_high`, `y_low`, `y_high`, separated by commas; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut ends = [false; 4];
        for word in text.split(',').map(|word| word.trim().to_lowercase()) {
            let known = ["x_low", "x_high", "y_low", "y_high"];
            let named: Vec<usize> = (0..4).filter(|k| word == known[*k] || word == known[*k][..1]).collect();
            if named.is_empty() {
                return None;
            }
            named.into_iter().for_each(|k| ends[k] = true);
        }
        Some(Self { ends })
    }

    /// Cells in the outermost lines at walls, each with the channel of the velocity that points through it.
    pub(crate) fn cells(self, shape: Shape, x_axis: Axis) -> Vec<[usize; 2]> {
        let Shape { height, width, .. } = shape;
        let line = |along: Axis, place: usize| -> Vec<usize> {
            match along {
                Axis::H => (0..width).map(|w| place * width + w).collect(),
                Axis::W => (0..height).map(|h| h * width + place).collect(),
            }
        };
        let mut cells = Vec::new();
        for end in (0..4).filter(|k| self.ends[*k]) {
            let channel = end / 2;
            let of_h = (channel == 0) == (x_axis == Axis::H);
            let (along, length) = if of_h { (Axis::H, height) } else { (Axis::W, width) };
            let place = if end % 2 == 0 { 0 } else { length - 1 };
            cells.extend(line(along, place).into_iter().map(|cell| [cell, channel]));
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_by_their_names() {
        assert_eq!(Walls::parse("y"), Walls::parse(" y_low, Y_high"));
        assert_ne!(Walls::parse("y_low"), Walls::parse("y"));
        assert!(["", "z", "y_middle", "y;x"].iter().all(|text| Walls::parse(text).is_none()));
    }

    /// Two rows of three, x along W: the low end of x is the first column, the high end of y the last row.
    #[test]
    fn lines_at_walls_are_the_outermost() {
        let shape = Shape::new(1, 2, 2, 3);
        let of = |text: &str, x_axis| Walls::parse(text).unwrap().cells(shape, x_axis);
        assert_eq!(of("x_low", Axis::W), [[0, 0], [3, 0]]);
        assert_eq!(of("y_high", Axis::W), [[3, 1], [4, 1], [5, 1]]);
        assert_eq!(of("x_high", Axis::H), [[3, 0], [4, 0], [5, 0]]);
    }
}
