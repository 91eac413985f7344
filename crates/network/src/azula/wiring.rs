//! azula's U-Net as operations, with the weights of a file.

use super::{AzulaUNet, KNOWN_BY};
use crate::encoding::Encoding;
use crate::graph::{Builder, Register, Source};
use crate::names::prefix;
use crate::network::Built;
use crate::operation::{Concatenate, Convolve, Crop, Gate, Linear, Modulate, Upsample};
use crate::{Activation, Result};
use equipoise_field::Real;
use equipoise_weights::State;

impl AzulaUNet {
    fn convolve(&self, filters: usize, channels: usize, stride: [usize; 2]) -> Convolve {
        Convolve { filters, channels, kernel: self.kernel_size, finer: [1, 1], stride, padding: self.padding }
    }

    /// The network with the weights of a file.
    pub(crate) fn build<R: Real>(&self, state: State) -> Result<Built<R>> {
        let prefix = prefix(&state, KNOWN_BY)?;
        let mut builder = Builder::new(state, prefix);
        let output = self.lay(&mut builder);
        let encoding = if self.mod_features > 0 { Encoding::Sine(self.mod_features) } else { Encoding::None };
        Ok(Built { graph: builder.finish(output)?, encoding, grid: None })
    }

    /// All operations; the register that they end in.
    pub(crate) fn lay<R: Real>(&self, builder: &mut Builder<R>) -> Register {
        Wiring::new(self, builder).wire()
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
        let mut x = self.builder.given(Source::State);
        if of.cond_channels > 0 {
            let context = self.builder.given(Source::Context);
            x = self.builder.apply(Concatenate, &[x, context]);
        }
        let mut memory = Vec::new();
        for (i, &width) in of.hid_channels.iter().enumerate() {
            let (channels, stride) = match i {
                0 => (of.in_channels + of.cond_channels, [1, 1]),
                _ => (of.hid_channels[i - 1], of.stride),
            };
            if i > 0 {
                memory.push(x);
            }
            x = self.convolution(&format!("descent.{i}.0"), of.convolve(width, channels, stride), x);
            for b in 1..=of.hid_blocks[i] {
                x = self.block(&format!("descent.{i}.{b}"), width, x);
            }
        }
        self.ascend(x, memory)
    }

    /// The way up, from the deepest depth on, with the inputs of the strided convolutions.
    fn ascend(&mut self, mut x: Register, mut memory: Vec<Register>) -> Register {
        let of = self.of;
        for (j, (i, &width)) in of.hid_channels.iter().enumerate().rev().enumerate() {
            let mut place = 0;
            if let Some(below) = of.hid_channels.get(i + 1) {
                x = self.convolution(&format!("ascent.{j}.0"), of.convolve(width, width + below, [1, 1]), x);
                place = 1;
            }
            for _ in 0..of.hid_blocks[i] {
                x = self.block(&format!("ascent.{j}.{place}"), width, x);
                place += 1;
            }
            let Some(skip) = memory.pop() else {
                let last = of.convolve(of.out_channels, width, [1, 1]);
                return self.convolution(&format!("ascent.{j}.{place}"), last, x);
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
