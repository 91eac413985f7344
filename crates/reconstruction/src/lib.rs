//! From scattered sensor readings to an ensemble of fields in physical units.
