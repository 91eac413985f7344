//! A case: a name, what it moves at least, and how its work is prepared.

use crate::Result;
use serde_json::{Value, json};

/// The work of a case; each call does it once.
pub(crate) type Work = Box<dyn FnMut() -> Result<()>>;

/// One thing to time.
pub(crate) struct Case {
    /// Group, what is done, and the size that varies, parted by slashes; peers use the same names.
    pub(crate) id: String,
    /// What is done, in words.
    pub(crate) what: String,
    /// The bytes that any method must read and write: every input once unless a later pass needs an
    /// earlier one's result, every output once.
    pub(crate) bytes: f64,
    /// The bytes of all arrays that the work reads or writes.
    pub(crate) arrays: f64,
    /// Floating-point operations, where they and not the memory decide.
    pub(crate) operations: Option<f64>,
    /// Allocates and fills what the work needs.
    pub(crate) prepare: Box<dyn Fn() -> Result<Work>>,
}

impl Case {
    /// A case that memory decides, with the bytes that must move and those of its arrays.
    pub(crate) fn new(
        id: String,
        what: String,
        [bytes, arrays]: [f64; 2],
        prepare: impl Fn() -> Result<Work> + 'static,
    ) -> Self {
        Self { id, what, bytes, arrays, operations: None, prepare: Box::new(prepare) }
    }

    /// What a reader of the results needs to know.
    pub(crate) fn describe(&self) -> Value {
        let Self { id, what, bytes, arrays, operations, .. } = self;
        json!({ "id": id, "what": what, "bytes": bytes, "arrays": arrays, "operations": operations })
    }
}
