//! Vorticity and divergence of a velocity field, through its axis map.

use crate::difference::Plane;
use crate::{Inclusion, MetricsError, Result};
use equipoise_field::sum::{self, LANES, pairwise};
use equipoise_field::{Axis, Boundary, Grid, Length, Real, Shape, by_element};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// ω = ∂(ch 1)/∂x − ∂(ch 0)/∂y, of shape (T, H, W).
///
/// `x` is a velocity field of shape (T, 2, H, W), channel 0 along x, channel 1 along y, in one
/// physical unit (channels normalised each by its own scale have no vorticity). Central differences;
/// one-sided, of first order, at open borders.
///
/// # Errors
/// If the shape, the channels, the grid or the spacing are not those of a velocity field.
pub fn vorticity<R: Real>(x: &[R], shape: Shape, grid: &Grid) -> Result<Vec<R>> {
    pointwise(x, shape, grid, |u, v, h, w| v.along_x(h, w) - u.along_y(h, w))
}

/// ∇·u = ∂(ch 0)/∂x + ∂(ch 1)/∂y, of shape (T, H, W); otherwise as [`vorticity`].
///
/// # Errors
/// As [`vorticity`].
pub fn divergence<R: Real>(x: &[R], shape: Shape, grid: &Grid) -> Result<Vec<R>> {
    pointwise(x, shape, grid, |u, v, h, w| u.along_x(h, w) + v.along_y(h, w))
}

/// rms(∇·u)/rms(∇u), with the Frobenius norm of the velocity gradient; 0 for a uniform flow.
///
/// Of order 1 when the axis map is wrong. On an open grid only interior points count, where the
/// difference is central. `inclusion` flags the points (h, w) or (t, h, w).
///
/// # Errors
/// As [`vorticity`], and if the mask does not fit or nothing is included.
pub fn divergence_residual<R: Real>(
    x: &[R],
    shape: Shape,
    grid: &Grid,
    inclusion: Inclusion<'_>,
) -> Result<f64> {
    by_element::<R, Residual<R>>(single as Residual<f32>, double as Residual<f64>)(x, shape, grid, inclusion)
}

type Residual<R> = fn(&[R], Shape, &Grid, Inclusion<'_>) -> Result<f64>;

/// Compiled here, so that no caller's level of optimisation is its own.
#[inline(never)]
fn single(x: &[f32], shape: Shape, grid: &Grid, inclusion: Inclusion<'_>) -> Result<f64> {
    residual(x, shape, grid, inclusion)
}

#[inline(never)]
fn double(x: &[f64], shape: Shape, grid: &Grid, inclusion: Inclusion<'_>) -> Result<f64> {
    residual(x, shape, grid, inclusion)
}

fn residual<R: Real>(x: &[R], shape: Shape, grid: &Grid, inclusion: Inclusion<'_>) -> Result<f64> {
    check(x, shape, grid)?;
    let points = shape.frames * shape.plane();
    inclusion.count(points)?;
    if let Inclusion::Plane(flags) = inclusion
        && flags.len() != shape.plane()
    {
        return Err(MetricsError::Mask { found: flags.len(), expected: shape.plane() });
    }
    let (arch, all) = (Arch::new(), vec![true; shape.width]);
    let row = |row: usize| {
        let (t, h) = (row / shape.height, row % shape.height);
        let held = match inclusion {
            Inclusion::All => &all,
            Inclusion::Plane(flags) => &flags[h * shape.width..][..shape.width],
            Inclusion::Entries(flags) => &flags[row * shape.width..][..shape.width],
        };
        let frame = &x[t * shape.frame()..(t + 1) * shape.frame()];
        Row::of(frame, shape, grid, h, held).map_or([0.0; 3], |row| arch.dispatch(row))
    };
    let rows: Vec<[f64; 3]> = (0..shape.frames * shape.height).map(row).collect();
    let of = |k: usize| sum::of(rows.len(), |row| rows[row][k]);
    let (divergence, gradient) = (of(0), of(1));
    if of(2) < 1.0 {
        return Err(MetricsError::Empty { what: "divergence residual" });
    }
    if divergence > 0.0 || gradient.is_nan() { Ok((divergence / gradient).sqrt()) } else { Ok(0.0) }
}

/// A row of a frame with those above and below it, u and v each.
struct Row<'a, R> {
    own: [&'a [R]; 2],
    above: [&'a [R]; 2],
    below: [&'a [R]; 2],
    held: &'a [bool],
    grid: &'a Grid,
}

impl<'a, R: Real> Row<'a, R> {
    /// Row `h`; none where differences across it are not central.
    fn of(frame: &'a [R], shape: Shape, grid: &'a Grid, h: usize, held: &'a [bool]) -> Option<Self> {
        let Shape { height, width, .. } = shape;
        if grid.boundary == Boundary::Open && (h == 0 || h + 1 == height) {
            return None;
        }
        let both = |h: usize| [0, 1].map(|c| &frame[c * shape.plane() + h % height * width..][..width]);
        Some(Self { own: both(h), above: both(h + height - 1), below: both(h + 1), held, grid })
    }

    /// Adds (∇·u)², |∇u|² and one at points that are held; `points` and their neighbours along W begin at these places.
    #[inline(always)]
    fn add<const N: usize>(&self, sums: &mut [[f64; LANES]; 3], [left, points, right]: [usize; 3]) {
        let wide = |row: &[R], first: usize| -> [f64; N] {
            let row = &row[first..first + N];
            std::array::from_fn(|i| row[i].wide())
        };
        let (of_h, of_w) = match self.grid.x_axis {
            Axis::H => (0.5 / self.grid.dx, 0.5 / self.grid.dy),
            Axis::W => (0.5 / self.grid.dy, 0.5 / self.grid.dx),
        };
        let slope = |up: [f64; N], down: [f64; N], scale: f64| -> [f64; N] {
            std::array::from_fn(|i| (up[i] - down[i]) * scale)
        };
        let [u, v] = [0, 1].map(|c| {
            let along_h = slope(wide(self.below[c], points), wide(self.above[c], points), of_h);
            let along_w = slope(wide(self.own[c], right), wide(self.own[c], left), of_w);
            [along_h, along_w]
        });
        let (of_u, of_v) = if self.grid.x_axis == Axis::H { (u[0], v[1]) } else { (u[1], v[0]) };
        let held = &self.held[points..points + N];
        for i in 0..N {
            let divergence = of_u[i] + of_v[i];
            let squares = u[0][i] * u[0][i] + u[1][i] * u[1][i] + v[0][i] * v[0][i] + v[1][i] * v[1][i];
            sums[0][i] += if held[i] { divergence * divergence } else { 0.0 };
            sums[1][i] += if held[i] { squares } else { 0.0 };
            sums[2][i] += if held[i] { 1.0 } else { 0.0 };
        }
    }
}

/// Σ (∇·u)², Σ |∇u|² and the count of points of a row where differences are central and that are held.
impl<R: Real> WithSimd for Row<'_, R> {
    type Output = [f64; 3];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; 3] {
        let (width, mut sums) = (self.held.len(), [[0.0; LANES]; 3]);
        let whole = 1 + (width - 2) / LANES * LANES;
        (1..whole).step_by(LANES).for_each(|w| self.add::<LANES>(&mut sums, [w - 1, w, w + 1]));
        (whole..width - 1).for_each(|w| self.add::<1>(&mut sums, [w - 1, w, w + 1]));
        if self.grid.boundary == Boundary::Periodic {
            self.add::<1>(&mut sums, [width - 1, 0, 1]);
            self.add::<1>(&mut sums, [width - 2, width - 1, 0]);
        }
        sums.map(|mut lanes| pairwise(&mut lanes))
    }
}

fn pointwise<R: Real>(
    x: &[R],
    shape: Shape,
    grid: &Grid,
    value: impl Fn(&Plane<'_, R>, &Plane<'_, R>, usize, usize) -> f64 + Sync,
) -> Result<Vec<R>> {
    check(x, shape, grid)?;
    let mut out = vec![R::zero(); shape.frames * shape.plane()];
    out.par_chunks_mut(shape.plane()).enumerate().for_each(|(t, plane)| {
        let (u, v) = components(x, shape, grid, t);
        for (i, point) in plane.iter_mut().enumerate() {
            *point = R::narrow(value(&u, &v, i / shape.width, i % shape.width));
        }
    });
    Ok(out)
}

fn components<'a, R>(x: &'a [R], shape: Shape, grid: &Grid, t: usize) -> (Plane<'a, R>, Plane<'a, R>) {
    let plane = |c| {
        let start = shape.index(t, c, 0, 0);
        let values = &x[start..start + shape.plane()];
        Plane { values, height: shape.height, width: shape.width, grid: *grid }
    };
    (plane(0), plane(1))
}

fn check<R>(x: &[R], shape: Shape, grid: &Grid) -> Result<()> {
    Length::check("velocity field", x.len(), shape.len())?;
    if shape.channels != 2 {
        return Err(MetricsError::Channels { shape });
    }
    if shape.height < 3 || shape.width < 3 {
        return Err(MetricsError::Grid { shape });
    }
    let positive = |d: f64| d > 0.0 && d.is_finite();
    if !(positive(grid.dx) && positive(grid.dy)) {
        return Err(MetricsError::Spacing { dx: grid.dx, dy: grid.dy });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The field with channel 0 = f(x, y).0 and channel 1 = f(x, y).1, times (t + 1).
    fn field(shape: Shape, grid: &Grid, f: impl Fn(f64, f64) -> (f64, f64)) -> Vec<f64> {
        (0..shape.len())
            .map(|i| {
                let (t, c, h, w) = shape.position(i);
                let (ix, iy) = if grid.x_axis == Axis::H { (h, w) } else { (w, h) };
                let (u, v) = f(ix as f64 * grid.dx, iy as f64 * grid.dy);
                (t + 1) as f64 * if c == 0 { u } else { v }
            })
            .collect()
    }

    fn swapped(grid: &Grid) -> Grid {
        Grid { x_axis: grid.y_axis(), dx: grid.dy, dy: grid.dx, ..*grid }
    }

    fn periodic(x_axis: Axis, shape: Shape) -> Grid {
        let (nx, ny) =
            if x_axis == Axis::H { (shape.height, shape.width) } else { (shape.width, shape.height) };
        let step = |n: usize| std::f64::consts::TAU / n as f64;
        Grid { x_axis, dx: step(nx), dy: step(ny), boundary: Boundary::Periodic }
    }

    /// u = sin kx cos ly, v = −(k/l) cos kx sin ly. Central differences multiply ∂ₓ of wavenumber k
    /// by sin(k dx)/(k dx), exactly.
    #[test]
    fn taylor_green_has_the_vorticity_of_central_differences() {
        let shape = Shape::new(2, 2, 24, 40);
        let (k, l) = (2.0f64, 3.0f64);
        for x_axis in [Axis::H, Axis::W] {
            let grid = periodic(x_axis, shape);
            let x = field(shape, &grid, |x, y| {
                ((k * x).sin() * (l * y).cos(), -(k / l) * (k * x).cos() * (l * y).sin())
            });
            let (fx, fy) = ((k * grid.dx).sin() / (k * grid.dx), (l * grid.dy).sin() / (l * grid.dy));
            let omega = vorticity(&x, shape, &grid).unwrap();
            let div = divergence(&x, shape, &grid).unwrap();
            // Differences of values up to 2, divided by a spacing of at least 2π/40.
            let bound = 8.0 * f64::EPSILON * 2.0 / 0.15;
            for i in 0..omega.len() {
                let (t, h, w) = (i / shape.plane(), i / shape.width % shape.height, i % shape.width);
                let (ix, iy) = if x_axis == Axis::H { (h, w) } else { (w, h) };
                let (px, py) = (k * ix as f64 * grid.dx, l * iy as f64 * grid.dy);
                let time = (t + 1) as f64;
                let curl = time * px.sin() * py.sin() * (fx * k * k / l + fy * l);
                let spurious = time * k * px.cos() * py.cos() * (fx - fy);
                assert!((omega[i] - curl).abs() <= bound, "{} {curl}", omega[i]);
                assert!((div[i] - spurious).abs() <= bound, "{} {spurious}", div[i]);
            }
        }
    }

    #[test]
    fn solid_rotation_is_exact_up_to_the_open_borders() {
        let shape = Shape::new(1, 2, 5, 7);
        for x_axis in [Axis::H, Axis::W] {
            let grid = Grid { x_axis, dx: 0.25, dy: 0.5, boundary: Boundary::Open };
            let x = field(shape, &grid, |x, y| (-3.0 * y, 3.0 * x));
            // Every number is a dyadic rational: no rounding anywhere.
            assert_eq!(vorticity(&x, shape, &grid).unwrap(), vec![6.0; 35]);
            assert_eq!(divergence(&x, shape, &grid).unwrap(), vec![0.0; 35]);
            assert_eq!(divergence_residual(&x, shape, &grid, Inclusion::All), Ok(0.0));
        }
    }

    #[test]
    fn a_wrong_axis_map_makes_the_divergence_large() {
        let shape = Shape::new(1, 2, 32, 32);
        let grid = periodic(Axis::H, shape);
        let x = field(shape, &grid, |x, y| (x.sin() * y.cos() + (3.0 * y).sin(), -x.cos() * y.sin()));
        // Equal spacings and wavenumbers: the discrete divergence cancels.
        let right = divergence_residual(&x, shape, &grid, Inclusion::All).unwrap();
        let wrong = divergence_residual(&x, shape, &swapped(&grid), Inclusion::All).unwrap();
        assert!(right <= 64.0 * f64::EPSILON, "{right}");
        assert!(wrong > 0.5, "{wrong}");
    }

    #[test]
    fn a_masked_point_does_not_count() {
        let shape = Shape::new(2, 2, 8, 8);
        let grid = periodic(Axis::W, shape);
        let mut x = field(shape, &grid, |_, _| (0.0, 0.0));
        let mut outside = vec![true; shape.plane()];
        for t in 0..2 {
            x[shape.index(t, 0, 4, 4)] = 1.0;
        }
        assert!(divergence_residual(&x, shape, &grid, Inclusion::Plane(&outside)).unwrap() > 0.5);
        for (h, w) in [(4, 3), (4, 5), (3, 4), (5, 4)] {
            outside[h * 8 + w] = false;
        }
        assert_eq!(divergence_residual(&x, shape, &grid, Inclusion::Plane(&outside)), Ok(0.0));
    }

    #[test]
    fn what_is_no_velocity_field_is_refused() {
        let grid = Grid { x_axis: Axis::H, dx: 1.0, dy: 1.0, boundary: Boundary::Open };
        let refused =
            |shape: Shape, grid: Grid| vorticity(&vec![0f32; shape.len()], shape, &grid).unwrap_err();
        let three = Shape::new(1, 3, 4, 4);
        assert_eq!(refused(three, grid), MetricsError::Channels { shape: three });
        let thin = Shape::new(1, 2, 2, 9);
        assert_eq!(refused(thin, grid), MetricsError::Grid { shape: thin });
        let flat = refused(Shape::new(1, 2, 4, 4), Grid { dx: 0.0, ..grid });
        assert_eq!(flat, MetricsError::Spacing { dx: 0.0, dy: 1.0 });
        assert!(vorticity(&[0.0f32; 7], Shape::new(1, 2, 4, 4), &grid).is_err());
    }
}
