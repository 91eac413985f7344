//! Networks for tests: random shapes, random weights.

use crate::operation::tests::numbers;
use crate::{Activation, Architecture, AzulaUNet, Network, NetworkError, Norm, Padding, SdaUNet};
use equipoise_field::Real;
use equipoise_weights::{State, Tensor, Values, WeightsError};

/// Draws from a list, the same for the same seed.
struct Draws(Vec<f64>);

impl Draws {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let draw = self.0.pop().unwrap_or_default();
        of[(draw.abs() * 1e6) as usize % of.len()]
    }

    fn pair<T: Copy>(&mut self, of: &[T]) -> [T; 2] {
        [self.one(of), self.one(of)]
    }

    fn many<T: Copy>(&mut self, len: usize, of: &[T]) -> Vec<T> {
        (0..len).map(|_| self.one(of)).collect()
    }
}

const PADDING: [Padding; 2] = [Padding::Circular, Padding::Zeros];
const KERNELS: [usize; 3] = [1, 3, 5];

/// A network of SDA's form. Its activation has no kink, which differences do not resolve.
fn sda(draws: &mut Draws) -> SdaUNet {
    let depths = draws.one(&[1, 2, 3]);
    let (forcing, context) = draws.one(&[(1, 0), (0, 2), (0, 0)]);
    SdaUNet {
        window: draws.one(&[1, 3]),
        features: draws.one(&[1, 2]),
        context,
        forcing,
        embedding: draws.one(&[1, 5]),
        hidden_channels: draws.many(depths, &[3, 4, 5, 7]),
        hidden_blocks: draws.many(depths, &[0, 1, 2]),
        kernel_size: draws.pair(&KERNELS),
        stride: draws.pair(&[1, 2]),
        activation: draws.one(&[Activation::SiLU, Activation::GELU, Activation::ELU]),
        padding: draws.pair(&PADDING),
    }
}

fn azula(draws: &mut Draws) -> AzulaUNet {
    let (depths, channels) = (draws.one(&[1, 2, 3]), draws.one(&[1, 2]));
    AzulaUNet {
        in_channels: channels,
        out_channels: channels,
        cond_channels: draws.one(&[0, 1, 2]),
        mod_features: draws.one(&[0, 2, 4]),
        hid_channels: draws.many(depths, &[4, 6, 8]),
        hid_blocks: draws.many(depths, &[0, 1, 2]),
        kernel_size: draws.pair(&KERNELS),
        stride: draws.pair(&[1, 2, 3]),
        padding: draws.pair(&PADDING),
        norm: draws.one(&[Norm::Layer, Norm::Rms, Norm::Group { groups: 2 }, Norm::Group { groups: 16 }]),
        ffn_factor: draws.one(&[1, 2]),
    }
}

/// Networks of both families with grids that they run on.
pub(crate) fn networks() -> Vec<(Architecture, [usize; 2])> {
    let one = |seed: u64| {
        let mut draws = Draws(numbers(seed + 100, 40));
        let (architecture, grid) = if seed.is_multiple_of(2) {
            let sda = sda(&mut draws);
            let depths = sda.hidden_channels.len() as u32 - 1;
            let grid = sda.stride.map(|stride| draws.one(&[2, 3]) * stride.pow(depths));
            (Architecture::Sda(sda), grid)
        } else {
            (Architecture::Azula(azula(&mut draws)), draws.pair(&[5, 7, 10, 13]))
        };
        let runs = made::<f64>(&architecture, grid).check_grid(grid).is_ok();
        runs.then_some((architecture, grid))
    };
    let all: Vec<_> = (0..24).filter_map(one).collect();
    assert!(all.len() > 20, "{} of 24 networks run on their grids", all.len());
    all
}

/// The tensors that a description asks for.
pub(crate) fn wanted(architecture: &Architecture, grid: [usize; 2]) -> Vec<(String, Vec<usize>)> {
    let known = match architecture {
        Architecture::Sda(_) => "kernel.network.heads.0.weight",
        Architecture::Azula(_) => "unet.descent.0.0.weight",
    };
    let one = Tensor { shape: vec![1], values: Values::F32(vec![0.0]) };
    let Err(NetworkError::Weights(WeightsError::Keys { accounts, .. })) =
        Network::<f64>::new(architecture, State::new("made", [(known.to_owned(), one)]))
    else {
        panic!("{architecture:?} took an empty file")
    };
    let (key, _, shape) = accounts.misshapen[0].clone();
    let mut all = accounts.missing.clone();
    all.push((key, shape));
    for (key, shape) in &mut all {
        if key.ends_with("forcing") {
            shape[1..].copy_from_slice(&grid);
        }
    }
    all
}

/// Weights of a size that keeps values near 1, moved along a direction by `step`.
pub(crate) fn weights(wanted: &[(String, Vec<usize>)], step: f64, direction: &[f64]) -> State {
    let mut start = 0;
    let tensors = wanted.iter().enumerate().map(|(seed, (key, shape))| {
        let len: usize = shape.iter().product();
        let inner = (len / shape[0]).max(4) as f64;
        let mut values: Vec<f64> = numbers(seed as u64 + 1, len).iter().map(|w| w / inner.sqrt()).collect();
        let moves = direction.iter().skip(start);
        values.iter_mut().zip(moves).for_each(|(w, d)| *w += step * d);
        start += len;
        (key.clone(), Tensor { shape: shape.clone(), values: Values::F64(values) })
    });
    State::new("made", tensors.collect::<Vec<_>>())
}

pub(crate) fn made<R: Real>(architecture: &Architecture, grid: [usize; 2]) -> Network<R> {
    Network::new(architecture, weights(&wanted(architecture, grid), 0.0, &[])).unwrap()
}
