//! What can be wrong with a law's name or its numbers.

/// A law that cannot be named or evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScalingError {
    /// No law has this name.
    #[error("law: found {found:?}, expected one of {expected}")]
    UnknownLaw {
        /// The name given.
        found: String,
        /// All names, separated by commas.
        expected: String,
    },
    /// No counting convention has this name.
    #[error("n-convention: found {found:?}, expected true or floor")]
    UnknownConvention {
        /// The name given.
        found: String,
    },
    /// A stride that leaves no lattice.
    #[error("sub: found {sub}, expected 1 to {largest}, the shorter side of the {height} × {width} grid")]
    Stride {
        /// The stride given.
        sub: usize,
        /// The largest stride allowed.
        largest: usize,
        /// H.
        height: usize,
        /// W.
        width: usize,
    },
    /// Traces that do not define a variance.
    #[error(
        "law {law}: traces tr(B·AVAᵀ) = {product}, tr B = {weight} with std {std}, expected tr B > 0 and v > 0"
    )]
    Traces {
        /// The law's name.
        law: &'static str,
        /// tr(B·AVAᵀ).
        product: f64,
        /// tr B.
        weight: f64,
        /// s.
        std: f64,
    },
}
