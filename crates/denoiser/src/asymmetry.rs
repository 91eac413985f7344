//! How far the Jacobian of a denoiser is from a symmetric one, by random probes.

use crate::error::finite;
use crate::{Denoiser, DenoiserError, Linearised, Result, Tape};
use equipoise_field::{Length, Real, sum};
use equipoise_schedule::Level;
use equipoise_stream::Stream;

/// ‖J − Jᵀ‖/‖J‖ at one state, in the norm of Frobenius, as probes see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asymmetry {
    /// The ratio: 0 for a symmetric J, up to its rounding, √2 where Jᵀ is orthogonal to J, at most 2. NaN
    /// where every Jᵀv is zero.
    pub ratio: f64,
    /// Random vectors it is made of.
    pub probes: usize,
    /// Whether J v was at hand. Without it the skew part is seen through pairs of vectors, which takes more of
    /// them.
    pub direct: bool,
}

/// The asymmetry of J at `x_t`, of one member, from `probes` ≥ 2 vectors of independent standard normal entries,
/// named by `stream`.
///
/// > ‖J − Jᵀ‖² = E‖(J − Jᵀ)v‖² where J v is known, else E(⟨Jᵀu, v⟩ − ⟨Jᵀv, u⟩)² over pairs u ≠ v, and
/// > ‖J‖² = E‖Jᵀv‖².
///
/// One linearisation and a product Jᵀv a probe, one J v too where there is one; every pair of probes is taken.
/// Of n probes the direct ratio errs by about 1/√n of itself at most, and far less where J has many singular
/// values of one size; the other by about 1/n of itself. Hutchinson 1989 (Communications in Statistics 18, 1059).
///
/// # Errors
/// [`DenoiserError::Probes`] for fewer than 2, [`DenoiserError::Length`] unless `x_t` is of D numbers,
/// [`DenoiserError::NotFinite`] for a product that is not finite; what the denoiser returns.
pub fn asymmetry<R: Real>(
    denoiser: &dyn Denoiser<R>,
    x_t: &[R],
    level: Level,
    probes: usize,
    stream: Stream,
) -> Result<Asymmetry> {
    let dim = denoiser.dim();
    Length::check("x_t", x_t.len(), dim)?;
    if probes < 2 {
        return Err(DenoiserError::Probes { found: probes });
    }
    let (mut x_hat, mut tape) = (vec![R::zero(); dim], Tape::new());
    let mut local = denoiser.linearise(x_t, level, &mut x_hat, &mut tape)?;
    let v: Vec<Vec<R>> = (0..probes).map(|probe| stream.normal(probe as u64, dim)).collect();
    let mut back = vec![vec![R::nan(); dim]; probes];
    for (v, back) in v.iter().zip(&mut back) {
        local.vjp(v, back)?;
        finite("Jᵀv", back)?;
    }
    let size = sum::of(probes, |k| sum::squared_norm(&back[k])) / probes as f64;
    let (skew, direct) = match skew_part(&mut *local, &v, &back)? {
        Some(skew) => (skew, true),
        None => (skew_of_pairs(&v, &back), false),
    };
    Ok(Asymmetry { ratio: (skew / size).sqrt(), probes, direct })
}

/// The mean of ‖(J − Jᵀ)v‖², where J v is known.
fn skew_part<R: Real>(
    local: &mut (dyn Linearised<R> + '_),
    v: &[Vec<R>],
    back: &[Vec<R>],
) -> Result<Option<f64>> {
    let mut total = 0.0;
    for (v, back) in v.iter().zip(back) {
        let mut ahead = vec![R::nan(); v.len()];
        match local.jvp(v, &mut ahead) {
            Err(DenoiserError::Unknown { .. }) => return Ok(None),
            outcome => outcome?,
        }
        finite("J v", &ahead)?;
        total += sum::squared_distance(&ahead, back);
    }
    Ok(Some(total / v.len() as f64))
}

/// The mean of (⟨Jᵀu, v⟩ − ⟨Jᵀv, u⟩)² over all pairs.
fn skew_of_pairs<R: Real>(v: &[Vec<R>], back: &[Vec<R>]) -> f64 {
    let pairs = (0..v.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let square = |(i, j): (usize, usize)| (sum::dot(&back[i], &v[j]) - sum::dot(&back[j], &v[i])).powi(2);
    let count = (v.len() * (v.len() - 1) / 2) as f64;
    pairs.map(square).sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Closure;

    const LEVEL: Level = Level { mu: 0.8, sigma: 0.6 };
    const DIM: usize = 64;

    /// J = I + c S, S the skew circulant that moves entry i to i + 1 and, with −1, back.
    struct Turned {
        skew: f64,
        ahead: bool,
    }

    impl Turned {
        fn product(&self, skew: f64, v: &[f64], out: &mut [f64]) {
            for i in 0..DIM {
                out[i] = v[i] + skew * (v[(i + 1) % DIM] - v[(i + DIM - 1) % DIM]);
            }
        }
    }

    impl Denoiser<f64> for Turned {
        fn dim(&self) -> usize {
            DIM
        }
        fn denoise(&self, x: &[f64], _: Level, out: &mut [f64]) -> Result<()> {
            self.product(self.skew, x, out);
            Ok(())
        }
        fn vjp(&self, _: &[f64], _: Level, v: &[f64], out: &mut [f64]) -> Result<()> {
            self.product(-self.skew, v, out);
            Ok(())
        }
        fn jvp(&self, _: &[f64], _: Level, v: &[f64], out: &mut [f64]) -> Result<()> {
            if !self.ahead {
                return Err(DenoiserError::Unknown { what: "J v" });
            }
            self.product(self.skew, v, out);
            Ok(())
        }
    }

    /// ‖J − Jᵀ‖² = 8c²D, ‖J‖² = (1 + 2c²)D. Over 16 probes of 64 numbers the direct ratio has a standard error of
    /// about 4 %, by 120 pairs of about 7 %; four are allowed.
    #[test]
    fn a_known_asymmetry_is_found_with_and_without_the_product() {
        for skew in [0.02, 0.3, 2.0f64] {
            let expected = (8.0 * skew * skew / (1.0 + 2.0 * skew * skew)).sqrt();
            for (ahead, bound) in [(true, 0.16), (false, 0.28)] {
                let turned = Turned { skew, ahead };
                let found = asymmetry(&turned, &[0.1; DIM], LEVEL, 16, Stream::new("probes")).unwrap();
                assert_eq!(found.direct, ahead);
                assert!((found.ratio / expected - 1.0).abs() < bound, "{skew} {ahead}: {found:?} {expected}");
            }
        }
    }

    #[test]
    fn a_symmetric_jacobian_has_none() {
        for ahead in [true, false] {
            let turned = Turned { skew: 0.0, ahead };
            let found = asymmetry(&turned, &[0.1; DIM], LEVEL, 4, Stream::new("probes")).unwrap();
            assert!(found.ratio < 1e-14, "{found:?}");
        }
    }

    #[test]
    fn too_few_probes_and_broken_products_are_told() {
        let turned = Turned { skew: 1.0, ahead: true };
        let stream = Stream::new("probes");
        let error = asymmetry(&turned, &[0.1; DIM], LEVEL, 1, stream).unwrap_err().to_string();
        assert_eq!(error, "probes: found 1 random vector(s), expected at least 2");
        let broken = Closure::new(
            1,
            |_: &[f64], _, out: &mut [f64]| {
                out.fill(0.0);
                Ok(())
            },
            |_, _, _, out| {
                out.fill(f64::NAN);
                Ok(())
            },
        );
        let error = asymmetry(&broken, &[0.0], LEVEL, 2, stream).unwrap_err().to_string();
        assert_eq!(error, "Jᵀv, entry 0: found NaN, expected a finite number");
    }
}
