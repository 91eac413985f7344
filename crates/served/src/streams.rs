//! The two threads of a conversation: one writes requests, one reads answers, so that full pipes never hold
//! each other up.

use crate::codec::{HEADER, Header, MAGIC, TEXT};
use crate::said::{QUOTED, quoted};
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// The longest hello.
pub(crate) const LINE: usize = 1 << 16;

/// A whole message.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
}

/// What a stream of the child brought.
#[derive(Debug)]
pub(crate) enum Event {
    Frame(Frame),
    /// The end of its output, between two messages.
    Ended,
    /// The end of its output within a message.
    Cut {
        found: usize,
        expected: usize,
    },
    /// What is no message.
    Prose(String),
    /// A message longer than any answer: its header.
    TooLong(Header),
    /// Its input is closed.
    Deaf,
}

/// What the first line brought.
pub(crate) enum First<S> {
    Line(Vec<u8>, BufReader<S>),
    Ended,
    TooLong,
}

/// Reads the first line in a thread.
pub(crate) fn first_line<S: Read + Send + 'static>(stream: S) -> Receiver<First<S>> {
    let (sender, receiver) = sync_channel(1);
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        let read = reader.by_ref().take(LINE as u64 + 1).read_until(b'\n', &mut line);
        let first = match read {
            Ok(_) if line.last() == Some(&b'\n') => First::Line(line, reader),
            Ok(_) if line.len() > LINE => First::TooLong,
            // A line without its end is the last one: the caller tells what is wrong with it.
            Ok(1..) => First::Line(line, reader),
            _ => First::Ended,
        };
        // Who no longer waits does not need it.
        let _ = sender.send(first);
    });
    receiver
}

/// Reads messages in a thread until something else comes. `longest`: bytes of the longest answer.
pub(crate) fn answers<S: Read + Send + 'static>(
    mut reader: BufReader<S>,
    longest: usize,
    events: SyncSender<Event>,
) {
    thread::spawn(move || {
        loop {
            let event = next(&mut reader, longest.max(TEXT));
            let last = !matches!(event, Event::Frame(_));
            if events.send(event).is_err() || last {
                break;
            }
        }
        // A child that is about to be stopped would only complain of a broken pipe.
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
}

fn next<S: Read>(reader: &mut BufReader<S>, longest: usize) -> Event {
    let mut header = [0; HEADER];
    // Text is told from a message by its first bytes: more may never come.
    for at in 0..MAGIC.len() {
        if fill(reader, &mut header[at..=at]) == 0 {
            return cut(at, HEADER);
        }
        if header[at] != MAGIC[at] {
            return Event::Prose(quoted(&[&header[..=at], reader.buffer()].concat(), QUOTED));
        }
    }
    let found = MAGIC.len() + fill(reader, &mut header[MAGIC.len()..]);
    if found < HEADER {
        return cut(found, HEADER);
    }
    let header = Header::decode(&header);
    let Some(bytes) = usize::try_from(header.bytes).ok().filter(|bytes| *bytes <= longest) else {
        return Event::TooLong(header);
    };
    let mut payload = Vec::new();
    // What a header announces is not made room for before it comes.
    match reader.take(header.bytes).read_to_end(&mut payload) {
        Ok(found) if found == bytes => Event::Frame(Frame { header, payload }),
        _ => cut(HEADER + payload.len(), HEADER + bytes),
    }
}

fn cut(found: usize, expected: usize) -> Event {
    if found == 0 { Event::Ended } else { Event::Cut { found, expected } }
}

/// How many bytes came before the end of the stream.
fn fill(reader: &mut impl Read, room: &mut [u8]) -> usize {
    let mut found = 0;
    while found < room.len() {
        match reader.read(&mut room[found..]) {
            Ok(count @ 1..) => found += count,
            Err(fault) if fault.kind() == std::io::ErrorKind::Interrupted => {}
            _ => break,
        }
    }
    found
}

/// Writes what it is given in a thread; closes `stream` once nobody can give it more.
pub(crate) fn requests(
    mut stream: impl Write + Send + 'static,
    events: SyncSender<Event>,
) -> SyncSender<Vec<u8>> {
    let (sender, receiver) = sync_channel::<Vec<u8>>(1);
    thread::spawn(move || {
        for bytes in receiver {
            if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
                // Who no longer listens has told another fault.
                let _ = events.send(Event::Deaf);
                return;
            }
        }
    });
    sender
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Ask;
    use std::io::Cursor;

    fn event(bytes: &[u8]) -> Event {
        next(&mut BufReader::new(Cursor::new(bytes.to_vec())), 8)
    }

    #[test]
    fn every_cut_is_told_with_its_place() {
        let header = Header { bytes: 8, ..Header::request(Ask::Denoise, 1, 0) };
        let whole = [&header.encode()[..], &[7; 8]].concat();
        assert!(matches!(event(&whole), Event::Frame(Frame { payload, .. }) if payload == [7; 8]));
        assert!(matches!(event(&[]), Event::Ended));
        for length in 1..whole.len() {
            let Event::Cut { found, expected } = event(&whole[..length]) else { panic!("{length}") };
            assert_eq!((found, expected), (length, if length < HEADER { HEADER } else { whole.len() }));
        }
    }

    #[test]
    fn text_is_told_by_its_first_bytes() {
        for text in ["x\n", "Epoch 1\n", "EQS", "EQUAL"] {
            let found = event(text.as_bytes());
            let prose = matches!(&found, Event::Prose(said) if said == text.trim());
            assert!(prose || text == "EQS" && matches!(found, Event::Cut { found: 3, .. }), "{found:?}");
        }
    }

    #[test]
    fn a_length_past_every_answer_is_not_read() {
        let header = Header { bytes: u64::MAX, ..Header::request(Ask::Denoise, 1, 0) };
        assert!(matches!(event(&header.encode()), Event::TooLong(_)));
    }
}
