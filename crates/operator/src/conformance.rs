//! The suites that every observation operator runs.

use crate::{Gram, LinearOperator, NonlinearOperator, Selection, Subsample};
use equipoise_field::{Real, sum};

/// Runs every check of a linear operator: [`check_adjoint`], parts of the adjoint, linearity, overwriting, and its
/// claims about selection and Gram matrix.
///
/// `roundings` bounds the floating-point operations between an entry of x and an entry of A x, or
/// of r and of Aᵀ r; 0 for an operator that only copies. Every tolerance is that many ε of `R`
/// times the norms of what is compared.
///
/// # Panics
/// With the check at fault, if the operator fails one.
pub fn check_linear<R: Real>(operator: &dyn LinearOperator<R>, roundings: usize) {
    check_adjoint(operator, roundings);
    check_adjoint_parts(operator);
    check_linearity(operator, roundings);
    check_selection(operator);
    check_gram(operator, roundings);
}

/// ⟨A x, r⟩ = ⟨x, Aᵀ r⟩ on deterministic probes.
///
/// # Panics
/// If the two differ by more than `roundings` ε (‖A x‖‖r‖ + ‖x‖‖Aᵀ r‖), or a field is not
/// overwritten.
pub fn check_adjoint<R: Real>(operator: &dyn LinearOperator<R>, roundings: usize) {
    for k in 0..3 {
        let x = probe(operator.len_in(), 2 * k);
        let r = probe(operator.len_out(), 2 * k + 1);
        let (ax, atr) = (apply(operator, &x), adjoint(operator, &r));
        check_products([&ax, &r], [&x, &atr], roundings, "⟨A x, r⟩ and ⟨x, Aᵀ r⟩");
    }
}

/// Aᵀ r in parts of three lengths is Aᵀ r, to the bit; a zero may have either sign.
///
/// # Panics
/// If a part differs, or is not overwritten.
pub fn check_adjoint_parts<R: Real>(operator: &dyn LinearOperator<R>) {
    let r = probe(operator.len_out(), 1);
    let whole = adjoint(operator, &r);
    for length in [1, 7, whole.len().max(1)] {
        // One for each of some dozen places of a long field.
        let stride = length * (whole.len() / length / 24).max(1);
        for start in (0..whole.len()).step_by(stride) {
            let expected = &whole[start..whole.len().min(start + length)];
            let mut part = vec![R::nan(); expected.len()];
            operator.adjoint_part(&r, start, &mut part);
            assert!(part == expected, "Aᵀ r from {start} on: found {part:?}, expected {expected:?}");
        }
    }
}

/// Two inner products that must agree, their operators' roundings apart.
fn check_products<R: Real>(left: [&[R]; 2], right: [&[R]; 2], roundings: usize, names: &str) {
    let [a, b] = [left, right].map(|[u, v]| sum::dot(u, v));
    let size: f64 = [left, right].map(|[u, v]| sum::norm(u) * sum::norm(v)).iter().sum();
    // The two inner products themselves round in f64, once along each level of their tree.
    let products = f64::EPSILON * (sum::BLOCK / sum::LANES + 32) as f64;
    let bound = (roundings as f64 * epsilon::<R>() + products) * size;
    assert!((a - b).abs() <= bound, "{names}: found {a} and {b}, bound {bound}");
}

/// Runs every check of a nonlinear operator: [`check_vjp`] and [`check_jvp`].
///
/// # Panics
/// With the check at fault, if the operator fails one.
pub fn check_nonlinear(operator: &dyn NonlinearOperator<f64>, curvature: f64, roundings: usize) {
    check_vjp(operator, curvature, roundings);
    check_jvp(operator, roundings);
}

/// ⟨jvp(x, v), r⟩ = ⟨v, vjp(x, r)⟩ on deterministic probes, with the bound of [`check_adjoint`].
///
/// # Panics
/// If the two differ by more, or an output is not overwritten.
pub fn check_jvp<R: Real>(operator: &dyn NonlinearOperator<R>, roundings: usize) {
    for k in 0..3 {
        let [x, v] = [3, 4].map(|shift| probe(operator.len_in(), 3 * k + shift));
        let r = probe(operator.len_out(), 3 * k + 5);
        let (mut pushed, mut pulled) = (vec![R::nan(); r.len()], vec![R::nan(); v.len()]);
        operator.jvp(&x, &v, &mut pushed);
        operator.vjp(&x, &r, &mut pulled);
        check_products([&pushed, &r], [&v, &pulled], roundings, "⟨jvp(x, v), r⟩ and ⟨v, vjp(x, r)⟩");
    }
}

/// The vjp against central differences: ⟨r, (A(x + hv) − A(x − hv))/2h⟩ = ⟨vjp(x, r), v⟩.
///
/// `curvature` bounds the second derivative of an observation with respect to the linear part it
/// is a function of; `roundings` is as for [`check_linear`]. With d the difference quotient, the
/// tolerance is Σ|r|(curvature·h·d² + roundings·ε(1 + |y|)/h).
///
/// # Panics
/// If the two differ by more, or a field is not overwritten.
pub fn check_vjp(operator: &dyn NonlinearOperator<f64>, curvature: f64, roundings: usize) {
    const H: f64 = 1e-7;
    let (len_in, len_out) = (operator.len_in(), operator.len_out());
    for k in 0..3 {
        let (x, v) = (probe::<f64>(len_in, 3 * k), probe::<f64>(len_in, 3 * k + 1));
        let r = probe::<f64>(len_out, 3 * k + 2);
        let at = |step: f64| {
            let moved: Vec<f64> = x.iter().zip(&v).map(|(x, v)| x + step * v).collect();
            let mut y = vec![f64::NAN; len_out];
            operator.apply(&moved, &mut y);
            y
        };
        let (up, down) = (at(H), at(-H));
        let mut g = vec![f64::NAN; len_in];
        operator.vjp(&x, &r, &mut g);
        let quotient = |i: usize| (up[i] - down[i]) / (2.0 * H);
        let left = sum::of(len_out, |i| r[i] * quotient(i));
        let right = sum::dot(&g, &v);
        let bound = sum::of(len_out, |i| {
            let rounding = roundings as f64 * f64::EPSILON * (1.0 + up[i].abs()) / H;
            r[i].abs() * (curvature * H * quotient(i).powi(2) + rounding)
        });
        assert!((left - right).abs() <= bound, "differences {left}, vjp {right}, bound {bound}");
    }
}

/// Multiples of 1/512 in (−1, 1), so that small multiples of probes add without rounding.
fn probe<R: Real>(len: usize, seed: usize) -> Vec<R> {
    let value = |i: usize| {
        let u = ((i + 1) as f64 * 0.618_033_988_749_895 + seed as f64 * 0.414_213_562_373_095).fract();
        R::narrow((1022.0 * u - 511.0).round() / 512.0)
    };
    (0..len).map(value).collect()
}

fn epsilon<R: Real>() -> f64 {
    R::epsilon().wide()
}

fn apply<R: Real>(operator: &dyn LinearOperator<R>, x: &[R]) -> Vec<R> {
    let mut y = vec![R::nan(); operator.len_out()];
    operator.apply(x, &mut y);
    assert!(y.iter().all(|y| y.is_finite()), "apply does not overwrite all of y");
    y
}

fn adjoint<R: Real>(operator: &dyn LinearOperator<R>, r: &[R]) -> Vec<R> {
    let mut x = vec![R::nan(); operator.len_in()];
    operator.adjoint(r, &mut x);
    assert!(x.iter().all(|x| x.is_finite()), "adjoint does not overwrite all of x");
    x
}

/// A(2x − z/2) = 2 A x − A z/2, where the argument is formed without rounding.
fn check_linearity<R: Real>(operator: &dyn LinearOperator<R>, roundings: usize) {
    let (x, z) = (probe::<R>(operator.len_in(), 7), probe::<R>(operator.len_in(), 8));
    let mixed: Vec<R> = x.iter().zip(&z).map(|(x, z)| R::narrow(2.0 * x.wide() - 0.5 * z.wide())).collect();
    let (ax, az, found) = (apply(operator, &x), apply(operator, &z), apply(operator, &mixed));
    let off = sum::of(found.len(), |i| (found[i].wide() - 2.0 * ax[i].wide() + 0.5 * az[i].wide()).powi(2));
    let size = sum::norm(&found) + 2.0 * sum::norm(&ax) + 0.5 * sum::norm(&az);
    let bound = roundings as f64 * epsilon::<R>() * size;
    assert!(off.sqrt() <= bound, "A(2x − z/2) is off by {}, bound {bound}", off.sqrt());
}

fn check_selection<R: Real>(operator: &dyn LinearOperator<R>) {
    let points: Vec<usize> = match operator.selection() {
        Selection::General => return,
        Selection::Points(points) => points.to_vec(),
        Selection::Lattice { shape, stride } => {
            let lattice = Subsample::new(shape, stride).expect("a lattice within its own shape");
            assert_eq!(shape.len(), operator.len_in(), "the lattice is not one of this field");
            let on = |i: usize, axis: usize| axis.is_multiple_of(stride).then_some(i);
            let points = (0..shape.len()).filter_map(|i| on(i, shape.position(i).2));
            let points: Vec<usize> = points.filter_map(|i| on(i, shape.position(i).3)).collect();
            assert_eq!(points.len(), lattice.count(), "the lattice has another count");
            points
        }
    };
    let x: Vec<R> = probe(operator.len_in(), 9);
    let selected: Vec<R> = points.iter().map(|i| x[*i]).collect();
    assert!(apply(operator, &x) == selected, "the operator does not copy the selected entries");
}

fn check_gram<R: Real>(operator: &dyn LinearOperator<R>, roundings: usize) {
    let r = probe::<R>(operator.len_out(), 10);
    let diagonal: Vec<f64> = match operator.gram() {
        Gram::General => return,
        Gram::Scaled(c) => vec![c; r.len()],
        Gram::Diagonal(entries) => entries.to_vec(),
    };
    assert_eq!(diagonal.len(), r.len(), "one Gram entry for each observation");
    let found = apply(operator, &adjoint(operator, &r));
    let off = sum::of(r.len(), |i| (found[i].wide() - diagonal[i] * r[i].wide()).powi(2)).sqrt();
    let bound = 2.0 * roundings as f64 * epsilon::<R>() * sum::norm(&found);
    assert!(off <= bound, "A Aᵀ r is off its claim by {off}, bound {bound}");
}

#[cfg(test)]
mod tests;
