//! Where a network stands among the keys of a file.

use crate::entries::fault;
use crate::{NetworkError, Result};
use equipoise_weights::State;

/// Keys of a file that a message shows.
const SHOWN: usize = 4;

/// What stands before `end` in the one key that ends so.
///
/// # Errors
/// [`NetworkError::Family`] where there is none, or several.
pub(crate) fn prefix(state: &State, end: &str) -> Result<String> {
    let stem = |key: &str| {
        let stem = key.strip_suffix(end)?;
        (stem.is_empty() || stem.ends_with('.')).then(|| stem.to_owned())
    };
    let found: Vec<String> = state.keys().filter_map(stem).collect();
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => Err(family(state, format!("one that ends in `{end}`"))),
        several => {
            let places = several.iter().map(|place| format!("`{place}{end}`")).collect::<Vec<_>>().join(", ");
            Err(NetworkError::Family {
                file: state.path().to_owned(),
                found: places,
                expected: format!("one key that ends in `{end}`"),
            })
        }
    }
}

/// That no network is known by the keys of a file.
pub(crate) fn family(state: &State, expected: String) -> NetworkError {
    let first = state.keys().take(SHOWN).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let found = if first.is_empty() { "no tensors".to_owned() } else { format!("keys {first}, …") };
    NetworkError::Family { file: state.path().to_owned(), found, expected }
}

/// The shapes of a network's tensors by their names behind a prefix.
#[derive(Clone, Debug)]
pub(crate) struct Shapes<'a> {
    state: &'a State,
    prefix: String,
}

impl<'a> Shapes<'a> {
    /// # Errors
    /// As [`prefix`].
    pub(crate) fn new(state: &'a State, end: &str) -> Result<Self> {
        Ok(Self { state, prefix: prefix(state, end)? })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a [usize]> {
        self.state.shape(&format!("{}{name}", self.prefix))
    }

    /// The shape of the weights of a convolution over two axes.
    ///
    /// # Errors
    /// [`NetworkError::Family`] without the tensor; [`NetworkError::Architecture`] for other numbers of axes.
    pub(crate) fn convolution(&self, name: &str) -> Result<[usize; 4]> {
        let key = format!("{}{name}", self.prefix);
        let shape = self.get(name).ok_or_else(|| NetworkError::Family {
            file: self.state.path().to_owned(),
            found: format!("no `{key}`"),
            expected: "the tensors of a whole network".to_owned(),
        })?;
        shape.try_into().map_err(|_| {
            fault(&key, format!("{shape:?}"), "four lengths, those of a convolution over two axes")
        })
    }
}
