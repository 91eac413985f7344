//! What a network is handed beside the state, made from what is known of a flow.

use crate::error::fault;
use crate::{Moves, Result};
use equipoise_data::{Coordinates, Dataset};
use equipoise_field::Axis;

/// The channel of the force of a driven flow.
pub(crate) const FORCING: &str = "forcing";

/// The largest difference, over the largest number, that a move may make to a channel.
const SAME: f64 = 1e-9;

/// Channels of H·W numbers, by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Channels {
    names: Vec<String>,
    /// (channels, H, W).
    pub(crate) values: Vec<f64>,
    width: usize,
}

impl Channels {
    /// `forcing`: sin(k·2πy/L_y), of flows that it drives; `x`, `y`: from −1 to 1 across the grid, at the centres of
    /// cells; `solid`: 1 where there is no flow.
    ///
    /// # Errors
    /// [`crate::TrainingError::Config`] for another name, and for what the flow does not have.
    pub(crate) fn of(names: &[String], data: &Dataset) -> Result<Self> {
        let mut values = Vec::new();
        for (k, name) in names.iter().enumerate() {
            if names[..k].contains(name) {
                return Err(fault("network.context", name, "each channel once"));
            }
            values.extend(channel(name, data)?);
        }
        Ok(Self { names: names.to_owned(), values, width: data.shape(1).width })
    }

    /// The moves that leave every channel as it is; where they were asked for, that all do.
    ///
    /// # Errors
    /// [`crate::TrainingError::Config`] with a symmetry that was asked for, and the channel that it changes.
    pub(crate) fn allow(&self, mut moves: Moves, asked: bool) -> Result<Moves> {
        let plane = self.values.len() / self.names.len().max(1);
        let mut moved = vec![0.0; plane];
        let mut changes = |by| {
            let mut planes = self.names.iter().zip(self.values.chunks_exact(plane.max(1)));
            planes.find_map(|(name, values)| {
                match name.as_str() {
                    FORCING => moves.component(by, self.width, values, &mut moved),
                    _ => moves.plane(by, self.width, values, &mut moved),
                }
                let same = values.iter().zip(&moved).all(|(a, b)| (a - b).abs() <= SAME);
                (!same).then(|| name.clone())
            })
        };
        let mut changed = Vec::new();
        for symmetry in moves.symmetries() {
            if let Some(name) = changes(moves.generator(*symmetry)) {
                if asked {
                    let expected =
                        format!("symmetries that leave the context as it is; this one moves `{name}`");
                    return Err(fault("windows.augment", symmetry, expected));
                }
                changed.push(moves.generator(*symmetry));
            }
        }
        moves.retain(|by| !changed.contains(&by));
        Ok(moves)
    }
}

fn channel(name: &str, data: &Dataset) -> Result<Vec<f64>> {
    let (shape, grid) = (data.shape(1), data.grid());
    let (high, wide) = (shape.height, shape.width);
    let along = |axis: Axis, of: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        let cells = (0..high).flat_map(|i| (0..wide).map(move |j| (i, j)));
        cells.map(|(i, j)| if axis == Axis::H { of(i, high) } else { of(j, wide) }).collect()
    };
    let centred = |k: usize, n: usize| (2 * k + 1) as f64 / n as f64 - 1.0;
    match name {
        "x" => Ok(along(grid.x_axis, &centred)),
        "y" => Ok(along(grid.y_axis(), &centred)),
        FORCING => {
            let Some(waves) = data.kind().convention().forced else {
                let expected = format!("a flow that is known to be forced; this one is {}", data.kind());
                return Err(fault("network.context", name, expected));
            };
            let first = Coordinates::from_forcing(data)?.0 / grid.dy;
            let wave = |k: usize, n: usize| {
                (std::f64::consts::TAU * waves as f64 * (first + k as f64) / n as f64).sin()
            };
            Ok(along(grid.y_axis(), &wave))
        }
        "solid" => {
            let solid = data.solid().ok_or_else(|| {
                fault("network.context", name, "a flow with a mask or a cylinder; this one has neither")
            })?;
            Ok(solid.iter().map(|solid| f64::from(u8::from(*solid))).collect())
        }
        other => Err(fault("network.context", other, "forcing, x, y or solid")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_data::samples::Sample;
    use equipoise_data::{LoadOptions, Symmetry, load};

    fn words(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_forcing_is_left_alone_by_all_symmetries_and_coordinates_are_not() {
        let data = load(&Sample::KolmogorovTest.path().unwrap(), &LoadOptions::default()).unwrap();
        let moves = || Moves::of(&data, None).unwrap();
        let allowed =
            |names: &[&str], asked| Channels::of(&words(names), &data).unwrap().allow(moves(), asked);
        assert_eq!(allowed(&["forcing"], true).unwrap().symmetries(), Symmetry::FORCED);
        assert_eq!(allowed(&[], true).unwrap().symmetries(), Symmetry::FORCED);
        assert_eq!(allowed(&["forcing", "y"], false).unwrap().symmetries(), [Symmetry::ShiftX]);
        assert!(allowed(&["x"], false).unwrap().symmetries().contains(&Symmetry::ShiftY));
        let message = allowed(&["x"], true).unwrap_err().to_string();
        assert!(message.contains("shift_x") && message.contains("`x`"), "{message}");
        for (names, named) in
            [(&["z"][..], "forcing, x, y or solid"), (&["solid"], "neither"), (&["x", "x"], "once")]
        {
            let message = Channels::of(&words(names), &data).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
        let forcing = Channels::of(&words(&["forcing"]), &data).unwrap().values;
        // SDA's buffer: sin(4·2π(j + ½)/64) along the last axis.
        let first = (4.0 * std::f64::consts::TAU * 0.5 / 64.0f64).sin();
        assert!((forcing[0] - first).abs() < 1e-15 && (forcing[64] - first).abs() < 1e-15);
    }

    #[test]
    fn the_wake_has_a_solid_and_no_forcing() {
        let data = load(&Sample::IbpmTest.path().unwrap(), &LoadOptions::default()).unwrap();
        let channels = Channels::of(&words(&["x", "y", "solid"]), &data).unwrap();
        let plane = data.shape(1).plane();
        let cells: f64 = channels.values[2 * plane..].iter().sum();
        let expected = data.solid().unwrap().iter().filter(|solid| **solid).count();
        assert!((cells - expected as f64).abs() < 0.5 && expected > 0);
        assert!(Channels::of(&words(&["forcing"]), &data).is_err());
    }
}
