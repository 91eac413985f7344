//! The suite that every backend of the reduction runs: [`Backend`]'s definition, bit for bit.

use crate::{Backend, Gradient, LikelihoodError, Observation, Statistics, Variance};
use equipoise_field::sum::{self, BLOCK, LANES, PARALLEL_FROM};
use equipoise_field::{Real, Shape};
use equipoise_operator::{LinearOperator, Subsample};

/// Runs `backend` over sizes at and beside every edge of the reduction tree, strides that divide
/// the grid and that do not, the three kinds of variance, residuals that are not finite, and
/// arguments that must be refused.
///
/// # Panics
/// With the case at fault, if the backend departs from the definition.
pub fn check_backend<R: Real>(backend: &impl Backend<R>) {
    let edges = [0, 1, LANES - 1, LANES, LANES + 1, BLOCK - 1, BLOCK, BLOCK + 1];
    for count in edges.into_iter().chain([3 * BLOCK + LANES + 5, PARALLEL_FROM + BLOCK + 3]) {
        for hostile in [false, true] {
            compact(backend, count, hostile);
        }
    }
    for (shape, stride) in [
        (Shape::new(1, 1, 1, 1), 1),
        (Shape::new(2, 2, 9, 13), 4),
        (Shape::new(2, 2, 41, 50), 8),
        (Shape::new(1, 3, 70, 49), 16),
        (Shape::new(3, 2, 64, 64), 2),
        (Shape::new(2, 3, 67, 131), 3),
        (Shape::new(3, 2, 251, 203), 2),
    ] {
        strided(backend, Subsample::new(shape, stride).expect("a stride within the grid"));
    }
    refusals(backend);
}

/// Numbers in (−1, 1) without a short period, from a Weyl sequence.
fn weyl<R: Real>(len: usize, step: f64) -> Vec<R> {
    (0..len).map(|i| R::narrow(2.0 * (0.5 + i as f64 * step).fract() - 1.0)).collect()
}

struct Case<R> {
    prediction: Vec<R>,
    values: Vec<R>,
    each: Vec<R>,
}

impl<R: Real> Case<R> {
    fn new(len: usize, count: usize) -> Self {
        let prediction = weyl(len, 0.618_033_988_749_895);
        let values = weyl(count, 0.414_213_562_373_095);
        let each = weyl::<R>(count, 0.732_050_807_568_877);
        let each = each.iter().map(|u| R::narrow(0.01 + u.wide().abs())).collect();
        Self { prediction, values, each }
    }

    fn variances<'a>(&'a self, channels: &'a [f64], plane: usize) -> Vec<Variance<'a, R>> {
        let mut kinds = vec![Variance::Scalar(0.037), Variance::PerObservation(&self.each)];
        if channels.len() * plane > 0 {
            kinds.push(Variance::PerChannel { values: channels, plane });
        }
        kinds
    }
}

fn compact<R: Real>(backend: &impl Backend<R>, count: usize, hostile: bool) {
    let mut case = Case::<R>::new(count, count);
    if hostile {
        let pattern = [R::nan(), R::infinity(), R::max_value(), R::min_positive_value(), R::neg_infinity()];
        for (i, value) in pattern.into_iter().cycle().enumerate().take(count.div_ceil(977)) {
            case.values[i * 977] = value;
        }
    }
    let channels = [0.02, 3.0];
    for variance in case.variances(&channels, count / 2 * usize::from(count.is_multiple_of(2))) {
        let observation = Observation { values: &case.values, variance };
        let mut residual = vec![R::nan(); count];
        let mut weighted = vec![R::nan(); count];
        let found = backend
            .compact(&case.prediction, observation, Some(&mut residual), &mut weighted)
            .expect("arguments that fit");
        let what = format!("{} compact, {count} observations, {}", R::NAME, kind(&variance));
        judge(&what, found, &case.prediction, observation, &residual, &weighted);
        weighted.fill(R::nan());
        let again = backend.compact(&case.prediction, observation, None, &mut weighted);
        judge(&what, again.expect("arguments that fit"), &case.prediction, observation, &residual, &weighted);
    }
}

fn strided<R: Real>(backend: &impl Backend<R>, lattice: Subsample) {
    let (size, count) = (lattice.shape().len(), lattice.count());
    let case = Case::<R>::new(size, count);
    let mut prediction = vec![R::nan(); count];
    lattice.apply(&case.prediction, &mut prediction);
    let channels: Vec<f64> = (0..lattice.shape().channels).map(|c| 0.1 + c as f64).collect();
    for variance in case.variances(&channels, lattice.observed().plane()) {
        let observation = Observation { values: &case.values, variance };
        let what = format!("{} on {lattice:?}, {}", R::NAME, kind(&variance));
        let mut residual = vec![R::nan(); count];
        let mut weighted = vec![R::nan(); count];
        let gradient = Gradient::Compact(&mut weighted);
        let found = backend
            .strided(&case.prediction, lattice, observation, Some(&mut residual), gradient)
            .expect("arguments that fit");
        judge(&what, found, &prediction, observation, &residual, &weighted);

        let mut expected = vec![R::nan(); size];
        lattice.adjoint(&weighted, &mut expected);
        let mut field = vec![R::nan(); size];
        residual.fill(R::nan());
        let gradient = Gradient::Field(&mut field);
        let again = backend
            .strided(&case.prediction, lattice, observation, Some(&mut residual), gradient)
            .expect("arguments that fit");
        assert_eq!(again, found, "{what}: statistics with the gradient on the field");
        assert!(same(&field, &expected), "{what}: gradient on the field is not Aᵀ(r/v)");
        judge(&what, again, &prediction, observation, &residual, &weighted);

        field.fill(R::nan());
        let gradient = Gradient::Field(&mut field);
        let unstored = backend.strided(&case.prediction, lattice, observation, None, gradient);
        assert_eq!(unstored.expect("arguments that fit"), found, "{what}: statistics without a residual");
        assert!(same(&field, &expected), "{what}: gradient without a residual");
    }
}

fn kind<R>(variance: &Variance<'_, R>) -> &'static str {
    match variance {
        Variance::Scalar(_) => "scalar variance",
        Variance::PerChannel { .. } => "variance per channel",
        Variance::PerObservation(_) => "variance per observation",
    }
}

/// Equal bits, or both NaN.
fn same<R: Real>(a: &[R], b: &[R]) -> bool {
    let equal = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a.wide(), b.wide()))
}

fn judge<R: Real>(
    what: &str,
    found: Statistics,
    prediction: &[R],
    observation: Observation<'_, R>,
    residual: &[R],
    weighted: &[R],
) {
    let Observation { values, variance } = observation;
    let count = values.len();
    let r: Vec<R> = values.iter().zip(prediction).map(|(y, p)| *y - *p).collect();
    let product = |i: usize| variance.at(i).recip() * r[i].wide();
    let p: Vec<R> = (0..count).map(|i| R::narrow(product(i))).collect();
    assert!(same(residual, &r), "{what}: residual");
    assert!(same(weighted, &p), "{what}: weighted residual");
    assert_eq!(found.count, count, "{what}: count");
    let quadratic = sum::of(count, |i| r[i].wide() * product(i));
    assert!(same(&[found.quadratic], &[quadratic]), "{what}: Σ r²/v {} ≠ {quadratic}", found.quadratic);
    let squared_norm = sum::squared_norm(&r);
    assert!(same(&[found.squared_norm], &[squared_norm]), "{what}: ‖r‖² {}", found.squared_norm);
    let max_abs = r.iter().map(|r| r.wide().abs()).fold(0.0, f64::max);
    assert!(same(&[found.max_abs], &[max_abs]), "{what}: max|r| {} ≠ {max_abs}", found.max_abs);
    assert_eq!(found.non_finite, r.iter().filter(|r| !r.is_finite()).count(), "{what}: non-finite");
    let log_variance = sum::of(count, |i| variance.at(i).ln());
    let size = sum::of(count, |i| variance.at(i).ln().abs());
    // Each product of mantissas and each sum of logarithms rounds at most BLOCK/LANES + 32 times
    // along a path; a product's relative error is an absolute one of its logarithm, which is below
    // BLOCK/LANES·log 2 and counts once for every lane of every block.
    let roundings = (BLOCK / LANES) as f64 + 32.0;
    let lanes = count.div_ceil(BLOCK / LANES) as f64 + LANES as f64;
    let bound = roundings * f64::EPSILON * (size + lanes);
    let off = (found.log_variance - log_variance).abs();
    assert!(off <= bound, "{what}: Σ log v is off by {off}");
}

fn refusals<R: Real>(backend: &impl Backend<R>) {
    let case = Case::<R>::new(12, 12);
    let (x, y) = (&case.prediction[..], &case.values[..]);
    let length = |argument, found| LikelihoodError::Length { argument, found, expected: 12 };
    refuse(backend, &x[1..], y, Variance::Scalar(1.0), &length("prediction", 11));
    refuse(backend, x, y, Variance::PerObservation(&case.each[1..]), &length("variance", 11));
    let planes = LikelihoodError::Planes { count: 12, channels: 2, plane: 5 };
    refuse(backend, x, y, Variance::PerChannel { values: &[1.0, 2.0], plane: 5 }, &planes);
    for found in [0.0, -1.0, f64::INFINITY, 1e-310] {
        let first = LikelihoodError::Variance { index: 0, found };
        refuse(backend, x, y, Variance::Scalar(found), &first);
        let second = LikelihoodError::Variance { index: 1, found };
        refuse(backend, x, y, Variance::PerChannel { values: &[1.0, found], plane: 6 }, &second);
    }
    let mut each = case.each.clone();
    each[7] = R::zero();
    let eighth = LikelihoodError::Variance { index: 7, found: 0.0 };
    refuse(backend, x, y, Variance::PerObservation(&each), &eighth);
}

/// Both entry points refuse with `expected` and leave their outputs as they were.
fn refuse<R: Real>(
    backend: &impl Backend<R>,
    prediction: &[R],
    values: &[R],
    variance: Variance<'_, R>,
    expected: &LikelihoodError,
) {
    let lattice = Subsample::new(Shape::new(1, 2, 2, 3), 1).expect("stride 1");
    let observation = Observation { values, variance };
    let marker = R::narrow(0.5);
    let (mut residual, mut weighted) = (vec![marker; 12], vec![marker; 12]);
    let compact = backend.compact(prediction, observation, Some(&mut residual), &mut weighted);
    let gradient = Gradient::Field(&mut weighted);
    let strided = backend.strided(prediction, lattice, observation, Some(&mut residual), gradient);
    for refused in [compact, strided] {
        let error = refused.expect_err("an argument that does not fit").to_string();
        assert_eq!(error.replace("`field`", "`prediction`"), expected.to_string());
    }
    assert!(residual.iter().chain(&weighted).all(|v| *v == marker), "written before refusing");
}
