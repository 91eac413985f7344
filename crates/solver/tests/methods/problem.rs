//! A prior and an observation belong together, or neither is taken.

use super::{DIM, NOISE, gaussian, mask, mixture, observed, wiener};
use equipoise_guidance::ConditionalCovariance;
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::Mask;
use equipoise_solver::Problem;
use std::sync::Arc;

fn uniform() -> NoiseVariance {
    NoiseVariance::Uniform(NOISE)
}

#[test]
fn what_does_not_fit_is_named_on_both_sides() {
    let (operator, prior) = (mask(), ConditionalCovariance::Jacobian(wiener()));
    let gaussian = gaussian(&operator, uniform());
    let longer = Observed::new(vec![0.1], Mask::new(DIM + 1, vec![0]).unwrap(), uniform()).unwrap();
    let longer = Arc::new(longer);
    let per_observation = NoiseVariance::PerObservation(vec![NOISE, NOISE, 0.25]);
    let nearly = NoiseVariance::Uniform(NOISE.next_up());
    let refused =
        |problem: Result<Problem<f64>, equipoise_solver::SolverError>| problem.err().unwrap().to_string();
    let messages = [
        refused(Problem::new(prior, Arc::clone(&longer))),
        refused(Problem::gaussian(Arc::clone(&gaussian), longer)),
        refused(Problem::gaussian(Arc::clone(&gaussian), observed(mixture(), uniform()))),
        refused(Problem::gaussian(Arc::clone(&gaussian), observed(mask(), uniform()))),
        refused(Problem::gaussian(Arc::clone(&gaussian), observed(Arc::clone(&operator), per_observation))),
        refused(Problem::gaussian(Arc::clone(&gaussian), observed(Arc::clone(&operator), nearly))),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r"
    problem: found a prior with fields of 8 numbers, and an observation with an operator on fields of 9
    problem: found a prior with an operator from 8 numbers to 3, and an observation with another operator, from 9 numbers to 1; expected the same object
    problem: found a prior with an operator from 8 numbers to 3, and an observation with another operator, from 8 numbers to 3; expected the same object
    problem: found a prior with an operator from 8 numbers to 3, and an observation with another operator, from 8 numbers to 3; expected the same object
    problem: found a prior with a noise variance of 0.09 in observation 2, and an observation with a noise variance of 0.25 in observation 2
    problem: found a prior with a noise variance of 0.09 in observation 0, and an observation with a noise variance of 0.09000000000000001 in observation 0
    ");
    // The same s² in other words, and other readings, are the same problem.
    let same = NoiseVariance::PerObservation(vec![NOISE; 3]);
    assert!(Problem::gaussian(gaussian, observed(operator, same)).is_ok());
}

/// A number that is no variance, or too few or too many of them, make no observation.
#[test]
fn noise_is_checked_where_an_observation_is_made() {
    let channels = |values: Vec<f64>, plane| NoiseVariance::PerChannel { values, plane };
    let noises = [
        NoiseVariance::Uniform(f64::NAN),
        NoiseVariance::Uniform(-1.0),
        NoiseVariance::Uniform(f64::INFINITY),
        NoiseVariance::std(-0.1),
        NoiseVariance::PerObservation(vec![0.1, 0.1]),
        NoiseVariance::PerObservation(vec![0.1, 0.1, f64::NAN]),
        channels(vec![0.1, 0.2], 1),
        channels(vec![0.1], 0),
        channels(vec![], 3),
        channels(vec![0.1, 0.1], usize::MAX),
        channels(vec![0.1, -0.1, 0.1], 1),
    ];
    let refused = |noise| Observed::shared(vec![0.8, -0.4, 1.3], mask(), noise).err().unwrap().to_string();
    insta::assert_snapshot!(noises.map(refused).join("\n"), @r"
    noise variance of observation 0: found NaN, expected a finite number of at least 0
    noise variance of observation 0: found -1, expected a finite number of at least 0
    noise variance of observation 0: found inf, expected a finite number of at least 0
    noise variance of observation 0: found -0.1, expected a finite number of at least 0
    noise: found length 2, expected 3
    noise variance of observation 2: found NaN, expected a finite number of at least 0
    noise: found length 2, expected 3
    noise: found length 0, expected 3
    noise: found length 0, expected 3
    noise: found length 18446744073709551615, expected 3
    noise variance of observation 1: found -0.1, expected a finite number of at least 0
    ");
    for noise in [0.0, 1e-300, 1e300] {
        assert!(Observed::shared(vec![0.8, -0.4, 1.3], mask(), NoiseVariance::Uniform(noise)).is_ok());
    }
    let unread = Observed::shared(vec![0.8, f64::NAN, 1.3], mask(), uniform()).err().unwrap();
    assert_eq!(unread.to_string(), "y, entry 1: found NaN, expected a finite number");
}
