//! Compiled kernels on disk, one file per digest of all that decides their text.
//!
//! An entry is one line with the digest of what follows, then the PTX. An entry that is missing,
//! unreadable or altered is no entry; one that cannot be written is compiled again next time.

use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Names the folder of compiled kernels, before the platform's cache folder.
pub const CACHE_VARIABLE: &str = "EQUIPOISE_CACHE";

/// What precedes the digest in the first line of an entry.
const HEADER: &str = "// equipoise kernel, sha256 ";

/// A folder of compiled kernels, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// The folder that the variable [`CACHE_VARIABLE`] names, else `equipoise` in the platform's
    /// cache folder, else no cache. An empty variable turns the cache off.
    pub fn of_environment() -> Self {
        Self { folder: folder(|name| std::env::var_os(name)) }
    }

    /// The cache in `folder`, which need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// The text under `key`, if it is whole.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        let entry = std::fs::read_to_string(self.file(key)?).ok()?;
        let (first, text) = entry.split_once('\n')?;
        (first.strip_prefix(HEADER)? == digest([text])).then(|| text.to_owned())
    }

    /// Keeps `text` under `key`; readers see the whole entry or none.
    pub(crate) fn put(&self, key: &str, text: &str) {
        let Some(file) = self.file(key) else { return };
        // A cache is a convenience: what cannot be kept is compiled again.
        let _ = replace(&file, &format!("{HEADER}{}\n{text}", digest([text])));
    }

    fn file(&self, key: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{key}.ptx")))
    }
}

/// Writes beside `file` and renames, so that no reader meets half a text.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let write = WRITES.fetch_add(1, Ordering::Relaxed);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension(format!("{}-{write}.part", std::process::id()));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// SHA-256 of the parts, each preceded by its length, so that no two lists of parts meet.
pub(crate) fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(named) = variable(CACHE_VARIABLE) {
        return (!named.is_empty()).then(|| PathBuf::from(named));
    }
    let base = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let platform = if cfg!(target_os = "windows") {
        base("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        base("HOME").map(|home| home.join("Library/Caches"))
    } else {
        base("XDG_CACHE_HOME").or_else(|| base("HOME").map(|home| home.join(".cache")))
    };
    platform.map(|base| base.join("equipoise"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_found_and_only_under_its_key() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path().join("new"));
        assert_eq!(cache.get("a"), None);
        cache.put("a", "line\nline\n");
        assert_eq!(cache.get("a").as_deref(), Some("line\nline\n"));
        assert_eq!(cache.get("b"), None);
        cache.put("a", "other");
        assert_eq!(cache.get("a").as_deref(), Some("other"));
        let files = std::fs::read_dir(place.path().join("new")).unwrap();
        assert_eq!(files.count(), 1, "nothing half-written stays");
    }

    #[test]
    fn an_altered_or_shortened_entry_is_no_entry() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(place.path());
        cache.put("a", "0123456789");
        let file = place.path().join("a.ptx");
        let whole = std::fs::read(&file).unwrap();
        for len in 0..whole.len() {
            std::fs::write(&file, &whole[..len]).unwrap();
            assert_eq!(cache.get("a"), None, "{len} bytes");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&file, &bytes).unwrap();
            assert_eq!(cache.get("a"), None, "byte {at}");
        }
        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        assert_eq!(cache.get("a"), None);
    }

    #[test]
    fn a_folder_that_cannot_be_made_keeps_nothing_and_fails_nothing() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        std::fs::write(&file, "").unwrap();
        let cache = Cache::at(file.join("below"));
        cache.put("a", "text");
        assert_eq!(cache.get("a"), None);
        let off = Cache { folder: None };
        off.put("a", "text");
        assert_eq!(off.get("a"), None);
    }

    #[test]
    fn digests_tell_where_parts_end() {
        assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
        assert_ne!(digest(["a"]), digest(["a", ""]));
        // SHA-256 of eight zero bytes, which is the length of an empty part.
        assert_eq!(digest([""]), "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc");
    }

    #[test]
    fn the_variable_comes_first_and_may_turn_the_cache_off() {
        let with = |pairs: &'static [(&'static str, &'static str)]| {
            folder(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()))
        };
        assert_eq!(with(&[(CACHE_VARIABLE, "/k"), ("HOME", "/h")]), Some("/k".into()));
        assert_eq!(with(&[(CACHE_VARIABLE, ""), ("HOME", "/h")]), None);
        assert_eq!(with(&[]), None);
        if cfg!(target_os = "linux") {
            assert_eq!(with(&[("HOME", "/h")]), Some("/h/.cache/equipoise".into()));
            assert_eq!(with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]), Some("/x/equipoise".into()));
        }
    }
}
