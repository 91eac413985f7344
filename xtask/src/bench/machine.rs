//! The machine, as far as a reader of timings needs to know it.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// What the timings were taken on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Model of the processor.
    pub(crate) cpu: Option<String>,
    /// Processors that this process may use.
    pub(crate) cores: usize,
    /// Bytes of the last-level cache.
    pub(crate) cache: Option<u64>,
    /// Bytes of memory.
    pub(crate) memory: Option<u64>,
    /// Vector extensions of the processor.
    pub(crate) vectors: Vec<String>,
}

/// Extensions that a kernel of ours or of a peer is compiled for, weakest first.
const VECTORS: [&str; 4] = ["avx2", "fma", "avx512f", "asimd"];

impl Machine {
    /// This machine; Linux tells everything, other systems the number of processors.
    pub(crate) fn here() -> Self {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let flags = field(&info, "flags").or_else(|| field(&info, "Features")).unwrap_or_default();
        let has = |name: &&str| flags.split_whitespace().any(|flag| flag == *name);
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            cpu: field(&info, "model name").map(str::to_owned),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cache: last_level(Path::new("/sys/devices/system/cpu/cpu0/cache")),
            memory: field(&memory, "MemTotal").and_then(size),
            vectors: VECTORS.iter().filter(|name| has(name)).map(|name| (*name).to_owned()).collect(),
        }
    }

    /// In one line.
    pub(crate) fn describe(&self) -> String {
        let mib = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |b| format!("{} MiB", b >> 20));
        let (cpu, vectors) = (self.cpu.as_deref().unwrap_or("unknown processor"), self.vectors.join(", "));
        let (cache, memory) = (mib(self.cache), mib(self.memory));
        format!("{cpu}, {} cores, {vectors}, last-level cache {cache}, memory {memory}", self.cores)
    }

    /// As the results hold it.
    pub(crate) fn json(&self) -> Value {
        let Self { cpu, cores, cache, memory, vectors } = self;
        json!({ "cpu": cpu, "cores": cores, "cache": cache, "memory": memory, "vectors": vectors })
    }

    /// Bytes of each array of the stream: four caches, at least 64 MiB and at most a sixteenth of memory.
    pub(crate) fn stream_array(&self) -> u64 {
        let limit = self.memory.map_or(u64::MAX, |bytes| bytes / 16);
        self.cache.map_or(256 << 20, |bytes| (4 * bytes).max(64 << 20)).min(limit)
    }
}

/// The value of the first line `name : value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let named = text.lines().filter_map(|line| line.split_once(':'));
    named.map(|(key, value)| (key.trim(), value.trim())).find(|(key, _)| *key == name).map(|pair| pair.1)
}

/// Bytes of `32768K` or `24 kB` or `4M`.
fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        _ => return None,
    };
    digits.parse::<u64>().ok().map(|count| count * unit)
}

/// The size of the highest level in a folder of `index*/{level,size}`.
fn last_level(folder: &Path) -> Option<u64> {
    let read = |path: &Path, name: &str| fs::read_to_string(path.join(name)).ok();
    let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let levels = entries.filter_map(|path| {
        let level: u32 = read(&path, "level")?.trim().parse().ok()?;
        Some((level, size(read(&path, "size")?.trim())?))
    });
    levels.max().map(|(_, size)| size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_level_decides_the_arrays() {
        let folder = tempfile::tempdir().unwrap();
        for (index, level, size) in [("index0", "1", "32K"), ("index2", "3", "32768K"), ("index1", "2", "1M")]
        {
            let path = folder.path().join(index);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("level"), format!("{level}\n")).unwrap();
            fs::write(path.join("size"), format!("{size}\n")).unwrap();
        }
        let cache = last_level(folder.path());
        assert_eq!(cache, Some(32 << 20));
        let machine = |memory| Machine { cache, memory, ..Machine::default() };
        assert_eq!(machine(None).stream_array(), 128 << 20);
        assert_eq!(machine(Some(1 << 30)).stream_array(), 64 << 20);
        assert_eq!(last_level(&folder.path().join("absent")), None);
    }

    #[test]
    fn sizes_and_fields() {
        assert_eq!(size("24 kB"), Some(24 << 10));
        assert_eq!(size("many"), None);
        assert_eq!(field("model\t: 3\nmodel name\t: A B\n", "model name"), Some("A B"));
    }
}
