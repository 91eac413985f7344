//! Which file is meant, and of which kind it is, by its first bytes.

use crate::WeightsError;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Torch,
    SafeTensors,
}

/// The bytes by which a kind is known.
const HEAD: u64 = 512;
const EXTENSIONS: [&str; 5] = ["pth", "pt", "ckpt", "bin", "safetensors"];
/// 0x1950a86a20f9469cfc6c as a pickle holds it.
const LEGACY: &[u8] = &[0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const SAVE_AGAIN: &str =
    "where torch is at hand: torch.save(torch.load(FILE, map_location='cpu'), 'state.pth') writes a zip file";
const GIVE_WEIGHTS: &str = "name the file of weights itself";

/// Files of other kinds that are known by how they begin, and what to do about them.
const FOREIGN: [(&[u8], &str, &str); 11] = [
    (b"version https://git-lfs", "a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    (b"\x89HDF", "an HDF5 file", GIVE_WEIGHTS),
    (b"CDF", "a NetCDF file", GIVE_WEIGHTS),
    (b"\x93NUMPY", "an array of NumPy", GIVE_WEIGHTS),
    (b"\x1f\x8b", "a file compressed by gzip", "unpack it first"),
    (b"\xfd7zXZ", "a file compressed by xz", "unpack it first"),
    (b"BZh", "a file compressed by bzip2", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a file compressed by zstd", "unpack it first"),
    (b"{", "text in JSON", GIVE_WEIGHTS),
    (b"\x80", "a pickle that torch.save did not write", SAVE_AGAIN),
    (b"GGUF", "a file of GGUF", GIVE_WEIGHTS),
];

/// The files that `path` may mean: itself, or those of weights in a folder, of which there is one at least.
pub(crate) fn locate(path: &Path) -> Result<Vec<PathBuf>, WeightsError> {
    let failed = |source| WeightsError::File { file: path.to_owned(), source };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut weights = Vec::new();
    let mut other = None;
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let extension = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if name.ends_with(".safetensors.index.json") || extension == "distcp" {
            other = Some(format!("weights in several parts ({name})"));
        }
        if EXTENSIONS.contains(&extension.as_str()) && file.is_file() {
            weights.push(file);
        }
    }
    weights.sort();
    let folder = path.to_owned();
    match other {
        Some(found) => Err(WeightsError::Folder { folder, found }),
        None if weights.is_empty() => Err(WeightsError::Folder { folder, found: "none".to_owned() }),
        None => Ok(weights),
    }
}

/// The files' names, for a message.
pub(crate) fn names(files: &[PathBuf]) -> String {
    let name = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    files.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The kind of a file, and its length in bytes.
pub(crate) fn recognise(file: &Path) -> Result<(Format, u64), WeightsError> {
    let failed = |source| WeightsError::File { file: file.to_owned(), source };
    let mut opened = File::open(file).map_err(failed)?;
    let length = opened.metadata().map_err(failed)?.len();
    let mut head = Vec::new();
    opened.by_ref().take(HEAD).read_to_end(&mut head).map_err(failed)?;
    if head.starts_with(b"PK") {
        return Ok((Format::Torch, length));
    }
    if let [a, b, c, d, e, f, g, h, b'{', ..] = head[..]
        && u64::from_le_bytes([a, b, c, d, e, f, g, h]) <= length
    {
        return Ok((Format::SafeTensors, length));
    }
    let (found, advice) = foreign(&head);
    Err(WeightsError::Foreign { file: file.to_owned(), found, advice })
}

fn foreign(head: &[u8]) -> (String, &'static str) {
    if head.is_empty() {
        return ("an empty file".to_owned(), "fetch it again");
    }
    if head.get(2..14) == Some(LEGACY) {
        return ("a pickle of torch before 1.6, without a zip file around it".to_owned(), SAVE_AGAIN);
    }
    if head.get(257..262) == Some(b"ustar") {
        return ("a tar file, as torch before 0.1.10 wrote".to_owned(), SAVE_AGAIN);
    }
    let text = head.trim_ascii_start();
    let tag = text.get(..5).unwrap_or_default().to_ascii_lowercase();
    if tag == b"<!doc" || tag == b"<html" || tag == b"<?xml" {
        return ("a web page".to_owned(), "fetch the file itself, not the page about it");
    }
    match FOREIGN.iter().find(|(start, ..)| head.starts_with(start)) {
        Some((_, found, advice)) => ((*found).to_owned(), advice),
        None => (format!("a file that begins with {:02x?}", &head[..head.len().min(8)]), GIVE_WEIGHTS),
    }
}
