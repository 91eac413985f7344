//! How well a prior foretells the next frame.

use crate::lattices::{pack, unpacked};
use crate::matrix::{cholesky, solve_lower, solve_upper};
use crate::prior::{Form, size};
use crate::{Markov, MarkovError};
use equipoise_field::{Real, sum};
use ndarray::{Array1, Array2, Axis};

/// Errors of the next frame, root mean square over frames and entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneStep {
    /// Of E[x_{τ+1} given x_τ].
    pub error: f64,
    /// Of x_τ in its place: persistence.
    pub persistence: f64,
    /// Of the prior mean.
    pub mean: f64,
    /// Pairs of frames.
    pub pairs: usize,
}

/// The errors over all neighbouring frames of series of (C, H, W), in the prior's units.
///
/// A frame is known without noise. Of modes E[a given x_τ] is C₀(C₀ + λ_⊥I)⁻¹Uᵀ(x_τ − m).
///
/// # Errors
/// [`MarkovError::Size`] for series that are not whole frames or hold no neighbours, [`MarkovError::Factor`].
pub fn one_step<R: Real>(markov: &Markov, series: &[&[R]]) -> Result<OneStep, MarkovError> {
    let frame = markov.shape().frame();
    let mut squares = [0.0; 3];
    let mut pairs = 0;
    let foretell = foreteller(markov)?;
    for s in series {
        size("numbers of a series", s.len() % frame, 0)?;
        let frames: Vec<&[R]> = s.chunks(frame).collect();
        for pair in frames.windows(2) {
            let about =
                |x: &[R]| -> Vec<f64> { x.iter().zip(markov.mean()).map(|(x, m)| x.wide() - m).collect() };
            let (before, after) = (about(pair[0]), about(pair[1]));
            for (sum, guess) in squares.iter_mut().zip([&foretell(&before), &before]) {
                *sum += sum::squared_distance(guess, &after);
            }
            squares[2] += sum::of(frame, |i| after[i] * after[i]);
            pairs += 1;
        }
    }
    if pairs == 0 {
        return Err(MarkovError::Size { what: "pairs of neighbouring frames", found: 0, expected: 1 });
    }
    let [error, persistence, mean] = squares.map(|s| (s / (pairs * frame) as f64).sqrt());
    Ok(OneStep { error, persistence, mean, pairs })
}

/// x_τ − m → E[x_{τ+1} given x_τ] − m.
type Foretell<'a> = Box<dyn Fn(&[f64]) -> Vec<f64> + 'a>;

fn foreteller(markov: &Markov) -> Result<Foretell<'_>, MarkovError> {
    match markov.form() {
        Form::Modes(form) => {
            // A C₀ (C₀ + λ_⊥ I)⁻¹ Uᵀ; with nothing white that is A Uᵀ, C₀ singular or not.
            let mut inner = form.basis.t().to_owned();
            if form.white > 0.0 {
                let known = form.chain.c0() + &(Array2::<f64>::eye(form.chain.dim()) * form.white);
                let factor = cholesky(&known, "C₀ + λI")?;
                solve_lower(&factor, &mut inner);
                solve_upper(&factor, &mut inner);
                inner = form.chain.c0().dot(&inner);
            }
            let step = form.chain.transition().dot(&inner);
            Ok(Box::new(move |x| {
                let a = step.dot(&Array1::from(x.to_vec()).insert_axis(Axis(1)));
                form.basis.dot(&a).into_iter().collect()
            }))
        }
        Form::Wavenumbers(form) => {
            let (shape, spectrum) = (markov.shape(), &form.spectrum);
            Ok(Box::new(move |x| {
                let mut packed = vec![0.0; x.len()];
                spectrum.forward(x, &mut packed);
                for (k, chain) in form.chains.iter().enumerate() {
                    let z: Array1<_> =
                        packed.chunks(shape.plane()).map(|plane| unpacked(spectrum, plane, k)).collect();
                    for (plane, z) in packed.chunks_mut(shape.plane()).zip(chain.transition().dot(&z)) {
                        pack(spectrum, plane, k, z);
                    }
                }
                let mut out = vec![0.0; x.len()];
                spectrum.backward(&packed, &mut out);
                out
            }))
        }
    }
}
