//! Jᵀv against differences of x̂.

use crate::{LEVEL, all, assert_near, denoise, noisy, over, samples, vjp};
use equipoise_denoiser::{Closure, Denoiser, DenoiserError, check_denoiser};
use equipoise_field::{Boundary, Shape, sum};
use equipoise_locality::{Optimal, Patch, Pixelwise};
use equipoise_schedule::Level;

#[test]
fn products_are_the_slopes() {
    for shape in [Shape::new(1, 2, 4, 6), Shape::new(2, 1, 5, 3)] {
        for level in [LEVEL, Level { mu: 0.3, sigma: 1.4 }] {
            for (name, denoiser) in all(shape, 40) {
                let x_t = noisy(shape, level);
                let found = check_denoiser(denoiser.as_ref(), &x_t, level, shape);
                let untested = found.unwrap_or_else(|e| panic!("{name}: {e}")).untested;
                assert_eq!(untested, [""; 0], "{name}");
            }
        }
    }
}

/// `of` with the last channel of its product 2 % off.
fn spoiled(of: &dyn Denoiser<f32>, shape: Shape) -> impl Denoiser<f32> + '_ {
    Closure::new(
        shape.len(),
        move |x: &[f32], level, out: &mut [f32]| Ok(of.denoise(x, level, out)?),
        move |x: &[f32], level, v: &[f32], out: &mut [f32]| {
            of.vjp(x, level, v, out)?;
            out[shape.len() - shape.plane()..].iter_mut().for_each(|o| *o *= 1.02);
            Ok(())
        },
    )
}

/// In `f32` on longer fields, where a product 2 % off in a channel is found.
#[test]
fn single_precision_conforms() {
    let shape = Shape::new(1, 2, 12, 16);
    let narrow = |v: Vec<f64>| v.into_iter().map(|x| x as f32).collect::<Vec<f32>>();
    let level = Level { mu: 0.3, sigma: 2.0 };
    let x_t = narrow(noisy(shape, level));
    let set = || over(shape, narrow(samples(shape, 30)));
    let local = Pixelwise::local(set(), Patch::square(2, Boundary::Periodic));
    for denoiser in [&Optimal::new(set()) as &dyn Denoiser<f32>, &local] {
        let found = check_denoiser(denoiser, &x_t, level, shape).unwrap();
        assert_eq!(found.untested, [""; 0]);
        let found = check_denoiser(&spoiled(denoiser, shape), &x_t, level, shape);
        assert!(matches!(found, Err(DenoiserError::Slope { .. })), "{found:?}");
    }
}

/// J of the optimal denoiser is symmetric; that of a local one is not, so a jvp in its place would show.
#[test]
fn only_the_optimal_jacobian_is_symmetric() {
    let shape = Shape::new(1, 2, 4, 6);
    let x_t = noisy(shape, LEVEL);
    let unit = |m: usize| (0..shape.len()).map(|i| if i == m { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    for (name, denoiser) in all(shape, 40) {
        let rows: Vec<Vec<f64>> =
            (0..shape.len()).map(|m| vjp(denoiser.as_ref(), &x_t, LEVEL, &unit(m))).collect();
        let flat: Vec<f64> = rows.concat();
        let turned: Vec<f64> = (0..shape.len()).flat_map(|n| rows.iter().map(move |row| row[n])).collect();
        if name == "optimal" {
            assert_near(name, &flat, &turned, 1e-12);
        } else {
            let skew = sum::squared_distance(&flat, &turned).sqrt() / sum::norm(&flat);
            assert!(skew > 0.01, "{name}: {skew}");
        }
        let x_hat = denoise(denoiser.as_ref(), &x_t, LEVEL);
        assert!(x_hat.iter().all(|x| x.is_finite()));
    }
}
