//! Verifies the embedded samples against `data/SHA256SUMS` (the format of `sha256sum -c`).

use crate::{files, workspace};
use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};
use std::path::Path;

const SUMS: &str = "SHA256SUMS";

/// One line of the list.
struct Entry<'a> {
    digest: &'a str,
    path: &'a str,
}

/// `cargo xtask data`.
pub(crate) fn run() -> anyhow::Result<()> {
    let count = verify(&workspace::root().join("data"))?;
    println!("{count} embedded samples match data/{SUMS}");
    Ok(())
}

/// Checks every listed file, and that every HDF5 file of the folder is listed. Returns how many
/// files were checked.
///
/// # Errors
/// If the list is missing or malformed, or any file is missing, unlisted or different: one line a
/// file with found and expected.
pub(crate) fn verify(dir: &Path) -> anyhow::Result<usize> {
    let list = dir.join(SUMS);
    let text = std::fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let entries = parse(&text).with_context(|| list.display().to_string())?;
    let mut faults: Vec<String> = entries.iter().filter_map(|entry| fault(dir, entry)).collect();
    for path in samples(dir)? {
        if !entries.iter().any(|entry| entry.path == path) {
            faults.push(format!("{path}: found in the folder, expected a line in {SUMS}"));
        }
    }
    if !faults.is_empty() {
        bail!("the samples in {} are not the published ones\n  {}", dir.display(), faults.join("\n  "));
    }
    Ok(entries.len())
}

fn parse<'a>(text: &'a str) -> anyhow::Result<Vec<Entry<'a>>> {
    let entry = |(index, line): (usize, &'a str)| {
        let parts = line.split_once("  ").or_else(|| line.split_once(" *"));
        let named = parts.filter(|(digest, path)| {
            digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()) && !path.is_empty()
        });
        let (digest, path) = named.with_context(|| {
            format!("line {}: found `{line}`, expected `<64 hex digits>  <path>`", index + 1)
        })?;
        Ok(Entry { digest, path })
    };
    let entries = text.lines().enumerate().map(entry).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!entries.is_empty(), "found no line, expected one for every sample");
    Ok(entries)
}

fn fault(dir: &Path, entry: &Entry<'_>) -> Option<String> {
    let Entry { digest, path } = entry;
    match digest_of(&dir.join(path)) {
        Err(error) => Some(format!("{path}: found no readable file ({error}), expected sha256 {digest}")),
        Ok(found) if !found.eq_ignore_ascii_case(digest) => {
            Some(format!("{path}: found sha256 {found}, expected {digest}"))
        }
        Ok(_) => None,
    }
}

fn digest_of(path: &Path) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(files::hex(&hasher.finalize()))
}

/// The HDF5 files below `dir`, by their paths from there.
fn samples(dir: &Path) -> anyhow::Result<Vec<String>> {
    let all = files::below(dir)?;
    Ok(all.iter().map(|path| files::relative(dir, path)).filter(|name| name.ends_with(".h5")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "abc", FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn folder(sums: &str, content: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("flow")).unwrap();
        std::fs::write(dir.path().join("flow/x.h5"), content).unwrap();
        std::fs::write(dir.path().join(SUMS), sums).unwrap();
        dir
    }

    fn message(sums: &str, content: &str) -> String {
        format!("{:#}", verify(folder(sums, content).path()).unwrap_err())
    }

    #[test]
    fn the_published_digest_of_abc_is_accepted_in_both_notations() {
        for gap in ["  ", " *"] {
            assert_eq!(verify(folder(&format!("{ABC}{gap}flow/x.h5\n"), "abc").path()).unwrap(), 1);
        }
    }

    #[test]
    fn a_changed_file_is_named_with_found_and_expected() {
        let text = message(&format!("{ABC}  flow/x.h5\n"), "abd");
        assert!(text.contains("flow/x.h5: found sha256 a52d159f"), "{text}");
        assert!(text.contains(&format!("expected {ABC}")), "{text}");
    }

    #[test]
    fn missing_and_unlisted_files_are_both_named() {
        let text = message(&format!("{ABC}  flow/y.h5\n"), "abc");
        assert!(text.contains("flow/y.h5: found no readable file"), "{text}");
        assert!(text.contains("flow/x.h5: found in the folder, expected a line"), "{text}");
    }

    #[test]
    fn a_malformed_line_is_named_by_number() {
        let text = message(&format!("{ABC}  flow/x.h5\nnonsense\n"), "abc");
        assert!(text.contains("line 2: found `nonsense`"), "{text}");
        assert!(message("", "abc").contains("found no line"));
    }
}
