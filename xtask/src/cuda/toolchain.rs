//! NVRTC and ptxas: where they are, and their installation into `target/cuda`.

use crate::{python, workspace};
use anyhow::Context;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Names the file of the NVRTC library, as `equipoise-likelihood-cuda` reads it.
const NVRTC_VARIABLE: &str = "EQUIPOISE_NVRTC";
/// Names the assembler of the checks.
const PTXAS_VARIABLE: &str = "EQUIPOISE_PTXAS";

/// The PyPI packages that hold the two, at the versions that were tested; the first wrote the embedded PTX.
pub(super) const WHEELS: [&str; 2] = ["nvidia-cuda-nvrtc-cu12==12.8.93", "nvidia-cuda-nvcc-cu12==12.9.86"];

/// The compiler and the assembler of CUDA kernels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// The NVRTC library.
    pub(crate) nvrtc: PathBuf,
    /// The assembler.
    pub(crate) ptxas: PathBuf,
}

impl Toolchain {
    /// What the variables name, else what `target/cuda` holds, else a CUDA toolkit; each on its own.
    pub(crate) fn find() -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name);
        Self::find_in(&installed_folder(), &toolkit_folders(variable), variable)
    }

    fn find_in(
        installed: &Path,
        toolkits: &[PathBuf],
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Option<Self> {
        let first = |name: &str, wheel: &str, toolkit: &[&str]| {
            if let Some(named) = variable(name).filter(|value| !value.is_empty()) {
                return Some(PathBuf::from(named)).filter(|file| file.is_file());
            }
            let below = toolkits.iter().flat_map(|folder| toolkit.iter().map(move |file| folder.join(file)));
            std::iter::once(installed.join(wheel)).chain(below).find(|file| file.is_file())
        };
        let nvrtc = first(
            NVRTC_VARIABLE,
            "nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
            &["lib64/libnvrtc.so.12", "lib/libnvrtc.so.12"],
        )?;
        let ptxas = first(PTXAS_VARIABLE, "nvidia/cuda_nvcc/bin/ptxas", &["bin/ptxas"])?;
        Some(Self { nvrtc, ptxas })
    }

    /// What is there, else the wheels, installed into `target/cuda` and nowhere else.
    pub(crate) fn ensure() -> anyhow::Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let folder = installed_folder();
        let why = "they compile and assemble the CUDA kernels for their checks";
        python::install_into(&folder, &WHEELS, true, why).with_context(|| {
            format!("without a network, point {NVRTC_VARIABLE} and {PTXAS_VARIABLE} at the library and the assembler of a CUDA 12 toolkit")
        })?;
        Self::find().with_context(|| format!("installed, but {} lacks NVRTC or ptxas", folder.display()))
    }

    /// The variables by which the tests find the two.
    pub(crate) fn variables(&self) -> [(&'static str, OsString); 2] {
        [(NVRTC_VARIABLE, self.nvrtc.clone().into()), (PTXAS_VARIABLE, self.ptxas.clone().into())]
    }
}

/// Whether this is continuous integration, where what cannot be checked fails.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// The same folder whatever cargo's target folder is, so that plain `cargo test` finds it.
fn installed_folder() -> PathBuf {
    workspace::root().join("target/cuda")
}

fn toolkit_folders(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let named = ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(variable).map(PathBuf::from);
    named.chain(["/usr/local/cuda", "/opt/cuda"].map(PathBuf::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, file: &str) -> PathBuf {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "").unwrap();
        file
    }

    #[test]
    fn both_must_be_found_and_the_installed_ones_come_before_a_toolkit() {
        let root = tempfile::tempdir().unwrap();
        let (installed, toolkit) = (root.path().join("cuda"), root.path().join("toolkit"));
        let find = || Toolchain::find_in(&installed, std::slice::from_ref(&toolkit), |_| None);
        assert_eq!(find(), None);
        let nvrtc = touch(&toolkit, "lib64/libnvrtc.so.12");
        assert_eq!(find(), None);
        let ptxas = touch(&toolkit, "bin/ptxas");
        assert_eq!(find(), Some(Toolchain { nvrtc, ptxas: ptxas.clone() }));
        let nvrtc = touch(&installed, "nvidia/cuda_nvrtc/lib/libnvrtc.so.12");
        assert_eq!(find(), Some(Toolchain { nvrtc, ptxas }));
    }

    #[test]
    fn a_variable_that_names_no_file_is_not_passed_over() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), "nvidia/cuda_nvrtc/lib/libnvrtc.so.12");
        let ptxas = touch(root.path(), "nvidia/cuda_nvcc/bin/ptxas");
        let named = |value: &'static str| {
            Toolchain::find_in(root.path(), &[], |name| {
                (name == NVRTC_VARIABLE).then(|| root.path().join(value).into_os_string())
            })
        };
        assert_eq!(named("absent"), None);
        let own = touch(root.path(), "own.so");
        assert_eq!(named("own.so"), Some(Toolchain { nvrtc: own, ptxas }));
    }
}
