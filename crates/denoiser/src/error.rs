//! What can go wrong in a denoiser.

use equipoise_field::{Length, Real};

/// What comes of work that may fail with a [`DenoiserError`].
pub type Result<T, E = DenoiserError> = std::result::Result<T, E>;

/// A denoising that could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DenoiserError {
    /// A buffer of the wrong length.
    #[error(transparent)]
    Length(#[from] Length),
    /// The denoiser's own failure, such as a model that could not be evaluated.
    #[error("denoiser: {0}")]
    Model(Box<dyn std::error::Error + Send + Sync>),
    /// A product that the denoiser does not have.
    #[error("{what}: found a denoiser without this product, expected one that has it")]
    Unknown {
        /// The product.
        what: &'static str,
    },
    /// Too few random vectors to compare J with Jᵀ on.
    #[error("probes: found {found} random vector(s), expected at least 2")]
    Probes {
        /// How many there are.
        found: usize,
    },
    /// A product asked for where x̂ was made alone.
    #[error("{what}: found x̂ without its Jacobian, expected a denoiser linearised there")]
    Unlinearised {
        /// The product.
        what: &'static str,
    },
    /// A member of a batch that is not what it is alone.
    #[error(
        "{what} of member {member} in a batch of {batch}, entry {index}: found {found}, expected {expected} as when alone"
    )]
    Batch {
        /// The output.
        what: &'static str,
        /// Members in the batch.
        batch: usize,
        /// The member's place in it.
        member: usize,
        /// The first entry that differs.
        index: usize,
        /// What stands there.
        found: f64,
        /// What stands there for the member alone.
        expected: f64,
    },
    /// An output with an entry that is no finite number, or was not written.
    #[error("{what}, entry {index}: found {found}, expected a finite number")]
    NotFinite {
        /// The output.
        what: &'static str,
        /// The first such entry.
        index: usize,
        /// What stands there.
        found: f64,
    },
    /// A product Jᵀv that is not the slope of x̂.
    #[error(
        "vjp on {part}: found a slope ⟨Jᵀv, w⟩ = {found}, expected {expected} ± {bound} by differences of x̂"
    )]
    Slope {
        /// Where w is not zero, and what it is.
        part: String,
        /// ⟨Jᵀv, w⟩ with the product.
        found: f64,
        /// The same by differences.
        expected: f64,
        /// How far the two may lie apart.
        bound: f64,
    },
    /// A product J v that is not the adjoint of Jᵀw.
    #[error("jvp: found ⟨w, J v⟩ = {found}, expected {expected} ± {bound} as ⟨Jᵀw, v⟩")]
    Adjoint {
        /// ⟨w, J v⟩.
        found: f64,
        /// ⟨Jᵀw, v⟩.
        expected: f64,
        /// How far the two may lie apart.
        bound: f64,
    },
    /// Differences of x̂ drown in its rounding or curvature: nothing was tested.
    #[error(
        "vjp: found no slope of x̂ at this x_t and level that differences resolve, expected one; nothing was tested"
    )]
    Untested,
}

/// Whether every entry of an output is a finite number.
pub(crate) fn finite<R: Real>(what: &'static str, output: &[R]) -> Result<(), DenoiserError> {
    match output.iter().position(|entry| !entry.is_finite()) {
        Some(index) => Err(DenoiserError::NotFinite { what, index, found: output[index].wide() }),
        None => Ok(()),
    }
}
