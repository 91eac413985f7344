//! The line protocol.

use crate::case::{Case, Work};
use crate::clock::Timed;
use crate::error::told;
use crate::{Error, Result, clock, usage};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, Write};

/// Bytes of the arrays of a case from which on its work is prepared whenever it is asked for, and not kept.
const KEPT: f64 = (3u32 << 27) as f64;

/// Answers commands until the input ends.
pub(crate) fn serve(cases: Vec<Case>) -> Result<()> {
    let mut prepared = HashMap::new();
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let answer = answer(line?.trim(), &cases, &mut prepared);
        let answer = answer.unwrap_or_else(|error| json!({ "error": told(&error) }));
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(command: &str, cases: &[Case], prepared: &mut HashMap<String, Work>) -> Result<Value> {
    if let Some(id) = command.strip_prefix("time ") {
        let case = cases.iter().find(|case| case.id == id);
        let case = case.ok_or_else(|| Error::Case { found: id.to_owned() })?;
        let mut work = match prepared.remove(id) {
            Some(work) => work,
            None => ready(case)?,
        };
        let timed = clock::time(&mut work)?;
        if case.arrays < KEPT {
            prepared.insert(id.to_owned(), work);
        }
        let Timed { seconds, cpu, calls } = timed;
        return Ok(json!({ "seconds": seconds, "cpu": cpu, "calls": calls }));
    }
    match command {
        "list" => Ok(json!({ "cases": cases.iter().map(Case::describe).collect::<Vec<_>>() })),
        "peak" => Ok(json!({ "peak": usage::peak() })),
        _ => Err(Error::Usage { found: command.to_owned() }),
    }
}

/// The work of a case, prepared and called once.
fn ready(case: &Case) -> Result<Work> {
    let mut work = (case.prepare)()?;
    work()?;
    Ok(work)
}
