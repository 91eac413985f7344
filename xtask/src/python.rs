//! Python packages below `target`: a private environment of libraries that are timed or held to us, and folders of
//! single packages.

use crate::{call, setup, workspace};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Kilobytes that PyTorch and JAX may take, with what pip unpacks on the way.
const ROOM: u64 = 12_000_000;

/// What every call of pip begins with.
const INSTALL: [&str; 5] = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];

/// A call of an interpreter, which leaves no files beside scripts.
pub(crate) fn python(interpreter: impl AsRef<Path>) -> Command {
    let mut command = Command::new(interpreter.as_ref());
    quiet(&mut command);
    command
}

/// Has whatever Python a call runs leave no files beside scripts.
pub(crate) fn quiet(command: &mut Command) {
    command.env("PYTHONDONTWRITEBYTECODE", "1");
}

/// The interpreter of `target/peers`, which is made when it is first asked for, and given `packages` where the
/// statement `import` fails.
///
/// # Errors
/// When Python has no `venv`, the disk has too little room, or pip fails.
pub(crate) fn environment(packages: &[&str], import: &str) -> anyhow::Result<PathBuf> {
    let folder = workspace::root().join("target/peers");
    let interpreter = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !interpreter.is_file() {
        call::finish(python("python3").args(["-m", "venv"]).arg(&folder)).context(
            "no private Python environment; install Python's venv (Debian: apt-get install python3-venv)",
        )?;
    }
    if !imports(&mut python(&interpreter), import) {
        eprintln!(
            "installing {} into {}: 5.5 GB where pip's index has PyTorch for GPUs, as PyPI has; PIP_EXTRA_INDEX_URL may name one with PyTorch for CPUs",
            packages.join(", "),
            folder.display()
        );
        room(&folder)?;
        call::finish(python(&interpreter).args(INSTALL).arg("--no-cache-dir").args(packages))?;
    }
    Ok(interpreter)
}

/// Installs packages, and nothing that they ask for if `alone`, into a folder that `PYTHONPATH` may name.
///
/// # Errors
/// When pip is missing and cannot be installed, or fails.
pub(crate) fn install_into(folder: &Path, packages: &[&str], alone: bool, why: &str) -> anyhow::Result<()> {
    setup::ensure_pip()?;
    eprintln!("installing {} into {}: {why}", packages.join(" and "), folder.display());
    let mut pip = python("python3");
    pip.args(INSTALL).args(alone.then_some("--no-deps")).args(["--upgrade", "--target"]).arg(folder);
    call::finish(pip.args(packages).env("PIP_ROOT_USER_ACTION", "ignore"))
}

/// Whether a statement that imports modules succeeds.
pub(crate) fn imports(python: &mut Command, statement: &str) -> bool {
    let quiet = python.args(["-c", statement]).stdout(Stdio::null()).stderr(Stdio::null());
    call::finish(quiet).is_ok()
}

/// Refuses a disk that they would fill; one whose room is not told is tried.
fn room(folder: &Path) -> anyhow::Result<()> {
    let told = call::printed(Command::new("df").arg("-Pk").arg(folder));
    let found = told.and_then(|told| available(&told)).unwrap_or(ROOM);
    ensure!(found >= ROOM, "{}: found {found} kB free, expected {ROOM}", folder.display());
    Ok(())
}

/// The fourth column of the last line of `df -Pk`.
fn available(told: &str) -> Option<u64> {
    told.lines().last()?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_room_is_read_from_df() {
        let told = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a 9 5 4 56% /\n";
        assert_eq!((available(told), available(""), available("x")), (Some(4), None, None));
    }
}
