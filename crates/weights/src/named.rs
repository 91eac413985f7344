//! The names of tensors: prefixes of wrappers, averaged twins, counters.

use crate::Pick;
use std::collections::HashSet;

/// Wrappers that put their name before every key.
const WRAPPERS: [&str; 7] = ["module", "_orig_mod", "model", "net", "backbone", "denoiser", "online_model"];
/// What a compiled module puts into keys, wherever it stands.
const COMPILED: &str = "_orig_mod.";
/// Counts that batch norms and averages keep, of at most one number.
const COUNTERS: [&str; 7] =
    ["num_batches_tracked", "n_averaged", "num_updates", "decay", "initted", "step", "epoch"];

/// Words of a name that tell an average.
const AVERAGES: [&str; 7] = ["ema", "emas", "averaged", "shadow", "swa", "polyak", "avg"];

/// Which keys are the network's, under which names.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Settled {
    /// Places in the keys given, and the names that they get.
    pub(crate) kept: Vec<(usize, String)>,
    /// Places of counters.
    pub(crate) counters: Vec<usize>,
    /// What was decided.
    pub(crate) notes: Vec<String>,
}

/// Names that do not settle which tensors are meant.
#[derive(Debug, PartialEq)]
pub(crate) enum Unsettled {
    /// Raw and averaged ones.
    Twins { averaged: String },
    /// No averaged ones.
    NoAverage,
    /// Averaged ones alone.
    NoRaw,
    /// Two keys that would get one name.
    Collision { key: String },
}

/// Whether a name is that of an average: `ema`, `ema_model`, `model_ema`, `ema_0.9999`, …
pub(crate) fn is_average(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_ascii_alphabetic()).any(|word| AVERAGES.contains(&word))
}

/// The names of the tensors that `pick` means. `numbers` are how many each has; `averaged`, whether the
/// dictionary as a whole is known for an average.
pub(crate) fn settle(
    keys: &[&str],
    numbers: &[usize],
    pick: Pick,
    averaged: bool,
) -> Result<Settled, Unsettled> {
    let mut settled = Settled::default();
    for (place, key) in keys.iter().enumerate() {
        match is_counter(key) && numbers[place] <= 1 {
            true => settled.counters.push(place),
            false => settled.kept.push((place, (*key).to_owned())),
        }
    }
    uncompile(&mut settled);
    let mut averaged = averaged;
    unwrap(&mut settled, &mut averaged);
    match (twins(&settled.kept), pick) {
        (Some(name), Pick::Only) => return Err(Unsettled::Twins { averaged: name }),
        (Some(name), pick) => {
            let is_meant = |key: &str| (first(key) == Some(&name)) == (pick == Pick::Ema);
            let dropped = settled.kept.len();
            settled.kept.retain(|(_, key)| is_meant(key));
            let dropped = dropped - settled.kept.len();
            let which = if pick == Pick::Ema { "raw" } else { "averaged" };
            settled
                .notes
                .push(format!("left {dropped} {which} tensors aside, as told (`{name}.` is the average)"));
            unwrap(&mut settled, &mut averaged);
        }
        (None, pick) => {
            unwrap(&mut settled, &mut averaged);
            match (pick, averaged) {
                (Pick::Ema, false) => return Err(Unsettled::NoAverage),
                (Pick::Raw, true) => return Err(Unsettled::NoRaw),
                _ => {}
            }
        }
    }
    let mut seen = HashSet::new();
    match settled.kept.iter().find(|(_, key)| !seen.insert(key)) {
        Some((_, key)) => Err(Unsettled::Collision { key: key.clone() }),
        None => Ok(settled),
    }
}

/// A known counter: that of a batch norm anywhere, the others near the top.
fn is_counter(key: &str) -> bool {
    let mut segments = key.rsplit('.');
    let last = segments.next().unwrap_or_default();
    let [batches, others @ ..] = COUNTERS;
    last == batches || (others.contains(&last) && segments.count() <= 2)
}

fn first(key: &str) -> Option<&str> {
    key.split_once('.').map(|(first, _)| first)
}

fn uncompile(settled: &mut Settled) {
    let mut found = false;
    for (_, key) in &mut settled.kept {
        if key.starts_with(COMPILED) || key.contains(&format!(".{COMPILED}")) {
            *key = key.split('.').filter(|segment| *segment != "_orig_mod").collect::<Vec<_>>().join(".");
            found = true;
        }
    }
    if found {
        settled.notes.push(format!("removed `{COMPILED}` from keys"));
    }
}

/// Removes what stands before every key and is a wrapper's name, or that of an average, which `averaged` is
/// told.
fn unwrap(settled: &mut Settled, averaged: &mut bool) {
    while let Some(prefix) = settled.kept.first().and_then(|(_, key)| first(key)).map(str::to_owned) {
        let is_average = is_average(&prefix);
        let is_common = settled.kept.iter().all(|(_, key)| first(key) == Some(&prefix));
        if !(is_common && (is_average || WRAPPERS.contains(&prefix.as_str()))) {
            return;
        }
        for (_, key) in &mut settled.kept {
            key.drain(..=prefix.len());
        }
        *averaged |= is_average;
        settled.notes.push(format!("removed the prefix `{prefix}.` of every key"));
    }
}

/// The prefix of an average, where other keys are its raw twins.
fn twins(kept: &[(usize, String)]) -> Option<String> {
    let prefixes: HashSet<&str> = kept.iter().filter_map(|(_, key)| first(key)).collect();
    let mut prefixes: Vec<&str> = prefixes.into_iter().filter(|prefix| is_average(prefix)).collect();
    prefixes.sort_unstable();
    prefixes.into_iter().map(str::to_owned).find(|prefix| {
        let part = |averaged: bool| {
            let mut part = Settled::default();
            let is_of = |key: &str| (first(key) == Some(prefix)) == averaged;
            part.kept = kept.iter().filter(|(_, key)| is_of(key)).cloned().collect();
            unwrap(&mut part, &mut false);
            part.kept.into_iter().map(|(_, key)| key).collect::<HashSet<_>>()
        };
        !part(true).is_disjoint(&part(false))
    })
}
