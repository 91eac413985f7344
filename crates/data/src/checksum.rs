//! SHA-256 of a file.

use crate::DataError;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes between two questions whether to go on.
const STEP: u64 = 16 << 20;

/// The SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`DataError::Missing`] or [`DataError::Unreadable`].
pub fn checksum(path: &Path) -> Result<String, DataError> {
    Ok(checksum_while(path, || true)?.expect("nobody asks it to stop"))
}

/// [`checksum`], or `None` once `proceed`, which is asked every 16 MiB, says no.
///
/// # Errors
/// As [`checksum`].
pub fn checksum_while(path: &Path, proceed: impl Fn() -> bool) -> Result<Option<String>, DataError> {
    let fault = |source| DataError::io(path, source);
    let (file, mut hasher) = (File::open(path).map_err(fault)?, Sha256::new());
    while proceed() {
        if std::io::copy(&mut (&file).take(STEP), &mut hasher).map_err(fault)? > 0 {
            continue;
        }
        return Ok(Some(hexadecimal(&hasher.finalize())));
    }
    Ok(None)
}

/// Two lower-case digits a byte.
pub(crate) fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
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
        assert_eq!(checksum_while(&path, || false).unwrap(), None);
    }
}
