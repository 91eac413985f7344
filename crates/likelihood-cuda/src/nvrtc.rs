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

/// The functions of the library, by their names in `nvrtc.h`.
struct Functions {
    version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> Status,
    error_string: unsafe extern "C" fn(Status) -> *const c_char,
    count_architectures: unsafe extern "C" fn(*mut c_int) -> Status,
    architectures: unsafe extern "C" fn(*mut c_int) -> Status,
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
    ptx_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    ptx: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    log_size: unsafe extern "C" fn(Program, *mut usize) -> Status,
    log: unsafe extern "C" fn(Program, *mut c_char) -> Status,
}

/// A loaded NVRTC library of a known version.
pub struct Nvrtc {
    functions: Functions,
    version: (u32, u32),
    architectures: Vec<Architecture>,
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
                Ok((library, functions)) => return Self::new(library, functions),
                Err(error) => reasons.push(reason(name, &error)),
            }
        }
        Err(CudaError::NvrtcMissing { reason: reasons.join("; ") })
    }

    fn new(library: Library, functions: Functions) -> Result<Self, CudaError> {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: both pointers are valid for one write of an int.
        let status = unsafe { (functions.version)(&raw mut major, &raw mut minor) };
        let version = (major.unsigned_abs(), minor.unsigned_abs());
        let library = ManuallyDrop::new(library);
        let mut nvrtc = Self { functions, version, architectures: Vec::new(), _library: library };
        nvrtc.check("nvrtcVersion", status)?;
        if version.0 != MAJOR {
            return Err(CudaError::NvrtcVersion { found: version, expected: MAJOR });
        }
        nvrtc.architectures = nvrtc.list_architectures()?;
        Ok(nvrtc)
    }

    /// (major, minor).
    pub fn version(&self) -> (u32, u32) {
        self.version
    }

    /// The architectures that the compiler knows, increasing.
    pub fn architectures(&self) -> &[Architecture] {
        &self.architectures
    }

    /// The newest architecture that the compiler knows and `device` runs.
    pub fn architecture_for(&self, device: Architecture) -> Option<Architecture> {
        self.architectures.iter().copied().filter(|known| *known <= device).max()
    }

    /// The PTX of `source` under `options` for `architecture`.
    ///
    /// # Errors
    /// [`CudaError::Compile`] with the compiler's log, or [`CudaError::Nvrtc`] where the library
    /// fails otherwise.
    pub fn compile(
        &self,
        name: &str,
        source: &str,
        options: &[&str],
        architecture: Architecture,
    ) -> Result<String, CudaError> {
        let text = |text: &str| {
            CString::new(text).map_err(|_| CudaError::Nvrtc {
                call: "nvrtcCreateProgram",
                message: format!("`{name}` holds a zero byte in its source or its options"),
            })
        };
        let target = format!("--gpu-architecture={}", architecture.compute());
        let options =
            options.iter().copied().chain([target.as_str()]).map(text).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<_> = options.iter().map(|option| option.as_ptr()).collect();
        let unit = self.create(&text(name)?, &text(source)?)?;
        let count = c_int::try_from(pointers.len()).expect("a handful of options");
        // SAFETY: `unit` is alive, and `pointers` holds `count` strings that end with zero.
        let status = unsafe { (self.functions.compile)(unit.program, count, pointers.as_ptr()) };
        if status != 0 {
            let log = unit.text("nvrtcGetProgramLog", self.functions.log_size, self.functions.log)?;
            let reason = self.reason(status);
            return Err(CudaError::Compile { name: name.to_owned(), architecture, reason, log });
        }
        unit.text("nvrtcGetPTX", self.functions.ptx_size, self.functions.ptx)
    }

    fn create(&self, name: &CStr, source: &CStr) -> Result<Unit<'_>, CudaError> {
        let mut program = std::ptr::null_mut();
        let none = std::ptr::null();
        // SAFETY: `program` is valid for a write, both strings end with zero, and with no headers
        // their two lists may be null.
        let status = unsafe {
            (self.functions.create)(&raw mut program, source.as_ptr(), name.as_ptr(), 0, none, none)
        };
        self.check("nvrtcCreateProgram", status)?;
        Ok(Unit { nvrtc: self, program })
    }

    fn list_architectures(&self) -> Result<Vec<Architecture>, CudaError> {
        let mut count = 0;
        // SAFETY: the pointer is valid for one write of an int.
        let status = unsafe { (self.functions.count_architectures)(&raw mut count) };
        self.check("nvrtcGetNumSupportedArchs", status)?;
        let mut list = vec![0; usize::try_from(count).unwrap_or(0)];
        // SAFETY: the list has the length that the library just named.
        let status = unsafe { (self.functions.architectures)(list.as_mut_ptr()) };
        self.check("nvrtcGetSupportedArchs", status)?;
        let mut list: Vec<_> = list.into_iter().map(|n| Architecture::new(n.unsigned_abs())).collect();
        list.sort_unstable();
        Ok(list)
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
    fn text(
        &self,
        call: &'static str,
        size: unsafe extern "C" fn(Program, *mut usize) -> Status,
        get: unsafe extern "C" fn(Program, *mut c_char) -> Status,
    ) -> Result<String, CudaError> {
        let mut len = 0;
        // SAFETY: the program is alive and the pointer valid for one write of a size.
        let status = unsafe { size(self.program, &raw mut len) };
        self.nvrtc.check(call, status)?;
        let mut bytes = vec![0u8; len];
        // SAFETY: the buffer has the length that the library just named.
        let status = unsafe { get(self.program, bytes.as_mut_ptr().cast()) };
        self.nvrtc.check(call, status)?;
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

fn load(name: &OsStr) -> Result<(Library, Functions), libloading::Error> {
    // SAFETY: loading runs the initialisers of whatever file the user or the system's loader
    // names; that is the trust any dynamic library needs.
    let library = unsafe { Library::new(name)? };
    // SAFETY: the types are those of `nvrtc.h`, which has kept them since they were introduced.
    let functions = unsafe {
        Functions {
            version: *library.get(b"nvrtcVersion\0")?,
            error_string: *library.get(b"nvrtcGetErrorString\0")?,
            count_architectures: *library.get(b"nvrtcGetNumSupportedArchs\0")?,
            architectures: *library.get(b"nvrtcGetSupportedArchs\0")?,
            create: *library.get(b"nvrtcCreateProgram\0")?,
            destroy: *library.get(b"nvrtcDestroyProgram\0")?,
            compile: *library.get(b"nvrtcCompileProgram\0")?,
            ptx_size: *library.get(b"nvrtcGetPTXSize\0")?,
            ptx: *library.get(b"nvrtcGetPTX\0")?,
            log_size: *library.get(b"nvrtcGetProgramLogSize\0")?,
            log: *library.get(b"nvrtcGetProgramLog\0")?,
        }
    };
    Ok((library, functions))
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
