//! SDA's U-Net: `MCScoreNet` over `ScoreUNet` or `LocalScoreUNet`.

mod wiring;

pub(crate) use wiring::{INNER, WAVES};

use crate::entries::{Entries, check_count, check_depths, check_steps, fault};
use crate::names::Shapes;
use crate::{Activation, NetworkError, Padding, Result};
use equipoise_weights::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key that this network is known by.
pub(crate) const KNOWN_BY: &str = "network.heads.0.weight";

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
    /// Channels of the buffer `forcing`, which the file holds and which come after the state; 0 without
    /// one. With it there is no other context.
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
    /// From SDA's `config.json`, with the defaults of its `make_score` for entries that are absent; entries that
    /// `make_score` passes over are passed over. The components of a frame, the forcing and further context are
    /// read off the shapes in `state`.
    ///
    /// # Errors
    /// [`NetworkError::Architecture`] with the entry; [`NetworkError::Family`] if `state` is no such network.
    pub fn from_config(config: &Value, state: &State) -> Result<Self> {
        let entries = Entries::of("config", config)?;
        let shaped = Self::from_state(state)?;
        let (window, channels) = (entries.count("window", Some(3))?, shaped.features);
        if window == 0 || channels % window != 0 {
            return Err(fault("window", window, format!("a divisor of the {channels} channels in the file")));
        }
        let word = entries.word("activation", "SiLU")?;
        let activation = serde_json::from_value(Value::from(word));
        let read = Self {
            window,
            features: channels / window,
            embedding: entries.count("embedding", Some(64))?,
            hidden_channels: entries.counts("hidden_channels", &[64, 128, 256])?,
            hidden_blocks: entries.counts("hidden_blocks", &[3, 3, 3])?,
            kernel_size: entries.pair("kernel_size", 3)?,
            activation: activation.map_err(|_| fault("activation", word, "SiLU, ReLU, ELU, GELU or SELU"))?,
            ..shaped
        };
        read.check().map(|()| read)
    }

    /// By the shapes of the tensors. What they do not tell is as in SDA's `make_score`: SiLU, stride 2, circular
    /// padding; all channels as one frame (`window` 1). Input channels beyond those of the output and of the
    /// buffer of forcing are context.
    ///
    /// # Errors
    /// [`NetworkError::Family`] if `state` is no such network; [`NetworkError::Architecture`] for a length that
    /// makes none, such as 0.
    pub fn from_state(state: &State) -> Result<Self> {
        let shapes = Shapes::new(state, KNOWN_BY)?;
        let [first, inputs, high, wide] = shapes.convolution(KNOWN_BY)?;
        let mut hidden_channels = vec![first];
        while shapes.get(&head(hidden_channels.len(), ".weight")).is_some() {
            hidden_channels.push(shapes.convolution(&head(hidden_channels.len(), ".weight"))?[0]);
        }
        let depths = hidden_channels.len();
        let blocks = |i: usize| {
            let there =
                |b: &usize| shapes.get(&format!("network.descent.{i}.{b}.residue.1.weight")).is_some();
            (0..).take_while(there).count()
        };
        let [outputs, ..] = shapes.convolution(&tail(depths - 1, depths, ".weight"))?;
        let forcing = shapes.get("forcing").and_then(|shape| shape.first().copied()).unwrap_or(0);
        let Some(context) = outputs.checked_add(forcing).and_then(|taken| inputs.checked_sub(taken)) else {
            let expected = format!("at least the {outputs} of the output and the {forcing} of the forcing");
            return Err(fault("input channels", inputs, expected));
        };
        let read = Self {
            window: 1,
            features: outputs,
            context,
            forcing,
            embedding: shapes
                .get("embedding.2.weight")
                .and_then(|shape| shape.first().copied())
                .unwrap_or(64),
            hidden_blocks: (0..depths).map(blocks).collect(),
            hidden_channels,
            kernel_size: [high, wide],
            stride: [2, 2],
            activation: Activation::SiLU,
            padding: [Padding::Circular; 2],
        };
        read.check().map(|()| read)
    }

    /// Channels of a window.
    pub(crate) fn channels(&self) -> usize {
        self.window * self.features
    }

    /// That the description makes a network.
    pub(crate) fn check(&self) -> Result<()> {
        check_count("window", self.window, 1)?;
        check_count("features", self.features, 1)?;
        check_count("context", self.context, 0)?;
        check_count("forcing", self.forcing, 0)?;
        if self.context > 0 && self.forcing > 0 {
            let expected = "0 beside a forcing: SDA's `LocalScoreUNet` takes no other context";
            return Err(fault("context", self.context, expected));
        }
        check_count("embedding", self.embedding, 1)?;
        let names = ["hidden_channels", "hidden_blocks"];
        check_depths(names, &self.hidden_channels, &self.hidden_blocks, 2)?;
        check_steps(self.kernel_size, self.stride)
    }

    /// That skips meet their own grid on the way up.
    pub(crate) fn check_grid(&self, grid: [usize; 2]) -> Result<()> {
        let depths = u32::try_from(self.hidden_channels.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let [high, wide] = self.stride.map(|stride| stride.saturating_pow(depths));
        if grid[0].is_multiple_of(high) && grid[1].is_multiple_of(wide) {
            return Ok(());
        }
        let expected =
            format!("H a multiple of {high} and W of {wide}, since skips are added on {} depths", depths + 1);
        Err(NetworkError::Grid { found: grid, expected })
    }
}

/// `network.heads.i`, which has an inner index below the first depth.
fn head(i: usize, end: &str) -> String {
    if i == 0 { format!("network.heads.0{end}") } else { format!("network.heads.{i}.0{end}") }
}

/// `network.tails.j`, which has an inner index but for the last.
fn tail(j: usize, depths: usize, end: &str) -> String {
    if j + 1 == depths { format!("network.tails.{j}{end}") } else { format!("network.tails.{j}.2{end}") }
}
