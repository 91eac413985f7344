//! The operator of a flow: a regular lattice without cells that hold no flow.

use crate::{Boxed, Error};
use equipoise_field::Shape;
use equipoise_operator::{LinearOperator, Mask, Subsample};
use std::sync::Arc;

/// A at every `sub`-th row and column of every plane (T, C, H, W), without the cells that `hidden`, flat (H, W), tells.
///
/// # Errors
/// For a stride that the grid does not allow; [`Error::Setting`] where the lattice meets hidden cells alone.
pub fn lattice(shape: Shape, sub: usize, hidden: Option<&[bool]>) -> Boxed<Arc<dyn LinearOperator<f32>>> {
    let all = Subsample::new(shape, sub)?;
    let seen = |i: &usize| {
        let (h, w) = (i / shape.width % shape.height, i % shape.width);
        h.is_multiple_of(sub)
            && w.is_multiple_of(sub)
            && !hidden.is_some_and(|hidden| hidden[h * shape.width + w])
    };
    let points: Vec<usize> = (0..shape.len()).filter(seen).collect();
    if points.len() == all.count() {
        return Ok(Arc::new(all));
    }
    if points.is_empty() {
        let expected = "a stride whose lattice meets cells without a mask";
        return Err(Box::new(Error::Setting { field: "sub", found: sub.to_string(), expected }));
    }
    Ok(Arc::new(Mask::new(shape.len(), points)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Base, Flow, FlowRequest, PriorSource, Problem, counts};
    use equipoise_data::store::{Existing, Writer};
    use equipoise_data::{Dataset, Kind, LoadOptions, NoiseLevel, NormalizerKind};
    use equipoise_field::{Axis, Boundary, Grid};
    use equipoise_operator::Selection;
    use equipoise_prior::{DenoiserName, Model, Prior, Settings};
    use equipoise_scaling::NConvention;
    use equipoise_stream::Stream;

    /// What is observed is what a hand counts; a lattice that meets no hidden cell stays a lattice.
    #[test]
    fn hidden_cells_are_no_observations() {
        let shape = Shape::new(2, 1, 4, 6);
        let hidden: Vec<bool> = (0..24).map(|i| [2, 13, 16].contains(&i)).collect();
        let of = |sub, hidden| lattice(shape, sub, hidden);
        let operator = of(2, Some(&hidden[..])).unwrap();
        let Selection::Points(points) = operator.selection() else { panic!("points") };
        assert_eq!(points, [0, 4, 12, 14, 24, 28, 36, 38]);
        let x: Vec<f32> = (0..48).map(|i| i as f32).collect();
        let mut y = vec![0.0; operator.len_out()];
        operator.apply(&x, &mut y);
        assert_eq!(y, [0.0, 4.0, 12.0, 14.0, 24.0, 28.0, 36.0, 38.0]);
        for (sub, hidden) in [(3, Some(&hidden[..])), (2, None)] {
            let operator = of(sub, hidden).unwrap();
            assert!(matches!(operator.selection(), Selection::Lattice { .. }), "{sub}");
        }
        let corner: Vec<bool> = (0..24).map(|i| i == 0).collect();
        let message = of(4, Some(&[true; 24])).err().unwrap().to_string();
        assert!(message.starts_with("plan, sub: found 4, expected a stride"), "{message}");
        assert_eq!(of(4, Some(&corner)).unwrap().len_out(), 2);
    }

    /// Masked cells are neither observed, nor counted, nor part of errors, also where the cylinder's cells are.
    #[test]
    fn a_flow_under_a_mask_is_what_the_others_are() {
        let folder = tempfile::tempdir().unwrap();
        let [path, test] = ["prior.h5", "test.h5"].map(|name| folder.path().join(name));
        let (grid, series) = (
            Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary: Boundary::Periodic },
            Shape::new(9, 2, 4, 6),
        );
        let values: Vec<f32> = Stream::new("data").normal(0, series.len());
        let writer = Writer::create(&test, Existing::Refuse).unwrap();
        writer.write("x", &[1, 9, 2, 4, 6], &values).unwrap();
        for (name, text) in [("axes", "NTCHW"), ("kind", "generic"), ("boundary", "periodic")] {
            writer.set_text(name, text).unwrap();
        }
        writer.finish().unwrap();
        let mask = equipoise_data::Mask::new(6, (0..24).map(|i| [0, 3, 14].contains(&i)).collect()).unwrap();
        let data = Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap().masked(mask).unwrap();
        let (model, normalizer) = (Model::Stationary, NormalizerKind::Channel);
        let prior = Prior::fit(&data, &Settings { window: 2, model, normalizer, ridge: 1e-3 }).unwrap();
        prior.save(&path, Existing::Refuse).unwrap();
        let flow = Flow::open(&FlowRequest {
            name: "coast".into(),
            data: test,
            prior: PriorSource::File { path, train: None },
            denoisers: vec![DenoiserName::wiener()],
            load: LoadOptions { axes: "NTCHW".parse().ok(), ..LoadOptions::default() },
            noise: NoiseLevel::Normalised(0.1),
            include_solid: true,
        })
        .unwrap();
        assert_eq!(flow.included().iter().filter(|included| !**included).count(), 3);
        let problem = Problem::new(&flow, Arc::new(flow.prior().denoiser().unwrap()), 2).unwrap();
        // Of 6 cells of the lattice (0, 0) and (2, 2) are masked.
        assert_eq!(problem.operator().len_out(), 4 * 4);
        let both = [&problem.observed, &problem.unobserved]
            .map(|flags| flags.as_ref().unwrap().iter().filter(|flag| **flag).count());
        assert_eq!(both, [4 * 4, 4 * 17]);
        let y = problem.draw(&flow, 7).unwrap();
        assert_eq!(y.values().len(), 16);
        let base = Base { n_convention: NConvention::True, ..Base::default() };
        assert_eq!(counts(base, &flow, 2).unwrap().0, 16);
        assert!(flow.check_sub(2).is_ok());
    }
}
