//! Families of systems and how each installs packages.

use super::Need;

/// A family of systems that share a package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Debian,
    Fedora,
    Arch,
    MacOs,
    Other,
}

impl System {
    /// The family that the `ID` and `ID_LIKE` of an os-release text name. `ID` comes first.
    pub(super) fn of(os_release: &str) -> Self {
        let value = |key: &str| {
            os_release
                .lines()
                .filter_map(|line| line.split_once('='))
                .find(|(name, _)| name.trim() == key)
                .map_or("", |(_, value)| value.trim().trim_matches(['"', '\'']))
        };
        let names = value("ID").split_whitespace().chain(value("ID_LIKE").split_whitespace());
        names.map(Self::named).find(|system| *system != System::Other).unwrap_or(System::Other)
    }

    fn named(id: &str) -> Self {
        match id {
            "debian" | "ubuntu" => System::Debian,
            "fedora" | "rhel" | "centos" => System::Fedora,
            "arch" => System::Arch,
            "macos" => System::MacOs,
            _ => System::Other,
        }
    }

    /// The package that brings `need`; for a component, its name.
    pub(super) fn package(self, need: Need) -> &'static str {
        let [debian, fedora, arch, macos] = match need {
            Need::Compiler => ["build-essential", "gcc gcc-c++", "gcc", "gcc"],
            Need::PkgConfig => ["pkg-config", "pkgconf-pkg-config", "pkgconf", "pkgconf"],
            Need::Hdf5 => ["libhdf5-dev", "hdf5-devel", "hdf5", "hdf5"],
            Need::OpenBlas => ["libopenblas-dev", "openblas-devel", "openblas", "openblas libomp"],
            Need::CxxCompiler => ["g++", "gcc-c++", "gcc", "gcc"],
            Need::Slurm => ["slurm-wlm", "slurm-slurmctld slurm-slurmd", "slurm-llnl", "slurm"],
            Need::Browser => ["chromium"; 4],
            Need::Pip => ["python3-pip", "python3-pip", "python-pip", "python"],
            Need::Rustfmt => ["rustfmt"; 4],
            Need::Clippy => ["clippy"; 4],
        };
        match self {
            System::Debian | System::Other => debian,
            System::Fedora => fedora,
            System::Arch => arch,
            System::MacOs => macos,
        }
    }

    /// The package of each need, in order.
    pub(super) fn packages(self, needs: &[Need]) -> Vec<&'static str> {
        needs.iter().map(|need| self.package(*need)).collect()
    }

    /// What a person types, or does, to meet the needs.
    pub(super) fn install_line(self, needs: &[Need]) -> String {
        let packages = self.packages(needs).join(" ");
        match self {
            System::Debian => {
                format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}")
            }
            System::Fedora => format!("run: sudo dnf install {packages}"),
            System::Arch => format!("run: sudo pacman -S --needed {packages}"),
            System::MacOs => format!("run: brew install {packages}"),
            System::Other => format!("install what Debian calls: {packages}"),
        }
    }
}
