//! NVRTC, the run-time compiler, by its C interface: one source and its options in, PTX out. It
//! needs neither a GPU nor a driver.
//!
//! A binding of our own to the few functions that are called, because cudarc's panics where the
//! library is missing or of another major version, and finds it by name only.

use crate::{Architecture, CudaError};
use libloading::Library;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::fmt;
use std::mem::ManuallyDrop;
use std::path::Path;

/// Names the file of the NVRTC library, before the names that the system's loader knows.
pub const NVRTC_VARIABLE: &str = "EQUIPOISE_NVRTC";

/// The major version whose interface and output were tested.
const MAJOR: u32 = 12;

#[cfg(target_os = "windows")]
const NAMES: [&str; 1] = ["nvrtc64_120_0.dll"];
#[cfg(not(target_os = "windows"))]
const NAMES: [&str; 2] = ["libnvrtc.so.12", "libnvrtc.so"];

type Status = c_int;
type Program = *mut std::ffi::c_void;

type Size = unsafe extern "C" fn(Program, *mut usize) -> Status;
type Read = unsafe extern "C" fn(Program, *mut c_char) -> Status;

/// The functions of the library, by their names in `nvrtc.h`.
struct Functions {
    error_string: unsafe extern "C" fn(Status) -> *const c_char,
    create: unsafe extern "C" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> Status,
    destroy: unsafe extern "C" fn(*mut Program) -> Status,
    compile: unsafe extern "C" fn(Program, c_int, *const *const c_char) -> Status,
    ptx: (Size, Read),
    log: (Size, Read),
}

/// A loaded NVRTC library of a known version.
pub struct Nvrtc {
    functions: Functions,
    version: (u32, u32),
    /// Never unloaded: the compiler inside registers handlers that run when the process ends.
    _library: ManuallyDrop<Library>,
}

impl fmt::Debug for Nvrtc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.version;
        write!(f, "Nvrtc {major}.{minor}")
    }
}

impl Nvrtc {
    /// Loads the library that the variable [`NVRTC_VARIABLE`] names, or, where it is unset, the one
    /// that the system's loader finds.
    ///
    /// # Errors
    /// [`CudaError::NvrtcMissing`] where none loads, [`CudaError::NvrtcVersion`] where its major
    /// version was never tested.
    pub fn open() -> Result<Self, CudaError> {
        Self::open_first(&candidates(std::env::var_os(NVRTC_VARIABLE)))
    }

    /// Loads the library in `file`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_file(file: &Path) -> Result<Self, CudaError> {
        Self::open_first(&[file.as_os_str().to_owned()])
    }

    fn open_first(names: &[OsString]) -> Result<Self, CudaError> {
        let mut reasons = Vec::new();
        for name in names {
            match load(name) {
                Ok(nvrtc) if nvrtc.version.0 == MAJOR => return Ok(nvrtc),
                Ok(Self { version, .. }) => {
                    return Err(CudaError::NvrtcVersion { found: version, expected: MAJOR });
                }
                Err(error) => reasons.push(reason(name, &error)),
            }
        }
        Err(CudaError::NvrtcMissing { reason: reasons.join("; ") })
    }

    /// (major, minor).
    pub fn version(&self) -> (u32, u32) {
        self.version
    }

    /// The PTX of `source` under `options` for `architecture`.
    ///
    /// # Errors
    /// [`CudaError::Compile`] with the compiler's log, also for an architecture that it does not know,
    /// or [`CudaError::Nvrtc`] where the library fails otherwise.
    pub fn compile(
        &self,
        name: &str,
        source: &str,
        options: &[&str],
        architecture: Architecture,
    ) -> Result<String, CudaError> {
        let target = format!("--gpu-architecture={}", architecture.compute());
        let texts = [name, source].into_iter().chain(options.iter().copied()).chain([&*target]);
        let texts: Vec<_> = texts.map(CString::new).collect::<Result<_, _>>().map_err(|_| {
            let message = format!("`{name}` holds a zero byte in its source or its options");
            CudaError::Nvrtc { call: "nvrtcCreateProgram", message }
        })?;
        let texts: Vec<_> = texts.iter().map(|text| text.as_ptr()).collect();
        let (mut program, none) = (std::ptr::null_mut(), std::ptr::null());
        // SAFETY: `program` is valid for a write, both strings end with zero, and with no headers
        // their two lists may be null.
        let status = unsafe { (self.functions.create)(&raw mut program, texts[1], texts[0], 0, none, none) };
        self.check("nvrtcCreateProgram", status)?;
        let unit = Unit { nvrtc: self, program };
        let options = &texts[2..];
        // SAFETY: `unit` is alive, and the list holds as many strings that end with zero.
        let status = unsafe { (self.functions.compile)(program, options.len() as c_int, options.as_ptr()) };
        if status == 0 {
            return unit.text("nvrtcGetPTX", self.functions.ptx);
        }
        let log = unit.text("nvrtcGetProgramLog", self.functions.log)?;
        Err(CudaError::Compile { name: name.to_owned(), architecture, reason: self.reason(status), log })
    }

    fn check(&self, call: &'static str, status: Status) -> Result<(), CudaError> {
        if status == 0 { Ok(()) } else { Err(CudaError::Nvrtc { call, message: self.reason(status) }) }
    }

    fn reason(&self, status: Status) -> String {
        // SAFETY: the library answers every number with a constant string that ends with zero.
        let text = unsafe { CStr::from_ptr((self.functions.error_string)(status)) };
        text.to_string_lossy().into_owned()
    }
}

/// A program handle, destroyed with its owner.
struct Unit<'a> {
    nvrtc: &'a Nvrtc,
    program: Program,
}

impl Unit<'_> {
    /// A text of the program, whose length (with its closing zero) another function tells.
    fn text(&self, call: &'static str, (size, read): (Size, Read)) -> Result<String, CudaError> {
        let mut len = 0;
        // SAFETY: the program is alive and the pointer valid for one write of a size.
        self.nvrtc.check(call, unsafe { size(self.program, &raw mut len) })?;
        let mut bytes = vec![0u8; len];
        // SAFETY: the buffer has the length that the library just named.
        self.nvrtc.check(call, unsafe { read(self.program, bytes.as_mut_ptr().cast()) })?;
        bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(len));
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle came from `create` and is destroyed once. A failure leaks it.
        unsafe { (self.nvrtc.functions.destroy)(&raw mut self.program) };
    }
}

/// What to load, in order: the named file alone, or the names under which the loader may know it.
fn candidates(named: Option<OsString>) -> Vec<OsString> {
    match named.filter(|file| !file.is_empty()) {
        Some(file) => vec![file],
        None => NAMES.iter().map(OsString::from).collect(),
    }
}

/// The loader's own words come second in the chain of its error.
fn reason(name: &OsStr, error: &libloading::Error) -> String {
    let detail = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{}: {error}{}", name.display(), detail.unwrap_or_default())
}

fn load(name: &OsStr) -> Result<Nvrtc, libloading::Error> {
    type Version = unsafe extern "C" fn(*mut c_int, *mut c_int) -> Status;
    let (mut major, mut minor) = (0, 0);
    // SAFETY: loading runs the initialisers of whatever file the user or the system's loader
    // names; that is the trust any dynamic library needs.
    let library = unsafe { Library::new(name)? };
    // SAFETY: the types are those of `nvrtc.h`, which has kept them since they were introduced, and both
    // pointers are valid for one write of an int. Where it fails the version stays 0.0, which is refused.
    let functions = unsafe {
        library.get::<Version>(b"nvrtcVersion\0")?(&raw mut major, &raw mut minor);
        Functions {
            error_string: *library.get(b"nvrtcGetErrorString\0")?,
            create: *library.get(b"nvrtcCreateProgram\0")?,
            destroy: *library.get(b"nvrtcDestroyProgram\0")?,
            compile: *library.get(b"nvrtcCompileProgram\0")?,
            ptx: (*library.get(b"nvrtcGetPTXSize\0")?, *library.get(b"nvrtcGetPTX\0")?),
            log: (*library.get(b"nvrtcGetProgramLogSize\0")?, *library.get(b"nvrtcGetProgramLog\0")?),
        }
    };
    let version = (major.unsigned_abs(), minor.unsigned_abs());
    Ok(Nvrtc { functions, version, _library: ManuallyDrop::new(library) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_is_the_only_candidate() {
        assert_eq!(candidates(Some("/x/nvrtc.so".into())), ["/x/nvrtc.so"]);
        assert_eq!(candidates(Some("".into())), NAMES);
        assert_eq!(candidates(None), NAMES);
    }

    #[test]
    fn a_file_that_is_no_library_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("libnvrtc.so.12");
        let missing = Nvrtc::open_file(&file).unwrap_err().to_string();
        assert!(missing.contains("libnvrtc.so.12"), "{missing}");
        std::fs::write(&file, "not a library").unwrap();
        let broken = Nvrtc::open_file(&file).unwrap_err().to_string();
        assert!(broken.contains("libnvrtc.so.12"), "{broken}");
        assert_ne!(missing, broken);
    }
}
