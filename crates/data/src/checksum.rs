//! SHA-256 of a file or a folder.

use crate::source::files;
use crate::{DataError, Location, Result};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes between two questions whether to go on.
const STEP: u64 = 16 << 20;

/// The SHA-256 of a file or a folder, as 64 lower-case hexadecimal digits.
///
/// Of a folder it is that of its files, one after the other in the byte order of their paths within it (divided by
/// `/`): path, a zero byte, length as 8 bytes from the least, content. Empty folders do not count. Of datasets in
/// a file, as a [`Location`] names them, it is that of the file's digits, a line feed and the paths of the datasets:
/// others of the same file have another; where a format keeps files beside a file, their digits stand between.
///
/// # Errors
/// [`DataError::Missing`] or [`DataError::Unreadable`]; [`DataError::NotRegular`] for a link or a device in a folder.
pub fn checksum(path: &Path) -> Result<String> {
    Ok(checksum_while(path, || true)?.expect("nobody asks it to stop"))
}

/// [`checksum`], or `None` once `proceed`, which is asked every 16 MiB, says no.
///
/// # Errors
/// As [`checksum`].
pub fn checksum_while(path: &Path, proceed: impl Fn() -> bool) -> Result<Option<String>> {
    let at = Location::of(path);
    let mut all = Vec::new();
    for file in files(&at.file)? {
        let mut hasher = Sha256::new();
        let whole = if file.is_dir() {
            add_folder(&file, &mut hasher, &proceed)?
        } else {
            add(&file, &mut hasher, &proceed)?
        };
        if !whole {
            return Ok(None);
        }
        all.push(hexadecimal(&hasher.finalize()));
    }
    let selection = at.selection();
    if !selection.is_empty() {
        all.push(selection);
    }
    Ok(Some(match all.len() {
        1 => all.swap_remove(0),
        _ => hexadecimal(&Sha256::digest(all.join("\n"))),
    }))
}

/// Places of a file that [`sampled`] looks at, and the bytes it reads at each.
const PLACES: u64 = 64;
const PLACE: u64 = 16 << 10;

/// A digest of the names, the lengths and some bytes of what [`checksum`] reads whole: of every file (of a folder with
/// more than 64 files, of 64 spread over them) 16 KiB at 64 places or fewer, the beginning and the end among them.
///
/// Other data, or the same file written again with other numbers, have another one; a change of a few numbers in
/// place may not show.
///
/// # Errors
/// As [`checksum`].
pub fn sampled(path: &Path) -> Result<String> {
    let at = Location::of(path);
    let mut hasher = Sha256::new();
    for file in files(&at.file)? {
        let mut names = vec![String::new()];
        if file.is_dir() {
            names.clear();
            list(&file, "", &mut names)?;
            names.sort();
        }
        let step = names.len().div_ceil(PLACES as usize);
        for (i, name) in names.iter().enumerate() {
            let path = if name.is_empty() { file.clone() } else { file.join(name) };
            add_places(&path, name, i % step == 0, &mut hasher)?;
        }
    }
    hasher.update(at.selection());
    Ok(hexadecimal(&hasher.finalize()))
}

/// The name and the length of a file, with `look` also some of its bytes.
fn add_places(path: &Path, name: &str, look: bool, hasher: &mut Sha256) -> Result<()> {
    let fault = |source| DataError::io(path, source);
    let mut file = File::open(path).map_err(fault)?;
    let length = file.metadata().map_err(fault)?.len();
    hasher.update(name.as_bytes());
    hasher.update([0]);
    hasher.update(length.to_le_bytes());
    let places = if look { length.div_ceil(PLACE).min(PLACES) } else { 0 };
    for place in 0..places {
        let from = length.saturating_sub(PLACE) * place / (places - 1).max(1);
        file.seek(SeekFrom::Start(from)).map_err(fault)?;
        std::io::copy(&mut (&file).take(PLACE), hasher).map_err(fault)?;
    }
    Ok(())
}

/// The files of a folder, each with its path in it and its length; whether all were read.
fn add_folder(folder: &Path, hasher: &mut Sha256, proceed: &impl Fn() -> bool) -> Result<bool> {
    let mut names = Vec::new();
    list(folder, "", &mut names)?;
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let length = std::fs::metadata(&path).map_err(|source| DataError::io(&path, source))?.len();
        hasher.update(name.as_bytes());
        hasher.update([0]);
        hasher.update(length.to_le_bytes());
        if !add(&path, hasher, proceed)? {
            return Ok(false);
        }
    }
    Ok(proceed())
}

/// The bytes of a file; whether it was read to its end.
fn add(path: &Path, hasher: &mut Sha256, proceed: &impl Fn() -> bool) -> Result<bool> {
    let fault = |source| DataError::io(path, source);
    let file = File::open(path).map_err(fault)?;
    while proceed() {
        if std::io::copy(&mut (&file).take(STEP), hasher).map_err(fault)? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The files in a folder and its folders.
fn list(folder: &Path, within: &str, names: &mut Vec<String>) -> Result<()> {
    let fault = |source| DataError::io(folder, source);
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let kind = entry.file_type().map_err(fault)?;
        let refused = || DataError::NotRegular { path: entry.path() };
        let name = entry.file_name().into_string().map_err(|_| refused())?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{within}{name}/"), names)?;
        } else if kind.is_file() {
            names.push(format!("{within}{name}"));
        } else {
            return Err(refused());
        }
    }
    Ok(())
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

    /// The order is that of bytes, `/` before `0`.
    #[test]
    fn a_folder_has_the_digest_of_its_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        std::fs::write(folder.path().join("a0"), "").unwrap();
        std::fs::write(folder.path().join("a/b"), "hi").unwrap();
        let bytes = b"a/b\0\x02\0\0\0\0\0\0\0hia0\0\0\0\0\0\0\0\0\0";
        assert_eq!(checksum(folder.path()).unwrap(), hexadecimal(&Sha256::digest(bytes)));
        assert_eq!(checksum_while(folder.path(), || false).unwrap(), None);
        std::fs::rename(folder.path().join("a0"), folder.path().join("a1")).unwrap();
        assert_ne!(checksum(folder.path()).unwrap(), hexadecimal(&Sha256::digest(bytes)));
        std::os::unix::fs::symlink("a1", folder.path().join("link")).unwrap();
        let message = checksum(folder.path()).unwrap_err().to_string();
        assert!(message.contains("link: found neither a file nor a folder"), "{message}");
    }

    /// The length, the beginning and the end show, in a file and in one of a folder; so do the datasets.
    #[test]
    fn a_sampled_digest_sees_lengths_and_both_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/f.h5");
        std::fs::create_dir(folder.path().join("a")).unwrap();
        let of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let both = [path.clone(), folder.path().join("a")];
            both.map(|at| sampled(&at).unwrap())
        };
        let (long, short) = (vec![1; 5 << 20], vec![1; 5]);
        let [mut first, mut last] = [long.clone(), long.clone()];
        first[0] = 2;
        *last.last_mut().unwrap() = 2;
        let all: Vec<_> =
            [&long, &first, &last, &short, &vec![1; 6], &Vec::new()].map(|bytes| of(bytes)).concat();
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(of(&long).to_vec(), all[..2]);
        assert_ne!(sampled(&folder.path().join("a/f.h5:/u")).unwrap(), all[0]);
    }

    #[test]
    fn datasets_of_one_file_have_checksums_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("f.h5"), "abc").unwrap();
        let of = |name: &str| checksum(&at(name)).unwrap();
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n/u,/v";
        assert_eq!(of("f.h5:/u, /v"), hexadecimal(&Sha256::digest(digits)));
        assert_ne!(of("f.h5:/v,/u"), of("f.h5:/u,/v"));
    }
}
