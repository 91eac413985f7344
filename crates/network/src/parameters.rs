//! The parameters of a network as one list of numbers: read, set, silenced, written.

use crate::error::length;
use crate::graph::Source;
use crate::{Network, Parameter, Result};
use equipoise_field::Real;
use equipoise_weights::{Precision, Tensor, Values, write};
use std::path::Path;

impl<R: Real> Network<R> {
    /// All parameters, one after the other, in the order of [`parameters`](Self::parameters).
    pub fn values(&self) -> Vec<R> {
        self.parameters().flat_map(|parameter| parameter.values.iter().copied()).collect()
    }

    /// Takes these numbers for its parameters, in the order of [`parameters`](Self::parameters).
    ///
    /// # Errors
    /// [`crate::NetworkError::Length`].
    pub fn set_values(&mut self, values: &[R]) -> Result<()> {
        length("parameters", values.len(), self.parameter_count())?;
        let mut rest = values;
        for leaf in self.graph_mut().leaves_mut().iter_mut().filter(|leaf| leaf.trained) {
            let (own, after) = rest.split_at(leaf.values.len());
            leaf.values.copy_from_slice(own);
            rest = after;
        }
        Ok(())
    }

    /// Sets weight and bias of the last layer to 0: the network then gives 0 everywhere, whatever it is handed, and
    /// what it gives changes with its last layer alone.
    pub fn silence(&mut self) {
        let graph = self.graph_mut();
        let Some(last) = graph.nodes.iter().find(|node| node.output == graph.output) else { return };
        let sources: Vec<Source> = last.inputs.iter().map(|input| graph.sources[input.0]).collect();
        let leaves = graph.leaves_mut();
        for source in sources {
            if let Source::Leaf(leaf) = source
                && leaves[leaf].trained
            {
                leaves[leaf].values.fill(R::zero());
            }
        }
    }

    /// Its tensors by name, buffers too, with `parameters` in the place of its own parameters.
    ///
    /// # Errors
    /// [`crate::NetworkError::Length`].
    pub fn tensors(&self, parameters: &[R]) -> Result<Vec<(String, Tensor)>> {
        length("parameters", parameters.len(), self.parameter_count())?;
        let mut rest = parameters;
        let mut tensors = self.buffers();
        for Parameter { name, shape, values } in self.parameters() {
            let (own, after) = rest.split_at(values.len());
            tensors.push((name.to_owned(), tensor(shape, own)));
            rest = after;
        }
        Ok(tensors)
    }

    /// Writes its tensors, with `parameters` in the place of its own, as a safetensors file that
    /// [`new`](Self::new) reads: whole or not at all, in the place of what stood there.
    ///
    /// # Errors
    /// [`crate::NetworkError::Length`], [`crate::NetworkError::Weights`].
    pub fn write(&self, path: &Path, parameters: &[R], precision: Precision) -> Result<()> {
        Ok(write(path, &self.tensors(parameters)?, precision)?)
    }
}

/// A tensor in the precision that its numbers are in.
pub(crate) fn tensor<R: Real>(shape: &[usize], values: &[R]) -> Tensor {
    let is_double = size_of::<R>() == size_of::<f64>();
    let values = if is_double {
        Values::F64(values.iter().map(|value| value.wide()).collect())
    } else {
        Values::F32(values.iter().map(|value| f32::narrow(value.wide())).collect())
    };
    Tensor { shape: shape.to_owned(), values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::made;
    use crate::{Input, Keep, Room};
    use equipoise_weights::{Pick, State};

    fn output<R: Real>(network: &Network<R>, grid: [usize; 2]) -> Vec<R> {
        let plane = grid[0] * grid[1];
        let x = vec![R::narrow(0.3); network.channels() * plane];
        let context = vec![R::narrow(0.1); network.context() * plane];
        let mut out = vec![R::nan(); network.outputs() * plane];
        let input = Input { grid, x: &x, c_time: &[0.2], context: &context };
        network.run(input, Keep::Output, &mut out, &mut Room::default()).unwrap();
        out
    }

    #[test]
    fn what_is_written_is_the_network_and_a_silent_one_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        for (architecture, grid) in made::networks() {
            let mut network = made::made::<f32>(&architecture, grid);
            network.write(&path, &network.values(), Precision::AsHeld).unwrap();
            let read = Network::<f32>::new(&architecture, State::read(&path, Pick::Only).unwrap()).unwrap();
            let before = output(&network, grid);
            assert_eq!(output(&read, grid), before);
            let doubled: Vec<f32> = network.values().iter().map(|value| 2.0 * value).collect();
            network.set_values(&doubled).unwrap();
            assert_eq!(network.values(), doubled);
            assert_ne!(output(&network, grid), before);
            assert!(network.set_values(&doubled[1..]).is_err());
            network.silence();
            assert!(output(&network, grid).iter().all(|value| *value == 0.0), "{architecture:?}");
        }
    }
}
