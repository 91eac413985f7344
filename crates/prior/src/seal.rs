//! Checksums of what a prior's file holds, so that a bit that changed on the disk enters no number.

use crate::{PriorError, Result};
use equipoise_data::DataError;
use equipoise_data::store::{Reader, Writer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

/// The attribute that holds them; absent in older files.
const CHECKSUMS: &str = "checksums";

/// Numbers that are summed at a time.
const PORTION: usize = 1 << 13;

/// CRC-32 by the names of entries: of the text of an attribute, of the numbers of an array in little-endian bytes.
#[derive(Debug, Default)]
pub(crate) struct Seal(RefCell<BTreeMap<String, u32>>);

impl Seal {
    fn text(&self, name: &str, text: &str) {
        self.0.borrow_mut().insert(name.to_owned(), crc32fast::hash(text.as_bytes()));
    }

    /// Writes an attribute.
    pub(crate) fn state(&self, to: &Writer, name: &str, value: &impl Serialize) -> Result<(), DataError> {
        to.set_json(name, value)?;
        // What could be written once can be again.
        self.text(name, &serde_json::to_string(value).unwrap_or_default());
        Ok(())
    }

    /// Reads an attribute.
    pub(crate) fn stated<V: DeserializeOwned>(&self, from: &Reader, name: &str) -> Result<V, DataError> {
        self.text(name, &from.text(name)?);
        from.json(name)
    }

    pub(crate) fn array<const N: usize>(&self, name: &str, numbers: impl Iterator<Item = [u8; N]>) {
        let (mut sum, mut bytes) = (crc32fast::Hasher::new(), Vec::with_capacity(N * PORTION));
        for number in numbers {
            bytes.extend_from_slice(&number);
            if bytes.len() == N * PORTION {
                sum.update(&bytes);
                bytes.clear();
            }
        }
        sum.update(&bytes);
        self.0.borrow_mut().insert(name.to_owned(), sum.finalize());
    }

    /// States them in a file.
    pub(crate) fn write(&self, to: &Writer) -> Result<(), DataError> {
        to.set_json(CHECKSUMS, &*self.0.borrow())
    }

    /// Holds what was read to what a file states.
    ///
    /// # Errors
    /// [`PriorError::Refused`] with the first entry that is not what was written.
    pub(crate) fn check(&self, reader: &Reader, path: &Path) -> Result<()> {
        if reader.attributes()?.iter().all(|name| name != CHECKSUMS) {
            return Ok(());
        }
        let stated: BTreeMap<String, u32> = reader.json(CHECKSUMS)?;
        let found = self.0.borrow();
        match stated.iter().find(|(name, sum)| found.get(*name) != Some(*sum)) {
            None => Ok(()),
            Some((name, sum)) => Err(PriorError::refused(
                path.display(),
                "checksums",
                found
                    .get(name)
                    .map_or_else(|| format!("no `{name}`"), |sum| format!("{sum:08x} of `{name}`")),
                format!(
                    "{sum:08x}, as it was written; the file is damaged: fit the prior again or take a copy"
                ),
            )),
        }
    }
}
