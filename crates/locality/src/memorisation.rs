//! How near a sample comes to its training set, beside how near fresh data come.

use crate::padded::Padded;
use crate::sums::SquaredDistances;
use crate::training::Pass;
use crate::{Result, Training};
use equipoise_field::{Length, Real};
use pulp::Arch;

/// The training sample nearest to a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// The stored sample.
    pub sample: usize,
    /// Which of its shifts.
    pub shift: usize,
    /// ‖x − x_i‖/√D, in the units of the training set.
    pub distance: f64,
}

/// The nearest training sample among all shifts; of equals the first. One pass over the samples.
///
/// # Errors
/// [`LocalityError::Length`](crate::LocalityError::Length), [`LocalityError::Samples`](crate::LocalityError::Samples).
pub fn nearest<R: Real>(training: &Training<R>, x: &[R]) -> Result<Nearest> {
    let dim = training.shape().len();
    Length::check("field", x.len(), dim)?;
    let (arch, shifts) = (Arch::new(), training.shifts().len());
    let states = &Padded::new(std::iter::once(x), dim);
    let far = || Nearest { sample: 0, shift: 0, distance: f64::INFINITY };
    let nearer = |best: &mut Nearest, other: Nearest| {
        if other.distance < best.distance {
            *best = other;
        }
    };
    training.fold(
        &Pass { wanted: &|_| true, block: 1, bytes: size_of::<Nearest>() },
        &far,
        &|best, one| {
            let (mut squares, id) = ([0.0], one.ids[0]);
            let block = one.values;
            arch.dispatch(SquaredDistances { states, mu: 1.0, block, dim, out: &mut squares });
            let distance = (squares[0] / dim as f64).sqrt();
            nearer(best, Nearest { sample: id / shifts, shift: id % shifts, distance });
        },
        &mut |best, other| nearer(best, other),
    )
}

/// The distance of a sample to its training set over the median of what held-out data show: about 1
/// for a sample as new as fresh data, towards 0 for one that was recalled. NaN without held-out data.
pub fn memorisation_index(distance: f64, held_out: &[f64]) -> f64 {
    let mut sorted = held_out.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = match sorted.len() {
        0 => f64::NAN,
        n => 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]),
    };
    distance / middle
}
