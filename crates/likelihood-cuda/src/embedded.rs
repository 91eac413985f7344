//! PTX that ships inside the crate, for machines without NVRTC; `cargo xtask cuda --emit` writes it.
//!
//! The first line of each text holds the fingerprint of the source and the options that it was
//! compiled from, so that a test without any compiler tells when it is stale. The texts are long and
//! alike, and lie gzipped: `zcat` shows them.

use crate::Architecture;
use crate::variant::Storage;
use flate2::read::GzDecoder;
use std::io::Read;

/// What precedes the fingerprint in the first line.
const HEADER: &str = "// sha256 of source and options ";

/// The architectures with files of their own. The compiler writes the same text for 9.0 as for 8.0
/// but for the line that names the target.
pub const STORED: [Architecture; 2] = [Architecture::new(80), Architecture::new(100)];

macro_rules! shipped {
    ($folder:literal) => {
        [
            include_bytes!(concat!("../ptx/", $folder, "/f32.ptx.gz")),
            include_bytes!(concat!("../ptx/", $folder, "/f64.ptx.gz")),
            include_bytes!(concat!("../ptx/", $folder, "/f16.ptx.gz")),
            include_bytes!(concat!("../ptx/", $folder, "/bf16.ptx.gz")),
        ]
    };
}

/// In the order of [`STORED`], then of [`Storage::ALL`].
const TEXTS: [[&[u8]; 4]; 2] = [shipped!("sm_80"), shipped!("sm_100")];

/// The file of a stored variant, below the crate's folder.
pub fn file(storage: Storage, architecture: Architecture) -> String {
    format!("ptx/{architecture}/{}.ptx.gz", storage.name())
}

/// The PTX of a variant, first line included; none where none ships.
pub fn text(storage: Storage, architecture: Architecture) -> Option<String> {
    if !Architecture::EMBEDDED.contains(&architecture) {
        return None;
    }
    let (row, stored) = STORED.into_iter().enumerate().rfind(|(_, stored)| *stored <= architecture)?;
    let column = Storage::ALL.iter().position(|known| *known == storage)?;
    let mut text = String::new();
    GzDecoder::new(TEXTS[row][column])
        .read_to_string(&mut text)
        .expect("an embedded text is whole: a test unpacks each");
    let target = |architecture| format!("\n.target {architecture}\n");
    Some(text.replacen(&target(stored), &target(architecture), 1))
}

/// The fingerprint in the first line of a text.
pub fn fingerprint(text: &str) -> Option<&str> {
    text.lines().next()?.strip_prefix(HEADER)
}

/// What ships of freshly compiled PTX: the fingerprint, then its lines without comments and blanks.
pub fn form(fingerprint: &str, ptx: &str) -> String {
    let kept = ptx.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with("//"));
    kept.fold(format!("{HEADER}{fingerprint}\n"), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formed_text_tells_its_fingerprint_and_has_no_comments() {
        let text = form("abc", "//\n// Generated\n\n.version 8.7\n\tret;  \n");
        assert_eq!(text, "// sha256 of source and options abc\n.version 8.7\n\tret;\n");
        assert_eq!(fingerprint(&text), Some("abc"));
        assert_eq!(fingerprint(".version 8.7\n"), None);
        assert_eq!(fingerprint(""), None);
    }

    #[test]
    fn every_text_is_of_its_own_architecture() {
        for architecture in Architecture::EMBEDDED {
            for storage in Storage::ALL {
                let text = text(storage, architecture).expect("a text for each");
                let targets: Vec<_> = text.lines().filter(|line| line.starts_with(".target ")).collect();
                assert_eq!(targets, [format!(".target {architecture}")], "{}", storage.name());
            }
        }
        assert_eq!(text(Storage::F32, Architecture::new(75)), None);
        assert_eq!(text(Storage::F32, Architecture::new(86)), None);
    }
}
