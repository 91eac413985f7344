//! Why a case could not be timed.

use thiserror::Error as Derive;

/// What the crate returns.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong.
#[derive(Debug, Derive)]
#[non_exhaustive]
pub(crate) enum Error {
    /// An argument or a command that is not known.
    #[error(
        "found `{found}`, expected a group (stream, likelihood, step, reduced, fit, denoiser) or a command (list, time ID, peak)"
    )]
    Usage {
        /// What stands there.
        found: String,
    },
    /// A case that the group does not have.
    #[error("case: found `{found}`, not in this group")]
    Case {
        /// The name asked for.
        found: String,
    },
    /// The work of a case failed.
    #[error(transparent)]
    Work(Box<dyn std::error::Error>),
    /// Standard input or output.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Any failure of the crates under measurement.
pub(crate) fn work(error: impl std::error::Error + 'static) -> Error {
    Error::Work(Box::new(error))
}

/// An error with its causes, as it is printed.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", told(cause)),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_failure_is_said() {
        #[derive(Debug, Derive)]
        #[error("the file")]
        struct Outer(#[source] std::io::Error);
        assert_eq!(told(&work(Outer(std::io::Error::other("is gone")))), "the file: is gone");
    }
}
