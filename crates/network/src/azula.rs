//! azula's U-Net.

use crate::{NetworkError, Norm, Padding};
use equipoise_weights::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// azula's `UNet` (version 0.11): blocks with adaptive normalisation, skips concatenated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzulaUNet {
    /// Channels of the state.
    pub in_channels: usize,
    /// Channels that come out.
    pub out_channels: usize,
    /// Channels of context that each run is handed, after the state.
    #[serde(default)]
    pub cond_channels: usize,
    /// Features D of the modulation: azula's `SineEncoding(D)` of c_time. 0: the network does not see the time,
    /// and its modulation is a parameter.
    pub mod_features: usize,
    /// Widths, the finest grid first.
    pub hid_channels: Vec<usize>,
    /// Blocks of each depth, on the way down and on the way up.
    pub hid_blocks: Vec<usize>,
    /// Sizes of all kernels along H and W, odd.
    pub kernel_size: [usize; 2],
    /// Strides from one depth to the next along H and W.
    pub stride: [usize; 2],
    /// Along H and W.
    pub padding: [Padding; 2],
    /// Before each pair of convolutions.
    pub norm: Norm,
    /// Inner channels of a block over its outer ones.
    pub ffn_factor: usize,
}

impl AzulaUNet {
    /// From the constructor's arguments, with its defaults for those that are absent: an object of them, or
    /// `{"unet": {…}, "mod": D}`. `dropout` and `checkpointing` change no output and are passed over;
    /// `spatial` other than 2 and arguments that azula's `UNet` does not have are refused.
    ///
    /// # Errors
    /// [`NetworkError::Architecture`] with the argument; [`NetworkError::Family`] if `state` is no such network.
    pub fn from_config(config: &Value, state: &State) -> Result<Self, NetworkError> {
        let _ = (config, state);
        todo!()
    }

    /// By the shapes of the tensors. What they do not tell is as in azula's constructor: layer norm, stride 2,
    /// zero padding. Input channels beyond those of the output are context.
    ///
    /// # Errors
    /// [`NetworkError::Family`] if `state` is no such network.
    pub fn from_state(state: &State) -> Result<Self, NetworkError> {
        let _ = state;
        todo!()
    }
}
