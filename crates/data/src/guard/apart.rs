//! A store that another process has open.

use super::wire::{Number, PlainMask, Request};
use super::{Guard, Link};
use crate::{DataError, Mask};
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Bytes of an answer, about.
const PORTION: usize = 8 << 20;

#[derive(Debug)]
pub(crate) struct Apart(Mutex<Link>);

impl Apart {
    pub(crate) fn open(guard: Guard, path: &Path) -> Result<Self, DataError> {
        let mut link = Link::start(guard, path)?;
        link.ask::<()>(&Request::Store(Link::place(path)), "opening it")?;
        Ok(Self(Mutex::new(link)))
    }

    fn ask<T: DeserializeOwned>(&self, request: &Request, action: &str) -> Result<T, DataError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ask(request, action)
    }

    pub(crate) fn names(&self) -> Result<Vec<String>, DataError> {
        self.ask(&Request::Names, "listing its members")
    }

    pub(crate) fn attributes(&self) -> Result<Vec<String>, DataError> {
        self.ask(&Request::Attributes, "listing its attributes")
    }

    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>, DataError> {
        self.ask(&Request::Shape(name.into()), &format!("looking at array `{name}`"))
    }

    /// An array of this shape, or rows of it, in parts of whole rows.
    pub(crate) fn array<E: Number>(
        &self,
        name: &str,
        shape: &[usize],
        rows: Option<Range<usize>>,
    ) -> Result<Vec<E>, DataError> {
        let part = |rows: Option<Range<usize>>, count| {
            (Request::Array { name: name.into(), double: E::DOUBLE, rows }, count)
        };
        let row: usize = shape.iter().skip(1).product();
        let high = (PORTION / (size_of::<E>() * row.max(1))).max(1);
        let parts: Vec<_> = match (rows, shape.first()) {
            (None, Some(&length)) if length > high => {
                cut(0..length, high).map(|rows| part(Some(rows.clone()), row * rows.len())).collect()
            }
            (None, _) => vec![part(None, shape.iter().product())],
            (Some(rows), _) => {
                cut(rows, high).map(|rows| part(Some(rows.clone()), row * rows.len())).collect()
            }
        };
        let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        link.numbers(&parts, &format!("reading array `{name}`"))
    }

    pub(crate) fn text(&self, name: &str) -> Result<String, DataError> {
        self.ask(&Request::Text(name.into()), &format!("reading attribute `{name}`"))
    }

    pub(crate) fn mask(&self, sides: [usize; 2]) -> Result<Option<Mask>, DataError> {
        let found: Option<PlainMask> = self.ask(&Request::Mask(sides), "reading array `mask`")?;
        Ok(found.and_then(PlainMask::mask))
    }

    pub(crate) fn dimensions(&self, name: &str) -> Result<Vec<String>, DataError> {
        self.ask(&Request::Dimensions(name.into()), &format!("looking at array `{name}`"))
    }
}

/// Ranges of at most `high`.
fn cut(range: Range<usize>, high: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(high).map(move |start| start..end.min(start + high))
}
