//! Choosing a parameter on a truth that is not the test's.

/// What one value of a parameter led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tried {
    /// CRPS, or MAE of a point estimate, on the validation truth; `None` when it exploded.
    pub(crate) score: Option<f64>,
    pub(crate) denoiser_calls: usize,
    pub(crate) inner_iterations: usize,
}

/// What tuning found and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tuning {
    pub(crate) scores: Vec<Option<f64>>,
    pub(crate) chosen: f64,
    pub(crate) denoiser_calls: usize,
    pub(crate) inner_iterations: usize,
}

/// Tries every value of the grid, in order. Chooses the one of least score, of equals the first;
/// `published` where all explode.
pub(crate) fn tune<E>(
    grid: &[f64],
    published: f64,
    mut attempt: impl FnMut(f64) -> Result<Tried, E>,
) -> Result<Tuning, E> {
    let tried = grid.iter().map(|value| attempt(*value)).collect::<Result<Vec<_>, E>>()?;
    let usable = |score: Option<f64>| score.filter(|score| score.is_finite());
    let scored = grid.iter().zip(&tried).filter_map(|(value, tried)| Some((*value, usable(tried.score)?)));
    let best = scored.reduce(|best, next| if next.1 < best.1 { next } else { best });
    Ok(Tuning {
        scores: tried.iter().map(|tried| usable(tried.score)).collect(),
        chosen: best.map_or(published, |(value, _)| value),
        denoiser_calls: tried.iter().map(|tried| tried.denoiser_calls).sum(),
        inner_iterations: tried.iter().map(|tried| tried.inner_iterations).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    const GRID: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

    fn tuned(score: impl Fn(f64) -> Option<f64>) -> Tuning {
        let attempt = |value: f64| {
            Ok::<_, Infallible>(Tried {
                score: score(value),
                denoiser_calls: value as usize,
                inner_iterations: 1,
            })
        };
        tune(&GRID, 2.0, attempt).unwrap_or_else(|never| match never {})
    }

    #[test]
    fn the_best_value_is_chosen_and_every_call_is_counted() {
        let found = tuned(|value| Some((value - 3.9).abs()));
        assert_eq!(found.chosen.to_bits(), 4f64.to_bits());
        assert_eq!((found.denoiser_calls, found.inner_iterations, found.scores.len()), (15, 4, 4));
    }

    /// The exploding value would have the least score, the NaN would compare with nothing.
    #[test]
    fn what_explodes_is_never_chosen() {
        let found = tuned(|value| match value {
            1.0 => None,
            2.0 => Some(f64::NAN),
            value => Some(value),
        });
        assert_eq!(found.chosen.to_bits(), 4f64.to_bits());
        assert_eq!(found.scores, [None, None, Some(4.0), Some(8.0)]);
        assert_eq!(tuned(|_| None).chosen.to_bits(), 2f64.to_bits());
    }

    #[test]
    fn of_equals_the_first() {
        assert_eq!(tuned(|_| Some(1.0)).chosen.to_bits(), 1f64.to_bits());
    }
}
