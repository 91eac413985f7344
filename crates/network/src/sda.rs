//! SDA's U-Net: `MCScoreNet` over `ScoreUNet` or `LocalScoreUNet`.

use crate::encoding::Encoding;
use crate::entries::{Entries, check_count, check_depths, check_steps, fault};
use crate::graph::{Builder, Register, Source};
use crate::names::{Shapes, prefix};
use crate::network::Built;
use crate::operation::{Add, Concatenate, Convolve, Linear, Shift, Upsample};
use crate::{Activation, NetworkError, Norm, Padding};
use equipoise_field::Real;
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
    pub fn from_config(config: &Value, state: &State) -> Result<Self, NetworkError> {
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
    /// [`NetworkError::Family`] if `state` is no such network.
    pub fn from_state(state: &State) -> Result<Self, NetworkError> {
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
        let Some(context) = inputs.checked_sub(outputs + forcing) else {
            let expected = format!("at least the {outputs} of the output and the {forcing} of the forcing");
            return Err(fault("input channels", inputs, expected));
        };
        Ok(Self {
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
        })
    }

    /// Channels of a window.
    pub(crate) fn channels(&self) -> usize {
        self.window * self.features
    }

    /// That the description makes a network.
    pub(crate) fn check(&self) -> Result<(), NetworkError> {
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

    fn convolve(&self, filters: usize, channels: usize, stride: [usize; 2]) -> Convolve {
        Convolve { filters, channels, kernel: self.kernel_size, stride, padding: self.padding }
    }

    /// The network with the weights of a file.
    pub(crate) fn build<R: Real>(&self, state: State) -> Result<Built<R>, NetworkError> {
        let prefix = prefix(&state, KNOWN_BY)?;
        let mut builder = Builder::new(state, prefix);
        let forcing = builder.shape("forcing").map(<[usize]>::to_owned);
        let grid = match forcing.as_deref() {
            Some(&[_, height, width]) => Some([height, width]),
            _ => None,
        };
        let [height, width] = grid.unwrap_or_default();
        let buffer =
            (self.forcing > 0).then(|| builder.leaf("forcing", &[self.forcing, height, width], false));
        let count = builder.shape("embedding.freqs").and_then(|shape| shape.first().copied()).unwrap_or(16);
        let encoding = Encoding::Waves(builder.take("embedding.freqs", &[count]));
        let weights = Weights::take(self, &mut builder, 2 * count);
        let output = weights.wire(self, &mut builder, buffer);
        Ok(Built { graph: builder.finish(output)?, encoding, grid: buffer.and(grid) })
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

/// Weight and bias.
type Pair = [Register; 2];

/// The projection and the two convolutions of a block.
type Block = [Pair; 3];

/// The tensors in PyTorch's order, which is not the order of the operations.
struct Weights {
    embedding: [(Linear, Pair); 2],
    heads: Vec<Pair>,
    tails: Vec<Pair>,
    descent: Vec<Vec<Block>>,
    ascent: Vec<Vec<Block>>,
}

impl Weights {
    fn take<R: Real>(of: &SdaUNet, builder: &mut Builder<R>, waves: usize) -> Self {
        let widths = &of.hidden_channels;
        let (depths, [high, wide]) = (widths.len(), of.kernel_size);
        let inner =
            builder.shape("embedding.0.weight").and_then(|shape| shape.first().copied()).unwrap_or(256);
        let mut linear = |name: &str, outputs: usize, inputs: usize| {
            (Linear { outputs, inputs }, builder.pair(name, &[outputs, inputs]))
        };
        let embedding = [linear("embedding.0", inner, waves), linear("embedding.2", of.embedding, inner)];
        let before = |i: usize| if i == 0 { of.channels() + of.context + of.forcing } else { widths[i - 1] };
        let heads =
            (0..depths).map(|i| builder.pair(&head(i, ""), &[widths[i], before(i), high, wide])).collect();
        let after = |i: usize| if i == 0 { of.channels() } else { widths[i - 1] };
        let tails = (0..depths).map(|j| (j, depths - 1 - j));
        let tails = tails
            .map(|(j, i)| builder.pair(&tail(j, depths, ""), &[after(i), widths[i], high, wide]))
            .collect();
        let mut blocks = |way: &str, at: usize, i: usize| {
            let name = |b: usize, part: &str| format!("network.{way}.{at}.{b}.{part}");
            let shape = [widths[i], widths[i], high, wide];
            let block = |b: usize| {
                let project = builder.pair(&name(b, "project.0"), &[widths[i], of.embedding]);
                [
                    project,
                    builder.pair(&name(b, "residue.1"), &shape),
                    builder.pair(&name(b, "residue.3"), &shape),
                ]
            };
            (0..of.hidden_blocks[i]).map(block).collect::<Vec<Block>>()
        };
        let descent = (0..depths).map(|i| blocks("descent", i, i)).collect();
        let ascent = (0..depths).map(|j| blocks("ascent", j, depths - 1 - j)).collect();
        Self { embedding, heads, tails, descent, ascent }
    }

    fn wire<R: Real>(&self, of: &SdaUNet, builder: &mut Builder<R>, forcing: Option<Register>) -> Register {
        let widths = &of.hidden_channels;
        let time = self.time(builder);
        let mut x = builder.given(Source::State);
        if of.context > 0 {
            let context = builder.given(Source::Context);
            x = builder.apply(Concatenate, &[x, context]);
        }
        if let Some(forcing) = forcing {
            x = builder.apply(Concatenate, &[x, forcing]);
        }
        let mut memory = Vec::new();
        for (i, &[weight, bias]) in self.heads.iter().enumerate() {
            let (channels, stride) = match i {
                0 => (of.channels() + of.context + of.forcing, [1, 1]),
                _ => (widths[i - 1], of.stride),
            };
            x = builder.apply(of.convolve(widths[i], channels, stride), &[x, weight, bias]);
            for b in &self.descent[i] {
                x = block(of, widths[i], b, builder, [x, time]);
            }
            memory.push(x);
        }
        memory.pop();
        for (j, &[weight, bias]) in self.tails.iter().enumerate() {
            let i = widths.len() - 1 - j;
            for b in &self.ascent[j] {
                x = block(of, widths[i], b, builder, [x, time]);
            }
            let Some(skip) = memory.pop() else {
                return builder.apply(of.convolve(of.channels(), widths[0], [1, 1]), &[x, weight, bias]);
            };
            x = builder.apply(Norm::Layer, &[x]);
            x = builder.apply(Upsample { stride: of.stride }, &[x]);
            x = builder.apply(of.convolve(widths[i - 1], widths[i], [1, 1]), &[x, weight, bias]);
            x = builder.apply(Add, &[x, skip]);
        }
        x
    }

    fn time<R: Real>(&self, builder: &mut Builder<R>) -> Register {
        let features = builder.given(Source::Features);
        let [(first, [w, b]), (second, [w2, b2])] = self.embedding;
        let inner = builder.apply(first, &[features, w, b]);
        let inner = builder.apply(Activation::SiLU, &[inner]);
        let time = builder.apply(second, &[inner, w2, b2]);
        builder.embedded(time);
        time
    }
}

/// x + residue(x + project(time)).
fn block<R: Real>(
    of: &SdaUNet,
    width: usize,
    [[project, offset], [first, first_bias], [second, second_bias]]: &Block,
    builder: &mut Builder<R>,
    [x, time]: [Register; 2],
) -> Register {
    let linear = Linear { outputs: width, inputs: of.embedding };
    let convolve = of.convolve(width, width, [1, 1]);
    let time = builder.apply(linear, &[time, *project, *offset]);
    let y = builder.apply(Shift, &[x, time]);
    let y = builder.apply(Norm::Layer, &[y]);
    let y = builder.apply(convolve, &[y, *first, *first_bias]);
    let y = builder.apply(of.activation, &[y]);
    let y = builder.apply(convolve, &[y, *second, *second_bias]);
    builder.apply(Add, &[x, y])
}
