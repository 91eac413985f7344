//! What people tune of a method: its parameters, their published values and those that tuning tries.

use std::fmt;

/// A value of a parameter: a real number, or how often.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A real number.
    Real(f64),
    /// A whole number of at least 1.
    Count(usize),
}

impl Value {
    /// As a number in a table.
    pub const fn number(self) -> f64 {
        match self {
            Self::Real(value) => value,
            Self::Count(value) => value as f64,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real(value) => value.fmt(f),
            Self::Count(value) => value.fmt(f),
        }
    }
}

/// The values that a parameter may take, and those that tuning tries, in rising order; empty where it is not
/// tuned.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Range {
    /// Finite numbers above 0.
    Positive(&'static [f64]),
    /// Numbers from 0 to 1.
    Share(&'static [f64]),
    /// Whole numbers of at least 1.
    Count(&'static [usize]),
}

impl Range {
    /// What it asks for.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Positive(_) => "a finite number above 0",
            Self::Share(_) => "a number from 0 to 1",
            Self::Count(_) => "a whole number of at least 1",
        }
    }

    /// The values that tuning tries.
    pub fn grid(self) -> Vec<Value> {
        match self {
            Self::Positive(grid) | Self::Share(grid) => grid.iter().copied().map(Value::Real).collect(),
            Self::Count(grid) => grid.iter().copied().map(Value::Count).collect(),
        }
    }

    /// A number as a value of this range.
    pub fn value(self, number: f64) -> Option<Value> {
        let holds = match self {
            Self::Positive(_) => number.is_finite() && number > 0.0,
            Self::Share(_) => (0.0..=1.0).contains(&number),
            Self::Count(_) => (1.0..=9e15).contains(&number) && number.fract() == 0.0,
        };
        holds.then_some(match self {
            Self::Count(_) => Value::Count(number as usize),
            // Of −0, 0: the two are one value and must be one name in results.
            _ => Value::Real(number + 0.0),
        })
    }
}

/// A parameter of a method.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name on the command line and in the results.
    pub name: &'static str,
    /// Its symbol in the method's formula.
    pub symbol: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What the paper, or the code published with it, takes.
    pub published: Value,
    /// What it may be.
    pub range: Range,
}

impl Parameter {
    /// A real number above 0.
    pub const fn positive(words: [&'static str; 3], published: f64, grid: &'static [f64]) -> Self {
        Self::new(words, Value::Real(published), Range::Positive(grid))
    }

    /// A real number from 0 to 1.
    pub const fn share(words: [&'static str; 3], published: f64, grid: &'static [f64]) -> Self {
        Self::new(words, Value::Real(published), Range::Share(grid))
    }

    /// How often.
    pub const fn count(words: [&'static str; 3], published: usize, grid: &'static [usize]) -> Self {
        Self::new(words, Value::Count(published), Range::Count(grid))
    }

    const fn new([name, symbol, about]: [&'static str; 3], published: Value, range: Range) -> Self {
        Self { name, symbol, about, published, range }
    }

    /// Whether tuning tries values of it.
    pub fn is_tuned(&self) -> bool {
        !self.range.grid().is_empty()
    }
}
