//! A damaged journal set aside, and its whole rows written anew.

use super::Record;
use super::frame::{self, HEADER};
use super::scan::{Damage, Span, read, scan};
use crate::replace::{partial, sync_folder};
use crate::{Error, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A journal that was set aside as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// What it is called now, in the same folder.
    pub name: String,
    /// Rows that were whole, and go on.
    pub kept: usize,
    /// Lines that were none, or a second row of a trial that differed from the first.
    pub damaged: usize,
}

/// Gives the file a second name, and puts its whole rows in its place.
pub(super) fn mend<T: Record>(path: &Path) -> Result<Aside> {
    let found = scan::<T>(path, Damage::Pass)?;
    let mut spans: Vec<Span> = found.spans.into_values().collect();
    spans.sort_unstable_by_key(|span| span.start);
    let aside = aside(path).map_err(Error::io("set aside", path))?;
    let beside = partial(path);
    let mut old = File::open(path).map_err(Error::io("open", path))?;
    let mut new = BufWriter::new(File::create(&beside).map_err(Error::io("write", &beside))?);
    let fault = || Error::io("write", &beside);
    new.write_all(HEADER).map_err(fault())?;
    for span in &spans {
        new.write_all(&frame::line(&read(path, &mut old, *span)?)).map_err(fault())?;
    }
    let synced = new.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
    synced.map_err(fault())?;
    fs::rename(&beside, path).and_then(|()| sync_folder(path)).map_err(Error::io("write", path))?;
    Ok(Aside { name: aside, kept: spans.len(), damaged: found.damaged })
}

/// The first free name `journal.damaged-N.log` beside it.
fn aside(path: &Path) -> io::Result<String> {
    let mut number = 1;
    loop {
        let name = format!("journal.damaged-{number}.log");
        match fs::hard_link(path, path.with_file_name(&name)) {
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => number += 1,
            linked => return linked.map(|()| name),
        }
    }
}
