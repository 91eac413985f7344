//! `cargo xtask peers`: one network read by us and served by PyTorch and by JAX, a composite in PyTorch, and the
//! NumPy of the tests.

use crate::setup;
use crate::steps::{self, Step};
use crate::workspace;
use anyhow::{Context, bail, ensure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is installed into `target/peers`, at the versions that were tested.
const PACKAGES: [&str; 5] =
    ["torch==2.15.0", "jax[cpu]==0.10.2", "numpy==2.4.6", "safetensors==0.8.0", "h5py==3.16.0"];
/// Their modules.
const MODULES: &str = "import torch, jax, numpy, safetensors, h5py";
/// Kilobytes that they may take, with what pip unpacks on the way.
const ROOM: u64 = 12_000_000;
/// The network that is served unless another is named.
const NETWORK: &str = "tests/golden/networks/sda_runs/near16";
/// Methods whose runs are compared. `mmps` is none of them: its conjugate gradients end by curvature under a J that is
/// not symmetric, and magnify a rounding to 1e-3.
const METHODS: [&str; 3] = ["dps", "pigdm", "diffpir"];
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
    let python = environment()?;
    steps::run(&steps(&python, &network), &mut std::io::stderr())
}

fn steps(python: &Path, network: &Path) -> Vec<Step> {
    let script = workspace::root().join("xtask/peers/sda.py");
    let check = |library: &'static str| {
        let mut command = vec![python.into(), script.clone().into_os_string(), network.into()];
        command.extend([library.into(), "check".into()]);
        step(library, "its copy of the network against SDA's own code, in float64", move || {
            finish(Command::new(&command[0]).args(&command[1..]))
        })
    };
    let interpreter = python.to_owned();
    let composition =
        step("composition", "a composite of stationary windows in PyTorch, its time and memory", move || {
            let mut cargo = workspace::cargo();
            cargo.current_dir(workspace::root());
            cargo.args(["test", "--release", "--package", "equipoise-composition", "--lib", "--"]);
            cargo.args(["--ignored", "--nocapture"]).env("EQUIPOISE_PEERS_PYTHON", &interpreter);
            finish(&mut cargo)
        });
    let (interpreter, folder) = (python.to_owned(), network.to_owned());
    let served = step("served", "both libraries against the network that we read, by calls", move || {
        let mut cargo = workspace::cargo();
        cargo.current_dir(workspace::root());
        cargo.args(["test", "--release", "--package", "equipoise-served", "--test", "served", "--"]);
        cargo.args(["--ignored", "--nocapture", "--test-threads", "1"]);
        cargo.env("EQUIPOISE_PEERS_PYTHON", &interpreter).env("EQUIPOISE_PEERS_NETWORK", &folder);
        finish(&mut cargo)
    });
    let (interpreter, folder) = (python.to_owned(), network.to_owned());
    let ensembles =
        step("ensembles", "reconstruct under network: and under serve:, by the same draws", move || {
            ensembles(&interpreter, &folder)
        });
    vec![check("pytorch"), check("jax"), composition, served, ensembles]
}

fn step(name: &'static str, what: &str, work: impl Fn() -> anyhow::Result<()> + 'static) -> Step {
    Step { name, what: what.to_owned(), work: Box::new(work) }
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
            let mut cargo = workspace::cargo();
            cargo.current_dir(&root).args(["run", "--release", "--quiet", "--", "reconstruct", "--force"]);
            cargo.args(["--prior", prior, "--obs", "data/sensors/kolmogorov.csv", "--window", "8"]);
            finish(cargo.args(["--members", "2", "--method", method, "--out"]).arg(folder(name)))?;
        }
        for (name, _) in &priors[1..] {
            let mut compare = Command::new(python);
            compare.arg(root.join("xtask/peers/compare.py")).arg(TOLERANCE);
            finish(compare.arg(folder(name)).arg(folder(priors[0].0)))?;
        }
    }
    Ok(())
}

/// The interpreter of `target/peers`, made and filled when it is first asked for.
fn environment() -> anyhow::Result<PathBuf> {
    let folder = workspace::root().join("target/peers");
    let python = folder.join("bin/python");
    if !python.is_file() {
        finish(Command::new("python3").args(["-m", "venv"]).arg(&folder)).context(
            "no private Python environment; install Python's venv (Debian: apt-get install python3-venv)",
        )?;
    }
    if !imports(&mut Command::new(&python), MODULES) {
        eprintln!(
            "installing {} into {}: 5.5 GB where pip's index has PyTorch for GPUs, as PyPI has; PIP_EXTRA_INDEX_URL may name one with PyTorch for CPUs",
            PACKAGES.join(", "),
            folder.display()
        );
        room(&folder)?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"];
        finish(Command::new(&python).args(install).args(PACKAGES))?;
    }
    Ok(python)
}

/// Refuses a disk that they would fill; one whose room is not told is tried.
fn room(folder: &Path) -> anyhow::Result<()> {
    let told = Command::new("df").arg("-Pk").arg(folder).output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    match available(&told) {
        Some(found) => {
            ensure!(found >= ROOM, "{}: found {found} kB free, expected {ROOM}", folder.display());
            Ok(())
        }
        None => Ok(()),
    }
}

/// The fourth column of the last line of `df -Pk`.
fn available(told: &str) -> Option<u64> {
    told.lines().last()?.split_whitespace().nth(3)?.parse().ok()
}

/// NumPy for the tests' children: what python3 has, else what pip finds for it, in `target/numpy`.
pub(crate) fn ensure_numpy() -> anyhow::Result<()> {
    let folder = workspace::root().join("target/numpy");
    if imports(Command::new("python3").env("PYTHONPATH", &folder), "import numpy") {
        return Ok(());
    }
    setup::ensure_pip()?;
    eprintln!("installing numpy into {}: a served child of the tests is NumPy's", folder.display());
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
    finish(pip.arg(&folder).arg("numpy").env("PIP_ROOT_USER_ACTION", "ignore"))
}

fn imports(python: &mut Command, code: &str) -> bool {
    let quiet = python.args(["-c", code]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn finish(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1").status();
    let status = status.with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("`{program}` ended with {status}");
    }
    Ok(())
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
    }

    #[test]
    fn free_room_is_read_from_df() {
        let told = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a 9 5 4 56% /\n";
        assert_eq!((available(told), available(""), available("x")), (Some(4), None, None));
    }
}
