//! The side that looks at files.

use super::wire::{Answer, FAULT, Fault, GREETING, NUMBERS, Number, PlainMask, Request, TOLD, Told};
use crate::DataError;
use crate::location::Location;
use crate::sensors::read_sensors;
use crate::source::{self, Source};
use crate::store::Reader;
use serde::Serialize;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::sync::mpsc::{Receiver, sync_channel};

/// Numbers that are turned into bytes at a time.
const STEP: usize = 1 << 15;

/// Answers what a process asks that called [`install`](super::install), until it asks no more.
///
/// # Errors
/// Of reading and writing; [`ErrorKind::InvalidData`] for what is no request.
pub fn serve(input: impl Read, mut output: impl Write + Send) -> Result<()> {
    answer_all(&mut BufReader::new(input), &mut output)
}

/// Compiled here, so that no caller's level of optimisation is its own.
#[inline(never)]
fn answer_all(input: &mut dyn BufRead, output: &mut (dyn Write + Send)) -> Result<()> {
    output.write_all(GREETING)?;
    output.flush()?;
    std::thread::scope(|scope| {
        // While one answer is on its way the next is made.
        let (send, receive) = sync_channel(1);
        let writer = scope.spawn(|| write(output, receive));
        let mut open = Open::default();
        let mut lines = input.split(b'\n');
        let answered = lines.try_for_each(|line| {
            let request =
                serde_json::from_slice(&line?).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
            send.send(open.answer(request)).map_err(|_| ErrorKind::BrokenPipe.into())
        });
        drop(send);
        writer.join().unwrap_or_else(|_| Err(ErrorKind::Other.into())).and(answered)
    })
}

fn write(output: &mut dyn Write, answers: Receiver<Answer>) -> Result<()> {
    for answer in answers {
        match answer {
            Answer::Told(json) => bytes(output, TOLD, &json)?,
            Answer::Fault(json) => bytes(output, FAULT, &json)?,
            Answer::Singles(values) => numbers(output, &values)?,
            Answer::Doubles(values) => numbers(output, &values)?,
        }
        output.flush()?;
    }
    Ok(())
}

fn head(output: &mut dyn Write, letter: u8, length: usize) -> Result<()> {
    output.write_all(&[letter])?;
    output.write_all(&(length as u64).to_le_bytes())
}

fn bytes(output: &mut dyn Write, letter: u8, bytes: &[u8]) -> Result<()> {
    head(output, letter, bytes.len())?;
    output.write_all(bytes)
}

fn numbers<E: Number>(output: &mut dyn Write, values: &[E]) -> Result<()> {
    head(output, NUMBERS, size_of_val(values))?;
    let mut bytes = Vec::with_capacity(size_of::<E>() * STEP.min(values.len()));
    for part in values.chunks(STEP) {
        E::put(part, &mut bytes);
        output.write_all(&bytes)?;
    }
    Ok(())
}

/// What is open.
#[derive(Default)]
struct Open {
    trajectories: Option<Box<dyn Source>>,
    store: Option<Reader>,
}

impl Open {
    fn answer(&mut self, request: Request) -> Answer {
        self.found(request).unwrap_or_else(|error| match json(&Fault::of(&error)) {
            Ok(Answer::Told(json)) => Answer::Fault(json),
            _ => Answer::Fault(Vec::new()),
        })
    }

    fn found(&mut self, request: Request) -> std::result::Result<Answer, DataError> {
        Ok(match request {
            Request::Trajectories { path, axes } => {
                let source = source::open_here(&path.path(), axes)?;
                let told = json(&Told::of(source.header()))?;
                self.trajectories = Some(source);
                told
            }
            Request::Numbers(ranges) => Answer::Singles(opened(&self.trajectories)?.read(ranges)?),
            Request::Beside(path) => json(&source::files_beside(&Location::of(&path.path()).file))?,
            Request::Table { path, noise, components } => {
                json(&read_sensors(&path.path(), noise, &components)?)?
            }
            Request::Store(path) => {
                self.store = Some(Reader::open(&path.path())?);
                json(&())?
            }
            Request::Names => json(&opened(&self.store)?.names()?)?,
            Request::Attributes => json(&opened(&self.store)?.attributes()?)?,
            Request::Shape(name) => json(&opened(&self.store)?.shape(&name)?)?,
            Request::Array { name, double: true, rows } => {
                let store = opened(&self.store)?;
                Answer::Doubles(match rows {
                    Some(rows) => store.rows(&name, rows)?,
                    None => store.read(&name)?.values,
                })
            }
            Request::Array { name, double: false, rows } => {
                let store = opened(&self.store)?;
                Answer::Singles(match rows {
                    Some(rows) => store.rows(&name, rows)?,
                    None => store.read(&name)?.values,
                })
            }
            Request::Text(name) => json(&opened(&self.store)?.text(&name)?)?,
            Request::Mask(sides) => json(&opened(&self.store)?.mask(sides)?.as_ref().map(PlainMask::of))?,
            Request::Dimensions(name) => json(&opened(&self.store)?.dimensions(&name)?)?,
        })
    }
}

fn json(value: &impl Serialize) -> std::result::Result<Answer, DataError> {
    let fault = |error: serde_json::Error| DataError::Told { told: error.to_string().into() };
    serde_json::to_vec(value).map(Answer::Told).map_err(fault)
}

fn opened<T>(found: &Option<T>) -> std::result::Result<&T, DataError> {
    found.as_ref().ok_or_else(|| DataError::Told { told: "nothing is open to be read".into() })
}
