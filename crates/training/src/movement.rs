//! Moves of a window by the symmetries of its flow.

use crate::Result;
use crate::error::fault;
use equipoise_data::{Coordinates, Dataset, Symmetry};
use equipoise_field::{Axis, Boundary, Shape};
use equipoise_stream::Stream;

/// Distance from a whole number of points, above which a grid is not symmetric under a turn.
const OFF: f64 = 1e-3;

/// The point that point i of an axis of n points reads: i·e + c modulo n, e = ±1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reads {
    turned: bool,
    shift: usize,
}

impl Reads {
    const SELF: Self = Self { turned: false, shift: 0 };

    fn at(self, i: usize, n: usize) -> usize {
        if self.turned { (self.shift + n - i % n) % n } else { (self.shift + i) % n }
    }

    /// What is read through `first` by who reads through `self`.
    fn then(self, first: Self, n: usize) -> Self {
        Self { turned: self.turned != first.turned, shift: first.at(self.shift, n) }
    }
}

/// A map of fields (u, v): each point takes that of another, and each component its sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    x: Reads,
    y: Reads,
    /// Whether u and v change their signs.
    turns: [bool; 2],
}

/// The moves that a flow on a grid allows.
#[derive(Clone, Debug, PartialEq)]
pub struct Moves {
    symmetries: Vec<Symmetry>,
    x_axis: Axis,
    /// Points along x and y.
    points: [usize; 2],
    /// Periods of the forcing along y.
    periods: usize,
    /// The point that −y of the first lies at.
    turn: usize,
}

impl Moves {
    /// None at all.
    pub fn none(data: &Dataset) -> Self {
        let (x_axis, shape) = (data.grid().x_axis, data.shape(1));
        let points = match x_axis {
            Axis::H => [shape.height, shape.width],
            Axis::W => [shape.width, shape.height],
        };
        Self { symmetries: Vec::new(), x_axis, points, periods: 1, turn: points[1] - 1 }
    }

    /// Those of `asked`, or all that the convention of the flow states and its grid has where nothing is asked.
    ///
    /// # Errors
    /// [`crate::TrainingError::Config`] for a name that is none, a symmetry that the flow is not known to have, and one that
    /// its grid does not have.
    pub fn of(data: &Dataset, asked: Option<&[String]>) -> Result<Self> {
        let convention = data.kind().convention();
        let mut moves = Self::none(data);
        moves.periods = convention.forced.unwrap_or(1);
        let along = data.grid();
        let (first, _) = Coordinates::from_forcing(data)?;
        let back = -2.0 * first / along.dy;
        moves.turn = back.round().rem_euclid(moves.points[1] as f64) as usize;
        let known = convention.symmetries;
        let fits = |symmetry: Symmetry| moves.lacks(data, symmetry, (back - back.round()).abs());
        let symmetries = match asked {
            None => known.iter().copied().filter(|symmetry| fits(*symmetry).is_none()).collect(),
            Some(names) => {
                names.iter().map(|name| named(name, known, data)).collect::<Result<Vec<_>, _>>()?
            }
        };
        for symmetry in &symmetries {
            if let Some(why) = fits(*symmetry) {
                return Err(fault("windows.augment", symmetry, why));
            }
        }
        moves.symmetries = symmetries;
        Ok(moves)
    }

    /// What of a symmetry the grid lacks.
    fn lacks(&self, data: &Dataset, symmetry: Symmetry, off: f64) -> Option<String> {
        if symmetry == Symmetry::ReflectY {
            return self.lopsided(data);
        }
        let across = self.points[1];
        let parts = match symmetry {
            Symmetry::ShiftX | Symmetry::Rotate | Symmetry::ReflectY => 1,
            Symmetry::ShiftY => self.periods,
            Symmetry::ShiftReflect => 2 * self.periods,
        };
        if data.grid().boundary != Boundary::Periodic {
            return Some("a flow with periodic borders".into());
        }
        if data.mask().is_some() || data.channels() != 2 {
            return Some("a flow of two components without a mask".into());
        }
        if !across.is_multiple_of(parts) {
            return Some(format!("a grid whose {across} points along y are a multiple of {parts}"));
        }
        (symmetry == Symmetry::Rotate && off > OFF).then(|| {
            "a first point at a multiple of half a spacing from y = 0, where the forcing is 0".to_owned()
        })
    }

    /// What a wake lacks that is its own mirror image.
    fn lopsided(&self, data: &Dataset) -> Option<String> {
        if data.channels() != 2 {
            return Some("a flow of two components".into());
        }
        let Some(solid) = data.solid() else { return Some("a body whose place is known".into()) };
        let mut moved = vec![false; solid.len()];
        self.plane(self.generator(Symmetry::ReflectY), data.shape(1).width, &solid, &mut moved);
        let centre = data.geometry().map(|body| match self.x_axis {
            Axis::W => body.center_row,
            Axis::H => body.center_column,
        });
        let across = self.points[1];
        let off = centre.map_or(0.0, |at| (2.0 * at - (across - 1) as f64).abs());
        (off > OFF || moved != solid).then(|| {
            format!(
                "a body in the middle of the {across} points along y, and a mask that is its own mirror image"
            )
        })
    }

    /// The symmetries.
    pub fn symmetries(&self) -> &[Symmetry] {
        &self.symmetries
    }

    /// Without those that `leaves` is false for.
    pub(crate) fn retain(&mut self, leaves: impl Fn(Move) -> bool) {
        let kept = self.symmetries.iter().copied().filter(|symmetry| leaves(self.generator(*symmetry)));
        self.symmetries = kept.collect();
    }

    /// One move of a symmetry, whose powers and those of the others are all.
    pub(crate) fn generator(&self, symmetry: Symmetry) -> Move {
        match symmetry {
            Symmetry::ShiftX => self.one(symmetry, 1),
            Symmetry::ShiftY => self.one(symmetry, 1 % self.periods.max(1)),
            _ => self.one(symmetry, 1),
        }
    }

    /// The `count`-th power of a shift, the move itself of the others.
    fn one(&self, symmetry: Symmetry, count: usize) -> Move {
        let [along, across] = self.points;
        let back = Reads { turned: true, shift: along - 1 };
        let shift = |shift: usize| Reads { turned: false, shift };
        match symmetry {
            Symmetry::ShiftX => Move { x: shift(count % along), y: Reads::SELF, turns: [false, false] },
            Symmetry::ShiftY => {
                let y = shift(count * (across / self.periods) % across);
                Move { x: Reads::SELF, y, turns: [false, false] }
            }
            Symmetry::ShiftReflect => {
                Move { x: back, y: shift(across / (2 * self.periods)), turns: [true, false] }
            }
            Symmetry::Rotate => {
                Move { x: back, y: Reads { turned: true, shift: self.turn }, turns: [true, true] }
            }
            Symmetry::ReflectY => {
                Move { x: Reads::SELF, y: Reads { turned: true, shift: across - 1 }, turns: [false, true] }
            }
        }
    }

    /// Draw number `draw` of the stream: shifts and turns, each as likely as the others.
    pub fn draw(&self, stream: Stream, draw: u64) -> Move {
        let [along, across] = self.points;
        let mut drawn = Move { x: Reads::SELF, y: Reads::SELF, turns: [false; 2] };
        for (symmetry, u) in self.symmetries.iter().zip(stream.uniform(draw, self.symmetries.len())) {
            let many = match symmetry {
                Symmetry::ShiftX => along,
                Symmetry::ShiftY => self.periods,
                Symmetry::ShiftReflect | Symmetry::Rotate | Symmetry::ReflectY => 2,
            };
            let count = ((u * many as f64) as usize).min(many - 1);
            if count > 0 {
                let next = self.one(*symmetry, count);
                drawn = Move {
                    x: next.x.then(drawn.x, along),
                    y: next.y.then(drawn.y, across),
                    turns: [drawn.turns[0] != next.turns[0], drawn.turns[1] != next.turns[1]],
                };
            }
        }
        drawn
    }

    /// The field of shape (T, 2, H, W), moved. Overwrites `out`.
    ///
    /// # Panics
    /// If a length is not that of the shape.
    pub fn apply(&self, by: Move, shape: Shape, x: &[f32], out: &mut [f32]) {
        let plane = shape.plane();
        for (p, (x, out)) in x.chunks_exact(plane).zip(out.chunks_exact_mut(plane)).enumerate() {
            let turns = by.turns[(p % shape.channels).min(1)];
            self.plane(by, shape.width, x, out);
            if turns {
                out.iter_mut().for_each(|value| *value = -*value);
            }
        }
    }

    /// A plane of H × W scalars, moved.
    pub(crate) fn plane<T: Copy>(&self, by: Move, width: usize, x: &[T], out: &mut [T]) {
        let [along, across] = self.points;
        for (i, row) in out.chunks_exact_mut(width).enumerate() {
            for (j, out) in row.iter_mut().enumerate() {
                *out = match self.x_axis {
                    Axis::H => x[by.x.at(i, along) * width + by.y.at(j, across)],
                    Axis::W => x[by.y.at(i, across) * width + by.x.at(j, along)],
                };
            }
        }
    }

    /// The x component of a constant field, moved: as u is.
    pub(crate) fn component(&self, by: Move, width: usize, x: &[f64], out: &mut [f64]) {
        self.plane(by, width, x, out);
        if by.turns[0] {
            out.iter_mut().for_each(|value| *value = -*value);
        }
    }
}

fn named(name: &str, known: &[Symmetry], data: &Dataset) -> Result<Symmetry> {
    let found = known.iter().copied().find(|symmetry| symmetry.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|symmetry| symmetry.name()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        fault("windows.augment", name, format!("symmetries of the flow, which is {}: {names}", data.kind()))
    })
}

#[cfg(test)]
mod tests;
