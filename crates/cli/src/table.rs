//! The one table of the command line, which is the one of pages.

pub(crate) use equipoise_report::{Cell, Head as Column, Table};
