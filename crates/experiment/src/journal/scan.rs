//! A journal read from its beginning to its end, also while another process writes it.

use super::frame::{self, Fault, HEADER, Tail};
use super::{Record, Torn};
use crate::line::{decode, untimed_line};
use crate::{Error, Result};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that are read at a time.
const PORTION: usize = 1 << 20;

/// Where a record stands: its line, from 1, the first byte of it and their number, without the end of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) line: usize,
    pub(super) start: u64,
    pub(super) len: usize,
}

/// What a journal holds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The records by their identities.
    pub(super) spans: HashMap<String, Span>,
    /// Bytes of whole lines, and their number.
    pub(super) len: u64,
    pub(super) lines: usize,
    /// The length of a last record without its end of line.
    pub(super) open: Option<usize>,
    /// The part of a last record.
    pub(super) torn: Option<Torn>,
    /// Lines that are no records, where they are let pass.
    pub(super) damaged: usize,
}

/// What to do with a line that is no record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    Refuse,
    Pass,
}

/// The identity of a body, of which nothing else is looked at.
#[derive(Deserialize)]
struct Identity<'a> {
    #[serde(borrow)]
    identity: Cow<'a, str>,
}

/// The identity of a body as [`encode`](crate::line::encode) writes one, where it has nothing escaped. Within a text
/// every quotation mark has a backslash before it, so that what is found is a key of an object.
fn identity_in(body: &[u8]) -> Option<&str> {
    const KEY: &str = "\"identity\":\"";
    let text = std::str::from_utf8(body).ok()?;
    let start = text.find(KEY).filter(|&start| text[..start].ends_with(['{', ',']))?;
    let rest = &text[start + KEY.len()..];
    let identity = &rest[..rest.find('"')?];
    (!identity.contains('\\')).then_some(identity)
}

struct Scanner<'a, T> {
    path: &'a Path,
    damage: Damage,
    /// The same file, for records that have come before.
    again: File,
    scan: Scan,
    /// The line that is looked at, from 1.
    line: usize,
    first: Option<T>,
}

/// Reads a journal. Of the records one is decoded in whole, so that those of another version are told before anything
/// builds on them.
///
/// # Errors
/// If the file cannot be read or is no journal; where damage is refused, at the first line that is no record. For two
/// records of one trial that differ in more than their wall time.
pub(super) fn scan<T: Record>(path: &Path, damage: Damage) -> Result<Scan> {
    let open = || File::open(path).map_err(Error::io("open", path));
    let mut reader = BufReader::with_capacity(PORTION, open()?);
    let mut scanner =
        Scanner::<T> { path, damage, again: open()?, scan: Scan::default(), line: 1, first: None };
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = reader.read_until(b'\n', &mut text).map_err(Error::io("read", path))?;
        let at_end = read == 0 || text.last() != Some(&b'\n');
        match scanner.line {
            1 if text == HEADER => scanner.scan.len = read as u64,
            1 => scanner.no_header(&text)?,
            _ if at_end => scanner.tail(&text)?,
            _ => scanner.record(&text[..read - 1])?,
        }
        if at_end {
            return Ok(scanner.scan);
        }
        scanner.scan.lines = scanner.line;
        scanner.line += 1;
    }
}

impl<T: Record> Scanner<'_, T> {
    fn no_header(&mut self, text: &[u8]) -> Result<()> {
        let found = format!("{:?}", String::from_utf8_lossy(&text[..text.len().min(24)]));
        let expected = format!("{:?}", String::from_utf8_lossy(HEADER));
        self.fault(Fault { found, expected })?;
        self.scan.len = text.len() as u64;
        Ok(())
    }

    fn record(&mut self, text: &[u8]) -> Result<()> {
        match frame::body(text) {
            Ok(body) => self.take(body, text.len())?,
            Err(fault) => self.fault(fault)?,
        }
        self.scan.len += text.len() as u64 + 1;
        Ok(())
    }

    fn tail(&mut self, text: &[u8]) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        match frame::tail(text) {
            Tail::Whole(len) => {
                self.take(frame::body(&text[..len]).unwrap_or_default(), len)?;
                self.scan.open = Some(len);
            }
            Tail::Torn => self.scan.torn = Some(Torn { line: self.line, bytes: text.len() }),
            Tail::Damaged(fault) => self.fault(fault)?,
        }
        Ok(())
    }

    /// Lists the record of a body whose line, which begins behind the lines so far, has so many bytes.
    fn take(&mut self, body: &[u8], len: usize) -> Result<()> {
        let no_row = |source| Error::Journal { path: self.path.to_owned(), line: self.line, source };
        if self.first.is_none() {
            self.first = Some(decode(body).map_err(no_row)?);
        }
        let identity = match identity_in(body) {
            Some(identity) => Cow::Borrowed(identity),
            None => serde_json::from_slice::<Identity>(body).map_err(no_row)?.identity,
        };
        let Some(&known) = self.scan.spans.get(identity.as_ref()) else {
            let span = Span { line: self.line, start: self.scan.len, len };
            self.scan.spans.insert(identity.into_owned(), span);
            return Ok(());
        };
        let first = read(self.path, &mut self.again, known)?;
        if untimed_line(&first).map_err(no_row)? == untimed_line(body).map_err(no_row)? {
            return Ok(());
        }
        if self.damage == Damage::Pass {
            self.scan.damaged += 1;
            return Ok(());
        }
        let (path, lines) = (self.path.to_owned(), [known.line, self.line]);
        Err(Error::Doubled { path, lines, identity: identity.into_owned() })
    }

    fn fault(&mut self, fault: Fault) -> Result<()> {
        if self.damage == Damage::Refuse {
            return Err(damaged(self.path, self.line, self.scan.len, fault));
        }
        self.scan.damaged += 1;
        Ok(())
    }
}

/// The body of the record at a span, which must be what it was when it was scanned.
pub(super) fn read(path: &Path, file: &mut File, span: Span) -> Result<Vec<u8>> {
    let mut text = vec![0; span.len];
    let found = file.seek(SeekFrom::Start(span.start)).and_then(|_| file.read_exact(&mut text));
    found.map_err(Error::io("read", path))?;
    match frame::body(&text) {
        Ok(body) => Ok(body.to_vec()),
        Err(fault) => Err(damaged(path, span.line, span.start, fault)),
    }
}

fn damaged(path: &Path, line: usize, byte: u64, Fault { found, expected }: Fault) -> Error {
    Error::Damaged { path: path.to_owned(), line, byte, found, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found without reading the body is what reading it finds, or nothing is.
    #[test]
    fn an_identity_is_found_as_if_the_body_were_read() {
        let read = |body: &str| serde_json::from_str::<Identity>(body).unwrap().identity.into_owned();
        for (body, found) in [
            (r#"{"identity":"a","note":"b"}"#, true),
            (r#"{"note":"x,\"identity\":\"b\"","identity":"a"}"#, true),
            (r#"{"note":"\\","identity":"","x":1}"#, true),
            (r#"{"note":1,"identity":"a\"b"}"#, false),
            (r#"{"note":1, "identity": "a"}"#, false),
            (r#"{"x\"identity":"b","identity":"a"}"#, false),
        ] {
            let expected = found.then(|| read(body));
            assert_eq!(identity_in(body.as_bytes()).map(str::to_owned), expected, "{body}");
        }
    }
}
