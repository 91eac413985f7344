//! Pictures, curves, tables and one self-contained HTML page.
