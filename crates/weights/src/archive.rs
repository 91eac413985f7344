//! The zip file that `torch.save` writes: its records, each of them whole and uncompressed.

use crate::WeightsError;
use crate::element::ByteOrder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use zip::{CompressionMethod, ZipArchive};

const SCRIPT: &str = "where torch is at hand: torch.save(torch.jit.load(FILE, map_location='cpu').state_dict(), \
     'state.pth')";

pub(crate) struct Archive {
    file: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    /// The folder of the records, which ends with a slash.
    folder: String,
}

impl Archive {
    /// Opens `file`, a zip file, and finds its folder.
    pub(crate) fn open(file: &Path) -> Result<Self, WeightsError> {
        let opened = File::open(file);
        let opened = opened.map_err(|source| WeightsError::File { file: file.to_owned(), source })?;
        let zip = ZipArchive::new(BufReader::new(opened))
            .map_err(|source| WeightsError::Zip { file: file.to_owned(), source })?;
        if zip.has_duplicate_names() {
            return Err(WeightsError::Record {
                file: file.to_owned(),
                record: "names".to_owned(),
                found: "two records of one name".to_owned(),
                expected: "every name once".to_owned(),
            });
        }
        let folder = folder(file, &zip)?;
        Ok(Self { file: file.to_owned(), zip, folder })
    }

    /// The byte order of the storages; little where the file does not say, as before torch 2.1.
    pub(crate) fn byte_order(&mut self) -> Result<ByteOrder, WeightsError> {
        if !self.has("byteorder") {
            return Ok(ByteOrder::Little);
        }
        match self.read("byteorder")?.trim_ascii() {
            b"little" => Ok(ByteOrder::Little),
            b"big" => Ok(ByteOrder::Big),
            other => {
                let found = String::from_utf8_lossy(&other[..other.len().min(16)]).into_owned();
                Err(self.record("byteorder", format!("{found:?}"), "little or big".to_owned()))
            }
        }
    }

    pub(crate) fn has(&self, record: &str) -> bool {
        self.zip.index_for_name(&format!("{}{record}", self.folder)).is_some()
    }

    /// The bytes of a record, whose checksum is verified.
    pub(crate) fn read(&mut self, record: &str) -> Result<Vec<u8>, WeightsError> {
        let name = format!("{}{record}", self.folder);
        let Some(index) = self.zip.index_for_name(&name) else {
            return Err(self.record(record, "none".to_owned(), "one, which the pickle refers to".to_owned()));
        };
        let entry = self.zip.by_index_data(index).map_err(|source| self.damaged(source))?;
        let (method, size) = (entry.compression(), entry.size());
        if method != CompressionMethod::Stored {
            let expected = "a stored one, as torch.save writes; pack the file again without compression";
            return Err(self.record(record, format!("a compressed record ({method})"), expected.to_owned()));
        }
        let file = self.file.clone();
        let mut entry = self.zip.by_index(index).map_err(|source| WeightsError::Zip { file, source })?;
        let mut bytes = Vec::new();
        let read = entry.by_ref().take(size.saturating_add(1)).read_to_end(&mut bytes);
        drop(entry);
        match read {
            Ok(found) if found as u64 == size => Ok(bytes),
            Ok(found) => Err(self.record(record, format!("{found} bytes"), format!("{size} bytes"))),
            Err(source) => {
                Err(self.record(record, source.to_string(), "a whole, undamaged record".to_owned()))
            }
        }
    }

    /// An error about a record.
    pub(crate) fn record(&self, record: &str, found: String, expected: String) -> WeightsError {
        WeightsError::Record { file: self.file.clone(), record: record.to_owned(), found, expected }
    }

    fn damaged(&self, source: zip::result::ZipError) -> WeightsError {
        WeightsError::Zip { file: self.file.clone(), source }
    }
}

/// The folder in which `data.pkl` lies, of a file that is no other kind of zip file.
fn folder(file: &Path, zip: &ZipArchive<BufReader<File>>) -> Result<String, WeightsError> {
    let foreign = |found: &str, advice| {
        Err(WeightsError::Foreign { file: file.to_owned(), found: found.to_owned(), advice })
    };
    let names: Vec<String> = zip.file_names().flatten().map(std::borrow::Cow::into_owned).collect();
    let roots: Vec<&str> = names.iter().filter_map(|name| name.strip_suffix("data.pkl")).collect();
    let roots: Vec<&str> = roots
        .into_iter()
        .filter(|root| root.is_empty() || (root.ends_with('/') && root.matches('/').count() == 1))
        .collect();
    let [root] = roots[..] else {
        if names.iter().any(|name| name.ends_with(".npy")) {
            return foreign("a zip file of NumPy arrays", "name the file of weights itself");
        }
        return foreign("a zip file without the record data.pkl", "name the file that torch.save wrote");
    };
    let is_script = |name: &String| {
        name.strip_prefix(root).is_some_and(|name| name == "constants.pkl" || name.starts_with("code/"))
    };
    if names.iter().any(is_script) {
        return foreign("an archive of TorchScript", SCRIPT);
    }
    Ok(root.to_owned())
}
