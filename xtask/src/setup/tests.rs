//! Every branch of the set-up on scripted machines.

use super::*;
use std::cell::{Cell, RefCell};

const DEBIAN: &str = "NAME=\"Debian GNU/Linux\"\nID=debian\n";

/// A machine that records its commands and whose installs can be made to work or not.
struct Scripted {
    os_release: &'static str,
    lacks: Vec<Need>,
    rights: Rights,
    rustup: bool,
    /// The word whose presence in a command makes it fail.
    fails: &'static str,
    /// Whether an install brings what was missing.
    delivers: bool,
    installed: Cell<bool>,
    commands: RefCell<Vec<String>>,
}

impl Scripted {
    fn new(os_release: &'static str, lacks: &[Need]) -> Self {
        Self {
            os_release,
            lacks: lacks.to_vec(),
            rights: Rights::Root,
            rustup: true,
            fails: "never",
            delivers: true,
            installed: Cell::new(false),
            commands: RefCell::default(),
        }
    }

    /// The outcome, what was said, and the commands that ran.
    fn ensure(&self) -> (Result<(), String>, String, Vec<String>) {
        let mut said = Vec::new();
        let needs = [&need::NATIVE[..], &need::CHECKS, &[Need::Pip], &need::COMPONENTS].concat();
        let outcome = ensure(&needs, self, &mut said).map_err(|error| format!("{error:#}"));
        (outcome, String::from_utf8(said).unwrap(), self.commands.borrow().clone())
    }
}

impl Machine for Scripted {
    fn os_release(&self) -> String {
        self.os_release.to_owned()
    }

    fn has(&self, need: Need) -> bool {
        !self.lacks.contains(&need) || (self.installed.get() && self.delivers)
    }

    fn rights(&self) -> Rights {
        self.rights
    }

    fn has_rustup(&self) -> bool {
        self.rustup
    }

    fn run(&self, command: &[&str]) -> bool {
        self.commands.borrow_mut().push(command.join(" "));
        self.installed.set(command.contains(&"install") || command.contains(&"add"));
        !command.contains(&self.fails)
    }
}

#[test]
fn a_complete_machine_is_left_alone_in_silence() {
    let (outcome, said, commands) = Scripted::new(DEBIAN, &[]).ensure();
    assert_eq!((outcome, said.as_str(), commands.len()), (Ok(()), "", 0));
}

#[test]
fn root_on_debian_installs_just_what_is_missing_and_says_why() {
    let (outcome, said, commands) = Scripted::new(DEBIAN, &[Need::Hdf5, Need::OpenBlas]).ensure();
    assert_eq!(outcome, Ok(()));
    let apt = "env DEBIAN_FRONTEND=noninteractive apt-get";
    let install = "install -y -qq --no-install-recommends libhdf5-dev libopenblas-dev";
    assert_eq!(commands, [format!("{apt} update -qq"), format!("{apt} {install}")]);
    let line = "installing libhdf5-dev: the HDF5 library with its headers (reads and writes trajectories)\n";
    assert!(said.starts_with(line), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn what_the_cuda_checks_need_has_a_package_on_every_system() {
    for (os_release, line) in
        [(DEBIAN, "g++ python3-pip"), ("ID=fedora\n", "gcc-c++ python3-pip"), ("ID=arch\n", "gcc python-pip")]
    {
        let mut machine = Scripted::new(os_release, &[Need::CxxCompiler, Need::Pip]);
        machine.rights = Rights::None;
        let message = machine.ensure().0.unwrap_err();
        assert!(message.contains(line), "{os_release}: {message}");
    }
}

#[test]
fn sudo_without_a_password_stands_before_every_command() {
    let mut machine = Scripted::new("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", &[Need::Compiler]);
    machine.rights = Rights::Sudo;
    let (outcome, _, commands) = machine.ensure();
    assert_eq!(outcome, Ok(()));
    assert_eq!(commands.len(), 2);
    assert!(commands.iter().all(|command| command.starts_with("sudo -n env ")), "{commands:?}");
}

#[test]
fn without_rights_it_prints_the_one_line_and_runs_nothing() {
    let mut machine = Scripted::new(DEBIAN, &[Need::OpenBlas]);
    machine.rights = Rights::None;
    let (outcome, said, commands) = machine.ensure();
    let line = "\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends libopenblas-dev";
    assert!(outcome.unwrap_err().ends_with(line));
    assert!(said.starts_with("missing: the OpenBLAS library (matrix products"), "{said}");
    assert!(commands.is_empty());
}

#[test]
fn other_systems_get_their_own_line_and_nothing_runs() {
    for (os_release, line) in [
        ("ID=fedora\n", "sudo dnf install hdf5-devel openblas-devel"),
        ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "sudo dnf install hdf5-devel openblas-devel"),
        ("ID=manjaro\nID_LIKE=arch\n", "sudo pacman -S --needed hdf5 openblas"),
        ("ID=macos", "brew install hdf5 openblas libomp"),
        ("ID=nixos\n", "install what Debian calls: libhdf5-dev libopenblas-dev"),
        ("", "install what Debian calls: libhdf5-dev libopenblas-dev"),
    ] {
        let (outcome, _, commands) = Scripted::new(os_release, &[Need::Hdf5, Need::OpenBlas]).ensure();
        let message = outcome.unwrap_err();
        assert!(message.contains(line), "{os_release}: {message}");
        assert!(commands.is_empty(), "{os_release}: {commands:?}");
    }
}

#[test]
fn a_failing_update_stops_before_the_install_and_shows_both_commands() {
    let mut machine = Scripted::new(DEBIAN, &[Need::Hdf5]);
    machine.fails = "update";
    let (outcome, _, commands) = machine.ensure();
    assert_eq!(commands.len(), 1);
    let message = outcome.unwrap_err();
    assert!(message.contains("apt-get update -qq` failed") && message.contains("sudo apt-get"), "{message}");
}

#[test]
fn a_package_that_does_not_deliver_is_named() {
    let mut machine = Scripted::new(DEBIAN, &[Need::Hdf5]);
    machine.delivers = false;
    let (outcome, _, commands) = machine.ensure();
    assert_eq!(commands.len(), 2);
    assert!(outcome.unwrap_err().starts_with("installed, but still not found: the HDF5 library"));
}

#[test]
fn components_come_from_rustup_whatever_the_system() {
    let (outcome, _, commands) = Scripted::new("ID=nixos\n", &[Need::Rustfmt, Need::Clippy]).ensure();
    assert_eq!(outcome, Ok(()));
    assert_eq!(commands, ["rustup component add rustfmt clippy"]);
}

#[test]
fn components_without_rustup_are_named() {
    let mut machine = Scripted::new(DEBIAN, &[Need::Clippy]);
    machine.rustup = false;
    let (outcome, _, commands) = machine.ensure();
    assert!(outcome.unwrap_err().ends_with("clippy (the lints of `cargo xtask test`)"));
    assert!(commands.is_empty());
}
