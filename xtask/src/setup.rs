//! Set-up: what the build needs from the machine, installed where we may, named where we may not.

mod host;
mod need;
mod system;

use anyhow::bail;
use host::Host;
use need::Need;
use std::io::Write;
use system::System;

/// The machine as the set-up sees it; tests put a scripted one in its place.
trait Machine {
    /// The text of os-release, empty where there is none.
    fn os_release(&self) -> String;
    /// Whether the need is met.
    fn has(&self, need: Need) -> bool;
    /// How packages may be installed.
    fn rights(&self) -> Rights;
    /// Whether rustup manages the toolchain.
    fn has_rustup(&self) -> bool;
    /// Runs a command with its output shown; whether it succeeded.
    fn run(&self, command: &[&str]) -> bool;
}

/// How packages may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// As root.
    Root,
    /// Through sudo, without a password.
    Sudo,
    /// Not at all.
    None,
}

/// `cargo xtask setup`.
pub(crate) fn run() -> anyhow::Result<()> {
    ensure_everything()
}

/// What building and running needs.
pub(crate) fn ensure_native() -> anyhow::Result<()> {
    ensure(&need::NATIVE, &Host, &mut std::io::stderr())
}

/// What building, running and checking needs.
pub(crate) fn ensure_everything() -> anyhow::Result<()> {
    let needs = [&need::NATIVE[..], &need::CHECKS, &need::COMPONENTS].concat();
    ensure(&needs, &Host, &mut std::io::stderr())
}

/// What the checks of the CUDA kernels need.
pub(crate) fn ensure_cuda_checks() -> anyhow::Result<()> {
    ensure(&[&[Need::Compiler], &need::CHECKS[..]].concat(), &Host, &mut std::io::stderr())
}

/// A Slurm to test scripts on: in continuous integration installed where that can be, elsewhere used where it is.
/// Why there is none, where there is none.
pub(crate) fn ensure_slurm(in_ci: bool) -> anyhow::Result<Option<&'static str>> {
    if Host.rights() != Rights::Root {
        return Ok(Some("its daemons want root"));
    }
    if in_ci && System::of(&Host.os_release()) == System::Debian {
        ensure(&[Need::Slurm], &Host, &mut std::io::stderr())?;
    }
    Ok((!Host.has(Need::Slurm)).then_some("this machine has no slurmctld, slurmd and munged"))
}

/// A browser that shows pages.
pub(crate) fn ensure_browser() -> anyhow::Result<()> {
    ensure(&[Need::Browser, Need::Pip], &Host, &mut std::io::stderr())
}

/// What installs Python wheels.
pub(crate) fn ensure_pip() -> anyhow::Result<()> {
    ensure(&[Need::Pip], &Host, &mut std::io::stderr())
}

/// Meets every need, or says how to. Silent when nothing is missing.
fn ensure(needs: &[Need], machine: &impl Machine, say: &mut impl Write) -> anyhow::Result<()> {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !machine.has(*need)).collect();
    let (components, packages): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|need| need::COMPONENTS.contains(need));
    if !packages.is_empty() {
        install_packages(&packages, machine, say)?;
    }
    if !components.is_empty() {
        install_components(&components, machine, say)?;
    }
    Ok(())
}

fn install_packages(missing: &[Need], machine: &impl Machine, say: &mut impl Write) -> anyhow::Result<()> {
    let system = System::of(&machine.os_release());
    let install = system.install_line(missing);
    let rights = if system == System::Debian { machine.rights() } else { Rights::None };
    let packages = system.packages(missing);
    for (need, package) in missing.iter().zip(&packages) {
        match rights {
            Rights::None => writeln!(say, "missing: {need}")?,
            Rights::Root | Rights::Sudo => writeln!(say, "installing {package}: {need}")?,
        }
    }
    if system != System::Debian {
        bail!("xtask installs packages on Debian and Ubuntu only; here\n  {install}\nthen run this again");
    }
    let sudo: &[&str] = match rights {
        Rights::Root => &[],
        Rights::Sudo => &["sudo", "-n"],
        Rights::None => {
            bail!("no right to install packages; run this line, then this command again\n  {install}")
        }
    };
    let apt = [sudo, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]].concat();
    let update = [&apt[..], &["update", "-qq"]].concat();
    let add = [&apt[..], &["install", "-y", "-qq", "--no-install-recommends"], &packages].concat();
    for command in [update, add] {
        if !machine.run(&command) {
            bail!("`{}` failed; mend that, or run\n  {install}", command.join(" "));
        }
    }
    confirm(missing, machine)
}

fn install_components(missing: &[Need], machine: &impl Machine, say: &mut impl Write) -> anyhow::Result<()> {
    let names: Vec<_> = missing.iter().map(|need| System::Debian.package(*need)).collect();
    let command = [&["rustup", "component", "add"], &names[..]].concat();
    if !machine.has_rustup() {
        let list = missing.iter().map(|need| format!("\n  {need}")).collect::<String>();
        bail!("the Rust toolchain lacks components and rustup does not manage it; install{list}");
    }
    for need in missing {
        writeln!(say, "installing {need}")?;
    }
    if !machine.run(&command) {
        bail!("`{}` failed", command.join(" "));
    }
    confirm(missing, machine)
}

/// Installing a package is not the goal: the need itself must be met afterwards.
fn confirm(missing: &[Need], machine: &impl Machine) -> anyhow::Result<()> {
    match missing.iter().find(|need| !machine.has(**need)) {
        Some(need) => bail!("installed, but still not found: {need}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
