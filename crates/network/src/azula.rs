//! azula's U-Net.

mod wiring;

use crate::entries::{Entries, check_count, check_depths, check_steps, fault};
use crate::names::{Shapes, prefix};
use crate::{Norm, Padding, Result};
use equipoise_weights::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key that this network is known by.
pub(crate) const KNOWN_BY: &str = "descent.0.0.weight";

/// Arguments of azula's `UNet` and of its blocks.
const ARGUMENTS: [&str; 16] = [
    "in_channels",
    "out_channels",
    "cond_channels",
    "hid_channels",
    "hid_blocks",
    "kernel_size",
    "stride",
    "spatial",
    "periodic",
    "identity_init",
    "mod_features",
    "norm",
    "groups",
    "ffn_factor",
    "dropout",
    "checkpointing",
];

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
    /// `{"unet": {…}, "mod": D}`. `identity_init`, `dropout` and `checkpointing` change no output of a trained
    /// network outside of training and are passed over; `spatial` other than 2 and arguments that azula's `UNet`
    /// does not have are refused. `periodic` may be a list, one flag along H and one along W.
    ///
    /// # Errors
    /// [`crate::NetworkError::Architecture`] with the argument; [`crate::NetworkError::Family`] if `state` is no such network.
    pub fn from_config(config: &Value, state: &State) -> Result<Self> {
        prefix(state, KNOWN_BY)?;
        let outer = Entries::of("config", config)?;
        let inner = outer.get("unet").map_or(Ok(outer), |unet| Entries::of("unet", unet))?;
        if let Some(name) = inner.names().find(|name| !ARGUMENTS.contains(name)) {
            return Err(fault(name, "an argument", "no other than those of azula's UNet (version 0.11)"));
        }
        match inner.count("spatial", Some(2))? {
            2 => {}
            other => return Err(fault("spatial", other, "2")),
        }
        let features = inner.count("mod_features", Some(0))?;
        let told = if outer.get("unet").is_some() { outer.count("mod", Some(features))? } else { features };
        if inner.get("mod_features").is_some() && told != features {
            return Err(fault("mod_features", features, format!("{told}, as `mod` says")));
        }
        let groups = inner.count("groups", Some(16))?;
        let norm = match inner.word("norm", "layer")? {
            "layer" => Norm::Layer,
            "rms" => Norm::Rms,
            "group" => Norm::Group { groups },
            other => return Err(fault("norm", other, "layer, rms or group")),
        };
        let around = |periodic: bool| if periodic { Padding::Circular } else { Padding::Zeros };
        let read = Self {
            in_channels: inner.count("in_channels", None)?,
            out_channels: inner.count("out_channels", None)?,
            cond_channels: inner.count("cond_channels", Some(0))?,
            mod_features: told,
            hid_channels: inner.counts("hid_channels", &[64, 128, 256])?,
            hid_blocks: inner.counts("hid_blocks", &[3, 3, 3])?,
            kernel_size: inner.pair("kernel_size", 3)?,
            stride: inner.pair("stride", 2)?,
            padding: inner.flags("periodic", false)?.map(around),
            norm,
            ffn_factor: inner.count("ffn_factor", Some(1))?,
        };
        read.check().map(|()| read)
    }

    /// By the shapes of the tensors. What they do not tell is as in azula's constructor: layer norm, stride 2,
    /// zero padding. Input channels beyond those of the output are context.
    ///
    /// # Errors
    /// [`crate::NetworkError::Family`] if `state` is no such network; [`crate::NetworkError::Architecture`] for a length that
    /// makes none, such as 0.
    pub fn from_state(state: &State) -> Result<Self> {
        let shapes = Shapes::new(state, KNOWN_BY)?;
        let [_, inputs, high, wide] = shapes.convolution(KNOWN_BY)?;
        let first = |i: usize| format!("descent.{i}.0.weight");
        let depths = (0..).take_while(|&i| shapes.get(&first(i)).is_some()).count();
        let hid_channels =
            (0..depths).map(|i| Ok(shapes.convolution(&first(i))?[0])).collect::<Result<Vec<_>>>()?;
        let inner = |i: usize, b: usize, end: &str| shapes.get(&format!("descent.{i}.{}.{end}", b + 1));
        let blocks = |i: usize| (0..).take_while(|&b| inner(i, b, "ffn.0.weight").is_some()).count();
        let hid_blocks: Vec<usize> = (0..depths).map(blocks).collect();
        let some = (0..depths).find(|&i| hid_blocks[i] > 0);
        let shape = |end: &str| some.and_then(|i| Some((i, inner(i, 0, end)?)));
        let factor =
            |(i, shape): (usize, &[usize])| shape.first().map(|inner| inner / hid_channels[i].max(1));
        let last = format!("ascent.{}.{}.weight", depths - 1, usize::from(depths > 1) + hid_blocks[0]);
        let [outputs, ..] = shapes.convolution(&last)?;
        let Some(cond_channels) = inputs.checked_sub(outputs) else {
            return Err(fault("input channels", inputs, format!("at least the {outputs} of the output")));
        };
        let read = Self {
            in_channels: outputs,
            out_channels: outputs,
            cond_channels,
            mod_features: shape("ada_zero.0.weight")
                .and_then(|(_, shape)| shape.get(1).copied())
                .unwrap_or(0),
            ffn_factor: shape("ffn.0.weight").and_then(factor).unwrap_or(1),
            hid_channels,
            hid_blocks,
            kernel_size: [high, wide],
            stride: [2, 2],
            padding: [Padding::Zeros; 2],
            norm: Norm::Layer,
        };
        // Another norm than the layer norm, which shapes do not tell, takes widths of 1.
        Self { norm: Norm::Rms, ..read.clone() }.check().map(|()| read)
    }

    /// That the description makes a network.
    pub(crate) fn check(&self) -> Result<()> {
        check_count("in_channels", self.in_channels, 1)?;
        check_count("out_channels", self.out_channels, 1)?;
        check_count("cond_channels", self.cond_channels, 0)?;
        check_count("mod_features", self.mod_features, 0)?;
        check_count("ffn_factor", self.ffn_factor, 1)?;
        if !self.mod_features.is_multiple_of(2) {
            return Err(fault("mod_features", self.mod_features, "an even number, sines and cosines"));
        }
        let least = if self.norm == Norm::Layer { 2 } else { 1 };
        check_depths(["hid_channels", "hid_blocks"], &self.hid_channels, &self.hid_blocks, least)?;
        if let Norm::Group { groups } = self.norm {
            check_count("groups", groups, 1)?;
            if let Some(width) = self.hid_channels.iter().find(|width| *width % groups.min(**width) != 0) {
                return Err(fault("groups", groups, format!("a divisor of the width {width}")));
            }
        }
        check_steps(self.kernel_size, self.stride)
    }
}
