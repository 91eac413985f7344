//! The peers: a private Python environment with their libraries, and the processes that time them.

use super::worker::{Party, Worker};
use crate::{call, python, workspace};
use std::path::{Path, PathBuf};

/// What is installed.
const PACKAGES: [&str; 6] = ["numpy", "scipy", "torch", "jax[cpu]", "onnx", "onnxruntime"];

/// The libraries that have scripts for a group.
pub(crate) fn libraries(group: &str) -> &'static [&'static str] {
    match group {
        "likelihood" => &["pytorch", "jax", "jax-sums"],
        "step" => &["pytorch", "jax"],
        "reduced" | "denoiser" => &["pytorch"],
        "network" => &["pytorch", "pytorch-channels-last", "onnxruntime"],
        "fit" => &["numpy", "numpy-f32", "randomised"],
        _ => &[],
    }
}

/// The interpreter of `target/peers`, which has their libraries.
///
/// # Errors
/// As those of [`python::environment`].
pub(crate) fn ensure() -> anyhow::Result<PathBuf> {
    python::environment(&PACKAGES, "import numpy, scipy, torch, jax, onnx, onnxruntime")
}

/// A process of one library for the cases of one group.
pub(crate) fn start(python: &Path, group: &str, library: &str, threads: usize) -> anyhow::Result<Worker> {
    let party = Party { name: library.to_owned(), threads, blas: threads };
    let mut command = python::python(python);
    command.arg(workspace::root().join("xtask/peers/serve.py")).args([group, library, &threads.to_string()]);
    Worker::start(command, party)
}

/// The versions of the libraries.
pub(crate) fn versions(python: &Path) -> Option<String> {
    let all = "import numpy, scipy, torch, jax, onnxruntime, sys; print('Python', sys.version.split()[0] + ', NumPy', \
               numpy.__version__ + ', SciPy', scipy.__version__ + ', PyTorch', torch.__version__ + ', JAX', \
               jax.__version__ + ', ONNX Runtime', onnxruntime.__version__)";
    call::printed(python::python(python).args(["-c", all]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::options::GROUPS;

    /// A group's script is found by the group's name and tells its libraries apart by theirs.
    #[test]
    fn every_library_is_named_in_the_script_of_its_group() {
        let mut scripts = 0;
        for group in GROUPS.iter().filter(|group| !libraries(group).is_empty()) {
            let path = workspace::root().join(format!("xtask/peers/{group}.py"));
            let script = std::fs::read_to_string(&path).unwrap();
            for library in libraries(group) {
                assert!(script.contains(&format!("\"{library}\": ")), "{group}: {library}");
            }
            scripts += 1;
        }
        assert_eq!(scripts, 6);
    }
}
