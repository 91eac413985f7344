//! SDA's network composed over trajectories longer than its window.

use crate::AgreementError;
use crate::bench::Bench;
use crate::kernel::direction;
use crate::quantity::Product;
use crate::trajectory::Trajectories;
use equipoise_denoiser::Tape;
use equipoise_field::Real;
use equipoise_schedule::Level;

/// No level is asked of a noise estimate: it bears its time.
const NO_LEVEL: Level = Level { mu: 1.0, sigma: 1.0 };

/// ε̂, Jᵀv or J v of the trajectories of a group at the first of its times.
pub(crate) fn products<R: Real>(
    bench: &Bench<'_, R>,
    path: &str,
    group: &str,
    product: Product,
) -> Result<Vec<R>, AgreementError> {
    let x = Trajectories::read(bench, &format!("{group}/x"))?;
    let times = bench.times(&format!("{group}/t"), path, &x.array.shape)?;
    let v = direction(bench, product, &format!("{group}/v"), &x.array)?;
    let mut out = Vec::new();
    for time in times {
        let noise = x.composed(bench.noise(x.grid, time))?;
        let (mut tape, mut eps) = (Tape::new(), vec![R::zero(); x.array.values.len()]);
        let mut local = noise.linearise(&x.array.values, NO_LEVEL, &mut eps, &mut tape)?;
        let mut of_v = vec![R::zero(); v.len()];
        match product {
            Product::Output => {}
            Product::Vjp => local.vjp(&v, &mut of_v)?,
            Product::Jvp => local.jvp(&v, &mut of_v)?,
        }
        drop(local);
        out.extend(if product == Product::Output { eps } else { of_v });
    }
    Ok(out)
}
