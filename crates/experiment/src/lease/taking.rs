//! Taking a lease: under a name that nobody has, and with a look back whether another did the same.

use super::place::{Found, Place};
use super::{Holder, Process};
use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How often a lease is tried for that another process began to take at the same time.
const ATTEMPTS: u32 = 5;

/// Numbers that are tried one after another by processes that do not keep each other out.
const NUMBERS: u64 = 1 << 10;

/// A lease that was taken: its number, and who had the place before and died.
type Taken = (u64, Vec<Holder>);

/// Takes the lease of a place for its holder, whose file has these bytes; those of processes that died are removed.
///
/// # Errors
/// [`Error::Leased`], [`Error::Contended`]; if the folder cannot be written.
pub(super) fn take(place: &Place, holder: &Holder, bytes: &[u8]) -> Result<Taken> {
    let beside = place.beside(&holder.token);
    let taken = (1..=ATTEMPTS).find_map(|attempt| {
        let tried = once(place, holder.shared, &beside, bytes).transpose();
        if tried.is_none() {
            let pause = u64::from(std::process::id() % 7 + 1) * u64::from(attempt);
            std::thread::sleep(Duration::from_millis(pause));
        }
        tried
    });
    // It has its name by now, or none.
    let _ = fs::remove_file(&beside);
    taken.unwrap_or_else(|| Err(Error::Contended { folder: place.folder.clone() }))
}

/// `None` where another tries at the same time.
fn once(place: &Place, shared: bool, beside: &Path, bytes: &[u8]) -> Result<Option<Taken>> {
    let moment = written_now(beside, bytes).map_err(Error::io("create", beside))?;
    let read = || Error::io("read", &place.folder);
    let before = place.found(moment).map_err(read())?;
    let here = Process::here();
    let keeps_out = |holder: &Holder| !(holder.has_ended(&here) || holder.shared && shared);
    if let Some(Found { path, holder, .. }) = before.iter().find(|found| keeps_out(&found.holder)) {
        return Err(Error::Leased { lease: path.clone(), holder: Box::new(holder.clone()) });
    }
    let first = 1 + before.iter().map(|found| found.number).max().unwrap_or(0);
    let Some(number) = numbered(place, first, shared, beside, bytes)? else { return Ok(None) };
    let own = place.lease(number);
    let known = |found: &Found| found.number == number || before.iter().any(|old| old.number == found.number);
    let clashes = |found: &Found| !known(found) && (!shared || keeps_out(&found.holder));
    if place.found(moment).map_err(read())?.iter().any(clashes) {
        fs::remove_file(&own).map_err(Error::io("remove", &own))?;
        return Ok(None);
    }
    // Whoever died before its lease had a number has none to give back.
    for (path, _) in place.unnamed(moment).map_err(read())?.iter().filter(|(_, left)| left.has_ended(&here)) {
        let _ = fs::remove_file(path);
    }
    let ended: Vec<Found> = before.into_iter().filter(|found| found.holder.has_ended(&here)).collect();
    for Found { path, .. } in &ended {
        match fs::remove_file(path) {
            Err(fault) if fault.kind() != ErrorKind::NotFound => {
                let _ = fs::remove_file(&own);
                return Err(Error::io("remove", path)(fault));
            }
            _ => {}
        }
    }
    Ok(Some((number, ended.into_iter().map(|found| found.holder).collect())))
}

/// The number under which the lease now stands: the first that is asked for, or where that may be shared the next that
/// is free.
fn numbered(place: &Place, first: u64, shared: bool, beside: &Path, bytes: &[u8]) -> Result<Option<u64>> {
    for number in first..first + if shared { NUMBERS } else { 1 } {
        let own = place.lease(number);
        if named(beside, &own, bytes).map_err(Error::io("create", &own))? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Writes a file, and says which time its file system gave it.
fn written_now(path: &Path, bytes: &[u8]) -> io::Result<SystemTime> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    file.metadata()?.modified()
}

/// Gives a file a name that nobody has; `false` where somebody has it.
fn named(beside: &Path, own: &Path, bytes: &[u8]) -> io::Result<bool> {
    let linked = fs::hard_link(beside, own);
    match linked {
        Ok(()) => Ok(true),
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {
            // A server that repeats a request which it has met answers so as well.
            Ok(fs::read(own).is_ok_and(|found| found == bytes))
        }
        // Where there are no hard links: a name that is new, and bytes a moment later.
        Err(_) => match OpenOptions::new().write(true).create_new(true).open(own) {
            Err(fault) if fault.kind() == ErrorKind::AlreadyExists => Ok(false),
            file => file?.write_all(bytes).map(|()| true),
        },
    }
}
