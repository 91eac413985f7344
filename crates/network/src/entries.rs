//! Entries of a configuration, and of a description, with their names in errors.

use crate::{NetworkError, Result};
use serde_json::{Map, Value};

/// No width, window or factor of a network is larger.
const LARGEST: usize = 1 << 20;
/// No depth is coarser by more.
const LARGEST_STRIDE: usize = 64;
/// No more depths.
const MOST_DEPTHS: usize = 32;
/// No more blocks at a depth.
const MOST_BLOCKS: usize = 1 << 10;

/// An entry that is not as it may be.
pub(crate) fn fault(field: &str, found: impl ToString, expected: impl ToString) -> NetworkError {
    NetworkError::Architecture {
        field: field.to_owned(),
        found: found.to_string(),
        expected: expected.to_string(),
    }
}

/// The entries of a JSON object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entries<'a>(&'a Map<String, Value>);

impl<'a> Entries<'a> {
    /// # Errors
    /// Unless `value`, which is called `what`, is an object.
    pub(crate) fn of(what: &str, value: &'a Value) -> Result<Self> {
        value.as_object().map(Self).ok_or_else(|| fault(what, value, "an object"))
    }

    pub(crate) fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A count; `default` where it is absent, an error where that is none.
    pub(crate) fn count(self, name: &str, default: Option<usize>) -> Result<usize> {
        match self.get(name) {
            Some(value) => count(value).ok_or_else(|| fault(name, value, "a count")),
            None => default.ok_or_else(|| fault(name, "nothing", "a count")),
        }
    }

    /// A list of counts.
    pub(crate) fn counts(self, name: &str, default: &[usize]) -> Result<Vec<usize>> {
        let Some(value) = self.get(name) else { return Ok(default.to_owned()) };
        let counts = value.as_array().and_then(|all| all.iter().map(count).collect::<Option<Vec<_>>>());
        counts.ok_or_else(|| fault(name, value, "a list of counts"))
    }

    /// A count for both axes or a list of two.
    pub(crate) fn pair(self, name: &str, default: usize) -> Result<[usize; 2]> {
        self.both(name, default, count, "a count")
    }

    /// A flag for both axes or a list of two.
    pub(crate) fn flags(self, name: &str, default: bool) -> Result<[bool; 2]> {
        self.both(name, default, Value::as_bool, "true or false")
    }

    fn both<T: Copy>(self, name: &str, default: T, of: fn(&Value) -> Option<T>, one: &str) -> Result<[T; 2]> {
        let Some(value) = self.get(name) else { return Ok([default; 2]) };
        let each = || value.as_array()?.iter().map(of).collect::<Option<Vec<_>>>()?.try_into().ok();
        let both = of(value).map(|one| [one; 2]);
        both.or_else(each).ok_or_else(|| fault(name, value, format!("{one}, or one along H and one along W")))
    }

    /// A word.
    pub(crate) fn word(self, name: &str, default: &'a str) -> Result<&'a str> {
        self.get(name).map_or(Ok(default), |value| value.as_str().ok_or_else(|| fault(name, value, "a word")))
    }
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

/// That a number of a description lies in `least`.. and below what any network has.
pub(crate) fn check_count(field: &str, found: usize, least: usize) -> Result<()> {
    if (least..=LARGEST).contains(&found) {
        return Ok(());
    }
    Err(fault(field, found, format!("{least} to {LARGEST}")))
}

/// That widths and blocks belong together.
pub(crate) fn check_depths(
    [widths, blocks]: [&str; 2],
    channels: &[usize],
    counts: &[usize],
    least: usize,
) -> Result<()> {
    if channels.is_empty() || channels.len() != counts.len() {
        let expected =
            format!("one count for each of the {} widths of {widths}, of which there is one", channels.len());
        return Err(fault(blocks, format!("{} counts", counts.len()), expected));
    }
    if channels.len() > MOST_DEPTHS {
        return Err(fault(widths, format!("{} widths", channels.len()), format!("at most {MOST_DEPTHS}")));
    }
    channels.iter().try_for_each(|&width| check_count(widths, width, least))?;
    match counts.iter().find(|count| **count > MOST_BLOCKS) {
        Some(count) => Err(fault(blocks, count, format!("at most {MOST_BLOCKS}"))),
        None => Ok(()),
    }
}

/// That kernels are odd and strides small.
pub(crate) fn check_steps(kernel: [usize; 2], stride: [usize; 2]) -> Result<()> {
    kernel.iter().try_for_each(|&size| check_count("kernel_size", size, 1))?;
    if let Some(size) = kernel.iter().find(|size| *size % 2 == 0) {
        return Err(fault("kernel_size", size, "odd sizes"));
    }
    match stride.iter().find(|stride| !(1..=LARGEST_STRIDE).contains(*stride)) {
        Some(size) => Err(fault("stride", size, format!("1 to {LARGEST_STRIDE}"))),
        None => Ok(()),
    }
}
