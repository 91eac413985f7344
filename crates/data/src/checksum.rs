//! SHA-256 of a file.

use crate::DataError;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::path::Path;

/// The SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`DataError::Missing`] or [`DataError::Unreadable`].
pub fn checksum(path: &Path) -> Result<String, DataError> {
    let fault = |source| DataError::io(path, source);
    let mut hasher = Sha256::new();
    std::io::copy(&mut File::open(path).map_err(fault)?, &mut hasher).map_err(fault)?;
    let digest = hasher.finalize();
    Ok(digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
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
        assert_eq!(checksum(&path).unwrap(), expected);
    }
}
