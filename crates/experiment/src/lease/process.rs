//! A process among all machines that share a file system, and whether it still runs.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tokens of this process so far.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// A process by its machine, its number there, and its start, as numbers are given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    host: String,
    /// The running system and the numbering of processes in it; `None` where the system tells neither.
    system: Option<String>,
    pid: u32,
    /// Its start in ticks of that system.
    started: Option<u64>,
}

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Runs,
    Ended,
    /// It cannot be seen from here.
    Elsewhere,
}

impl Process {
    pub(super) fn here() -> Self {
        let pid = std::process::id();
        Self { host: host(), system: system(), pid, started: started(pid) }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn unknown() -> Self {
        Self { host: "an unknown machine".into(), system: None, pid: 0, started: None }
    }

    /// A part of a file's name that no other process uses at this time.
    pub(super) fn token(&self) -> String {
        let host: String = self.host.chars().filter(char::is_ascii_alphanumeric).collect();
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        format!("{host}-{}-{moment}-{}", self.pid, TAKEN.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether it runs, as seen by a process that runs.
    pub(super) fn life(&self, here: &Self) -> Life {
        // Where others' processes are hidden, that of process 1 is.
        let visible = self.system.is_some() && Path::new("/proc/1").exists();
        if !visible || (&self.host, &self.system) != (&here.host, &here.system) {
            return Life::Elsewhere;
        }
        match started(self.pid) {
            Some(found) if Some(found) == self.started => Life::Runs,
            _ => Life::Ended,
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

/// The name of this machine.
pub fn host() -> String {
    let told =
        ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| fs::read_to_string(path).ok());
    let told = told.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    told.trim().to_owned()
}

fn system() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let numbering = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), numbering.display()))
}

/// The start of a process that runs; of a zombie nothing is left that could write.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold blanks and brackets; state is the third field of all, the start the 22nd.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!["Z", "X"].contains(&state)).then(|| fields.nth(18)?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_runs_until_it_ends_and_its_number_may_be_anothers() {
        let here = Process::here();
        assert_eq!(here.life(&here), Life::Runs);
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let of = Process { pid: child.id(), started: started(child.id()), ..here.clone() };
        assert_eq!(of.life(&here), Life::Runs);
        child.kill().unwrap();
        while of.life(&here) == Life::Runs {
            std::thread::yield_now();
        }
        assert_eq!(of.life(&here), Life::Ended, "a zombie has ended");
        child.wait().unwrap();
        assert_eq!(of.life(&here), Life::Ended);
        assert_eq!(Process { started: Some(1), ..here.clone() }.life(&here), Life::Ended, "another's number");
    }

    #[test]
    fn a_process_of_another_machine_is_not_seen() {
        let here = Process::here();
        for other in [
            Process { host: "elsewhere".into(), ..here.clone() },
            Process { system: Some("another start".into()), ..here.clone() },
            Process { system: None, ..here.clone() },
        ] {
            assert_eq!(other.life(&here), Life::Elsewhere, "{other:?}");
        }
    }
}
