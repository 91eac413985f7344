//! The names of tensors: prefixes of wrappers, averaged twins, counters.

use crate::WeightsError;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

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

/// Names that a message shows before it counts the rest.
const SHOWN: usize = 8;

pub(crate) const SAY: &str = "to be told which are meant, the raw or the averaged (EMA) weights";
pub(crate) const ONE: &str = "one; save the one that is meant by itself";

/// Which tensors of a file are meant, where it holds raw and averaged (EMA) ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// The only ones; an error where both stand.
    #[default]
    Only,
    /// Those that the optimiser left.
    Raw,
    /// Their running average.
    Ema,
}

/// Which keys are the network's, under which names.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Settled {
    /// Places in the keys given, and the names that they get.
    pub(crate) kept: Vec<(usize, String)>,
    /// What was decided, and which counters were skipped.
    pub(crate) notes: Vec<String>,
}

/// What a file holds that does not settle which tensors are meant.
#[derive(Debug, PartialEq)]
pub(crate) struct Unsettled {
    /// Whether to pick raw or averaged ones, or to pick otherwise, would settle it.
    by_pick: bool,
    found: String,
    expected: &'static str,
}

impl Unsettled {
    pub(crate) fn pick(found: impl Into<String>, expected: &'static str) -> Self {
        Self { by_pick: true, found: found.into(), expected }
    }

    pub(crate) fn states(found: impl Into<String>, expected: &'static str) -> Self {
        Self { by_pick: false, found: found.into(), expected }
    }

    /// What it is told as, of `file`.
    pub(crate) fn of(self, file: &Path) -> WeightsError {
        let Self { by_pick, found, expected } = self;
        let file = file.to_owned();
        match by_pick {
            true => WeightsError::Pick { file, found, expected },
            false => WeightsError::States { file, found, expected },
        }
    }
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
    let (counters, kept): (Vec<_>, Vec<_>) = (keys.iter().enumerate())
        .map(|(place, key)| (place, (*key).to_owned()))
        .partition(|(place, key)| is_counter(key) && numbers[*place] <= 1);
    let mut settled = Settled { kept, notes: Vec::new() };
    uncompile(&mut settled);
    let mut averaged = averaged;
    unwrap(&mut settled, &mut averaged);
    match (Twins::of(&settled.kept), pick) {
        (Some(twins), Pick::Only) => {
            return Err(Unsettled::pick(format!("raw and averaged weights ({})", twins.named()), SAY));
        }
        (Some(twins), Pick::Ema) if twins.prefixes.len() > 1 => {
            return Err(Unsettled::states(format!("several averages ({})", twins.named()), ONE));
        }
        (Some(twins), pick) => {
            twins.drop_others(&mut settled, pick == Pick::Ema);
            unwrap(&mut settled, &mut averaged);
        }
        (None, pick) => match (pick, averaged) {
            (Pick::Ema, false) => {
                return Err(Unsettled::pick(
                    "no weights by the name of an average",
                    "averaged (EMA) ones, which were asked for",
                ));
            }
            (Pick::Raw, true) => return Err(no_raw()),
            _ => {}
        },
    }
    if settled.kept.is_empty() && pick == Pick::Raw && !keys.is_empty() {
        return Err(no_raw());
    }
    let mut seen = HashSet::new();
    if let Some((_, key)) = settled.kept.iter().find(|(_, key)| !seen.insert(key)) {
        return Err(Unsettled::states(format!("two tensors that are `{key}` without their prefixes"), "one"));
    }
    if !counters.is_empty() {
        let counters = listed(counters.iter().map(|(_, key)| format!("`{key}`")));
        settled.notes.push(format!("skipped counters: {counters}"));
    }
    Ok(settled)
}

fn no_raw() -> Unsettled {
    Unsettled::pick("averaged (EMA) weights alone", "raw ones, which were asked for")
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

/// Keys before which the names of averages stand, while others are their raw twins.
struct Twins {
    prefixes: Vec<String>,
    /// Names of raw ones by their names without dots, which is how Stability's `LitEma` names the average.
    dotless: HashMap<String, String>,
}

impl Twins {
    /// An average's keys are those of the raw ones, or of the wrapper that it is named for; where all are
    /// averages, those of another average.
    fn of(kept: &[(usize, String)]) -> Option<Self> {
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (_, key) in kept {
            groups.entry(first(key).unwrap_or_default()).or_default().push(key);
        }
        let averages: Vec<&str> = groups.keys().copied().filter(|prefix| is_average(prefix)).collect();
        if averages.is_empty() {
            return None;
        }
        let is_raw = |key: &str| first(key).is_none_or(|prefix| !is_average(prefix));
        let raw = bare(kept.iter().map(|(_, key)| key.as_str()).filter(|key| is_raw(key)));
        let mut seen: HashMap<String, usize> = HashMap::new();
        for prefix in averages.iter().filter(|_| raw.is_empty()) {
            bare(groups[prefix].iter().copied())
                .into_iter()
                .for_each(|key| *seen.entry(key).or_default() += 1);
        }
        let dotless: HashMap<String, String> =
            raw.iter().map(|key| (key.replace('.', ""), key.clone())).collect();
        let mut wrappers: HashMap<String, HashSet<String>> = HashMap::new();
        let (mut prefixes, mut is_dotless) = (Vec::new(), false);
        for prefix in averages {
            let averaged = bare(groups[prefix].iter().copied());
            let named = named_for(prefix);
            let wrapped = wrappers.entry(named.clone()).or_insert_with(|| {
                let is_one = |of: &str| if named.is_empty() { WRAPPERS.contains(&of) } else { named == of };
                bare(groups.iter().filter(|(of, _)| is_one(of)).flat_map(|(_, keys)| keys.iter().copied()))
            });
            let is_twin = !averaged.is_disjoint(&raw)
                || !averaged.is_disjoint(wrapped)
                || averaged.iter().any(|key| seen.get(key).is_some_and(|count| *count > 1));
            let without_dots = !is_twin && averaged.iter().all(|key| dotless.contains_key(key));
            if is_twin || without_dots {
                prefixes.push(prefix.to_owned());
                is_dotless |= without_dots;
            }
        }
        let dotless = if is_dotless { dotless } else { HashMap::new() };
        (!prefixes.is_empty()).then_some(Self { prefixes, dotless })
    }

    fn named(&self) -> String {
        listed(self.prefixes.iter().map(|prefix| format!("`{prefix}.`")))
    }

    /// Leaves the averaged ones, or the raw ones.
    fn drop_others(&self, settled: &mut Settled, averaged: bool) {
        let all = settled.kept.len();
        let prefixes: HashSet<&str> = self.prefixes.iter().map(String::as_str).collect();
        settled.kept.retain(|(_, key)| first(key).is_some_and(|it| prefixes.contains(it)) == averaged);
        let (dropped, which) = (all - settled.kept.len(), if averaged { "raw" } else { "averaged" });
        let (named, verb) =
            (self.named(), if self.prefixes.len() > 1 { "are averages" } else { "is the average" });
        settled.notes.push(format!("left {dropped} {which} tensors aside, as told ({named} {verb})"));
        if !averaged || self.dotless.is_empty() {
            return;
        }
        for (_, key) in &mut settled.kept {
            let rest = key.split_once('.').map_or("", |(_, rest)| rest);
            if let Some(named) = self.dotless.get(rest) {
                key.clone_from(named);
            }
        }
        settled.notes.push(format!(
            "named the tensors of {named} after the raw ones, of whose names dots were left out"
        ));
    }
}

/// Keys without the wrappers that stand before all of them.
fn bare<'a>(keys: impl Iterator<Item = &'a str>) -> HashSet<String> {
    let mut part = Settled { kept: keys.map(|key| (0, key.to_owned())).collect(), ..Settled::default() };
    unwrap(&mut part, &mut false);
    part.kept.into_iter().map(|(_, key)| key).collect()
}

/// The wrapper that an average is named for: `net` for `ema_net`; nothing for `ema`, which is any wrapper's.
fn named_for(average: &str) -> String {
    average.split('_').filter(|word| !is_average(word)).collect::<Vec<_>>().join("_")
}

/// The first names, and how many more there are.
pub(crate) fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}
