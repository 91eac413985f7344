//! Pages and panels as files.

mod page;
mod panel;
