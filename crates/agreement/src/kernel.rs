//! SDA's network on one window: noise estimate, products with its Jacobian, time embedding.

use crate::AgreementError;
use crate::bench::Bench;
use crate::quantity::Product;
use crate::subject::At;
use crate::values::{Array, expect};
use equipoise_field::Real;

const X: &str = "kernel/x";
const V: &str = "kernel/v";

/// ε̂, Jᵀv or J v of the windows of the file at the first of its times, as many as the dataset has rows.
pub(crate) fn products<R: Real>(
    bench: &Bench<'_, R>,
    path: &str,
    product: Product,
) -> Result<Vec<R>, AgreementError> {
    let (x, grid) = windows(bench)?;
    let times = bench.times("t", path, &x.shape)?;
    let v = direction(bench, product, V, &x)?;
    let mut out = Vec::new();
    for time in times {
        out.extend(bench.subject.product(
            &At { grid, x: &x.values, times: &[time], context: &[] },
            product,
            &v,
        )?);
    }
    Ok(out)
}

/// ε̂ of the windows at one time each, those of the attribute `t`.
pub(crate) fn each<R: Real>(bench: &Bench<'_, R>, path: &str) -> Result<Vec<R>, AgreementError> {
    let (x, grid) = windows(bench)?;
    let times = bench.values.numbers(path, "t")?;
    let mut expected = x.shape.clone();
    expected[0] = times.len();
    expect(path, &bench.values.shape(path)?, &expected)?;
    x.expect(&expected)?;
    bench.subject.product(&At { grid, x: &x.values, times: &times, context: &[] }, Product::Output, &[])
}

/// The time embedding at the first times of the file.
pub(crate) fn embeddings<R: Real>(bench: &Bench<'_, R>, path: &str) -> Result<Vec<R>, AgreementError> {
    bench.subject.is_sda()?;
    let width = bench.subject.embedding(0.0)?.len();
    let times = bench.times("t", path, &[width])?;
    let mut out = Vec::new();
    for time in times {
        out.extend(bench.subject.embedding(time)?);
    }
    Ok(out)
}

/// v for a product that takes one, of the shape of x.
pub(crate) fn direction<R: Real>(
    bench: &Bench<'_, R>,
    product: Product,
    dataset: &str,
    x: &Array<R>,
) -> Result<Vec<R>, AgreementError> {
    if product == Product::Output {
        return Ok(Vec::new());
    }
    let v = bench.values.array::<R>(dataset)?;
    v.expect(&x.shape)?;
    Ok(v.values)
}

fn windows<R: Real>(bench: &Bench<'_, R>) -> Result<(Array<R>, [usize; 2]), AgreementError> {
    bench.subject.is_sda()?;
    bench.planes(X)
}
