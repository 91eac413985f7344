//! Values of other people's code, from the golden files of the workspace.

use std::fs;
use std::io;
use std::path::Path;

/// A golden file, read as bytes: its datasets are stored whole, little-endian doubles one after the other, so that
/// an offset is all that one needs of HDF5 (`h5dump -p -H` prints it).
#[derive(Clone, Debug)]
pub struct Golden(Vec<u8>);

impl Golden {
    /// The file `name` of `tests/golden`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(name: &str) -> io::Result<Self> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden").join(name)).map(Self)
    }

    /// The `count` doubles at `offset`.
    ///
    /// # Errors
    /// When the file ends before.
    pub fn doubles(&self, offset: usize, count: usize) -> io::Result<Vec<f64>> {
        let bytes = self.0.get(offset..offset + 8 * count).ok_or(io::ErrorKind::UnexpectedEof)?;
        let double = |eight: &[u8]| eight.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        Ok(bytes.chunks_exact(8).map(|eight| f64::from_bits(double(eight))).collect())
    }
}
