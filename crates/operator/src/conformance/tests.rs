//! The suite itself: operators with one fault each must fail it.

use super::*;

/// Copies a field of four numbers, with one fault.
struct Faulty(Fault);

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Adjoint,
    Adding,
    Square,
    Gram,
    Selection,
}

impl LinearOperator<f64> for Faulty {
    fn len_in(&self) -> usize {
        4
    }

    fn len_out(&self) -> usize {
        4
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        y.copy_from_slice(x);
        if self.0 == Fault::Square {
            y[2] *= y[2];
        }
    }

    fn adjoint(&self, r: &[f64], x: &mut [f64]) {
        match self.0 {
            Fault::Adding => x.iter_mut().zip(r).for_each(|(x, r)| *x += r),
            _ => x.copy_from_slice(r),
        }
        if self.0 == Fault::Adjoint {
            x.swap(1, 2);
        }
    }

    fn selection(&self) -> Selection<'_> {
        if self.0 == Fault::Selection { Selection::Points(&[0, 1, 3, 2]) } else { Selection::General }
    }

    fn gram(&self) -> Gram<'_> {
        Gram::Scaled(if self.0 == Fault::Gram { 1.0 + 1e-12 } else { 1.0 })
    }
}

#[test]
#[should_panic(expected = "⟨A x, r⟩")]
fn a_wrong_adjoint_is_caught() {
    check_linear(&Faulty(Fault::Adjoint), 4);
}

#[test]
#[should_panic(expected = "adjoint does not overwrite")]
fn an_adding_adjoint_is_caught() {
    check_linear(&Faulty(Fault::Adding), 4);
}

#[test]
#[should_panic(expected = "A(2x − z/2)")]
fn a_nonlinear_operator_is_caught() {
    check_linearity(&Faulty(Fault::Square), 4);
}

#[test]
#[should_panic(expected = "off its claim")]
fn a_wrong_gram_is_caught() {
    check_linear(&Faulty(Fault::Gram), 4);
}

#[test]
#[should_panic(expected = "does not copy the selected")]
fn a_wrong_selection_is_caught() {
    check_linear(&Faulty(Fault::Selection), 4);
}

/// x² with the vjp of x.
struct WrongSlope;

impl NonlinearOperator<f64> for WrongSlope {
    fn len_in(&self) -> usize {
        3
    }

    fn len_out(&self) -> usize {
        3
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        x.iter().zip(y).for_each(|(x, y)| *y = x * x);
    }

    fn vjp(&self, _: &[f64], r: &[f64], g: &mut [f64]) {
        g.copy_from_slice(r);
    }

    fn jvp(&self, x: &[f64], v: &[f64], y: &mut [f64]) {
        y.iter_mut().zip(x).zip(v).for_each(|((y, x), v)| *y = 2.0 * x * v);
    }
}

#[test]
#[should_panic(expected = "differences")]
fn a_wrong_vjp_is_caught() {
    check_vjp(&WrongSlope, 2.0, 8);
}

#[test]
#[should_panic(expected = "⟨jvp(x, v), r⟩")]
fn a_jvp_that_is_not_the_transpose_of_the_vjp_is_caught() {
    check_jvp(&WrongSlope, 8);
}
