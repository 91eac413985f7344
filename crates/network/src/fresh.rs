//! A network made fresh: its tensors drawn as PyTorch and the networks' own codes draw them.

use crate::error::length;
use crate::graph::Builder;
use crate::sda::{INNER, WAVES};
use crate::{Architecture, Network, Result};
use equipoise_field::Real;
use equipoise_stream::Stream;
use equipoise_weights::{State, Tensor, Values};
use std::collections::HashMap;
use std::f64::consts::PI;

/// The factor of what modulates azula's blocks, before training.
const MODULATION: f64 = 1e-2;

/// What a network is made fresh from.
#[derive(Clone, Copy, Debug)]
pub struct Fresh<'a> {
    /// Each tensor is drawn from this stream by its name.
    pub stream: Stream,
    /// H and W of the buffer `forcing`; not read without one.
    pub grid: [usize; 2],
    /// The buffer `forcing`, (channels, H, W); empty without one.
    pub forcing: &'a [f64],
}

impl<R: Real> Network<R> {
    /// The network that `architecture` describes, before any training. Weights and biases of convolutions and linear
    /// layers are uniform on ±1/√n, n the numbers that one output reads (PyTorch's default, He et al. 2015, eq. 10
    /// with a gain of 1/√3); those that modulate azula's blocks are as its `UNetBlock` makes them: 10⁻² of that, or of
    /// standard normal deviates. What is drawn depends on the stream and a tensor's name and shape alone.
    ///
    /// # Errors
    /// [`crate::NetworkError::Architecture`]; [`crate::NetworkError::Length`] of the forcing; [`crate::NetworkError::Blas`].
    pub fn fresh(architecture: &Architecture, from: Fresh<'_>) -> Result<Self> {
        architecture.check()?;
        let tensors = match architecture {
            Architecture::Sda(sda) => {
                let [height, width] = from.grid;
                let expected = sda.forcing * height * width;
                length("forcing", from.forcing.len(), expected)?;
                let waves = (1..=WAVES).map(|j| PI * j as f64).collect();
                let mut tensors = vec![("kernel.embedding.freqs".to_owned(), tensor(vec![WAVES], waves))];
                if sda.forcing > 0 {
                    let buffer = tensor(vec![sda.forcing, height, width], from.forcing.to_vec());
                    tensors.push(("kernel.forcing".to_owned(), buffer));
                }
                let mut builder = Builder::<R>::new(State::new("fresh", []), "kernel.".to_owned());
                // The shape of a buffer is no parameter's.
                let buffer = (sda.forcing > 0).then(|| builder.leaf("forcing", &[sda.forcing, 1, 1], false));
                let _ = sda.lay(&mut builder, [2 * WAVES, INNER], buffer);
                tensors.extend(drawn(&builder, from.stream));
                tensors
            }
            Architecture::Azula(azula) => {
                let mut builder = Builder::<R>::new(State::new("fresh", []), "unet.".to_owned());
                let _ = azula.lay(&mut builder);
                drawn(&builder, from.stream)
            }
        };
        Self::new(architecture, State::new("fresh", tensors))
    }
}

fn tensor(shape: Vec<usize>, values: Vec<f64>) -> Tensor {
    Tensor { shape, values: Values::F64(values) }
}

/// The parameters that were asked for.
fn drawn<R: Real>(builder: &Builder<R>, stream: Stream) -> Vec<(String, Tensor)> {
    let mut bounds = HashMap::new();
    let one = |(name, shape, _): (&str, &[usize], bool)| {
        let len = shape.iter().product::<usize>();
        let stream = stream.text(name);
        let stem = name.trim_end_matches(".weight").trim_end_matches(".bias");
        let values = if name.ends_with(".weight") || name.ends_with(".bias") {
            if name.ends_with(".weight") {
                let read = shape.iter().skip(1).product::<usize>().max(1);
                bounds.insert(stem.to_owned(), (read as f64).sqrt().recip());
            }
            let bound = bounds.get(stem).copied().unwrap_or_default();
            let is_modulation = name.ends_with("ada_zero.2.weight");
            let bound = if is_modulation { MODULATION * bound } else { bound };
            stream.uniform(0, len).into_iter().map(|u| bound * (2.0 * u - 1.0)).collect()
        } else {
            stream.normal::<f64>(0, len).into_iter().map(|z| MODULATION * z).collect()
        };
        (name.to_owned(), tensor(shape.to_vec(), values))
    };
    builder.asked().filter(|(.., trained)| *trained).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::made;
    use crate::{Input, Keep, Parameter, Room};

    fn fresh<R: Real>(architecture: &Architecture, grid: [usize; 2], seed: u64) -> Network<R> {
        let channels = if let Architecture::Sda(sda) = architecture { sda.forcing } else { 0 };
        let forcing = vec![0.5; channels * grid[0] * grid[1]];
        let from = Fresh { stream: Stream::new("fresh").number(seed), grid, forcing: &forcing };
        Network::fresh(architecture, from).unwrap()
    }

    fn all<R: Real>(network: &Network<R>) -> Vec<R> {
        network.parameters().flat_map(|parameter| parameter.values.to_vec()).collect()
    }

    #[test]
    fn every_description_makes_a_network_that_runs() {
        for (architecture, grid) in made::networks() {
            let network = fresh::<f64>(&architecture, grid, 1);
            assert_eq!(network.parameter_count(), made::made::<f64>(&architecture, grid).parameter_count());
            let plane = grid[0] * grid[1];
            let x = vec![0.3; network.channels() * plane];
            let context = vec![0.1; network.context() * plane];
            let mut out = vec![f64::NAN; network.outputs() * plane];
            let input = Input { grid, x: &x, c_time: &[0.2], context: &context };
            network.run(input, Keep::Output, &mut out, &mut Room::default()).unwrap();
            assert!(out.iter().all(|value| value.is_finite() && value.abs() < 100.0), "{architecture:?}");
        }
    }

    /// Var = bound²/3 within five standard errors, whose fourth moment is bound⁴/5.
    #[test]
    fn weights_have_pytorchs_law_and_names_their_own_streams() {
        let sda = serde_json::json!({"family": "sda", "window": 5, "features": 2, "embedding": 64,
            "hidden_channels": [24, 48], "hidden_blocks": [1, 1], "kernel_size": [3, 3], "stride": [2, 2],
            "activation": "SiLU", "padding": ["circular", "circular"]});
        let architecture: Architecture = serde_json::from_value(sda).unwrap();
        let network = fresh::<f64>(&architecture, [8, 8], 1);
        for Parameter { name, shape, values } in network.parameters().filter(|p| p.values.len() > 1000) {
            let bound = (shape[1..].iter().product::<usize>() as f64).sqrt().recip();
            assert!(values.iter().all(|value| value.abs() <= bound), "{name}");
            let n = values.len() as f64;
            let variance = values.iter().map(|value| value * value).sum::<f64>() / n;
            let error = bound.powi(2) * ((1.0 / 5.0 - 1.0 / 9.0) / n).sqrt();
            assert!((variance - bound.powi(2) / 3.0).abs() < 5.0 * error, "{name}: {variance}");
        }
        assert_eq!(all(&network), all(&fresh::<f64>(&architecture, [8, 8], 1)));
        assert_ne!(all(&network), all(&fresh::<f64>(&architecture, [8, 8], 2)));
        let wide: Vec<f32> = all(&network).into_iter().map(|value| value as f32).collect();
        assert_eq!(wide, all(&fresh::<f32>(&architecture, [8, 8], 1)));
        let same: Vec<_> = network.parameters().filter(|p| p.shape == [24, 24, 3, 3]).collect();
        assert!(same.len() > 1 && same[0].values != same[1].values);
    }
}
