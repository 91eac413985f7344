//! Vorticity as an observation of velocity.

use crate::{LinearOperator, OperatorError, Result};
use equipoise_field::{Axis, Boundary, Grid, Real, Shape, each};

/// ω = ∂v/∂x − ∂u/∂y of the velocity (u, v) = (channel 0, channel 1), at every grid point.
///
/// Differences are central; at an open border they are one-sided, at a periodic one they wrap.
/// Which array axis x is comes from the [`Grid`]. Input (T, 2, H, W), output (T, 1, H, W) in the
/// field's unit over the grid's unit of length. Either direction costs one pass over the field.
#[derive(Clone, Debug, PartialEq)]
pub struct Vorticity {
    shape: Shape,
    /// ∂v/∂x, then −∂u/∂y.
    terms: [Derivative; 2],
}

/// A signed first derivative of one channel along one array axis.
#[derive(Clone, Debug, PartialEq)]
struct Derivative {
    channel: usize,
    /// Distance of neighbours along the axis in the flat plane.
    step: usize,
    /// The flat axis coordinate of a plane index p is p / step mod stencil length.
    stencil: Vec<Difference>,
}

/// weight·(x[high] − x[low]), low and high along the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Difference {
    low: usize,
    high: usize,
    weight: f64,
}

impl Vorticity {
    /// The vorticity of fields of `shape` on `grid`.
    ///
    /// # Errors
    /// [`OperatorError::Velocity`] unless the field has two channels and both axes two points;
    /// [`OperatorError::Distance`] unless the grid's distances are positive and finite.
    pub fn new(shape: Shape, grid: &Grid) -> Result<Self> {
        if shape.channels != 2 || shape.height < 2 || shape.width < 2 {
            return Err(OperatorError::Velocity { shape });
        }
        for (axis, found) in [("dx", grid.dx), ("dy", grid.dy)] {
            if !(found > 0.0 && found.is_finite()) {
                return Err(OperatorError::Distance { axis, found });
            }
        }
        let along = |axis, channel, distance| {
            let (length, step) = match axis {
                Axis::H => (shape.height, shape.width),
                Axis::W => (shape.width, 1),
            };
            Derivative { channel, step, stencil: stencil(length, distance, grid.boundary) }
        };
        let terms = [along(grid.x_axis, 1, grid.dx), along(grid.y_axis(), 0, -grid.dy)];
        Ok(Self { shape, terms })
    }

    /// The shape (T, 1, H, W) of the observations.
    pub const fn observed(&self) -> Shape {
        Shape::new(self.shape.frames, 1, self.shape.height, self.shape.width)
    }

    fn curl<R: Real>(&self, x: &[R], y: &mut [R]) {
        for (p, y) in y.iter_mut().enumerate() {
            let terms = self.terms.iter().map(|term| {
                let (low, high, weight) = term.at(p, self.shape.plane());
                weight * (x[high].wide() - x[low].wide())
            });
            *y = R::narrow(terms.sum());
        }
    }

    fn transposed<R: Real>(&self, r: &[R], x: &mut [R]) {
        x.fill(R::zero());
        for (p, r) in r.iter().enumerate() {
            for term in &self.terms {
                let (low, high, weight) = term.at(p, self.shape.plane());
                let part = weight * r.wide();
                x[high] = R::narrow(x[high].wide() + part);
                x[low] = R::narrow(x[low].wide() - part);
            }
        }
    }
}

impl Derivative {
    /// The two entries of a frame that the derivative at plane index `p` takes, and their weight.
    #[inline(always)]
    fn at(&self, p: usize, plane: usize) -> (usize, usize, f64) {
        let along = p / self.step % self.stencil.len();
        let Difference { low, high, weight } = self.stencil[along];
        let base = self.channel * plane + p - along * self.step;
        (base + low * self.step, base + high * self.step, weight)
    }
}

/// Differences over `length` points at `distance`, whose sign is the derivative's.
fn stencil(length: usize, distance: f64, boundary: Boundary) -> Vec<Difference> {
    let last = length - 1;
    let difference = |i: usize| match (boundary, i) {
        (Boundary::Periodic, _) => {
            Difference { low: (i + last) % length, high: (i + 1) % length, weight: 0.5 / distance }
        }
        (Boundary::Open, 0) => Difference { low: 0, high: 1, weight: distance.recip() },
        (Boundary::Open, i) if i == last => {
            Difference { low: last - 1, high: last, weight: distance.recip() }
        }
        (Boundary::Open, i) => Difference { low: i - 1, high: i + 1, weight: 0.5 / distance },
    };
    (0..length).map(difference).collect()
}

impl<R: Real> LinearOperator<R> for Vorticity {
    fn len_in(&self) -> usize {
        self.shape.len()
    }

    fn len_out(&self) -> usize {
        self.observed().len()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        assert_eq!(x.len(), self.shape.len(), "vorticity: field length");
        assert_eq!(y.len(), self.observed().len(), "vorticity: observation length");
        let (frame, plane) = (self.shape.frame(), self.shape.plane());
        each::chunk_pair(y, plane, x, frame, |y, x| self.curl(x, y));
    }

    fn adjoint(&self, r: &[R], x: &mut [R]) {
        assert_eq!(r.len(), self.observed().len(), "vorticity: observation length");
        assert_eq!(x.len(), self.shape.len(), "vorticity: field length");
        let (frame, plane) = (self.shape.frame(), self.shape.plane());
        each::chunk_pair(x, frame, r, plane, |x, r| self.transposed(r, x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_linear;
    use std::f64::consts::TAU;

    fn grid(x_axis: Axis, boundary: Boundary) -> Grid {
        Grid { x_axis, dx: 0.5, dy: 0.125, boundary }
    }

    /// (u, v) at the physical position of every point.
    fn field(shape: Shape, grid: &Grid, f: impl Fn(f64, f64) -> (f64, f64)) -> Vec<f64> {
        let value = |i| {
            let (_, c, h, w) = shape.position(i);
            let (a, b) = if grid.x_axis == Axis::H { (h, w) } else { (w, h) };
            let (u, v) = f(a as f64 * grid.dx, b as f64 * grid.dy);
            if c == 0 { u } else { v }
        };
        (0..shape.len()).map(value).collect()
    }

    #[test]
    fn conforms_at_both_borders_and_orientations() {
        for boundary in [Boundary::Open, Boundary::Periodic] {
            for x_axis in [Axis::H, Axis::W] {
                for shape in [Shape::new(2, 2, 5, 7), Shape::new(1, 2, 2, 3), Shape::new(5, 2, 170, 180)] {
                    let vorticity = Vorticity::new(shape, &grid(x_axis, boundary)).unwrap();
                    // Two differences of four operations each; an entry meets six of them.
                    check_linear::<f32>(&vorticity, 16);
                    check_linear::<f64>(&vorticity, 16);
                }
            }
        }
    }

    #[test]
    fn solid_rotation_has_twice_its_rate_everywhere() {
        let shape = Shape::new(2, 2, 6, 9);
        for x_axis in [Axis::H, Axis::W] {
            let grid = grid(x_axis, Boundary::Open);
            let x = field(shape, &grid, |x, y| (-0.75 * y, 0.75 * x));
            let mut y = vec![f64::NAN; shape.len() / 2];
            Vorticity::new(shape, &grid).unwrap().apply(&x, &mut y);
            // Every product and difference is a dyadic number: no rounding at all.
            assert!(y.iter().all(|w| w.to_bits() == 1.5f64.to_bits()), "{y:?}");
        }
    }

    #[test]
    fn periodic_waves_keep_the_modified_wavenumber() {
        let shape = Shape::new(1, 2, 16, 16);
        let grid = grid(Axis::H, Boundary::Periodic);
        let k = TAU * 3.0 / (16.0 * grid.dx);
        let x = field(shape, &grid, |x, _| (0.0, (k * x).sin()));
        let mut y = vec![f64::NAN; shape.plane()];
        Vorticity::new(shape, &grid).unwrap().apply(&x, &mut y);
        for (i, found) in y.iter().enumerate() {
            let at = (i / 16) as f64 * grid.dx;
            let expected = (k * grid.dx).sin() / grid.dx * (k * at).cos();
            // Arguments up to 2π·3 carry an error of 20 ε into each sine.
            assert!((found - expected).abs() <= 64.0 * f64::EPSILON, "{i}: {found} {expected}");
        }
    }

    #[test]
    fn fields_without_velocity_and_grids_without_size_are_refused() {
        let open = grid(Axis::H, Boundary::Open);
        for shape in [Shape::new(1, 1, 4, 4), Shape::new(1, 2, 1, 4), Shape::new(1, 2, 4, 1)] {
            assert_eq!(Vorticity::new(shape, &open), Err(OperatorError::Velocity { shape }));
        }
        let flat = Grid { dy: 0.0, ..open };
        let distance = OperatorError::Distance { axis: "dy", found: 0.0 };
        assert_eq!(Vorticity::new(Shape::new(1, 2, 4, 4), &flat), Err(distance));
    }
}
