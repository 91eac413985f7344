//! A source of kernels, and its PTX for a device: compiled here, taken from the cache, or embedded.
//!
//! PTX ships inside the crates, for machines without NVRTC; `cargo xtask cuda --emit` writes it. The first
//! line of each text holds the fingerprint of the source and the options that it was compiled from, so that
//! a test without any compiler tells when it is stale. The texts are long and alike, and lie gzipped: `zcat`
//! shows them.

use crate::cache::{Cache, digest};
use crate::nvrtc::Nvrtc;
use crate::variant::{OPTIONS, Storage};
use crate::{Architecture, CudaError};
use flate2::read::GzDecoder;
use std::io::Read;

/// Where PTX came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Compiled by NVRTC in this process.
    Compiled,
    /// Compiled by the same NVRTC before, and kept on disk.
    Cached,
    /// Shipped inside a crate.
    Embedded,
}

/// A source of kernels: [`LIKELIHOOD`](crate::LIKELIHOOD), or another binding crate's.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its name, which no other source has.
    pub name: &'static str,
    /// The text, the same for device and host and for all element types; one of the [`options`] selects one.
    pub text: &'static str,
    /// The PTX that ships, gzipped. A device runs what is of no newer architecture than itself.
    pub shipped: &'static [(Architecture, Storage, &'static [u8])],
}

/// The options that compile `storage`.
pub fn options(storage: Storage) -> Vec<&'static str> {
    OPTIONS.into_iter().chain([storage.option()]).collect()
}

/// What ships of freshly compiled PTX: the fingerprint, then its lines without comments and blanks.
pub fn form(fingerprint: &str, ptx: &str) -> String {
    let kept = ptx.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let first = format!("// sha256 of source and options {fingerprint}\n");
    kept.fold(first, |text, line| text + line + "\n")
}

impl Source {
    /// What the text of a variant follows from, apart from the compiler: this source and its options.
    pub fn fingerprint(&self, storage: Storage, architecture: Architecture) -> String {
        let target = architecture.compute();
        digest([self.text, &target].into_iter().chain(options(storage)))
    }

    /// The PTX of `storage` for `architecture`, from the cache where it is there.
    ///
    /// # Errors
    /// [`CudaError::Compile`] with the compiler's log, or [`CudaError::Nvrtc`].
    pub fn compiled(
        &self,
        storage: Storage,
        architecture: Architecture,
        nvrtc: &Nvrtc,
        cache: &Cache,
    ) -> Result<(String, Origin), CudaError> {
        let (major, minor) = nvrtc.version();
        let fingerprint = self.fingerprint(storage, architecture);
        let key = digest([&*fingerprint, &format!("nvrtc {major}.{minor}")]);
        if let Some(text) = cache.get(&key) {
            return Ok((text, Origin::Cached));
        }
        let text = nvrtc.compile(storage.name(), self.text, &options(storage), architecture)?;
        cache.put(&key, &text);
        Ok((text, Origin::Compiled))
    }

    /// The embedded PTX of `storage` for the newest architecture that `device` runs, first line included.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] where the device is older than all of them, or none ships of `storage`.
    pub fn embedded(&self, storage: Storage, device: Architecture) -> Result<String, CudaError> {
        let runs = |row: &&(Architecture, Storage, _)| row.0 <= device && row.1 == storage;
        let newest = self.shipped.iter().filter(runs).max_by_key(|row| row.0);
        let (_, _, packed) = newest.ok_or(CudaError::Unsupported { device })?;
        let mut text = String::new();
        GzDecoder::new(*packed)
            .read_to_string(&mut text)
            .expect("an embedded text is whole: a test unpacks each");
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LIKELIHOOD;

    #[test]
    fn a_formed_text_tells_its_fingerprint_and_has_no_comments() {
        let text = form("abc", "//\n// Generated\n\n.version 8.7\n\tret;  \n");
        assert_eq!(text, "// sha256 of source and options abc\n.version 8.7\n\tret;\n");
    }

    #[test]
    fn a_device_gets_the_newest_text_that_it_runs() {
        let target = |device, storage| {
            let text = LIKELIHOOD.embedded(storage, Architecture::new(device)).ok()?;
            let targets: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(".target ")).collect();
            assert_eq!(targets.len(), 1);
            Some(targets[0].to_owned())
        };
        for storage in Storage::ALL {
            for (device, expected) in [(80, "sm_80"), (90, "sm_80"), (100, "sm_100"), (120, "sm_100")] {
                assert_eq!(target(device, storage).as_deref(), Some(expected), "{}", storage.name());
            }
        }
        assert_eq!(target(75, Storage::F32), None);
    }
}
