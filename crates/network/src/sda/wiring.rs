//! SDA's U-Net as operations, with the weights of a file.

use super::{KNOWN_BY, SdaUNet, head, tail};
use crate::encoding::Encoding;
use crate::entries::{check_count, fault};
use crate::graph::{Builder, Register, Source};
use crate::names::prefix;
use crate::network::Built;
use crate::operation::{Add, Concatenate, Convolve, Linear, Shift};
use crate::{Activation, Norm, Result};
use equipoise_field::Real;
use equipoise_weights::State;

/// Frequencies of the embedding in SDA's code.
pub(crate) const WAVES: usize = 16;
/// Outputs of its first layer there.
pub(crate) const INNER: usize = 256;

impl SdaUNet {
    fn convolve(&self, filters: usize, channels: usize, stride: [usize; 2]) -> Convolve {
        Convolve { filters, channels, kernel: self.kernel_size, finer: [1, 1], stride, padding: self.padding }
    }

    /// The network with the weights of a file.
    pub(crate) fn build<R: Real>(&self, state: State) -> Result<Built<R>> {
        let prefix = prefix(&state, KNOWN_BY)?;
        let mut builder = Builder::new(state, prefix);
        let forcing = builder.shape("forcing").map(<[usize]>::to_owned);
        let grid = match forcing.as_deref() {
            Some(&[_, height, width]) => Some([height, width]),
            _ => None,
        };
        let [height, width] = grid.unwrap_or_default();
        if self.forcing > 0 && grid.is_some_and(|grid| grid.contains(&0)) {
            return Err(fault("forcing", format!("{height} x {width} points"), "points along both axes"));
        }
        let buffer =
            (self.forcing > 0).then(|| builder.leaf("forcing", &[self.forcing, height, width], false));
        let first = |name: &str| builder.shape(name).and_then(|shape| shape.first().copied());
        let (count, inner) =
            (first("embedding.freqs").unwrap_or(WAVES), first("embedding.0.weight").unwrap_or(INNER));
        check_count("embedding.freqs, length", count, 1)?;
        check_count("embedding.0.weight, outputs", inner, 1)?;
        let encoding = Encoding::Waves(builder.take("embedding.freqs", &[count]));
        let output = self.lay(&mut builder, [2 * count, inner], buffer);
        Ok(Built { graph: builder.finish(output)?, encoding, grid: buffer.and(grid) })
    }

    /// All operations; the register that they end in.
    pub(crate) fn lay<R: Real>(
        &self,
        builder: &mut Builder<R>,
        inner: [usize; 2],
        buffer: Option<Register>,
    ) -> Register {
        Weights::take(self, builder, inner).wire(self, builder, buffer)
    }
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
    fn take<R: Real>(of: &SdaUNet, builder: &mut Builder<R>, [waves, inner]: [usize; 2]) -> Self {
        let widths = &of.hidden_channels;
        let (depths, [high, wide]) = (widths.len(), of.kernel_size);
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
            let convolve = of.convolve(widths[i - 1], widths[i], [1, 1]);
            x = builder.apply(Convolve { finer: of.stride, ..convolve }, &[x, weight, bias]);
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
