//! The kernel's source as a library of the host: compiled, loaded, launched.

use equipoise_likelihood_cuda::LIKELIHOOD;
use equipoise_likelihood_cuda::variant::Storage;
use libloading::Library;
use std::collections::HashMap;
use std::ffi::{CString, c_char, c_int, c_uint, c_void};
use std::fmt::Display;
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use tempfile::TempDir;

pub(crate) const READ: u64 = 1;
pub(crate) const WRITE: u64 = 2;
/// Every byte is to be written, and none twice.
pub(crate) const ONCE: u64 = 4;

/// An array that a launch may touch, and how many bytes it did; `struct Buffer` of the driver.
#[repr(C)]
pub(crate) struct Buffer {
    pub(crate) name: *const c_char,
    pub(crate) base: u64,
    pub(crate) bytes: u64,
    pub(crate) purpose: u64,
    pub(crate) loaded: u64,
    pub(crate) stored: u64,
}

type Launch = unsafe extern "C" fn(
    *const c_void,
    *const c_void,
    c_uint,
    c_uint,
    c_uint,
    *mut Buffer,
    c_uint,
    *mut c_char,
    usize,
) -> c_int;

/// The entry points of one source with one element type.
pub(crate) struct Kernel {
    library: Library,
    _folder: TempDir,
}

/// A C++ compiler and its first arguments: `$CXX`, or else `c++`.
fn compiler() -> Vec<String> {
    let named = std::env::var("CXX").unwrap_or_default();
    let words: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { vec!["c++".to_owned()] } else { words }
}

/// Whether the machine has a C++ compiler. Without one, the proof is skipped with a message outside
/// continuous integration, and fails there.
pub(crate) fn have_compiler() -> bool {
    static FOUND: LazyLock<bool> = LazyLock::new(|| {
        let words = compiler();
        Command::new(&words[0]).args(&words[1..]).arg("--version").output().is_ok_and(|o| o.status.success())
    });
    if !*FOUND {
        let lack = format!("no C++ compiler: `{}` does not run (CXX names another)", compiler().join(" "));
        assert!(std::env::var_os("CI").is_none(), "{lack}");
        eprintln!("skipped: {lack}");
    }
    *FOUND
}

/// Whether `cargo xtask test` found kernels, backend and proof as `cargo xtask cuda` last passed on them: what
/// depends on nothing else is not proved again.
pub(crate) fn proven() -> bool {
    let proven = std::env::var_os("EQUIPOISE_CUDA_PROVEN").is_some();
    if proven {
        eprintln!("skipped: `cargo xtask cuda` has passed on these sources");
    }
    proven
}

/// A library of a source in C++, or the compiler's complaint.
pub(crate) fn compile(options: &[String], source: &Path, library: &Path) -> Result<(), String> {
    let words = compiler();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["-std=c++17", "-O1", "-U_FORTIFY_SOURCE", "-shared", "-fPIC"]);
    command.args(["-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Werror"]);
    let output = command.arg("-o").arg(library).arg(source).args(options).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(log) }
}

impl Kernel {
    /// The shipped source with this element type, compiled on the first call.
    pub(crate) fn shipped(storage: Storage) -> &'static Self {
        static BUILT: LazyLock<Mutex<HashMap<Storage, &'static Kernel>>> = LazyLock::new(Mutex::default);
        let mut built = BUILT.lock().unwrap();
        built.entry(storage).or_insert_with(|| {
            Box::leak(Box::new(Self::build(LIKELIHOOD.text, storage).unwrap_or_else(|log| panic!("{log}"))))
        })
    }

    /// `source` with this element type, or the compiler's complaint.
    pub(crate) fn build(source: &str, storage: Storage) -> Result<Self, String> {
        // The tests of other binding crates include this file.
        let shim = Path::new(env!("CARGO_MANIFEST_DIR")).join("../likelihood-cuda/tests/shim");
        let folder = tempfile::tempdir().unwrap();
        let (kernel, library) = (folder.path().join("kernel.cu"), folder.path().join("kernel.so"));
        std::fs::write(&kernel, source).unwrap();
        let options = ["-ffp-contract=off", storage.option()].map(str::to_owned).into_iter();
        let named = format!("-DKERNEL=\"{}\"", kernel.display());
        let options: Vec<_> = options.chain([named, format!("-I{}", shim.display())]).collect();
        compile(&options, &shim.join("driver.cpp"), &library)?;
        // SAFETY: the library was just made of the two files above and runs nothing when it loads.
        let library = unsafe { Library::new(&library) }.map_err(|error| error.to_string())?;
        Ok(Self { library, _folder: folder })
    }

    /// Runs one grid of an entry point, whose record of arguments has type `A`. The error says what the
    /// emulation met.
    pub(crate) fn launch<A>(
        &self,
        entry: impl Display,
        grid: (u32, u32),
        arguments: &A,
        schedule: u32,
        buffers: &mut [Buffer],
    ) -> Result<(), String> {
        let name = CString::new(entry.to_string()).unwrap();
        let mut message = [0u8; 256];
        // SAFETY: both symbols have these types in the driver and the kernel. The driver checks every
        // access of the kernel against `buffers`, whose arrays outlive the call.
        let failed = unsafe {
            let kernel = self.library.get::<unsafe extern "C" fn()>(name.as_bytes()).unwrap();
            let launch = self.library.get::<Launch>(b"launch_on_host").unwrap();
            launch(
                *kernel as *const c_void,
                std::ptr::from_ref(arguments).cast(),
                grid.0,
                grid.1,
                schedule,
                buffers.as_mut_ptr(),
                buffers.len() as c_uint,
                message.as_mut_ptr().cast(),
                message.len(),
            )
        };
        let text = message.split(|byte| *byte == 0).next().unwrap_or_default();
        if failed == 0 { Ok(()) } else { Err(format!("{entry}: {}", String::from_utf8_lossy(text))) }
    }
}
