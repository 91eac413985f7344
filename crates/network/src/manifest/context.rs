//! What a network is handed beside the state.

use crate::entries::fault;
use crate::{Architecture, Result};
use equipoise_weights::{Pick, State};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Numbers of a context, and their grid.
type Handed = (Vec<f64>, [usize; 2]);

/// Where the context of a network comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Context {
    /// There is none.
    None,
    /// A buffer in the file of weights, as SDA's forcing.
    Buffer,
    /// A file beside the manifest (safetensors, or written by `torch.save`) with one tensor of shape (Cc, H, W).
    File {
        /// Its name.
        name: String,
    },
}

impl Context {
    /// That it is what the network takes.
    pub(super) fn check(&self, architecture: &Architecture) -> Result<()> {
        let handed = architecture.context();
        let is_right = match self {
            Self::None => handed == 0 && !has_buffer(architecture),
            Self::Buffer => has_buffer(architecture),
            Self::File { .. } => handed > 0,
        };
        let expected = match (has_buffer(architecture), handed) {
            (true, _) => "buffer: the file of weights holds it".to_owned(),
            (false, 0) => "none: the network takes no context".to_owned(),
            (false, handed) => format!("a file: the network takes {handed} channels of context"),
        };
        if is_right { Ok(()) } else { Err(fault("context", format!("{self:?}"), expected)) }
    }

    /// The numbers that each run is handed, and their grid, where they come from a file in `folder`.
    ///
    /// # Errors
    /// [`crate::NetworkError::Weights`]; [`crate::NetworkError::Architecture`] for another shape than (Cc, H, W).
    pub(crate) fn read(&self, folder: &Path, channels: usize) -> Result<Option<Handed>> {
        let Self::File { name } = self else { return Ok(None) };
        let path = folder.join(name);
        let state = State::read(&path, Pick::Only)?;
        let keys: Vec<&str> = state.keys().collect();
        let tensor = match keys[..] {
            [key] => state.tensor(key),
            _ => None,
        };
        let shape = tensor.map(|tensor| tensor.shape.as_slice()).unwrap_or_default();
        match (tensor, shape) {
            (Some(tensor), &[found, height, width]) if found == channels => {
                Ok(Some((tensor.to(), [height, width])))
            }
            _ => {
                let found = format!("{}: {} tensors, shape {shape:?}", path.display(), keys.len());
                Err(fault("context", found, format!("one tensor of shape [{channels}, H, W]")))
            }
        }
    }
}

fn has_buffer(architecture: &Architecture) -> bool {
    matches!(architecture, Architecture::Sda(sda) if sda.forcing > 0)
}
