//! One part of a shared fit on disk: who made it, words of 64 bits, and the SHA-256 of all that stands before it.
//!
//! | bytes | content |
//! |---|---|
//! | one line | JSON: format, fit, part, who made it, seconds it took, words of every section |
//! | 8 a word | the sections, from the least byte on |
//! | 32 | SHA-256 of all of this |

use crate::{PriorError, Result};
use equipoise_data::DataError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The version of the format.
const FORMAT: &str = "equipoise-fit-part 1";
/// Bytes of the checksum.
const DIGEST: u64 = 32;
/// Words that are read or written at a time.
const STEP: usize = 1 << 13;
/// Bytes of the line, at most.
const LINE: u64 = 1 << 16;

/// What stands in the first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    format: String,
    /// The digest of what is fitted.
    fit: String,
    part: String,
    /// Host and process.
    pub(super) by: String,
    pub(super) seconds: f64,
    words: Vec<usize>,
}

impl Head {
    pub(super) fn new(fit: &str, part: &str, by: &str, seconds: f64) -> Self {
        let [format, fit, part, by] = [FORMAT, fit, part, by].map(str::to_owned);
        Self { format, fit, part, by, seconds, words: Vec::new() }
    }
}

fn fault(path: &Path, source: io::Error) -> PriorError {
    match source.kind() {
        io::ErrorKind::NotFound => DataError::Missing { path: path.into() },
        _ => DataError::Unreadable { path: path.into(), source },
    }
    .into()
}

/// A part that is not what it should be.
pub(super) fn spoilt(
    path: &Path,
    field: &'static str,
    found: impl Display,
    expected: impl Display,
) -> PriorError {
    let expected = format!("{expected}; remove the file, and the same command makes it anew");
    PriorError::refused(path.display(), field, found, expected)
}

/// Writes a part, whole or not at all; one that stands there is replaced.
pub(super) fn write(path: &Path, head: &Head, sections: &[Vec<u64>]) -> Result<()> {
    let head = Head { words: sections.iter().map(Vec::len).collect(), ..head.clone() };
    let line = serde_json::to_string(&head).expect("texts and numbers are JSON") + "\n";
    replace(path, &head.by, |to| {
        let mut to = Hashed { inner: to, hasher: Sha256::new() };
        to.write_all(line.as_bytes())?;
        for words in sections.iter().flat_map(|words| words.chunks(STEP)) {
            to.write_all(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())?;
        }
        to.inner.write_all(&to.hasher.finalize())
    })
}

/// Writes a file under a name of this process, syncs it and moves it to its place.
pub(super) fn replace(
    path: &Path,
    by: &str,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> Result<()> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let by: String = by.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let partial =
        path.with_file_name(format!(".{name}.{by}.{}.partial", COUNT.fetch_add(1, Ordering::Relaxed)));
    let written = File::create(&partial).and_then(|file| {
        let mut to = BufWriter::new(&file);
        write(&mut to)?;
        to.flush()?;
        drop(to);
        file.sync_all()?;
        fs::rename(&partial, path)
    });
    written.map_err(|source| {
        // What is left of it is in nobody's way.
        let _ = fs::remove_file(&partial);
        fault(path, source)
    })
}

/// Reads the sections of a part of a fit.
pub(super) fn read(path: &Path, fit: &str, part: &str) -> Result<Vec<Vec<u64>>> {
    let file = File::open(path).map_err(|e| fault(path, e))?;
    let length = file.metadata().map_err(|e| fault(path, e))?.len();
    let mut from = Hashed { inner: BufReader::new(file), hasher: Sha256::new() };
    let (head, line) = head_of(path, &mut from)?;
    let words = head.words.iter().try_fold(0u64, |sum, &words| sum.checked_add(words as u64));
    let expected = words.and_then(|words| words.checked_mul(8)?.checked_add(line + DIGEST));
    if expected != Some(length) {
        let expected = expected.map_or_else(|| "fewer words".into(), |bytes| bytes.to_string());
        return Err(spoilt(path, "bytes", length, expected));
    }
    let mut sections = Vec::new();
    for &words in &head.words {
        let (mut section, mut bytes) = (Vec::with_capacity(words), vec![0; 8 * STEP.min(words)]);
        while section.len() < words {
            let step = &mut bytes[..8 * STEP.min(words - section.len())];
            from.read_exact(step).map_err(|e| fault(path, e))?;
            section.extend(step.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)));
        }
        sections.push(section);
    }
    let mut digest = [0; DIGEST as usize];
    from.inner.read_exact(&mut digest).map_err(|e| fault(path, e))?;
    if from.hasher.finalize()[..] != digest[..] {
        return Err(spoilt(path, "checksum", "another", "that of its content"));
    }
    for (field, found, expected) in [("fit", &head.fit, fit), ("part", &head.part, part)] {
        if found != expected {
            return Err(spoilt(path, field, found, expected));
        }
    }
    Ok(sections)
}

/// The first line of a part.
pub(super) fn head(path: &Path) -> Result<Head> {
    let file = File::open(path).map_err(|e| fault(path, e))?;
    Ok(head_of(path, &mut Hashed { inner: BufReader::new(file), hasher: Sha256::new() })?.0)
}

/// With the bytes of the line.
fn head_of(path: &Path, from: &mut Hashed<BufReader<File>>) -> Result<(Head, u64)> {
    let mut line = Vec::new();
    (&mut from.inner).take(LINE).read_until(b'\n', &mut line).map_err(|e| fault(path, e))?;
    from.hasher.update(&line);
    let head = serde_json::from_slice::<Head>(&line);
    match head {
        Ok(head) if head.format == FORMAT => Ok((head, line.len() as u64)),
        Ok(head) => Err(spoilt(path, "format", head.format, FORMAT)),
        Err(error) => Err(spoilt(path, "first line", error, "that of a part of a fit")),
    }
}

/// What passes is hashed.
struct Hashed<I> {
    inner: I,
    hasher: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.hasher.update(&bytes[..read]);
        Ok(read)
    }
}
