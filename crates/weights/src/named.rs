//! The names of tensors: prefixes of wrappers, averaged twins, counters.

use crate::Pick;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Wrappers that put their name before every key.
const WRAPPERS: [&str; 7] = ["module", "_orig_mod", "model", "net", "backbone", "denoiser", "online_model"];
/// What a compiled module puts into keys, wherever it stands.
const COMPILED: &str = "_orig_mod.";
/// Counts that batch norms and averages keep, of at most one number.
const COUNTERS: [&str; 7] =
    ["num_batches_tracked", "n_averaged", "num_updates", "decay", "initted", "step", "epoch"];

/// Words of a name that tell an average.
const AVERAGES: [&str; 9] =
    ["ema", "emas", "averaged", "shadow", "swa", "polyak", "avg", "target", "teacher"];

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
    match (Twins::of(&settled.kept), pick) {
        (Some(twins), Pick::Only) => return Err(Unsettled::Twins { averaged: twins.prefix }),
        (Some(twins), pick) => {
            twins.drop_one(&mut settled, pick == Pick::Ema);
            unwrap(&mut settled, &mut averaged);
        }
        (None, pick) => match (pick, averaged) {
            (Pick::Ema, false) => return Err(Unsettled::NoAverage),
            (Pick::Raw, true) => return Err(Unsettled::NoRaw),
            _ => {}
        },
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

/// Keys before which the name of an average stands, while others are their raw twins.
struct Twins {
    prefix: String,
    /// Names of raw ones by their names without dots, which is how Stability's `LitEma` names the average.
    dotless: HashMap<String, String>,
}

impl Twins {
    fn of(kept: &[(usize, String)]) -> Option<Self> {
        let prefixes: BTreeSet<&str> = kept.iter().filter_map(|(_, key)| first(key)).collect();
        prefixes.iter().filter(|prefix| is_average(prefix)).find_map(|prefix| Self::before(prefix, kept))
    }

    /// Those of one prefix: the rest of its keys are those of all others, or of the wrapper that it is named for.
    fn before(prefix: &str, kept: &[(usize, String)]) -> Option<Self> {
        let (averaged, raw): (Vec<_>, Vec<_>) =
            kept.iter().cloned().partition(|(_, key)| first(key) == Some(prefix));
        let named_for = |key: &str| first(key).is_some_and(|wrapper| is_named_for(prefix, wrapper));
        let wrapped: Vec<_> = raw.iter().filter(|(_, key)| named_for(key)).cloned().collect();
        let bare = |kept: Vec<(usize, String)>| {
            let mut part = Settled { kept, ..Settled::default() };
            unwrap(&mut part, &mut false);
            part.kept.into_iter().map(|(_, key)| key).collect::<HashSet<_>>()
        };
        let averaged = bare(averaged);
        let found = |raw: &HashSet<String>, averaged: &HashSet<String>| !averaged.is_disjoint(raw);
        let (raw, wrapped) = (bare(raw), bare(wrapped));
        if found(&raw, &averaged) || found(&wrapped, &averaged) {
            return Some(Self { prefix: prefix.to_owned(), dotless: HashMap::new() });
        }
        let dotless: HashMap<_, _> = raw.into_iter().map(|key| (key.replace('.', ""), key)).collect();
        let is_dotless = !averaged.is_empty() && averaged.iter().all(|key| dotless.contains_key(key));
        is_dotless.then(|| Self { prefix: prefix.to_owned(), dotless })
    }

    /// Leaves the averaged ones, or the raw ones.
    fn drop_one(&self, settled: &mut Settled, averaged: bool) {
        let all = settled.kept.len();
        settled.kept.retain(|(_, key)| (first(key) == Some(&self.prefix)) == averaged);
        let (dropped, which) = (all - settled.kept.len(), if averaged { "raw" } else { "averaged" });
        let prefix = &self.prefix;
        settled
            .notes
            .push(format!("left {dropped} {which} tensors aside, as told (`{prefix}.` is the average)"));
        if !averaged || self.dotless.is_empty() {
            return;
        }
        for (_, key) in &mut settled.kept {
            if let Some(named) = self.dotless.get(&key[prefix.len() + 1..]) {
                key.clone_from(named);
            }
        }
        settled.notes.push(format!(
            "named the tensors of `{prefix}.` after the raw ones, of whose names dots were left out"
        ));
    }
}

/// Whether the name of an average is that of a wrapper with a word more: `ema_net` and `net`, `ema` and `model`.
fn is_named_for(average: &str, wrapper: &str) -> bool {
    let words: Vec<&str> = average.split('_').filter(|word| !is_average(word)).collect();
    if words.is_empty() { WRAPPERS.contains(&wrapper) } else { words.join("_") == wrapper }
}
