//! One request, one answer: what is sent, how long is waited, what an answer must say.

use crate::codec::{ANSWER, Ask, ERROR, HEADER, Header, TEXT, code, encode};
use crate::process::Process;
use crate::said::{WORDS, quoted};
use crate::settings::REQUEST_VARIABLE;
use crate::streams::{Event, Frame};
use crate::{Fault, Hello, Result, ServedError, Settings};
use equipoise_schedule::Level;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the end of the output may come after that of the input.
const BOTH_ENDS: Duration = Duration::from_secs(2);

/// A request with its numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) ask: Ask,
    pub(crate) state: u64,
    pub(crate) level: Level,
    /// x_t or v of whole windows.
    pub(crate) values: &'a [f32],
}

/// A child and whoever asks it, one after the other.
#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) command: String,
    pub(crate) hello: Hello,
    patience: Duration,
    talk: Mutex<Result<Talk>>,
    /// Linearisations that nobody needs any more, told before the next request.
    released: Mutex<Vec<u64>>,
    states: AtomicU64,
}

#[derive(Debug)]
struct Talk {
    process: Process,
    /// The number of the last request.
    request: u64,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Conversation {
    pub(crate) fn start(command: &str, settings: &Settings) -> Result<Self> {
        let (process, hello) = Process::start(command, settings)?;
        Ok(Self {
            command: command.to_owned(),
            hello,
            patience: settings.request,
            talk: Mutex::new(Ok(Talk { process, request: 0 })),
            released: Mutex::default(),
            states: AtomicU64::new(1),
        })
    }

    /// A number for a new linearisation.
    pub(crate) fn new_state(&self) -> u64 {
        self.states.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits for nobody: the child hears of it with the next request.
    pub(crate) fn release(&self, state: u64) {
        held(&self.released).push(state);
    }

    /// The bytes of the answer, as many as those of the question's numbers.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Result<Vec<u8>> {
        let mut talk = held(&self.talk);
        let Talk { process, request } = talk.as_mut().map_err(|error| error.clone())?;
        *request += 1;
        let fault = match self.exchange(process, question, *request) {
            Ok(bytes) => return Ok(bytes),
            Err(fault) => fault,
        };
        if !fault.ends() {
            return Err(self.error(fault, process.said.lines(Duration::ZERO)));
        }
        let error = self.error(fault, process.stop());
        *talk = Err(error.clone());
        Err(error)
    }

    /// A fault of one request that the child knows nothing of.
    pub(crate) fn fault(&self, fault: Fault) -> ServedError {
        let talk = held(&self.talk);
        let said = talk.as_ref().map_or(Vec::new(), |talk| talk.process.said.lines(Duration::ZERO));
        self.error(fault, said)
    }

    fn error(&self, fault: Fault, said: Vec<String>) -> ServedError {
        ServedError { command: self.command.clone(), fault: Box::new(fault), said }
    }

    fn exchange(
        &self,
        process: &mut Process,
        question: &Question<'_>,
        request: u64,
    ) -> Result<Vec<u8>, Fault> {
        let asked = question.ask.name();
        match process.events.try_recv() {
            Ok(event) => return Err(unasked(event, process, asked)),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Err(unasked(Event::Ended, process, asked)),
        }
        let header = self.header(question, request);
        let mut bytes = Vec::with_capacity(HEADER + header.bytes as usize);
        for state in std::mem::take(&mut *held(&self.released)) {
            bytes.extend(Header::request(Ask::Release, 0, state).encode());
        }
        bytes.extend(header.encode());
        encode(question.values, self.hello.dtype, &mut bytes);
        // A writer that is gone has told so in an event.
        let _ = process.requests.as_ref().map(|requests| requests.send(bytes));
        match process.events.recv_timeout(self.patience) {
            Ok(Event::Frame(frame)) => answer(frame, &header, question.ask),
            Ok(event) => Err(instead(event, process, asked)),
            Err(RecvTimeoutError::Disconnected) => Err(instead(Event::Ended, process, asked)),
            Err(RecvTimeoutError::Timeout) => Err(Fault::Silent {
                expected: format!("the answer to {asked}"),
                seconds: self.patience.as_secs_f64(),
                variable: REQUEST_VARIABLE,
            }),
        }
    }

    fn header(&self, question: &Question<'_>, request: u64) -> Header {
        let Hello { dtype, .. } = self.hello;
        Header {
            dtype: code(dtype),
            members: (question.values.len() / self.hello.dim()) as u64,
            level: question.level,
            bytes: (question.values.len() * dtype.size()) as u64,
            ..Header::request(question.ask, request, question.state)
        }
    }
}

/// What came before anything was asked.
fn unasked(event: Event, process: &mut Process, asked: &'static str) -> Fault {
    match event {
        Event::Frame(Frame { header, .. }) | Event::TooLong(header) => {
            Fault::Unasked { kind: header.kind, request: header.request }
        }
        other => instead(other, process, asked),
    }
}

/// What came in the place of a whole answer.
fn instead(event: Event, process: &mut Process, asked: &'static str) -> Fault {
    let expected = format!("the answer to {asked}");
    match event {
        Event::Ended => Fault::Ended { ending: process.ending(), expected },
        Event::Cut { found, expected } => Fault::Cut { found, expected, ending: process.ending() },
        Event::Prose(text) => Fault::Prose { text, expected },
        Event::TooLong(header) | Event::Frame(Frame { header, .. }) => Fault::Answer {
            asked,
            field: "bytes",
            found: header.bytes.to_string(),
            expected: "no more than the hello's batch of windows has".to_owned(),
        },
        // A child that ended closed both: the end of its output says more.
        Event::Deaf => match process.events.recv_timeout(BOTH_ENDS) {
            Ok(event @ (Event::Ended | Event::Cut { .. } | Event::Prose(_))) => {
                instead(event, process, asked)
            }
            _ => Fault::Deaf,
        },
    }
}

/// The payload of an answer to `request`.
fn answer(frame: Frame, request: &Header, ask: Ask) -> Result<Vec<u8>, Fault> {
    let Frame { header, payload } = frame;
    let differs = |field, found: u64, expected: u64| match found == expected {
        true => Ok(()),
        false => Err(Fault::Answer {
            asked: ask.name(),
            field,
            found: found.to_string(),
            expected: expected.to_string(),
        }),
    };
    differs("version", header.version.into(), request.version.into())?;
    differs("request", header.request, request.request)?;
    if header.kind == ERROR && payload.len() <= TEXT {
        return Err(Fault::Model { asked: ask.name(), text: quoted(&payload, WORDS) });
    }
    differs("kind", header.kind.into(), (request.kind | ANSWER).into())?;
    differs("state", header.state, request.state)?;
    differs("dtype", header.dtype.into(), request.dtype.into())?;
    differs("members", header.members, request.members)?;
    differs("bytes", header.bytes, request.bytes)?;
    Ok(payload)
}
