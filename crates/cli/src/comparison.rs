//! What the verbs that compare denoisers share: flows, denoisers, folder, what is printed.

mod output;
mod source;

pub(crate) use output::{Output, tell_cost};
pub(crate) use source::{Defaults, Opened, Source};
