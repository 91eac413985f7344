//! The machine that xtask runs on.

use super::{Machine, Need, Rights};
use crate::{call, workspace};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// This machine.
pub(super) struct Host;

/// Where the build script of the HDF5 binding looks when pkg-config knows nothing.
const HDF5_HEADERS: [&str; 4] = [
    "/usr/include/hdf5/serial/hdf5.h",
    "/usr/include/hdf5.h",
    "/opt/homebrew/include/hdf5.h",
    "/usr/local/opt/hdf5/include/hdf5.h",
];

/// Where Homebrew keeps OpenBLAS.
const OPENBLAS_KEGS: [&str; 2] = ["/opt/homebrew/opt/openblas/lib", "/usr/local/opt/openblas/lib"];

impl Machine for Host {
    fn os_release(&self) -> String {
        if cfg!(target_os = "macos") {
            return "ID=macos".to_owned();
        }
        ["/etc/os-release", "/usr/lib/os-release"]
            .iter()
            .find_map(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_default()
    }

    fn has(&self, need: Need) -> bool {
        match need {
            Need::Compiler => on_path("cc").is_some(),
            Need::PkgConfig => pkg_config().is_some(),
            Need::Hdf5 => {
                std::env::var_os("HDF5_DIR").is_some()
                    || pkg_config_knows("hdf5")
                    || HDF5_HEADERS.iter().any(|path| Path::new(path).exists())
            }
            Need::OpenBlas => {
                pkg_config_knows("openblas")
                    || linker_finds("libopenblas.so")
                    || OPENBLAS_KEGS.iter().any(|path| Path::new(path).exists())
            }
            Need::CxxCompiler => std::env::var_os("CXX").is_some() || on_path("c++").is_some(),
            Need::Slurm => ["slurmctld", "slurmd", "munged"].iter().all(|name| on_path(name).is_some()),
            Need::Browser => {
                ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| on_path(name).is_some())
            }
            Need::Pip => printed("python3", &["-m", "pip", "--version"]).is_some(),
            Need::Rustfmt => beside_cargo("cargo-fmt"),
            Need::Clippy => beside_cargo("cargo-clippy"),
        }
    }

    fn rights(&self) -> Rights {
        if printed("id", &["-u"]).as_deref() == Some("0") {
            Rights::Root
        } else if printed("sudo", &["-n", "true"]).is_some() {
            Rights::Sudo
        } else {
            Rights::None
        }
    }

    fn has_rustup(&self) -> bool {
        on_path("rustup").is_some()
    }

    fn run(&self, command: &[&str]) -> bool {
        let [program, args @ ..] = command else { return false };
        call::finish(Command::new(program).args(args)).is_ok()
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The two names that build scripts try, in their order.
fn pkg_config() -> Option<PathBuf> {
    on_path("pkg-config").or_else(|| on_path("pkgconf"))
}

fn pkg_config_knows(library: &str) -> bool {
    pkg_config().is_some_and(|program| printed(program, &["--exists", library]).is_some())
}

/// The compiler driver answers with a path where its search path holds the library, otherwise
/// with the bare name.
fn linker_finds(library: &str) -> bool {
    printed("cc", &[&format!("-print-file-name={library}")]).is_some_and(|found| found != library)
}

/// rustup's proxies answer for components that are not installed, so the toolchain's own folder
/// decides.
fn beside_cargo(program: &str) -> bool {
    let cargo = workspace::cargo_path();
    if cargo.is_absolute() { cargo.with_file_name(program).is_file() } else { on_path(program).is_some() }
}

/// What a program prints, without its last line end, if it succeeds.
fn printed(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    call::printed(Command::new(program.as_ref()).args(args))
}
