//! A network's description and weights, from a file or a folder.

use crate::{Result, beside};
use equipoise_network::{Architecture, MANIFEST, Manifest, configured};
use equipoise_weights::{Pick, State};
use std::path::Path;

/// Weights, with what is known of their network and what was decided in reading.
pub(crate) struct Subjected {
    pub(crate) architecture: Architecture,
    pub(crate) state: State,
    pub(crate) notes: Vec<String>,
    /// What `network.json` states, where it is about these weights.
    pub(crate) manifest: Option<Manifest>,
}

/// The weights, and the network that `network.json` or else `config.json` beside them describes, or their own
/// shapes where there is neither. What training left in a folder of weights (its gradient, its steps) is none of them.
///
/// # Errors
/// [`AgreementError::Weights`](crate::AgreementError::Weights),
/// [`AgreementError::Network`](crate::AgreementError::Network).
pub(crate) fn read(weights: &Path, pick: Pick) -> Result<Subjected> {
    if let Some((manifest, folder)) = Manifest::written(weights)? {
        let pick = if pick == Pick::Only { manifest.pick.into() } else { pick };
        let state = manifest.state(&folder, pick)?;
        let (architecture, notes) = (manifest.architecture.clone(), state.notes().to_vec());
        return Ok(Subjected { architecture, state, notes, manifest: Some(manifest) });
    }
    let state = State::read_but(weights, pick, beside::is_left)?;
    let mut notes = state.notes().to_vec();
    if state.path().with_file_name(MANIFEST).exists() {
        notes.push(format!("passed over {MANIFEST}, which is about another file"));
    }
    let architecture = match configured(&state)? {
        Some((config, _)) => Architecture::from_config(&config, &state)?,
        None => {
            notes.push(format!(
                "no config.json and no {MANIFEST} of the weights beside them: norm, stride, padding and activation are the \
                 defaults of the published code"
            ));
            Architecture::from_state(&state)?
        }
    };
    Ok(Subjected { architecture, state, notes, manifest: None })
}
