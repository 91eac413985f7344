//! A network's description and weights, from a file or a folder.

use crate::AgreementError;
use equipoise_network::Architecture;
use equipoise_weights::{Pick, State};
use std::path::Path;

/// The weights, and the network that `config.json` beside them describes, or their own shapes where there is none.
///
/// # Errors
/// [`AgreementError::Weights`], [`AgreementError::Config`], [`AgreementError::Network`].
pub(crate) fn read(weights: &Path, pick: Pick) -> Result<(Architecture, State), AgreementError> {
    let state = State::read(weights, pick)?;
    let folder = if weights.is_dir() { weights } else { weights.parent().unwrap_or(Path::new("")) };
    let path = folder.join("config.json");
    let fault = |detail: String| AgreementError::Config { path: path.clone(), detail };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((Architecture::from_state(&state)?, state));
        }
        Err(error) => return Err(fault(error.to_string())),
    };
    let config = serde_json::from_str(&text).map_err(|e| fault(e.to_string()))?;
    Ok((Architecture::from_config(&config, &state)?, state))
}
