//! Point sensors between the points of the grid.

use crate::{LinearOperator, OperatorError, Result, Rows};
use equipoise_field::{Boundary, Real, Shape};

/// The place of one sensor, in units of the grid: (0, 0) is the first row and column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensor {
    /// Time of the reading in frames, 0 to T − 1.
    pub frame: f64,
    /// The velocity component read, 0 to C − 1.
    pub channel: usize,
    /// Position along H, 0 to H − 1 (below H where the border is periodic).
    pub row: f64,
    /// Position along W, 0 to W − 1 (below W where the border is periodic).
    pub column: f64,
}

/// How a sensor reads between two frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeRule {
    /// Linear interpolation.
    Linear,
    /// The nearest frame; the later one from halfway.
    Nearest,
}

/// Off-grid point sensors: bilinear in space, linear or nearest in time, one observation each.
///
/// y_k = Σ w_t w_h w_w x[t, c, h, w] over at most eight neighbours, sums in `f64`. Both directions
/// cost one pass over the neighbours; the adjoint also fills the field.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensors {
    len: usize,
    readings: Rows,
    /// Field entries that some sensor reads, increasing.
    touched: Vec<usize>,
    /// Aᵀ restricted to the touched entries.
    transpose: Rows,
}

impl Sensors {
    /// `sensors` in fields of `shape`, one observation each and in their order.
    ///
    /// # Errors
    /// [`OperatorError::SensorOutside`] naming the first sensor and coordinate outside the field.
    pub fn new(shape: Shape, boundary: Boundary, time: TimeRule, sensors: &[Sensor]) -> Result<Self> {
        let mut readings = Rows::new();
        for (k, sensor) in sensors.iter().enumerate() {
            readings.push(neighbours(shape, boundary, time, k, sensor)?);
        }
        let (touched, transpose) = readings.transpose();
        Ok(Self { len: shape.len(), readings, touched, transpose })
    }
}

/// The flat indices and weights of sensor `k`; neighbours of weight zero are left out.
fn neighbours(
    shape: Shape,
    boundary: Boundary,
    time: TimeRule,
    k: usize,
    sensor: &Sensor,
) -> Result<Vec<(usize, f64)>> {
    let outside = |coordinate, found, limit, closed| OperatorError::SensorOutside {
        sensor: k,
        coordinate,
        found,
        limit,
        closed,
    };
    let c = sensor.channel;
    if c >= shape.channels {
        return Err(outside("channel", c as f64, shape.channels, false));
    }
    let split = |name, position, length, boundary| {
        bracket(position, length, boundary)
            .ok_or_else(|| outside(name, position, end(length, boundary), boundary == Boundary::Open))
    };
    let mut frames = split("frame", sensor.frame, shape.frames, Boundary::Open)?;
    if time == TimeRule::Nearest {
        let nearest = if frames[1].1 >= 0.5 { frames[1].0 } else { frames[0].0 };
        frames = [(nearest, 1.0), (nearest, 0.0)];
    }
    let rows = split("row", sensor.row, shape.height, boundary)?;
    let columns = split("column", sensor.column, shape.width, boundary)?;
    let mut found = Vec::with_capacity(8);
    for (t, a) in frames {
        for (h, b) in rows {
            let points = columns.map(|(w, d)| (shape.index(t, c, h, w), a * b * d));
            found.extend(points.into_iter().filter(|(_, weight)| *weight > 0.0));
        }
    }
    Ok(found)
}

/// The end of an axis: its last point where it is open, its length where it wraps.
fn end(length: usize, boundary: Boundary) -> usize {
    match boundary {
        Boundary::Open => length.saturating_sub(1),
        Boundary::Periodic => length,
    }
}

/// The two grid points beside `position` and their linear weights; none outside the axis.
fn bracket(position: f64, length: usize, boundary: Boundary) -> Option<[(usize, f64); 2]> {
    let limit = end(length, boundary) as f64;
    let inside = match boundary {
        Boundary::Open => length > 0 && (0.0..=limit).contains(&position),
        Boundary::Periodic => (0.0..limit).contains(&position),
    };
    inside.then(|| {
        let low = position.floor();
        let (first, fraction) = (low as usize, position - low);
        [(first, 1.0 - fraction), ((first + 1) % length, fraction)]
    })
}

impl<R: Real> LinearOperator<R> for Sensors {
    fn len_in(&self) -> usize {
        self.len
    }

    fn len_out(&self) -> usize {
        self.readings.count()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        assert_eq!(x.len(), self.len, "sensors: field length");
        assert_eq!(y.len(), self.readings.count(), "sensors: observation length");
        y.iter_mut().enumerate().for_each(|(k, y)| *y = self.readings.dot(k, x));
    }

    fn adjoint(&self, r: &[R], x: &mut [R]) {
        assert_eq!(r.len(), self.readings.count(), "sensors: observation length");
        assert_eq!(x.len(), self.len, "sensors: field length");
        x.fill(R::zero());
        self.touched.iter().enumerate().for_each(|(j, i)| x[*i] = self.transpose.dot(j, r));
    }

    fn adjoint_part(&self, r: &[R], start: usize, part: &mut [R]) {
        assert_eq!(r.len(), self.readings.count(), "sensors: observation length");
        let end = start + part.len();
        assert!(end <= self.len, "sensors: part of the field");
        part.fill(R::zero());
        let first = self.touched.partition_point(|i| *i < start);
        for (j, i) in self.touched.iter().enumerate().skip(first).take_while(|(_, i)| **i < end) {
            part[*i - start] = self.transpose.dot(j, r);
        }
    }

    fn rows(&self) -> Option<&Rows> {
        Some(&self.readings)
    }
}

#[cfg(test)]
mod tests;
