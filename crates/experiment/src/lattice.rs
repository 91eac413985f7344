//! The operator of a flow: a regular lattice without cells that hold no flow.

use crate::{BoxError, Error};
use equipoise_field::Shape;
use equipoise_operator::{LinearOperator, Mask, Subsample};
use std::sync::Arc;

/// A at every `sub`-th row and column of every plane (T, C, H, W), without the cells that `hidden`, flat (H, W), tells.
///
/// # Errors
/// For a stride that the grid does not allow; [`Error::Setting`] where the lattice meets hidden cells alone.
pub fn lattice(
    shape: Shape,
    sub: usize,
    hidden: Option<&[bool]>,
) -> Result<Arc<dyn LinearOperator<f32>>, BoxError> {
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
    use equipoise_operator::Selection;

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
}
