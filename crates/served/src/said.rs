//! What a child said on its standard error: its last lines, bounded, and how errors quote it.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes kept.
const KEPT: usize = 4096;
/// Lines quoted.
const LINES: usize = 12;
/// Characters of a text in the place of the protocol that an error quotes.
pub(crate) const QUOTED: usize = 160;
/// Characters of a model's own error.
pub(crate) const WORDS: usize = 2000;

#[derive(Debug, Default)]
struct Tail {
    bytes: VecDeque<u8>,
    closed: bool,
}

/// The end of a stream, filled by a thread of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said(Arc<(Mutex<Tail>, Condvar)>);

impl Said {
    /// Reads `stream` to its end, and passes it on to our standard error where `forward` says so.
    pub(crate) fn listen(&self, mut stream: impl Read + Send + 'static, forward: bool) {
        let said = self.clone();
        std::thread::spawn(move || {
            let mut room = [0; KEPT];
            while let Ok(count @ 1..) = stream.read(&mut room) {
                if forward {
                    // Nobody is there to be told that standard error is closed.
                    let _ = std::io::stderr().write_all(&room[..count]);
                }
                let mut tail = said.tail();
                tail.bytes.extend(&room[..count]);
                let surplus = tail.bytes.len().saturating_sub(KEPT);
                tail.bytes.drain(..surplus);
            }
            said.tail().closed = true;
            said.0.1.notify_all();
        });
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last lines. What a child says as it ends may still be on its way: waits up to `patience` for the end
    /// of the stream.
    pub(crate) fn lines(&self, patience: Duration) -> Vec<String> {
        let open = |tail: &mut Tail| !tail.closed;
        let waited = self.0.1.wait_timeout_while(self.tail(), patience, open);
        let (mut tail, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let cut = tail.bytes.len() == KEPT;
        let text = String::from_utf8_lossy(tail.bytes.make_contiguous()).into_owned();
        let lines = text.split(['\n', '\r']).map(str::trim_end).skip(usize::from(cut));
        let lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(printable).collect();
        lines[lines.len().saturating_sub(LINES)..].to_vec()
    }
}

fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// The lines below an error.
pub(crate) fn indented(lines: &[String]) -> String {
    if lines.is_empty() {
        return "; it said nothing on standard error".to_owned();
    }
    let lines: String = lines.iter().map(|line| format!("\n    {line}")).collect();
    format!("\n  its last words on standard error:{lines}")
}

/// The beginning of a text, on one line: `most` characters.
pub(crate) fn quoted(bytes: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut characters = text.trim().chars().map(|c| if c == '\n' { '⏎' } else { c });
    let beginning: String = characters.by_ref().take(most).collect();
    let rest = if characters.next().is_some() { "…" } else { "" };
    printable(&beginning) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept_and_only_whole_lines() {
        let said = Said::default();
        let text: String = (0..2000).map(|k| format!("line {k}\n")).collect();
        said.listen(std::io::Cursor::new(text + "10%\r20%\r\x1b[0mlast"), false);
        let lines = said.lines(Duration::from_secs(5));
        assert_eq!((lines.len(), lines[0].as_str()), (LINES, "line 1991"));
        assert_eq!(lines[9..], ["10%", "20%", "\u{fffd}[0mlast"]);
    }

    #[test]
    fn quotes_are_short_and_on_one_line() {
        assert_eq!(quoted(b"loading\nmodel\n", QUOTED), "loading⏎model");
        assert_eq!(quoted(&[b'a'; 500], QUOTED).chars().count(), QUOTED + 1);
        assert_eq!(quoted(&[0xff, 0, b'a'], QUOTED), "\u{fffd}\u{fffd}a");
    }
}
