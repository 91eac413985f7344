//! The element type, the shape of a trajectory, the orientation of its grid, and sums whose
//! order never depends on the number of threads.
//!
//! A trajectory is a flat slice in row-major order of [`Shape`] (T, C, H, W). Which physical
//! direction H and W point in belongs to [`Grid`]; it is never guessed.
//!
//! ```
//! use equipoise_field::{sum, Shape};
//! let shape = Shape::new(8, 2, 64, 64);
//! assert_eq!(shape.len(), 65_536);
//! assert_eq!(shape.index(1, 0, 0, 3), 2 * 64 * 64 + 3);
//! assert_eq!(sum::dot(&[1.0f32, 2.0], &[3.0, 4.0]), 11.0);
//! ```

pub mod each;
mod grid;
mod length;
mod real;
mod shape;
mod sketch;
pub mod sum;

pub use grid::{Axis, Boundary, Grid};
pub use length::Length;
pub use real::{Real, by_element};
pub use shape::Shape;
