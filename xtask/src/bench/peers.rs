//! The peers: a private Python environment with their libraries, and the processes that time them.

use super::options::JUDGE;
use super::worker::{Party, Worker};
use crate::{call, python, workspace};
use std::path::{Path, PathBuf};

/// A library of peers: pip's name of it, that of its module, and whether a group needs it.
struct Library {
    package: &'static str,
    module: &'static str,
    needed: fn(&str) -> bool,
}

/// What groups need; a group of whole processes that is no peer's needs nothing.
const LIBRARIES: [Library; 10] = {
    const fn of(package: &'static str, module: &'static str, needed: fn(&str) -> bool) -> Library {
        Library { package, module, needed }
    }
    [
        of("numpy", "numpy", |group| served(group) || group == JUDGE),
        of("scipy", "scipy", served),
        of("torch", "torch", served),
        of("jax[cpu]", "jax", served),
        of("onnx", "onnx", served),
        of("onnxruntime", "onnxruntime", served),
        of("xarray", "xarray", |group| group == JUDGE),
        of("h5netcdf", "h5netcdf", |group| group == JUDGE),
        of("scoringrules", "scoringrules", |group| group == JUDGE),
        of("numba", "numba", |group| group == JUDGE),
    ]
};

/// Whether the peers of a group answer as the measuring end does.
fn served(group: &str) -> bool {
    !libraries(group).is_empty()
}

fn needed(groups: &[&str]) -> Vec<&'static Library> {
    LIBRARIES.iter().filter(|library| groups.iter().any(|group| (library.needed)(group))).collect()
}

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

/// The interpreter of `target/peers`, which has what these groups need.
///
/// # Errors
/// As those of [`python::environment`].
pub(crate) fn ensure(groups: &[&str]) -> anyhow::Result<PathBuf> {
    let needed = needed(groups);
    let packages: Vec<&str> = needed.iter().map(|library| library.package).collect();
    let modules: Vec<&str> = ["sys"].into_iter().chain(needed.iter().map(|library| library.module)).collect();
    python::environment(&packages, &format!("import {}", modules.join(", ")))
}

/// A process of one library for the cases of one group.
pub(crate) fn start(python: &Path, group: &str, library: &str, threads: usize) -> anyhow::Result<Worker> {
    let party = Party { name: library.to_owned(), threads, blas: threads };
    let mut command = python::python(python);
    command.arg(workspace::root().join("xtask/peers/serve.py")).args([group, library, &threads.to_string()]);
    Worker::start(command, party)
}

/// The versions of the libraries that these groups need.
pub(crate) fn versions(python: &Path, groups: &[&str]) -> Option<String> {
    let modules: Vec<&str> = needed(groups).iter().map(|library| library.module).collect();
    let all = "import importlib.metadata as m, sys; \
               print(', '.join(['Python ' + sys.version.split()[0]] + [n + ' ' + m.version(n) for n in sys.argv[1:]]))";
    call::printed(python::python(python).args(["-c", all]).args(modules))
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

    #[test]
    fn what_a_group_does_not_need_is_not_installed() {
        let of = |groups: &[&str]| needed(groups).iter().map(|library| library.package).collect::<Vec<_>>();
        assert_eq!(of(&["judge"]), ["numpy", "xarray", "h5netcdf", "scoringrules", "numba"]);
        assert_eq!(of(&["step", "verbs"]), ["numpy", "scipy", "torch", "jax[cpu]", "onnx", "onnxruntime"]);
        assert!(of(&["verbs", "build"]).is_empty());
    }
}
