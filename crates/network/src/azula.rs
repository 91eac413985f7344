//! azula's U-Net.

use crate::encoding::Encoding;
use crate::entries::{Entries, check_count, check_depths, check_steps, fault};
use crate::graph::{Builder, Register, Source};
use crate::names::{Shapes, prefix};
use crate::network::Built;
use crate::operation::{Concatenate, Convolve, Crop, Gate, Linear, Modulate, Upsample};
use crate::{Activation, NetworkError, Norm, Padding};
use equipoise_field::Real;
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
    /// [`NetworkError::Architecture`] with the argument; [`NetworkError::Family`] if `state` is no such network.
    pub fn from_config(config: &Value, state: &State) -> Result<Self, NetworkError> {
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
    /// [`NetworkError::Family`] if `state` is no such network.
    pub fn from_state(state: &State) -> Result<Self, NetworkError> {
        let shapes = Shapes::new(state, KNOWN_BY)?;
        let [_, inputs, high, wide] = shapes.convolution(KNOWN_BY)?;
        let first = |i: usize| format!("descent.{i}.0.weight");
        let depths = (0..).take_while(|&i| shapes.get(&first(i)).is_some()).count();
        let hid_channels = (0..depths)
            .map(|i| Ok(shapes.convolution(&first(i))?[0]))
            .collect::<Result<Vec<_>, NetworkError>>()?;
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
        Ok(Self {
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
        })
    }

    /// That the description makes a network.
    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        check_count("in_channels", self.in_channels, 1)?;
        check_count("out_channels", self.out_channels, 1)?;
        check_count("cond_channels", self.cond_channels, 0)?;
        check_count("mod_features", self.mod_features, 0)?;
        check_count("ffn_factor", self.ffn_factor, 1)?;
        if self.mod_features % 2 != 0 {
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

    fn convolve(&self, filters: usize, channels: usize, stride: [usize; 2]) -> Convolve {
        Convolve { filters, channels, kernel: self.kernel_size, stride, padding: self.padding }
    }

    /// The network with the weights of a file.
    pub(crate) fn build<R: Real>(&self, state: State) -> Result<Built<R>, NetworkError> {
        let prefix = prefix(&state, KNOWN_BY)?;
        let mut builder = Builder::new(state, prefix);
        let output = Wiring::new(self, &mut builder).wire();
        let encoding = if self.mod_features > 0 { Encoding::Sine(self.mod_features) } else { Encoding::None };
        Ok(Built { graph: builder.finish(output)?, encoding, grid: None })
    }
}

/// The network in the making. Operations and tensors come in one order, PyTorch's.
struct Wiring<'a, R> {
    of: &'a AzulaUNet,
    builder: &'a mut Builder<R>,
    time: Option<Register>,
}

impl<'a, R: Real> Wiring<'a, R> {
    fn new(of: &'a AzulaUNet, builder: &'a mut Builder<R>) -> Self {
        let time = (of.mod_features > 0).then(|| builder.given(Source::Features));
        if let Some(time) = time {
            builder.embedded(time);
        }
        Self { of, builder, time }
    }

    fn wire(mut self) -> Register {
        let of = self.of;
        let (widths, depths) = (&of.hid_channels, of.hid_channels.len());
        let mut x = self.builder.given(Source::State);
        if of.cond_channels > 0 {
            let context = self.builder.given(Source::Context);
            x = self.builder.apply(Concatenate, &[x, context]);
        }
        let mut memory = Vec::new();
        for i in 0..depths {
            let (channels, stride) = match i {
                0 => (of.in_channels + of.cond_channels, [1, 1]),
                _ => (widths[i - 1], of.stride),
            };
            if i > 0 {
                memory.push(x);
            }
            x = self.convolution(&format!("descent.{i}.0"), of.convolve(widths[i], channels, stride), x);
            for b in 1..=of.hid_blocks[i] {
                x = self.block(&format!("descent.{i}.{b}"), widths[i], x);
            }
        }
        for (j, i) in (0..depths).rev().enumerate() {
            let mut place = 0;
            if j > 0 {
                let fusion = of.convolve(widths[i], widths[i] + widths[i + 1], [1, 1]);
                x = self.convolution(&format!("ascent.{j}.0"), fusion, x);
                place = 1;
            }
            for b in place..place + of.hid_blocks[i] {
                x = self.block(&format!("ascent.{j}.{b}"), widths[i], x);
            }
            let Some(skip) = memory.pop() else {
                let last = of.convolve(of.out_channels, widths[0], [1, 1]);
                return self.convolution(&format!("ascent.{j}.{}", place + of.hid_blocks[0]), last, x);
            };
            x = self.builder.apply(Upsample { stride: of.stride }, &[x]);
            x = self.builder.apply(Crop, &[x, skip]);
            x = self.builder.apply(Concatenate, &[skip, x]);
        }
        x
    }

    fn convolution(&mut self, name: &str, convolve: Convolve, x: Register) -> Register {
        let [weight, bias] = self.builder.pair(name, &convolve.shape());
        self.builder.apply(convolve, &[x, weight, bias])
    }

    /// x + c · ffn((a + 1) · norm(x) + b).
    fn block(&mut self, name: &str, width: usize, x: Register) -> Register {
        let of = self.of;
        let (up, down) = (
            of.convolve(of.ffn_factor * width, width, [1, 1]),
            of.convolve(width, of.ffn_factor * width, [1, 1]),
        );
        let modulation = self.modulation(&format!("{name}.ada_zero"), width);
        let y = self.builder.apply(of.norm, &[x]);
        let y = self.builder.apply(Modulate, &[y, modulation]);
        let y = self.convolution(&format!("{name}.ffn.0"), up, y);
        let y = self.builder.apply(Activation::SiLU, &[y]);
        let y = self.convolution(&format!("{name}.ffn.3"), down, y);
        self.builder.apply(Gate, &[x, y, modulation])
    }

    /// a, b and c of a block, one after the other.
    fn modulation(&mut self, name: &str, width: usize) -> Register {
        let Some(time) = self.time else { return self.builder.leaf(name, &[3, width, 1, 1], true) };
        let inner = Linear { outputs: self.of.mod_features, inputs: self.of.mod_features };
        let outer = Linear { outputs: 3 * width, inputs: self.of.mod_features };
        let y = self.linear(&format!("{name}.0"), inner, time);
        let y = self.builder.apply(Activation::SiLU, &[y]);
        self.linear(&format!("{name}.2"), outer, y)
    }

    fn linear(&mut self, name: &str, linear: Linear, x: Register) -> Register {
        let [weight, bias] = self.builder.pair(name, &[linear.outputs, linear.inputs]);
        self.builder.apply(linear, &[x, weight, bias])
    }
}
