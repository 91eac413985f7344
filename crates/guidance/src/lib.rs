//! Guided noise estimates, one method per file.
