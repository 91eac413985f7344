//! The colour limit that all pictures of a dataset share.

/// A robust colour limit: the `quantile` of |ω| over the finite cells outside `solid`, rounded up
/// to two significant digits so that the colour bar carries short numbers.
///
/// `planes` are the truth's vorticity frames, each of H·W cells; `solid` marks cells inside a body
/// and may be left out; `quantile` ∈ [0, 1], 0.995 being the usual choice. Returns 1 when no cell
/// counts or all of them are zero. One sort over all cells.
///
/// # Panics
/// If `quantile` lies outside [0, 1].
pub fn robust_limit(planes: &[&[f32]], solid: Option<&[bool]>, quantile: f64) -> f64 {
    assert!((0.0..=1.0).contains(&quantile), "robust_limit: quantile {quantile} outside [0, 1]");
    let outside = |cell: usize| !solid.is_some_and(|s| s.get(cell).copied().unwrap_or(false));
    let mut sizes: Vec<f32> = planes
        .iter()
        .flat_map(|plane| plane.iter().enumerate())
        .filter(|(cell, value)| outside(*cell) && value.is_finite())
        .map(|(_, value)| value.abs())
        .collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let Some(last) = sizes.len().checked_sub(1) else { return 1.0 };
    let size = f64::from(sizes[(quantile * last as f64).round() as usize]);
    if size > 0.0 { round_up(size) } else { 1.0 }
}

/// The least number of two significant digits that is not below `size` by more than rounding.
fn round_up(size: f64) -> f64 {
    let unit = size.log10().floor() as i32 - 1;
    let digits = (size / 10f64.powi(unit) * (1.0 - 4.0 * f64::from(f32::EPSILON))).ceil();
    if unit < 0 { digits / 10f64.powi(-unit) } else { digits * 10f64.powi(unit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_of_the_sizes_of_a_ramp() {
        let ramp: Vec<f32> = (-1000..=1000).map(|i| i as f32 / 100.0).collect();
        assert_eq!(robust_limit(&[&ramp], None, 1.0).to_bits(), 10.0f64.to_bits());
        assert_eq!(robust_limit(&[&ramp], None, 0.5).to_bits(), 5.0f64.to_bits());
        assert_eq!(robust_limit(&[&ramp], None, 0.995).to_bits(), 10.0f64.to_bits());
        assert_eq!(robust_limit(&[&ramp], None, 0.123).to_bits(), 1.3f64.to_bits());
    }

    #[test]
    fn solid_and_not_finite_cells_do_not_count() {
        let plane = [1.0, 900.0, f32::NAN, -2.0];
        let solid = [false, true, false, false];
        assert_eq!(robust_limit(&[&plane, &plane], Some(&solid), 1.0).to_bits(), 2.0f64.to_bits());
    }

    #[test]
    fn nothing_to_measure_gives_one() {
        assert_eq!(robust_limit(&[], None, 0.995).to_bits(), 1.0f64.to_bits());
        assert_eq!(robust_limit(&[&[0.0; 5]], None, 0.995).to_bits(), 1.0f64.to_bits());
        assert_eq!(robust_limit(&[&[f32::NAN]], None, 0.995).to_bits(), 1.0f64.to_bits());
    }
}
