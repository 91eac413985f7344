//! What a process that works in a folder says of itself there, for `equipoise status` on any machine that sees it:
//! `.running.HOST.PID.json`, written whole every ten seconds and removed when the process ends as it should.

use equipoise_report::write_atomically;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time from one word to the next.
pub(crate) const EVERY: Duration = Duration::from_secs(10);
/// Without a word for so long a process on another machine is not known to run.
const SILENT: f64 = 6.0 * EVERY.as_secs() as f64;

const PREFIX: &str = ".running.";
const ENDING: &str = ".json";

/// The state of one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Running {
    /// The command line, without the program.
    pub(crate) command: String,
    pub(crate) host: String,
    pub(crate) pid: u32,
    /// Seconds since 1970: when the work began, and of this word.
    pub(crate) begun: f64,
    pub(crate) told: f64,
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// What is counted, in the plural.
    pub(crate) units: String,
    /// Units a second; absent before the first.
    pub(crate) rate: Option<f64>,
    /// Seconds that are left.
    pub(crate) left: Option<f64>,
    /// The unit under way.
    pub(crate) unit: String,
}

impl Running {
    /// The file of this process in a folder.
    pub(crate) fn path(folder: &Path) -> PathBuf {
        let host: String =
            host().chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        folder.join(format!("{PREFIX}{host}.{}{ENDING}", std::process::id()))
    }

    /// Puts it in its place. One that cannot be written stops no work.
    pub(crate) fn keep(&self, path: &Path) {
        if let Ok(text) = serde_json::to_vec(self) {
            let _ = write_atomically(path, &text);
        }
    }

    /// Those of a folder, by host and process; words that cannot be read are none.
    pub(crate) fn all(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let named = entries.filter(|entry| {
            let name = entry.file_name();
            name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(ENDING))
        });
        let mut all: Vec<Self> =
            named.filter_map(|entry| serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()).collect();
        all.sort_by(|a, b| (&a.host, a.pid).cmp(&(&b.host, b.pid)));
        all
    }

    /// Removes the words of processes of this machine that are no more.
    pub(crate) fn clear(folder: &Path) {
        for gone in Self::all(folder).iter().filter(|one| one.host == host() && !lives(one.pid)) {
            let own = Self::path(folder);
            let name = own.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name =
                name.replace(&format!(".{}{ENDING}", std::process::id()), &format!(".{}{ENDING}", gone.pid));
            let _ = fs::remove_file(folder.join(name));
        }
    }

    /// Whether the process runs, as far as this machine can tell.
    pub(crate) fn runs(&self) -> bool {
        if self.host == host() { lives(self.pid) } else { self.age() < SILENT }
    }

    /// Seconds since it said so.
    pub(crate) fn age(&self) -> f64 {
        (now() - self.told).max(0.0)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The name of this machine.
pub(crate) fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    if name.trim().is_empty() { "unknown".into() } else { name.trim().to_owned() }
}

/// Whether a process of this machine is there; true where the system does not say.
fn lives(pid: u32) -> bool {
    !Path::new("/proc/self").exists() || Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_seen_while_it_lives_and_cleared_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let word = |host: &str, pid: u32, told: f64| Running {
            command: "sweep".into(),
            host: host.into(),
            pid,
            begun: told,
            told,
            done: 1,
            total: 2,
            units: "trials".into(),
            rate: None,
            left: None,
            unit: String::new(),
        };
        let own = word(&host(), std::process::id(), now());
        own.keep(&Running::path(folder.path()));
        // No process has this number.
        let gone = word(&host(), u32::MAX, now());
        let at = Running::path(folder.path()).display().to_string();
        gone.keep(Path::new(&at.replace(&std::process::id().to_string(), &u32::MAX.to_string())));
        fs::write(folder.path().join(".running.x.1.json"), "torn").unwrap();
        assert_eq!(Running::all(folder.path()), [own.clone(), gone.clone()]);
        assert!(own.runs() && (!gone.runs() || !Path::new("/proc/self").exists()));
        assert!(word("elsewhere", 1, now() - 5.0).runs() && !word("elsewhere", 1, now() - 600.0).runs());
        Running::clear(folder.path());
        assert_eq!(Running::all(folder.path())[0], own);
    }
}
