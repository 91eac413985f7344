//! A network's description and weights, from a file or a folder.

use crate::{AgreementError, beside};
use equipoise_network::{Architecture, MANIFEST, Manifest, NetworkError};
use equipoise_weights::{Pick, State, WeightsError};
use std::io::ErrorKind;
use std::path::Path;

/// The configuration that SDA's code, and whoever keeps azula's constructor arguments, write beside the weights.
const CONFIG: &str = "config.json";

/// Ends of the names of files that hold weights.
const EXTENSIONS: [&str; 5] = [".pth", ".pt", ".ckpt", ".bin", ".safetensors"];

/// Weights, with what is known of their network and what was decided in reading.
pub(crate) struct Subjected {
    pub(crate) architecture: Architecture,
    pub(crate) state: State,
    pub(crate) notes: Vec<String>,
    /// What `network.json` states, where it is about these weights.
    pub(crate) manifest: Option<Manifest>,
}

/// The weights, and the network that `network.json` or else `config.json` beside them describes, or their own
/// shapes where there is neither.
///
/// # Errors
/// [`AgreementError::Weights`], [`AgreementError::Config`], [`AgreementError::Network`].
pub(crate) fn read(weights: &Path, pick: Pick) -> Result<Subjected, AgreementError> {
    if let Some(manifest) = manifest(weights)? {
        return described(weights, manifest, pick);
    }
    let state = state(weights, pick)?;
    let mut notes = state.notes().to_vec();
    if folder(weights).join(MANIFEST).exists() {
        notes.push(format!("passed over {MANIFEST}, which is about another file"));
    }
    let architecture = match configuration(&folder(weights).join(CONFIG))? {
        Some(config) => Architecture::from_config(&config, &state)?,
        None => {
            notes.push(format!(
                "no {CONFIG} and no {MANIFEST} of the weights beside them: norm, stride, padding and activation are the \
                 defaults of the published code"
            ));
            Architecture::from_state(&state)?
        }
    };
    Ok(Subjected { architecture, state, notes, manifest: None })
}

/// The weights of a file or folder. In a folder, what training left (its gradient, its steps) is no candidate.
fn state(weights: &Path, pick: Pick) -> Result<State, WeightsError> {
    let ambiguous = match State::read(weights, pick) {
        Err(error @ WeightsError::Folder { .. }) => error,
        read => return read,
    };
    let Ok(entries) = std::fs::read_dir(weights) else { return Err(ambiguous) };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let (left, mut others): (Vec<_>, Vec<_>) = names.partition(|name| beside::is_left(name));
    others.retain(|name| EXTENSIONS.iter().any(|extension| name.ends_with(extension)));
    others.sort();
    if left.is_empty() || others.is_empty() {
        return Err(ambiguous);
    }
    let mut states = others.iter().map(|name| State::read(&weights.join(name), pick));
    let first = states.next().unwrap_or(Err(ambiguous))?;
    match states.all(|other| other.is_ok_and(|other| same(&first, &other))) {
        true => Ok(first),
        false => State::read(weights, pick),
    }
}

/// Whether two states hold the same tensors.
fn same(one: &State, other: &State) -> bool {
    one.keys().count() == other.keys().count() && one.keys().all(|key| one.tensor(key) == other.tensor(key))
}

/// The manifest that a path is, that lies in a folder, or that lies beside a file and is about it.
fn manifest(weights: &Path) -> Result<Option<Manifest>, NetworkError> {
    if weights.is_dir() {
        let inside = weights.join(MANIFEST);
        return inside.exists().then(|| Manifest::read(&inside)).transpose();
    }
    match weights.extension() {
        Some(extension) if extension == "json" => Manifest::read(weights).map(Some),
        _ => Manifest::beside(weights),
    }
}

/// The network of a manifest, with its weights, unless others are picked.
fn described(weights: &Path, manifest: Manifest, pick: Pick) -> Result<Subjected, AgreementError> {
    let pick = if pick == Pick::Only { manifest.pick.into() } else { pick };
    let state = State::read(&folder(weights).join(&manifest.weights), pick)?;
    let (architecture, notes) = (manifest.architecture.clone(), state.notes().to_vec());
    Ok(Subjected { architecture, state, notes, manifest: Some(manifest) })
}

fn configuration(path: &Path) -> Result<Option<serde_json::Value>, AgreementError> {
    let fault = |detail: String| AgreementError::Config { path: path.into(), detail };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error.to_string())),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| fault(error.to_string()))
}

/// A folder itself, or the one that a file lies in.
fn folder(path: &Path) -> &Path {
    if path.is_dir() {
        return path;
    }
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
