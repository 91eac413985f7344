//! Which dictionary of a checkpoint is the network's.

use crate::named::{ONE, Pick, SAY, Unsettled, is_average, listed};
use crate::pickle::{Id, Node, Pickle, View};
use std::collections::{HashSet, VecDeque};

/// How many dictionaries deep a state is looked for.
const DEPTH: usize = 4;
/// Where Lightning's `WeightAveraging` puts the raw weights; its `state_dict` then holds the average.
const CURRENT: &str = "current_model_state";
/// Names that a state is saved under.
const KNOWN: [&str; 17] = [
    "state_dict",
    CURRENT,
    "model_state_dict",
    "model_state",
    "model_dict",
    "model",
    "net",
    "network",
    "net_state_dict",
    "network_state_dict",
    "module",
    "params",
    "weights",
    "denoiser",
    "backbone",
    "unet",
    "score",
];

/// A dictionary of tensors, and where it stands.
pub(crate) struct Candidate<'a> {
    path: Vec<&'a str>,
    entries: Vec<(&'a str, Id)>,
    averaged: bool,
}

/// The dictionary that was chosen.
pub(crate) struct Chosen<'p, 'a> {
    pub(crate) tensors: Vec<(&'a str, &'p View<'a>)>,
    /// Whether its name is that of an average.
    pub(crate) averaged: bool,
    pub(crate) notes: Vec<String>,
}

/// The dictionary that `pick` means.
///
/// Dictionaries within dictionaries are looked through, optimisers' left out. One counts where it holds a
/// tensor of floating-point numbers that is no scalar. One by the name of an average is averaged, the others are
/// raw; where a raw one stands under a name that states are saved under (`state_dict`, `model`, …), others are
/// passed over. What is left must be one, or one raw and one averaged between which `pick` decides.
pub(crate) fn choose<'p, 'a>(pickle: &'p Pickle<'a>, pick: Pick) -> Result<Chosen<'p, 'a>, Unsettled> {
    let (found, nameless) = candidates(pickle);
    if found.is_empty() {
        return Err(Unsettled::states(described(pickle), "a dictionary of tensors by name"));
    }
    let (averaged, raw): (Vec<_>, Vec<_>) = found.into_iter().partition(|candidate| candidate.averaged);
    let any_known = raw.iter().any(Candidate::is_known);
    let (raw, mut passed): (Vec<_>, Vec<_>) =
        raw.into_iter().partition(|candidate| !any_known || candidate.is_known());
    let meant = match pick {
        Pick::Only if !raw.is_empty() && (!averaged.is_empty() || nameless.is_some()) => {
            let nameless = nameless.map(|path| format!("`{path}`"));
            let names = raw.iter().chain(&averaged).map(Candidate::name).chain(nameless);
            return Err(Unsettled::pick(names.collect::<Vec<_>>().join(" and "), SAY));
        }
        Pick::Ema if averaged.is_empty() && nameless.is_some() => {
            let found =
                format!("averaged weights without names (`{}`, a list)", nameless.unwrap_or_default());
            let expected = "named ones; copy them into the module and save its state_dict()";
            return Err(Unsettled::pick(found, expected));
        }
        _ if raw.is_empty() => averaged,
        Pick::Ema if !averaged.is_empty() => {
            passed.clear();
            averaged
        }
        _ => raw,
    };
    let [chosen] = &meant[..] else {
        let names = listed(meant.iter().map(Candidate::name));
        return Err(Unsettled::states(format!("several dictionaries of tensors: {names}"), ONE));
    };
    let mut notes = Vec::new();
    if !chosen.path.is_empty() {
        notes.push(format!("took the tensors of {}", chosen.name()));
    }
    if !passed.is_empty() {
        notes.push(format!("passed over {}", listed(passed.iter().map(Candidate::name))));
    }
    notes.extend(skipped(pickle, chosen));
    let tensors = chosen.entries.iter().filter_map(|(key, id)| match pickle.node(*id) {
        Node::Tensor(view) => Some((*key, &**view)),
        _ => None,
    });
    Ok(Chosen { tensors: tensors.collect(), averaged: chosen.averaged, notes })
}

/// All dictionaries of tensors, nearest the top first; and where an average stands whose tensors have no
/// names.
fn candidates<'a>(pickle: &Pickle<'a>) -> (Vec<Candidate<'a>>, Option<String>) {
    let mut found = Vec::new();
    let mut nameless = None;
    let mut queue = VecDeque::from([(Vec::new(), false, pickle.root())]);
    // Every value is looked into once, however many keys name it.
    let (mut seen, mut lists) = (HashSet::new(), HashSet::new());
    while let Some((path, averaged, id)) = queue.pop_front() {
        if !seen.insert(id) {
            continue;
        }
        let Some(entries) = pickle.entries(id) else { continue };
        let has = |name| entries.iter().any(|(key, _)| *key == name);
        if has("state") && has("param_groups") {
            continue;
        }
        let is_state = entries.iter().any(|(_, id)| is_weight(pickle.node(*id)));
        if path.is_empty() || !is_state {
            for (key, id) in &entries {
                let path: Vec<&str> = path.iter().chain([key]).copied().collect();
                let averaged = averaged || is_average(key);
                if averaged && lists.insert(*id) && is_list_of_weights(pickle, *id) {
                    nameless = Some(path.join("."));
                }
                if path.len() <= DEPTH && !seen.contains(id) {
                    queue.push_back((path, averaged, *id));
                }
            }
        }
        if is_state {
            found.push(Candidate { path, entries, averaged });
        }
    }
    if found.iter().any(|candidate| candidate.path == [CURRENT]) {
        found.iter_mut().filter(|it| it.path == ["state_dict"]).for_each(|it| it.averaged = true);
    }
    (found, nameless)
}

fn is_weight(node: &Node<'_>) -> bool {
    matches!(node, Node::Tensor(view) if view.stored.element.is_float() && !view.layout.shape.is_empty())
}

fn is_list_of_weights(pickle: &Pickle<'_>, id: Id) -> bool {
    match pickle.node(id) {
        Node::List(items) | Node::Tuple(items) => items.iter().any(|id| is_weight(pickle.node(*id))),
        _ => false,
    }
}

impl Candidate<'_> {
    fn is_known(&self) -> bool {
        self.path.last().is_some_and(|name| KNOWN.contains(name))
    }

    fn name(&self) -> String {
        match &self.path[..] {
            [] => "the tensors at the top".to_owned(),
            path => format!("`{}`", path.join(".")),
        }
    }
}

/// Notes on what stands beside the chosen dictionary and in it, and is no tensor.
fn skipped(pickle: &Pickle<'_>, chosen: &Candidate<'_>) -> Vec<String> {
    let other = |entries: &[(&str, Id)], but: Option<&&str>| -> Vec<String> {
        let other = entries.iter().filter(|(key, id)| {
            Some(key) != but && (but.is_some() || !matches!(pickle.node(*id), Node::Tensor(_)))
        });
        other.map(|(key, id)| format!("`{key}` ({})", pickle.node(*id).kind())).collect()
    };
    let mut notes = Vec::new();
    let within = other(&chosen.entries, None);
    if !within.is_empty() {
        notes.push(format!("skipped what is no tensor: {}", listed(within.into_iter())));
    }
    let beside = chosen.path.first().map(|first| {
        let root = pickle.entries(pickle.root()).unwrap_or_default();
        other(&root, Some(first))
    });
    if let Some(beside) = beside.filter(|beside| !beside.is_empty()) {
        notes.push(format!("skipped beside it: {}", listed(beside.into_iter())));
    }
    notes
}

/// What a file without a dictionary of tensors holds.
fn described(pickle: &Pickle<'_>) -> String {
    match pickle.entries(pickle.root()) {
        Some(entries) if entries.is_empty() => "an empty dictionary".to_owned(),
        Some(entries) => {
            let names = entries.iter().map(|(key, id)| format!("`{key}` ({})", pickle.node(*id).kind()));
            format!("a dictionary without tensors by name: {}", listed(names))
        }
        None => pickle.node(pickle.root()).kind().to_owned(),
    }
}
