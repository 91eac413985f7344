//! SDA's U-Net: `MCScoreNet` over `ScoreUNet` or `LocalScoreUNet`.

use crate::{Activation, NetworkError, Padding};
use equipoise_weights::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// SDA's U-Net (Rozet and Louppe, *Score-based Data Assimilation*, 2023; its code of January 2024): residual
/// blocks with a projection of the time, skips added, over the channels of one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdaUNet {
    /// Frames w of a window.
    pub window: usize,
    /// Components C of a frame: the state has w·C channels, frames first.
    pub features: usize,
    /// Channels of context that each run is handed, after the state.
    #[serde(default)]
    pub context: usize,
    /// Channels of the buffer `forcing`, which the file holds and which come after the state; 0 without one.
    #[serde(default)]
    pub forcing: usize,
    /// Features E of the embedded time.
    pub embedding: usize,
    /// Widths, the finest grid first.
    pub hidden_channels: Vec<usize>,
    /// Blocks of each depth, on the way down and on the way up.
    pub hidden_blocks: Vec<usize>,
    /// Sizes of all kernels along H and W, odd.
    pub kernel_size: [usize; 2],
    /// Strides from one depth to the next along H and W.
    pub stride: [usize; 2],
    /// Between the convolutions of a block.
    pub activation: Activation,
    /// Along H and W.
    pub padding: [Padding; 2],
}

impl SdaUNet {
    /// From SDA's `config.json`, with the defaults of its `make_score` for entries that are absent. The components
    /// of a frame, the forcing and further context are read off the shapes in `state`.
    ///
    /// # Errors
    /// [`NetworkError::Architecture`] with the entry; [`NetworkError::Family`] if `state` is no such network.
    pub fn from_config(config: &Value, state: &State) -> Result<Self, NetworkError> {
        let _ = (config, state);
        todo!()
    }

    /// By the shapes of the tensors. What they do not tell is as in SDA's `make_score`: SiLU, stride 2, circular
    /// padding; all channels as one frame (`window` 1). Without a buffer of forcing, input channels
    /// beyond those of the output are context.
    ///
    /// # Errors
    /// [`NetworkError::Family`] if `state` is no such network.
    pub fn from_state(state: &State) -> Result<Self, NetworkError> {
        let _ = state;
        todo!()
    }
}
