//! SHA-256 of a file of weights.

use crate::WeightsError;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::path::Path;

/// The SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`WeightsError::File`].
pub fn sha256(file: &Path) -> Result<String, WeightsError> {
    let failed = |source| WeightsError::File { file: file.to_owned(), source };
    let mut hasher = Sha256::new();
    std::io::copy(&mut File::open(file).map_err(failed)?, &mut hasher).map_err(failed)?;
    Ok(hasher.finalize().iter().fold(String::new(), |mut digits, byte| {
        // Writing into a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test vector of FIPS 180-2, appendix B.1.
    #[test]
    fn abc_has_the_published_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&path).unwrap(), expected);
        assert!(matches!(sha256(&folder.path().join("none")), Err(WeightsError::File { .. })));
    }
}
