//! Where the workspace lies, and how its cargo is called.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> PathBuf {
    let manifest_dir =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let mut root = PathBuf::from(manifest_dir);
    root.pop();
    root
}

/// The cargo executable that runs this xtask.
pub(crate) fn cargo_path() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// A call of that cargo, without the variables that the cargo which runs this xtask set for it: a build
/// script that watches them would run again, and all that stands on it be built anew, whenever cargo is
/// called now by xtask and now by hand.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(cargo_path());
    forget_package(&mut command);
    command
}

/// The same in the folder of the workspace.
pub(crate) fn cargo_here<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = cargo();
    command.current_dir(root()).args(args);
    command
}

/// Takes those variables from a command that will call cargo.
pub(crate) fn forget_package(command: &mut Command) {
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| is_of_a_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
}

fn is_of_a_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo runs its tests with the same variables as its programs.
    #[test]
    fn calls_of_cargo_do_not_know_of_xtask() {
        let removed: Vec<_> =
            cargo().get_envs().filter(|(_, value)| value.is_none()).map(|e| e.0.to_owned()).collect();
        assert!(removed.iter().any(|name| name == "CARGO_MANIFEST_DIR"), "{removed:?}");
        assert!(removed.iter().any(|name| name == "CARGO_PKG_VERSION_MAJOR"), "{removed:?}");
        assert!(!is_of_a_package("CARGO_TARGET_DIR") && !is_of_a_package("CARGO_HOME"));
    }
}
