//! The PTX of a variant for a device: compiled here, taken from the cache, or embedded.

use crate::cache::{Cache, digest};
use crate::nvrtc::Nvrtc;
use crate::variant::{OPTIONS, Storage, source};
use crate::{Architecture, CudaError, embedded};

/// Where PTX came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Compiled by NVRTC in this process.
    Compiled,
    /// Compiled by the same NVRTC before, and kept on disk.
    Cached,
    /// Shipped inside this crate.
    Embedded,
}

/// The kernels of one element type for one architecture.
#[derive(Clone, Debug)]
pub struct Ptx {
    /// The text.
    pub text: String,
    /// What it was compiled for.
    pub architecture: Architecture,
    /// How it was had.
    pub origin: Origin,
}

/// A source of kernels: this crate's [`LIKELIHOOD`], or another binding crate's.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its name, which no other source has.
    pub name: &'static str,
    /// The text, the same for all element types; an option of [`options`] selects one.
    pub text: &'static str,
    /// The PTX that ships of an element type for one of [`Architecture::EMBEDDED`].
    pub embedded: fn(Storage, Architecture) -> Option<String>,
}

/// The kernels of the reduction.
pub const LIKELIHOOD: Source = Source { name: "likelihood", text: source(), embedded: embedded::text };

/// The options that compile `storage`.
pub fn options(storage: Storage) -> Vec<&'static str> {
    OPTIONS.into_iter().chain([storage.option()]).collect()
}

/// What the text of a variant follows from, apart from the compiler: its source and its options.
pub fn fingerprint(storage: Storage, architecture: Architecture) -> String {
    LIKELIHOOD.fingerprint(storage, architecture)
}

/// [`Source::compiled`] of the reduction.
///
/// # Errors
/// As there.
pub fn compiled(
    storage: Storage,
    device: Architecture,
    nvrtc: &Nvrtc,
    cache: &Cache,
) -> Result<Ptx, CudaError> {
    LIKELIHOOD.compiled(storage, device, nvrtc, cache)
}

impl Source {
    /// What the text of a variant follows from, apart from the compiler: this source and its options.
    pub fn fingerprint(&self, storage: Storage, architecture: Architecture) -> String {
        let target = architecture.compute();
        digest([self.text, &target].into_iter().chain(options(storage)))
    }

    /// The PTX of `storage` for the newest architecture that `nvrtc` knows and `device` runs, from the
    /// cache where it is there.
    ///
    /// # Errors
    /// [`CudaError::Compile`] with the compiler's log, [`CudaError::Nvrtc`], or
    /// [`CudaError::Unsupported`] where the compiler knows only newer devices.
    pub fn compiled(
        &self,
        storage: Storage,
        device: Architecture,
        nvrtc: &Nvrtc,
        cache: &Cache,
    ) -> Result<Ptx, CudaError> {
        let architecture = nvrtc.architecture_for(device).ok_or(CudaError::Unsupported { device })?;
        let (major, minor) = nvrtc.version();
        let key =
            digest([self.fingerprint(storage, architecture).as_str(), &format!("nvrtc {major}.{minor}")]);
        if let Some(text) = cache.get(&key) {
            return Ok(Ptx { text, architecture, origin: Origin::Cached });
        }
        let text = nvrtc.compile(storage.name(), self.text, &options(storage), architecture)?;
        cache.put(&key, &text);
        Ok(Ptx { text, architecture, origin: Origin::Compiled })
    }

    /// The embedded PTX of `storage` for the newest architecture that `device` runs.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] where the device is older than all of them.
    pub fn shipped(&self, storage: Storage, device: Architecture) -> Result<Ptx, CudaError> {
        let known = Architecture::EMBEDDED.into_iter().filter(|known| *known <= device);
        let architecture = known.max().ok_or(CudaError::Unsupported { device })?;
        let text = (self.embedded)(storage, architecture).ok_or(CudaError::Unsupported { device })?;
        Ok(Ptx { text, architecture, origin: Origin::Embedded })
    }
}
