//! `cargo xtask peers`: one network read by us and served by PyTorch and by JAX, a composite in PyTorch, ensembles as
//! xarray and others read them, a page in Chromium, and the NumPy of the tests.

use crate::call::finish;
use crate::pages::{self, PLAYWRIGHT};
use crate::python::{self, imports};
use crate::steps::{self, Step};
use crate::{setup, workspace};
use anyhow::Context;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is installed into `target/peers`, at the versions that were tested.
const PACKAGES: [&str; 11] = [
    "torch==2.15.0",
    "jax[cpu]==0.10.2",
    "numpy==2.4.6",
    "safetensors==0.8.0",
    "h5py==3.16.0",
    "xarray==2026.9.0",
    "netCDF4==1.7.5.1.post1",
    "h5netcdf==1.8.2",
    "zarr==3.1.6",
    "pyvista==0.49.1",
    PLAYWRIGHT,
];
/// Their modules.
const MODULES: &str =
    "import torch, jax, numpy, safetensors, h5py, xarray, netCDF4, h5netcdf, zarr, pyvista, playwright";
/// The network that is served unless another is named.
const NETWORK: &str = "tests/golden/networks/sda_runs/near16";
/// A network with the noise that SDA's own code computed in float64.
const KNOWN: &str = "tests/golden/networks/sda_small/a16";
/// Methods whose runs are compared. `mmps` is none of them: its conjugate gradients end by curvature under a J that is
/// not symmetric, and magnify a rounding to 1e-3.
const METHODS: [&str; 3] = ["dps", "pigdm", "diffpir"];
/// Packages as `cargo xtask test` builds them, so that what it built is used again.
const TESTED: [&str; 3] = ["--workspace", "--exclude", "equipoise-throughput"];
/// The command as `cargo xtask sweep` builds it.
const COMMAND: [&str; 6] = ["run", "--release", "--quiet", "--package", "equipoise-cli", "--"];
/// Runs of one method must end within so much of each other, relative to the largest value.
const TOLERANCE: &str = "1e-5";

/// The folder of a network of SDA's kind.
///
/// # Errors
/// More than one argument.
pub(crate) fn network(args: &[OsString]) -> Result<PathBuf, String> {
    match args {
        [] => Ok(workspace::root().join(NETWORK)),
        [folder] => Ok(PathBuf::from(folder)),
        [_, extra, ..] => Err(format!("`peers` takes one folder, found `{}` too", extra.to_string_lossy())),
    }
}

/// `cargo xtask peers`.
pub(crate) fn run(network: &Path) -> anyhow::Result<()> {
    let network = network.canonicalize().with_context(|| format!("no folder {}", network.display()))?;
    setup::ensure_native()?;
    let python = python::environment(&PACKAGES, MODULES)?;
    steps::run(&steps(&python, &network), &mut std::io::stderr())
}

fn steps(python: &Path, network: &Path) -> Vec<Step> {
    let [script, known] = ["xtask/peers/sda.py", KNOWN].map(|path| workspace::root().join(path));
    let check = |library: &'static str| {
        let (interpreter, args) = (python.to_owned(), [script.clone(), known.clone()]);
        step(library, "its copy of SDA's networks against SDA's own code, in float64", move || {
            finish(python::python(&interpreter).args(&args).args([library, "check"]))
        })
    };
    let interpreter = python.to_owned();
    let composition =
        step("composition", "a composite of stationary windows in PyTorch, its time and memory", move || {
            // Its time is that of a release build.
            let mut cargo = ignored(&["--release", "--package", "equipoise-composition", "--lib"]);
            finish(cargo.env("EQUIPOISE_PEERS_PYTHON", &interpreter))
        });
    let (interpreter, folder) = (python.to_owned(), network.to_owned());
    let served = step("served", "both libraries against the network that we read, by calls", move || {
        let mut cargo = ignored(&[&TESTED[..], &["--test", "served"]].concat());
        cargo.args(["--test-threads", "1"]).env("EQUIPOISE_PEERS_NETWORK", &folder);
        finish(cargo.env("EQUIPOISE_PEERS_PYTHON", &interpreter))
    });
    let (interpreter, folder) = (python.to_owned(), network.to_owned());
    let ensembles =
        step("ensembles", "reconstruct under network: and under serve:, by the same draws", move || {
            ensembles(&interpreter, &folder)
        });
    let interpreter = python.to_owned();
    let exchange =
        step("exchange", "ensembles as xarray, netCDF4, zarr, NumPy and pyvista read them", move || {
            let mut cargo = ignored(&[&TESTED[..], &["--test", "loader"]].concat());
            finish(cargo.arg("other_programs_read_them").env("EQUIPOISE_PEERS_PYTHON", &interpreter))
        });
    let interpreter = python.to_owned();
    let page = step("page", "pages in headless Chromium: sort, filter, slide, light and dark", move || {
        page(&interpreter)
    });
    vec![exchange, page, check("pytorch"), check("jax"), composition, served, ensembles]
}

/// The pages of an example, of a verdict and of a sweep, looked at by keys; screenshots stay in `target/peers/page`.
fn page(python: &Path) -> anyhow::Result<()> {
    let folder = workspace::root().join("target/peers/page");
    std::fs::create_dir_all(&folder)?;
    let example = ["run", "--release", "--quiet", "--package", "equipoise-report", "--example", "gallery"];
    finish(workspace::cargo_here(example).arg("--").arg(&folder))?;
    let mut all = pages::made(&folder, || workspace::cargo_here(COMMAND))?;
    all.insert(0, folder.join("page.html"));
    pages::look(python::python(python), &folder, &all)
}

fn step(
    name: &'static str,
    what: &str,
    work: impl Fn() -> anyhow::Result<()> + Send + Sync + 'static,
) -> Step {
    Step { name, what: what.to_owned(), work: Box::new(work), beside: false }
}

/// Tests that run only when they are asked for.
fn ignored(which: &[&str]) -> Command {
    let mut cargo = workspace::cargo_here(["test"]);
    cargo.args(which).args(["--", "--ignored", "--nocapture"]).env("PYTHONDONTWRITEBYTECODE", "1");
    cargo
}

/// One reconstruction by each method and prior, compared entry by entry.
fn ensembles(python: &Path, network: &Path) -> anyhow::Result<()> {
    let root = workspace::root();
    let out = root.join("target/peers/ensembles");
    let script = root.join("xtask/peers/sda.py");
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let child = |library: &str| {
        format!(
            "serve:OMP_NUM_THREADS=1 exec {} {} {} {library} 4",
            quoted(python),
            quoted(&script),
            quoted(network)
        )
    };
    let priors = [
        ("network", format!("network:{}", network.display())),
        ("pytorch", child("pytorch")),
        ("jax", child("jax")),
    ];
    for method in METHODS {
        let folder = |name: &str| out.join(method).join(name);
        for (name, prior) in &priors {
            let mut cargo = workspace::cargo_here(COMMAND);
            cargo.args(["reconstruct", "--force"]);
            cargo.env("PYTHONDONTWRITEBYTECODE", "1").args([
                "--prior",
                prior,
                "--obs",
                "data/sensors/kolmogorov.csv",
                "--window",
                "8",
            ]);
            finish(cargo.args(["--members", "2", "--method", method, "--out"]).arg(folder(name)))?;
        }
        for (name, _) in &priors[1..] {
            let mut compare = python::python(python);
            compare.arg(root.join("xtask/peers/compare.py")).arg(TOLERANCE);
            finish(compare.arg(folder(name)).arg(folder(priors[0].0)))?;
        }
    }
    Ok(())
}

/// NumPy for the tests' children: what python3 has, else what pip finds for it, in `target/numpy`.
pub(crate) fn ensure_numpy() -> anyhow::Result<()> {
    let folder = workspace::root().join("target/numpy");
    if imports(python::python("python3").env("PYTHONPATH", &folder), "import numpy") {
        return Ok(());
    }
    python::install_into(&folder, &["numpy"], false, "a served child of the tests is NumPy's")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_may_be_named() {
        assert!(network(&[]).unwrap().ends_with(NETWORK));
        assert_eq!(network(&["mine".into()]).unwrap(), Path::new("mine"));
        assert!(network(&["a".into(), "b".into()]).unwrap_err().contains("`b`"));
    }

    #[test]
    fn the_network_that_is_served_unless_another_is_named_is_there() {
        assert!(network(&[]).unwrap().join("config.json").is_file());
        assert!(workspace::root().join(KNOWN).join("values.h5").is_file());
    }
}
