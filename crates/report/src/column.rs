//! Columns, each said once: what it is called, what it means, in which unit, and how it is got from a row.

use crate::Cell;
use std::borrow::Cow;
use std::fmt;

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What files call it.
    pub name: Cow<'static, str>,
    /// What readers are shown in place of the name.
    pub title: Option<Cow<'static, str>>,
    /// What it holds; shown by the browser on request, may be empty.
    pub meaning: Cow<'static, str>,
    /// Its unit; empty where it has none, or where the meaning states it.
    pub unit: Cow<'static, str>,
    /// Whether its cells stand at the right also where they are words.
    right: bool,
}

impl Head {
    /// A column that stands at the left if any of its cells is a word.
    pub fn new(name: impl Into<Cow<'static, str>>, meaning: impl Into<Cow<'static, str>>) -> Self {
        let (name, meaning) = (name.into(), meaning.into());
        Self { name, title: None, meaning, unit: Cow::Borrowed(""), right: false }
    }

    /// What readers are shown.
    pub(crate) fn shown(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Meaning and unit.
    pub(crate) fn explained(&self) -> Cow<'_, str> {
        match (&*self.meaning, &*self.unit) {
            (meaning, "") => Cow::Borrowed(meaning),
            ("", unit) => Cow::Owned(format!("in {unit}")),
            (meaning, unit) => Cow::Owned(format!("{meaning}, in {unit}")),
        }
    }

    /// Whether cells stand at the left.
    pub(crate) fn is_left<'a>(&self, mut cells: impl Iterator<Item = &'a Cell>) -> bool {
        !self.right && cells.any(Cell::is_words)
    }
}

impl From<&'static str> for Head {
    fn from(name: &'static str) -> Self {
        Self::new(name, "")
    }
}

impl From<&Self> for Head {
    fn from(head: &Self) -> Self {
        head.clone()
    }
}

/// Name and meaning.
impl<N: Into<Cow<'static, str>>, M: Into<Cow<'static, str>>> From<(N, M)> for Head {
    fn from((name, meaning): (N, M)) -> Self {
        Self::new(name, meaning)
    }
}

/// A column of every table of rows `R`.
///
/// ```
/// use equipoise_report::{Column, Table, pick};
/// struct Run { steps: usize, seconds: f64 }
/// let columns = [
///     Column::new("steps", "of the sampler", |run: &Run| run.steps),
///     Column::new("seconds", "wall time", |run: &Run| run.seconds).unit("s").titled("time"),
/// ];
/// let runs = [Run { steps: 32, seconds: 0.5 }];
/// let table = Table::of(&columns, &runs);
/// assert_eq!(table.csv()?, b"steps,seconds\n32,0.5\n");
/// let mut text = Vec::new();
/// Table::of(pick(&columns, &["seconds"]), &runs).write_text(&mut text, "")?;
/// assert_eq!(text, b"time\n 0.5\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Column<'a, R> {
    pub(crate) head: Head,
    pub(crate) get: Box<dyn Fn(&R) -> Cell + 'a>,
}

impl<'a, R> Column<'a, R> {
    /// A column by name and meaning.
    pub fn new<C: Into<Cell>>(
        name: impl Into<Cow<'static, str>>,
        meaning: impl Into<Cow<'static, str>>,
        get: impl Fn(&R) -> C + 'a,
    ) -> Self {
        Self { head: Head::new(name, meaning), get: Box::new(move |row| get(row).into()) }
    }

    /// What files call it.
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// With a unit.
    #[must_use]
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.head.unit = Cow::Borrowed(unit);
        self
    }

    /// With its cells at the right in plain text, also where they are words.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.head.right = true;
        self
    }

    /// With what readers are shown in place of the name.
    #[must_use]
    pub fn titled(mut self, title: &'static str) -> Self {
        self.head.title = Some(Cow::Borrowed(title));
        self
    }
}

impl<R> fmt::Debug for Column<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.fmt(f)
    }
}

/// The columns of these names, in this order.
///
/// # Panics
/// If no column has one of the names.
pub fn pick<'c, 'a, R>(columns: &'c [Column<'a, R>], names: &[&str]) -> Vec<&'c Column<'a, R>> {
    let named = |name: &&str| match columns.iter().find(|column| column.head.name == *name) {
        Some(column) => column,
        None => panic!("no column `{name}`"),
    };
    names.iter().map(named).collect()
}
